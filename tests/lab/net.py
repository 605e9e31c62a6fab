# SPDX-License-Identifier: BSD-2-Clause
"""Network namespaces, commands in them, processes with a log, and waiting for what must come true.

Names of namespaces begin with the lab's own id, so that several labs run side by side. Commands
enter only the network namespace (nsenter --net): `ip netns exec` would also mount a fresh /sys,
which hides the bpffs.
"""
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

ENV = dict(os.environ, LC_ALL="C",
           PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
_number = itertools.count(1)


class Failed(Exception):
    """What was expected did not happen. The text says it in one sentence."""


def wait_for(condition, what, timeout=10.0, step=0.05):
    """Returns what condition() gives as soon as that is true."""
    end = time.monotonic() + timeout
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            raise Failed("waited %g s in vain: %s" % (timeout, what))
        time.sleep(step)


def run(command, ns=None, check=True, timeout=30, stdin=None):
    """Run to its end; returns the CompletedProcess with text output."""
    if isinstance(command, str):
        command = command.split()
    if ns:
        command = ns.enter + command
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=ENV,
                          input=stdin)
    if check and done.returncode:
        raise Failed("%s: exit %d: %s" % (" ".join(command), done.returncode,
                                          (done.stderr or done.stdout).strip()[-600:]))
    return done


def memory_kib(pids):
    """What these processes have together, shared pages by their share."""
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            total += int(re.search(r"^Pss:\s+(\d+)", f.read(), flags=re.M).group(1))
    return total


class Process:
    """A program that keeps running, its output in a file. Ends with the lab at the latest."""

    def __init__(self, command, log, ns=None, env=None):
        if isinstance(command, str):
            command = command.split()
        self.command = command
        self.log = log
        with open(log, "ab") as out:
            self.popen = subprocess.Popen((ns.enter if ns else []) + command, stdout=out,
                                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                          env=dict(ENV, **(env or {})), start_new_session=True)
        self.pid = self.popen.pid   # nsenter executes the program in its own place

    def running(self):
        return self.popen.poll() is None

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def send(self, number):
        if self.running():
            self.popen.send_signal(number)

    def stop(self, timeout=10):
        """Ask it to end; returns its exit status, or None when it had to be killed."""
        if self.running():
            self.popen.terminate()
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            return None


class Namespace:
    def __init__(self, name):
        self.name = name
        self.path = "/run/netns/" + name
        self.enter = ["nsenter", "--net=" + self.path]
        run(["ip", "netns", "add", name])
        self.run("ip link set lo up")
        # No address autoconfiguration and no waiting for duplicate address detection.
        self.sysctl("net.ipv6.conf.all.accept_ra=0", "net.ipv6.conf.default.accept_ra=0",
                    "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
                    "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")

    def run(self, command, **kw):
        return run(command, ns=self, **kw)

    def sysctl(self, *settings):
        self.run(["sysctl", "-qw", *settings])

    def device_bytes(self, device):
        """Packets and bytes that the kernel counted on a device."""
        base = self.run(["cat", "/proc/net/dev"]).stdout
        for line in base.splitlines():
            if line.strip().startswith(device + ":"):
                f = line.split(":")[1].split()
                return {"rx_bytes": int(f[0]), "rx_packets": int(f[1]), "tx_bytes": int(f[8]),
                        "tx_packets": int(f[9]), "tx_dropped": int(f[11])}
        raise Failed("%s has no device %s" % (self.name, device))

    def pids(self):
        done = run(["ip", "netns", "pids", self.name], check=False)
        return [int(p) for p in done.stdout.split()]

    def delete(self):
        """Ends what still runs inside, which can only be ours: the name is."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.pids():
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            try:
                wait_for(lambda: not self.pids(), "processes of %s end" % self.name, timeout=2)
                break
            except Failed:
                pass
        run(["ip", "netns", "del", self.name], check=False)


def link(a, a_device, b, b_device, mtu=1500, queues=1):
    """A veth between two namespaces, up. Checksums are made in software: what AF_XDP or a user
    space client reads must be whole."""
    n = str(queues)
    of_each = ["mtu", str(mtu), "numtxqueues", n, "numrxqueues", n]
    run(["ip", "link", "add", "name", a_device, *of_each, "netns", a.name, "type", "veth", "peer",
         "name", b_device, *of_each, "netns", b.name])
    for ns, device in ((a, a_device), (b, b_device)):
        ns.run(["ethtool", "-K", device, "tx", "off"])
        ns.run(["ip", "link", "set", device, "up"])


def program_of(name, directory):
    """A BPF program that stands beside this file, built."""
    program = os.path.join(directory, name + ".o")
    if not os.path.exists(program):
        run(["clang", "-O2", "-g", "-target", "bpf", "-I/usr/include/%s-linux-gnu" % os.uname().machine,
             "-c", os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".bpf.c"),
             "-o", program])
    return program


def takes_xdp(ns, device, directory):
    """This end of a veth receives what XDP sends from the other end."""
    ns.run(["ip", "link", "set", "dev", device, "xdpdrv", "object", program_of("pass", directory),
            "section", "xdp"])


def spread(ns, device, directory):
    """What leaves this device takes one of its two queues at random, so that the other end receives
    the packets of one flow in both of its queues."""
    program = program_of("spread", directory)
    ns.run(["tc", "qdisc", "add", "dev", device, "clsact"])
    ns.run(["tc", "filter", "add", "dev", device, "egress", "bpf", "direct-action", "object-file",
            program, "section", "tc"])


def address(ns, device, *addresses):
    for a in addresses:
        ns.run(["ip", "addr", "add", a, "dev", device] + (["nodad"] if ":" in a else []))


def route(ns, prefix, via):
    ns.run(["ip", "-6" if ":" in via else "-4", "route", "add", prefix, "via", via])


class Network:
    """Clients, each on a line of its own, a router, the gateway, a host behind it.

        client 1 --.
        client 2 ---- router ---- eth0 gateway eth1 ---- host
             ...  --'  (NAT)

    Client i has 172.16.i.2 and 2001:db8:c:i::2, the gateway 192.0.2.1 and 2001:db8:1::1 outside and
    10.20.0.1 and 2001:db8:2::1 inside, the host 10.20.0.10 and 2001:db8:2::10. The router reaches
    the gateway from 192.0.2.254; with nat it hides the clients behind that address. With two queues
    the gateway receives in both of them, on both devices.
    """
    GATEWAY4, GATEWAY6 = "192.0.2.1", "2001:db8:1::1"
    ROUTER4 = "192.0.2.254"
    HOST4, HOST6 = "10.20.0.10", "2001:db8:2::10"

    def __init__(self, clients=1, nat=False, name=None, directory=None, queues=1):
        self.id = name or "fg%d-%d" % (os.getpid(), next(_number))
        self.dir = directory or tempfile.mkdtemp(prefix="fglab-")
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o755)
        self.bpf = os.path.join(self.dir, "bpf")
        self.processes = []
        self.namespaces = []
        self.clients = []
        try:
            self.build(clients, nat, queues)
        except BaseException:
            self.close()
            raise

    def namespace(self, name):
        ns = Namespace("%s-%s" % (self.id, name))
        self.namespaces.append(ns)
        return ns

    def build(self, clients, nat, queues):
        os.makedirs(self.bpf, exist_ok=True)
        run(["mount", "-t", "bpf", "bpf", self.bpf])
        self.router = self.namespace("router")
        self.gateway = self.namespace("gateway")
        self.host = self.namespace("host")
        self.router.sysctl("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        self.gateway.sysctl("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        link(self.router, "wan", self.gateway, "eth0", queues=queues)
        address(self.router, "wan", self.ROUTER4 + "/24", "2001:db8:1::fe/64")
        address(self.gateway, "eth0", self.GATEWAY4 + "/24", self.GATEWAY6 + "/64")
        route(self.gateway, "default", self.ROUTER4)
        route(self.gateway, "default", "2001:db8:1::fe")
        link(self.gateway, "eth1", self.host, "eth0", queues=queues)
        address(self.gateway, "eth1", "10.20.0.1/24", "2001:db8:2::1/64")
        address(self.host, "eth0", self.HOST4 + "/24", self.HOST6 + "/64")
        route(self.host, "default", "10.20.0.1")
        route(self.host, "default", "2001:db8:2::1")
        for i in range(1, clients + 1):
            self.add_client(i)
        if queues > 1:
            spread(self.router, "wan", self.dir)
            spread(self.host, "eth0", self.dir)
        if nat:
            self.nat()

    def add_client(self, i):
        ns = self.namespace("client%d" % i)
        link(ns, "eth0", self.router, "c%d" % i)
        address(self.router, "c%d" % i, "172.16.%d.1/24" % i, "2001:db8:c:%x::1/64" % i)
        address(ns, "eth0", "172.16.%d.2/24" % i, "2001:db8:c:%x::2/64" % i)
        route(ns, "default", "172.16.%d.1" % i)
        route(ns, "default", "2001:db8:c:%x::1" % i)
        self.clients.append(ns)
        return ns

    def nat(self, ports="20000-29999"):
        """Clients get the router's address and one of these ports, now: earlier mappings are
        forgotten. Called again with other ports it is a NAT that lost its memory."""
        self.router.run("iptables -t nat -F POSTROUTING")
        for proto in ("udp", "tcp"):
            self.router.run("iptables -t nat -A POSTROUTING -o wan -p %s -j MASQUERADE --to-ports %s"
                            % (proto, ports))
        self.router.run("iptables -t nat -A POSTROUTING -o wan -j MASQUERADE")
        # MASQUERADE drops its mappings when the device goes down.
        self.router.run("ip link set wan down")
        self.router.run("ip link set wan up")
        address(self.router, "wan", "2001:db8:1::fe/64")
        self.gateway.run("ip neigh flush dev eth0")

    def process(self, command, name, ns=None, env=None):
        p = Process(command, os.path.join(self.dir, name + ".log"), ns=ns, env=env)
        self.processes.append(p)
        return p

    def close(self):
        for p in reversed(self.processes):
            p.stop(5)
        for ns in reversed(self.namespaces):
            ns.delete()
        run(["umount", self.bpf], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
