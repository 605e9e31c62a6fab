// SPDX-License-Identifier: BSD-2-Clause
/* guard.h under a flood: what one source and what all of them may send, and when cookies begin. */
#include "guard_lab.h"

#include <inttypes.h>

/*
 * Requests until one is answered by `end`, each from an address `step` above the one before: the
 * purse paid for `holds` of them, and for what it got back since begin().
 */
static void exhaust(struct fg_ip ip, uint32_t step, bool proven, uint64_t holds, uint32_t end)
{
	bool v6 = ip.w[2] != fg_be32(0xffff);
	uint32_t seen;
	uint64_t n = 0;

	while ((seen = from(ip, v6, proven)) == XDP_PASS && n < 100) {
		ip.w[3] = fg_be32(fg_host32(ip.w[3]) + step);
		n++;
	}
	assert_int_equal(seen, end);
	assert_in_range(n, holds, holds + refilled(FOR_TEN_NS));
}

/* One claimed address that is too quick: a cookie for it, nothing for others. Twenty of one /24: a
 * cookie for the /24. */
static void test_source(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct fg_ip one = v6 ? ip6(7, 7) : ip4(198, 51, 100, 7);
		struct fg_ip other = v6 ? ip6(8, 7) : ip4(198, 51, 101, 7);
		uint64_t asked = 0, since;

		if (v6) /* another /48 */
			other.w[0] = fg_be32(0x20010db9);
		begin(0, FOR_TEN_NS, 0);
		exhaust(one, 0, false, 10, XDP_TX);
		assert_int_equal(from(other, v6, false), XDP_PASS);
		/* Proven, it has a purse of its own. */
		exhaust(one, 0, true, 10, XDP_DROP);
		assert_int_equal(dropped(FG_DROP_ike_rate), 1);
		assert_int_equal(from(other, v6, true), XDP_PASS);
		assert_false(demanded());

		/* 4 x 10 for the prefix, of which 10 are gone. */
		for (int i = 0; i < 60; i++) {
			struct fg_ip ip = v6 ? ip6((uint16_t)(20 + i), 1)
					     : ip4(198, 51, 100, (uint8_t)(20 + i));

			if (v6) /* of the same /48 */
				ip.w[1] = fg_be32((7u << 16) + 20 + (uint32_t)i);
			asked += from(ip, v6, false) == XDP_TX;
		}
		since = refilled(FOR_TEN_NS / 4);
		assert_in_range(asked, since < 28 ? 28 - since : 0, 31);
		assert_int_equal(from(other, v6, false), XDP_PASS);
	}
}

/* IPv6: the host part of an address makes no new source. */
static void test_one_subscriber(void **state)
{
	(void)state;
	begin(0, FOR_TEN_NS, 0);
	exhaust(ip6(7, 1), 1, false, 10, XDP_TX);
	/* An IPv4 /24 and an address in it are two purses. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(from(ip4(198, 51, 100, 0), false, false), XDP_PASS);
	assert_int_equal(from(ip4(198, 51, 100, 1), false, false), XDP_PASS);
}

/* Strangers of many addresses: XDP demands a cookie from everybody by itself; who has one passes,
 * however many strangers come. */
static void test_flood(void **state)
{
	struct fg_ip client = ip4(203, 0, 113, 5);
	uint64_t passed = 0;

	(void)state;
	begin(0, FOR_TEN_NS, FOR_TEN_NS);
	for (int i = 0; i < 1000; i++)
		passed += from(ip4(10, (uint8_t)(i / 200), (uint8_t)(i % 200), 1), false, false) ==
			  XDP_PASS;
	assert_in_range(passed, 10, 10 + refilled(FOR_TEN_NS));
	assert_true(demanded());
	assert_int_equal(from(client, false, false), XDP_TX);
	for (int i = 0; i < 9; i++)
		assert_int_equal(from(client, false, true), XDP_PASS);
	/* The proven together, too, have a limit. */
	passed = 9;
	for (int i = 0; i < 30; i++)
		passed += from(ip4(203, 0, 112, (uint8_t)i), false, true) == XDP_PASS;
	assert_in_range(passed, 10, 10 + refilled(FOR_TEN_NS));
	assert_int_equal(dropped(FG_DROP_ike_rate), 39 - passed);
	assert_int_equal(counts().cookies_accepted, 39);
}

/* ike, through flexd, demands for a time. */
static void test_demand(void **state)
{
	struct timespec now;

	(void)state;
	begin(0, 0, 0);
	clock_gettime(CLOCK_MONOTONIC, &now);
	gate.demand_until_ns = (uint64_t)(now.tv_sec + 5) * 1000000000;
	put_gate();
	assert_int_equal(from(ip4(10, 0, 0, 1), false, false), XDP_TX);
	gate.demand_until_ns = (uint64_t)now.tv_sec * 1000000000;
	put_gate();
	assert_int_equal(from(ip4(10, 0, 0, 1), false, false), XDP_PASS);
}

/* The operator wants no cookies: what is beyond a rate is dropped, who brings one is still known.
 */
static void test_never(void **state)
{
	(void)state;
	begin(FG_GATE_NEVER, FOR_TEN_NS, 0);
	exhaust(ip4(10, 0, 0, 1), 0, false, 10, XDP_DROP);
	assert_int_equal(from(ip4(10, 0, 1, 1), false, false), XDP_PASS);
	assert_int_equal(from(ip4(10, 0, 0, 1), false, true), XDP_PASS);
	assert_int_equal(dropped(FG_DROP_ike_rate), 1);
	assert_int_equal(counts().cookies_sent, 0);
}

/* A purse fills again. */
static void test_refill(void **state)
{
	struct fg_guard_key key = { .prefix = ip4(10, 0, 0, 1), .len = 32 };
	struct fg_guard row;

	(void)state;
	begin(0, FOR_TEN_NS, 0);
	exhaust(key.prefix, 0, false, 10, XDP_TX);
	assert_int_equal(bpf_map_lookup_elem(guard_fd, &key, &row), 0);
	row.paid_until_ns -= 2 * FOR_TEN_NS;
	assert_int_equal(bpf_map_update_elem(guard_fd, &key, &row, BPF_ANY), 0);
	exhaust(key.prefix, 0, false, 2, XDP_TX);
}

/* What cannot be read, and what has its nonce too far back, pays per source like the rest: one
 * address with rubbish does not make others show a cookie. */
static void test_rubbish(void **state)
{
	static const struct {
		const char *what;
		size_t before; /* payloads before the nonce */
		bool version;  /* IKE version 1 */
		bool length;   /* the datagram is longer than its packet */
		/* The odd one still is at the rate of all when its source cannot pay. */
		uint64_t passed;
	} rows[] = {
		{ "version", 0, true, false, 10 },
		{ "UDP length", 0, false, true, 10 },
		{ "nonce", 20, false, false, 40 },
	};

	(void)state;
	for (int i = 0; i < 2 * (int)COUNT(rows); i++) {
		bool v6 = i & 1;
		struct request r = { .v6 = v6, .before = rows[i / 2].before };
		uint64_t passed = 0, holds = rows[i / 2].passed;
		struct sent s;

		begin(0, FOR_TEN_NS, FOR_TEN_NS / 4);
		make(&s, &r);
		if (rows[i / 2].version)
			s.f.b[s.ike + 17] = 0x10;
		if (rows[i / 2].length)
			set16(&s.f, s.udp + 4, 2000);
		for (int n = 0; n < 60; n++)
			passed += verdict(&s) == XDP_PASS;
		if (passed < holds || passed > holds + refilled(1000000000 / holds))
			fail_msg("%s: %" PRIu64 " passed", rows[i / 2].what, passed);
		if (demanded())
			fail_msg("%s: a cookie of everybody", rows[i / 2].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),  cmocka_unit_test(test_one_subscriber),
		cmocka_unit_test(test_flood),   cmocka_unit_test(test_demand),
		cmocka_unit_test(test_never),   cmocka_unit_test(test_refill),
		cmocka_unit_test(test_rubbish),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
