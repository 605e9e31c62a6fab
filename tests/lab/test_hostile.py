# SPDX-License-Identifier: BSD-2-Clause
"""Forged and stray packets against an established session; what a client may not send."""
import re

import forge
from gateway import CONF
from net import Network, wait_for

HOST4, GATEWAY4 = Network.HOST4, Network.GATEWAY4
CLIENT4 = "172.16.1.2"
INITIATOR, RESPONSE = 0x08, 0x20
INIT, AUTH, CHILD, INFORMATIONAL = 34, 35, 36, 37


def from_client(data, port=4500):
    """As the client sends it: IKE on port 4500 after the marker of RFC 3948."""
    marker = bytes(4) if port == 4500 else b""
    return (CLIENT4, GATEWAY4, 17, forge.udp(port, port, marker + data))


def test_forged_clear_text(lab):
    """Nothing in clear text hurts an established session, whoever it seems to come from."""
    l = lab()
    c = l.client()
    c.connect()
    sa = l.gateway.show("ikev2", "sa")[0]
    before = l.gateway.session()
    messages = []
    for kind in (7, 11, 14, 16, 17, 24, 36, 16388, 16390):  # errors and status, RFC 7296 3.10.1
        for exchange, mid in ((INIT, 0), (AUTH, 1), (INFORMATIONAL, 0), (INFORMATIONAL, 2)):
            for flags in (INITIATOR, RESPONSE, INITIATOR | RESPONSE, 0):
                messages.append(forge.ike(sa["spi_i"], sa["spi_r"], exchange, flags, mid, 41,
                                          forge.notify(kind)))
    delete = bytes.fromhex("0000000801000000")
    for exchange in (INIT, AUTH, CHILD, INFORMATIONAL):
        for flags in (INITIATOR, RESPONSE):
            for mid in range(4):
                messages.append(forge.ike(sa["spi_i"], sa["spi_r"], exchange, flags, mid))
                messages.append(forge.ike(sa["spi_i"], sa["spi_r"], exchange, flags, mid, 42, delete))
                # An SK payload that nobody sealed.
                messages.append(forge.ike(sa["spi_i"], sa["spi_r"], exchange, flags, mid, 46,
                                          b"\0\0\0\x40" + bytes(60)))
    messages += [m[:n] for m in messages[:4] for n in (1, 27, 28, 30)]
    messages += [forge.ike(sa["spi_i"], "00" * 8, INIT, flags, 0, 41, forge.notify(14))
                 for flags in (INITIATOR, RESPONSE)]
    # From the router, so that nothing passes the client's own tunnel.
    forge.send(l.network.router, [from_client(m, port) for m in messages for port in (500, 4500)])
    drops = wait_for(lambda: sum(l.gateway.ike_drops().values()) >= 2 * len(messages) * 0.9 and
                     l.gateway.ike_drops(), "they are counted", timeout=5)
    assert drops.get("clear_after_init", 0) > 0 and drops.get("auth_failed", 0) > 0, drops
    l.ping(c.ns, HOST4)
    l.ping(l.network.host, c.inner()[0])
    now = l.gateway.session()
    assert now["name"] == before["name"] and now["peer"] == before["peer"]
    assert [s["state"] for s in l.gateway.show("ikev2", "sa")][0] == sa["state"]
    c.disconnect()
    wait_for(lambda: not l.gateway.show("session"), "logout still works")


def test_forged_esp(lab):
    """Under the right key: another's source, a replay, bad trailers. Under a wrong one: nothing
    moves, neither the replay window nor the session's address."""
    l = lab(clients=2)
    a, b = l.client(1), l.client(2)
    a.connect()
    b.connect()
    l.ping(a.ns, HOST4)
    session = l.gateway.session(a.identity)
    esp = forge.Esp(l.gateway, session)
    mine, victim = session["inner4"], b.inner()[0]

    def inner(source):
        return forge.ipv4(source, HOST4, 17, forge.udp(9, 9, b"x" * 64))
    good = inner(mine)
    cases = {   # reason: packets
        "spoofed": [esp.packet(inner(victim)), esp.packet(inner(HOST4)), esp.packet(inner("0.0.0.0"))],
        "replay_seen": [esp.packet(good, seq=esp.seq)],
        "auth_failed": [esp.packet(good, spoil=True), esp.packet(good, seq=esp.seq + 5000, spoil=True)],
        "bad_trailer": [esp.packet(good, pad=bytes([9, 9, 9, 3])), esp.packet(good, next_header=99)],
        "bad_inner": [esp.packet(good[:12]), esp.packet(bytes([0x75]) + good[1:])],
        "dummy": [esp.packet(bytes(40), next_header=59)],
    }
    before = l.gateway.session(a.identity)["rx_packets"]
    # The first takes the number that replay_seen repeats, and is carried.
    first = esp.packet(good, seq=esp.seq + 1)
    cases["replay_seen"] = [first]
    packets = [first] + [p for group in cases.values() for p in group]
    forge.send(l.network.router, [(CLIENT4, GATEWAY4, 17, forge.udp(4500, 4500, p)) for p in packets])
    for reason, group in cases.items():
        wait_for(lambda: l.gateway.drops(session["name"]).get(reason, 0) == len(group),
                 "%d x %s: %s" % (len(group), reason, l.gateway.drops(session["name"])), timeout=3)
    assert l.gateway.session(a.identity)["rx_packets"] == before + 1
    assert l.gateway.session(b.identity)["rx_packets"] == 0

    # From elsewhere, not authentic: the session stays where it is.
    forge.send(l.network.router, [("172.16.2.2", GATEWAY4, 17, forge.udp(4500, 4500, esp.packet(
        good, seq=esp.seq + 9000, spoil=True)))])
    wait_for(lambda: l.gateway.drops(session["name"])["auth_failed"] == 3, "the third is counted")
    assert l.gateway.session(a.identity)["peer"] == session["peer"]

    # Too old for the window of 1,024.
    esp.seq += 2000
    forge.send(l.network.router, [(CLIENT4, GATEWAY4, 17, forge.udp(4500, 4500, p)) for p in (
        esp.packet(good), esp.packet(good, seq=esp.seq - 1023), esp.packet(good, seq=esp.seq - 1024))])
    wait_for(lambda: l.gateway.drops(session["name"]).get("replay_old", 0) == 1, "the last is too old")
    assert l.gateway.session(a.identity)["rx_packets"] == before + 3
    # The client's own numbers are old now: a fresh login repairs it.
    a.disconnect()
    a.connect()
    l.ping(a.ns, HOST4)


def test_unknown_spi(lab):
    """ESP for no SA is dropped in XDP under its name; samples say where it came from."""
    l = lab()
    data = bytes.fromhex("12345678") + bytes(60)
    forge.send(l.network.router, [(CLIENT4, GATEWAY4, 17, forge.udp(4500, 4500, data)),
                                  (CLIENT4, GATEWAY4, 50, data)])
    wait_for(lambda: l.gateway.drops().get("unknown_spi", 0) >= 2, "they are counted")
    samples = wait_for(lambda: [s for s in l.gateway.show("drop", "samples")
                                if s["reason"] == "unknown_spi"], "there is a sample")
    assert samples[0]["port"] == "eth0" and "session" not in samples[0], samples
    assert samples[0]["outer"] in (
        "%s -> %s spi 0x12345678" % (CLIENT4, GATEWAY4),
        "%s:4500 -> %s:4500 spi 0x12345678" % (CLIENT4, GATEWAY4)), samples


def syn_mss(lab, ns, device, name):
    """Runs tcpdump for SYNs; returns a function that gives {source address: MSS} as seen so far."""
    dump = lab.network.process(["tcpdump", "-n", "-v", "-l", "-i", device, "tcp[13] & 2 != 0"], name,
                               ns=ns)
    wait_for(lambda: "listening" in dump.text(), "tcpdump listens")
    return lambda: {a: int(m) for a, m in re.findall(
        r"([0-9.]+)\.\d+ > [0-9.]+: Flags \[S.?\].*?mss (\d+)", dump.text())}


def test_mtu(lab):
    """Too big with DF: the sender is told the MTU of the tunnel. The MSS of TCP is lowered, both
    ways, to what fits."""
    l = lab()
    c = l.client()
    c.connect()
    inner = c.inner()[0]
    # The client believes in 1500 bytes, the host as well.
    c.ns.run("ip link set ipsec0 mtu 1500")
    at_host = syn_mss(l, l.network.host, "eth0", "dump-host")
    at_client = syn_mss(l, c.ns, "ipsec0", "dump-client")
    l.network.process(["iperf3", "-s", "-1", "-B", HOST4], "iperf", ns=l.network.host)
    wait_for(lambda: "5201" in l.network.host.run("ss -lnt").stdout, "iperf3 listens")
    c.ns.run(["iperf3", "-c", HOST4, "-n", "1M"])
    wait_for(lambda: inner in at_host() and HOST4 in at_client(), "both SYNs are seen")
    assert at_client()[inner] == 1460 and at_host()[inner] == 1360
    assert at_host()[HOST4] == 1460 and at_client()[HOST4] == 1360

    big = l.network.host.run(["ping", "-n", "-M", "do", "-c", "2", "-i", "0.2", "-W", "1", "-s", "1450",
                              inner], check=False).stdout
    assert re.search(r"mtu ?= ?1400", big), big
    l.ping(l.network.host, inner, size=1372)


def test_larger_than_the_path(lab):
    """A template's MTU that leaves no room for ESP: the kernel fragments what is sealed."""
    l = lab(start=False)
    l.gateway.write(CONF.replace("mtu = 1400", "mtu = 1500") % l.gateway.settings)
    l.gateway.start()
    c = l.client()
    c.connect()
    l.ping(l.network.host, c.inner()[0], size=1472)
