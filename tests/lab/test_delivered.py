# SPDX-License-Identifier: BSD-2-Clause
"""What is delivered is valid: the configuration, its examples, and the screen in the README."""
import glob
import os
import re
import subprocess

import pytest

from ca import CA
from gateway import ROOT
from net import run

FILES = [os.path.join(ROOT, "config", "flexgate.conf")] + sorted(
    f for f in glob.glob(os.path.join(ROOT, "config", "examples", "*.conf"))
    if not f.endswith("secrets.conf"))
PKI = "/etc/flexgate/pki"


def check(build, tmp_path, public, secrets):
    """flexctl config check, with the secrets beside the file."""
    path = tmp_path / "secrets.conf"
    path.write_text(secrets)
    path.chmod(0o600)
    public, found = re.subn(r"^#?secrets-file = .*$", "secrets-file = %s" % path, public, flags=re.M)
    if not found:
        public = public.replace("[gateway]\n", "[gateway]\nsecrets-file = %s\n" % path, 1)
    conf = tmp_path / "flexgate.conf"
    conf.write_text(public)
    return run([os.path.abspath(build) + "/flexctl", "config", "check", str(conf)], check=False)


def make_pki(directory):
    """The files that an example names."""
    ca = CA(str(directory), "ca")
    ca.leaf("gateway-ecdsa", sans=["gateway.example.org"])
    ca.leaf("gateway-rsa", "rsa", ["gateway.example.org"])
    os.mkdir(directory / "crl")
    os.rename(ca.crl(), directory / "crl" / "ca.crl")


@pytest.mark.parametrize("path", FILES, ids=os.path.basename)
def test_files(build, tmp_path, path):
    with open(path) as f:
        public = f.read()
    # The examples have their keys beside them; the delivered secrets have none.
    secrets = "[psk clients]\nidentity = any\nkey = 0123456789abcdef\n"
    if os.path.basename(os.path.dirname(path)) == "examples":
        with open(os.path.join(os.path.dirname(path), "secrets.conf")) as f:
            secrets = f.read()
    if PKI in public:
        make_pki(tmp_path)
        public = public.replace(PKI, str(tmp_path))
    done = check(build, tmp_path, public, secrets)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = check(build, tmp_path, public + "\n[pool clients]\nprefix = nonsense\n", secrets)
    assert broken.returncode == 1 and "flexgate.conf:" in broken.stdout


@pytest.mark.parametrize("name", ["flexd", "flexctl", "flexdp", "ikeload"])
def test_versions(build, name):
    said = run([os.path.join(os.path.abspath(build), name), "--version"]).stdout
    assert re.fullmatch(name + r" \d+\.\d+\.\d+( \(map ABI \d+\))?\n", said), said


def test_full_disk(build):
    """What could not be written is not a short answer."""
    with open("/dev/full", "w") as full:
        done = subprocess.run([os.path.abspath(build) + "/flexctl", "help"], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "No space left" in done.stderr, done


def test_readme(build, tmp_path):
    with open(os.path.join(ROOT, "README.md")) as f:
        text = f.read()
    blocks = [re.sub(r"^    ", "", b, flags=re.M)
              for b in re.findall(r"(?:^    .*\n|^\n)+", text, flags=re.M)]
    public = next(b for b in blocks if b.lstrip().startswith("[gateway]"))
    secrets = next(b for b in blocks if b.lstrip().startswith("[psk "))
    done = check(build, tmp_path, public.strip() + "\n",
                 secrets.strip().replace("0x...", "0x" + "ab" * 32) + "\n")
    assert done.returncode == 0, done.stdout + done.stderr


COMPLETION = """
compopt() { echo files; }
flexctl() { echo '    "name": "va7",'; }
source "$1"; shift
COMP_WORDS=(flexctl "$@") COMP_CWORD=$#
_flexctl
echo ${COMPREPLY[*]}
"""
# A line as bash cuts it, its last word being typed, and what is offered.
TYPED = (("", "show trace clear config version help"),
         ("show d", "derived-config drop"),
         ("show pki ", "trustpoints"),
         ("trace ", "ike"),
         ("show session detail ", "detail va7"),
         ("help c", "clear config"),
         ("help show ikev2 ", "sa stats"),
         ("--watch = 5 show ikev2 ", "sa stats"),
         ("--watch = ", ""),
         ("--socket /run/x show ikev2 ", "sa stats"),
         ("--socket /run/x", "files"),
         ("--socket = /run/x", "files"),
         ("--socket =", "files"),
         ("config check /etc/fle", "files"),
         ("show --j", "--json"))


@pytest.mark.parametrize("line,offered", TYPED)
def test_completion(build, line, offered):
    script = os.path.join(os.path.abspath(build), "flexctl.bash")
    done = run(["bash", "-c", COMPLETION, "bash", script] + line.split(" "))
    assert done.stdout.split() == offered.split() and not done.stderr


def test_unit_capabilities(lab):
    """The capabilities that the systemd unit leaves are enough: start, login, a restarted child."""
    with open(os.path.join(ROOT, "config", "flexd.service")) as f:
        lines = re.findall(r"^CapabilityBoundingSet=(.*)$", f.read(), flags=re.M)
    names = [c.removeprefix("CAP_").lower() for line in lines for c in line.split()]
    assert names
    l = lab(start=False)
    l.gateway.start(under=["setpriv", "--no-new-privs", "--inh-caps=-all",
                           "--bounding-set=-all," + ",".join("+" + n for n in names)])
    c = l.client()
    c.connect()
    l.ping(c.ns, l.network.HOST4)
    for process in ("flexdp", "aaa", "ike"):
        l.gateway.kill(process)
