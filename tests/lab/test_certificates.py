# SPDX-License-Identifier: BSD-2-Clause
"""Certificates against strongSwan: every kind of key, chains, mixed methods, two rounds; and who is
refused, which leaves nothing."""
import pytest

from ca import CA, KEYS, PAST
from net import Network, wait_for

METHODS = "rsa-sig ecdsa-sig eddsa-sig"
USER = "user1@example.org"
GATEWAY = "gateway.example.org"


def trustpoint(name, ca, own=None, more=""):
    text = "[pki-trustpoint %s]\nca-certificate = %s\n" % (name, ca.pem)
    if own:
        text += "certificate = %s\nprivate-key = %s\n" % (own.pem, own.key)
    return text + more + "\n"


def auth(local, remote, trust, more=""):
    """The lines of a profile."""
    return "authentication-local = %s\nauthentication-remote = %s\npki-trustpoint = %s\n%s" % (
        local, remote, trust, more)


class World:
    """A CA, a certificate of the gateway and one of the client, before the lab is there."""

    def __init__(self, directory, kind="ecdsa256"):
        self.dir = str(directory)
        self.ca = CA(self.dir, "root-" + kind, "ecdsa256" if kind.startswith("ed") else kind)
        self.gateway = self.ca.leaf("gateway-" + kind, kind, [GATEWAY])
        self.client = self.ca.leaf("client-" + kind, kind, [USER])

    def lab(self, make, profile=None, trust_more="", **settings):
        return make(trust=trustpoint("lab", self.ca, self.gateway, trust_more),
                    auth=profile or auth(METHODS, METHODS, "lab"), **settings)

    def credentials(self, cert=None):
        cert = cert or self.client
        return dict(certs=[cert], cas=[self.ca])


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def carries(l):
    l.ping(l.clients[-1].ns, Network.HOST4)


# --- every kind of key ----------------------------------------------------------------------------

SCHEMES = {"rsa": "RSA_EMSA_PKCS1_SHA2_256", "ecdsa256": "ECDSA_WITH_SHA256_DER",
           "ecdsa384": "ECDSA_WITH_SHA384_DER", "ecdsa521": "ECDSA_WITH_SHA512_DER",
           "ed25519": "ED25519", "ed448": "ED448"}


def test_every_key(lab, tmp_path):
    """One gateway with a trustpoint for each kind of key: the client's CERTREQ says which one it
    believes, and it logs in with a key of that kind."""
    worlds = {kind: World(tmp_path, kind) for kind in KEYS}
    trust = "".join(trustpoint(k, w.ca, w.gateway) for k, w in worlds.items())
    l = lab(trust=trust, auth=auth(METHODS, METHODS, ", ".join(worlds)))
    c = None
    for kind, w in worlds.items():
        if c is None:
            c = l.client(local="auth = pubkey", remote="auth = pubkey", **w.credentials())
        else:
            c.change(**w.credentials())
        c.connect()
        carries(l)
        text = c.log()
        assert "authentication of '%s' (myself) with %s successful" % (USER, SCHEMES[kind]) in text
        assert "authentication of '%s' with %s successful" % (GATEWAY, SCHEMES[kind]) in text
        c.disconnect()


def test_pss(lab, tmp_path):
    w = World(tmp_path, "rsa")
    l = w.lab(lab, trust_more="rsa-padding = pss")
    c = l.client(local="auth = pubkey", remote="auth = pubkey", charon="rsa_pss = yes",
                 **w.credentials())
    c.connect()
    carries(l)
    text = c.log()
    assert "(myself) with RSA_EMSA_PSS_SHA2_256" in text
    assert "authentication of '%s' with RSA_EMSA_PSS_SHA2_256" % GATEWAY in text


@pytest.mark.parametrize("kind,scheme", (
    ("rsa", "RSA signature"), ("ecdsa256", "ECDSA-256 signature"), ("ecdsa384", "ECDSA-384 signature"),
    ("ecdsa521", "ECDSA-521 signature")))
def test_without_rfc7427(lab, tmp_path, kind, scheme):
    """Methods 1, 9, 10 and 11; the first one, which is SHA-1, where the profile allows it."""
    w = World(tmp_path, kind)
    l = w.lab(lab, auth(METHODS, METHODS, "lab", "rsa-sig-sha1 = yes\n" if kind == "rsa" else ""))
    c = l.client(local="auth = pubkey", remote="auth = pubkey",
                 charon="signature_authentication = no", **w.credentials())
    c.connect()
    carries(l)
    assert "authentication of '%s' with %s successful" % (GATEWAY, scheme) in c.log()


def test_sha1_is_not_the_rule(lab, tmp_path):
    w = World(tmp_path, "rsa")
    l = w.lab(lab)
    c = l.client(local="auth = pubkey", remote="auth = pubkey",
                 charon="signature_authentication = no", **w.credentials())
    c.refused(timeout=5)
    wait_for(lambda: "its signature is wrong, or made in a way that was not agreed: "
                     "RSA Digital Signature" in l.gateway.log(), "the log says why", timeout=3)


# --- chains and identities ------------------------------------------------------------------------

def test_chain(lab, tmp_path):
    """Both sides have an intermediate and send it; each knows only the root of the other."""
    root = CA(str(tmp_path), "root")
    ours, theirs = CA(str(tmp_path), "ours", issuer=root), CA(str(tmp_path), "theirs", issuer=root)
    own, client = ours.leaf("gateway", sans=[GATEWAY]), theirs.leaf("client", sans=[USER])
    with open(own.pem, "a") as f:
        f.write(ours.text())
    l = lab(trust=trustpoint("lab", root, own), auth=auth(METHODS, METHODS, "lab"))
    c = l.client(local="auth = pubkey", remote="auth = pubkey", certs=[client], cas=[root, theirs])
    c.connect()
    carries(l)


def test_distinguished_name(lab, world):
    """Both identities are the subjects of the certificates."""
    l = world.lab(lab, local_id="dn")
    c = l.client(identity="O=Lab, CN=client-ecdsa256", local="auth = pubkey", remote="auth = pubkey",
                 remote_id="O=Lab, CN=gateway-ecdsa256", **world.credentials())
    c.connect()
    carries(l)
    assert "CN=client-ecdsa256" in l.gateway.session()["identity"]


# --- mixed methods --------------------------------------------------------------------------------

def test_local_certificate_remote_psk(lab, world):
    l = world.lab(lab, auth("ecdsa-sig", "pre-share", "lab sign", "keyring-local = default\n"),
                  key="key-remote = theirs")
    c = l.client(psk="theirs", local="auth = psk", remote="auth = pubkey", certs=[], cas=[world.ca])
    c.connect()
    carries(l)


def test_local_psk_remote_certificate(lab, world):
    l = world.lab(lab, auth("pre-share", "ecdsa-sig", "lab verify", "psk = clients\n"),
                  key="key-local = ours")
    c = l.client(psk="ours", local="auth = pubkey", remote="auth = psk", **world.credentials())
    c.connect()
    carries(l)


def test_asymmetric_psk(lab):
    """A key for each direction; with the keys exchanged nobody gets in. strongSwan proves itself with
    the one whose id is the gateway's, and takes any of the two from it."""
    l = lab(key="key-local = ours\nkey-remote = theirs")
    both = """
	ike-mine { id = %s
		secret = "%s" }
	ike-theirs { id = %s
		secret = "%s" }
"""
    c = l.client(secrets=both % (USER, "ours", GATEWAY, "theirs"))
    c.connect()
    carries(l)
    c.disconnect()
    c.change(secrets=both % (USER, "theirs", GATEWAY, "ours"))
    c.refused(timeout=5)
    wait_for(lambda: "wrong pre-shared key" in l.gateway.log(), "the log says why", timeout=3)


# --- RFC 4739 -------------------------------------------------------------------------------------

TWO = auth("ecdsa-sig", "ecdsa-sig", "lab",
           "authentication-remote-second = pre-share\nkeyring-local = default\n")
SECOND = """local-2 { auth = psk
			id = alice
			round = 2 }"""


def test_two_rounds(lab, world):
    l = world.lab(lab, TWO, key="key-remote = user key")
    c = l.client(psk="user key", local="auth = pubkey", remote="auth = pubkey", local2=SECOND,
                 **world.credentials())
    c.connect()
    carries(l)
    assert USER in l.gateway.session()["identity"]
    c.disconnect()
    c.change(psk="another key")
    c.refused(timeout=5)
    wait_for(lambda: "wrong pre-shared key" in l.gateway.log(), "the log says why", timeout=3)
    c.change(local2="")
    c.refused(timeout=5)
    wait_for(lambda: "announced no second authentication" in l.gateway.log(), "the log says why",
             timeout=3)


@pytest.mark.parametrize("first,how", (("pre-share", "psk"), ("ecdsa-sig", "pubkey")))
def test_certificate_second(lab, world, first, how):
    """A shared key, or a machine's certificate, and then the certificate of its user."""
    stranger = CA(world.dir, "other").leaf("stranger", sans=["alice@example.org"])
    user = world.ca.leaf("alice", sans=["alice@example.org"])
    second = """local-2 { auth = pubkey
			certs = %s.pem
			id = alice@example.org
			round = 2 }"""
    l = world.lab(lab, auth("ecdsa-sig", first, "lab", "authentication-remote-second = ecdsa-sig\n" +
                            ("keyring-local = default\n" if how == "psk" else "")))
    c = l.client(local="auth = " + how, remote="auth = pubkey", local2=second % "alice",
                 certs=[world.client, user], cas=[world.ca])
    c.connect()
    carries(l)
    assert USER in l.gateway.session()["identity"]
    c.disconnect()
    c.change(local2=second % "stranger", certs=[world.client, stranger])
    c.refused(timeout=5)
    wait_for(lambda: "its certificate leads to no CA that is trusted here" in l.gateway.log(),
             "the log says why", timeout=3)
    assert not l.gateway.show("session")


# --- who is refused -------------------------------------------------------------------------------

@pytest.mark.parametrize("case,reason", (
    ("expired", "its certificate has expired: CN=expired, O=Lab"),
    ("wrong SAN", "its certificate is not for this identity: CN=mallory, O=Lab"),
    ("unknown CA", "its certificate leads to no CA that is trusted here"),
    ("revoked", "its certificate is revoked: CN=revoked, O=Lab"),
    ("other key", "it signs with RSA 2048, which profile default does not take")))
def test_refused(lab, world, case, reason):
    """Refused with AUTHENTICATION_FAILED and nothing else; the operator reads why; nothing is left."""
    other = CA(world.dir, "other")
    cert = {
        "expired": lambda: world.ca.leaf("expired", sans=[USER], more=PAST),
        "wrong SAN": lambda: world.ca.leaf("mallory", sans=["mallory@example.org"]),
        "unknown CA": lambda: other.leaf("stranger", sans=[USER]),
        "revoked": lambda: world.ca.leaf("revoked", sans=[USER]),
        "other key": lambda: world.ca.leaf("rsa", "rsa", [USER]),
    }[case]()
    crl = "crl = %s\n" % world.ca.crl(cert) if case == "revoked" else ""
    l = world.lab(lab, auth("ecdsa-sig", "ecdsa-sig", "lab"), trust_more=crl)
    c = l.client(local="auth = pubkey", remote="auth = pubkey", certs=[cert], cas=[world.ca, other])
    c.refused(timeout=5)
    assert "AUTH_FAILED" in c.log()
    wait_for(lambda: reason in l.gateway.log(), "the log has: " + reason, timeout=3)
    assert not l.gateway.show("session")
    # And the same gateway takes the right one.
    c.change(**world.credentials())
    c.connect()
    carries(l)


def test_gateway_is_refused(lab, world):
    """A client that does not know our CA leaves; we keep nothing of it."""
    other = CA(world.dir, "other")
    l = world.lab(lab)
    c = l.client(local="auth = pubkey", remote="auth = pubkey", certs=[world.client], cas=[other])
    c.refused(timeout=5)
    wait_for(lambda: not l.gateway.show("session"), "the session ends", timeout=10)
