// SPDX-License-Identifier: BSD-2-Clause
/*
 * The configuration payload: what a client asks for, one row each, and the bytes it is told; what
 * it sends beside; vendor IDs and what FLEXVPN-SUPPORTED does to TSi.
 */
#include "exchange/exchange.h"

#include "ike/client.h"

#include <stdio.h>

#define TELLING                                                                                    \
	"[gateway]\noutside = eth0\napplication-version = FlexGate\n"                              \
	"[private-attributes]\nconfiguration-url = 28704\nconfiguration-version = 28705\n"         \
	"smartcard-removal-disconnect = 28706\n"                                                   \
	"[pool p4]\nprefix = 10.10.0.0/24\n[pool p6]\nprefix = 2001:db8:10::/64\n"                 \
	"[ikev2-authorization-policy all]\npool = p4\nipv6-pool = p6\nnetmask = 255.255.255.0\n"   \
	"dns = 192.0.2.53, 2001:db8::53\nwins = 192.0.2.54\ndhcp-server = 192.0.2.67\n"            \
	"dhcp-server = 2001:db8::67\nroute-set-remote = ipv4 10.20.0.0/16\n"                       \
	"route-set-remote = ipv6 2001:db8:20::/48\ndef-domain = example.org\n"                     \
	"split-dns = example.org, example.net\n"                                                   \
	"dnssec-trust-anchor = example.net 12345 8 2 00ff\n"                                       \
	"banner = ***\nbanner = Be good.\nbanner = ***\n"                                          \
	"backup-gateway = gw2.example.org, 192.0.2.99\ninclude-local-lan = yes\npfs = yes\n"       \
	"configuration-url = https://example.org/p\nconfiguration-version = 7\n"                   \
	"smartcard-removal-disconnect = yes\n"                                                     \
	"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n"               \
	"match-identity-remote = any\nidentity-local = fqdn gateway.example.org\n"                 \
	"authentication-local = pre-share\nauthentication-remote = pre-share\n"                    \
	"keyring-local = ring\naaa-authorization-group = all\nvirtual-template = 1\n"

/* --- one attribute at a time --- */

#define BYTES(text) text, sizeof(text) - 1
#define IP6(tail)   "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0" tail

struct told {
	uint16_t type;
	const char *value;
	size_t len;
};

static const struct {
	uint16_t asked;
	struct told told[4];
} asks[] = {
	{ IKE_ATTR_INTERNAL_IP4_NETMASK, { { 2, BYTES("\xff\xff\xff\0") } } },
	{ IKE_ATTR_INTERNAL_IP4_DNS, { { 3, BYTES("\xc0\0\2\x35") } } },
	{ IKE_ATTR_INTERNAL_IP4_NBNS, { { 4, BYTES("\xc0\0\2\x36") } } },
	{ 5, { { 0 } } },
	{ IKE_ATTR_INTERNAL_IP4_DHCP, { { 6, BYTES("\xc0\0\2\x43") } } },
	{ IKE_ATTR_APPLICATION_VERSION, { { 7, BYTES("FlexGate") } } },
	{ IKE_ATTR_INTERNAL_IP6_DNS, { { 10, BYTES(IP6("\x53")) } } },
	{ IKE_ATTR_INTERNAL_IP6_DHCP, { { 12, BYTES(IP6("\x67")) } } },
	{ IKE_ATTR_SUPPORTED_ATTRIBUTES,
	  { { 14,
	      BYTES("\0\1\0\2\0\3\0\4\0\6\0\7\0\x08\0\x0a\0\x0c\0\x0d\0\x0e\0\x0f\0\x19\0\x1a") } } },
	{ IKE_ATTR_MIP6_HOME_PREFIX, { { 0 } } },
	/* RFC 5739: a client has one address here, and no prefix of its own. */
	{ IKE_ATTR_INTERNAL_IP6_LINK, { { 0 } } },
	{ IKE_ATTR_INTERNAL_IP6_PREFIX, { { 0 } } },
	{ IKE_ATTR_INTERNAL_DNS_DOMAIN,
	  { { 25, BYTES("example.org") }, { 25, BYTES("example.net") } } },
	{ IKE_ATTR_INTERNAL_DNSSEC_TA, { { 0 } } }, /* not without the domains */
	{ 99, { { 0 } } },
	{ 16000, { { 0 } } },
	{ IKE_ATTR_INTERNAL_IP4_SERVER, { { 0 } } },
	{ IKE_ATTR_UNITY_BANNER, { { 28672, BYTES("***\nBe good.\n***") } } },
	{ IKE_ATTR_UNITY_SAVE_PASSWD, { { 28673, BYTES("\0\0") } } },
	{ IKE_ATTR_UNITY_DEF_DOMAIN, { { 28674, BYTES("example.org") } } },
	{ IKE_ATTR_UNITY_SPLITDNS_NAME, { { 28675, BYTES("example.org,example.net") } } },
	{ IKE_ATTR_UNITY_SPLIT_INCLUDE,
	  { { 28676, BYTES("\x0a\x14\0\0\xff\xff\0\0\0\0\0\0\0\0") } } },
	{ IKE_ATTR_UNITY_NATT_PORT, { { 0 } } },
	{ IKE_ATTR_UNITY_LOCAL_LAN, { { 28678, BYTES("") } } },
	{ IKE_ATTR_UNITY_PFS, { { 28679, BYTES("\0\1") } } },
	{ IKE_ATTR_UNITY_FW_TYPE, { { 0 } } },
	{ IKE_ATTR_UNITY_BACKUP_SERVERS, { { 28681, BYTES("gw2.example.org,192.0.2.99") } } },
	{ IKE_ATTR_UNITY_DDNS_HOSTNAME, { { 0 } } },
	{ 28683, { { 0 } } },
	{ 28704, { { 28704, BYTES("https://example.org/p") } } },
	{ 28705, { { 28705, BYTES("\0\7") } } },
	{ 28706, { { 28706, BYTES("\0\1") } } },
	{ 28707, { { 0 } } },
	{ 32767, { { 0 } } },
};

/* What comes in any case: an address and the networks of its family. */
static bool is_usual(uint16_t type)
{
	return type == IKE_ATTR_INTERNAL_IP4_ADDRESS || type == IKE_ATTR_INTERNAL_IP4_SUBNET ||
	       (type == IKE_ATTR_INTERNAL_IP4_NETMASK);
}

/* Exactly these, in this order. */
static void check_told(const struct ike_cp *cp, const struct told told[4], size_t row, bool usual)
{
	size_t at = 0;

	for (size_t i = 0; i < cp->count; i++) {
		const struct ike_attr *attr = &cp->attr[i];

		if (usual && is_usual(attr->type) && attr->type != told[0].type)
			continue;
		if (at == 4 || attr->type != told[at].type || attr->value.len != told[at].len ||
		    memcmp(attr->value.p, told[at].value, told[at].len) != 0)
			fail_msg("row %zu: attribute %u of %zu bytes", row, attr->type,
				 attr->value.len);
		at++;
	}
	if (at < 4 && told[at].type)
		fail_msg("row %zu: attribute %u is missing", row, told[at].type);
}

static void test_each_attribute(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct story *s = story_begin(TELLING);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		setup.attr[0] = (struct initiator_bytes){ .type = asks[i].asked };
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		assert_int_equal(s->in->answer.cp.type, IKE_CFG_REPLY);
		check_told(&s->in->answer.cp, asks[i].told, i, true);
		/* Asked later, in an INFORMATIONAL: the same, without addresses. */
		if (asks[i].asked != IKE_ATTR_INTERNAL_IP4_NETMASK) {
			assert_true(initiator_config(s->in, IKE_CFG_REQUEST, setup.attr, 1) > 0);
			gateway_talk(&s->gw, s->in);
			assert_int_equal(s->in->answer.cp.type, IKE_CFG_REPLY);
			check_told(&s->in->answer.cp, asks[i].told, i, false);
		}
		story_end(s);
	}
}

static void test_dnssec(void **state)
{
	static const struct told told[4] = { { 25, BYTES("example.org") },
					     { 25, BYTES("example.net") },
					     { 26, BYTES("\x30\x39\x08\x02\x00\xff") } };
	struct story *s = story_begin(TELLING);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	setup.attr[0].type = IKE_ATTR_INTERNAL_DNSSEC_TA;
	setup.attr[1].type = IKE_ATTR_INTERNAL_DNS_DOMAIN;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	check_told(&s->in->answer.cp, told, 0, true);
	story_end(s);
}

/* Without a policy's words and without a version nothing of it is told. */
static void test_nothing_to_tell(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	for (size_t i = 0; i < INITIATOR_ATTRS && i < COUNT(asks); i++)
		setup.attr[i].type = asks[i].asked;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	for (size_t i = 0; i < s->in->answer.cp.count; i++) {
		uint16_t type = s->in->answer.cp.attr[i].type;

		assert_true(is_usual(type) || type == IKE_ATTR_INTERNAL_IP4_DNS ||
			    type == IKE_ATTR_INTERNAL_IP6_DNS ||
			    type == IKE_ATTR_SUPPORTED_ATTRIBUTES || type == IKE_ATTR_UNITY_PFS ||
			    type == IKE_ATTR_UNITY_SAVE_PASSWD ||
			    type == IKE_ATTR_INTERNAL_IP6_SUBNET);
	}
	story_end(s);
}

/* --- strange requests --- */

/* An address attribute of any length is a wish for an address; what is no address is no hint. */
static void test_lengths(void **state)
{
	static const uint8_t wish[] = { 10, 10, 0, 77, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };
	static const struct {
		size_t len;
		uint32_t hint;
	} rows[] = {
		{ 0, 0 },          { 1, 0 },          { 3, 0 },
		{ 4, 0x0a0a004d }, { 5, 0x0a0a004d }, { 17, 0x0a0a004d },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = story_begin(TELLING);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		setup.want4 = false;
		setup.attr[0] = (struct initiator_bytes){ IKE_ATTR_INTERNAL_IP4_ADDRESS, wish,
							  rows[i].len };
		/* A second wish: RFC 7296 3.15.1 lets us give one. */
		setup.attr[1] = setup.attr[0];
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		assert_int_equal(ntohl(ip_to4(&gateway_session_of(&s->gw, 1)->begin.hint4)),
				 rows[i].hint);
		story_end(s);
	}
}

/* A payload whose attributes do not fit into it: INVALID_SYNTAX, whatever is inside. */
static void test_cut_attribute(void **state)
{
	static const uint8_t cut[][8] = {
		{ 1, 0, 0, 0, 0, 1, 0, 9 }, /* longer than the payload */
		{ 1, 0, 0, 0, 0, 1, 0 },    /* half a length */
		{ 1, 0, 0 },
	};
	static const size_t len[] = { 8, 7, 3 };

	(void)state;
	for (size_t i = 0; i < COUNT(cut); i++) {
		struct story *s = story_up(0);
		struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
		struct ike_writer w;
		uint8_t bytes[64];

		ike_begin_inner(&w, bytes, sizeof(bytes));
		ike_payload_open(&w, IKE_PAYLOAD_CP);
		wr_bytes(&w.wr, cut[i], len[i]);
		ike_payload_close(&w);
		assert_true(initiator_seal(s->in, &header, &w) > 0);
		s->in->next_id++;
		gateway_talk(&s->gw, s->in);
		assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_INVALID_SYNTAX));
		assert_int_equal(s->gw.core->stats.drop[IKE_DROP_bad_payload], 1);
		story_end(s);
	}
}

static void test_set_and_others(void **state)
{
	static const struct initiator_bytes attrs[] = {
		{ IKE_ATTR_INTERNAL_IP4_SUBNET, "\x0a\x14\0\0\xff\xff\0\0", 8 },
		{ IKE_ATTR_APPLICATION_VERSION, "router\x1b[2J", 10 },
		{ 28700, "x", 1 },
	};
	struct story *s = story_up(0);
	const struct ike_cp *cp = &s->in->answer.cp;

	(void)state;
	/* What has an effect here is accepted, and comes back without its value. */
	assert_true(initiator_config(s->in, IKE_CFG_SET, attrs, 3) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_CP), 1);
	assert_int_equal(cp->type, IKE_CFG_ACK);
	assert_int_equal(cp->count, 1);
	assert_int_equal(cp->attr[0].type, IKE_ATTR_APPLICATION_VERSION);
	assert_int_equal(cp->attr[0].value.len, 0);
	assert_true(initiator_config(s->in, IKE_CFG_SET, attrs, 1) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(cp->type, IKE_CFG_ACK);
	assert_int_equal(cp->count, 0);
	/* An answer that nobody asked for, and a type that there is not: as if it had not come. */
	for (uint8_t type = 2; type < 8; type++) {
		if (type == IKE_CFG_SET)
			continue;
		assert_true(initiator_config(s->in, type, attrs, 3) > 0);
		gateway_talk(&s->gw, s->in);
		assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_CP), 0);
	}
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

/* More than any answer can hold: texts are let go, the addresses are not. */
static void test_too_much(void **state)
{
	char conf[16384], line[256];
	struct initiator_setup setup;
	struct story *s;

	(void)state;
	snprintf(conf, sizeof(conf), "%s", TELLING);
	memset(line, 0, sizeof(line));
	memset(line, 'x', 180);
	for (size_t i = 0; i < 16; i++)
		snprintf(conf + strlen(conf), sizeof(conf) - strlen(conf),
			 "%s%.170s%zu.example.org\n",
			 i ? "split-dns = "
			   : "[ikev2-authorization-policy long]\npool = p4\n"
			     "split-dns = ",
			 line, i);
	for (size_t i = 0; i < 8; i++)
		snprintf(conf + strlen(conf), sizeof(conf) - strlen(conf), "banner = %zu%s\n", i,
			 line);
	snprintf(conf + strlen(conf), sizeof(conf) - strlen(conf),
		 "[ikev2-name-mangler m]\nfqdn = domain\n");
	*strstr(conf, "aaa-authorization-group = all") = '#';
	snprintf(conf + strlen(conf), sizeof(conf) - strlen(conf),
		 "[ikev2-profile long]\nmatch-identity-remote = fqdn domain example.org\n"
		 "identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"
		 "authentication-remote = pre-share\nkeyring-local = ring\n"
		 "aaa-authorization-group = long\nvirtual-template = 1\n");
	memcpy(strstr(conf, "#aa-authorization-group = all"), "aaa", 3);
	s = story_begin(conf);
	gateway_client(&s->gw, &setup);
	setup.attr[0].type = IKE_ATTR_INTERNAL_DNS_DOMAIN;
	setup.attr[1].type = IKE_ATTR_UNITY_SPLITDNS_NAME;
	setup.attr[2].type = IKE_ATTR_UNITY_BANNER;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_non_null(ike_find_attr(&s->in->answer, IKE_ATTR_INTERNAL_DNS_DOMAIN));
	assert_null(ike_find_attr(&s->in->answer, IKE_ATTR_UNITY_BANNER));
	assert_int_not_equal(s->in->inner4, 0);
	story_end(s);
}

/* --- vendor IDs --- */

static const struct initiator_bytes flexvpn = { 1, BYTES("FLEXVPN-SUPPORTED") };

static bool says_flexvpn(const struct initiator *in)
{
	struct ike_message m;

	assert_int_equal(ike_parse_clear(in->init_answer, in->init_answer_len, &m), IKE_DROP_NONE);
	for (size_t i = 0; i < m.vendor_count; i++)
		if (ike_vendor_find(m.vendor[i]) == IKE_VENDOR_FLEXVPN_SUPPORTED)
			return true;
	return false;
}

static void test_flexvpn(void **state)
{
	static const struct {
		const char *setting;
		bool sent, answered;
	} rows[] = {
		{ "auto", false, false }, { "auto", true, true }, { "on", true, true },
		{ "on", false, true },    { "off", true, false }, { "off", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char conf[4096];
		struct story *s;
		struct initiator_setup setup;
		const struct ike_ts *ts;

		snprintf(
			conf, sizeof(conf),
			"[gateway]\noutside = eth0\nflexvpn-vendor-id = %s\n" STORY_REST("default"),
			rows[i].setting);
		s = story_begin(conf);
		gateway_client(&s->gw, &setup);
		if (rows[i].sent)
			setup.vendor[0] = flexvpn;
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		assert_true(says_flexvpn(s->in) == rows[i].answered);
		assert_true(s->in->init_answer_len <= s->in->init_len);
		/* Both said it: TSi stays as wide as it was asked for. */
		ts = &s->in->ts_i;
		assert_int_equal(ts->count, 1);
		if (rows[i].sent && rows[i].answered)
			assert_int_equal(ip_to4(&ts->selector[0].first), 0);
		else
			assert_int_equal(ip_to4(&ts->selector[0].first), s->in->inner4);
		story_end(s);
	}
}

/* --- the policy by the identity --- */

static void test_mangler(void **state)
{
	static const struct {
		const char *identity, *banner;
	} rows[] = {
		{ "a.example.org", "for the staff" },
		{ "a.EXAMPLE.org", "for the staff" },
		{ "a.example.net", "for all" }, /* no policy of that name */
		{ "localhost", "for all" },
	};
	static const char conf[] =
		"[gateway]\noutside = eth0\n[pool p4]\nprefix = 10.10.0.0/24\n"
		"[ikev2-authorization-policy all]\npool = p4\nbanner = for all\n"
		"[ikev2-authorization-policy example.org]\npool = p4\nbanner = for the staff\n"
		"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n"
		"[ikev2-name-mangler m]\nfqdn = domain\n"
		"[ikev2-profile all]\nmatch-identity-remote = any\n"
		"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"
		"authentication-remote = pre-share\nkeyring-local = ring\n"
		"aaa-authorization-group = all\naaa-authorization-name-mangler = m\n"
		"virtual-template = 1\n";

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = story_begin(conf);
		struct initiator_setup setup;
		const struct ike_attr *attr;

		gateway_client(&s->gw, &setup);
		gateway_add_key(&s->gw, rows[i].identity, "key of a");
		snprintf(setup.identity, sizeof(setup.identity), "%s", rows[i].identity);
		setup.attr[0].type = IKE_ATTR_UNITY_BANNER;
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		attr = ike_find_attr(&s->in->answer, IKE_ATTR_UNITY_BANNER);
		assert_non_null(attr);
		assert_int_equal(attr->value.len, strlen(rows[i].banner));
		assert_memory_equal(attr->value.p, rows[i].banner, attr->value.len);
		story_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_attribute),  cmocka_unit_test(test_dnssec),
		cmocka_unit_test(test_nothing_to_tell), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_cut_attribute),   cmocka_unit_test(test_set_and_others),
		cmocka_unit_test(test_too_much),        cmocka_unit_test(test_flexvpn),
		cmocka_unit_test(test_mangler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
