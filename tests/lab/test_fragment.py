# SPDX-License-Identifier: BSD-2-Clause
"""Long messages of IKE over narrow paths: certificates of both sides, divided by
strongSwan and by the gateway (RFC 7383), each at its own size."""
import re

import pytest

from net import Network
from test_certificates import World

RSA = dict(local="auth = pubkey", remote="auth = pubkey")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path, "rsa")


def narrow(router, mtu):
    """A path that carries no longer packet, tells nobody, and passes no IP fragments."""
    for command in ("iptables -I FORWARD -f", "ip6tables -I FORWARD -m frag",
                    "iptables -I FORWARD -p udp -m length --length %d:65535" % (mtu + 1),
                    "ip6tables -I FORWARD -p udp -m length --length %d:65535" % (mtu + 1)):
        router.run(command + " -j DROP")


def dropped(router):
    lines = router.run("iptables -nvxL FORWARD").stdout + router.run("ip6tables -nvxL FORWARD").stdout
    return sum(int(line.split()[0]) for line in lines.splitlines()
               if "DROP" in line and not line.startswith("Chain"))


@pytest.mark.parametrize("gateway", [Network.GATEWAY4, Network.GATEWAY6])
@pytest.mark.parametrize("mtu", [576, 1280])
def test_sizes(lab, world, mtu, gateway):
    l = world.lab(lab, gateway="fragmentation-mtu = %d" % mtu)
    narrow(l.network.router, mtu)
    c = l.client(gateway=gateway, charon="fragment_size = %d" % mtu, **RSA, **world.credentials())
    c.connect()
    l.ping(c.ns, Network.HOST4)
    log = c.log()
    sent = re.search(r"splitting IKE message \((\d+) bytes\) into (\d+) fragments", log)
    assert sent and int(sent.group(1)) > 1280 and int(sent.group(2)) >= 1280 // mtu
    assert re.search(r"parsed IKE_AUTH response 1 \[ EF\(1/%s\) \]" % ("2" if mtu == 1280 else "[3-9]"),
                     log)
    assert dropped(l.network.router) == 0


def test_off(lab, world):
    """Without it the same messages do not get through: the story above is no accident."""
    l = world.lab(lab, gateway="fragmentation-mtu = off\nhalf-open-timeout = 5")
    narrow(l.network.router, 1280)
    c = l.client(charon="fragment_size = 576", **RSA, **world.credentials())
    c.refused()
    assert "splitting" not in c.log()
    assert dropped(l.network.router) > 0
    assert not l.gateway.show("session")


def test_path_smaller_than_configured(lab, world):
    """The way back carries 600 bytes at most and nobody says so: the answer arrives in smaller
    fragments once the client asks again."""
    l = world.lab(lab, gateway="fragmentation-mtu = 1280")
    for port in (500, 4500):
        l.network.router.run("iptables -I FORWARD -p udp --sport %d -s %s -m length "
                             "--length 601:65535 -j DROP" % (port, Network.GATEWAY4))
    c = l.client(**RSA, **world.credentials())
    c.connect(timeout=20)
    assert re.search(r"parsed IKE_AUTH response 1 \[ EF\(1/[3-9]\) \]", c.log())
    l.ping(c.ns, Network.HOST4)
