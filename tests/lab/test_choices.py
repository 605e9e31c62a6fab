# SPDX-License-Identifier: BSD-2-Clause
"""What the configuration lets one choose: each choice carries traffic and is shown."""
import re

import pytest

from net import Failed, Network, address, wait_for

HOST4, HOST6 = Network.HOST4, Network.HOST6
BOTH = dict(vips="0.0.0.0,::", remote_ts="0.0.0.0/0,::/0")
# What a mistake in what is shared by workers, or by two ports, would be counted as.
WRONG = ("unknown_spi", "no_session", "no_worker", "replay_old", "replay_seen", "auth_failed",
         "bad_trailer", "bad_inner", "spoofed", "no_sa", "crypto_failed", "no_frame", "tx_full")


def rows(lab, kind):
    return [r for r in lab.gateway.show("plane") if r["kind"] == kind]


def nothing_wrong(lab):
    drops = lab.gateway.drops()
    assert not {r: n for r, n in drops.items() if n and r in WRONG}


def opened(lab, worker):
    """Packets from clients that one worker counted."""
    sessions = 64   # max-sessions: so many rows of each worker
    return sum(r["value"]["rx_packets"] for r in lab.gateway.map("fg_count_worker")
               if r["key"] // sessions == worker)


def redirected(lab, device, queue):
    """Packets of one receive queue that went to its worker."""
    text = lab.network.gateway.run(["ethtool", "-S", device]).stdout
    return int(re.search(r"rx_queue_%d_xdp_redirect: (\d+)" % queue, text).group(1))


@pytest.mark.parametrize("door", ["fast", "stack"])
def test_two_workers(lab, door):
    """Packets of one SA come in by both queues: two workers share its window and its numbers."""
    l = lab(clients=3, queues=2, gateway="workers = 2\nforwarding = " + door)
    assert rows(l, "worker")[0]["workers"] == 2
    assert {r["name"]: r["queues"] for r in rows(l, "port")} == {"eth0": 2, "eth1": 2, "fgw0": 2}
    first = l.client(1, **BOTH)
    first.connect()
    floods = [l.network.process("ping -q -A -c 300 -w 30 " + to, "ping%d" % n, ns=ns)
              for n, (ns, to) in enumerate(((first.ns, HOST4), (first.ns, HOST6),
                                            (l.network.host, first.inner()[0])))]
    assert [p.popen.wait(40) for p in floods] == [0, 0, 0]
    # ping ends with the last answer that it wants, and may have asked once more by then.
    assert all(re.search("30[01] packets transmitted, 300 received", p.text()) for p in floods), \
        [p.text() for p in floods]
    # Of 900 each way, at random: fewer than 300 at one of two happen once in 10^23.
    for number in (0, 1):
        assert opened(l, number) > 300
    if door == "fast":
        assert min(redirected(l, "eth1", n) for n in (0, 1)) > 300
    else:
        # The kernel chooses the queue of the pair by the flow: these are 64.
        send = "import socket; s = socket.socket(2, 2)\n" \
               "for port in range(40000, 40064): s.sendto(b'x', ('%s', port))" % first.inner()[0]
        l.network.host.run(["/usr/bin/python3", "-c", send])
        wait_for(lambda: min(redirected(l, "fgw0", n) for n in (0, 1)) > 4, "both queues are used")
    wait_for(lambda: l.gateway.session()["rx_packets"] == opened(l, 0) + opened(l, 1), "their sum")
    nothing_wrong(l)
    wait_for(lambda: first.agrees(l.gateway.session()), "counters agree", timeout=3)
    for number in (2, 3):
        c = l.client(number)
        c.connect()
        l.ping(c.ns, HOST4)
        l.ping(l.network.host, c.inner()[0])
        l.ping(c.ns, first.inner()[0])
    nothing_wrong(l)


@pytest.mark.parametrize("name", ["openssl", "intel-ipsec-mb"])
def test_crypto(lab, name):
    l = lab(gateway="crypto = " + name)
    # Left to itself it would name both: AES-CBC goes to OpenSSL then.
    assert rows(l, "worker")[0]["crypto"].lower().startswith(name)
    assert "CBC" not in rows(l, "worker")[0]["crypto"]
    c = l.client()
    for suite, shown in (("aes256gcm16", "gcm"), ("aes256-sha256", "cbc")):
        c.change(esp=suite)
        c.connect()
        assert shown in l.gateway.session()["esp_suite"].lower()
        for size in (1, 1300):
            l.ping(c.ns, HOST4, size=size)
            l.ping(l.network.host, c.inner()[0], size=size)
        nothing_wrong(l)
        c.disconnect()
        wait_for(lambda: not l.gateway.show("session"), "the session ends")


def test_generic(lab):
    l = lab(gateway="xdp-mode = generic")
    assert {r["name"]: r["mode"] for r in rows(l, "port")} == \
        {"eth0": "generic", "eth1": "generic", "fgw0": "native"}
    assert "xdp-mode is generic" in rows(l, "plane")[0]["reason"]
    for device in ("eth0", "eth1"):
        assert [line for line in l.gateway.log().splitlines()
                if " warn " in line and device in line and "generic" in line], l.gateway.log()
    c = l.client(**BOTH)
    c.connect()
    for there, back in zip((HOST4, HOST6), c.inner()):
        l.ping(c.ns, there, size=1000)
        l.ping(l.network.host, back, size=1000)
    nothing_wrong(l)


@pytest.mark.parametrize("door", ["fast", "stack"])
def test_one_device(lab, door):
    """Clients and the network they visit are on the same side of the gateway."""
    l = lab(clients=2, inside="eth0", gateway="forwarding = " + door)
    assert [r["role"] for r in rows(l, "port") if r["name"] == "eth0"] == ["outside+inside"]
    router, far = l.network.router, l.network.clients[1]
    router.run("ip route add 10.10.0.0/16 via " + Network.GATEWAY4)
    router.run("ip -6 route add 2001:db8:10::/64 via " + Network.GATEWAY6)
    address(router, "lo", "10.30.0.1/32")
    c = l.client(**BOTH)
    c.connect()
    inner4, inner6 = c.inner()
    # The router itself is the next hop; the other client is a host behind it.
    for ns, there, back in ((router, "10.30.0.1", inner4), (far, "172.16.2.2", inner4),
                            (far, "2001:db8:c:2::2", inner6)):
        l.ping(c.ns, there)
        l.ping(ns, back)
    nothing_wrong(l)
    assert l.gateway.session()["rx_packets"] >= 18
    wait_for(lambda: c.agrees(l.gateway.session()), "counters agree", timeout=3)


def test_large_mtu(lab):
    """A device whose packets do not fit in a frame is refused by name, with the limit."""
    l = lab(start=False)
    for device in ("eth0", "eth1"):
        l.network.gateway.run("ip link set %s mtu 9000" % device)
        with pytest.raises(Failed) as e:
            l.gateway.start()
        assert "%s has MTU 9000" % device in str(e.value) and "3498" in str(e.value)
        assert not l.gateway.left_behind()
        l.network.gateway.run("ip link set %s mtu 3498" % device)
    l.gateway.start()
    c = l.client()
    c.connect()
    l.ping(c.ns, HOST4)


def test_ipv6_outside_by_stack(lab):
    l = lab(gateway="forwarding = stack")
    assert not rows(l, "plane")[0]["fast_door"]
    c = l.client(gateway=Network.GATEWAY6, **BOTH)
    c.connect()
    assert l.gateway.session()["peer"].startswith("[2001:db8:c:1::2]:")
    for there, back in zip((HOST4, HOST6), c.inner()):
        for size in (1, 1300):
            l.ping(c.ns, there, size=size)
            l.ping(l.network.host, back, size=size)
    nothing_wrong(l)
    wait_for(lambda: c.agrees(l.gateway.session()), "counters agree", timeout=3)
