# SPDX-License-Identifier: BSD-2-Clause
"""Who may not come in, and what that leaves: nothing."""
import re

import pytest

import forge
from net import Network, wait_for


def test_wrong_key_and_unknown_identity(lab):
    """The same answer for a wrong key and for an identity nobody knows."""
    l = lab(match="email domain example.org")
    wrong = l.client(1, psk="wrong")
    text = wrong.refused()
    assert "AUTHENTICATION_FAILED" in text or "AUTH_FAILED" in wrong.log()
    sizes = []
    for identity in ("user1@example.org", "nobody@elsewhere.net"):
        wrong.stop()
        wrong = l.client(1, identity=identity, psk="wrong")
        wrong.refused()
        assert "AUTH_FAILED" in wrong.log()
        got = re.findall(r"received packet: from .* \((\d+) bytes\)", wrong.log())
        sizes.append(got[-1])
    assert sizes[0] == sizes[1], "answers differ in length"
    assert not l.gateway.show("session")
    wait_for(lambda: not l.gateway.show("ikev2", "sa"), "refused IKE SAs are gone", timeout=5)


def test_half_open_goes(lab):
    """A client that vanishes after IKE_SA_INIT leaves nothing behind."""
    l = lab(gateway="half-open-timeout = 4")
    # Our IKE_AUTH never gets through: the router drops what follows the first message.
    l.network.router.run("iptables -A FORWARD -p udp --dport 4500 -j DROP")
    c = l.client()
    c.refused(timeout=1)
    sas = l.gateway.show("ikev2", "sa")
    assert [s["state"] for s in sas] == ["half-open"], sas
    c.vanish()
    wait_for(lambda: not l.gateway.show("ikev2", "sa"), "the half-open IKE SA goes", timeout=6)


@pytest.mark.parametrize("settings,line", (
    (dict(psk="another"), "wrong pre-shared key: peer 172.16.1.2"),
    (dict(identity="mallory@example.net"), "no profile matches the identity"),
    (dict(remote_id="another.example.org"), "it expects another identity-local or key"),
    (dict(proposals="aes128-sha1-modp2048"),
     "too weak without legacy = yes: HMAC-SHA1-96, PRF-HMAC-SHA1: AES_CBC-128 HMAC_SHA1_96"),
    (dict(esp="aes128-sha1"),
     "too weak without legacy = yes: AES-CBC-128 / HMAC-SHA1-96: AES_CBC-128 HMAC_SHA1_96"),
    (dict(esp="aes192-sha256"), "no offered ESP proposal is acceptable: AES_CBC-192")))
def test_log_says_why(lab, settings, line):
    """The operator reads in the log why a client cannot log in, and the client has no session."""
    l = lab(match="email domain example.org")
    l.client(**settings).refused(timeout=5)
    wait_for(lambda: line in l.gateway.log(), "the log has: " + line, timeout=3)
    assert not l.gateway.show("session")


def test_half_open_limit(lab):
    """Beyond the limit IKE_SA_INIT is not answered; the counter tells why."""
    l = lab(clients=3, gateway="half-open-limit = 2\nhalf-open-timeout = 6")
    l.network.router.run("iptables -A FORWARD -p udp --dport 4500 -j DROP")
    for i in (1, 2, 3):
        l.client(i).refused(timeout=1)
    assert len(l.gateway.show("ikev2", "sa")) == 2
    assert l.gateway.drops().get("half_open_limit", 0) >= 1
    for c in l.clients:
        c.vanish()
    wait_for(lambda: not l.gateway.show("ikev2", "sa"), "half-open IKE SAs go", timeout=8)


def test_garbage(lab):
    """What is not IKE is dropped under a name, and changes nothing."""
    l = lab()
    one, two, none = "11" * 8, "22" * 8, "00" * 8
    messages = {
        "short_message": b"x" * 20,
        "bad_length": forge.ike(one, none, 34, 8, 0, 33) + b"x",
        "bad_version": forge.ike(one, none, 34, 8, 0, 33, version=0x30),
        "bad_spi": forge.ike(none, none, 34, 8, 0, 33),
        "unknown_ike_spi": forge.ike(one, two, 37, 8, 2, 46),
        "bad_payload": forge.ike(one, none, 34, 8, 0, 33, b"\0\0\x40\0"),
    }
    forge.send(l.network.router, [("172.16.1.2", Network.GATEWAY4, 17, forge.udp(500, 500, m))
                                  for m in messages.values()])
    wait_for(lambda: set(messages) <= {r for r, n in l.gateway.ike_drops().items() if n},
             "every message is counted", timeout=5)
    assert not l.gateway.show("ikev2", "sa")
    l.client().connect()
