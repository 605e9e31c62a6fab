# SPDX-License-Identifier: BSD-2-Clause
"""Many clients: behind one NAT, and a thousand at once."""
import json
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from net import Network, memory_kib, wait_for


def test_twenty_behind_one_nat(lab):
    """Twenty clients with one outer address: twenty inner addresses, no traffic mixed up."""
    count = 20
    l = lab(clients=count, nat=True)
    with ThreadPoolExecutor(10) as pool:
        clients = list(pool.map(l.client, range(1, count + 1)))
        list(pool.map(lambda c: c.connect(30), clients))
        inner = [c.inner()[0] for c in clients]
        assert len(set(inner)) == count
        rows = l.gateway.show("session", "detail")
        assert len(rows) == count
        assert {r["peer"].rsplit(":", 1)[0] for r in rows} == {Network.ROUTER4}
        assert len({r["peer"] for r in rows}) == count
        assert all(r["peer_behind_nat"] for r in rows)
        list(pool.map(lambda c: l.ping(c.ns, Network.HOST4), clients))
        list(pool.map(lambda a: l.ping(l.network.host, a), inner))
        by_name = {r["identity"].split()[-1]: r for r in l.gateway.show("session", "detail")}
        for c in clients:
            s = by_name[c.identity]
            assert s["inner4"] == c.inner()[0]
            assert (s["rx_packets"], s["tx_packets"]) == (6, 6), (c.identity, s)
        list(pool.map(lambda c: c.disconnect(), clients))
    wait_for(lambda: not l.gateway.show("session"), "all sessions end")


def test_nat_rebinding(lab):
    """The NAT forgets its mapping: the session follows the client's new port, and its traffic goes
    on in both directions."""
    l = lab(nat=True)
    c = l.client()
    c.connect()
    l.ping(c.ns, Network.HOST4)
    before = l.gateway.session()["peer"]
    l.network.nat(ports="30000-39999")
    wait_for(lambda: l.ping(c.ns, Network.HOST4, count=1, check=False) == 1, "traffic goes on")
    after = l.gateway.session()["peer"]
    assert after != before and 30000 <= int(after.rsplit(":", 1)[1]) < 40000
    l.ping(l.network.host, c.inner()[0])
    wait_for(lambda: l.gateway.show("ikev2", "sa")[0]["peer"] == after, "IKE follows too")
    c.disconnect()


@pytest.mark.parametrize("pfs", [(), ("--pfs",)])
def test_rekeys_under_load(lab, build, pfs):
    """Two hundred clients that each rekey every two seconds, CHILD SA and IKE SA in turn: none is
    refused, none is lost, and nothing of what they left stays behind."""
    count, seconds = 200, 10
    l = lab(max_sessions=256, gateway="half-open-limit = 500",
            proposal="[ipsec-profile default]\nset-pfs = 31" if pfs else "")
    load = l.network.process([os.path.abspath(build) + "/ikeload", "--gateway", Network.GATEWAY4,
                              "--psk", l.gateway.settings["psk"], "--count", str(count), "--nat",
                              "--hold", str(seconds), "--rekey-seconds", "2", *pfs, "--logout",
                              "--json"], "ikeload", ns=l.network.clients[0])
    load.popen.wait(seconds + 60)
    said = json.loads(load.text().splitlines()[-1])
    assert said["ok"] == count and said["logged_out"] == count, said
    assert said["rekeys"]["failed"] == 0 and not said["failures"], said
    # An emulated or sanitized gateway may be slower than they ask.
    assert said["rekeys"]["child"] >= count and said["rekeys"]["ike"] >= count, said
    stats = l.gateway.stats()
    assert (stats["child_rekeys"], stats["ike_rekeys"]) == (said["rekeys"]["child"],
                                                            said["rekeys"]["ike"])
    assert not l.gateway.show("session")


@pytest.mark.skipif("SAN" in os.environ, reason="measures memory")
def test_thousand_sessions(lab, build, capsys):
    """show session answers in under 200 ms; memory per session is printed."""
    count = 1000
    l = lab(max_sessions=2048, gateway="half-open-limit = 2000")
    pids = l.gateway.pids()
    before = {name: memory_kib([pid]) for name, pid in pids.items()}
    load = l.network.process([os.path.abspath(build) + "/ikeload", "--gateway", Network.GATEWAY4,
                              "--psk", l.gateway.settings["psk"], "--count", str(count), "--nat",
                              "--hold", "60"], "ikeload", ns=l.network.clients[0])
    wait_for(lambda: len(l.gateway.show("session")) == count or not load.running(),
             "%d sessions" % count, timeout=60, step=0.5)
    assert len(l.gateway.show("session")) == count, load.text()[-500:]
    times = []
    for _ in range(5):
        start = time.monotonic()
        l.gateway.flexctl("show", "session")
        times.append((time.monotonic() - start) * 1000)
    after = {name: memory_kib([pid]) for name, pid in pids.items()}
    with capsys.disabled():
        print("\n%d sessions: show session %.0f ms (median of 5); memory per session: %s" % (
            count, statistics.median(times),
            ", ".join("%s %.1f KiB" % (n, (after[n] - before[n]) / count) for n in sorted(pids))))
    assert statistics.median(times) < 200, times
    assert len({r["inner4"] for r in l.gateway.show("session")}) == count
    # Each is told and answers.
    l.gateway.flexctl("clear", "session", "all")
    wait_for(lambda: not l.gateway.show("ikev2", "sa"), "all are told", timeout=30, step=0.2)
    load.stop()
