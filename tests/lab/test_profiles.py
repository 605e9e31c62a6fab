# SPDX-License-Identifier: BSD-2-Clause
"""Which profile a strongSwan client gets, and what its identity makes of it: by every kind of identity,
by its certificate, by the address that it reaches and the name that it asks for."""
from ca import CA, Cert
from net import Network, address, link, wait_for
from test_certificates import METHODS, auth, trustpoint

HOST4, GATEWAY4 = Network.HOST4, Network.GATEWAY4
SECOND4 = "192.0.2.2"
GATEWAY = "gateway.example.org"


def profile(name, match, local="fqdn " + GATEWAY, how=None, more=""):
    """A section behind that of profile default, which is for anybody."""
    return """
[ikev2-profile %s]
%s
identity-local = %s
%s
aaa-authorization-group = default
virtual-template = 1
%s""" % (name, match, local, how or "authentication-local = pre-share\n"
         "authentication-remote = pre-share\nkeyring-local = default", more)


def identity(*texts):
    return "\n".join("match-identity-remote = " + t for t in texts)


def gets(l, c, expected, **settings):
    """Logs in with these settings, and out; both views name the profile. Returns the session."""
    c.change(**settings)
    c.connect()
    session = l.gateway.session()
    (sa,) = l.gateway.show("ikev2", "sa", "detail")
    assert (session["profile"], sa["profile"]) == (expected, expected), (settings, session, sa)
    l.ping(c.ns, HOST4, count=1)
    c.disconnect()
    wait_for(lambda: not l.gateway.show("session"), "the session ends")
    return session


def test_identity(lab):
    """The closest match wins, whatever the order in the file."""
    l = lab(start=False, profile="".join((
        profile("domain", identity("fqdn domain example.org", "email domain example.org")),
        profile("sub", identity("fqdn domain eu.example.org")),
        profile("host", identity("fqdn host.eu.example.org", "email bob@example.org",
                                 "key-id fruit", "dn CN=bob, O=Lab")),
        profile("net", identity("address 172.16.1.0/24")),
        profile("names", identity("dn CN=*, O=Lab")),
        profile("other", identity("any"), "fqdn other.example.org"),
        profile("second", identity("any") + "\nmatch-address-local = " + SECOND4))))
    address(l.network.gateway, "eth0", SECOND4 + "/24")
    l.gateway.start()
    c = l.client(identity="first@example.net")
    for who, expected in (
            ("first@example.net", "default"), ("eve@example.org", "domain"),
            ("bob@example.org", "host"), ("pc.example.org", "domain"), ("pc.eu.example.org", "sub"),
            ("host.eu.example.org", "host"), ("172.16.1.2", "net"), ("keyid:fruit", "host"),
            ("CN=bob, O=Lab", "host"), ("CN=eve, O=Lab", "names"), ("CN=bob, O=Other", "default")):
        gets(l, c, expected, identity=who)
    # Where it comes, and whom it asks for: only where its identity decides nothing.
    gets(l, c, "second", identity="eve@example.net", gateway=SECOND4)
    gets(l, c, "domain", identity="eve@example.org")
    gets(l, c, "other", identity="eve@example.net", gateway=GATEWAY4,
         remote_id="other.example.org")
    c.change(identity="eve@example.org")
    c.refused(timeout=5)
    wait_for(lambda: "asks for fqdn other.example.org, but in profile domain we are fqdn " + GATEWAY in
             l.gateway.log(), "the log says whom it found", timeout=3)


def test_outside_interface(lab):
    """By the device where it comes in; what goes back takes another one."""
    l = lab(start=False, outside="eth0, eth2",
            profile=profile("second", identity("any") + "\nmatch-outside-interface = eth2"))
    link(l.network.router, "wan2", l.network.gateway, "eth2")
    address(l.network.router, "wan2", "192.0.3.254/24")
    address(l.network.gateway, "eth2", "192.0.3.1/24")
    l.gateway.start()
    c = l.client()
    for gateway, expected in (("192.0.3.1", "second"), (GATEWAY4, "default"), ("192.0.3.1", "second")):
        gets(l, c, expected, gateway=gateway)


MAPS = """
[pki-certificate-map staff]
subject-name = co OU=staff
issuer-name = co CN=root

[pki-certificate-map admins]
alt-subject-name = co admin.example.org
"""


def test_certificate_map(lab, tmp_path):
    """The certificate says to which profile its owner belongs, not the owner."""
    root = CA(str(tmp_path), "root")
    own = root.leaf("gateway", sans=[GATEWAY])
    certs = {}
    for name, dn, sans in (("staff", "O=Lab, OU=Staff, CN=staff", ["staff@example.org"]),
                           ("guest", "O=Lab, OU=guests, CN=OU=staff", ["guest@example.org"]),
                           ("admin", "O=Lab, OU=guests, CN=admin", ["root@admin.example.org"])):
        certs[name] = Cert(str(tmp_path), name, "ecdsa256")
        root.issue(certs[name], dn, sans=sans)
    how = auth(METHODS, METHODS, "lab")
    l = lab(trust=trustpoint("lab", root, own) + MAPS, auth=how, profile="".join((
        profile("staff", "match-certificate = staff", how=how),
        profile("admins", "match-certificate = admins", how=how),
        profile("subject", identity("any"), "dn", how),
        profile("root", identity("email root@nowhere.example.org"), how=how))))
    c = l.client(identity="staff@example.org", local="auth = pubkey", remote="auth = pubkey",
                 certs=[certs["staff"]], cas=[root])
    gets(l, c, "staff")
    gets(l, c, "admins", certs=[certs["admin"]], identity="root@admin.example.org")
    gets(l, c, "default", certs=[certs["guest"]], identity="guest@example.org")
    # identity-local = dn is the subject of our certificate, and can be asked for.
    gets(l, c, "subject", remote_id="O=Lab, CN=gateway")
    # A name that is not in its certificate makes it nobody.
    c.change(identity="root@nowhere.example.org", remote_id=GATEWAY)
    c.refused(timeout=5)
    wait_for(lambda: "its certificate is not for this identity" in l.gateway.log(), "the log says why",
             timeout=3)


def policy(name, net):
    return """
[pool %s]
prefix = %s
[ikev2-authorization-policy %s]
pool = %s
""" % (name, net, name, name)


def test_mangler(lab):
    """The domain of a user's address is the name of the policy, where there is one."""
    l = lab(profile="aaa-authorization-name-mangler = group\n"
            "[ikev2-name-mangler group]\nemail = domain\n" +
            policy("red.example.org", "10.11.0.0/24") + policy("blue.example.org", "10.12.0.0/24"))
    c = l.client(identity="a@red.example.org")
    for who, net in (("a@red.example.org", "10.11.0."), ("a@blue.example.org", "10.12.0."),
                     ("a@example.org", "10.10."), ("red.example.org", "10.10.")):
        assert gets(l, c, "default", identity=who)["inner4"].startswith(net), who


def test_childless(lab):
    """An IKE SA alone (RFC 6023), then its CHILD SA by CREATE_CHILD_SA; and only where the profile
    allows it."""
    l = lab(profile="childless = yes", gateway="half-open-timeout = 3")
    c = l.client(connection="childless = force")
    c.swanctl("--initiate", "--ike", "gw", "--timeout", "10")
    session = l.gateway.session()
    assert session["inner4"] and not session["sas"], session
    assert "INSTALLED" not in c.sas()
    c.swanctl("--initiate", "--child", "net", "--timeout", "10")
    (sa,) = l.gateway.session()["sas"]
    assert sa["state"] == "in use", sa
    l.ping(c.ns, HOST4)
    l.ping(l.network.host, c.inner()[0])
    c.disconnect()
    l.gateway.change(profile="")
    l.gateway.flexctl("config", "reload")
    c.refused(timeout=5)
    assert "peer does not support childless IKE_SA initiation" in c.log()
