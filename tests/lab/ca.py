# SPDX-License-Identifier: BSD-2-Clause
"""Certification authorities of a lab, made by strongSwan's pki(1): keys, chains, revocation lists."""
import os

from net import run

KEYS = {"rsa": "--type rsa --size 2048", "ecdsa256": "--type ecdsa --size 256",
        "ecdsa384": "--type ecdsa --size 384", "ecdsa521": "--type ecdsa --size 521",
        "ed25519": "--type ed25519", "ed448": "--type ed448"}
PAST = "--dateform %Y%m%d --not-before 20200101 --not-after 20200201"


def pki(path, *words, mode=0o644):
    """One command whose output is a PEM file."""
    out = run(["pki", *words, "--outform", "pem"]).stdout
    with open(path, "w", opener=lambda p, fl: os.open(p, fl, mode)) as f:
        f.write(out)
    return path


class Cert:
    """A certificate and its private key, as files."""

    def __init__(self, directory, name, kind):
        self.name, self.kind = name, kind
        self.key = pki("%s/%s.key" % (directory, name), "--gen", *KEYS[kind].split(), mode=0o600)
        self.pem = "%s/%s.pem" % (directory, name)

    def text(self):
        with open(self.pem) as f:
            return f.read()


class CA(Cert):
    def __init__(self, directory, name, kind="ecdsa256", issuer=None):
        super().__init__(directory, name, kind)
        self.dir = directory
        dn = "O=Lab, CN=%s" % name
        if issuer:
            issuer.issue(self, dn, "--ca")
        else:
            pki(self.pem, "--self", "--ca", "--in", self.key, "--type", "priv", "--dn", dn,
                "--lifetime", "3650")

    def issue(self, cert, dn, more="--lifetime 365", sans=()):
        words = ["--issue", "--cacert", self.pem, "--cakey", self.key, "--in", cert.key, "--type",
                 "priv", "--dn", dn] + more.split()
        for san in sans:
            words += ["--san", san]
        pki(cert.pem, *words)

    def leaf(self, name, kind="ecdsa256", sans=(), more="--lifetime 365"):
        cert = Cert(self.dir, name, kind)
        self.issue(cert, "O=Lab, CN=%s" % name, more, sans)
        return cert

    def crl(self, *revoked):
        words = ["--signcrl", "--cacert", self.pem, "--cakey", self.key, "--lifetime", "30"]
        for cert in revoked:
            words += ["--reason", "key-compromise", "--cert", cert.pem]
        return pki("%s/%s.crl" % (self.dir, self.name), *words)
