# SPDX-License-Identifier: BSD-2-Clause
"""ML-KEM behind x25519 with a strongSwan that knows it, as additional key exchange in
IKE_INTERMEDIATE. Debian 12 has neither it nor OpenSSL 3.5: `make check-pq` brings a root with both."""
import os
import re
import subprocess

import pytest

from net import Network, wait_for

HOST4 = Network.HOST4


def openssl():
    text = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout
    found = re.match(r"OpenSSL (\d+)\.(\d+)", text)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


pytestmark = pytest.mark.skipif(openssl() < (3, 5) and not os.environ.get("REQUIRE_PQ"),
                                reason="ML-KEM needs OpenSSL 3.5: make check-pq")


def proposal(method):
    return "aes256gcm16-prfsha384-x25519-ke1_%s" % method


@pytest.mark.parametrize("method, mtu", [("mlkem512", 1280), ("mlkem768", 1280), ("mlkem768", 576),
                                         ("mlkem1024", 576)])
def test_login(lab, method, mtu):
    """Logged in with both key exchanges, traffic passes; the key and the ciphertext are longer than
    the datagrams may be."""
    l = lab(gateway="fragmentation-mtu = %d" % mtu)
    c = l.client(proposals=proposal(method), charon="fragment_size = %d" % mtu)
    c.connect()
    assert "ML-KEM-" + method[5:] in l.gateway.show("ikev2", "sa")[0]["suite"]
    l.ping(c.ns, HOST4)
    l.ping(l.network.host, c.inner()[0])
    assert "KE1_ML_KEM_" + method[5:] in c.sas().replace("/", " ") or "ML_KEM" in c.sas()
    wait_for(lambda: c.agrees(l.gateway.session()), "counters agree", timeout=3)


def test_without(lab):
    """Who offers none logs in all the same, unless the gateway insists."""
    l = lab()
    c = l.client()
    c.connect()
    l.ping(c.ns, HOST4)
    assert "ML-KEM" not in l.gateway.show("ikev2", "sa")[0]["suite"]


def test_insist(lab):
    l = lab(proposal="[ikev2-proposal default]\nadditional-key-exchange-1 = mlkem768")
    c = l.client()
    assert "NO_PROPOSAL_CHOSEN" in c.refused()
    assert not l.gateway.show("session")
    c.change(proposals=proposal("mlkem768"))
    c.connect()
    l.ping(c.ns, HOST4)


# --- rekeys: IKE_FOLLOWUP_KE ---

ESP = "aes256gcm16-x25519-ke1_mlkem768"
PFS = "[ipsec-profile default]\nset-pfs = 31\nadditional-key-exchange-1 = mlkem768\n"
INSIST = "[ikev2-proposal default]\nadditional-key-exchange-1 = mlkem768\n"


def followups(lab):
    """IKE_FOLLOWUP_KE requests: (of the client, ours)."""
    row = next(r for r in lab.gateway.show("ikev2", "stats") if r.get("exchange") == "IKE_FOLLOWUP_KE")
    return row["requests_in"], row["requests_out"]


def rekeyed(lab, client, ike, child):
    """So often, with ML-KEM each time, and the traffic passes."""
    def so_often():
        now = lab.gateway.stats()
        return now["ike_rekeys"] >= ike and now["child_rekeys"] >= child
    wait_for(so_often, "%d rekeys of the IKE SA, %d of the CHILD SA" % (ike, child), timeout=150)
    assert lab.gateway.stats()["rekey_failed"] == 0
    assert "ML-KEM-768" in lab.gateway.show("ikev2", "sa")[0]["suite"]
    lab.ping(client.ns, HOST4)
    lab.ping(lab.network.host, client.inner()[0])
    wait_for(lambda: client.agrees(lab.gateway.session()), "counters agree", timeout=3)


def test_client_rekeys(lab):
    """A profile that insists on ML-KEM, and a client that rekeys both kinds with it."""
    l = lab(proposal=INSIST + PFS)
    c = l.client(proposals=proposal("mlkem768"), esp=ESP, rekey="6s", ike_rekey="10s")
    c.connect()
    rekeyed(l, c, ike=2, child=3)
    theirs, ours = followups(l)
    assert theirs >= 5 and ours == 0
    assert "no_series" not in l.gateway.drops()
    assert "ML_KEM_768" in c.sas()


def test_gateway_rekeys(lab):
    """The same by the gateway."""
    l = lab(proposal=INSIST + PFS + "set-security-association-lifetime-seconds = 20",
            profile="lifetime = 120")
    c = l.client(proposals=proposal("mlkem768"), esp=ESP)
    c.connect()
    rekeyed(l, c, ike=1, child=4)
    theirs, ours = followups(l)
    assert ours >= 5 and theirs == 0


def test_both_rekey(lab):
    """Both at about the same time: what collides is sorted out, and nobody is thrown out."""
    l = lab(proposal=INSIST + PFS + "set-security-association-lifetime-seconds = 20",
            profile="lifetime = 120")
    c = l.client(proposals=proposal("mlkem768"), esp=ESP, rekey="16s", ike_rekey="25s")
    c.connect()
    before = l.gateway.session()["name"]
    rekeyed(l, c, ike=2, child=4)
    assert l.gateway.session()["name"] == before
    assert c.connected()
