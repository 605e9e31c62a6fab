# SPDX-License-Identifier: BSD-2-Clause
"""Certificates that are renewed while clients are there: nobody notices but who comes afterwards."""
import os
import shutil

from net import Network, wait_for
from test_certificates import GATEWAY, World


def test_renewal(lab, tmp_path):
    """The gateway's certificate and key are replaced under a session; so is a broken pair."""
    w = World(tmp_path)
    l = w.lab(lab)
    c = l.client(local="auth = pubkey", remote="auth = pubkey", **w.credentials())
    c.connect()
    l.ping(c.ns, Network.HOST4)
    before = l.gateway.session()

    renewed = w.ca.leaf("renewed", "ecdsa256", [GATEWAY])
    shutil.copy(renewed.pem, w.gateway.pem + ".new")
    os.rename(w.gateway.pem + ".new", w.gateway.pem)
    shutil.copyfile(renewed.key, w.gateway.key)
    wait_for(lambda: "CN=renewed" in str(l.gateway.show("pki", "trustpoints")),
             "the renewed certificate is shown", timeout=20)
    l.ping(c.ns, Network.HOST4)
    assert l.gateway.session()["name"] == before["name"]

    with open(w.gateway.pem, "w") as f:
        f.write("nonsense")
    wait_for(lambda: "is no certificate that can be read" in l.gateway.log(), "the log says why",
             timeout=20)
    l.ping(c.ns, Network.HOST4)
    c.disconnect()
    c.connect()
    assert "CN=renewed" in c.log()
    l.ping(c.ns, Network.HOST4)
