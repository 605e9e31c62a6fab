// SPDX-License-Identifier: BSD-2-Clause
/* Which profile a peer's identity belongs to, and how an identity is written. */
#include "conf/dn.h"
#include "conf/match.h"
#include "text.h"

#define ONE_PROFILE(name, matches) "[ikev2-profile " name "]\n" matches PROFILE_BODY
#define M                          "match-identity-remote = "

/* In an order that is not the order of closeness. */
#define PROFILES                                                                                   \
	ONE_PROFILE("any", M "any\n")                                                              \
	ONE_PROFILE("net", M "address 198.51.100.0/24\n" M "address 2001:db8::/32\n" M             \
			     "address 0.0.0.0/1\n")                                                \
	ONE_PROFILE("wide", M "address 198.51.0.0/16\n" M "address 0.0.0.0/0\n")                   \
	ONE_PROFILE("domain", M "fqdn domain example.org\n" M "email domain example.org\n" M       \
				"dn CN=*, C=DE\n")                                                 \
	ONE_PROFILE("sub", M "fqdn domain eu.example.org\n")                                       \
	ONE_PROFILE("exact", M "fqdn a.example.org\n" M "email Bob@example.org\n" M                \
			       "address 198.51.100.7\n" M "address 2001:db8::7\n" M                \
			       "key-id fruit\n" M "key-id 0x00ff\n" M "dn CN=Alice, C=DE\n")

struct row {
	uint8_t type;
	const char *data;
	size_t len;
	const char *profile;
};

#define ID(type, text) CONF_ID_##type, text, sizeof(text) - 1

/* clang-format off */
static const struct row rows[] = {
	{ ID(FQDN, "a.example.org"), "exact" },
	{ ID(FQDN, "A.EXAMPLE.org"), "exact" },
	{ ID(FQDN, "b.example.org"), "domain" },
	{ ID(FQDN, "b.EXAMPLE.ORG"), "domain" },
	{ ID(FQDN, "x.y.example.org"), "domain" },
	{ ID(FQDN, "x.eu.example.org"), "sub" },        /* the longer domain */
	{ ID(FQDN, "xexample.org"), "any" },
	{ ID(FQDN, "example.org"), "any" },
	{ ID(FQDN, ".example.org"), "any" },
	{ ID(FQDN, "a.example.org."), "any" },
	{ ID(FQDN, "a\0.example.org"), "any" },         /* what a C string would cut */
	{ ID(FQDN, "a.example.org\0"), "any" },
	{ ID(FQDN, "a.example.orgx"), "any" },
	{ ID(FQDN, ""), "any" },
	{ ID(FQDN, "g"), "any" },
	{ ID(EMAIL, "Bob@example.org"), "exact" },
	{ ID(EMAIL, "Bob@EXAMPLE.org"), "exact" },
	{ ID(EMAIL, "bob@example.org"), "domain" },     /* case counts before the @ */
	{ ID(EMAIL, "eve@sub.example.org"), "any" },    /* the domain of a mail address is all of it */
	{ ID(EMAIL, "a.example.org"), "any" },
	{ ID(EMAIL, "@example.org"), "any" },
	{ ID(FQDN, "Bob@example.org"), "any" },
	{ ID(IPV4, "\xc6\x33\x64\x07"), "exact" },
	{ ID(IPV4, "\xc6\x33\x64\x08"), "net" },
	{ ID(IPV4, "\xc6\x33\x65\x08"), "wide" },
	{ ID(IPV4, "\x01\x02\x03\x04"), "net" },
	{ ID(IPV4, "\xf0\x02\x03\x04"), "wide" },
	{ ID(IPV4, "\xc6\x33\x64"), "any" },
	{ ID(IPV4, "\xc6\x33\x64\x07\x00"), "any" },
	{ ID(IPV6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"), "exact" },
	{ ID(IPV6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x08"), "net" },
	{ ID(IPV6, "\x20\x01\x0d\xb9\0\0\0\0\0\0\0\0\0\0\0\x08"), "any" },
	/* an IPv4 address in IPv6 clothes */
	{ ID(IPV6, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\x07"), "any" },
	{ ID(KEY_ID, "fruit"), "exact" },
	{ ID(KEY_ID, "FRUIT"), "any" },
	{ ID(KEY_ID, "\x00\xff"), "exact" },
	{ ID(KEY_ID, "a.example.org"), "any" },
	{ ID(DN, "\x30\x1d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02\x44\x45\x31\x0e\x30\x0c"
		"\x06\x03\x55\x04\x03\x0c\x05\x61\x6c\x69\x63\x65"), "exact" },
	{ ID(DN, "\x30\x1d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02\x44\x45\x31\x0e\x30\x0c"
		"\x06\x03\x55\x04\x03\x0c\x05\x61\x6c\x69\x63\x66"), "domain" },
	{ ID(DN, "\x30\x1d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02\x44\x46\x31\x0e\x30\x0c"
		"\x06\x03\x55\x04\x03\x0c\x05\x61\x6c\x69\x63\x66"), "any" },
	{ ID(ANYCONNECT, "fruit"), "exact" },           /* its way to write a KEY_ID */
	{ 9, "\x30\x00", 2, "any" },
	{ 0, "", 0, "any" },
	{ 255, "a.example.org", 13, "any" },
};
/* clang-format on */

static void test_profiles(void **state)
{
	struct conf *conf = parse_good(PROFILES NO_PROFILE);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct conf_peer peer = { .id_type = rows[i].type,
						.id = (const uint8_t *)rows[i].data,
						.id_len = rows[i].len };
		const struct conf_profile *p = conf_match_profile(conf, &peer);

		assert_non_null(p);
		if (strcmp(p->name, rows[i].profile))
			fail_msg("row %zu, '%s': %s, expected %s", i, rows[i].data, p->name,
				 rows[i].profile);
	}
	conf_free(conf);
}

static void test_none(void **state)
{
	struct conf *conf = parse_good(ONE_PROFILE("only", M "fqdn domain example.org\n")
					       NO_PROFILE);
	struct conf_peer peer = { .id_type = CONF_ID_FQDN, .id = (const uint8_t *)"example.net" };

	(void)state;
	assert_null(conf_match_profile(conf, &peer));
	peer.id_len = 11;
	assert_null(conf_match_profile(conf, &peer));
	conf_free(conf);
}

/* --- the kinds of match together --- */

#define MAP "[pki-certificate-map "
/* clang-format off */
#define PLACES                                                                                     \
	"[gateway]\noutside = eth0, eth1\n" POOLS POLICY TEMPLATE KEYRING                          \
	MAP "staff]\nsubject-name = co OU=staff\nissuer-name = co O=Example\n"                     \
	MAP "admins]\nsubject-name = co OU=staff\nsubject-name = co CN=admin\n"                    \
	ONE_PROFILE("all", M "any\n")                                                              \
	ONE_PROFILE("here", M "any\nmatch-address-local = 192.0.2.1, 2001:db8::1\n")               \
	ONE_PROFILE("there", M "any\nmatch-outside-interface = eth1\n")                            \
	ONE_PROFILE("both", M "any\nmatch-address-local = 192.0.2.1\n"                             \
			    "match-outside-interface = eth1\n")                                   \
	ONE_PROFILE("staff", "match-certificate = staff\n" M "fqdn a.example.org\n")               \
	ONE_PROFILE("admins", "match-certificate = admins\n")                                      \
	ONE_PROFILE("domain", M "fqdn domain example.org\nmatch-address-local = 192.0.2.7\n")
/* clang-format on */

static void test_kinds(void **state)
{
	struct conf *conf = parse_good(PLACES);
	static uint8_t subject[256], guest[256], issuer[256];
	static struct conf_cert_fields bob = { .subject = subject, .issuer = issuer };
	static struct conf_cert_fields eve = { .subject = guest, .issuer = issuer };
	static const struct {
		const char *id, *local, *outside;
		const struct conf_cert_fields *cert;
		const char *profile;
	} cases[] = {
		{ "x.example.net", "192.0.2.9", "eth0", NULL, "all" },
		{ "x.example.net", "192.0.2.9", NULL, NULL, "all" },
		{ "x.example.net", "192.0.2.1", "eth0", NULL, "here" },
		{ "x.example.net", "2001:db8::1", "eth0", NULL, "here" },
		{ "x.example.net", "192.0.2.9", "eth1", NULL, "there" },
		{ "x.example.net", "192.0.2.1", "eth1", NULL, "both" },
		{ "x.example.net", "192.0.2.1", NULL, NULL, "here" },
		/* A certificate map is closer than a domain, an identity closer than a map. */
		{ "x.example.net", "192.0.2.1", "eth1", &bob, "staff" },
		{ "x.example.org", "192.0.2.7", "eth0", &bob, "staff" },
		{ "x.example.org", "192.0.2.7", "eth0", &eve, "domain" },
		{ "x.example.org", "192.0.2.7", "eth0", NULL, "domain" },
		{ "x.example.org", "192.0.2.8", "eth0", NULL, "all" },
		/* match identity and match certificate are one kind: either will do. */
		{ "a.example.org", "192.0.2.7", "eth0", NULL, "staff" },
		{ "a.example.org", "192.0.2.7", "eth0", &eve, "staff" },
	};
	const char *why = NULL;

	(void)state;
	assert_true(conf_dn_read("CN=bob, OU=Staff, O=Example", subject, sizeof(subject),
				 &bob.subject_len, &why));
	assert_true(conf_dn_read("CN=eve, OU=guests, O=Example\\, OU=staff", guest, sizeof(guest),
				 &eve.subject_len, &why));
	assert_true(
		conf_dn_read("CN=CA, O=Example", issuer, sizeof(issuer), &bob.issuer_len, &why));
	eve.issuer_len = bob.issuer_len;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_peer peer = { .id_type = CONF_ID_FQDN,
					  .id = (const uint8_t *)cases[i].id,
					  .id_len = strlen(cases[i].id),
					  .cert = cases[i].cert,
					  .outside = cases[i].outside };
		const struct conf_profile *p;

		assert_true(ip_parse(cases[i].local, &peer.local));
		p = conf_match_profile(conf, &peer);
		assert_non_null(p);
		if (strcmp(p->name, cases[i].profile))
			fail_msg("case %zu: %s, expected %s", i, p->name, cases[i].profile);
	}
	conf_free(conf);
}

/* --- the gateway that the client asks for --- */

/* clang-format off */
#define WE_ARE(name, local, matches)                                                               \
	"[ikev2-profile " name "]\n" matches "identity-local = fqdn " local "\n" PROFILE_REST
#define NAMES                                                                                      \
	WE_ARE("one", "one.example.org", M "any\n")                                                \
	WE_ARE("two", "two.example.org", M "any\n")                                                \
	WE_ARE("here", "one.example.org", M "any\nmatch-address-local = 192.0.2.1\n")              \
	WE_ARE("bob", "one.example.org", M "fqdn bob.example.org\n")
/* clang-format on */

static bool wants(const void *arg, const struct conf_profile *profile)
{
	const char *name = arg;

	return conf_identity_is(&profile->local, CONF_ID_FQDN, (const uint8_t *)name, strlen(name));
}

static void test_wanted(void **state)
{
	struct conf *conf = parse_good(NAMES NO_PROFILE);
	static const struct {
		const char *id, *wanted, *local, *profile;
	} cases[] = {
		{ "a.example.org", NULL, "192.0.2.9", "one" },
		{ "a.example.org", "one.example.org", "192.0.2.9", "one" },
		{ "a.example.org", "TWO.example.org", "192.0.2.9", "two" },
		{ "a.example.org", "three.example.org", "192.0.2.9", "one" },
		/* Before the address, which both allow. */
		{ "a.example.org", "two.example.org", "192.0.2.1", "two" },
		{ "a.example.org", "one.example.org", "192.0.2.1", "here" },
		/* Behind who it is. */
		{ "bob.example.org", "two.example.org", "192.0.2.9", "bob" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_peer peer = { .id_type = CONF_ID_FQDN,
					  .id = (const uint8_t *)cases[i].id,
					  .id_len = strlen(cases[i].id),
					  .wants = cases[i].wanted ? wants : NULL,
					  .arg = cases[i].wanted };
		const struct conf_profile *p;

		assert_true(ip_parse(cases[i].local, &peer.local));
		p = conf_match_profile(conf, &peer);
		assert_non_null(p);
		if (strcmp(p->name, cases[i].profile))
			fail_msg("case %zu: %s, expected %s", i, p->name, cases[i].profile);
	}
	conf_free(conf);
}

static void test_identity_text(void **state)
{
	static const struct {
		uint8_t type;
		const char *data;
		size_t len;
		const char *text;
	} cases[] = {
		{ ID(FQDN, "gw.example.org"), "fqdn gw.example.org" },
		{ ID(EMAIL, "a@example.org"), "email a@example.org" },
		{ ID(IPV4, "\xc0\x00\x02\x01"), "address 192.0.2.1" },
		{ ID(IPV6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"), "address 2001:db8::7" },
		{ ID(IPV4, "abc"), "type-1 abc" },
		{ ID(KEY_ID, "fruit"), "key-id fruit" },
		{ ID(KEY_ID, "\x00\x1b[2J\n"), "key-id \\x00\\x1b[2J\\x0a" },
		{ 9, "\x30\x01", 2, "asn1-dn 0\\x01" },
		{ ID(DN, "\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03\x62\x6f\x62"),
		  "dn CN=bob" },
		{ ID(ANYCONNECT, "*$AnyConnectClient$*"), "key-id *$AnyConnectClient$*" },
		{ 200, "x", 1, "type-200 x" },
		{ ID(FQDN, ""), "fqdn " },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(conf_identity_text(cases[i].type,
						       (const uint8_t *)cases[i].data, cases[i].len,
						       buf, sizeof(buf)),
				    cases[i].text);
	/* Cut, never overrun. */
	for (size_t cap = 1; cap < sizeof(buf); cap++) {
		memset(buf, 'Z', sizeof(buf));
		conf_identity_text(CONF_ID_FQDN, (const uint8_t *)"laptop.example.org", 18, buf,
				   cap);
		assert_true(strlen(buf) < cap);
		assert_true(cap == sizeof(buf) - 1 || buf[cap] == 'Z');
	}
}

struct restart_row {
	const char *keys, *names;
};

static void test_needs_restart(void **state)
{
	static const struct restart_row changes[] = {
		{ "outside = eth9", "outside" },
		{ "outside = eth0, eth9", "outside" },
		{ "outside = eth0\ninside = eth9", "inside" },
		{ "outside = eth0\nlocal-address = 192.0.2.1", "local-address" },
		{ "outside = eth0\nworkers = 2", "workers" },
		{ "outside = eth0\nmax-sessions = 100", "max-sessions" },
		{ "outside = eth0\nxdp-mode = native", "xdp-mode" },
		{ "outside = eth0\nflood-guard = xdp", "flood-guard" },
		{ "outside = eth0\ncookie-challenge = always", NULL },
		{ "outside = eth0\ninit-rate = 1\ninit-rate-source = 1", NULL },
		{ "outside = eth0\ncrypto = openssl", "crypto" },
		{ "outside = eth0\nrun-directory = /x", "run-directory" },
		{ "outside = eth0\nbpf-directory = /x", "bpf-directory" },
		{ "outside = eth0\nsecrets-file = /x", "secrets-file" },
		{ "outside = eth0\nuser-ike = x", "user-ike" },
		{ "outside = eth0\nuser-aaa = x", "user-aaa" },
		{ "outside = eth0\nuser-worker = x", "user-worker" },
		{ "outside = eth0\nhalf-open-limit = 5", NULL },
		{ "outside = eth0\nhalf-open-timeout = 5", NULL },
		{ "outside = eth0\nforwarding = stack", NULL },
		{ "outside = eth0\nlog-level = debug", NULL },
		{ "outside = eth0", NULL },
	};
	struct conf *now = parse_good("[gateway]\noutside = eth0\n" NO_GATEWAY);

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		char text[2048], expected[128];
		struct conf *next;
		const char *why;

		snprintf(text, sizeof(text), "[gateway]\n%s\n%s", changes[i].keys, NO_GATEWAY);
		next = parse_good(text);
		why = conf_needs_restart(now, next);
		if (changes[i].names) {
			snprintf(expected, sizeof(expected),
				 "[gateway] %s changed; restart flexd to use it", changes[i].names);
			assert_non_null(why);
			assert_string_equal(why, expected);
		} else {
			assert_null(why);
		}
		conf_free(next);
	}
	conf_free(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),      cmocka_unit_test(test_none),
		cmocka_unit_test(test_kinds),         cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_identity_text), cmocka_unit_test(test_needs_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
