# SPDX-License-Identifier: BSD-2-Clause
"""Clients that vanish, move, come twice or are sent elsewhere."""
import re

import pytest

from net import Network, address, wait_for

HOST4, GATEWAY4, GATEWAY6 = Network.HOST4, Network.GATEWAY4, Network.GATEWAY6
SECOND4 = "192.0.2.2"


class RunningPing:
    """From the client to the host, all the time; lost() when it is over."""

    def __init__(self, lab, client, name="ping", interval=0.4):
        self.process = lab.network.process(["ping", "-n", "-O", "-i", str(interval), HOST4], name,
                                           ns=client.ns)
        wait_for(lambda: self.answered() >= 3, "the ping is answered")

    def answered(self):
        return len(re.findall(r"bytes from", self.process.text()))

    def more(self, count):
        """Waits for so many answers more."""
        before = self.answered()
        wait_for(lambda: self.answered() >= before + count, "%d pings more are answered" % count,
                 timeout=30)

    def lost(self):
        self.process.send(2)
        self.process.popen.wait(10)
        sent, got = map(int, re.search(r"(\d+) packets transmitted, (\d+) received",
                                       self.process.text()).groups())
        print("%d of %d pings lost" % (sent - got, sent))
        return sent - got


def test_vanished(lab):
    """A client that is gone without a word: asked, given up, its address free; one that only sleeps
    answers and stays."""
    l = lab(clients=2, profile="dpd = 10 2 periodic")
    gone, idle = l.client(1), l.client(2)
    gone.connect()
    idle.connect()
    first = gone.inner()[0]
    gone.vanish()
    wait_for(lambda: len(l.gateway.show("session")) == 1, "the session of the dead ends", timeout=60)
    assert l.gateway.session()["identity"] == idle.identity
    assert "did not answer dead peer detection" in l.gateway.log()
    assert first not in str(l.gateway.map("fg_host4"))
    wait_for(lambda: l.gateway.stats()["dpd_requests"] >= 3, "the idle one is asked again", timeout=40)
    l.ping(idle.ns, HOST4)


def test_on_demand(lab):
    """Nobody sends to it: it may be gone and nobody asks. Somebody does: it is asked and given up."""
    l = lab(profile="dpd = 10 2 on-demand")
    c = l.client()
    c.connect()
    l.ping(c.ns, HOST4)
    inner = c.inner()[0]
    c.vanish()
    l.network.host.run(["ping", "-q", "-c", "3", "-W", "1", inner], check=False)
    wait_for(lambda: not l.gateway.show("session"), "the session ends", timeout=60)
    assert "did not answer dead peer detection" in l.gateway.log()


def test_mobike(lab):
    """Another address of the same family, under a running ping: at most two are lost."""
    l = lab()
    l.network.clients[0].run("ip -6 addr flush dev eth0")   # or it would go by IPv6
    c = l.client(mobike="yes")
    c.connect()
    before = l.gateway.session()
    ping = RunningPing(l, c)
    c.ns.sysctl("net.ipv4.conf.eth0.promote_secondaries=1")
    address(c.ns, "eth0", "172.16.1.77/24")
    c.ns.run("ip addr del 172.16.1.2/24 dev eth0")
    wait_for(lambda: l.gateway.session()["peer"].startswith("172.16.1.77:"), "the session moves")
    ping.more(5)
    assert ping.lost() <= 2, ping.process.text()
    now = l.gateway.session()
    assert (now["name"], now["inner4"]) == (before["name"], before["inner4"])
    assert l.gateway.stats()["moves"] == 1
    c.disconnect()
    wait_for(lambda: not l.gateway.show("session"), "it logs out from there")


def test_mobike_to_ipv6(lab):
    """IPv4 goes away: the client comes by IPv6, to an address that we told it, and back."""
    l = lab()
    c = l.client(mobike="yes")
    c.connect()
    before = l.gateway.session()
    assert before["peer"].startswith("172.16.1.2:")
    ping = RunningPing(l, c)
    c.ns.run("ip addr del 172.16.1.2/24 dev eth0")
    wait_for(lambda: l.gateway.session()["peer"].startswith("[2001:db8:c:1::2]:"),
             "the session moves to IPv6", timeout=20)
    ping.more(5)
    lost = ping.lost()
    assert lost <= 2, "%d lost\n%s" % (lost, ping.process.text())
    now = l.gateway.session()
    assert (now["name"], now["inner4"]) == (before["name"], before["inner4"])
    assert l.gateway.stats()["moves"] == 1
    assert now["local"].startswith("[%s]:" % GATEWAY6), now
    l.ping(l.network.host, c.inner()[0])


def test_gateway_moves(lab):
    """Clients hear of an address that the gateway gets while they are there, without a reload, and
    find it there when the one that they use has gone."""
    l = lab()
    l.network.clients[0].run("ip -6 addr flush dev eth0")   # or it would go by IPv6
    # Its tunnel takes nothing that is for our other addresses.
    c = l.client(mobike="yes", remote_ts="10.20.0.0/24")
    c.connect()
    before = l.gateway.session()
    address(l.network.gateway, "eth0", SECOND4 + "/24")
    wait_for(lambda: "got additional MOBIKE peer address: %s" % SECOND4 in c.log(), "it is told")
    for ns in (c.ns, l.network.gateway):
        ns.sysctl("net.ipv4.conf.eth0.promote_secondaries=1")
    l.network.gateway.run("ip addr del %s/24 dev eth0" % GATEWAY4)
    l.network.gateway.run("ip route replace default via %s" % Network.ROUTER4)
    address(c.ns, "eth0", "172.16.1.77/24")
    c.ns.run("ip addr del 172.16.1.2/24 dev eth0")
    wait_for(lambda: l.gateway.session()["local"].startswith(SECOND4 + ":"), "the session moves",
             timeout=20)
    assert l.gateway.session()["name"] == before["name"]
    l.ping(c.ns, HOST4)
    c.disconnect()
    address(l.network.gateway, "eth0", GATEWAY4 + "/24")
    l.network.gateway.run("ip addr del %s/24 dev eth0" % SECOND4)
    l.network.gateway.run("ip route replace default via %s" % Network.ROUTER4)


def test_mobike_behind_nat(lab):
    """The NAT forgets: the client's ESP, or its own look at the mapping, moves the session."""
    l = lab(nat=True)
    c = l.client(mobike="yes", dpd="2s")
    c.connect()
    before = l.gateway.session()
    ping = RunningPing(l, c, interval=0.5)
    l.network.nat(ports="30000-39999")
    wait_for(lambda: int(l.gateway.session()["peer"].rsplit(":", 1)[1]) >= 30000, "the session moves",
             timeout=20)
    ping.more(5)
    lost = ping.lost()
    now = l.gateway.session()
    assert now["name"] == before["name"] and now["peer"] != before["peer"]
    # The router's own line is down for a moment while it forgets.
    assert lost <= 4, "%d lost\n%s" % (lost, ping.process.text())


@pytest.mark.parametrize("profile, unique, up", [
    # second client with the same identity; `no` sends INITIAL_CONTACT, `never` does not
    ("", "never", (True, True)),
    ("", "no", (False, True)),
    ("session-limit = 1", "never", (False, True)),
    ("uniqueness = reject\nsession-limit = 1", "never", (True, False)),
    ("uniqueness = keep", "no", (True, True)),
])
def test_uniqueness(lab, profile, unique, up):
    l = lab(clients=2, profile=profile)
    a = l.client(1, identity="same@example.org", unique=unique)
    b = l.client(2, identity="same@EXAMPLE.org", unique=unique)
    a.connect()
    if up[1]:
        b.connect()
    else:
        assert "AUTH_FAILED" in b.refused()
        assert "as many sessions as session-limit allows" in l.gateway.log()
    wait_for(lambda: len(l.gateway.show("session")) == sum(up), "%d sessions" % sum(up))
    if up[0]:
        l.ping(a.ns, HOST4)
    elif "limit" in profile:
        wait_for(lambda: not a.connected(), "the first is told")
    if up[1]:
        l.ping(b.ns, HOST4)


def test_redirect(lab):
    """strongSwan goes where it is sent, and is served there. (In IKE_AUTH 5.9.8 is sent away as well,
    and dies of a double free while it turns round: that way is for the exchange tests.)"""
    l = lab(start=False, gateway="redirect = init address %s" % SECOND4)
    address(l.network.gateway, "eth0", SECOND4 + "/24")
    l.gateway.start()
    c = l.client()
    c.connect()
    session = l.gateway.session()
    assert session["local"].startswith(SECOND4 + ":"), session
    assert l.gateway.stats()["redirects"] == 1
    assert "redirected to us by address %s" % GATEWAY4 in l.gateway.log()
    l.ping(c.ns, HOST4)
    assert len(l.gateway.show("ikev2", "sa")) == 1
