// SPDX-License-Identifier: BSD-2-Clause
/*
 * Narrowing, RFC 7296 2.9, in rows of text. A selector is "FIRST-LAST" or "ADDRESS/LEN", then
 * perhaps "[PROTOCOL:FIRSTPORT-LASTPORT]".
 */
#include "bytes.h"

#include "ike/ts.h"

#include <stdio.h>

static struct conf_net net_of(const char *text)
{
	struct conf_net net = { .len = 0 };
	char copy[64], *slash;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	assert_non_null(slash);
	*slash = '\0';
	assert_true(ip_parse(copy, &net.ip));
	net.len = (uint8_t)atoi(slash + 1);
	return net;
}

static void add_selector(struct ike_ts *ts, const char *word)
{
	struct ike_selector s = { .port_last = 65535 };
	char copy[128], *ports, *dash;

	snprintf(copy, sizeof(copy), "%s", word);
	ports = strchr(copy, '[');
	if (ports) {
		unsigned protocol, first, last;

		assert_int_equal(sscanf(ports, "[%u:%u-%u]", &protocol, &first, &last), 3);
		s.protocol = (uint8_t)protocol;
		s.port_first = (uint16_t)first;
		s.port_last = (uint16_t)last;
		*ports = '\0';
	}
	dash = strchr(copy, '-');
	if (dash) {
		*dash = '\0';
		assert_true(ip_parse(copy, &s.first));
		assert_true(ip_parse(dash + 1, &s.last));
	} else {
		struct ike_ts one = { .count = 0 };
		struct conf_net net = net_of(copy);

		assert_true(ike_ts_add_net(&one, &net));
		s.first = one.selector[0].first;
		s.last = one.selector[0].last;
	}
	assert_true(ts->count < IKE_SELECTORS_MAX);
	ts->selector[ts->count++] = s;
}

static struct ike_ts ts_of(const char *text)
{
	struct ike_ts ts = { .count = 0 };
	char copy[512], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		add_selector(&ts, w);
	return ts;
}

#define ALL "0.0.0.0/0 ::/0"

static const struct row {
	const char *name, *ask_i, *ask_r;
	const char *inner4, *inner6, *subnets;
	const char *result; /* NULL: TS_UNACCEPTABLE */
} rows[] = {
	/* clang-format off */
	{ "everything asked, one address, everything allowed",
	  ALL, ALL, "10.0.0.7", NULL, "",
	  "10.0.0.7/32 === 0.0.0.0/0" },
	{ "both families leased",
	  ALL, ALL, "10.0.0.7", "2001:db8::7", "",
	  "10.0.0.7/32 2001:db8::7/128 === 0.0.0.0/0 ::/0" },
	{ "only IPv6 leased",
	  ALL, ALL, NULL, "2001:db8::7", "",
	  "2001:db8::7/128 === ::/0" },
	{ "subnets of the policy",
	  ALL, ALL, "10.0.0.7", NULL, "10.1.0.0/16 10.2.0.0/24",
	  "10.0.0.7/32 === 10.1.0.0/16 10.2.0.0/24" },
	{ "subnets of a family that has no address go",
	  ALL, ALL, "10.0.0.7", NULL, "10.1.0.0/16 2001:db8:1::/48",
	  "10.0.0.7/32 === 10.1.0.0/16" },
	{ "an address without a subnet of its family goes",
	  ALL, ALL, "10.0.0.7", "2001:db8::7", "10.1.0.0/16",
	  "10.0.0.7/32 === 10.1.0.0/16" },
	{ "asked for less than allowed",
	  "0.0.0.0/0", "10.1.2.0/24", "10.0.0.7", NULL, "10.1.0.0/16",
	  "10.0.0.7/32 === 10.1.2.0/24" },
	{ "ranges overlap in part",
	  "10.0.0.0-10.0.0.10", "10.0.255.0-10.1.0.99", "10.0.0.7", NULL, "10.1.0.0/16",
	  "10.0.0.7/32 === 10.1.0.0-10.1.0.99" },
	{ "protocol and ports stay as asked",
	  "0.0.0.0/0", "0.0.0.0/0[6:443-443]", "10.0.0.7", NULL, "10.1.0.0/16",
	  "10.0.0.7/32 === 10.1.0.0/16[tcp/443]" },
	{ "the packet that woke the peer is part of its range",
	  "10.0.0.7/32[6:40000-40000] 0.0.0.0/0", "10.1.0.9/32[6:80-80] 0.0.0.0/0",
	  "10.0.0.7", NULL, "",
	  "10.0.0.7/32 === 0.0.0.0/0" },
	{ "the range before the packet",
	  "0.0.0.0/0 10.0.0.7/32[6:40000-40000]", "0.0.0.0/0", "10.0.0.7", NULL, "",
	  "10.0.0.7/32 === 0.0.0.0/0" },
	{ "OPAQUE is not covered by a range of ports",
	  "0.0.0.0/0[6:1-65534] 0.0.0.0/0[6:65535-0]", "0.0.0.0/0", "10.0.0.7", NULL, "",
	  "10.0.0.7/32[tcp/1-65534] 10.0.0.7/32[tcp/opaque] === 0.0.0.0/0" },
	{ "another protocol does not cover",
	  "0.0.0.0/0[6:0-65535] 0.0.0.0/0[17:53-53]", "0.0.0.0/0", "10.0.0.7", NULL, "",
	  "10.0.0.7/32[tcp] 10.0.0.7/32[udp/53] === 0.0.0.0/0" },
	{ "last address of all",
	  ALL, "255.255.255.255/32", "10.0.0.7", NULL, "",
	  "10.0.0.7/32 === 255.255.255.255/32" },
	{ "asked for another inner address",
	  "10.0.0.8/32", "0.0.0.0/0", "10.0.0.7", NULL, "", NULL },
	{ "asked for an outer network only",
	  "0.0.0.0/0", "10.3.0.0/16", "10.0.0.7", NULL, "10.1.0.0/16", NULL },
	{ "families do not meet",
	  "0.0.0.0/0", "::/0", "10.0.0.7", "2001:db8::7", "", NULL },
	{ "the client asked with IPv6, it has IPv4",
	  "::/0", "::/0", "10.0.0.7", NULL, "", NULL },
	{ "no address at all",
	  ALL, ALL, NULL, NULL, "", NULL },
	{ "nothing asked",
	  "", ALL, "10.0.0.7", NULL, "", NULL },
	{ "nothing asked of us",
	  ALL, "", "10.0.0.7", NULL, "", NULL },
	/* clang-format on */
};

static void narrowing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct ike_ts ask_i = ts_of(row->ask_i), ask_r = ts_of(row->ask_r), ts_i, ts_r;
		struct conf_net subnets[4];
		struct ike_ts_policy policy = { .subnets = subnets };
		struct fg_ip inner4;
		char copy[256], *save = NULL, text[512];
		bool ok;

		snprintf(copy, sizeof(copy), "%s", row->subnets);
		for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
			subnets[policy.subnet_count++] = net_of(w);
		if (row->inner4) {
			assert_true(ip_parse(row->inner4, &inner4));
			policy.inner4 = ip_to4(&inner4);
		}
		if (row->inner6)
			assert_true(ip_parse(row->inner6, &policy.inner6));
		ok = ike_ts_narrow(&ask_i, &ask_r, &policy, &ts_i, &ts_r);
		ike_ts_text(&ts_i, &ts_r, text, sizeof(text));
		if (ok != (row->result != NULL) || (ok && strcmp(text, row->result) != 0))
			fail_msg("%s: %s", row->name, text);
	}
}

/* More asked of 32 subnets than there is room for: the first IKE_SELECTORS_MAX, no more. */
static void result_is_bounded(void **state)
{
	struct conf_net subnets[CONF_NETS_MAX];
	struct ike_ts_policy policy = { .inner4 = htonl(0x0a000007),
					.subnets = subnets,
					.subnet_count = CONF_NETS_MAX };
	struct ike_ts ask_i = ts_of("0.0.0.0/0"), ask_r = { .count = 0 }, ts_i, ts_r;

	(void)state;
	for (uint32_t i = 0; i < CONF_NETS_MAX; i++)
		subnets[i] = (struct conf_net){ ip_from4(htonl(0x0a000000 | (i + 1) << 16)), 16 };
	for (uint32_t i = 0; i < IKE_SELECTORS_MAX; i++)
		ask_r.selector[ask_r.count++] = (struct ike_selector){
			.first = ip_from4(0),
			.last = ip_from4(htonl(0xffffffff)),
			.protocol = (uint8_t)(i + 1),
			.port_last = 65535,
		};
	assert_true(ike_ts_narrow(&ask_i, &ask_r, &policy, &ts_i, &ts_r));
	assert_int_equal(ts_r.count, IKE_SELECTORS_MAX);
	assert_int_equal(ts_i.count, 1);
}

/* As many subnets as a policy may have, for a client that asks for everything. */
static void no_subnet_is_lost(void **state)
{
	struct conf_net subnets[CONF_NETS_MAX];
	struct ike_ts_policy policy = { .inner4 = htonl(0x0a000007),
					.subnets = subnets,
					.subnet_count = CONF_NETS_MAX };
	struct ike_ts ask = ts_of("0.0.0.0/0"), ts_i, ts_r;

	(void)state;
	for (uint32_t i = 0; i < CONF_NETS_MAX; i++)
		subnets[i] = (struct conf_net){ ip_from4(htonl(0x0a000000 | (i + 1) << 16)), 16 };
	assert_true(ike_ts_narrow(&ask, &ask, &policy, &ts_i, &ts_r));
	assert_int_equal(ts_r.count, CONF_NETS_MAX);
}

static void adding(void **state)
{
	struct ike_ts ts = { .count = 0 };
	struct fg_ip ip;

	(void)state;
	for (uint32_t i = 0; i < IKE_SELECTORS_MAX; i++) {
		ip = ip_from4(htonl(0x0a000000 + 2 * i));
		assert_true(ike_ts_add_host(&ts, &ip));
	}
	assert_true(ike_ts_add_host(&ts, &ip));
	assert_int_equal(ts.count, IKE_SELECTORS_MAX);
	ip = ip_from4(htonl(0x0b000000));
	assert_false(ike_ts_add_host(&ts, &ip));
	assert_true(ike_ts_add_net(&ts, &(struct conf_net){ ip_from4(0), 0 }));
	assert_int_equal(ts.count, 1);
}

/* What two sides allow in common, and whether one lies inside the other. */
static void common_and_within(void **state)
{
	static const struct {
		const char *name, *a, *b;
		const char *common; /* NULL: nothing */
		bool within;        /* a inside b */
	} cases[] = {
		/* clang-format off */
		{ "the same",                "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8", true },
		{ "inside",                  "10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16", true },
		{ "around",                  "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16", false },
		{ "one address more",        "10.1.0.0-10.2.0.0", "10.1.0.0/16", "10.1.0.0/16", false },
		{ "one address less",        "10.1.0.1-10.1.255.255", "10.1.0.0/16", "10.1.0.1-10.1.255.255", true },
		{ "overlap",                 "10.0.0.0-10.0.0.9", "10.0.0.5-10.0.0.20", "10.0.0.5-10.0.0.9", false },
		{ "side by side",            "10.0.0.0/24", "10.0.1.0/24", NULL, false },
		{ "two families",            "10.0.0.0/24", "2001:db8::/32", NULL, false },
		{ "both of both",            ALL, ALL, "0.0.0.0/0 ::/0", true },
		{ "one of them in both",     "10.0.0.7/32 2001:db8::7/128", "0.0.0.0/0", "10.0.0.7/32", false },
		{ "in two halves, in neither", "10.0.0.0/24", "10.0.0.0/25 10.0.0.128/25",
		  "10.0.0.0/25 10.0.0.128/25", false },
		{ "a protocol",              "10.0.0.0/8[6:0-65535]", "10.0.0.0/8", "10.0.0.0/8[tcp]", true },
		{ "any protocol",            "10.0.0.0/8", "10.0.0.0/8[6:0-65535]", "10.0.0.0/8[tcp]", false },
		{ "another protocol",        "10.0.0.0/8[17:0-65535]", "10.0.0.0/8[6:0-65535]", NULL, false },
		{ "ports inside",            "10.0.0.0/8[6:80-90]", "10.0.0.0/8[6:1-100]",
		  "10.0.0.0/8[tcp/80-90]", true },
		{ "ports overlap",           "10.0.0.0/8[6:80-120]", "10.0.0.0/8[6:1-100]",
		  "10.0.0.0/8[tcp/80-100]", false },
		{ "ports side by side",      "10.0.0.0/8[6:80-80]", "10.0.0.0/8[6:81-81]", NULL, false },
		{ "OPAQUE in any",           "10.0.0.0/8[6:65535-0]", "10.0.0.0/8", "10.0.0.0/8[tcp/opaque]", true },
		{ "OPAQUE in ports",         "10.0.0.0/8[6:65535-0]", "10.0.0.0/8[6:1-100]", NULL, false },
		{ "OPAQUE in OPAQUE",        "10.0.0.0/8[6:65535-0]", "10.0.0.0/8[6:65535-0]",
		  "10.0.0.0/8[tcp/opaque]", true },
		{ "ports in OPAQUE",         "10.0.0.0/8[6:1-100]", "10.0.0.0/8[6:65535-0]", NULL, false },
		{ "nothing in everything",   "", ALL, NULL, false },
		{ "everything in nothing",   ALL, "", NULL, false },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ike_ts a = ts_of(cases[i].a), b = ts_of(cases[i].b), common, back;
		struct ike_ts none = { .count = 0 };
		char text[512], want[512];
		bool ok = ike_ts_common(&a, &b, &common);

		ike_ts_text(&common, &none, text, sizeof(text));
		snprintf(want, sizeof(want), "%s === nothing",
			 cases[i].common ? cases[i].common : "nothing");
		if (ok != (cases[i].common != NULL) || strcmp(text, want) != 0)
			fail_msg("%s: %s", cases[i].name, text);
		if (ike_ts_within(&a, &b) != cases[i].within)
			fail_msg("%s: within is %d", cases[i].name, !cases[i].within);
		/* The same from the other side, and inside both. */
		assert_int_equal(ike_ts_common(&b, &a, &back), ok);
		if (ok) {
			assert_true(ike_ts_within(&common, &a) && ike_ts_within(&common, &b));
			assert_true(ike_ts_within(&back, &common));
		}
	}
}

/* Never more than the room, always an end, and a sign when something is left out. */
static void text_is_bounded(void **state)
{
	struct ike_ts ts_i = ts_of("10.0.0.7/32"),
		      ts_r = ts_of("10.1.0.0/16 10.2.0.0/16 2001:db8::1-2001:db8::5[99:1-2]");
	const char *full =
		"10.0.0.7/32 === 10.1.0.0/16 10.2.0.0/16 2001:db8::1-2001:db8::5[protocol 99/1-2]";
	struct ike_ts none = { .count = 0 };
	char buf[256];

	(void)state;
	assert_string_equal(ike_ts_text(&ts_i, &ts_r, buf, sizeof(buf)), full);
	for (size_t cap = 1; cap <= strlen(full); cap++) {
		char *small = malloc(cap);

		assert_non_null(small);
		ike_ts_text(&ts_i, &ts_r, small, cap);
		assert_true(strlen(small) < cap);
		if (cap > 20)
			assert_non_null(strstr(small, ".."));
		free(small);
	}
	assert_string_equal(ike_ts_text(&none, &ts_i, buf, sizeof(buf)), "nothing === 10.0.0.7/32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrowing),         cmocka_unit_test(result_is_bounded),
		cmocka_unit_test(no_subnet_is_lost), cmocka_unit_test(adding),
		cmocka_unit_test(common_and_within), cmocka_unit_test(text_is_bounded),
	};

	return cmocka_run_group_tests_name("traffic selectors", tests, NULL, NULL);
}
