// SPDX-License-Identifier: BSD-2-Clause
/* fg_hop follows the kernel's routes and neighbours. */
#include "plane_lab.h"

/* The row of a destination, looked for as a worker does; state FREE when there is none. */
static struct fg_hop hop_to(const char *text)
{
	struct fg_ip dst = address(text);
	struct fg_hop hop;
	struct fg_conf conf;

	read_pinned("fg_conf", 0, &conf);
	for (uint32_t i = 0; i < FG_HOP_PROBES; i++) {
		read_pinned("fg_hop", (fg_hop_slot(&dst) + i) & (FG_HOP_ROWS - 1), &hop);
		if (hop.state && ip_equal(&hop.dst, &dst) && hop.generation == conf.hop_generation)
			return hop;
	}
	return (struct fg_hop){ .state = FG_HOP_FREE };
}

static void want(struct plane *plane, const char *text)
{
	struct fg_ip dst = address(text);

	plane_hop_want(plane, &dst);
}

static void check_ready(const char *text, uint16_t port, const char *device, uint8_t last,
			uint16_t type)
{
	uint8_t eth[14] = {
		2, 0, 0, 0, 0, last, [12] = (uint8_t)(type >> 8), [13] = (uint8_t)type
	};
	struct fg_hop hop = hop_to(text);
	struct link link;

	assert_int_equal(link_read(netlink, device, &link), 0);
	memcpy(eth + 6, link.mac, 6);
	if (hop.state != FG_HOP_READY)
		fail_msg("%s: state %u", text, hop.state);
	assert_int_equal(hop.port, port);
	assert_memory_equal(hop.eth, eth, sizeof(eth));
	assert_int_equal(hop.mtu, link.mtu);
}

static void test_hops(void **state)
{
	static const char *const stack[] = { "10.9.0.9",  "192.0.2.1",   "127.0.0.1",
					     "224.0.0.5", "203.0.113.1", "2001:db8:1::1",
					     "fe80::1",   "10.1.0.255",  "0.0.0.0" };
	struct fixture f;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	plane = open_plane(&f);
	ip("neigh", "replace", "10.1.0.2", "lladdr", "02:00:00:00:00:22", "dev", "ti0", "nud",
	   "permanent");
	ip("neigh", "replace", "2001:db8:1::2", "lladdr", "02:00:00:00:00:26", "dev", "ti0", "nud",
	   "permanent");
	ip("neigh", "replace", "192.0.2.254", "lladdr", "02:00:00:00:00:fe", "dev", "to0", "nud",
	   "reachable");
	let_events_in();
	want(plane, "10.1.0.2");
	want(plane, "2001:db8:1::2");
	check_ready("10.1.0.2", 1, "ti0", 0x22, 0x0800);
	check_ready("2001:db8:1::2", 1, "ti0", 0x26, 0x86dd);
	/* Ours, clients', none, not unicast: the kernel's. */
	for (size_t i = 0; i < sizeof(stack) / sizeof(stack[0]); i++) {
		want(plane, stack[i]);
		if (hop_to(stack[i]).state != FG_HOP_STACK)
			fail_msg("%s is not for the stack door", stack[i]);
	}
	/* A new route voids all; then its gateway's neighbour counts. */
	ip("route", "add", "198.51.100.0/24", "via", "192.0.2.254");
	let_events_in();
	assert_int_equal(hop_to("10.1.0.2").state, FG_HOP_FREE);
	want(plane, "198.51.100.9");
	want(plane, "198.51.100.10");
	check_ready("198.51.100.9", 0, "to0", 0xfe, 0x0800);
	/* Its address changes, it goes, it comes back. */
	ip("neigh", "replace", "192.0.2.254", "lladdr", "02:00:00:00:00:fd", "dev", "to0", "nud",
	   "reachable");
	let_events_in();
	check_ready("198.51.100.9", 0, "to0", 0xfd, 0x0800);
	check_ready("198.51.100.10", 0, "to0", 0xfd, 0x0800);
	ip("neigh", "del", "192.0.2.254", "dev", "to0");
	let_events_in();
	assert_int_equal(hop_to("198.51.100.9").state, FG_HOP_STACK);
	ip("neigh", "replace", "192.0.2.254", "lladdr", "02:00:00:00:00:fc", "dev", "to0", "nud",
	   "stale");
	let_events_in();
	check_ready("198.51.100.9", 0, "to0", 0xfc, 0x0800);
	ip("route", "del", "198.51.100.0/24");
	plane_close(plane);
	assert_nothing_left();
}

/* A rule sends a destination to another table: what was resolved before it is void. */
static void test_rules(void **state)
{
	static const char *const dst[] = { "10.1.0.2", "2001:db8:1::2" };
	static const char *const family[] = { "-4", "-6" };
	struct fixture f;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	plane = open_plane(&f);
	let_events_in();
	for (size_t i = 0; i < 2; i++) {
		ip("neigh", "replace", dst[i], "lladdr", "02:00:00:00:00:22", "dev", "ti0", "nud",
		   "permanent");
		want(plane, dst[i]);
		assert_int_equal(hop_to(dst[i]).state, FG_HOP_READY);
		ip(family[i], "rule", "add", "to", dst[i], "blackhole");
		let_events_in();
		assert_int_equal(hop_to(dst[i]).state, FG_HOP_FREE);
		want(plane, dst[i]);
		assert_int_equal(hop_to(dst[i]).state, FG_HOP_STACK);
		ip(family[i], "rule", "del", "to", dst[i], "blackhole");
		let_events_in();
		assert_int_equal(hop_to(dst[i]).state, FG_HOP_FREE);
	}
	plane_close(plane);
	assert_nothing_left();
}

/* forwarding = stack: no row ever says otherwise. */
static void test_stack_only(void **state)
{
	struct plane_error error;
	struct fg_conf conf;
	struct fixture f, g;
	struct plane *plane;

	(void)state;
	make_conf(&f);
	make_conf(&g);
	g.conf.gateway.fast_door = false;
	ip("neigh", "replace", "10.1.0.2", "lladdr", "02:00:00:00:00:22", "dev", "ti0", "nud",
	   "permanent");
	plane = open_plane(&f);
	want(plane, "10.1.0.2");
	assert_int_equal(hop_to("10.1.0.2").state, FG_HOP_READY);
	assert_int_equal(plane_set_conf(plane, &g.conf, &error), 0);
	read_pinned("fg_conf", 0, &conf);
	assert_int_equal(conf.flags, 0);
	assert_int_equal(hop_to("10.1.0.2").state, FG_HOP_FREE);
	want(plane, "10.1.0.2");
	assert_int_equal(hop_to("10.1.0.2").state, FG_HOP_STACK);
	plane_close(plane);
	assert_nothing_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_stack_only),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
