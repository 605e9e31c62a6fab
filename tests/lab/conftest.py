# SPDX-License-Identifier: BSD-2-Clause
"""The `lab` fixture: a network with a running gateway and clients; whatever the story did, it ends
with a balance sheet and a clean machine, and on a failure with the logs."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from gateway import PSK, Gateway  # noqa: E402
from net import Network, run  # noqa: E402
from strongswan import Client  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--build", default="build", help="directory with flexd, flexdp, flexctl")


def pytest_configure(config):
    config.addinivalue_line("markers", "smoke: one whole login with traffic, for slow builds")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "call":
        item.story_failed = report.failed


class Lab:
    """A network, its gateway, and the strongSwan clients that were made."""

    def __init__(self, build, clients=1, nat=False, start=True, queues=1, **settings):
        self.build = build
        self.clients = []
        self.network = Network(clients=clients, nat=nat, queues=queues)
        self.gateway = Gateway(self.network, build, **settings)
        if start:
            self.gateway.start()

    def client(self, number=1, identity=None, psk=PSK, **settings):
        c = Client(self.network, self.network.clients[number - 1],
                   identity or "user%d@example.org" % number, psk, **settings)
        self.clients.append(c)
        return c.start()

    def ping(self, ns, to, count=3, size=56, check=True):
        """Packets that were answered."""
        done = ns.run(["ping", "-n", "-q", "-c", str(count), "-i", "0.05", "-W", "2", "-s", str(size),
                       to], check=False)
        got = 0
        for line in done.stdout.splitlines():
            if "received" in line:
                got = int(line.split(",")[1].split()[0])
        if check:
            assert got == count, "%d of %d pings to %s answered\n%s" % (got, count, to, done.stdout)
        return got

    def finish(self):
        """The end of every story."""
        for c in self.clients:
            c.stop()
        if not self.gateway.flexd:
            return
        if self.gateway.flexd.running():
            self.gateway.flexctl("clear", "session", "all", check=False)
            self.gateway.balance()
            self.gateway.stop()
        assert not self.gateway.left_behind()
        assert not self.gateway.alarms()

    def views(self):
        """What the gateway says of itself, as far as it still answers."""
        for words in (("show", "plane"), ("show", "session", "detail"), ("show", "ikev2", "sa"),
                      ("show", "drop")):
            done = self.gateway.flexctl(*words, check=False, as_json=False)
            yield " ".join(words), done.stdout + done.stderr
        yield "devices", self.network.gateway.run("ip -s link").stdout

    def logs(self):
        parts = list(self.views()) if self.gateway.flexd else []
        parts += [("flexd", self.gateway.log())]
        parts += [("%s" % c.identity, c.log()) for c in self.clients]
        return "\n".join("--- %s, last lines\n%s" % (n, "\n".join(
            [line for line in t.splitlines() if "debug flexd: lib" not in line][-40:]))
            for n, t in parts)


@pytest.fixture
def build(request):
    return request.config.getoption("--build")


@pytest.fixture
def lab(request, build):
    labs = []

    def make(**settings):
        # Appended before it starts, so that one that does not is cleaned up as well.
        new = Lab.__new__(Lab)
        labs.append(new)
        new.__init__(build, **settings)
        return new

    yield make
    try:
        for one in labs:
            if not getattr(request.node, "story_failed", True):
                one.finish()
    except BaseException:
        request.node.story_failed = True
        raise
    finally:
        for one in labs:
            if getattr(request.node, "story_failed", True) and hasattr(one, "gateway"):
                print(one.logs())
            if hasattr(one, "network"):
                one.network.close()


@pytest.fixture(scope="session", autouse=True)
def needs_root():
    if os.geteuid() != 0:
        pytest.exit("the lab needs root: it makes network namespaces", returncode=2)
    run(["ip", "netns", "list"])
