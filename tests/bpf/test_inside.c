// SPDX-License-Identifier: BSD-2-Clause
/*
 * inside.bpf.c as attached to an inside device and to fgw0, and outside.bpf.c on a device that is
 * both: a clear-text frame in, a verdict, a changed frame, metadata and counters out.
 */
#include "harness.h"
#include "inside.skel.h"
#include "outside.skel.h"

enum { SESSIONS = 8, PORT = 2, MTU = 1300, MSS4 = 1200, MSS6 = 1180 };
enum { UP = 1, ENDING = 2, GONE = 3, PREFIX = 4 }; /* sessions */

/* One set of maps, three programs over them. */
static struct fg_inside *nic, *pair;
static struct fg_outside *both;
static int drop_fd, count_fd, xsk_fd;

static void share(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, nic->obj)
	{
		struct bpf_map *other = bpf_object__find_map_by_name(object, bpf_map__name(map));

		if (other && !bpf_map__is_internal(map))
			assert_int_equal(bpf_map__reuse_fd(other, bpf_map__fd(map)), 0);
	}
}

static void put_session(uint32_t id, uint32_t state)
{
	struct fg_session s = { .state = state, .mtu = MTU, .mss4 = MSS4, .mss6 = MSS6 };

	assert_int_equal(
		bpf_map__update_elem(nic->maps.fg_session, &id, sizeof(id), &s, sizeof(s), 0), 0);
}

static void put_hosts(uint8_t host, uint32_t id)
{
	struct fg_ip six = ip6(9, host), four = ip4(10, 9, 0, host);

	assert_int_equal(bpf_map__update_elem(nic->maps.fg_host4, &four.w[3], 4, &id, 4, 0), 0);
	assert_int_equal(bpf_map__update_elem(nic->maps.fg_host6, &six, 16, &id, 4, 0), 0);
}

static void put_route(uint8_t host, uint32_t len4, uint32_t len6, uint32_t value)
{
	struct fg_route4_key key4 = { .prefixlen = len4, .addr = ip4(10, 9, 0, host).w[3] };
	struct fg_route6_key key6 = { .prefixlen = len6, .addr = ip6(9, host) };

	assert_int_equal(
		bpf_map__update_elem(nic->maps.fg_route4, &key4, sizeof(key4), &value, 4, 0), 0);
	assert_int_equal(
		bpf_map__update_elem(nic->maps.fg_route6, &key6, sizeof(key6), &value, 4, 0), 0);
}

static void put_conf(uint32_t flags)
{
	struct fg_conf conf = {
		.abi = FG_ABI, .flags = flags, .local_count = 1, .local = { ip4(192, 0, 2, 1) }
	};
	uint32_t zero = 0;

	assert_int_equal(bpf_map__update_elem(nic->maps.fg_conf, &zero, sizeof(zero), &conf,
					      sizeof(conf), 0),
			 0);
}

static void load_all(void)
{
	nic = fg_inside__open();
	pair = fg_inside__open();
	both = fg_outside__open();
	assert_true(nic && pair && both);
	bpf_map__set_max_entries(nic->maps.fg_session, SESSIONS);
	bpf_map__set_max_entries(nic->maps.fg_drop, SESSIONS);
	bpf_map__set_max_entries(nic->maps.fg_count, SESSIONS);
	bpf_map__set_max_entries(nic->maps.fg_host4, SESSIONS);
	bpf_map__set_max_entries(nic->maps.fg_host6, SESSIONS);
	bpf_map__set_max_entries(nic->maps.fg_route4, SESSIONS);
	bpf_map__set_max_entries(nic->maps.fg_route6, SESSIONS);
	nic->rodata->fg_port = PORT;
	memcpy((void *)(uintptr_t)nic->rodata->fg_mac, our_mac, 6);
	assert_int_equal(fg_inside__load(nic), 0);
	pair->rodata->fg_port = PORT;
	pair->rodata->fg_pair = true;
	share(pair->obj);
	assert_int_equal(fg_inside__load(pair), 0);
	both->rodata->fg_port = PORT;
	both->rodata->fg_inside_too = true;
	memcpy((void *)(uintptr_t)both->rodata->fg_mac, our_mac, 6);
	share(both->obj);
	assert_int_equal(fg_outside__load(both), 0);
}

static int setup(void **state)
{
	(void)state;
	load_all();
	drop_fd = bpf_map__fd(nic->maps.fg_drop);
	count_fd = bpf_map__fd(nic->maps.fg_count);
	xsk_fd = bpf_map__fd(nic->maps.fg_xsk);
	put_conf(FG_CONF_FAST_DOOR);
	put_session(UP, FG_SESSION_UP);
	put_session(ENDING, FG_SESSION_ENDING);
	put_session(PREFIX, FG_SESSION_UP);
	put_hosts(1, UP);
	put_hosts(2, ENDING);
	put_hosts(3, GONE);
	put_route(0, 24, 64, 0);
	put_route(64, 26, 122, PREFIX);
	put_route(5, 32, 128, FG_ROUTE_KERNEL);
	put_socket(xsk_fd, PORT * FG_QUEUES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fg_inside__destroy(nic);
	fg_inside__destroy(pair);
	fg_outside__destroy(both);
	return 0;
}

enum shape { PLAIN, OPTIONS, TTL_1, BIG, LARGEST, OTHER_MAC, GROUP_MAC, FRAGMENT, ARP, NO_IP };

struct row {
	const char *name;
	uint8_t host; /* of 10.9.0.0/24 and 2001:db8:9::/64; 0: elsewhere */
	enum shape shape;
	unsigned tags;
	uint32_t nic_verdict, nic_reason, pair_verdict, pair_reason, session;
};

/* clang-format off */
#define CARRY        XDP_REDIRECT, 0
#define PASS         XDP_PASS, 0
#define DROP(reason) XDP_DROP, FG_DROP_##reason
static const struct row rows[] = {
	/* name           host  shape    tags on a device         on fgw0             session */
	{ "session",            1, PLAIN,     0, CARRY,              CARRY,              UP },
	{ "session, VLAN",      1, PLAIN,     1, CARRY,              CARRY,              UP },
	{ "session, QinQ",      1, PLAIN,     2, CARRY,              CARRY,              UP },
	{ "framed prefix",     65, PLAIN,     0, CARRY,              CARRY,              PREFIX },
	{ "later fragment",     1, FRAGMENT,  0, CARRY,              CARRY,              UP },
	{ "session is ending",  2, PLAIN,     0, DROP(session_down), DROP(session_down), ENDING },
	{ "row is free",        3, PLAIN,     0, DROP(no_session),   DROP(no_session),   0 },
	{ "nobody holds it",    4, PLAIN,     0, DROP(no_session),   DROP(no_session),   0 },
	{ "gateway's own",      5, PLAIN,     0, PASS,               DROP(no_session),   0 },
	{ "elsewhere",          0, PLAIN,     0, PASS,               DROP(no_session),   0 },
	{ "router must read",   1, OPTIONS,   0, PASS,               CARRY,              UP },
	{ "last hop",           1, TTL_1,     0, PASS,               CARRY,              UP },
	{ "of the MTU",         1, LARGEST,   0, CARRY,              CARRY,              UP },
	{ "above the MTU",      1, BIG,       0, PASS,               DROP(too_big),      UP },
	{ "another station's",  1, OTHER_MAC, 0, PASS,               CARRY,              UP },
	{ "group address",      1, GROUP_MAC, 0, PASS,               DROP(multicast),    0 },
	{ "ARP",                1, ARP,       0, PASS,               DROP(bad_frame),    0 },
	{ "no IP version",      1, NO_IP,     0, PASS,               DROP(bad_frame),    0 },
};
/* clang-format on */

static void build(struct frame *f, const struct row *row, bool v6)
{
	static const uint8_t plain[] = { 6 }, options[] = { 0, 6 }, fragment[] = { 44, 6 };
	const uint8_t *chain = row->shape == OPTIONS    ? options
			       : row->shape == FRAGMENT ? fragment
							: plain;
	struct fg_ip src = v6 ? ip6(1, 7) : ip4(10, 1, 0, 7);
	struct fg_ip dst = v6 ? ip6(row->host ? 9 : 8, row->host)
			      : ip4(10, row->host ? 9 : 8, 0, row->host);
	uint8_t ttl = row->shape == TTL_1 ? 1 : 64;
	size_t payload = row->shape == BIG ? MTU + 1 : row->shape == LARGEST ? MTU : 100;

	put_eth(f, row->shape == OTHER_MAC ? other_mac : our_mac, row->tags,
		row->shape == ARP ? 0x0806
		: v6              ? 0x86dd
				  : 0x0800);
	if (v6)
		put_ip6(f, chain, chain == plain ? 1 : 2, 0x0010, ttl, &src, &dst);
	else
		put_ip4(f, row->shape == OPTIONS ? 1 : 0, row->shape == FRAGMENT ? 0x0010 : 0, ttl,
			6, &src, &dst);
	payload -= payload > 100 ? f->len - f->ip + 20 : 0;
	put_tcp(f, 0x10, NULL, 0, payload);
	if (row->shape == GROUP_MAC)
		memset(f->b, 0xff, 6);
	if (row->shape == NO_IP)
		f->b[f->ip] = 0x50;
}

/* What forwarding must have done to the frame, and nothing else. */
static void forwarded(struct frame *f)
{
	if (f->v6) {
		f->b[f->ip + 7]--;
		return;
	}
	f->b[f->ip + 8]--;
	close_ip(f);
}

static void clear(void)
{
	for (uint32_t i = 0; i < SESSIONS; i++) {
		zero_row(drop_fd, i, FG_DROP_ROWS);
		zero_row(count_fd, i, 4);
	}
}

static void check_counts(const char *name, uint32_t session, uint64_t packets, uint64_t bytes)
{
	struct fg_count count;

	for (uint32_t i = 0; i < SESSIONS; i++) {
		read_row(count_fd, i, (uint64_t *)&count, 4);
		if (count.tx_packets != (i == session ? packets : 0) ||
		    count.tx_bytes != (i == session ? bytes : 0) || count.rx_packets ||
		    count.rx_bytes)
			fail_msg("%s: session %u counts %llu packets, %llu bytes", name, i,
				 (unsigned long long)count.tx_packets,
				 (unsigned long long)count.tx_bytes);
	}
}

static void check(const struct row *row, bool v6, int fd, uint32_t verdict, uint32_t reason,
		  bool forwards)
{
	bool carried = verdict == XDP_REDIRECT;
	struct result r;
	struct frame f;
	size_t bytes;

	build(&f, row, v6);
	bytes = f.len - f.ip;
	clear();
	run(fd, f.b, f.len, &r);
	if (r.verdict != verdict)
		fail_msg("%s, IPv%d: verdict %u, not %u", row->name, v6 ? 6 : 4, r.verdict,
			 verdict);
	assert_drops(row->name, drop_fd, 0, reason);
	if (row->session)
		assert_drops(row->name, drop_fd, row->session, reason);
	check_counts(row->name, row->session, carried, carried ? bytes : 0);
	if (carried && forwards)
		forwarded(&f);
	assert_int_equal(r.len, f.len);
	assert_memory_equal(r.b, f.b, f.len);
	if (!carried)
		return;
	assert_true(r.has_meta);
	assert_int_equal(r.meta.session, row->session);
	assert_int_equal(r.meta.sa, 0);
	assert_int_equal(r.meta.esp, 0);
	assert_int_equal(r.meta.l3, f.ip);
}

static void test_rows(void **state)
{
	int nic_fd = bpf_program__fd(nic->progs.fg_inside);
	int pair_fd = bpf_program__fd(pair->progs.fg_inside);
	int both_fd = bpf_program__fd(both->progs.fg_outside);

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i / 2];

		check(row, i & 1, nic_fd, row->nic_verdict, row->nic_reason, true);
		check(row, i & 1, pair_fd, row->pair_verdict, row->pair_reason, false);
		check(row, i & 1, both_fd, row->nic_verdict, row->nic_reason, true);
	}
}

/* forwarding = stack: the kernel routes, and so sees, everything. */
static void test_stack_door_only(void **state)
{
	(void)state;
	put_conf(0);
	check(&rows[0], false, bpf_program__fd(nic->progs.fg_inside), XDP_PASS, 0, false);
	check(&rows[0], false, bpf_program__fd(both->progs.fg_outside), XDP_PASS, 0, false);
	check(&rows[0], true, bpf_program__fd(pair->progs.fg_inside), XDP_REDIRECT, 0, false);
	put_conf(FG_CONF_FAST_DOOR);
}

/* A client's own traffic to port 4500 of another host is not tunnel traffic of ours. */
static void test_client_speaks_esp(void **state)
{
	struct fg_ip src = ip4(10, 1, 0, 7), dst = ip4(10, 9, 0, 1);
	uint8_t esp[64] = { 1, 2, 3, 4 };
	struct result r;
	struct frame f;

	(void)state;
	for (int udp = 0; udp < 2; udp++) {
		put_eth(&f, our_mac, 0, 0x0800);
		put_ip4(&f, 0, 0, 64, udp ? 17 : 50, &src, &dst);
		if (udp)
			put_udp(&f, 4500, esp, sizeof(esp));
		else
			put(&f, esp, sizeof(esp));
		close_ip(&f);
		clear();
		run(bpf_program__fd(both->progs.fg_outside), f.b, f.len, &r);
		assert_int_equal(r.verdict, XDP_REDIRECT);
		assert_int_equal(r.meta.session, UP);
		assert_int_equal(r.meta.sa, 0);
		assert_drops("ESP through", drop_fd, 0, 0);
	}
}

static void test_no_worker(void **state)
{
	uint32_t key = PORT * FG_QUEUES;
	struct result r;
	struct frame f;

	(void)state;
	assert_int_equal(bpf_map_delete_elem(xsk_fd, &key), 0);
	build(&f, &rows[0], false);
	clear();
	run(bpf_program__fd(nic->progs.fg_inside), f.b, f.len, &r);
	assert_int_equal(r.verdict, XDP_DROP);
	assert_drops("no worker", drop_fd, 0, FG_DROP_no_worker);
	assert_drops("no worker", drop_fd, UP, FG_DROP_no_worker);
	check_counts("no worker", UP, 0, 0);
	put_socket(xsk_fd, key);
}

/* Cut off anywhere: a device leaves it to the kernel, fgw0 ends it. */
static void test_truncated(void **state)
{
	struct result r;
	struct frame f;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i / 2].shape == BIG || rows[i / 2].shape == LARGEST)
			continue;
		build(&f, &rows[i / 2], i & 1);
		for (size_t len = 14; len < f.len; len++) {
			run(bpf_program__fd(nic->progs.fg_inside), f.b, len, &r);
			assert_int_equal(r.verdict, XDP_PASS);
			run(bpf_program__fd(pair->progs.fg_inside), f.b, len, &r);
			assert_int_equal(r.verdict, XDP_DROP);
		}
	}
}

static void test_ttl_checksum(void **state)
{
	struct result r;
	struct frame f;

	(void)state;
	for (int ttl = 2; ttl < 256; ttl++) {
		build(&f, &rows[0], false);
		f.b[f.ip + 8] = (uint8_t)ttl;
		set16(&f, f.ip + 4, (uint16_t)(ttl * 257 + 3));
		close_ip(&f);
		run(bpf_program__fd(nic->progs.fg_inside), f.b, f.len, &r);
		assert_int_equal(r.b[f.ip + 8], ttl - 1);
		assert_true(ip4_checksum_ok(r.b + f.ip));
	}
}

/* No clear text of a client in samples. */
static int on_event(void *arg, void *data, size_t len)
{
	static const struct fg_event zero;
	const struct fg_event *event = data;

	assert_int_equal(len, sizeof(*event));
	assert_int_equal(event->captured, 0);
	assert_memory_equal(event->head, zero.head, sizeof(zero.head));
	*(uint16_t *)arg = event->reason;
	return 0;
}

static void test_sample(void **state)
{
	uint16_t reason = 0;
	struct ring_buffer *ring;
	struct result r;
	struct frame f;

	(void)state;
	ring = ring_buffer__new(bpf_map__fd(nic->maps.fg_event), on_event, &reason, NULL);
	assert_non_null(ring);
	ring_buffer__consume(ring);
	clear();
	build(&f, &rows[5], false);
	run(bpf_program__fd(nic->progs.fg_inside), f.b, f.len, &r);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(reason, FG_DROP_session_down);
	ring_buffer__free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_stack_door_only),
		cmocka_unit_test(test_client_speaks_esp),
		cmocka_unit_test(test_no_worker),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_ttl_checksum),
		cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
