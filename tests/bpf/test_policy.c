// SPDX-License-Identifier: BSD-2-Clause
/*
 * policy.h as the worker compiles it, and the same packets through the BPF program: one meaning.
 * The program is that of fgw0, which changes nothing but what the policy changes.
 */
#include "harness.h"
#include "inside.skel.h"

enum { MTU = 1300, MSS4 = 1200, MSS6 = 1180, SESSION = 1 };

static struct fg_inside *program;
static int program_fd, drop_fd;

static const struct fg_session *session(void)
{
	static struct fg_session s;

	s = (struct fg_session){ .state = FG_SESSION_UP,
				 .inner4 = ip4(10, 9, 0, 1).w[3],
				 .inner6 = ip6(9, 1),
				 .mtu = MTU,
				 .mss4 = MSS4,
				 .mss6 = MSS6 };
	return &s;
}

static int setup(void **state)
{
	uint32_t id = SESSION;
	struct fg_ip six = ip6(9, 1);

	(void)state;
	program = fg_inside__open();
	assert_non_null(program);
	bpf_map__set_max_entries(program->maps.fg_session, 2);
	bpf_map__set_max_entries(program->maps.fg_drop, 2);
	bpf_map__set_max_entries(program->maps.fg_count, 2);
	program->rodata->fg_pair = true;
	assert_int_equal(fg_inside__load(program), 0);
	program_fd = bpf_program__fd(program->progs.fg_inside);
	drop_fd = bpf_map__fd(program->maps.fg_drop);
	assert_int_equal(bpf_map__update_elem(program->maps.fg_session, &id, 4, session(),
					      sizeof(struct fg_session), 0),
			 0);
	assert_int_equal(
		bpf_map__update_elem(program->maps.fg_host4, &session()->inner4, 4, &id, 4, 0), 0);
	assert_int_equal(bpf_map__update_elem(program->maps.fg_host6, &six, 16, &id, 4, 0), 0);
	put_socket(bpf_map__fd(program->maps.fg_xsk), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fg_inside__destroy(program);
	return 0;
}

struct options {
	const char *name;
	uint8_t n, b[40];
	int mss_at; /* offset in b of the value to be lowered, -1: none */
};

/* clang-format off */
static const struct options options[] = {
	{ "none",                    0, { 0 }, -1 },
	{ "MSS first",               4, { 2, 4, 0x05, 0xb4 }, 2 },
	{ "as most systems send it", 20, { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 }, 2 },
	{ "MSS last",                20, { 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7, 2, 4, 0x05, 0xb4 }, 18 },
	{ "at an odd offset",        8, { 1, 2, 4, 0x05, 0xb4, 1, 1, 0 }, 3 },
	{ "odd, byte sum wraps",     8, { 1, 2, 4, 0xff, 0xff, 1, 1, 0 }, 3 },
	{ "at the header's end",     40, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
					   1, 1, 1, 1, 1, 1, 1, 1,
					   1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 0x05, 0xb4 }, 38 },
	{ "small enough",            4, { 2, 4, 0x02, 0x18 }, -1 },
	{ "equal to the limit, v4",  4, { 2, 4, 0x04, 0x9c }, -1 },
	{ "end before it",           8, { 0, 2, 4, 0x05, 0xb4, 0, 0, 0 }, -1 },
	{ "end of length 2",         8, { 0, 2, 2, 4, 0x05, 0xb4, 0, 0 }, -1 },
	{ "length 0 before it",      8, { 8, 0, 2, 4, 0x05, 0xb4, 1, 1 }, -1 },
	{ "length 1 before it",      8, { 8, 1, 2, 4, 0x05, 0xb4, 1, 1 }, -1 },
	{ "length beyond header",    8, { 8, 200, 2, 4, 0x05, 0xb4, 1, 1 }, -1 },
	{ "MSS of length 3",         4, { 2, 3, 0x05, 0xb4 }, -1 },
	{ "MSS of length 5",         8, { 2, 5, 0x05, 0xb4, 0, 1, 1, 1 }, -1 },
	{ "MSS of length 0",         4, { 2, 0, 0x05, 0xb4 }, -1 },
	{ "MSS cut by the header",   4, { 1, 2, 4, 0x05 }, -1 },
	{ "only a kind",             4, { 1, 1, 1, 2 }, -1 },
	{ "two of them, both",       8, { 2, 4, 0x02, 0x18, 2, 4, 0x05, 0xb4 }, 6 },
};
/* clang-format on */

enum { SYN = 0x02, SYN_ACK = 0x12, ACK = 0x10 };

static void build(struct frame *f, bool v6, uint8_t flags, const struct options *o)
{
	static const uint8_t chain[] = { 60, 6 };
	struct fg_ip src = v6 ? ip6(9, 1) : ip4(10, 9, 0, 1);

	/* From itself to itself, so that one frame suits both directions. */
	put_eth(f, our_mac, 0, v6 ? 0x86dd : 0x0800);
	if (v6)
		put_ip6(f, chain, 2, 0, 64, &src, &src);
	else
		put_ip4(f, 1, 0, 64, 6, &src, &src);
	put_tcp(f, flags, o->b, o->n, 33);
}

enum direction { TO_CLIENT, FROM_CLIENT };

static void compare(const struct frame *f);

/* The user-space build over a frame, in place. */
static uint32_t judge(struct frame *f, enum direction direction)
{
	struct fg_packet p = { .ip = f->b + f->ip, .end = f->b + f->len };

	if (!fg_packet_parse(&p))
		return FG_DROP_bad_inner;
	return direction == TO_CLIENT ? fg_policy_to_client(&p, session())
				      : fg_policy_from_client(&p, session());
}

static void check_options(const struct options *o, bool v6, uint8_t flags, enum direction direction)
{
	uint16_t limit = v6 ? MSS6 : MSS4;
	struct frame f, expected;
	size_t at;

	build(&f, v6, flags, o);
	expected = f;
	at = f.l4 + 20 + (size_t)o->mss_at;
	if (o->mss_at >= 0 && flags & SYN && fg_get16(f.b + at) > limit) {
		set16(&expected, at, limit);
		set16(&expected, f.l4 + 16, 0);
		set16(&expected, f.l4 + 16,
		      (uint16_t)~segment_sum(f.b + f.ip, expected.b + f.l4, f.len - f.l4, 6));
	}
	assert_int_equal(judge(&f, direction), FG_DROP_NONE);
	if (memcmp(f.b, expected.b, f.len) != 0)
		fail_msg("%s, IPv%d, flags %02x: packet differs", o->name, v6 ? 6 : 4, flags);
	assert_int_equal(segment_sum(f.b + f.ip, f.b + f.l4, f.len - f.l4, 6), 0xffff);
}

static void test_mss(void **state)
{
	static const uint8_t flags[] = { SYN, SYN_ACK, ACK };

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		for (size_t k = 0; k < 12; k++) {
			/* 1,200 is above the IPv6 limit. */
			struct options o = options[i];

			if (k & 1 && strstr(o.name, "v4"))
				continue;
			check_options(&o, k & 1, flags[k / 4], k & 2 ? FROM_CLIENT : TO_CLIENT);
		}
	}
}

/* Every value at both parities: the checksum is always that of the packet. */
static void test_mss_values(void **state)
{
	(void)state;
	for (unsigned mss = 0; mss < 65536; mss += 7) {
		struct options even = { "even", 4, { 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss }, 2 };
		struct options odd = {
			"odd", 8, { 1, 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss, 1, 1, 1 }, 3
		};

		check_options(&even, false, SYN, TO_CLIENT);
		check_options(&odd, true, SYN, FROM_CLIENT);
	}
}

static void test_mss_off(void **state)
{
	struct fg_session s = *session();
	struct frame f, before;
	struct fg_packet p;

	(void)state;
	s.mss4 = s.mss6 = 0;
	for (int v6 = 0; v6 < 2; v6++) {
		build(&f, v6, SYN, &options[1]);
		before = f;
		p = (struct fg_packet){ .ip = f.b + f.ip, .end = f.b + f.len };
		assert_true(fg_packet_parse(&p));
		assert_int_equal(fg_policy_to_client(&p, &s), FG_DROP_NONE);
		assert_memory_equal(f.b, before.b, f.len);
	}
}

/* Only the first fragment holds a TCP header. */
static void test_mss_fragments(void **state)
{
	/* In units of 8 bytes, the high bit: more follow. 0x20 is byte 256. */
	static const uint16_t fields[] = { 0x2000, 0x0001, 0x2010, 0x0020, 0x2020, 0x1fe0 };

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct frame f, before;

		build(&f, false, SYN, &options[1]);
		set16(&f, f.ip + 6, fields[i]);
		before = f;
		assert_int_equal(judge(&f, TO_CLIENT), FG_DROP_NONE);
		assert_int_equal(memcmp(f.b, before.b, f.len) != 0, i == 0);
	}
}

/* A data offset beyond the packet: what follows it in the frame is nobody's option. */
static void test_mss_header_beyond_packet(void **state)
{
	static const uint8_t beyond[] = { 2, 4, 0x05, 0xb4 };

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame f, before;

		build(&f, v6, SYN, &options[0]);
		f.len = f.l4 + 20;
		close_ip(&f);
		put(&f, beyond, sizeof(beyond));
		f.b[f.l4 + 12] = 6 << 4;
		before = f;
		assert_int_equal(judge(&f, TO_CLIENT), FG_DROP_NONE);
		assert_memory_equal(f.b, before.b, f.len);
		compare(&f);
	}
}

struct source {
	const char *name;
	bool v6;
	struct fg_ip src;
	bool has4, has6; /* the session has an address of this family */
	uint32_t reason;
};

static void test_spoofed(void **state)
{
	const struct source rows[] = {
		{ "own", false, ip4(10, 9, 0, 1), true, true, FG_DROP_NONE },
		{ "a neighbour's", false, ip4(10, 9, 0, 2), true, true, FG_DROP_spoofed },
		{ "zero", false, ip4(0, 0, 0, 0), true, true, FG_DROP_spoofed },
		{ "zero, session without", false, ip4(0, 0, 0, 0), false, true, FG_DROP_spoofed },
		{ "loopback", false, ip4(127, 0, 0, 1), true, true, FG_DROP_spoofed },
		{ "own", true, ip6(9, 1), true, true, FG_DROP_NONE },
		{ "a neighbour's", true, ip6(9, 2), true, true, FG_DROP_spoofed },
		{ "link-local",
		  true,
		  { .w = { fg_be32(0xfe800000), 0, 0, fg_be32(1) } },
		  true,
		  true,
		  FG_DROP_spoofed },
		{ "unspecified", true, { .w = { 0 } }, true, true, FG_DROP_spoofed },
		{ "unspecified, without", true, { .w = { 0 } }, true, false, FG_DROP_spoofed },
		{ "own IPv4, mapped", true, ip4(10, 9, 0, 1), true, true, FG_DROP_spoofed },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fg_session s = *session();
		struct fg_packet p;
		struct frame f;

		build(&f, rows[i].v6, ACK, &options[0]);
		memcpy(f.b + f.ip + (rows[i].v6 ? 8 : 12), &rows[i].src.w[rows[i].v6 ? 0 : 3],
		       rows[i].v6 ? 16 : 4);
		if (!rows[i].has4)
			s.inner4 = 0;
		if (!rows[i].has6)
			memset(&s.inner6, 0, sizeof(s.inner6));
		p = (struct fg_packet){ .ip = f.b + f.ip, .end = f.b + f.len };
		assert_true(fg_packet_parse(&p));
		if (fg_policy_from_client(&p, &s) != rows[i].reason)
			fail_msg("%s, IPv%d", rows[i].name, rows[i].v6 ? 6 : 4);
	}
}

/* Cut off at every length, in a buffer of that size: a reader that goes too far is seen by the
 * address sanitizer, a parser that believes the header by this test. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(options) / sizeof(options[0]); i++) {
		struct frame f;

		build(&f, i & 1, SYN, &options[i / 2]);
		for (size_t len = 0; len < f.len - f.ip; len++) {
			uint8_t *copy = malloc(len ? len : 1);
			struct fg_packet p = { .ip = copy, .end = copy + len };

			assert_non_null(copy);
			memcpy(copy, f.b + f.ip, len);
			assert_false(fg_packet_parse(&p));
			free(copy);
		}
	}
}

/* Lengths inside the header against the packet's; extension headers count in units of 8 bytes. */
static void test_header_lengths(void **state)
{
	static const struct {
		bool v6;
		uint8_t at, value; /* offset from the IP header */
		bool ok;
		uint16_t l4;
	} rows[] = {
		{ false, 0, 0x46, true, 24 }, /* as built: one word of options */
		{ false, 0, 0x44, false, 0 }, /* header shorter than 20 bytes */
		{ false, 3, 23, false, 0 },   /* packet shorter than its header */
		{ false, 3, 24, true, 24 },   { true, 41, 0, true, 48 }, { true, 41, 1, true, 56 },
		{ true, 41, 6, true, 96 },    { true, 41, 7, false, 0 }, /* the extension ends
									    behind the packet */
		{ true, 41, 255, false, 0 },  { true, 5, 7, false, 0 },  /* the extension's first
									    bytes are not there */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fg_packet p;
		struct frame f;

		build(&f, rows[i].v6, ACK, &options[0]);
		f.b[f.ip + rows[i].at] = rows[i].value;
		p = (struct fg_packet){ .ip = f.b + f.ip, .end = f.b + f.len };
		if (fg_packet_parse(&p) != rows[i].ok || (rows[i].ok && p.l4 != rows[i].l4))
			fail_msg("row %zu", i);
		compare(&f);
	}
}

static void test_hop(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		for (int ttl = 0; ttl < 256; ttl++) {
			struct frame f, before;
			struct fg_packet p;
			size_t at;

			build(&f, v6, ACK, &options[0]);
			at = f.ip + (v6 ? 7 : 8);
			f.b[at] = (uint8_t)ttl;
			close_ip(&f);
			before = f;
			p = (struct fg_packet){ .ip = f.b + f.ip, .end = f.b + f.len };
			assert_true(fg_packet_parse(&p));
			assert_int_equal(fg_packet_hop(&p), ttl > 1);
			if (ttl > 1) {
				before.b[at]--;
				close_ip(&before);
			}
			assert_memory_equal(f.b, before.b, f.len);
		}
	}
}

/* One frame through both builds. */
static void compare(const struct frame *f)
{
	struct frame user = *f;
	struct result r;
	uint32_t reason, verdict = XDP_REDIRECT;

	reason = judge(&user, TO_CLIENT);
	if (reason)
		verdict = XDP_DROP;
	if (reason == FG_DROP_bad_inner)
		reason = FG_DROP_bad_frame;
	zero_row(drop_fd, 0, FG_DROP_ROWS);
	run(program_fd, f->b, f->len, &r);
	assert_int_equal(r.verdict, verdict);
	assert_drops("both builds", drop_fd, 0, reason);
	assert_int_equal(r.len, user.len);
	assert_memory_equal(r.b, user.b, user.len);
}

/* Bytes that decide who the packet is for stay, everything else may be anything. */
static void mutate(struct frame *f, int n)
{
	while (n-- > 0) {
		size_t at = f->ip + (size_t)random() % (f->len - f->ip);

		if (at >= f->ip + (f->v6 ? 24u : 16u) && at < f->ip + (f->v6 ? 40u : 20u))
			continue;
		if (at == f->ip)
			f->b[at] = (uint8_t)((f->b[at] & 0xf0) | (random() & 15));
		else
			f->b[at] = (uint8_t)random();
	}
}

static void test_both_builds(void **state)
{
	struct frame f;

	(void)state;
	srandom(RANDOM_SEED);
	for (size_t i = 0; i < 4 * sizeof(options) / sizeof(options[0]); i++) {
		build(&f, i & 1, i & 2 ? SYN : ACK, &options[i / 4]);
		compare(&f);
	}
	for (int i = 0; i < 20000; i++) {
		build(&f, i & 1, SYN,
		      &options[(size_t)random() % (sizeof(options) / sizeof(options[0]))]);
		mutate(&f, i % 5);
		compare(&f);
	}
}

static void test_too_big(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		struct frame f;

		build(&f, false, ACK, &options[0]);
		fill(&f, MTU - (f.len - f.ip) + extra);
		close_ip(&f);
		assert_int_equal(judge(&f, TO_CLIENT), extra ? FG_DROP_too_big : FG_DROP_NONE);
		compare(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mss),
		cmocka_unit_test(test_mss_values),
		cmocka_unit_test(test_mss_off),
		cmocka_unit_test(test_mss_fragments),
		cmocka_unit_test(test_mss_header_beyond_packet),
		cmocka_unit_test(test_header_lengths),
		cmocka_unit_test(test_spoofed),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_hop),
		cmocka_unit_test(test_both_builds),
		cmocka_unit_test(test_too_big),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
