# SPDX-License-Identifier: BSD-2-Clause
"""Post-quantum pre-shared keys (RFC 8784) with strongSwan: mixed in where both have one, required or
not."""
import pytest

from gateway import PSK
from net import Network

HOST4 = Network.HOST4
BLUE, RED = "0x" + "b1" * 32, "0x" + "4e" * 32
SECRETS = """
[psk clients]
identity = any
key = %s

[ppk blue]
id = blue
key = %s
"""


def start(lab, required):
    l = lab(profile="ppk = blue\nppk-required = %s" % required, start=False)
    l.gateway.write(secrets=SECRETS % (l.gateway.settings["psk"], BLUE))
    l.gateway.start()
    return l


def ppk(name, key, required):
    """Lines for the connection and the secrets of a client that has it."""
    return dict(connection="ppk_id = %s\n\t\tppk_required = %s" % (name, required),
                secrets='ike-gw { secret = "%s" }\n\tppk-x { secret = %s\n\t\tid = %s }' %
                (PSK, key, name))


@pytest.mark.parametrize("required", ["no", "yes"])
def test_both(lab, required):
    l = start(lab, required)
    c = l.client(**ppk("blue", BLUE, "yes"))
    c.connect()
    l.ping(c.ns, HOST4)
    assert "using PPK for PPK_ID 'blue'" in c.log()


def test_without(lab):
    l = start(lab, "yes")
    c = l.client()
    assert "AUTH_FAILED" in c.refused()
    assert "needs a post-quantum pre-shared key" in l.gateway.log()
    assert not l.gateway.show("session")


def test_optional(lab):
    """Neither needs it, and they have different ones: by NO_PPK_AUTH."""
    l = start(lab, "no")
    c = l.client(**ppk("red", RED, "no"))
    c.connect()
    l.ping(c.ns, HOST4)
    c.disconnect()
    # The client insists.
    c.change(**ppk("red", RED, "yes"))
    c.refused()


def test_wrong_key(lab):
    l = start(lab, "no")
    c = l.client(**ppk("blue", RED, "yes"))
    c.refused()
    assert not l.gateway.show("session")
