# SPDX-License-Identifier: BSD-2-Clause
"""flexd in the gateway's namespace, asked through flexctl, and its balance sheet."""
import glob
import json
import os
import re
import signal
import time

from net import Failed, run, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PSK = "correct-horse-battery-staple"

CONF = """
[gateway]
outside = %(outside)s
inside = %(inside)s
run-directory = %(dir)s/run
bpf-directory = %(dir)s/bpf/flexgate
secrets-file = %(dir)s/secrets.conf
max-sessions = %(max_sessions)s
log-level = %(log_level)s
%(gateway)s

%(proposal)s

[pool clients]
prefix = 10.10.0.0/16
range = %(range)s

[pool clients6]
prefix = 2001:db8:10::/64
range = 2001:db8:10::10-2001:db8:10::ffff

[ikev2-authorization-policy default]
pool = clients
ipv6-pool = clients6
%(policy)s

[virtual-template 1]
mtu = 1400
ip-unnumbered = %(inside)s
%(template)s

[ikev2-keyring default]
psk = clients

%(trust)s

[ikev2-profile default]
match-identity-remote = %(match)s
identity-local = %(local_id)s
%(auth)s
aaa-authorization-group = default
virtual-template = 1
%(profile)s
"""

SECRETS = """
[psk clients]
identity = any
%(key)s
"""

PRE_SHARE = """authentication-local = pre-share
authentication-remote = pre-share
keyring-local = default"""

DEFAULTS = dict(max_sessions=64, log_level="debug", outside="eth0", inside="eth1", gateway="",
                proposal="", policy="", template="", profile="", match="any", psk=PSK, trust="",
                range="10.10.0.10-10.10.255.250", local_id="fqdn gateway.example.org",
                auth=PRE_SHARE, key=None)
# What a sanitizer writes.
ALARM = re.compile(r"ERROR: \w+Sanitizer|runtime error:|SUMMARY: ")


class Gateway:
    def __init__(self, network, build, conf_text=None, secrets_text=None, **settings):
        self.network = network
        self.ns = network.gateway
        self.build = os.path.abspath(build)
        self.settings = {**DEFAULTS, "dir": network.dir, **settings}
        self.conf = os.path.join(network.dir, "flexgate.conf")
        self.socket = os.path.join(network.dir, "run", "flexd.sock")
        self.pins = os.path.join(network.dir, "bpf", "flexgate", "v2")
        self.flexd = None
        self.write(conf_text or CONF % self.settings, secrets_text or self.secrets())

    def secrets(self):
        """One key for both sides, unless `key` says otherwise."""
        s = self.settings
        return SECRETS % {**s, "key": s["key"] or "key = %(psk)s" % s}

    def write(self, conf=None, secrets=None):
        """None leaves a file as it is."""
        if conf is not None:
            with open(self.conf, "w") as f:
                f.write(conf)
        if secrets is not None:
            path = os.path.join(self.network.dir, "secrets.conf")
            with open(path, "w", opener=lambda p, fl: os.open(p, fl, 0o600)) as f:
                f.write(secrets)

    def change(self, **settings):
        """Other settings in the file; config reload puts them in force."""
        self.settings.update(settings)
        self.write(CONF % self.settings, self.secrets())

    # --- life ---------------------------------------------------------------------------------

    def start(self, under=()):
        """under: a command that starts flexd, such as setpriv."""
        os.makedirs(os.path.join(self.network.dir, "run"), exist_ok=True)
        self.flexd = self.network.process([*under, self.build + "/flexd", "-c", self.conf], "flexd",
                                          ns=self.ns)
        try:
            wait_for(lambda: self.up() or not self.flexd.running(), "flexd is up", timeout=20)
        except Failed as e:
            raise Failed("%s\n%s" % (e, self.log())) from e
        if not self.flexd.running():
            raise Failed("flexd ended at once:\n%s" % self.log())
        self.before = self.books()
        return self

    def up(self):
        """All processes ready, the control socket answering."""
        done = self.flexctl("show", "plane", check=False)
        if done.returncode:
            return False
        rows = [r for r in json.loads(done.stdout) if r["kind"] == "process"]
        return bool(rows) and all(r["state"] == "ready" for r in rows)

    def stop(self):
        """Ends it in good order: exit status 0 and nothing left behind."""
        status = self.flexd.stop(15)
        if status != 0:
            raise Failed("flexd ended with %s after SIGTERM\n%s" % (status, self.log()[-3000:]))
        left = self.left_behind()
        if left:
            raise Failed("flexd left behind: %s" % "; ".join(left))

    def log(self):
        return self.flexd.text() if self.flexd else ""

    def pids(self):
        """{"flexd": pid, "ike": pid, "aaa": pid, "flexdp": pid}"""
        children = {r["name"]: r.get("pid") for r in self.show("plane") if r["kind"] == "process"}
        return {"flexd": self.flexd.pid, **children}

    # --- questions ----------------------------------------------------------------------------

    def flexctl(self, *words, check=True, as_json=True):
        return run([self.build + "/flexctl", "--socket", self.socket] +
                   (["--json"] if as_json else []) + list(words), check=check)

    def show(self, *words):
        return json.loads(self.flexctl("show", *words).stdout)

    def session(self, identity=None):
        """The only session, or that of an identity, with detail; None: there is none."""
        rows = self.show("session", "detail")
        if identity:
            rows = [r for r in rows if identity in r["identity"]]
        if len(rows) > 1:
            raise Failed("more than one session: %s" % [r["identity"] for r in rows])
        return rows[0] if rows else None

    def stats(self, kind="total"):
        """What ike counts; kind "guard": what XDP does before it."""
        return next(r for r in self.show("ikev2", "stats") if r["kind"] == kind)

    def drops(self, name=None):
        rows = self.show("drop", name) if name else self.show("drop")
        return {r["reason"]: r["packets"] for r in rows}

    def ike_drops(self):
        return {r["reason"]: r["packets"] for r in self.show("drop") if r["plane"] == "ike"}

    def map(self, name):
        """Rows of a pinned map, as bpftool prints them: [{"key": ..., "value": ...}]."""
        text = run(["bpftool", "-j", "map", "dump", "pinned", self.pins + "/" + name]).stdout
        rows = json.loads(text)
        return [dict(r["formatted"]) if "formatted" in r else r for r in rows]

    # --- balance sheet ------------------------------------------------------------------------

    def books(self):
        """What must be the same before the first and after the last session."""
        return {
            "sessions": self.show("session"),
            "IKE SAs": self.show("ikev2", "sa"),
            "rows of fg_session": [r for r in self.map("fg_session") if r["value"]["state"]],
            "rows of fg_sa": [r for r in self.map("fg_sa") if r["value"]["state"]],
            "inner IPv4 addresses": self.map("fg_host4"),
            "inner IPv6 addresses": self.map("fg_host6"),
            "IPv4 prefixes": self.map("fg_route4"),
            "IPv6 prefixes": self.map("fg_route6"),
            "pins": sorted(os.listdir(self.pins)),
            "devices": self.devices(),
            "IPv4 routes": self.routes("-4"),
            "IPv6 routes": self.routes("-6"),
            "descriptors": self.descriptors(),
        }

    def descriptors(self):
        """Of each process: the least of some readings, for the socket of the flexctl that asked for
        the process numbers may just be about to be closed."""
        least = {}
        for name, pid in list(self.pids().items()) * 5:
            count = len(os.listdir("/proc/%d/fd" % pid))
            least[name] = min(count, least.get(name, count))
            time.sleep(0.005)
        return least

    def devices(self):
        return sorted(d["ifname"] for d in json.loads(self.ns.run("ip -j link show").stdout))

    def routes(self, family):
        return sorted(self.ns.run(["ip", family, "route", "show"]).stdout.split("\n"))

    def balance(self):
        """The books are as at the start."""
        wait_for(lambda: not self.show("session") and not self.show("ikev2", "sa"),
                 "sessions and IKE SAs end", timeout=20)

        def differing():
            now = self.books()
            return ["%s: before %s, now %s" % (k, self.before[k], now[k])
                    for k in now if now[k] != self.before[k]]
        try:
            wait_for(lambda: not differing(), "books balance", timeout=3, step=0.2)
        except Failed:
            raise Failed("left after the last session: %s" % "; ".join(differing())) from None

    def left_behind(self):
        """After its end: pins, devices, routes, programs, processes, the socket."""
        left = ["pin %s" % p for p in glob.glob(self.pins + "/*")]
        left += ["device %s" % d for d in self.devices() if d.startswith("fg")]
        left += ["route %s" % r for f in ("-4", "-6") for r in self.routes(f)
                 if "fgp0" in r or r.startswith(("10.10.", "2001:db8:10:"))]
        left += ["program on %s" % d["ifname"] for d in
                 json.loads(self.ns.run("ip -j -d link show").stdout) if "xdp" in d]
        left += ["socket %s" % self.socket] if os.path.exists(self.socket) else []
        for pid in self.ns.pids():
            try:
                with open("/proc/%d/comm" % pid) as f:
                    name = f.read().strip()
            except OSError:
                continue
            if name.startswith("flexd"):
                left.append("process %d (%s)" % (pid, name))
        return left

    def alarms(self):
        return [line for line in self.log().splitlines() if ALARM.search(line)]

    def kill(self, process):
        """kill -9 one process by its name in `show plane`; returns when another is ready."""
        pid = self.pids()[process]
        os.kill(pid, signal.SIGKILL)
        # In this order: what is ready may be what has not been found dead yet.
        wait_for(lambda: self.pids().get(process) not in (None, pid) and self.up(),
                 "%s is restarted" % process, timeout=20)
