// SPDX-License-Identifier: BSD-2-Clause
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "core/ip.h"

#include <arpa/inet.h>
#include <string.h>

static struct fg_ip ip(const char *text)
{
	struct fg_ip out;

	if (!ip_parse(text, &out))
		fail_msg("%s is not parsed", text);
	return out;
}

static void test_parse_and_text(void **state)
{
	/* what comes out; NULL: refused */
	static const struct {
		const char *in, *out;
		bool is4;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "0.0.0.0", "0.0.0.0", true },
		{ "255.255.255.255", "255.255.255.255", true },
		{ "2001:db8::1", "2001:db8::1", false },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1", false },
		{ "::", "::", false },
		{ "::1", "::1", false },
		{ "::ffff:192.0.2.1", "192.0.2.1", true },
		{ "", NULL, false },
		{ "192.0.2", NULL, false },
		{ "192.0.2.256", NULL, false },
		{ "192.0.2.1.", NULL, false },
		{ "192.0.2.01", NULL, false },
		{ " 192.0.2.1", NULL, false },
		{ "192.0.2.1/24", NULL, false },
		{ "2001:db8::1::2", NULL, false },
		{ "2001:db8::1%eth0", NULL, false },
		{ "[2001:db8::1]", NULL, false },
		{ "gw.example.org", NULL, false },
	};
	char buf[IP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fg_ip got = { .w = { 7, 7, 7, 7 } };

		if (ip_parse(rows[i].in, &got) != (rows[i].out != NULL))
			fail_msg("%s", rows[i].in);
		if (!rows[i].out) {
			assert_int_equal(got.w[0], 7);
			continue;
		}
		assert_string_equal(ip_text(&got, buf), rows[i].out);
		assert_int_equal(ip_is4(&got), rows[i].is4);
	}
}

static void test_families(void **state)
{
	struct fg_ip four = ip_from4(htonl(0xc0000201)), zero = { 0 }, any = ip("0.0.0.0");
	struct in6_addr six;
	struct fg_ip from6;

	(void)state;
	assert_int_equal(four.w[2], htonl(0xffff));
	assert_int_equal(ip_to4(&four), htonl(0xc0000201));
	assert_true(ip_is_zero(&zero));
	assert_false(ip_is4(&zero));
	assert_int_equal(ip_to4(&zero), 0);
	assert_false(ip_is_zero(&any)); /* 0.0.0.0 is an address, no address is :: */
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::5", &six), 1);
	from6 = ip_from6(&six);
	assert_false(ip_is4(&from6));
	assert_int_equal(ip_to4(&from6), 0);
	zero = ip("2001:db8::5");
	assert_true(ip_equal(&from6, &zero));
	assert_false(ip_equal(&from6, &four));
}

static void test_add_and_compare(void **state)
{
	static const struct {
		const char *from;
		uint64_t n;
		const char *to;
		int order; /* of from against to */
	} rows[] = {
		{ "10.0.0.1", 0, "10.0.0.1", 0 },
		{ "10.0.0.255", 1, "10.0.1.0", -1 },
		{ "10.0.0.0", 65536, "10.1.0.0", -1 },
		{ "9.255.255.255", 1, "10.0.0.0", -1 },
		{ "255.255.255.255", 1, "0.0.0.0", 1 },
		{ "255.255.255.255", 0x100000001, "0.0.0.0", 1 },
		{ "2001:db8::", 1, "2001:db8::1", -1 },
		{ "2001:db8::ffff:ffff", 1, "2001:db8::1:0:0", -1 },
		{ "2001:db8::ffff:ffff:ffff:ffff", 1, "2001:db8:0:1::", -1 },
		{ "2001:db8::1", UINT64_MAX, "2001:db8:0:1::", -1 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, "::", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fg_ip from = ip(rows[i].from), to = ip(rows[i].to);
		struct fg_ip sum = ip_add(&from, rows[i].n);
		int order = ip_compare(&from, &to);

		if (!ip_equal(&sum, &to))
			fail_msg("%s + %llu", rows[i].from, (unsigned long long)rows[i].n);
		assert_int_equal((order > 0) - (order < 0), rows[i].order);
		order = ip_compare(&to, &from);
		assert_int_equal((order > 0) - (order < 0), -rows[i].order);
	}
}

static void test_prefix(void **state)
{
	static const struct {
		const char *ip, *prefix;
		unsigned len;
		bool in;
	} rows[] = {
		{ "10.1.2.3", "10.0.0.0", 8, true },
		{ "11.1.2.3", "10.0.0.0", 8, false },
		{ "10.1.2.3", "10.1.2.3", 32, true },
		{ "10.1.2.2", "10.1.2.3", 32, false },
		{ "10.1.2.2", "10.1.2.3", 31, true },
		{ "203.0.113.9", "0.0.0.0", 0, true },
		{ "10.127.255.255", "10.0.0.0", 9, true },
		{ "10.128.0.0", "10.0.0.0", 9, false },
		{ "2001:db8::1", "0.0.0.0", 0, false },
		{ "10.1.2.3", "::", 0, false },
		{ "10.1.2.3", "10.1.2.3", 33, false },
		{ "2001:db8::1", "::", 0, true },
		{ "2001:db8:ffff::1", "2001:db8::", 32, true },
		{ "2001:db9::1", "2001:db8::", 32, false },
		{ "2001:db9::1", "2001:db8::", 31, true },
		{ "2001:db8::1", "2001:db8::1", 128, true },
		{ "2001:db8::2", "2001:db8::1", 128, false },
		{ "2001:db8::2", "2001:db8::1", 129, false },
		{ "2001:db8:0:0:7fff::", "2001:db8::", 65, true },
		{ "2001:db8:0:0:8000::", "2001:db8::", 65, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fg_ip a = ip(rows[i].ip), prefix = ip(rows[i].prefix);

		if (ip_in_prefix(&a, &prefix, rows[i].len) != rows[i].in)
			fail_msg("%s in %s/%u", rows[i].ip, rows[i].prefix, rows[i].len);
	}
}

static void test_endpoints(void **state)
{
	static const struct {
		const char *ip;
		uint16_t port;
		const char *text;
		int family;
		socklen_t len;
	} rows[] = {
		{ "192.0.2.1", 500, "192.0.2.1:500", AF_INET, sizeof(struct sockaddr_in) },
		{ "255.255.255.255", 65535, "255.255.255.255:65535", AF_INET,
		  sizeof(struct sockaddr_in) },
		{ "2001:db8::1", 4500, "[2001:db8::1]:4500", AF_INET6,
		  sizeof(struct sockaddr_in6) },
		{ "2001:db8:1111:2222:3333:4444:5555:6666", 65535,
		  "[2001:db8:1111:2222:3333:4444:5555:6666]:65535", AF_INET6,
		  sizeof(struct sockaddr_in6) },
	};
	struct sockaddr_storage sa;
	char buf[IP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct endpoint ep = { ip(rows[i].ip), htons(rows[i].port) }, back;

		assert_string_equal(endpoint_text(&ep, buf), rows[i].text);
		assert_int_equal(endpoint_to_sockaddr(&ep, &sa), rows[i].len);
		assert_int_equal(sa.ss_family, rows[i].family);
		assert_true(endpoint_from_sockaddr(&sa, &back));
		assert_true(ip_equal(&back.ip, &ep.ip));
		assert_int_equal(back.port, ep.port);
	}
	memset(&sa, 0, sizeof(sa));
	sa.ss_family = AF_UNIX;
	assert_false(endpoint_from_sockaddr(&sa, &(struct endpoint){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_text),  cmocka_unit_test(test_families),
		cmocka_unit_test(test_add_and_compare), cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
