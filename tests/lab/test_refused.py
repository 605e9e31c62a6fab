# SPDX-License-Identifier: BSD-2-Clause
"""Who may not come in, and what that leaves: nothing."""
import re
import struct

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
    l = lab(gateway="half-open-timeout = 2")
    # Our IKE_AUTH never gets through: the router drops what follows the first message.
    l.network.router.run("iptables -A FORWARD -p udp --dport 4500 -j DROP")
    c = l.client()
    c.settings["gateway"] = l.network.GATEWAY4
    c.refused(timeout=2)
    sas = l.gateway.show("ikev2", "sa")
    assert len(sas) == 1, sas
    c.vanish()
    wait_for(lambda: not l.gateway.show("ikev2", "sa"), "the half-open IKE SA goes", timeout=6)


def test_half_open_limit(lab):
    """Beyond the limit IKE_SA_INIT is not answered; the counter tells why."""
    l = lab(clients=3, gateway="half-open-limit = 2\nhalf-open-timeout = 3")
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
    ns = l.network.clients[0]
    spi = b"\x11" * 8
    header = struct.pack("!8s8sBBBBII", spi, b"\0" * 8, 33, 0x20, 34, 0x08, 0, 28)
    messages = {
        "short_message": b"x" * 20,
        "bad_length": header + b"x",
        "bad_version": struct.pack("!8s8sBBBBII", spi, b"\0" * 8, 33, 0x30, 34, 0x08, 0, 28),
        "bad_spi": struct.pack("!8s8sBBBBII", b"\0" * 8, b"\0" * 8, 33, 0x20, 34, 0x08, 0, 28),
        "unknown_ike_spi": struct.pack("!8s8sBBBBII", spi, b"\x22" * 8, 46, 0x20, 37, 0x08, 2, 28),
        "bad_payload": struct.pack("!8s8sBBBBII", spi, b"\0" * 8, 33, 0x20, 34, 0x08, 0, 32) +
        b"\0\0\x40\0",
    }
    send = "import socket,sys\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n" \
           "s.sendto(bytes.fromhex(sys.argv[1]),('%s',500))" % Network.GATEWAY4
    for data in messages.values():
        ns.run(["/usr/bin/python3", "-c", send, data.hex()])
    wait_for(lambda: set(messages) <= {r for r, n in l.gateway.ike_drops().items() if n},
             "every message is counted", timeout=5)
    assert not l.gateway.show("ikev2", "sa")
    l.client().connect()
