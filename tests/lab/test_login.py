# SPDX-License-Identifier: BSD-2-Clause
"""A client logs in, its traffic passes both ways, it logs out."""
import pytest

from net import Network, wait_for

HOST4, HOST6 = Network.HOST4, Network.HOST6


def traffic(lab, client, families):
    """Both ways, counted the same by the client, the gateway and the host."""
    inner = client.inner()
    for family, (host, mine) in enumerate(zip((HOST4, HOST6), inner)):
        if family in families:
            lab.ping(client.ns, host)
            lab.ping(lab.network.host, mine)


def expect_counts(lab, client):
    """The session's clear-text counters are those of the client's own tunnel device."""
    wait_for(lambda: client.agrees(lab.gateway.session(client.identity)), "counters agree",
             timeout=3)


@pytest.mark.smoke
def test_ipv4(lab):
    l = lab()
    c = l.client()
    c.connect()
    s = l.gateway.session()
    assert s["identity"].endswith("user1@example.org")
    assert s["inner4"] == c.inner()[0]
    assert s["state"] == "up"
    assert s["peer"].startswith("172.16.1.2:")
    assert s["encapsulation"].lower().startswith("udp")
    assert "inner6" not in s
    traffic(l, c, (0,))
    expect_counts(l, c)
    c.disconnect()
    wait_for(lambda: not l.gateway.show("session"), "the session ends")
    assert c.inner() == (None, None)


@pytest.mark.parametrize("outside", ["4", "6"])
def test_dual_stack_inside(lab, outside):
    l = lab()
    c = l.client(vips="0.0.0.0,::", remote_ts="0.0.0.0/0,::/0",
                 gateway=l.network.GATEWAY4 if outside == "4" else l.network.GATEWAY6)
    c.connect()
    s = l.gateway.session()
    assert (s["inner4"], s["inner6"]) == c.inner()
    if outside == "6":
        assert s["peer"].startswith("[2001:db8:c:1::2]:")
    traffic(l, c, (0, 1))
    expect_counts(l, c)
    c.disconnect()
    wait_for(lambda: not l.gateway.show("session"), "the session ends")


def test_split_tunnel(lab):
    """Only the networks of the policy go through the tunnel."""
    l = lab(policy="route-set-remote = ipv4 10.20.0.0/24")
    c = l.client()
    c.connect()
    assert "10.20.0.0/24" in c.sas()
    traffic(l, c, (0,))
    before = l.gateway.session()["rx_packets"]
    l.ping(c.ns, "172.16.1.1")
    assert l.gateway.session()["rx_packets"] == before


def test_bulk_both_ways(lab):
    """TCP at speed, both ways, by the fast and by the stack door; nothing is dropped unseen."""
    for door in ("fast", "stack"):
        l = lab(gateway="forwarding = " + door)
        c = l.client()
        c.connect()
        l.network.process("iperf3 -s -1 -B 10.20.0.10", "iperf-" + door, ns=l.network.host)
        wait_for(lambda: "5201" in l.network.host.run("ss -lnt").stdout, "iperf3 listens")
        done = c.ns.run("iperf3 -c 10.20.0.10 -n 4M --bidir -J", timeout=60)
        assert '"error"' not in done.stdout
        expect_counts(l, c)
        drops = l.gateway.drops(l.gateway.session()["name"])
        for reason in ("auth_failed", "spoofed", "bad_inner", "bad_trailer", "replay_seen"):
            assert drops.get(reason, 0) == 0, drops


def test_affinity(lab):
    """The same identity gets its last address back while it is free; a busy one is not given."""
    l = lab(clients=3)
    a, b = l.client(1), l.client(2)
    a.connect()
    b.connect()
    first = a.inner()[0]
    second = b.inner()[0]
    assert first != second
    a.disconnect()
    third = l.client(3)
    third.connect()
    assert third.inner()[0] not in (first, second)
    a.connect()
    assert a.inner()[0] == first


def test_last_address(lab):
    """A pool of one: the second client is refused while the first is there, and served after."""
    l = lab(clients=2, range="10.10.0.10")
    a, b = l.client(1), l.client(2)
    a.connect()
    assert "INTERNAL_ADDRESS_FAILURE" in b.refused() or "FAIL_CP_REQ" in b.log()
    a.disconnect()
    b.disconnect()      # it kept an IKE SA without address and CHILD SA
    b.connect()
    assert b.inner()[0] == "10.10.0.10"
    l.ping(b.ns, HOST4)
