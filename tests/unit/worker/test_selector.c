// SPDX-License-Identifier: BSD-2-Clause
/* Which packets selectors cover, as rows: addresses, protocol, ports, both directions. */
#include "worker/selector.h"

#include "core/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ICMP6 = 58, SCTP = 132, ROWS = 4 };

static struct fg_selectors table[ROWS];
static const struct maps maps = { .selector = table, .selectors = ROWS };

static struct fg_ip address(const char *text)
{
	struct fg_ip ip;

	assert_true(ip_parse(text, &ip));
	return ip;
}

static struct fg_selector selector(const char *first, const char *last, uint8_t protocol,
				   uint16_t client_first, uint16_t client_last, uint16_t net_first,
				   uint16_t net_last)
{
	return (struct fg_selector){ .first = address(first),
				     .last = address(last),
				     .client_first = client_first,
				     .client_last = client_last,
				     .net_first = net_first,
				     .net_last = net_last,
				     .version = strchr(first, ':') ? 6 : 4,
				     .protocol = protocol };
}

#define ANY    0, 65535
#define OPAQUE 65535, 0
#define NET4   "10.1.0.0", "10.1.3.255"
#define NET6   "2001:db8::", "2001:db8::ffff"
#define IN4    "10.1.2.3"
#define FIRST  0x2000 /* first fragment: there are ports */
#define LATER  0x0010
#define AT256  0x0020 /* its offset ends in eight zero bits */

static const struct row {
	const char *name;
	const char *first, *last;
	uint8_t protocol;
	uint16_t client_first, client_last, net_first, net_last;
	/* the packet: behind us, protocol, port of the client and of the other side */
	const char *net;
	uint8_t is;
	uint16_t client_port, net_port, fragment;
	bool want;
} rows[] = {
	/* clang-format off */
	{ "inside",                NET4, 0, ANY, ANY, IN4, UDP, 1, 2, 0, true },
	{ "first address",         NET4, 0, ANY, ANY, "10.1.0.0", UDP, 1, 2, 0, true },
	{ "last address",          NET4, 0, ANY, ANY, "10.1.3.255", UDP, 1, 2, 0, true },
	{ "one below",             NET4, 0, ANY, ANY, "10.0.255.255", UDP, 1, 2, 0, false },
	{ "one above",             NET4, 0, ANY, ANY, "10.1.4.0", UDP, 1, 2, 0, false },
	{ "high first byte",       NET4, 0, ANY, ANY, "200.1.2.3", UDP, 1, 2, 0, false },
	{ "another family",        "0.0.0.0", "255.255.255.255", 0, ANY, ANY, "2001:db8::1", UDP, 1, 2, 0, false },
	{ "and the other way",     "::", "ffff::", 0, ANY, ANY, IN4, UDP, 1, 2, 0, false },
	{ "IPv6 inside",           NET6, 0, ANY, ANY, "2001:db8::abcd", UDP, 1, 2, 0, true },
	{ "IPv6 one above",        NET6, 0, ANY, ANY, "2001:db8::1:0", UDP, 1, 2, 0, false },
	{ "IPv6 other prefix",     NET6, 0, ANY, ANY, "2001:db9::1", UDP, 1, 2, 0, false },
	{ "IPv6 lower prefix",     NET6, 0, ANY, ANY, "2001:db7:ffff::1", UDP, 1, 2, 0, false },
	{ "protocol",              NET4, TCP, ANY, ANY, IN4, TCP, 1, 2, 0, true },
	{ "other protocol",        NET4, TCP, ANY, ANY, IN4, UDP, 1, 2, 0, false },
	{ "no ports asked",        NET4, GRE, ANY, ANY, IN4, GRE, 0, 0, 0, true },
	{ "port behind us",        NET4, TCP, ANY, 443, 443, IN4, TCP, 50000, 443, 0, true },
	{ "the ports swapped",     NET4, TCP, ANY, 443, 443, IN4, TCP, 443, 50000, 0, false },
	{ "port of the client",    NET4, UDP, 1000, 2000, ANY, IN4, UDP, 2000, 1, 0, true },
	{ "one port too many",     NET4, UDP, 1000, 2000, ANY, IN4, UDP, 2001, 1, 0, false },
	{ "one port too few",      NET4, UDP, 1000, 2000, ANY, IN4, UDP, 999, 1, 0, false },
	{ "both ports",            NET4, SCTP, 5, 5, 6, 6, IN4, SCTP, 5, 6, 0, true },
	{ "one of both",           NET4, SCTP, 5, 5, 6, 6, IN4, SCTP, 5, 7, 0, false },
	{ "port 0 alone",          NET4, UDP, ANY, 0, 0, IN4, UDP, 1, 0, 0, true },
	{ "not port 1",            NET4, UDP, ANY, 0, 0, IN4, UDP, 1, 1, 0, false },
	{ "first fragment",        NET4, TCP, ANY, 443, 443, IN4, TCP, 1, 443, FIRST, true },
	{ "later fragment",        NET4, TCP, ANY, 443, 443, IN4, TCP, 1, 443, LATER, false },
	{ "the last, at 256",      NET4, TCP, ANY, 443, 443, IN4, TCP, 1, 443, AT256, false },
	{ "later fragment, any",   NET4, TCP, ANY, ANY, IN4, TCP, 1, 443, LATER, true },
	{ "OPAQUE, fragment",      NET4, TCP, ANY, OPAQUE, IN4, TCP, 1, 443, LATER, true },
	{ "OPAQUE, with ports",    NET4, TCP, ANY, OPAQUE, IN4, TCP, 1, 443, 0, false },
	{ "ports of GRE",          NET4, GRE, ANY, 443, 443, IN4, GRE, 1, 443, 0, false },
	{ "OPAQUE GRE",            NET4, GRE, OPAQUE, OPAQUE, IN4, GRE, 0, 0, 0, true },
	/* type 8, code 0: an echo request; RFC 4301 4.4.1.1 */
	{ "ICMP type",             NET4, ICMP, 0x0800, 0x0800, ANY, IN4, ICMP, 0x0800, 0, 0, true },
	{ "other ICMP type",       NET4, ICMP, 0x0800, 0x0800, ANY, IN4, ICMP, 0x0300, 0, 0, false },
	{ "ICMP type, on both",    NET4, ICMP, 0x0800, 0x08ff, 0x0800, 0x08ff, IN4, ICMP, 0x0801, 0, 0, true },
	{ "ICMPv6 type",           NET6, ICMP6, 0x8000, 0x80ff, ANY, "2001:db8::1", ICMP6, 0x8000, 0, 0, true },
	/* clang-format on */
};

/* A packet between the client and `net`, 4 bytes of its protocol behind the header. */
static size_t packet(uint8_t bytes[64], const struct row *row, bool from_client)
{
	struct fg_ip net = address(row->net);
	uint16_t ports[2] = { row->client_port, row->net_port };
	bool is4 = ip_is4(&net), swap = !from_client && row->is != ICMP && row->is != ICMP6;
	size_t head = is4 ? 20 : 40, len = head + 8;

	memset(bytes, 0, 64);
	if (is4) {
		bytes[0] = 0x45;
		fg_put16(bytes + 2, (uint16_t)len);
		fg_put16(bytes + 6, row->fragment);
		bytes[9] = row->is;
		memcpy(bytes + (from_client ? 16 : 12), &net.w[3], 4);
	} else {
		bytes[0] = 0x60;
		fg_put16(bytes + 4, 8);
		bytes[6] = row->is;
		memcpy(bytes + (from_client ? 24 : 8), &net, 16);
	}
	fg_put16(bytes + head, ports[swap]);
	fg_put16(bytes + head + 2, ports[!swap]);
	return len;
}

static void covered(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		table[1] = (struct fg_selectors){ .count = 1 };
		table[1].at[0] = selector(row->first, row->last, row->protocol, row->client_first,
					  row->client_last, row->net_first, row->net_last);
		for (int from_client = 0; from_client < 2; from_client++) {
			size_t len = packet(bytes, row, from_client);
			struct fg_packet p = { .ip = bytes, .end = bytes + len };

			assert_true(fg_packet_parse(&p));
			if (selector_covers(&maps, 1, &p, from_client) != row->want)
				fail_msg("%s, %s the client", row->name,
					 from_client ? "from" : "to");
		}
	}
}

/* One of several, in a row further on; and a list that leads in a circle ends. */
static void lists(void **state)
{
	const struct row row = { .net = "10.0.0.9", .is = UDP };
	uint8_t bytes[64];
	size_t len = packet(bytes, &row, true);
	struct fg_packet p = { .ip = bytes, .end = bytes + len };

	(void)state;
	assert_true(fg_packet_parse(&p));
	memset(table, 0, sizeof(table));
	table[1] = (struct fg_selectors){ .count = FG_SELECTORS_ROW, .next = 3 };
	for (size_t i = 0; i < FG_SELECTORS_ROW; i++)
		table[1].at[i] = selector("10.2.0.0", "10.2.0.9", 0, ANY, ANY);
	table[3] = (struct fg_selectors){ .count = 2 };
	table[3].at[0] = selector("10.3.0.0", "10.3.0.9", 0, ANY, ANY);
	assert_false(selector_covers(&maps, 1, &p, true));
	table[3].at[1] = selector("10.0.0.0", "10.0.0.9", 0, ANY, ANY);
	assert_true(selector_covers(&maps, 1, &p, true));
	table[3].count = 1;
	table[3].next = 1;
	assert_false(selector_covers(&maps, 1, &p, true));
	table[3].next = ROWS;
	assert_false(selector_covers(&maps, 1, &p, true));
	table[1].count = UINT32_MAX;
	assert_false(selector_covers(&maps, 1, &p, true));
	assert_false(selector_covers(&maps, ROWS, &p, true));
}

/* Ports are never read beyond the packet. */
static void short_packets(void **state)
{
	static const uint8_t heads[][40] = { { 0x45, [9] = UDP, [16] = 10, 1, 2, 3 } };

	(void)state;
	table[1] = (struct fg_selectors){ .count = 1 };
	table[1].at[0] = selector(NET4, UDP, ANY, 0, 0);
	for (size_t len = 20; len < 28; len++) {
		uint8_t *bytes = malloc(len);
		struct fg_packet p = { .ip = bytes, .end = bytes + len };

		assert_non_null(bytes);
		memset(bytes, 0, len);
		memcpy(bytes, heads[0], 20);
		fg_put16(bytes + 2, (uint16_t)len);
		assert_true(fg_packet_parse(&p));
		assert_int_equal(selector_covers(&maps, 1, &p, true), len >= 24);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covered),
		cmocka_unit_test(lists),
		cmocka_unit_test(short_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
