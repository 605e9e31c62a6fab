# SPDX-License-Identifier: BSD-2-Clause
"""The traffic selectors of a client are kept by the gateway, whatever the client sends."""
import forge
from net import Network, wait_for

HOST4, GATEWAY4 = Network.HOST4, Network.GATEWAY4
CLIENT4 = "172.16.1.2"
ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("%s", 9))
while True:
    s.sendto(*s.recvfrom(2000))
""" % HOST4


def test_selectors(lab):
    """A client that agreed on one UDP port of one host reaches that and nothing else; and nothing
    else reaches it."""
    l = lab()
    c = l.client(remote_ts=HOST4 + "/32[udp/9]")
    c.connect()
    session = l.gateway.session()
    (sa,) = session["sas"]
    assert "%s/32[udp/9]" % HOST4 in sa["ts"] and sa["state"] == "in use", sa
    mine, name = session["inner4"], session["name"]
    l.network.process(["/usr/bin/python3", "-c", ECHO], "echo", ns=l.network.host)
    wait_for(lambda: ":9 " in l.network.host.run("ss -lnu").stdout, "the host answers on port 9")
    esp = forge.Esp(l.gateway, session)

    def send(packets):
        forge.send(l.network.router, [(CLIENT4, GATEWAY4, 17, forge.udp(4500, 4500, esp.packet(p)))
                                      for p in packets])
    outside = [forge.ipv4(mine, HOST4, 17, forge.udp(7, 10, b"x")),      # another port
               forge.ipv4(mine, HOST4, 17, forge.udp(9, 7, b"x")),       # the right one, wrong side
               forge.ipv4(mine, HOST4, 6, forge.udp(7, 9, bytes(16))),   # another protocol
               forge.ipv4(mine, "10.20.0.99", 17, forge.udp(7, 9, b"x"))]
    send([forge.ipv4(mine, HOST4, 17, forge.udp(7, 9, b"x"))] + outside)
    wait_for(lambda: l.gateway.drops(name).get("selector", 0) == len(outside),
             "what it did not agree on is dropped: %s" % l.gateway.drops(name))
    now = wait_for(lambda: l.gateway.session()["sas"][0]["tx_packets"] == 1 and l.gateway.session(),
                   "the answer from that port goes to it")
    assert now["rx_packets"] == 1 and now["sas"][0]["rx_packets"] == 1 + len(outside), now
    assert l.ping(l.network.host, mine, count=2, check=False) == 0
    wait_for(lambda: l.gateway.drops(name).get("selector", 0) == len(outside) + 2, "a ping does not")
    # Everything else as ever.
    c.disconnect()
    c.change(remote_ts="0.0.0.0/0")
    c.connect()
    l.ping(l.network.host, c.inner()[0])
