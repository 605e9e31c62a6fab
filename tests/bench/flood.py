#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""S10: set-ups per second of real clients under ten times as many spoofed IKE_SA_INIT / without, with
the guard in XDP and with the daemon alone. A row of JSON per line, for tests/bench/run.

tests/bench/flood.py BUILD [RUNS]

All processes of the gateway and what receives for it (NAPI in a thread) share one CPU; the clients and
the flood have the other. So that the flood costs the clients' CPU the same in both, it runs without a
victim, too: into a device whose other end is down. It comes in bursts, as from a NIC that moderates
its interrupts: to wake a thread costs a virtual machine more than to guard against dozens of packets.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from login import Line, Load, Network, cpu_us, pin, report  # noqa: E402
from gateway import PSK, Gateway  # noqa: E402
from net import Failed, memory_kib, run, takes_xdp  # noqa: E402

LOGINS = 2000
TIMES = 10      # spoofed for one that is real
# An ended IKE SA stays for ten: only then ike is as big as these logins make it.
LINGER_SECONDS = 15
GOAL, MEMORY_GOAL = 0.95, 1.10
CLIENTS = "100.64.0.0/16"
SOURCES = "100.64.0.1-100.64.%d.%d" % (LOGINS // 250, LOGINS % 250)


def napi_threads(ns, device):
    """NAPI of a device with an XDP program, in a thread."""
    def all_of_that_name():
        found = set()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/comm" % pid) as f:
                    if f.read().startswith("napi/%s-" % device):
                        found.add(int(pid))
            except OSError:
                pass
        return found
    before = all_of_that_name()
    run(["ip", "netns", "exec", ns.name, "sh", "-c", "echo 1 >/sys/class/net/%s/threaded" % device])
    return sorted(all_of_that_name() - before)


def as_interrupt(pids, cpu):
    """As a soft interrupt it would go before all others."""
    pin(pids, cpu)
    for pid in pids:
        run(["chrt", "-f", "-p", "1", str(pid)])


class Field:
    """A line between clients and gateway, ways for what is spoofed, a running gateway."""

    def __init__(self, build, guard):
        self.build = build
        self.network = Line()
        client, gateway = self.network.clients[0], self.network.gateway
        client.run("ip route add local %s dev lo" % CLIENTS)
        gateway.run("ip route add %s via 192.0.2.10" % CLIENTS)
        gateway.run("ip route add blackhole 198.18.0.0/15")
        client.run("ip link add sink0 type veth peer name sink1")
        client.run("ip link set sink0 up")
        takes_xdp(client, "eth0", self.network.dir)
        self.gateway = Gateway(self.network, build, max_sessions=4096, log_level="warn",
                               gateway="flood-guard = %s" % guard).start()
        self.pids = list(self.gateway.pids().values())
        pin(self.pids, 0)
        receiving = napi_threads(gateway, "eth0")
        as_interrupt(receiving, 0)
        as_interrupt(napi_threads(client, "eth0"), 1)
        self.receiving = receiving
        self.mac = json.loads(gateway.run("ip -j link show eth0").stdout)[0]["address"]

    def logins(self, spoofed=0, device="eth0"):
        """Set-ups per second, and in us of one set-up: CPU time of the processes, of receiving."""
        flood = None
        if spoofed:
            flood = self.network.process(
                ["taskset", "-c", "1", self.build + "/ikespoof", "--device", device, "--mac", self.mac,
                 "--gateway", Network.GATEWAY4, "--rate", str(spoofed), "--seconds", "60", "--burst",
                 "64"], "ikespoof",
                ns=self.network.clients[0])
            time.sleep(1)
        before = cpu_us(self.pids), cpu_us(self.receiving)
        done = Load(self.network, self.build, "--psk", PSK, "--count", str(LOGINS), "--parallel", "32",
                    "--logout", "--source", SOURCES).result()
        after = cpu_us(self.pids), cpu_us(self.receiving)
        if flood and not flood.running():
            raise Failed("the flood ended before the logins: %s" % flood.text())
        if flood:
            flood.stop()
        time.sleep(0.5)
        return (done["per_second"], *((a - b) / LOGINS for a, b in zip(after, before)))


def measure(build, guard, goal, runs):
    field = Field(build, guard)
    try:
        begun = time.monotonic()
        while time.monotonic() < begun + LINGER_SECONDS:
            calm = field.logins()
        rate = int(TIMES * calm[0])
        without, under, daemon, guarding = [], [], [], []
        before = memory_kib([field.gateway.pids()["ike"]])
        for _ in range(runs):
            calm, flood = field.logins(rate, "sink0"), field.logins(rate)
            without.append(calm[0])
            under.append(flood[0])
            daemon.append((calm[1], flood[1]))
            # A set-up lasts 1 / flood[0] seconds; meanwhile so many spoofed ones came.
            guarding.append((flood[2] - calm[2]) * flood[0] / rate)
        after = memory_kib([field.gateway.pids()["ike"]])
        stats = field.gateway.stats("guard" if guard == "xdp" else "total")
        if stats["cookies_sent"] < rate:
            raise Failed("the flood did not arrive: %s" % stats)
        field.gateway.stop()
        what = "under %s spoofed/s, guard in %s" % (format(rate, ","), guard)
        report("S10", "set-ups " + what, "set-ups/s", [u / w for u, w in zip(under, without)], under,
               without, goal)
        report("S10 CPU", "the daemon's CPU for a set-up: without / " + what, "us",
               [c / f for c, f in daemon], [f for _, f in daemon], [c for c, _ in daemon], 0)
        report("S10 us", "receiving a spoofed one, guard in %s: us" % guard, "us", guarding, guarding,
               [0.0] * runs, 0)
        report("S10 memory", "ike after the floods / before, guard in " + guard, "KiB",
               [after / before], [after], [before], MEMORY_GOAL, less=True)
    finally:
        field.network.close()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) == 3 else 5
    measure(build, "xdp", GOAL, runs)
    measure(build, "daemon", 0, runs)


if __name__ == "__main__":
    main()
