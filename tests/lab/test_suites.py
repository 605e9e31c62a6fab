# SPDX-License-Identifier: BSD-2-Clause
"""Every IKE transform and every ESP suite with another implementation, with traffic."""
from net import Failed, Network

AEAD = ["aes128gcm16", "aes192gcm16", "aes256gcm16", "chacha20poly1305"]
CBC = ["aes128", "aes192", "aes256"]
INTEGRITY = ["sha256", "sha384", "sha512"]
PRF = ["prfsha256", "prfsha384", "prfsha512"]
GROUPS = ["x25519", "ecp256", "ecp384", "ecp521", "x448", "modp2048", "modp3072",
          "modp4096", "modp6144", "modp8192"]
ESP = ["aes128gcm16", "aes256gcm16", "chacha20poly1305", "aes128-sha256", "aes256-sha256",
       "aes128-sha1", "aes256-sha1"]
ESP_LEGACY = ("[ipsec-profile default]\nlegacy = yes\ntransform = esp-cbc-256-sha1 esp-cbc-128-sha1 "
              "esp-gcm-256 esp-gcm-128 esp-chacha20-poly1305 esp-cbc-256-sha256 esp-cbc-128-sha256\n")


def rows():
    """Each value at least once: all ciphers with all their companions, all groups, all suites."""
    ike = ["%s-%s-x25519" % (c, p) for c in AEAD for p in PRF]
    ike += ["%s-%s-%s-x25519" % (c, i, p) for c in CBC for i, p in zip(INTEGRITY, PRF)]
    ike += ["aes256gcm16-prfsha384-%s" % g for g in GROUPS]
    out = [(i, ESP[n % len(ESP)]) for n, i in enumerate(ike)]
    return out + [("aes256gcm16-prfsha256-x25519", e) for e in ESP]


def test_suites(lab):
    l = lab(proposal="[ikev2-proposal default]\nencryption = aes-gcm-256 aes-gcm-192 aes-gcm-128 "
                     "chacha20-poly1305 aes-cbc-256 aes-cbc-192 aes-cbc-128\n"
                     "group = 31 19 20 21 32 18 17 16 15 14\n" + ESP_LEGACY)
    c = l.client()
    bad, ike_words, esp_words = [], {}, {}
    for ike, esp in rows():
        c.change(proposals=ike, esp=esp)
        try:
            c.connect()
            l.ping(c.ns, Network.HOST4, size=1000)
            l.ping(l.network.host, c.inner()[0], count=1, size=1)
            s = l.gateway.session()
            assert ike_words.setdefault(ike, s["ike_suite"]) == s["ike_suite"]
            assert esp_words.setdefault(esp, s["esp_suite"]) == s["esp_suite"]
            c.disconnect()
        except (Failed, AssertionError) as e:
            bad.append("%s / %s: %s" % (ike, esp, str(e).splitlines()[0]))
            c.swanctl("--terminate", "--ike", "gw", "--force", check=False)
            l.gateway.flexctl("clear", "session", "all", check=False)
    assert not bad, "\n".join(bad)
    # The client offered one of each, so what is shown must differ as the offers do.
    assert len(set(ike_words.values())) == len(ike_words) == len({i for i, _ in rows()})
    assert len(set(esp_words.values())) == len(esp_words) == len(ESP)


def test_legacy(lab):
    """What is weak needs legacy = yes, and is warned of: at start and at the login."""
    text = "[ikev2-proposal default]\n%sencryption = aes-cbc-256\nintegrity = %s\nprf = %s\ngroup = %s"
    l = lab(proposal=text % ("legacy = yes\n", "sha256 sha1", "sha256 sha1", "14 2") + "\n" +
            ESP_LEGACY)
    assert "legacy: weak algorithms are taken: group modp1024, integrity sha1, prf sha1" in l.gateway.log()
    assert ("legacy: weak algorithms are taken: transform esp-cbc-256-sha1, transform esp-cbc-128-sha1"
            in l.gateway.log())
    c = l.client(proposals="aes256-sha1-modp1024", esp="aes256-sha1")
    c.connect()
    l.ping(c.ns, Network.HOST4)
    assert ("legacy algorithms: MODP-1024, HMAC-SHA1-96, PRF-HMAC-SHA1, ESP AES-CBC-256 / HMAC-SHA1-96"
            in l.gateway.log())
    # What is weak is taken only from who has nothing better, wherever it was written.
    c.disconnect()
    c.change(esp="aes256-sha1,aes256gcm16")
    c.connect()
    assert l.gateway.session()["esp_suite"] == "aes-gcm-256"


MORE = "second {\n remote_ts = %s/32\n esp_proposals = aes128-sha1\n rekey_time = 0\n}" % Network.HOST4


def test_legacy_child(lab):
    """A further CHILD SA has the same rule: taken with a warning, or refused with the reason."""
    l = lab(policy="ipsec-flow-limit = 2", proposal=ESP_LEGACY)
    c = l.client(more=MORE)
    c.connect()
    assert "legacy algorithms" not in l.gateway.log()
    c.swanctl("--initiate", "--child", "second", "--timeout", "10")
    l.ping(c.ns, Network.HOST4)
    assert "its CHILD SA has legacy algorithms: AES-CBC-128 / HMAC-SHA1-96" in l.gateway.log()
    l.gateway.change(proposal="")
    l.gateway.flexctl("config", "reload")
    c.swanctl("--terminate", "--child", "second", "--timeout", "10")
    assert c.swanctl("--initiate", "--child", "second", "--timeout", "10", check=False).returncode
    assert ("its CHILD SA is refused: no offered proposal is acceptable without legacy = yes: "
            "AES_CBC-128 HMAC_SHA1_96") in l.gateway.log()
    assert c.connected()


def test_legacy_is_refused(lab):
    l = lab()
    c = l.client(proposals="aes256-sha1-modp1024")
    c.refused(timeout=5)
    assert not l.gateway.show("session")
    assert ("no offered IKE proposal is acceptable; too weak without legacy = yes: "
            "MODP-1024, HMAC-SHA1-96, PRF-HMAC-SHA1: ") in l.gateway.log()
    c.change(proposals="aes256gcm16-prfsha256-x25519", esp="aes256-sha1")
    c.refused(timeout=5)
    assert ("no offered ESP proposal is acceptable; too weak without legacy = yes: "
            "AES-CBC-256 / HMAC-SHA1-96: ") in l.gateway.log()
    assert not l.gateway.show("session")


def test_nothing_in_common(lab):
    """No IKE or ESP proposal in common: refused with the right notify, nothing left."""
    l = lab(proposal="[ikev2-proposal default]\nencryption = aes-gcm-256\nprf = sha384\n"
                     "group = 19\n[ipsec-profile default]\ntransform = esp-gcm-256")
    c = l.client(proposals="aes128-sha256-ecp256", esp="aes256gcm16")
    assert "NO_PROPOSAL_CHOSEN" in c.refused() or "NO_PROP" in c.log()
    c.change(proposals="aes256gcm16-prfsha384-ecp256", esp="aes128-sha256")
    c.refused()
    assert not l.gateway.show("session")
    # A group that was guessed wrong is asked for again (INVALID_KE_PAYLOAD).
    c.change(proposals="aes256gcm16-prfsha384-x25519-ecp256", esp="aes256gcm16")
    c.connect()
    l.ping(c.ns, Network.HOST4)
