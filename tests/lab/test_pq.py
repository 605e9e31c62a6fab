# SPDX-License-Identifier: BSD-2-Clause
"""ML-KEM behind x25519 with a strongSwan that knows it, as additional key exchange in
IKE_INTERMEDIATE. Debian 12 has neither it nor OpenSSL 3.5: `make check-pq` brings a root with both."""
import os
import re
import subprocess

import pytest

from net import Network, wait_for

HOST4 = Network.HOST4


def openssl():
    text = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout
    found = re.match(r"OpenSSL (\d+)\.(\d+)", text)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


pytestmark = pytest.mark.skipif(openssl() < (3, 5) and not os.environ.get("REQUIRE_PQ"),
                                reason="ML-KEM needs OpenSSL 3.5: make check-pq")


def proposal(method):
    return "aes256gcm16-prfsha384-x25519-ke1_%s" % method


@pytest.mark.parametrize("method, mtu", [("mlkem512", 1280), ("mlkem768", 1280), ("mlkem768", 576),
                                         ("mlkem1024", 576)])
def test_login(lab, method, mtu):
    """Logged in with both key exchanges, traffic passes; the key and the ciphertext are longer than
    the datagrams may be."""
    l = lab(gateway="fragmentation-mtu = %d" % mtu)
    c = l.client(proposals=proposal(method), charon="fragment_size = %d" % mtu)
    c.connect()
    assert "ML-KEM-" + method[5:] in l.gateway.show("ikev2", "sa")[0]["suite"]
    l.ping(c.ns, HOST4)
    l.ping(l.network.host, c.inner()[0])
    assert "KE1_ML_KEM_" + method[5:] in c.sas().replace("/", " ") or "ML_KEM" in c.sas()
    wait_for(lambda: c.agrees(l.gateway.session()), "counters agree", timeout=3)


def test_without(lab):
    """Who offers none logs in all the same, unless the gateway insists."""
    l = lab()
    c = l.client()
    c.connect()
    l.ping(c.ns, HOST4)
    assert "ML-KEM" not in l.gateway.show("ikev2", "sa")[0]["suite"]


def test_insist(lab):
    l = lab(proposal="[ikev2-proposal default]\nadditional-key-exchange-1 = mlkem768")
    c = l.client()
    assert "NO_PROPOSAL_CHOSEN" in c.refused()
    assert not l.gateway.show("session")
    c.change(proposals=proposal("mlkem768"))
    c.connect()
    l.ping(c.ns, HOST4)
