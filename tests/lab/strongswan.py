# SPDX-License-Identifier: BSD-2-Clause
"""A strongSwan client in a namespace: charon-systemd with kernel-libipsec, so that it needs no ESP
of the kernel. Configuration, vici socket and resolv.conf are its own."""
import os
import re
import shutil
import signal

from net import Failed, run, wait_for

PLUGINS = ("random nonce aes sha1 sha2 hmac kdf gcm openssl curve25519 chapoly x509 revocation "
           "pubkey pem pkcs1 pkcs8 constraints kernel-libipsec kernel-netlink socket-default resolve vici updown")

CONF = """
charon-systemd {
	load = %(plugins)s
	threads = 16
	retransmit_timeout = 1.0
	retransmit_base = 1.3
	retransmit_tries = 4
	keep_alive = 2s
	delete_rekeyed_delay = 1
	%(charon)s
	filelog {
		main {
			path = %(dir)s/charon.log
			default = 1
			ike = 2
			cfg = 2
			knl = 1
			flush_line = yes
			time_format = %%H:%%M:%%S
		}
	}
	journal {
		default = -1
	}
	plugins {
		vici { socket = unix://%(dir)s/vici }
		resolve { file = %(dir)s/resolv.conf }
	}
}
"""

SWANCTL = """
connections {
	gw {
		version = 2
		remote_addrs = %(gateway)s
		vips = %(vips)s
		proposals = %(proposals)s
		encap = yes
		mobike = %(mobike)s
		unique = %(unique)s
		dpd_delay = %(dpd)s
		keyingtries = 1
		%(connection)s
		local { %(local)s
			%(certs)s
			id = "%(identity)s" }
		%(local2)s
		remote { %(remote)s
			id = "%(remote_id)s" }
		children {
			net {
				remote_ts = %(remote_ts)s
				esp_proposals = %(esp)s
				mode = tunnel
				rekey_time = %(rekey)s
				life_time = 1h
				rand_time = 0
			}
			%(more)s
		}
		rekey_time = %(ike_rekey)s
		over_time = 1h
		rand_time = 0
		reauth_time = 0
	}
}
secrets {
	%(secrets)s
}
"""

# local, remote: how the sides authenticate; local2: a second round of ours; certs, cas: of ca.py;
# more: further children, connection: lines for the connection.
SETTINGS = dict(gateway=None, remote_id="gateway.example.org", vips="0.0.0.0", remote_ts="0.0.0.0/0",
                proposals="aes256gcm16-prfsha384-x25519", esp="aes256gcm16", dpd="0s", mobike="no",
                unique="no", local="auth = psk", remote="auth = psk", local2="", secrets=None,
                certs=(), cas=(), rekey="0", ike_rekey="0", more="", connection="")


class Client:
    def __init__(self, network, ns, identity, psk, charon="", **settings):
        """charon: a line for strongswan.conf; settings: of SETTINGS."""
        unknown = settings.keys() - SETTINGS.keys()
        if unknown:
            raise TypeError("no setting of a client: %s" % ", ".join(sorted(unknown)))
        self.network = network
        self.ns = ns
        self.identity = identity
        self.settings = {**SETTINGS, "gateway": network.GATEWAY4, **settings, "identity": identity,
                         "psk": psk}
        self.charon_line = charon
        self.dir = os.path.join(network.dir, ns.name)
        os.makedirs(self.dir, exist_ok=True)
        self.charon = None

    def start(self):
        conf = os.path.join(self.dir, "strongswan.conf")
        with open(conf, "w") as f:
            f.write(CONF % dict(plugins=PLUGINS, dir=self.dir, charon=self.charon_line))
        self.write()
        self.charon = self.network.process(["/usr/sbin/charon-systemd"], self.ns.name + "-charon",
                                           ns=self.ns, env=self.env())
        wait_for(lambda: os.path.exists(self.dir + "/vici") and self.load(check=False),
                 "charon of %s answers" % self.ns.name)
        return self

    def env(self):
        return {"STRONGSWAN_CONF": os.path.join(self.dir, "strongswan.conf"),
                "SWANCTL_DIR": self.dir}

    def write(self):
        s = dict(self.settings)
        s["secrets"] = s["secrets"] or 'ike-gw { secret = "%s" }' % s["psk"]
        s["certs"] = "certs = %s.pem" % s["certs"][0].name if s["certs"] else ""
        for folder, files in (("x509", [c.pem for c in self.settings["certs"]]),
                              ("private", [c.key for c in self.settings["certs"]]),
                              ("x509ca", [c.pem for c in self.settings["cas"]])):
            path = os.path.join(self.dir, folder)
            shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path)
            for one in files:
                shutil.copy(one, path)
        with open(os.path.join(self.dir, "swanctl.conf"), "w") as f:
            f.write(SWANCTL % s)

    def swanctl(self, *words, check=True, timeout=30):
        env = ["env"] + ["%s=%s" % kv for kv in self.env().items()]
        done = run(env + ["swanctl", *words, "--uri", "unix://%s/vici" % self.dir], check=False,
                   timeout=timeout)
        if check and done.returncode:
            raise Failed("swanctl %s of %s: %s" % (" ".join(words), self.identity,
                                                  (done.stdout + done.stderr).strip()[-800:]))
        return done

    def load(self, check=True):
        return self.swanctl("--load-all", "--clear", "--noprompt", check=check).returncode == 0

    def change(self, **settings):
        """Other settings from the next connect() on."""
        self.settings.update(settings)
        self.write()
        self.load()

    def connect(self, timeout=15):
        """Log in. Returns what swanctl said."""
        return self.swanctl("--initiate", "--child", "net", "--timeout", str(timeout),
                            timeout=timeout + 15).stdout

    def refused(self, timeout=15):
        """Try to log in; returns the log of the attempt, fails when it succeeds."""
        done = self.swanctl("--initiate", "--child", "net", "--timeout", str(timeout), check=False,
                            timeout=timeout + 15)
        if done.returncode == 0:
            raise Failed("%s was let in" % self.identity)
        return done.stdout + done.stderr

    def disconnect(self):
        self.swanctl("--terminate", "--ike", "gw", "--timeout", "10")

    def sas(self):
        return self.swanctl("--list-sas").stdout

    def connected(self):
        return "ESTABLISHED" in self.sas() and "INSTALLED" in self.sas()

    def inner(self):
        """The addresses the gateway gave: (IPv4, IPv6), None where there is none."""
        text = self.ns.run("ip -o addr show").stdout
        four = re.search(r"inet (10\.10\.\d+\.\d+)/", text)
        six = re.search(r"inet6 (2001:db8:10:[0-9a-f:]*)/", text)
        return four and four.group(1), six and six.group(1)

    def carried(self):
        """What went through the tunnel device, and what the full UDP sockets of charon lost."""
        lost = sum(int(line.split()[-1]) for f in ("udp", "udp6") for line in
                   self.ns.run(["cat", "/proc/net/" + f]).stdout.splitlines()[1:])
        return {**self.ns.device_bytes("ipsec0"), "lost": lost}

    def agrees(self, session):
        """The counters of the gateway are those of this client: exactly, or, where its own sockets
        lost packets, by their number."""
        c = self.carried()
        return (session["rx_packets"], session["rx_bytes"]) == (c["tx_packets"], c["tx_bytes"]) and \
            session["tx_packets"] == c["rx_packets"] + c["lost"] and \
            (c["lost"] > 0 or session["tx_bytes"] == c["rx_bytes"])

    def vanish(self):
        """Gone without a word."""
        self.charon.send(signal.SIGKILL)
        self.charon.popen.wait()

    def stop(self):
        if self.charon:
            self.charon.stop()

    def log(self):
        try:
            with open(self.dir + "/charon.log", errors="replace") as f:
                return f.read()
        except OSError:
            return ""
