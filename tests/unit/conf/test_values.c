// SPDX-License-Identifier: BSD-2-Clause
/* What good text becomes: values, defaults, lists, references, and the shapes a line may have. */
#include "text.h"

#define assert_ip(ip, text)                                                                        \
	do {                                                                                       \
		char buf_[IP_TEXT_MAX];                                                            \
		assert_string_equal(ip_text(&(ip), buf_), text);                                   \
	} while (0)

static void test_defaults(void **state)
{
	struct conf *conf = parse_good(ALL);
	const struct conf_gateway *g = &conf->gateway;

	(void)state;
	assert_int_equal(g->outside_count, 1);
	assert_string_equal(g->outside[0], "eth0");
	assert_string_equal(g->inside[0], "eth1");
	assert_int_equal(g->local_count, 0);
	assert_int_equal(g->workers, 0);
	assert_int_equal(g->max_sessions, 16384);
	assert_int_equal(g->half_open_limit, 1000);
	assert_int_equal(g->half_open_timeout_s, 30);
	assert_int_equal(g->fragmentation_mtu, 1280);
	assert_int_equal(g->cookie_challenge, 100);
	assert_int_equal(g->flood_guard, CONF_GUARD_AUTO);
	assert_int_equal(g->init_rate, 5000);
	assert_int_equal(g->init_rate_source, 500);
	assert_true(g->fast_door);
	assert_int_equal(g->xdp_mode, CONF_XDP_AUTO);
	assert_int_equal(g->crypto, CONF_CRYPTO_AUTO);
	assert_string_equal(g->run_directory, "/run/flexgate");
	assert_string_equal(g->bpf_directory, "/sys/fs/bpf/flexgate");
	assert_string_equal(g->secrets_file, "/etc/flexgate/secrets.conf");
	assert_string_equal(g->user_ike, "flexgate-ike");
	assert_string_equal(g->user_aaa, "flexgate-aaa");
	assert_string_equal(g->user_worker, "flexgate-worker");
	assert_int_equal(g->log_level, LOG_LEVEL_INFO);
	assert_int_equal(conf->templates[0].number, 1);
	assert_int_equal(conf->templates[0].mtu, 1400);
	assert_int_equal(conf->templates[0].mss, 1);
	assert_string_equal(conf->templates[0].unnumbered, "");
	conf_free(conf);
}

static void test_gateway(void **state)
{
	struct conf *conf = parse_good(
		"[gateway]\noutside = eth0, eth1\noutside = eth2 \ninside = eth0 vlan.5\n"
		"local-address = 192.0.2.1 2001:db8::1\nworkers = 16\nmax-sessions = 131072\n"
		"half-open-limit = 1\nhalf-open-timeout = 3600\nfragmentation-mtu = off\n"
		"cookie-challenge = never\nflood-guard = daemon\ninit-rate = off\n"
		"init-rate-source = 7\nforwarding = stack\nxdp-mode = generic\n"
		"crypto = openssl\nrun-directory = /run/x\nbpf-directory = /sys/fs/bpf/x\n"
		"secrets-file = /etc/s\nuser-ike = a_b-c.d\nuser-aaa = u\nuser-worker = nobody\n"
		"log-level = debug\n" NO_GATEWAY);
	const struct conf_gateway *g = &conf->gateway;

	(void)state;
	assert_int_equal(g->outside_count, 3);
	assert_string_equal(g->outside[2], "eth2");
	assert_int_equal(g->inside_count, 2);
	assert_string_equal(g->inside[1], "vlan.5");
	assert_int_equal(g->local_count, 2);
	assert_ip(g->local[0], "192.0.2.1");
	assert_ip(g->local[1], "2001:db8::1");
	assert_int_equal(g->workers, 16);
	assert_int_equal(g->max_sessions, 131072);
	assert_int_equal(g->half_open_limit, 1);
	assert_int_equal(g->half_open_timeout_s, 3600);
	assert_int_equal(g->fragmentation_mtu, 0);
	assert_true(g->cookie_challenge == CONF_COOKIE_NEVER);
	assert_int_equal(g->flood_guard, CONF_GUARD_DAEMON);
	assert_int_equal(g->init_rate, 0);
	assert_int_equal(g->init_rate_source, 7);
	assert_false(g->fast_door);
	assert_int_equal(g->xdp_mode, CONF_XDP_GENERIC);
	assert_int_equal(g->crypto, CONF_CRYPTO_OPENSSL);
	assert_string_equal(g->run_directory, "/run/x");
	assert_string_equal(g->bpf_directory, "/sys/fs/bpf/x");
	assert_string_equal(g->secrets_file, "/etc/s");
	assert_string_equal(g->user_ike, "a_b-c.d");
	assert_string_equal(g->user_aaa, "u");
	assert_string_equal(g->user_worker, "nobody");
	assert_int_equal(g->log_level, LOG_LEVEL_DEBUG);
	conf_free(conf);
}

/* Sections called default exist when they are meant and not written. */
static void test_default_sections(void **state)
{
	struct conf *conf = parse_good(ALL);
	const struct conf_proposal *p;

	(void)state;
	assert_int_equal(conf->proposal_count, 1);
	assert_int_equal(conf->profiles[0].proposal_count, 1);
	p = &conf->proposals[conf->profiles[0].proposal[0]];
	assert_string_equal(p->name, "default");
	assert_int_equal(p->encryption_count, 5);
	assert_int_equal(p->encryption[0].id, 20);
	assert_int_equal(p->encryption[0].key_bits, 256);
	assert_int_equal(p->encryption[2].id, 28);
	assert_int_equal(p->encryption[4].id, 12);
	assert_int_equal(p->encryption[4].key_bits, 128);
	assert_int_equal(p->integrity_count, 3);
	assert_int_equal(p->integrity[0], 14);
	assert_int_equal(p->prf[0], 7);
	assert_int_equal(p->group[0], 31);
	assert_int_equal(p->group_count, 8);
	assert_int_equal(conf->ipsec_profile_count, 1);
	assert_int_equal(conf->ipsec_profiles[0].suite_count, 10);
	assert_int_equal(conf->ipsec_profiles[0].suite[0], FG_ESP_AES_GCM_256 | CONF_ESP_ESN);
	assert_int_equal(conf->ipsec_profiles[0].suite[1], FG_ESP_AES_GCM_256);
	conf_free(conf);

	conf = parse_good("[ikev2-proposal default]\nencryption = aes-gcm-128\n"
			  "[ipsec-profile default]\ntransform = esp-gcm-128\n" ALL);
	assert_int_equal(conf->proposal_count, 1);
	assert_int_equal(conf->proposals[0].encryption_count, 1);
	assert_int_equal(conf->proposals[0].integrity_count, 0); /* aes-gcm has its own */
	assert_int_equal(conf->proposals[0].prf_count, 3);
	assert_int_equal(conf->ipsec_profiles[0].suite_count, 2);
	conf_free(conf);

	/* written and not referenced: both exist; not written and not referenced: none */
	conf = parse_good("[ikev2-proposal mine]\n[ipsec-profile mine]\n"
			  "[ikev2-profile p]\nmatch-identity-remote = any\nproposal = mine\n"
			  "ipsec-profile = mine\n" PROFILE_BODY NO_PROFILE);
	assert_int_equal(conf->proposal_count, 1);
	assert_int_equal(conf->ipsec_profile_count, 1);
	conf_free(conf);
}

static void test_transforms(void **state)
{
	struct conf *conf = parse_good(
		"[ikev2-proposal p]\nencryption = aes-cbc-256 aes-gcm-128\nintegrity = sha384\n"
		"integrity = sha256\nprf = sha256, sha512\ngroup = 14 ecp384,x25519\ngroup = modp4096\n"
		"[ipsec-profile p]\ntransform = esp-chacha20-poly1305\ntransform = "
		"esp-cbc-256-sha256,esp-cbc-128-sha256\nesn = no\n" ALL);
	const struct conf_proposal *p = conf->proposals;
	static const uint16_t groups[] = { 14, 20, 31, 16 };
	static const uint16_t suites[] = { FG_ESP_CHACHA20_POLY1305, FG_ESP_AES_CBC_256_SHA256,
					   FG_ESP_AES_CBC_128_SHA256 };

	(void)state;
	assert_int_equal(p->encryption_count, 2);
	assert_int_equal(p->encryption[0].id, 12);
	assert_int_equal(p->encryption[1].key_bits, 128);
	assert_int_equal(p->integrity_count, 2);
	assert_int_equal(p->integrity[0], 13);
	assert_int_equal(p->integrity[1], 12);
	assert_int_equal(p->prf[0], 5);
	assert_int_equal(p->prf[1], 7);
	assert_int_equal(p->group_count, 4);
	assert_memory_equal(p->group, groups, sizeof(groups));
	assert_int_equal(conf->ipsec_profiles[0].suite_count, 3);
	assert_memory_equal(conf->ipsec_profiles[0].suite, suites, sizeof(suites));
	conf_free(conf);
}

static void test_legacy(void **state)
{
	struct conf *conf = parse_good(
		"[ikev2-proposal old]\nlegacy = yes\nencryption = aes-cbc-256\nintegrity = sha256 sha1\n"
		"prf = sha1 sha256\ngroup = 14 2 modp1536\n[ikev2-proposal new]\nlegacy = yes\n"
		"encryption = chacha20-poly1305 aes-gcm-192\ngroup = x448 18\n" ALL);
	char text[CONF_LEGACY_TEXT_MAX];

	(void)state;
	assert_string_equal(conf_legacy_text(&conf->proposals[0], text),
			    "group modp1024, group modp1536, integrity sha1, prf sha1");
	assert_string_equal(conf_legacy_text(&conf->proposals[1], text), "");
	assert_int_equal(conf->proposals[1].encryption[0].id, 28);
	assert_int_equal(conf->proposals[1].encryption[0].key_bits, 0);
	assert_int_equal(conf->proposals[1].group[0], 32);
	assert_true(conf_legacy(4, 2) && conf_legacy(4, 5) && conf_legacy(3, 2) &&
		    conf_legacy(2, 2));
	assert_false(conf_legacy(4, 14) || conf_legacy(3, 12) || conf_legacy(2, 5));
	conf_free(conf);
}

/* The weak suites stand last wherever they were written, and each is named once. */
static void test_legacy_suites(void **state)
{
	static const uint16_t suites[] = {
		FG_ESP_AES_GCM_256 | CONF_ESP_ESN,      FG_ESP_AES_GCM_256,
		FG_ESP_AES_CBC_128_SHA1 | CONF_ESP_ESN, FG_ESP_AES_CBC_128_SHA1,
		FG_ESP_AES_CBC_256_SHA1 | CONF_ESP_ESN, FG_ESP_AES_CBC_256_SHA1
	};
	struct conf *conf = parse_good(
		"[ipsec-profile old]\nlegacy = yes\n"
		"transform = esp-cbc-128-sha1 esp-gcm-256 esp-cbc-256-sha1\n"
		"[ipsec-profile new]\nlegacy = yes\ntransform = esp-gcm-128\n" ALL);
	char text[CONF_LEGACY_TEXT_MAX];

	(void)state;
	assert_int_equal(conf->ipsec_profiles[0].suite_count, sizeof(suites) / sizeof(suites[0]));
	assert_memory_equal(conf->ipsec_profiles[0].suite, suites, sizeof(suites));
	assert_string_equal(conf_legacy_suites_text(&conf->ipsec_profiles[0], text),
			    "transform esp-cbc-256-sha1, transform esp-cbc-128-sha1");
	assert_string_equal(conf_legacy_suites_text(&conf->ipsec_profiles[1], text), "");
	assert_true(conf_legacy_suite(FG_ESP_AES_CBC_256_SHA1 | CONF_ESP_ESN));
	assert_false(conf_legacy_suite(0) || conf_legacy_suite(FG_ESP_AES_CBC_256_SHA256));
	conf_free(conf);
}

static void test_esn(void **state)
{
	static const struct {
		const char *word;
		uint16_t suite[4];
		size_t count;
	} rows[] = {
		{ "yes",
		  { FG_ESP_AES_GCM_128 | CONF_ESP_ESN, FG_ESP_AES_GCM_128,
		    FG_ESP_AES_GCM_256 | CONF_ESP_ESN, FG_ESP_AES_GCM_256 },
		  4 },
		{ "no", { FG_ESP_AES_GCM_128, FG_ESP_AES_GCM_256 }, 2 },
		{ "require",
		  { FG_ESP_AES_GCM_128 | CONF_ESP_ESN, FG_ESP_AES_GCM_256 | CONF_ESP_ESN },
		  2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[4096];
		struct conf *conf;

		snprintf(text, sizeof(text), "%s%s\n%s",
			 "[ipsec-profile p]\ntransform = esp-gcm-128 esp-gcm-256\nesn = ",
			 rows[i].word, ALL);
		conf = parse_good(text);
		assert_int_equal(conf->ipsec_profiles[0].suite_count, rows[i].count);
		assert_memory_equal(conf->ipsec_profiles[0].suite, rows[i].suite,
				    rows[i].count * sizeof(uint16_t));
		conf_free(conf);
	}
}

struct range_row {
	const char *keys, *first, *last;
	size_t ranges;
};

static void test_pools(void **state)
{
	static const struct range_row rows[] = {
		{ "prefix = 10.0.0.0/24", "10.0.0.1", "10.0.0.254", 1 },
		{ "prefix = 10.0.0.0/30", "10.0.0.1", "10.0.0.2", 1 },
		{ "prefix = 10.0.0.0/31", "10.0.0.0", "10.0.0.1", 1 },
		{ "prefix = 10.0.0.7/32", "10.0.0.7", "10.0.0.7", 1 },
		{ "prefix = 11.0.0.0/8", "11.0.0.1", "11.255.255.254", 1 },
		{ "prefix = 2001:db8::/126", "2001:db8::1", "2001:db8::3", 1 },
		{ "prefix = 2001:db8::/127", "2001:db8::", "2001:db8::1", 1 },
		{ "prefix = 2001:db8::/64", "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", 1 },
		{ "prefix = 2001:dba::/33", "2001:dba::1", "2001:dba:7fff:ffff:ffff:ffff:ffff:ffff",
		  1 },
		{ "prefix = 10.0.0.0/24\nrange = 10.0.0.5", "10.0.0.5", "10.0.0.5", 1 },
		{ "prefix = 10.0.0.0/24\nrange = 10.0.0.0 - 10.0.0.255", "10.0.0.0", "10.0.0.255",
		  1 },
		{ "prefix = 10.0.0.0/24\nrange = 10.0.0.5-10.0.0.6, 10.0.0.9\nrange = 10.0.0.1",
		  "10.0.0.5", "10.0.0.6", 3 },
		{ "range = 10.0.0.5\nprefix = 10.0.0.0/24", "10.0.0.5", "10.0.0.5", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[2048];
		struct conf *conf;

		snprintf(text, sizeof(text), "[pool a]\n%s\n%s", rows[i].keys, ALL);
		conf = parse_good(text);
		assert_int_equal(conf->pools[0].range_count, rows[i].ranges);
		assert_ip(conf->pools[0].range[0].first, rows[i].first);
		assert_ip(conf->pools[0].range[0].last, rows[i].last);
		assert_int_equal(conf->pools[0].is4, !strchr(rows[i].first, ':'));
		assert_int_equal(conf->pools[0].client_prefix_len, conf->pools[0].is4 ? 0 : 128);
		conf_free(conf);
	}
}

static void test_pool_exclusions(void **state)
{
	struct conf *conf = parse_good(
		"[pool a]\nprefix = 10.0.0.0/29\n"
		"exclude = 10.0.0.1-10.0.0.3, 10.0.0.5-10.0.0.7\n"
		"[pool b]\nprefix = 2001:db8::/64\nclient-prefix-length = 64\n"
		"exclude = 2001:db8::1\n" ALL);

	(void)state;
	assert_int_equal(conf->pools[0].exclude_count, 2);
	assert_ip(conf->pools[0].exclude[1].first, "10.0.0.5");
	assert_ip(conf->pools[1].exclude[0].last, "2001:db8::1");
	assert_int_equal(conf->pools[1].client_prefix_len, 64);
	assert_int_equal(conf->pools[1].net.len, 64);
	conf_free(conf);
}

static void test_policy(void **state)
{
	struct conf *conf = parse_good(
		"[ikev2-authorization-policy pol]\npool = v4\nipv6-pool = v6\n"
		"dns = 192.0.2.53, 2001:db8::53\nnetmask = 255.255.255.0\n"
		"route-set-remote = ipv4 10.0.0.0/8, 192.0.2.1/32\n"
		"route-set-remote = ipv6   2001:db8::/32\nroute-set-remote = 0.0.0.0/0\n" NO_POLICY);
	const struct conf_authorization_policy *p = conf->policies;

	(void)state;
	assert_string_equal(conf->pools[p->pool].name, "v4");
	assert_string_equal(conf->pools[p->pool6].name, "v6");
	assert_int_equal(p->dns_count, 2);
	assert_ip(p->dns[1], "2001:db8::53");
	assert_int_equal(ntohl(p->netmask), 0xffffff00);
	assert_int_equal(p->subnet_count, 4);
	assert_ip(p->subnets[1].ip, "192.0.2.1");
	assert_int_equal(p->subnets[1].len, 32);
	assert_ip(p->subnets[2].ip, "2001:db8::");
	assert_int_equal(p->subnets[3].len, 0);
	conf_free(conf);

	conf = parse_good("[ikev2-authorization-policy pol]\nipv6-pool = v6\n" NO_POLICY);
	assert_int_equal(conf->policies[0].pool, CONF_NONE);
	assert_int_equal(conf->policies[0].netmask, 0);
	assert_int_equal(conf->policies[0].subnet_count, 0);
	conf_free(conf);
}

static void test_template(void **state)
{
	struct conf *conf = parse_good(
		"[virtual-template 4096]\nmtu = 1280\ntcp-adjust-mss = 1240\nip-unnumbered = lo\n"
		"[virtual-template 7]\ntcp-adjust-mss = off\n" ALL);

	(void)state;
	assert_int_equal(conf->templates[0].number, 4096);
	assert_int_equal(conf->templates[0].mtu, 1280);
	assert_int_equal(conf->templates[0].mss, 1240);
	assert_string_equal(conf->templates[0].unnumbered, "lo");
	assert_int_equal(conf->templates[1].mss, 0);
	assert_int_equal(conf->profiles[0].virtual_template, 2);
	conf_free(conf);

	conf_free(parse_good("[virtual-template 1]\nmtu = 1280\n" NO_TEMPLATE));
	/* IPv6 is what needs 1280 */
	conf = parse_good(
		"[virtual-template 1]\nmtu = 576\n"
		"[ikev2-authorization-policy pol]\npool = v4\n" GATEWAY POOLS KEYRING PROFILE);
	assert_int_equal(conf->templates[0].mtu, 576);
	conf_free(conf);
}

static void test_profile(void **state)
{
	struct conf *conf = parse_good(
		"[ikev2-profile p]\nmatch-identity-remote = address 192.0.2.7\n"
		"match-identity-remote = address 2001:db8::/32\n"
		"match-identity-remote = fqdn Laptop.Example.org\n"
		"match-identity-remote = fqdn domain Example.ORG\n"
		"match-identity-remote = email Alice@Example.org\n"
		"match-identity-remote = email domain example.net\n"
		"match-identity-remote = key-id some text\nmatch-identity-remote = key-id 0x00ff\n"
		"identity-local = address 2001:db8::1\nauthentication-local = pre-share\n"
		"authentication-remote = pre-share\nkeyring-local = ring\n"
		"proposal = b, default\nproposal = a\naaa-authorization-group = pol\n"
		"virtual-template = 1\n[ikev2-proposal a]\n[ikev2-proposal b]\n" NO_PROFILE);
	const struct conf_profile *p = conf->profiles;

	(void)state;
	assert_int_equal(p->match_count, 8);
	assert_int_equal(p->match[0].kind, CONF_MATCH_EXACT);
	assert_int_equal(p->match[0].identity.type, CONF_ID_IPV4);
	assert_int_equal(p->match[0].identity.len, 4);
	assert_memory_equal(p->match[0].identity.data, "\xc0\x00\x02\x07", 4);
	assert_int_equal(p->match[1].kind, CONF_MATCH_NET);
	assert_int_equal(p->match[1].net.len, 32);
	assert_memory_equal(p->match[2].identity.data, "laptop.example.org", 18);
	assert_int_equal(p->match[3].kind, CONF_MATCH_DOMAIN);
	assert_memory_equal(p->match[3].identity.data, "example.org", 11);
	assert_memory_equal(p->match[4].identity.data, "Alice@example.org", 17);
	assert_int_equal(p->match[5].identity.type, CONF_ID_EMAIL);
	assert_memory_equal(p->match[6].identity.data, "some text", 9);
	assert_int_equal(p->match[7].identity.len, 2);
	assert_memory_equal(p->match[7].identity.data, "\x00\xff", 2);
	assert_int_equal(p->local.type, CONF_ID_IPV6);
	assert_int_equal(p->local.len, 16);
	assert_int_equal(p->proposal_count, 3);
	assert_string_equal(conf->proposals[p->proposal[0]].name, "b");
	assert_string_equal(conf->proposals[p->proposal[1]].name, "default");
	assert_string_equal(conf->proposals[p->proposal[2]].name, "a");
	assert_string_equal(conf->ipsec_profiles[p->ipsec_profile].name, "default");
	assert_string_equal(conf->policies[p->authorization_policy].name, "pol");
	assert_string_equal(conf->keyrings[p->keyring].psk[0], "all");
	assert_ptr_equal(conf_find_profile(conf, "p"), p);
	assert_null(conf_find_profile(conf, "q"));
	assert_null(conf_find_profile(conf, ""));
	conf_free(conf);
}

/* Our own identity goes out as it was written. */
static void test_local_identity_case(void **state)
{
	struct conf *conf = parse_good("[ikev2-profile p]\nmatch-identity-remote = any\n"
				       "identity-local = fqdn GW.Example.org\n"
				       "authentication-local = pre-share\n"
				       "authentication-remote = pre-share\nkeyring-local = ring\n"
				       "aaa-authorization-group = pol\n"
				       "virtual-template = 1\n" NO_PROFILE);

	(void)state;
	assert_int_equal(conf->profiles[0].local.len, 14);
	assert_memory_equal(conf->profiles[0].local.data, "GW.Example.org", 14);
	conf_free(conf);
}

/* References may stand before what they name. */
static void test_any_order(void **state)
{
	(void)state;
	conf_free(parse_good(PROFILE KEYRING TEMPLATE POLICY POOLS GATEWAY));
}

static void test_line_shapes(void **state)
{
	static const char *const texts[] = {
		"[gateway]\r\noutside = eth0\r\ninside=eth1\r\n" NO_GATEWAY,
		"\xef\xbb\xbf[gateway]\noutside = eth0\ninside = eth1\n" NO_GATEWAY,
		"\xef\xbb\xbf# text\n[gateway]\noutside = eth0\ninside = eth1\n" NO_GATEWAY,
		/* indented as in IOS: not a continuation of the line before */
		"  [ gateway ]  ; text\n   outside = eth0\n   inside = eth1\n" NO_GATEWAY,
		"[gateway] # text\n\toutside\t=\teth0\t; text\n\tinside : eth1 ;text\n" NO_GATEWAY,
		NO_GATEWAY "[gateway]\noutside = eth0\ninside = eth1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct conf *conf = parse_good(texts[i]);

		assert_int_equal(conf->gateway.outside_count, 1);
		assert_string_equal(conf->gateway.outside[0], "eth0");
		assert_int_equal(conf->gateway.inside_count, 1);
		assert_string_equal(conf->gateway.inside[0], "eth1");
		conf_free(conf);
	}
}

/* libinih keeps 49 bytes of a section's name. */
static void test_long_names(void **state)
{
#define LONG "a-name-of-63-characters-0123456789-0123456789-0123456789-01234"
	struct conf *conf = parse_good("[ikev2-authorization-policy " LONG "5]\npool = v4\n"
				       "[ikev2-authorization-policy " LONG "6]\npool = v4\n" ALL);

	(void)state;
	assert_int_equal(conf->policy_count, 3);
	assert_string_equal(conf->policies[1].name, LONG "6");
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_default_sections),
		cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_legacy_suites),
		cmocka_unit_test(test_esn),
		cmocka_unit_test(test_transforms),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_pool_exclusions),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_template),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_local_identity_case),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_line_shapes),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
