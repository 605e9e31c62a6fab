#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""S8, S9 and S11: what a login costs, and what a session weighs. A row of JSON per line, for
tests/bench/run.

tests/bench/login.py BUILD [RUNS]

A login costs the CPU time of every process of the gateway, from the first IKE_SA_INIT until the
session stands, over some thousand logins of tools/ikeload, which has the other CPU; its end, by
DELETE, is counted apart.
S8: the public-key operations of one set-up alone / a login: a key pair and a shared secret, with
certificates our signature and the client's to be verified. Each client has a certificate of its own;
"seen first" is the login with one that the gateway never saw, whose chain is verified as well.
S9: charon's login and its end / ours.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

from gateway import PSK, Gateway  # noqa: E402
from net import Failed, Network, address, link, memory_kib, route, run, wait_for  # noqa: E402

LOGINS = 1500       # of one run
FEW = 600           # with certificates: fewer than the gateway remembers
SLOPE = (4000, 16000)   # sessions between which memory is compared
CHARON = "/usr/sbin/charon-systemd"
CHARON_GOAL, MEMORY_GOAL_KIB = 2.0, 8.0
TRUST = """
[pki-trustpoint load]
ca-certificate = %(pki)s/ca.pem
certificate = %(pki)s/gateway.pem
private-key = %(pki)s/gateway-key.pem
"""


class Kind:
    """How both sides prove themselves, what that costs alone, and the share of it that is our goal."""

    def __init__(self, name, goal, operations, method=None, key=None):
        self.name, self.goal, self.operations = name, goal, operations
        self.method, self.key = method, key

    def raw_us(self, costs):
        return sum(costs[operation] for operation in self.operations)

    def logins(self):
        return FEW if self.key else LOGINS

    def prepare(self, network, build):
        """The options of ikeload."""
        if not self.key:
            return ["--psk", PSK]
        self.pki = network.dir + "/pki"
        run([build + "/ikeload", "--make-pki", self.pki, "--key", self.key])
        return ["--pki", self.pki]

    def conf(self, text):
        if not self.key:
            return text
        return text.replace("= pre-share", "= " + self.method).replace(
            "keyring-local = default", "pki-trustpoint = load") + TRUST % {"pki": self.pki}


KINDS = (
    Kind("PSK", 0.30, ["x25519"]),
    Kind("ECDSA P-256", 0.60, ["x25519", "ecdsa sign", "ecdsa verify"], "ecdsa-sig",
         "EC:P-256"),
    Kind("RSA-2048", 0.85, ["x25519", "rsa sign", "rsa verify"], "rsa-sig", "RSA:2048"),
)


class Line(Network):
    """A client on a line of its own to the gateway. What arrives at either end is received by the
    CPU of that end, so that the gateway pays for its own work only."""

    def build(self, clients, nat, queues):
        os.makedirs(self.bpf, exist_ok=True)
        run(["mount", "-t", "bpf", "bpf", self.bpf])
        self.gateway, self.host = self.namespace("gateway"), self.namespace("host")
        self.clients = [self.namespace("client")]
        for near, far, net in ((self.clients[0], "eth0", "192.0.2"), (self.host, "eth1", "10.20.0")):
            link(near, "eth0", self.gateway, far)
            address(near, "eth0", net + ".10/24")
            address(self.gateway, far, net + ".1/24")
            route(near, "default", net + ".1")
        for ns, device, cpus in ((self.clients[0], "eth0", "2"), (self.gateway, "eth0", "1")):
            run(["ip", "netns", "exec", ns.name, "sh", "-c",
                 "echo %s >/sys/class/net/%s/queues/rx-0/rps_cpus" % (cpus, device)])


class Sample:
    """The middle and the ends of some runs."""

    def __init__(self, values):
        self.values = sorted(values)

    def row(self):
        return {"min": self.values[0], "median": self.values[len(self.values) // 2],
                "max": self.values[-1], "runs": len(self.values)}


def report(id_, name, unit, ratio, value, raw, goal, generator_limit=False, less=False):
    print(json.dumps({"id": id_, "name": name, "unit": unit, "ratio": Sample(ratio).row(),
                      "value": Sample(value).row(), "raw": Sample(raw).row(), "goal": goal,
                      "steal_ms": 0, "generator_limit": generator_limit, "less": less}), flush=True)


def cpu_us(pids):
    """CPU time of all threads of these processes."""
    total = 0
    for pid in pids:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
                total += int(f.read().split()[0])
    return total / 1000


def pin(pids, cpu):
    for pid in pids:
        run(["taskset", "-a", "-p", "-c", str(cpu), str(pid)])


class Load:
    """Clients that log in, and stay for a moment at least."""

    def __init__(self, network, build, *options):
        self.process = network.process(
            ["taskset", "-c", "1", build + "/ikeload", "--gateway", Network.GATEWAY4, "--nat",
             "--json", *options], "ikeload%d" % len(network.processes), ns=network.clients[0])
        wait_for(lambda: "logged in, staying" in self.process.text() or not self.process.running(),
                 "all are logged in", timeout=300, step=0.02)
        settle(0.1)     # the client has its answer before flexd has shown the session

    def result(self):
        self.process.popen.wait(timeout=300)
        settle(0.2)     # and has the answer to DELETE before flexd has ended it
        done = json.loads(self.process.text().splitlines()[-1])
        if done["ok"] != done["count"]:
            raise Failed("%d of %d logins: %s" % (done["ok"], done["count"], done["failures"]))
        return done


class Cost:
    """CPU time of one login and of its end, and whether the generator was at its limit."""

    def __init__(self, network, build, pids, proof, logins, parallel=32):
        begun = cpu_us(pids)
        load = Load(network, build, *proof, "--count", str(logins), "--parallel", str(parallel),
                    "--hold", "1", "--logout")
        stand = cpu_us(pids)
        self.limited = load.result()["busy"] > 0.9
        self.login_us, self.end_us = (stand - begun) / logins, (cpu_us(pids) - stand) / logins


def raw_us(build):
    return json.loads(subprocess.run([build + "/tests/bench/bench_pk"], stdout=subprocess.PIPE,
                                     check=True).stdout)


class Charon:
    """strongSwan as the gateway, as it is tuned for many clients, ESP in user space."""
    STRONGSWAN = """
charon-systemd {
	load = random nonce aes sha1 sha2 hmac kdf gcm openssl curve25519 pem pkcs1 kernel-libipsec \
kernel-netlink socket-default vici
	threads = 16
	ikesa_table_size = 4096
	ikesa_table_segments = 64
	install_routes = no
	init_limit_half_open = 0
	cookie_threshold = 0
	block_threshold = 0
	filelog {
		main { path = %(dir)s/charon.log
			default = 0 }
	}
	journal { default = -1 }
	plugins { vici { socket = unix://%(dir)s/vici } }
}
"""
    SWANCTL = """
connections {
	clients {
		version = 2
		local_addrs = %(gateway)s
		pools = pool4
		proposals = aes256gcm16-prfsha256-x25519
		unique = never
		local { auth = psk
			id = gateway.example.org }
		remote { auth = psk
			id = %%any }
		children { net { local_ts = 0.0.0.0/0
			esp_proposals = aes256gcm16 } }
		rekey_time = 0
	}
}
pools { pool4 { addrs = 10.10.0.0/16 } }
secrets { ike-all { secret = "%(psk)s" } }
"""

    def __init__(self, network):
        self.dir = tempfile.mkdtemp(dir=network.dir)
        values = dict(dir=self.dir, gateway=Network.GATEWAY4, psk=PSK)
        with open(self.dir + "/strongswan.conf", "w") as f:
            f.write(self.STRONGSWAN % values)
        with open(self.dir + "/swanctl.conf", "w") as f:
            f.write(self.SWANCTL % values)
        env = {"STRONGSWAN_CONF": self.dir + "/strongswan.conf", "SWANCTL_DIR": self.dir}
        self.process = network.process([CHARON], "charon", ns=network.gateway, env=env)
        as_env = ["env", *("%s=%s" % kv for kv in env.items())]
        wait_for(lambda: os.path.exists(self.dir + "/vici") and
                 run([*as_env, "swanctl", "--load-all", "--noprompt", "--uri",
                      "unix://%s/vici" % self.dir], check=False).returncode == 0, "charon answers")


def settle(seconds=0.5):
    """What the last run left to do is done."""
    time.sleep(seconds)


def speed(build, runs, kind):
    """Returns CPU times of single logins and their ends, for the comparison with charon."""
    ours, ends, raw, first, first_raw, single, limited = [], [], [], [], [], [], False
    network = Line()
    try:
        proof = kind.prepare(network, build)
        gateway = Gateway(network, build, max_sessions=4096, log_level="info",
                          gateway="half-open-limit = 4096\ncookie-challenge = never")
        with open(gateway.conf) as f:
            text = kind.conf(f.read())
        gateway.write(text)
        gateway.start()
        pids = list(gateway.pids().values())
        pin(pids, 0)
        Cost(network, build, pids, proof, kind.logins())
        for i in range(runs):
            settle()
            costs = raw_us(build)
            raw.append(kind.raw_us(costs))
            cost = Cost(network, build, pids, proof, kind.logins())
            ours.append(cost.login_us)
            ends.append(cost.end_us)
            limited |= cost.limited
            single.append(one_by_one_us(network, build, pids, proof))
            if kind.key:
                cost = Cost(network, build, pids, [*proof, "--identity-prefix", "new%d-" % i],
                            kind.logins())
                first.append(cost.login_us)
                first_raw.append(kind.raw_us(costs) + costs[kind.operations[-1]])
        gateway.stop()
    finally:
        network.close()
    report("S8", "login with %s and x25519" % kind.name, "us", [r / o for r, o in zip(raw, ours)],
           ours, raw, kind.goal, limited)
    report("S8", "the same and its end", "us", [r / (o + e) for r, o, e in zip(raw, ours, ends)],
           [o + e for o, e in zip(ours, ends)], raw, 0)
    if first:
        report("S8", "the same, a certificate seen first", "us",
               [r / o for r, o in zip(first_raw, first)], first, first_raw, 0)
    return single


def one_by_one_us(network, build, pids, proof):
    """charon with kernel-libipsec hangs with several logins at once, so both have one at a time."""
    cost = Cost(network, build, pids, proof, logins=300, parallel=1)
    return cost.login_us + cost.end_us


def beside_charon(build, runs, single):
    if not os.path.exists(CHARON):
        print("tests/bench/login.py: S9 needs charon-systemd, left out", file=sys.stderr)
        return
    theirs = []
    network = Line()
    try:
        charon = Charon(network)
        pids = [charon.process.pid]
        pin(pids, 0)
        one_by_one_us(network, build, pids, ["--psk", PSK])
        for _ in range(runs):
            settle()
            theirs.append(one_by_one_us(network, build, pids, ["--psk", PSK]))
    finally:
        network.close()
    report("S9", "login with PSK and its end, one by one: charon's / ours", "us",
           [t / o for t, o in zip(theirs, single)], single, theirs, CHARON_GOAL)


def memory(build):
    few, many = SLOPE
    network = Line()
    try:
        gateway = Gateway(network, build, max_sessions=32768,
                          log_level="warn",
                          gateway="half-open-limit = 4096").start()
        pids = list(gateway.pids().values())
        weight = []
        for first, count in ((0, few), (few, many - few)):
            Load(network, build, "--psk", PSK, "--count", str(count), "--parallel", "64", "--hold", "600",
                 "--identity-prefix", "load%d-" % first, "--deadline", "900")
            if len(gateway.show("session")) != first + count:
                raise Failed("there are not %d sessions" % (first + count))
            settle(1)
            weight.append(memory_kib(pids))
        slope = (weight[1] - weight[0]) / (many - few)
        report("S11", "memory of a session, %d to %d of them" % SLOPE, "KiB",
               [slope / MEMORY_GOAL_KIB], [slope], [MEMORY_GOAL_KIB], 1.0, less=True)
    finally:
        network.close()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) == 3 else 5
    single = {kind.name: speed(build, runs, kind) for kind in KINDS}
    beside_charon(build, runs, single["PSK"])
    memory(build)


if __name__ == "__main__":
    main()
