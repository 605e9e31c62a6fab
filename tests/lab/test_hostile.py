# SPDX-License-Identifier: BSD-2-Clause
"""Forged and stray packets against an established session; what a client may not send."""
import re

from net import Network, wait_for

HOST4 = Network.HOST4

# Clear-text IKE messages with the session's SPIs, from the client's own address and port.
FORGE = """
import sys
from scapy.all import IP, UDP, Raw, send, conf
from scapy.contrib.ikev2 import IKEv2, IKEv2_payload_Notify
spi_i, spi_r = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2])
conf.verb = 0
def message(**kw):
    return bytes(IKEv2(init_SPI=spi_i, resp_SPI=kw.pop("spi_r", spi_r), **kw))
def notify(kind):
    return IKEv2_payload_Notify(next_payload=0, notify=kind)
forged = []
for kind in (7, 14, 16, 17, 24, 11):
    for exch, mid in ((34, 0), (35, 1), (37, 2), (37, 0)):
        for flags in (0x08, 0x20, 0x28, 0x00):
            forged.append(bytes(IKEv2(init_SPI=spi_i, resp_SPI=spi_r, next_payload=41,
                                      exch_type=exch, flags=flags, id=mid) / notify(kind)))
forged += [bytes(IKEv2(init_SPI=spi_i, resp_SPI=spi_r, next_payload=0, exch_type=e, flags=f, id=i))
           for e in (34, 35, 36, 37) for f in (0x08, 0x20) for i in (0, 1, 2, 3)]
forged += [m[:n] for m in forged[:4] for n in (1, 27, 28, 30)]
for m in forged:
    for port, marker in ((500, b""), (4500, bytes(4))):
        send(IP(src=sys.argv[3], dst=sys.argv[4]) / UDP(sport=port, dport=port) / Raw(marker + m))
print(len(forged) * 2)
"""


def test_forged_clear_text(lab):
    """Nothing in clear text hurts an established session, whoever it seems to come from."""
    l = lab()
    c = l.client()
    c.connect()
    sa = l.gateway.show("ikev2", "sa")[0]
    before = l.gateway.session()
    # From the router, so that nothing passes the client's own tunnel.
    done = l.network.router.run(["/usr/bin/python3", "-c", FORGE, sa["spi_i"].replace("0x", ""),
                                 sa["spi_r"].replace("0x", ""), "172.16.1.2", Network.GATEWAY4],
                                timeout=60)
    sent = int(done.stdout.split()[-1])
    drops = wait_for(lambda: sum(l.gateway.ike_drops().values()) >= sent * 0.9 and
                     l.gateway.ike_drops(), "they are counted", timeout=5)
    assert drops.get("clear_after_init", 0) > 0, drops
    l.ping(c.ns, HOST4)
    l.ping(l.network.host, c.inner()[0])
    now = l.gateway.session()
    assert now["name"] == before["name"] and now["peer"] == before["peer"]
    assert l.gateway.show("ikev2", "sa")[0]["state"] == sa["state"]
    c.disconnect()
    wait_for(lambda: not l.gateway.show("session"), "logout still works")


def test_spoofed_source(lab):
    """A client may send only from its own inner address."""
    l = lab(clients=2)
    a, b = l.client(1), l.client(2)
    a.connect()
    b.connect()
    victim = b.inner()[0]
    a.ns.run(["ip", "addr", "add", victim + "/32", "dev", "lo"])
    name = l.gateway.session(a.identity)["name"]
    before = l.gateway.session(a.identity)["rx_packets"]
    a.ns.run(["ping", "-n", "-c", "3", "-i", "0.1", "-W", "1", "-I", victim, HOST4], check=False)
    drops = l.gateway.drops(name)
    if drops.get("spoofed", 0) == 0:
        # This client's own policy kept it: write the packet into its tunnel behind its back.
        assert l.gateway.session(a.identity)["rx_packets"] == before
    a.ns.run(["/usr/bin/python3", "-c", TUNNEL, victim, HOST4])
    wait_for(lambda: l.gateway.drops(name).get("spoofed", 0) >= 1, "the spoofed packet is counted")
    assert l.gateway.session(b.identity)["rx_packets"] == 0


# A packet into the tunnel device, with any source.
TUNNEL = """
import sys
from scapy.all import IP, UDP, Raw, send, conf
conf.verb = 0
send(IP(src=sys.argv[1], dst=sys.argv[2]) / UDP(sport=9, dport=9) / Raw(b"x" * 64), iface="ipsec0")
"""


def test_unknown_spi(lab):
    """ESP for no SA is dropped in XDP under its name."""
    l = lab()
    send = ("from scapy.all import *; conf.verb = 0\n"
            "send([IP(dst='%s')/UDP(sport=4500,dport=4500)/Raw(bytes.fromhex('12345678')+bytes(60)),"
            "IP(dst='%s',proto=50)/Raw(bytes.fromhex('12345678')+bytes(60))])"
            % (Network.GATEWAY4, Network.GATEWAY4))
    l.network.clients[0].run(["/usr/bin/python3", "-c", send])
    wait_for(lambda: l.gateway.drops().get("unknown_spi", 0) >= 2, "they are counted")


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
    big = l.network.host.run(["ping", "-n", "-M", "do", "-c", "2", "-i", "0.2", "-W", "1", "-s", "1450",
                              inner], check=False).stdout
    assert re.search(r"mtu ?= ?1400", big), big
    l.ping(l.network.host, inner, size=1372)

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
