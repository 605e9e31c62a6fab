// SPDX-License-Identifier: BSD-2-Clause
/* What is refused, at which line and in which words: one row for each way to be wrong. */
#include "text.h"

#define AUTH_FORMS "pre-share, rsa-sig, ecdsa-sig or eddsa-sig"
/* A profile with these methods in its lines 3 and 4; the rest begins in line 5. */
#define AUTH_ROW(local, remote, rest, line, words)                                                 \
	{                                                                                          \
		"[ikev2-profile p]\nmatch-identity-remote = any\nauthentication-local = " local    \
		"\nauthentication-remote = " remote "\n" rest "identity-local = fqdn gw\n"         \
		"aaa-authorization-group = pol\nvirtual-template = 1\n" TRUSTPOINTS NO_PROFILE,    \
			line, "[ikev2-profile p] " words                                           \
	}
#define TRUSTPOINTS                                                                                \
	"[pki-trustpoint ca]\nca-certificate = /ca\n[pki-trustpoint gw]\nca-certificate = /ca\n"   \
	"certificate = /gw\nprivate-key = /key\n"
#define TRUSTPOINT    "[pki-trustpoint t]\nca-certificate = /ca.pem\n"
#define TRUSTING(key) "[ikev2-profile p]\nmatch-identity-remote = any\n" key PROFILE_BODY
#define MATCH_EXPECTED                                                                             \
	"expected any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, key-id TEXT "  \
	"or dn NAME"
#define NAME_EXPECTED "expected co or nc and [ATTRIBUTE=]TEXT, or eq or ne and a whole name"

/* clang-format off */
static const struct bad_row rows[] = {
	/* lines */
	{ "outside = eth0\n" NO_GATEWAY GATEWAY, 1, "a key before the first [SECTION]" },
	{ "[gateway]\noutside\noutside = eth0\n" NO_GATEWAY, 2,
	  "expected 'key = value', [SECTION] or a comment" },
	{ "[gateway]\noutside = eth0\n= 5\n" NO_GATEWAY, 3, "expected a key before the '='" },
	{ "[gateway\n" ALL, 1, "this section has no ']'; expected [SECTION] or [SECTION NAME]" },
	{ "[gateway] outside = eth0\noutside = eth0\n" NO_GATEWAY, 1,
	  "text after the ']' of a section; write keys on lines of their own" },
	{ "[gateway]\noutside = eth0\ninside =\n" NO_GATEWAY, 3, "[gateway] inside: has no value" },
	{ "[gateway]\noutside = eth0\ninside = ,\n" NO_GATEWAY, 3, "[gateway] inside: has no value" },
	{ "[gateway]\noutside = eth0\n\n# comment\n; comment\n\nworkers = x\n" NO_GATEWAY, 7,
	  "[gateway] workers: 'x' is not a number; expected auto or a number from 1 to 16" },

	/* sections */
	{ "[gatewy]\noutside = eth0\n" NO_GATEWAY, 1, "[gatewy]: no such section; did you mean [gateway]?" },
	{ ALL "[crypto map]\nx = y\n", 22,
	  "[crypto map]: no such section; there are gateway, ikev2-proposal, ipsec-profile, pool, "
	  "ikev2-authorization-policy, private-attributes, ikev2-name-mangler, virtual-template, "
	  "ikev2-keyring, pki-trustpoint, pki-certificate-map, ikev2-profile" },
	{ "[psk clients]\nkey = open to all\n" ALL, 1,
	  "[psk clients]: no such section here; it belongs to the secrets file" },
	{ "[]\n" ALL, 1, "[]: no such section; there are gateway, ikev2-proposal, ipsec-profile, pool, "
	  "ikev2-authorization-policy, private-attributes, ikev2-name-mangler, virtual-template, "
	  "ikev2-keyring, pki-trustpoint, pki-certificate-map, ikev2-profile" },
	{ "[gateway]\noutside = eth0\n[gateway]\n" NO_GATEWAY, 3,
	  "[gateway]: this section is already in line 1; write one" },
	{ "[pool v4]\nprefix = 10.0.0.0/24\n" ALL, 6, "[pool v4]: this section is already in line 1; write one" },
	{ "[gateway main]\noutside = eth0\n" NO_GATEWAY, 1,
	  "[gateway main]: this section has no name; write [gateway]" },
	{ "[pool]\nprefix = 10.0.0.0/24\n" ALL, 1, "[pool]: the name is missing; write [pool NAME]" },
	{ "[pool a b]\n" ALL, 1, "[pool a b]: a name has at most 63 letters, digits, '.', '_', '@' or '-'" },
	{ "[virtual-template one]\n" ALL, 1,
	  "[virtual-template one]: expected [virtual-template N] with a number from 1 to 4096" },
	{ "[virtual-template]\n" ALL, 1,
	  "[virtual-template]: expected [virtual-template N] with a number from 1 to 4096" },
	{ "[virtual-template 4097]\n" ALL, 1,
	  "[virtual-template 4097]: expected [virtual-template N] with a number from 1 to 4096" },
	{ NO_GATEWAY, 0, "[gateway] is missing: The gateway as a whole." },
	{ NO_PROFILE, 0,
	  "[ikev2-profile NAME] is missing: Who may come, how each side proves itself, and what the "
	  "client gets." },

	/* keys */
	{ "[gateway]\noutside = eth0\nworker = 2\n" NO_GATEWAY, 3,
	  "[gateway]: no such key 'worker'; did you mean 'workers'?" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nmtu = 1400\n" ALL, 3,
	  "[pool a]: no such key 'mtu' here; it belongs to [virtual-template]" },
	{ "[pool a]\nprefix = 10.0.0.0/24\ngarbage = 1400\n" ALL, 3,
	  "[pool a]: no such key 'garbage'; there are prefix, range, exclude, client-prefix-length" },
	{ "[ikev2-profile prof]\ngarbage = 1400\nmatch-identity-remote = any\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile prof]: no such key 'garbage'; there are match-identity-remote, match-certificate, "
	  "match-address-local, match-outside-interface, identity-local, authentication-local, "
	  "authentication-remote, authentication-remote-second, rsa-sig-sha1, childless, keyring-local, psk, "
	  "pki-trustpoint, proposal, ipsec-profile, aaa-authorization-group, "
	  "aaa-authorization-name-mangler and 10 more" },
	{ "[gateway]\noutside = eth0\nworkers = 1\n\nworkers = 2\n" NO_GATEWAY, 5,
	  "[gateway] workers: is already in line 3; it has one value" },
	{ "[gateway]\ninside = eth0\n" NO_GATEWAY, 1,
	  "[gateway] outside: is missing; expected names of network devices" },

	/* [gateway] */
	{ "[gateway]\noutside = a/b\n" NO_GATEWAY, 2,
	  "[gateway] outside: 'a/b' is not a device name; expected names of network devices" },
	{ "[gateway]\noutside = eth0, sixteen-letters0\n" NO_GATEWAY, 2,
	  "[gateway] outside: 'sixteen-letters0' is longer than a device name can be (15 characters); "
	  "expected names of network devices" },
	{ "[gateway]\noutside = eth0 # WAN\n" NO_GATEWAY, 2,
	  "[gateway] outside: '#' is no device; a comment behind a value begins with ' ;'; expected "
	  "names of network devices" },
	{ "[gateway]\noutside = eth0 eth0\n" NO_GATEWAY, 2, "[gateway] outside: 'eth0' is given twice" },
	{ "[gateway]\noutside = a b c d\ninside = e f g h\n" NO_GATEWAY, 3,
	  "[gateway] inside: 8 devices in all; there may be 7" },
	{ "[gateway]\noutside = e\nlocal-address = 192.0.2.300\n" NO_GATEWAY, 3,
	  "[gateway] local-address: '192.0.2.300' is not an address; expected IPv4 or IPv6 addresses of "
	  "this machine" },
	{ "[gateway]\noutside = e\nlocal-address = 224.0.0.1\n" NO_GATEWAY, 3,
	  "[gateway] local-address: '224.0.0.1' is not the address of a host; expected IPv4 or IPv6 "
	  "addresses of this machine" },
	{ "[gateway]\noutside = e\nlocal-address = fe80::1\n" NO_GATEWAY, 3,
	  "[gateway] local-address: 'fe80::1' is not the address of a host; expected IPv4 or IPv6 "
	  "addresses of this machine" },
	{ "[gateway]\noutside = e\nworkers = 17\n" NO_GATEWAY, 3,
	  "[gateway] workers: '17' is out of range; expected auto or a number from 1 to 16" },
	{ "[gateway]\noutside = e\nworkers = 0\n" NO_GATEWAY, 3,
	  "[gateway] workers: '0' is out of range; expected auto or a number from 1 to 16" },
	{ "[gateway]\noutside = e\nmax-sessions = 1\n" NO_GATEWAY, 3,
	  "[gateway] max-sessions: '1' is out of range; expected a number from 2 to 131072" },
	{ "[gateway]\noutside = e\nmax-sessions = 131073\n" NO_GATEWAY, 3,
	  "[gateway] max-sessions: '131073' is out of range; expected a number from 2 to 131072" },
	{ "[gateway]\noutside = e\nmax-sessions = 4294967298\n" NO_GATEWAY, 3,
	  "[gateway] max-sessions: '4294967298' is too large; expected a number from 2 to 131072" },
	{ "[gateway]\noutside = e\nmax-sessions = -5\n" NO_GATEWAY, 3,
	  "[gateway] max-sessions: '-5' is not a number; expected a number from 2 to 131072" },
	{ "[gateway]\noutside = e\nmax-sessions = 100 # many\n" NO_GATEWAY, 3,
	  "[gateway] max-sessions: '100 # many' is not a number; expected a number from 2 to 131072 (a "
	  "comment behind a value begins with ' ;')" },
	{ "[gateway]\noutside = e\ncookie-challenge = 0\n" NO_GATEWAY, 3,
	  "[gateway] cookie-challenge: '0' is out of range; expected always, never or a number from 1 to "
	  "131072" },
	{ "[gateway]\noutside = e\ncookie-challenge = sometimes\n" NO_GATEWAY, 3,
	  "[gateway] cookie-challenge: 'sometimes' is not a number; expected always, never or a number "
	  "from 1 to 131072" },
	{ "[gateway]\noutside = e\nflood-guard = kernel\n" NO_GATEWAY, 3,
	  "[gateway] flood-guard: 'kernel' is not known here; expected auto, xdp or daemon" },
	{ "[gateway]\noutside = e\nhalf-open-limit = 0\n" NO_GATEWAY, 3,
	  "[gateway] half-open-limit: '0' is out of range; expected a number from 1 to 131072" },
	{ "[gateway]\noutside = e\nhalf-open-timeout = 3601\n" NO_GATEWAY, 3,
	  "[gateway] half-open-timeout: '3601' is out of range; expected seconds from 1 to 3600" },
	{ "[gateway]\noutside = e\nfragmentation-mtu = 255\n" NO_GATEWAY, 3,
	  "[gateway] fragmentation-mtu: '255' is out of range; expected off or a number from 256 to "
	  "1500" },
	{ "[gateway]\noutside = e\nforwarding = slow\n" NO_GATEWAY, 3,
	  "[gateway] forwarding: 'slow' is not known here; expected fast or stack" },
	{ "[gateway]\noutside = e\nxdp-mode = driver\n" NO_GATEWAY, 3,
	  "[gateway] xdp-mode: 'driver' is not known here; expected auto, native or generic" },
	{ "[gateway]\noutside = e\ncrypto = qat\n" NO_GATEWAY, 3,
	  "[gateway] crypto: 'qat' is not known here; expected auto, intel-ipsec-mb or openssl" },
	{ "[gateway]\noutside = e\nrun-directory = run\n" NO_GATEWAY, 3,
	  "[gateway] run-directory: 'run' is not an absolute path; expected an absolute path of at most 91 "
	  "bytes" },
	{ "[gateway]\noutside = e\nrun-directory = /0123456789012345678901234567890123456789012345678901234"
	  "567890123456789012345678901234567890\n" NO_GATEWAY, 3,
	  "[gateway] run-directory: '/01234567890123456789012345678901234567890123456789012345678901234567"
	  "89012345678901234567890' is longer than 91 bytes; expected an absolute path of at most 91 bytes" },
	{ "[gateway]\noutside = e\nbpf-directory = ./x\n" NO_GATEWAY, 3,
	  "[gateway] bpf-directory: './x' is not an absolute path; expected an absolute path of at most 224 "
	  "bytes" },
	{ "[gateway]\noutside = e\nsecrets-file = secrets.conf\n" NO_GATEWAY, 3,
	  "[gateway] secrets-file: 'secrets.conf' is not an absolute path; expected an absolute path of at "
	  "most 255 bytes" },
	{ "[gateway]\noutside = e\nuser-ike = root\n" NO_GATEWAY, 3,
	  "[gateway] user-ike: 'root' must not be the superuser; expected the name of a user other than "
	  "root" },
	{ "[gateway]\noutside = e\nuser-aaa = a:b\n" NO_GATEWAY, 3,
	  "[gateway] user-aaa: 'a:b' is not a user name; expected the name of a user other than root" },
	{ "[gateway]\noutside = e\nuser-worker = -x\n" NO_GATEWAY, 3,
	  "[gateway] user-worker: '-x' is not a user name; expected the name of a user other than root" },
	{ "[gateway]\noutside = e\nlog-level = all\n" NO_GATEWAY, 3,
	  "[gateway] log-level: 'all' is not known here; expected error, warn, info or debug" },

	/* [ikev2-proposal] and [ipsec-profile] */
	{ "[ikev2-proposal p]\nencryption = 3des\n" ALL, 2,
	  "[ikev2-proposal p] encryption: '3des' is not known here; expected aes-gcm-256, aes-gcm-192, "
	  "aes-gcm-128, chacha20-poly1305, aes-cbc-256, aes-cbc-192 or aes-cbc-128" },
	{ "[ikev2-proposal p]\nencryption = aes-cbc-256\nintegrity = md5\n" ALL, 3,
	  "[ikev2-proposal p] integrity: 'md5' is not known here; expected sha256, sha384, sha512 or "
	  "sha1" },
	{ "[ikev2-proposal p]\nintegrity = sha256 sha1\nencryption = aes-cbc-256\n" ALL, 2,
	  "[ikev2-proposal p] integrity: sha1 is too weak for new clients; a proposal that must have it says "
	  "legacy = yes" },
	{ "[ikev2-proposal p]\ngroup = 5\nlegacy = no\n" ALL, 2,
	  "[ikev2-proposal p] group: modp1536 is too weak for new clients; a proposal that must have it says "
	  "legacy = yes" },
	{ "[ikev2-proposal p]\nlegacy = 1\n" ALL, 2,
	  "[ikev2-proposal p] legacy: '1' is not known here; expected yes or no" },
	{ "[ikev2-proposal p]\nlegacy = yes\nprf = md5\n" ALL, 3,
	  "[ikev2-proposal p] prf: 'md5' is not known here; expected sha256, sha384, sha512 or sha1" },
	{ "[ikev2-proposal p]\nencryption = aes-gcm-256\nintegrity = sha256\n" ALL, 3,
	  "[ikev2-proposal p] integrity: ciphers other than aes-cbc have their own integrity; leave "
	  "this key out or add an aes-cbc cipher" },
	{ "[ikev2-proposal p]\nprf = sha1\n" ALL, 2,
	  "[ikev2-proposal p] prf: sha1 is too weak for new clients; a proposal that must have it says "
	  "legacy = yes" },
	{ "[ikev2-proposal p]\ngroup = 2\n" ALL, 2,
	  "[ikev2-proposal p] group: modp1024 is too weak for new clients; a proposal that must have it "
	  "says legacy = yes" },
	{ "[ipsec-profile p]\nset-pfs = 2\n" ALL, 2,
	  "[ipsec-profile p] set-pfs: '2' is not known here; expected 31, 19, 20, 21, 32, 18, 17, 16, 15, "
	  "14, x25519, ecp256, ecp384, ecp521, x448, modp8192, modp6144, modp4096, modp3072, modp2048 or none" },
	{ "[ikev2-proposal p]\ngroup = 19 ecp256\n" ALL, 2,
	  "[ikev2-proposal p] group: 'ecp256' is given twice" },
	{ "[ipsec-profile p]\ntransform = esp-gcm-256 esp-cbc-256-sha1\n" ALL, 2,
	  "[ipsec-profile p] transform: esp-cbc-256-sha1 is too weak for new clients; an ipsec-profile that "
	  "must have it says legacy = yes" },
	{ "[ipsec-profile p]\nesn = maybe\n" ALL, 2,
	  "[ipsec-profile p] esn: 'maybe' is not known here; expected yes, no or require" },
	{ "[ipsec-profile p]\ntransform = esp-null\n" ALL, 2,
	  "[ipsec-profile p] transform: 'esp-null' is not known here; expected esp-gcm-256, esp-gcm-128, "
	  "esp-chacha20-poly1305, esp-cbc-256-sha256, esp-cbc-128-sha256, esp-cbc-256-sha1 or esp-cbc-128-sha1" },

	/* [pool] */
	{ "[pool a]\n" ALL, 1, "[pool a] prefix: is missing; expected PREFIX/LENGTH, e.g. 10.10.0.0/24" },
	{ "[pool a]\nprefix = 10.0.0.0\n" ALL, 2,
	  "[pool a] prefix: '10.0.0.0' is not an address and a length; expected PREFIX/LENGTH, e.g. "
	  "10.10.0.0/24" },
	{ "[pool a]\nprefix = 10.0.0.0/\n" ALL, 2,
	  "[pool a] prefix: '10.0.0.0/' has no length in bits behind the '/'; expected PREFIX/LENGTH, e.g. "
	  "10.10.0.0/24" },
	{ "[pool a]\nprefix = 10.0.0.0/33\n" ALL, 2,
	  "[pool a] prefix: '10.0.0.0/33' has a length above 32 bits; expected PREFIX/LENGTH, e.g. "
	  "10.10.0.0/24" },
	{ "[pool a]\nprefix = 10.0.1.7/22\n" ALL, 2,
	  "[pool a] prefix: '10.0.1.7/22' has host bits set; the network is 10.0.0.0/22" },
	{ "[pool a]\nprefix = 2001:db8:1::7/61\n" ALL, 2,
	  "[pool a] prefix: '2001:db8:1::7/61' has host bits set; the network is 2001:db8:1::/61" },
	{ "[pool a]\nprefix = 224.0.0.0/8\n" ALL, 2,
	  "[pool a] prefix: '224.0.0.0/8' is no network for clients; expected PREFIX/LENGTH, e.g. "
	  "10.10.0.0/24" },
	{ "[pool a]\nprefix = 8.0.0.0/7\n" ALL, 2,
	  "[pool a] prefix: '8.0.0.0/7' is too large a network for one pool (IPv4 /8, IPv6 /32); expected "
	  "PREFIX/LENGTH, e.g. 10.10.0.0/24" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nrange = 10.0.0.9-10.0.0.1\n" ALL, 3,
	  "[pool a] range: '10.0.0.9-10.0.0.1' ends before it begins; expected FIRST-LAST or one address "
	  "inside the prefix" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nrange = 10.0.0.9-2001:db8::1\n" ALL, 3,
	  "[pool a] range: '10.0.0.9-2001:db8::1' mixes IPv4 and IPv6; expected FIRST-LAST or one address "
	  "inside the prefix" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nrange = 10.0.0.9-\n" ALL, 3,
	  "[pool a] range: '10.0.0.9-' is not a range of addresses; expected FIRST-LAST or one address "
	  "inside the prefix" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nrange = some\n" ALL, 3,
	  "[pool a] range: 'some' is not an address or a range; expected FIRST-LAST or one address inside "
	  "the prefix" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nrange = 10.0.0.9\nrange = 10.0.0.250-10.0.1.1\n" ALL, 4,
	  "[pool a] range: lies outside the prefix 10.0.0.0/24" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nrange = 2001:db8::1\n" ALL, 3,
	  "[pool a] range: lies outside the prefix 10.0.0.0/24" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nrange = 10.0.0.1-10.0.0.9\nrange = 10.0.0.9-10.0.0.12\n" ALL, 4,
	  "[pool a] range: overlaps the range in line 3" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nexclude = 10.0.1.1\n" ALL, 3,
	  "[pool a] exclude: lies outside the prefix 10.0.0.0/24" },
	{ "[pool a]\nprefix = 10.0.0.0/29\nexclude = 10.0.0.4-10.0.0.6, 10.0.0.0-10.0.0.3\n" ALL, 3,
	  "[pool a] exclude: leaves no address to lease" },
	{ "[pool a]\nprefix = 10.0.0.0/24\nclient-prefix-length = 64\n" ALL, 3,
	  "[pool a] client-prefix-length: is for IPv6 pools; IPv4 has netmask in the "
	  "[ikev2-authorization-policy]" },
	{ "[pool a]\nprefix = 2001:db8::/64\nclient-prefix-length = 63\n" ALL, 3,
	  "[pool a] client-prefix-length: is shorter than that of the pool's prefix; expected 64 to 128" },
	{ "[pool a]\nprefix = 2001:db8::/64\nclient-prefix-length = 129\n" ALL, 3,
	  "[pool a] client-prefix-length: '129' is out of range; expected a number from 1 to 128" },
	{ POOLS "[pool a]\nprefix = 10.10.0.128/25\n" NO_POOLS, 6,
	  "[pool a] prefix: overlaps 10.10.0.0/24 of [pool v4]" },
	{ "[gateway]\noutside = eth0\nlocal-address = 192.0.2.1 2001:db8:10::1\n" NO_GATEWAY, 7,
	  "[pool v6] prefix: holds 2001:db8:10::1, a local-address of [gateway]" },

	/* [ikev2-authorization-policy] */
	{ "[ikev2-authorization-policy pol]\n" NO_POLICY, 1,
	  "[ikev2-authorization-policy pol] pool: is missing; expected pool or ipv6-pool or both" },
	{ "[ikev2-authorization-policy pol]\npool = v5\n" NO_POLICY, 2,
	  "[ikev2-authorization-policy pol] pool: there is no [pool v5]; did you mean 'v4'?" },
	{ "[ikev2-authorization-policy POL]\npool = v4\n[ikev2-name-mangler m]\nfqdn = all\n" ALL, 12,
	  "[ikev2-authorization-policy pol]: differs from POL in case alone, which a name mangler does not "
	  "see" },
	{ "[ikev2-authorization-policy pol]\npool = clients\n" NO_POLICY, 2,
	  "[ikev2-authorization-policy pol] pool: there is no [pool clients]; there are v4, v6" },
	{ "[ikev2-authorization-policy pol]\npool = a b\n" NO_POLICY, 2,
	  "[ikev2-authorization-policy pol] pool: 'a b' is not a name; expected the name of an existing "
	  "[pool]" },
	{ "[ikev2-authorization-policy pol]\npool = v6\n" NO_POLICY, 2,
	  "[ikev2-authorization-policy pol] pool: [pool v6] is an IPv6 pool; name it in ipv6-pool" },
	{ "[ikev2-authorization-policy pol]\nipv6-pool = v4\n" NO_POLICY, 2,
	  "[ikev2-authorization-policy pol] ipv6-pool: [pool v4] is an IPv4 pool; name it in pool" },
	{ "[ikev2-authorization-policy pol]\npool = v4\ndns = ns.example.org\n" NO_POLICY, 3,
	  "[ikev2-authorization-policy pol] dns: 'ns.example.org' is not an address; expected IPv4 or IPv6 "
	  "addresses" },
	{ "[ikev2-authorization-policy pol]\npool = v4\nnetmask = 24\n" NO_POLICY, 3,
	  "[ikev2-authorization-policy pol] netmask: '24' is not a netmask; expected a mask from 255.0.0.0 "
	  "to 255.255.255.255" },
	{ "[ikev2-authorization-policy pol]\npool = v4\nnetmask = 255.0.255.0\n" NO_POLICY, 3,
	  "[ikev2-authorization-policy pol] netmask: '255.0.255.0' has holes: its one bits do not stand "
	  "together; expected a mask from 255.0.0.0 to 255.255.255.255" },
	{ "[ikev2-authorization-policy pol]\npool = v4\nnetmask = 0.0.0.0\n" NO_POLICY, 3,
	  "[ikev2-authorization-policy pol] netmask: '0.0.0.0' is shorter than 255.0.0.0; expected a mask "
	  "from 255.0.0.0 to 255.255.255.255" },
	{ "[ikev2-authorization-policy pol]\nipv6-pool = v6\nnetmask = 255.255.255.0\n" NO_POLICY, 3,
	  "[ikev2-authorization-policy pol] netmask: is for IPv4; this policy has no pool" },
	{ "[ikev2-authorization-policy pol]\npool = v4\nroute-set-remote = ipv6 10.0.0.0/8\n" NO_POLICY, 3,
	  "[ikev2-authorization-policy pol] route-set-remote: 'ipv6 10.0.0.0/8' is of the other family; "
	  "expected ipv4 or ipv6 and PREFIX/LENGTH, e.g. ipv4 10.0.0.0/8" },
	{ "[ikev2-authorization-policy pol]\npool = v4\nroute-set-remote = 10.1.0.0/8\n" NO_POLICY, 3,
	  "[ikev2-authorization-policy pol] route-set-remote: '10.1.0.0/8' has host bits set; the network "
	  "is 10.0.0.0/8" },
	{ "[ikev2-authorization-policy pol]\npool = v4\nroute-set-remote = 10.0.0.0/8\n"
	  "route-set-remote = ipv6 2001:db8::/32\n" NO_POLICY, 4,
	  "[ikev2-authorization-policy pol] route-set-remote: no client can use this network: the policy "
	  "has no ipv6-pool" },

	/* [virtual-template] */
	{ "[virtual-template 1]\nmtu = 575\n" NO_TEMPLATE, 2,
	  "[virtual-template 1] mtu: '575' is out of range; expected a number from 576 to 9000" },
	{ "[virtual-template 1]\nmtu = 9001\n" NO_TEMPLATE, 2,
	  "[virtual-template 1] mtu: '9001' is out of range; expected a number from 576 to 9000" },
	{ "[virtual-template 1]\nmtu = 1279\n" NO_TEMPLATE, 2,
	  "[virtual-template 1] mtu: 1279 is too small for the IPv6 clients of [ikev2-profile prof]; "
	  "expected at least 1280" },
	{ "[virtual-template 1]\ntcp-adjust-mss = 499\n" NO_TEMPLATE, 2,
	  "[virtual-template 1] tcp-adjust-mss: '499' is out of range; expected auto, off or a number from "
	  "500 to 8960" },
	{ "[virtual-template 1]\ntcp-adjust-mss = 1361\n" NO_TEMPLATE, 2,
	  "[virtual-template 1] tcp-adjust-mss: 1361 does not fit in an mtu of 1400; expected at most 1360" },
	{ "[virtual-template 1]\nip-unnumbered = ..\n" NO_TEMPLATE, 2,
	  "[virtual-template 1] ip-unnumbered: '..' is not a device name; expected the name of a network "
	  "device" },

	/* [ikev2-keyring] */
	{ "[ikev2-keyring ring]\n" NO_KEYRING, 1,
	  "[ikev2-keyring ring] psk: is missing; expected names of [psk NAME] sections of the secrets file" },
	{ "[ikev2-keyring ring]\npsk = a/b\n" NO_KEYRING, 2,
	  "[ikev2-keyring ring] psk: 'a/b' is not a name; expected names of [psk NAME] sections of the "
	  "secrets file" },
	{ "[ikev2-keyring ring]\npsk = a, b, a\n" NO_KEYRING, 2,
	  "[ikev2-keyring ring] psk: 'a' is given twice" },

	/* [ikev2-profile] */
	{ "[ikev2-profile p]\n" PROFILE_BODY NO_PROFILE, 1,
	  "[ikev2-profile p] match-identity-remote: is missing; expected this or "
	  "match-certificate" },
	{ "[ikev2-profile p]\nmatch-identity-remote = example.org\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'example.org' does not begin with the kind of "
	  "identity; expected any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, "
	  "key-id TEXT or dn NAME" },
	{ "[ikev2-profile p]\nmatch-identity-remote = fqdn a..b\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'fqdn a..b' has no host name behind the word; expected "
	  "any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, "
	  "key-id TEXT or dn NAME" },
	{ "[ikev2-profile p]\nmatch-identity-remote = fqdn domain .b\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'fqdn domain .b' has no domain behind the word; "
	  "expected any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, "
	  "key-id TEXT or dn NAME" },
	{ "[ikev2-profile p]\nmatch-identity-remote = email alice\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'email alice' has no mail address behind the word; "
	  "expected any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, "
	  "key-id TEXT or dn NAME" },
	{ "[ikev2-profile p]\nmatch-identity-remote = email a b@c\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'email a b@c' has a space or control character in the "
	  "address; expected any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, "
	  "key-id TEXT or dn NAME" },
	{ "[ikev2-profile p]\nmatch-identity-remote = address 192.0.2.1/24\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'address 192.0.2.1/24' has host bits set; the network "
	  "is 192.0.2.0/24" },
	{ "[ikev2-profile p]\nmatch-identity-remote = key-id 0xabc\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'key-id 0xabc' begins with 0x and is not pairs of hex "
	  "digits; expected any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, "
	  "key-id TEXT or dn NAME" },
	{ "[ikev2-profile p]\nmatch-identity-remote = fqdn A.b\nmatch-identity-remote = fqdn a.B\n"
	  PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] match-identity-remote: 'fqdn a.B' is given twice" },
	{ PROFILE "[ikev2-profile q]\nmatch-identity-remote = fqdn q\nmatch-identity-remote = any\n"
	  PROFILE_BODY NO_PROFILE, 11,
	  "[ikev2-profile q] match-identity-remote: [ikev2-profile prof] has the same match and "
	  "identity-local; clients would never reach this one" },
	{ "[ikev2-profile p]\nmatch-identity-remote = dn\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'dn' has no name behind the word; " MATCH_EXPECTED },
	{ "[ikev2-profile p]\nmatch-identity-remote = dn alice\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-identity-remote: 'dn alice' has a part that is not ATTRIBUTE=VALUE with "
	  "an attribute like CN, OU, O, C, ST, L, DC, E or UID; " MATCH_EXPECTED },
	{ "[ikev2-profile p]\nmatch-identity-remote = any\nmatch-outside-interface = eth1\n" PROFILE_BODY
	  NO_PROFILE, 3,
	  "[ikev2-profile p] match-outside-interface: eth1 is no outside device of [gateway]" },
	{ "[gateway]\noutside = eth0\nlocal-address = 192.0.2.1\n" POOLS POLICY TEMPLATE KEYRING
	  "[ikev2-profile p]\nmatch-identity-remote = any\nmatch-address-local = 192.0.2.2\n" PROFILE_BODY,
	  16, "[ikev2-profile p] match-address-local: 192.0.2.2 is no local-address of [gateway]" },
	{ "[ikev2-profile p]\nmatch-certificate = m\n" PROFILE_BODY NO_PROFILE, 2,
	  "[ikev2-profile p] match-certificate: there is no [pki-certificate-map m]; write "
	  "that section" },
	{ "[ikev2-profile p]\nmatch-identity-remote = any\nidentity-local = dn CN=*\n"
	  "authentication-local = pre-share\nauthentication-remote = pre-share\nkeyring-local = ring\n"
	  "aaa-authorization-group = pol\nvirtual-template = 1\n" NO_PROFILE, 3,
	  "[ikev2-profile p] identity-local: 'dn CN=*' has '*' for a value, and is to be one name; expected "
	  "address A, fqdn NAME, email USER@NAME, key-id TEXT or dn [NAME]" },

	/* what clients are told */
	{ "[ikev2-authorization-policy x]\npool = v4\nconfiguration-url = https://x\n" ALL, 3,
	  "[ikev2-authorization-policy x] configuration-url: has no public number; write the one of your "
	  "clients in [private-attributes]" },
	{ "[ikev2-authorization-policy x]\npool = v4\nsplit-dns = a..b\n" ALL, 3,
	  "[ikev2-authorization-policy x] split-dns: 'a..b' is not the name of a domain; expected names of "
	  "domains" },
	{ "[ikev2-authorization-policy x]\npool = v4\ndnssec-trust-anchor = a.b 1 2 3 00\n" ALL, 3,
	  "[ikev2-authorization-policy x] dnssec-trust-anchor: a.b is no domain of split-dns" },
	{ "[ikev2-authorization-policy x]\npool = v4\nsplit-dns = a\ndnssec-trust-anchor = a 1 256 3 00\n" ALL, 4,
	  "[ikev2-authorization-policy x] dnssec-trust-anchor: 'a 1 256 3 00' has no three numbers behind the "
	  "domain; expected DOMAIN KEY-TAG ALGORITHM DIGEST-TYPE HEX, as in a DS record" },
	{ "[ikev2-authorization-policy x]\npool = v4\nwins = 2001:db8::1\n" ALL, 3,
	  "[ikev2-authorization-policy x] wins: '2001:db8::1' is not an IPv4 address; expected IPv4 addresses" },
	{ "[ikev2-authorization-policy x]\npool = v4\nbackup-gateway = 224.0.0.1\n" ALL, 3,
	  "[ikev2-authorization-policy x] backup-gateway: '224.0.0.1' is not the address of a host; expected "
	  "host names or addresses" },
	{ "[private-attributes]\nconfiguration-url = 28\n" ALL, 2,
	  "[private-attributes] configuration-url: '28' is out of range; expected a number from 16384 to "
	  "32767" },
	{ "[ikev2-name-mangler m]\n" ALL, 1,
	  "[ikev2-name-mangler m] fqdn: is missing, as is any other row: no identity would give a name" },
	{ "[ikev2-name-mangler m]\neap = all\n" ALL, 2,
	  "[ikev2-name-mangler m] eap: stands alone, and no profile of this version knows EAP" },
	{ "[ikev2-name-mangler m]\nfqdn = all\neap = prefix delimiter !\n" ALL, 3,
	  "[ikev2-name-mangler m] eap: 'prefix delimiter !' has no such delimiter; expected all, dn "
	  "ATTRIBUTE, prefix delimiter C or suffix delimiter C, where C is '.', '@', '/' or '\\'" },

	/* [pki-certificate-map] */
	{ "[pki-certificate-map m]\n" ALL, 1,
	  "[pki-certificate-map m] subject-name: is missing, as is any other row: the map would fit every "
	  "certificate" },
	{ "[pki-certificate-map m]\nsubject-name = CN=x\n" ALL, 2,
	  "[pki-certificate-map m] subject-name: 'CN=x' does not begin with how to compare; " NAME_EXPECTED },
	{ "[pki-certificate-map m]\nsubject-name = co\n" ALL, 2,
	  "[pki-certificate-map m] subject-name: 'co' has nothing to compare with; " NAME_EXPECTED },
	{ "[pki-certificate-map m]\nsubject-name = ge CN=x\n" ALL, 2,
	  "[pki-certificate-map m] subject-name: 'ge CN=x' cannot be compared like this; " NAME_EXPECTED },
	{ "[pki-certificate-map m]\nsubject-name = co XX=y\n" ALL, 2,
	  "[pki-certificate-map m] subject-name: 'co XX=y' names an attribute that is not known; "
	  NAME_EXPECTED },
	{ "[pki-certificate-map m]\nissuer-name = co OU=y, O=z\n" ALL, 2,
	  "[pki-certificate-map m] issuer-name: 'co OU=y, O=z' names several attributes; write a row for "
	  "each, all of them must hold" },
	{ "[pki-certificate-map m]\nsubject-name = eq x\n" ALL, 2,
	  "[pki-certificate-map m] subject-name: 'eq x' has a part that is not ATTRIBUTE=VALUE with an "
	  "attribute like CN, OU, O, C, ST, L, DC, E or UID; " NAME_EXPECTED },
	{ "[pki-certificate-map m]\nserial-number = eq 12z\n" ALL, 2,
	  "[pki-certificate-map m] serial-number: 'eq 12z' is not a number in hex digits; expected co, nc, "
	  "eq or ne and hex digits" },
	{ "[pki-certificate-map m]\nexpires-on = ge 2026-02-30\n" ALL, 2,
	  "[pki-certificate-map m] expires-on: 'ge 2026-02-30' has no such date; expected eq, ne, ge or lt "
	  "and YYYY-MM-DD [HH:MM:SS] in UTC" },
	{ "[pki-certificate-map m]\nvalid-start = ge 26-02-20\n" ALL, 2,
	  "[pki-certificate-map m] valid-start: 'ge 26-02-20' has no such date; expected eq, ne, ge or lt "
	  "and YYYY-MM-DD [HH:MM:SS] in UTC" },
	{ "[pki-certificate-map m]\nexpires-on = co 2026\n" ALL, 2,
	  "[pki-certificate-map m] expires-on: 'co 2026' cannot be compared like this; expected eq, ne, ge "
	  "or lt and YYYY-MM-DD [HH:MM:SS] in UTC" },
	{ "[ikev2-profile p]\nmatch-identity-remote = any\nidentity-local = gw\n"
	  "authentication-local = pre-share\nauthentication-remote = pre-share\nkeyring-local = ring\n"
	  "aaa-authorization-group = pol\nvirtual-template = 1\n" NO_PROFILE, 3,
	  "[ikev2-profile p] identity-local: 'gw' does not begin with the kind of identity; expected "
	  "address A, fqdn NAME, email USER@NAME, key-id TEXT or dn [NAME]" },
	AUTH_ROW("rsa", "pre-share", "keyring-local = ring\n", 3,
		 "authentication-local: 'rsa' is not known here; expected " AUTH_FORMS),
	AUTH_ROW("rsa-sig pre-share", "pre-share", "keyring-local = ring\n", 3,
		 "authentication-local: pre-share stands alone; a gateway that has a certificate shows it"),
	AUTH_ROW("pre-share pre-share", "pre-share", "keyring-local = ring\n", 3,
		 "authentication-local: 'pre-share' is given twice"),
	AUTH_ROW("rsa-sig", "pre-share", "keyring-local = ring\n", 1,
		 "pki-trustpoint: authentication-local needs one with a certificate to sign with"),
	AUTH_ROW("rsa-sig", "pre-share", "keyring-local = ring\npki-trustpoint = ca\n", 6,
		 "pki-trustpoint: authentication-local needs one with a certificate to sign with"),
	AUTH_ROW("rsa-sig", "pre-share", "keyring-local = ring\npki-trustpoint = gw verify\n", 6,
		 "pki-trustpoint: authentication-local needs one with a certificate to sign with"),
	AUTH_ROW("pre-share", "ecdsa-sig", "keyring-local = ring\n", 1,
		 "pki-trustpoint: authentication-remote needs one to judge clients by"),
	AUTH_ROW("pre-share", "pre-share ecdsa-sig", "keyring-local = ring\npki-trustpoint = gw sign\n", 6,
		 "pki-trustpoint: authentication-remote needs one to judge clients by"),
	AUTH_ROW("pre-share", "pre-share",
		 "authentication-remote-second = eddsa-sig\nkeyring-local = ring\n", 1,
		 "pki-trustpoint: authentication-remote needs one to judge clients by"),
	AUTH_ROW("pre-share", "pre-share", "keyring-local = ring\npki-trustpoint = gw\n", 6,
		 "pki-trustpoint: neither side of this profile authenticates by a signature"),
	AUTH_ROW("ecdsa-sig", "ecdsa-sig", "pki-trustpoint = gw\nkeyring-local = ring\n", 6,
		 "keyring-local: neither side of this profile authenticates by pre-share"),
	AUTH_ROW("ecdsa-sig", "ecdsa-sig", "pki-trustpoint = gw\npsk = x\n", 6,
		 "psk: neither side of this profile authenticates by pre-share"),
	AUTH_ROW("ecdsa-sig", "ecdsa-sig", "pki-trustpoint = gw\nrsa-sig-sha1 = yes\n", 6,
		 "rsa-sig-sha1: neither side of this profile authenticates by rsa-sig"),
	{ "[ikev2-profile p]\nmatch-identity-remote = any\nidentity-local = dn\n"
	  "authentication-local = pre-share\nauthentication-remote = pre-share\nkeyring-local = ring\n"
	  "aaa-authorization-group = pol\nvirtual-template = 1\n" NO_PROFILE, 3,
	  "[ikev2-profile p] identity-local: dn is the subject of the gateway's certificate, and this "
	  "profile shows none" },
	AUTH_ROW("pre-share", "eap", "keyring-local = ring\n", 4,
		 "authentication-remote: 'eap' is not known here; expected " AUTH_FORMS),
	AUTH_ROW("pre-share", "pre-share", "", 1,
		 "keyring-local: is missing; pre-share expects the name of an existing [ikev2-keyring], or psk"),
	AUTH_ROW("pre-share", "pre-share", "psk = a b\n", 5,
		 "psk: 'a b' is not a name; expected the name of a [psk NAME] section of the secrets file"),
	AUTH_ROW("pre-share", "pre-share", "psk = a\nkeyring-local = ring\n", 5,
		 "psk: keyring-local is given too; keep one of the two"),
	{ "[ikev2-profile p]\nmatch-identity-remote = any\nproposal = deflt\n" PROFILE_BODY
	  "[ikev2-proposal default]\n" NO_PROFILE, 3,
	  "[ikev2-profile p] proposal: there is no [ikev2-proposal deflt]; did you mean 'default'?" },
	{ "[ikev2-profile p]\nmatch-identity-remote = any\nproposal = default, default\n" PROFILE_BODY
	  NO_PROFILE, 3, "[ikev2-profile p] proposal: names one section twice" },
	{ "[ikev2-profile p]\nmatch-identity-remote = any\nipsec-profile = fast\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] ipsec-profile: there is no [ipsec-profile fast]; write that section" },
	{ "[ikev2-profile p]\nmatch-identity-remote = any\nidentity-local = fqdn gw\n"
	  "authentication-local = pre-share\nauthentication-remote = pre-share\nkeyring-local = ring\n"
	  "aaa-authorization-group = pol\nvirtual-template = 2\n" NO_PROFILE, 8,
	  "[ikev2-profile p] virtual-template: there is no [virtual-template 2]; did you mean '1'?" },

	{ "[pki-trustpoint t]\n" ALL, 1,
	  "[pki-trustpoint t] ca-certificate: is missing; expected absolute paths of PEM files" },
	{ "[pki-trustpoint t]\nca-certificate = ca.pem\n" ALL, 2,
	  "[pki-trustpoint t] ca-certificate: 'ca.pem' is not an absolute path; expected absolute "
	  "paths of PEM files" },
	{ TRUSTPOINT "certificate = /gw.pem\n" ALL, 3,
	  "[pki-trustpoint t] certificate: needs private-key as well" },
	{ TRUSTPOINT "private-key = /gw.key\n" ALL, 3,
	  "[pki-trustpoint t] private-key: needs certificate as well" },
	{ TRUSTPOINT "ocsp-response = /gw.ocsp\n" ALL, 3,
	  "[pki-trustpoint t] ocsp-response: is about a certificate of ours, and there is none" },
	{ TRUSTPOINT "revocation-check = crl\n" ALL, 3,
	  "[pki-trustpoint t] revocation-check: needs a crl to check with; name its file or directory" },
	{ TRUSTPOINT "crl = /crls\nrevocation-check = none\n" ALL, 3,
	  "[pki-trustpoint t] crl: would not be looked at: revocation-check is none" },
	{ TRUSTPOINT "revocation-check = ocsp\n" ALL, 3,
	  "[pki-trustpoint t] revocation-check: 'ocsp' is not known here; expected none, crl or "
	  "crl none" },
	{ TRUSTPOINT TRUSTING("pki-trustpoint = u\n") NO_PROFILE, 5,
	  "[ikev2-profile p] pki-trustpoint: there is no [pki-trustpoint u]; did you mean 't'?" },
	{ TRUSTPOINT TRUSTING("pki-trustpoint = t signs\n") NO_PROFILE, 5,
	  "[ikev2-profile p] pki-trustpoint: 't signs' has 'signs' behind the name; expected the name "
	  "of a [pki-trustpoint], alone or with sign or verify behind it" },
	{ TRUSTPOINT TRUSTING("pki-trustpoint = t sign\n") NO_PROFILE, 5,
	  "[ikev2-profile p] pki-trustpoint: [pki-trustpoint t] has no certificate to sign with" },
	{ TRUSTPOINT TRUSTING("pki-trustpoint = t, t verify\n") NO_PROFILE, 5,
	  "[ikev2-profile p] pki-trustpoint: names one section twice" },
};
/* clang-format on */

static void test_rows(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors;
		struct conf *conf = parse_text(rows[i].text, &errors);

		if (!bad_row_holds(&rows[i], &errors, "t.conf") || conf)
			wrong++;
		conf_free(conf);
	}
	assert_int_equal(wrong, 0);
}

/* Every mistake of a file is told at once, by line. */
static void test_all_at_once(void **state)
{
	struct conf_errors errors;

	(void)state;
	assert_null(
		parse_text("[pool a]\nprefix = 10.0.0.1/24\nrang = x\n[gateway]\nworkers = 99\n"
			   "outside = eth0\n[pool v4]\nprefix = 10.0.0.0/8\nrange = 11.0.0.1\n"
			   "[pool v6]\nprefix = 2001:db8:10::/64\n" POLICY TEMPLATE KEYRING PROFILE,
			   &errors));
	assert_int_equal(errors.count, 4);
	assert_int_equal(errors.first[0].line, 2);
	assert_int_equal(errors.first[1].line, 3);
	assert_int_equal(errors.first[2].line, 5);
	assert_int_equal(errors.first[3].line, 9);
	assert_string_equal(errors.file, "t.conf");
}

static void test_many(void **state)
{
	char text[4096] = ALL;
	struct conf_errors errors;
	size_t base = strlen(text);

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(text + base, sizeof(text) - base, "nonsense = %d\n", i);
		base += strlen(text + base);
	}
	assert_null(parse_text(text, &errors));
	assert_int_equal(errors.count, 40);
	assert_int_equal(errors.first[15].line, 37);
}

/* libinih would cut such a line in two and read the rest as another one. */
static void test_long_line(void **state)
{
	static const struct {
		size_t length;
		size_t errors;
	} cases[] = { { 197, 0 }, { 198, 1 }, { 199, 1 }, { 200, 1 }, { 400, 1 }, { 3000, 1 } };
	char text[6000];
	struct conf_errors errors;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int used = snprintf(text, sizeof(text), "[gateway]\noutside = eth0");
		size_t pad = cases[i].length - strlen("outside = eth0,eth1");
		struct conf *conf;

		snprintf(text + used, sizeof(text) - (size_t)used, ",%*seth1\n%s", (int)pad, "",
			 NO_GATEWAY);
		conf = parse_text(text, &errors);
		assert_int_equal(errors.count, cases[i].errors);
		if (conf)
			assert_int_equal(conf->gateway.outside_count, 2);
		else
			assert_string_equal(
				errors.first[0].text,
				"t.conf:2: this line is longer than 197 bytes; repeat the "
				"key to write a long list");
		conf_free(conf);
	}
	/* A long comment is only long. */
	memset(text, '#', 1000);
	snprintf(text + 1000, sizeof(text) - 1000, "\n%s", ALL);
	conf_free(parse_good(text));
}

static void test_nul_byte(void **state)
{
	static const char text[] = "[gateway]\noutside = eth0\0\nworkers = 2\n" NO_GATEWAY;
	FILE *in = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "r");
	struct conf_errors errors;

	(void)state;
	assert_null(conf_parse(in, "t.conf", &errors));
	fclose(in);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.first[0].text,
			    "t.conf:2: this line holds a NUL byte; the file must be text");
}

/* What is shown as JSON, or stands in a certificate, must be UTF-8; a comment may be anything. */
static void test_not_utf8(void **state)
{
	static const char *const good[] = { "/a/\xc3\xa4", "/a/\xe2\x82\xac", "/a/\xf0\x9f\x8c\x8d",
					    "/a/\xf4\x8f\xbf\xbf", "/a/\xed\x9f\xbf" };
	static const char *const wrong[] = {
		"/a/\xe4", /* Latin-1 */
		"/a/\xe4"
		"b",                   /* the same within a text */
		"/a/\xc0\xaf",         /* longer than it need be */
		"/a/\xe0\x9f\xbf",     /* the same, of three */
		"/a/\xf0\x8f\xbf\xbf", /* of four */
		"/a/\xed\xa0\x80",     /* half of a UTF-16 pair */
		"/a/\xf4\x90\x80\x80", /* beyond Unicode */
		"/a/\xf8\x88\x80\x80\x80",
		"/a/\x80",
	};
	static const char form[] = "# \xe4\n[gateway]\noutside = eth0\nsecrets-file = %s\n%s";
	struct conf_errors errors;
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), form, good[i], NO_GATEWAY);
		conf_free(parse_good(text));
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), form, wrong[i], NO_GATEWAY);
		assert_null(parse_text(text, &errors));
		assert_int_equal(errors.count, 1);
		assert_string_equal(
			errors.first[0].text,
			"t.conf:4: this line is not UTF-8; save the file in that encoding");
	}
}

/* Bytes of a file do not reach a terminal as they are. */
static void test_escaped(void **state)
{
	struct conf_errors errors;

	(void)state;
	assert_null(
		parse_text("[gateway]\noutside = eth0\nworkers = \x1b[2J\n" NO_GATEWAY, &errors));
	assert_null(strchr(errors.first[0].text, '\x1b'));
	assert_non_null(strstr(errors.first[0].text, "\\x1b[2J"));
}

static void test_too_many(void **state)
{
	char text[4096];
	struct conf_errors errors;
	int used = snprintf(text, sizeof(text), "[ikev2-authorization-policy pol]\npool = v4\n");

	(void)state;
	for (int i = 0; i <= CONF_LIST_MAX; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "dns = 192.0.2.%d\n",
				 i + 1);
	snprintf(text + used, sizeof(text) - (size_t)used, "%s", NO_POLICY);
	assert_null(parse_text(text, &errors));
	assert_int_equal(errors.count, 1);
	assert_string_equal(
		errors.first[0].text,
		"t.conf:19: [ikev2-authorization-policy pol] dns: '192.0.2.17' is one too "
		"many; there may be 16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),     cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_many),     cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_nul_byte), cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_escaped),  cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
