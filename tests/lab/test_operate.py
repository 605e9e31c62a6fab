# SPDX-License-Identifier: BSD-2-Clause
"""What an operator does to a running gateway, and what happens to it."""
import json
import os
import re
import shutil
import signal

import pytest

from net import Failed, Network, wait_for

HOST4 = Network.HOST4


def test_clear_session(lab):
    """The client is told: it knows at once, and its address is free."""
    l = lab(clients=2)
    a, b = l.client(1), l.client(2)
    a.connect()
    b.connect()
    done = l.gateway.flexctl("clear", "session", "nobody@example.org", check=False)
    assert done.returncode == 1 and "nobody@example.org" in done.stderr
    l.gateway.flexctl("clear", "session", "user1@example.org")
    wait_for(lambda: not a.connected() and a.inner() == (None, None), "the client knows")
    assert [r["inner4"] for r in l.gateway.show("session")] == [b.inner()[0]]
    l.ping(b.ns, HOST4)
    l.gateway.flexctl("clear", "session", l.gateway.session()["name"])
    wait_for(lambda: not b.connected(), "the other client knows too")
    wait_for(lambda: not l.gateway.show("session"), "no session is left")


def test_trace_and_stats(lab):
    """trace ike shows a login as it happens, without anything secret; the statistics count it."""
    l = lab(clients=2)
    c, other = l.client(1), l.client(2)
    trace = l.network.process([l.gateway.build + "/flexctl", "--socket", l.gateway.socket, "trace",
                               "ike", c.identity], "trace", ns=l.network.gateway)
    by_address = l.network.process([l.gateway.build + "/flexctl", "--socket", l.gateway.socket,
                                    "--json", "trace", "ike", "172.16.1.2"], "trace2",
                                   ns=l.network.gateway)
    # Nothing tells when a trace has begun: the first login may come before it.
    def seen():
        c.connect()
        c.disconnect()
        return "-> established" in trace.text() and "-> established" in by_address.text()
    wait_for(seen, "a login is traced", timeout=30)
    assert re.search(r"<- IKE_AUTH request 1: SA IDi .*N\(INITIAL_CONTACT\)", trace.text())
    assert "<- INFORMATIONAL request 2: Delete" in trace.text()
    assert all(json.loads(line)["at"] for line in by_address.text().splitlines())
    assert l.gateway.settings["psk"] not in trace.text()
    before = trace.text()
    other.connect()
    sa, = l.gateway.show("ikev2", "sa", "detail", other.identity)
    assert sa["proof"].startswith("client by Shared Key")
    assert sa["client"] == "strongSwan" and sa["ours"] == "gateway.example.org", sa
    assert "fragmentation" in sa["agreed"] and sa["next_in"] == 2, sa
    nobody = l.gateway.flexctl("show", "ikev2", "sa", "nobody@example.org", check=False)
    assert nobody.returncode == 1 and "nobody@example.org" in nobody.stderr and not nobody.stdout
    other.disconnect()
    assert trace.text() == before
    trace.stop()
    by_address.stop()
    stats = l.gateway.show("ikev2", "stats")
    auth = [r for r in stats if r.get("exchange") == "IKE_AUTH"][0]
    assert auth["requests_in"] == auth["answers_out"] >= 2
    assert [r for r in stats if r.get("notify") == "INITIAL_CONTACT"][0]["received"] >= 2
    assert l.gateway.stats()["auth_ok"] >= 2


def test_show_crypto(lab):
    """What there is, whose it is, and where it is offered."""
    l = lab(proposal="[ikev2-proposal default]\nencryption = aes-gcm-256\nprf = sha384\ngroup = 31")
    rows = {r["name"]: r for r in l.gateway.show("crypto")}
    assert rows["AES-GCM-256"]["offered"] == "default"
    assert rows["AES-GCM-256"]["library"].startswith("OpenSSL 3")
    assert "offered" not in rows["AES-CBC-128"] and "offered" not in rows["ECP-256"]
    assert rows["x25519"]["kind"] == "group" and rows["x25519"]["offered"] == "default"
    assert rows["aes-gcm-256"]["kind"] == "esp" and rows["aes-gcm-256"]["offered"] == "default"
    assert "offered" not in rows["RSA with SHA2-256"]   # the profile takes pre-shared keys


def test_reload(lab):
    """A valid file is put in force and drops nobody; a bad one changes nothing."""
    l = lab(clients=2)
    c = l.client(1)
    c.connect()
    name, config = l.gateway.session()["name"], l.gateway.show("config")

    l.gateway.change(policy="dns = elsewhere")
    done = l.gateway.flexctl("config", "reload", check=False)
    assert done.returncode == 1
    assert "flexgate.conf:" in done.stderr and "elsewhere" in done.stderr, done.stderr
    assert l.gateway.show("config") == config
    check = l.gateway.flexctl("config", "check", l.gateway.conf, check=False, as_json=False)
    assert check.returncode == 1 and "flexgate.conf:" in check.stdout
    l.ping(c.ns, HOST4)

    l.gateway.change(policy="dns = 192.0.2.53", psk="another-key-for-all")
    l.gateway.flexctl("config", "reload")
    assert l.gateway.session()["name"] == name
    assert any(r["value"] == "192.0.2.53" for r in l.gateway.show("config"))
    l.ping(c.ns, HOST4)
    l.client(2).refused()
    l.clients[-1].stop()
    l.client(2, psk="another-key-for-all").connect()

    # The same by signal.
    l.gateway.change(policy="dns = 192.0.2.54")
    l.gateway.flexd.send(signal.SIGHUP)
    wait_for(lambda: any(r["value"] == "192.0.2.54" for r in l.gateway.show("config")), "SIGHUP")
    assert len(l.gateway.show("session")) == 2


@pytest.mark.parametrize("process", ["ike", "aaa", "flexdp"])
def test_killed(lab, process):
    """kill -9: the others go on, it is restarted, nothing leaks, a new login works."""
    l = lab(clients=2)
    c = l.client(1)
    c.connect()
    l.ping(c.ns, HOST4)
    others = {n: p for n, p in l.gateway.pids().items() if n != process}
    l.gateway.kill(process)
    now = l.gateway.pids()
    assert {n: p for n, p in now.items() if n != process} == others
    if process == "aaa":
        l.ping(c.ns, HOST4)     # nobody needs it while packets flow
        assert l.gateway.session()
    if process == "flexdp":
        wait_for(lambda: l.ping(c.ns, HOST4, count=1, check=False) == 1, "traffic goes on")
    d = l.client(2)
    wait_for(lambda: attempt(d), "a new login works", timeout=20, step=0.5)
    l.ping(d.ns, HOST4)


def test_upgraded_beneath(lab, build, tmp_path):
    """Other programs lie where ours were: what is restarted is still of flexd's own build."""
    for name in ("flexd", "flexctl", "flexdp"):
        shutil.copy(os.path.join(build, name), tmp_path)
    l = lab(start=False)
    l.gateway.build = str(tmp_path)
    l.gateway.start()
    for name in ("flexd", "flexdp"):
        (tmp_path / name).unlink()
        (tmp_path / name).write_text("#!/bin/false\n")
        (tmp_path / name).chmod(0o755)
    for process in ("flexdp", "ike", "aaa"):
        l.gateway.kill(process)
    c = l.client(1)
    wait_for(lambda: attempt(c), "a login works", timeout=20, step=0.5)
    l.ping(c.ns, HOST4)


def attempt(client):
    try:
        client.connect(5)
        return True
    except Failed:
        return False


def test_stalled_worker(lab):
    """What the kernel drops because the worker does not keep up is counted."""
    l = lab()
    c = l.client()
    c.connect()
    l.ping(c.ns, HOST4)
    pid = l.gateway.pids()["flexdp"]
    os.kill(pid, signal.SIGSTOP)
    try:
        l.network.host.run("ping -q -c 3000 -l 3000 -w 1 %s" % c.inner()[0], check=False)
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: l.gateway.drops().get("no_frame", 0) > 500, "the drops are counted")
    l.ping(c.ns, HOST4)


def test_killed_flexd(lab):
    """kill -9 of flexd itself: its children end, and a new one clears up and works."""
    l = lab()
    c = l.client()
    c.connect()
    children = [p for n, p in l.gateway.pids().items() if n != "flexd"]
    os.kill(l.gateway.pids()["flexd"], signal.SIGKILL)
    l.gateway.flexd.popen.wait()
    wait_for(lambda: not any(os.path.exists("/proc/%d" % p) for p in children), "children end")
    unanswered = l.gateway.flexctl("show", "session", check=False)
    assert (unanswered.returncode, unanswered.stdout) == (3, ""), "no answer is not an empty one"
    c.vanish()
    before = l.gateway.before
    l.gateway.start()
    assert {k: v for k, v in l.gateway.before.items() if k != "descriptors"} == \
        {k: v for k, v in before.items() if k != "descriptors"}
    c = l.client(1, identity="again@example.org")
    c.connect()
    l.ping(c.ns, HOST4)


def test_views(lab):
    """Every show command has rows that go with its text form."""
    l = lab()
    l.client().connect()
    name = l.gateway.session()["name"]
    send = "import socket; socket.socket(2, 2).sendto(b'x' * 20, ('%s', 500))" % Network.GATEWAY4
    l.network.router.run(["/usr/bin/python3", "-c", send])
    wait_for(lambda: l.gateway.drops(), "a message that is too short is dropped")
    for words, must in (("session", name), ("session detail", "IKE suite"), ("ikev2 sa", name),
                        ("ikev2 stats", "Logins"),
                        ("derived-config " + name, "mtu"), ("plane", "Processes"),
                        ("drop", "short_message"), ("config", "eth0")):
        text = l.gateway.flexctl("show", *words.split(), as_json=False).stdout
        assert must in text, "show %s:\n%s" % (words, text)
        rows = json.loads(l.gateway.flexctl("show", *words.split()).stdout)
        assert rows, words
    plane = {r["kind"] for r in l.gateway.show("plane")}
    assert plane == {"plane", "port", "worker", "process"}
    fields = l.gateway.map("fg_session")[1]["value"]
    assert fields["state"] in (1, "FG_SESSION_UP") and "inner4" in fields
    assert l.gateway.flexctl("version").returncode == 0

    # Again and again until Ctrl-C, which is a good end.
    watch = l.network.process([l.gateway.build + "/flexctl", "--socket", l.gateway.socket, "show",
                               "drop", "--watch=1"], "watch")
    wait_for(lambda: watch.text().count("Reason") >= 2, "it is shown again")
    watch.send(signal.SIGINT)
    assert watch.popen.wait(3) == 0


def test_start_without(lab, build):
    """What is missing at the start is said in one sentence that names it."""
    for settings, must in ((dict(gateway="outside = nodev9"), "nodev9"),
                           (dict(gateway="user-ike = nobody-here"), "nobody-here")):
        l = lab(start=False, **settings)
        with pytest.raises(Failed) as e:
            l.gateway.start()
        assert must in str(e.value)
        if "user" in settings["gateway"]:
            check = l.gateway.flexctl("config", "check", l.gateway.conf, as_json=False)
            assert "[gateway] user-ike: this machine has no user nobody-here" in check.stdout
        l.gateway.flexd = None
