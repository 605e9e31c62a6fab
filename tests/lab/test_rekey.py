# SPDX-License-Identifier: BSD-2-Clause
"""Rekeys under traffic, by either side, and further CHILD SAs: nothing is lost on the way.

FG_REKEY_SECONDS=300 makes each story as long as that; IKE SAs rekeyed by the gateway need 120."""
import json
import os
import re

import pytest

from net import Network, wait_for

HOST4 = Network.HOST4
SECONDS = int(os.environ.get("FG_REKEY_SECONDS", "40"))
# They count every packet, and a sanitized worker is slow; test_collision runs under the checkers.
counts_packets = pytest.mark.skipif("SAN" in os.environ, reason="measures loss")
# What a packet that a rekey loses would be counted as.
LOST = ("unknown_spi", "no_session", "replay_old", "replay_seen", "auth_failed", "no_sa", "spoofed",
        "bad_inner", "selector")


class Iperf:
    """iperf3 between client and host, both ways at a rate that the client's user space bears."""

    def __init__(self, lab, client, port, seconds, how):
        lab.network.process(["iperf3", "-s", "-1", "-B", HOST4, "-p", str(port)], "server%d" % port,
                            ns=lab.network.host)
        wait_for(lambda: ":%d " % port in lab.network.host.run("ss -lnt").stdout, "iperf3 listens")
        self.process = lab.network.process(
            ["iperf3", "-c", HOST4, "-p", str(port), "-t", str(seconds), "--bidir", "-J"] + how.split(),
            "iperf%d" % port, ns=client.ns)

    def end(self):
        """What arrived, as iperf3 summed it up: of the way up and of the way down."""
        assert self.process.popen.wait(30) == 0, self.process.text()
        end = json.loads(self.process.text())["end"]
        return end["sum_received"], end["sum_received_bidir_reverse"]


def lost_pings(ping, seconds, least):
    """How many were not answered. At its end ping waits for none: those of a second may be missing."""
    sent = int(re.search(r"(\d+) packets transmitted", ping.text()).group(1))
    came = set(map(int, re.findall(r"icmp_seq=(\d+) ttl", ping.text())))
    last = max(came, default=0)
    assert sent > seconds * least, "only %d packets in %d s" % (sent, seconds)
    return last - len(came) + max(0, sent - last - sent // seconds)


def traffic(lab, client, seconds):
    """Both ways, ping every few milliseconds, and iperf3 with UDP and TCP. Fails when a packet is
    lost, be it by the senders' counts or by the gateway's; but for those for which the client's own
    user space had no room, in its sockets or in its tunnel device."""
    send = "ping -i 0.005 -w %d -s 1000 " % seconds
    pings = [lab.network.process(send + HOST4, "up", ns=client.ns),
             lab.network.process(send + client.inner()[0], "down", ns=lab.network.host)]
    sanitized = "SAN" in os.environ
    streams = [] if sanitized else [Iperf(lab, client, 5201, seconds, "-u -b 2M -l 1000"),
                                    Iperf(lab, client, 5202, seconds, "-b 4M")]
    for p in pings:
        p.popen.wait(seconds + 20)
    udp, tcp = (s.end() for s in streams) if streams else ((), ())
    lost = [lost_pings(p, seconds, 5 if sanitized else 50) for p in pings]
    lost += [s["lost_packets"] for s in udp]
    carried = client.carried()
    print("lost", lost, "UDP", [s["packets"] for s in udp], "TCP", [s["bytes"] for s in tcp],
          "client", carried, "stats", lab.gateway.stats())
    assert sum(lost) <= carried["lost"] + carried["tx_dropped"]
    if not sanitized:
        assert min(s["bytes"] for s in tcp) > seconds * 10000
        wait_for(lambda: client.agrees(lab.gateway.session()), "the gateway counted what the client "
                 "sent and received: %s" % client.carried(), timeout=5)


def nothing_lost(lab):
    drops = lab.gateway.drops()
    assert not {r: n for r, n in drops.items() if n and r in LOST}


@pytest.mark.parametrize("pfs", ["none", "x25519"])
def test_client_rekeys(lab, pfs):
    """CHILD SA every 5 seconds and IKE SA every 9, by the client."""
    l = lab(proposal="[ipsec-profile default]\nset-pfs = " + pfs)
    c = l.client(esp="aes256gcm16" + ("-" + pfs if pfs != "none" else ""), rekey="5s",
                 ike_rekey="9s")
    c.connect()
    before = l.gateway.session()
    traffic(l, c, SECONDS)
    after = l.gateway.session()
    assert (after["name"], after["inner4"]) == (before["name"], before["inner4"])
    assert l.gateway.stats()["child_rekeys"] >= SECONDS // 8
    assert l.gateway.stats()["ike_rekeys"] >= SECONDS // 14
    nothing_lost(l)


@counts_packets
def test_gateway_rekeys(lab):
    """The same by the gateway: CHILD SAs of 20 seconds are rekeyed after 15 to 17.5."""
    l = lab(proposal="[ipsec-profile default]\nset-security-association-lifetime-seconds = 20",
            profile="lifetime = 120")
    c = l.client()
    c.connect()
    traffic(l, c, SECONDS)
    assert l.gateway.stats()["child_rekeys"] >= SECONDS // 19
    if SECONDS >= 120:
        assert l.gateway.stats()["ike_rekeys"] >= 1
    assert l.gateway.stats()["rekey_failed"] == 0
    nothing_lost(l)
    assert c.connected()


@counts_packets
def test_both_rekey(lab):
    """Both sides about every ten seconds, the gateway because of the traffic, so that now and then
    they collide."""
    l = lab(proposal="[ipsec-profile default]\nset-security-association-lifetime-packets = 12000",
            profile="lifetime = 120")
    c = l.client(rekey="10s", ike_rekey="25s")
    c.connect()
    traffic(l, c, SECONDS)
    assert l.gateway.stats()["child_rekeys"] >= SECONDS // 19
    nothing_lost(l)
    assert c.connected()


def test_another_child(lab):
    """A second CHILD SA beside the first, within the limit, and refused beyond it."""
    l = lab(policy="ipsec-flow-limit = 2", profile="")
    c = l.client(more="second {\n remote_ts = %s/32\n esp_proposals = aes128gcm16\n rekey_time = 0\n}\n"
                 "third {\n remote_ts = 10.20.0.9/32\n esp_proposals = aes128gcm16\n}" % HOST4)
    c.connect()
    c.swanctl("--initiate", "--child", "second", "--timeout", "10")
    l.ping(c.ns, HOST4)
    # The narrower of the two takes it.
    wide, narrow = sorted(l.gateway.session()["sas"], key=lambda sa: HOST4 + "/32" in sa["ts"])
    assert (wide["rx_packets"], narrow["rx_packets"], narrow["tx_packets"]) == (0, 3, 3), (wide, narrow)
    assert c.swanctl("--initiate", "--child", "third", "--timeout", "10", check=False).returncode
    wait_for(lambda: "NO_ADD_SAS" in c.log() or "NO_ADDITIONAL_SAS" in c.log(), "it is refused")
    c.swanctl("--terminate", "--child", "second", "--timeout", "10")
    l.ping(c.ns, HOST4)
    assert c.connected()


def test_refused_reauthenticates(lab):
    """A client that has no key exchange for its CHILD SA refuses the gateway's rekey, which insists on
    one. It is told when the SA ends (RFC 4478), and authenticates again instead of being cut off."""
    l = lab(proposal="[ipsec-profile default]\nset-pfs = 20\n"
                     "set-security-association-lifetime-seconds = 20")
    c = l.client()
    c.connect()
    l.ping(c.ns, HOST4)
    wait_for(lambda: l.gateway.stats()["rekey_failed"] == 1, "the client refuses", timeout=25)
    wait_for(lambda: "received AUTH_LIFETIME" in c.log(), "it is told")
    wait_for(lambda: l.gateway.stats()["auth_ok"] >= 2 and c.connected(), "it logs in again", timeout=25)
    l.ping(c.ns, HOST4)
    l.ping(l.network.host, c.inner()[0])
    assert "NO_PROPOSAL_CHOSEN" in l.gateway.log()
