// SPDX-License-Identifier: BSD-2-Clause
/* outside.bpf.c: a frame in, a verdict, metadata and counters out. */
#include "harness.h"
#include "outside.skel.h"
#include <errno.h>

enum { SESSIONS = 8, SAS = 64, PORT = 3 };

/* Rows of fg_sa and sessions that the cases use. */
enum sa {
	PLAIN = 1,  /* session 1, IPv4 */
	UDP,        /* session 2, IPv4 */
	OUT,        /* session 1, outbound */
	ENDING,     /* session 3 */
	PLAIN6,     /* session 4, IPv6 */
	UDP6,       /* session 5, IPv6 */
	UNKNOWN,    /* free row */
	WRONG_HIGH, /* the row of PLAIN with other high bits */
	NO_SA,
};

static const uint32_t session_of[] = {
	[PLAIN] = 1, [UDP] = 2,     [OUT] = 1,        [ENDING] = 3, [PLAIN6] = 4,
	[UDP6] = 5,  [UNKNOWN] = 0, [WRONG_HIGH] = 0, [NO_SA] = 0
};

static struct fg_outside *program;
static int program_fd, drop_fd;

static uint32_t spi_of(enum sa sa)
{
	return sa == WRONG_HIGH ? 0xbad00000 | PLAIN : 0xc0de0000u | (uint32_t)sa;
}

static struct fg_ip gateway4(void)
{
	return ip4(192, 0, 2, 1);
}

static struct fg_ip gateway6(void)
{
	return ip6(1, 1);
}

static void add_sa(enum sa row, uint32_t state, uint32_t flags, bool v6, uint32_t session_state)
{
	uint32_t id = session_of[row], key = row;
	struct fg_sa sa = { .state = state,
			    .generation = 40u + row,
			    .session = id,
			    .spi = fg_be32(spi_of(row)),
			    .flags = (uint16_t)flags };
	struct fg_session session = { .state = session_state,
				      .local = v6 ? gateway6() : gateway4() };

	assert_int_equal(
		bpf_map__update_elem(program->maps.fg_sa, &key, sizeof(key), &sa, sizeof(sa), 0),
		0);
	assert_int_equal(bpf_map__update_elem(program->maps.fg_session, &id, sizeof(id), &session,
					      sizeof(session), 0),
			 0);
}

static int setup(void **state)
{
	struct fg_conf conf = { .abi = FG_ABI,
				.local_count = 3,
				.local = { gateway4(), ip4(192, 0, 2, 2), gateway6() },
				.flags = FG_CONF_FAST_DOOR };
	uint32_t zero = 0;

	(void)state;
	program = fg_outside__open();
	assert_non_null(program);
	bpf_map__set_max_entries(program->maps.fg_session, SESSIONS);
	bpf_map__set_max_entries(program->maps.fg_sa, SAS);
	bpf_map__set_max_entries(program->maps.fg_drop, SESSIONS);
	program->rodata->fg_port = PORT;
	program->rodata->fg_sa_mask = SAS - 1;
	assert_int_equal(fg_outside__load(program), 0);
	program_fd = bpf_program__fd(program->progs.fg_outside);
	drop_fd = bpf_map__fd(program->maps.fg_drop);
	assert_int_equal(bpf_map__update_elem(program->maps.fg_conf, &zero, sizeof(zero), &conf,
					      sizeof(conf), 0),
			 0);
	add_sa(PLAIN, FG_SA_IN, 0, false, FG_SESSION_UP);
	add_sa(UDP, FG_SA_IN, FG_SA_UDP, false, FG_SESSION_UP);
	add_sa(OUT, FG_SA_OUT, 0, false, FG_SESSION_UP);
	add_sa(ENDING, FG_SA_IN, 0, false, FG_SESSION_ENDING);
	add_sa(PLAIN6, FG_SA_IN, 0, true, FG_SESSION_UP);
	add_sa(UDP6, FG_SA_IN, FG_SA_UDP, true, FG_SESSION_UP);
	put_socket(bpf_map__fd(program->maps.fg_xsk), PORT * FG_QUEUES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fg_outside__destroy(program);
	return 0;
}

enum kind {
	ESP,
	ESP_UDP,
	IKE_500,
	IKE_4500,
	KEEPALIVE,
	UDP_FF_FF,
	UDP_EMPTY,
	UDP_SHORT,
	UDP_OTHER,
	TCP,
	ARP
};
enum to { LOCAL, OTHER_LOCAL, FOREIGN };

struct row {
	const char *name;
	enum kind kind;
	enum sa sa;
	enum to to;
	bool v6;
	unsigned tags, options; /* IPv4: words of options; IPv6: extension headers */
	uint16_t fragment;
	uint32_t verdict, reason;
};

static struct fg_ip address_to(enum to to, bool v6)
{
	if (to == FOREIGN)
		return v6 ? ip6(9, 9) : ip4(203, 0, 113, 9);
	if (to == OTHER_LOCAL)
		return ip4(192, 0, 2, 2);
	return v6 ? gateway6() : gateway4();
}

static void put_ip(struct frame *f, const struct row *row, uint8_t protocol)
{
	static const uint8_t extensions[] = { 0, 60, 43, 60, 60, 60, 60, 60 };
	struct fg_ip src = row->v6 ? ip6(7, 7) : ip4(198, 51, 100, 7);
	struct fg_ip dst = address_to(row->to, row->v6);
	uint8_t chain[10];
	size_t n = 0;

	if (!row->v6) {
		put_ip4(f, row->options, row->fragment, 64, protocol, &src, &dst);
		return;
	}
	while (n < row->options) {
		chain[n] = extensions[n];
		n++;
	}
	if (row->fragment)
		chain[n++] = FG_PROTO_FRAGMENT;
	chain[n++] = protocol;
	put_ip6(f, chain, n, row->fragment, 64, &src, &dst);
}

static size_t put_payload(struct frame *f, const struct row *row)
{
	uint8_t p[64] = { 0 };
	uint32_t spi = fg_be32(spi_of(row->sa));
	static const struct {
		uint16_t port;
		size_t len;
	} udp[] = { [ESP_UDP] = { 4500, 48 },  [IKE_500] = { 500, 48 },   [IKE_4500] = { 4500, 48 },
		    [KEEPALIVE] = { 4500, 1 }, [UDP_FF_FF] = { 4500, 2 }, [UDP_EMPTY] = { 4500, 0 },
		    [UDP_SHORT] = { 4500, 7 }, [UDP_OTHER] = { 4501, 48 } };

	memset(p, 0x5a, sizeof(p));
	memcpy(p, &spi, 4);
	if (row->kind == IKE_4500)
		memset(p, 0, 4);
	if (row->kind == KEEPALIVE || row->kind == UDP_FF_FF)
		memset(p, 0xff, 2);
	if (row->kind == ESP || row->kind == TCP) {
		put(f, p, 48);
		return f->l4;
	}
	put_udp(f, udp[row->kind].port, p, udp[row->kind].len);
	return f->l4 + 8;
}

/* Returns where the ESP header is. */
static size_t build(struct frame *f, const struct row *row)
{
	uint8_t protocol = row->kind == ESP ? 50 : row->kind == TCP ? 6 : 17;
	size_t esp;

	put_eth(f, our_mac, row->tags, row->kind == ARP ? 0x0806 : row->v6 ? 0x86dd : 0x0800);
	if (row->kind == ARP) {
		fill(f, 46);
		return 0;
	}
	put_ip(f, row, protocol);
	esp = put_payload(f, row);
	close_ip(f);
	return esp;
}

/* clang-format off */
#define CARRY        XDP_REDIRECT, 0
#define PASS         XDP_PASS, 0
#define DROP(reason) XDP_DROP, FG_DROP_##reason
static const struct row rows[] = {
	/* name                      kind      SA          to        v6, tags, options, fragment */
	{ "ESP",                     ESP,      PLAIN,      LOCAL,       0, 0, 0, 0, CARRY },
	{ "ESP, VLAN",               ESP,      PLAIN,      LOCAL,       0, 1, 0, 0, CARRY },
	{ "ESP, QinQ",               ESP,      PLAIN,      LOCAL,       0, 2, 0, 0, CARRY },
	{ "ESP, three tags",         ESP,      PLAIN,      LOCAL,       0, 3, 0, 0, PASS },
	{ "ESP, one option word",    ESP,      PLAIN,      LOCAL,       0, 0, 1, 0, CARRY },
	{ "ESP, ten option words",   ESP,      PLAIN,      LOCAL,       0, 2, 10, 0, CARRY },
	{ "UDP",                     ESP_UDP,  UDP,        LOCAL,       0, 0, 0, 0, CARRY },
	{ "UDP, VLAN, options",      ESP_UDP,  UDP,        LOCAL,       0, 1, 5, 0, CARRY },
	{ "IPv6 ESP",                ESP,      PLAIN6,     LOCAL,       1, 0, 0, 0, CARRY },
	{ "IPv6 ESP, QinQ",          ESP,      PLAIN6,     LOCAL,       1, 2, 0, 0, CARRY },
	{ "IPv6 ESP, 1 extension",   ESP,      PLAIN6,     LOCAL,       1, 0, 1, 0, CARRY },
	{ "IPv6 ESP, 6 extensions",  ESP,      PLAIN6,     LOCAL,       1, 0, 6, 0, CARRY },
	{ "IPv6 ESP, 7 extensions",  ESP,      PLAIN6,     LOCAL,       1, 0, 7, 0, PASS },
	{ "IPv6 UDP",                ESP_UDP,  UDP6,       LOCAL,       1, 0, 0, 0, CARRY },
	{ "IPv6 UDP, 3 extensions",  ESP_UDP,  UDP6,       LOCAL,       1, 1, 3, 0, CARRY },

	{ "IKE",                     IKE_500,  NO_SA,      LOCAL,       0, 0, 0, 0, PASS },
	{ "IKE on 4500",             IKE_4500, NO_SA,      LOCAL,       0, 0, 0, 0, PASS },
	{ "IPv6 IKE on 4500",        IKE_4500, NO_SA,      LOCAL,       1, 1, 0, 0, PASS },
	{ "other UDP port",          UDP_OTHER, UDP,       LOCAL,       0, 0, 0, 0, PASS },
	{ "TCP",                     TCP,      PLAIN,      LOCAL,       0, 0, 0, 0, PASS },
	{ "ARP",                     ARP,      NO_SA,      LOCAL,       0, 0, 0, 0, PASS },
	{ "keepalive",               KEEPALIVE, NO_SA,     LOCAL,       0, 0, 0, 0, DROP(nat_keepalive) },
	{ "IPv6 keepalive",          KEEPALIVE, NO_SA,     LOCAL,       1, 0, 0, 0, DROP(nat_keepalive) },
	{ "keepalive passing by",    KEEPALIVE, NO_SA,     FOREIGN,     0, 0, 0, 0, PASS },
	{ "two bytes of 0xff",       UDP_FF_FF, NO_SA,     LOCAL,       0, 0, 0, 0, DROP(malformed_outer) },
	{ "empty datagram",          UDP_EMPTY, NO_SA,     LOCAL,       0, 0, 0, 0, DROP(malformed_outer) },
	{ "ESP of seven bytes",      UDP_SHORT, UDP,       LOCAL,       0, 0, 0, 0, DROP(malformed_outer) },

	{ "free row",                ESP,      UNKNOWN,    LOCAL,       0, 0, 0, 0, DROP(unknown_spi) },
	{ "free row, UDP",           ESP_UDP,  UNKNOWN,    LOCAL,       0, 0, 0, 0, DROP(unknown_spi) },
	{ "free row, IPv6",          ESP,      UNKNOWN,    LOCAL,       1, 0, 0, 0, DROP(unknown_spi) },
	{ "free row, passing by",    ESP,      UNKNOWN,    FOREIGN,     0, 0, 0, 0, PASS },
	{ "free row, IPv6 passing",  ESP,      UNKNOWN,    FOREIGN,     1, 0, 0, 0, PASS },
	{ "other high bits",         ESP,      WRONG_HIGH, LOCAL,       0, 0, 0, 0, DROP(unknown_spi) },
	{ "outbound SA",             ESP,      OUT,        LOCAL,       0, 0, 0, 0, DROP(unknown_spi) },
	/* RFC 7296 2.23: both encapsulations; RFC 4555: by whichever address of ours. */
	{ "UDP on a plain SA",       ESP_UDP,  PLAIN,      LOCAL,       0, 0, 0, 0, CARRY },
	{ "plain on a UDP SA",       ESP,      UDP,        LOCAL,       0, 0, 0, 0, CARRY },
	{ "another address of ours", ESP,      PLAIN,      OTHER_LOCAL, 0, 0, 0, 0, CARRY },
	{ "another family",          ESP,      PLAIN,      LOCAL,       1, 0, 0, 0, CARRY },
	{ "UDP in another family",   ESP_UDP,  UDP,        LOCAL,       1, 0, 0, 0, CARRY },
	{ "SPI of ours, passing by", ESP,      PLAIN,      FOREIGN,     0, 0, 0, 0, PASS },
	{ "session is ending",       ESP,      ENDING,     LOCAL,       0, 0, 0, 0, DROP(session_down) },

	{ "first ESP fragment",      ESP,      PLAIN,      LOCAL,       0, 0, 0, 0x2000, DROP(outer_fragment) },
	{ "later ESP fragment",      ESP,      PLAIN,      LOCAL,       0, 0, 0, 0x0010, DROP(outer_fragment) },
	{ "last ESP fragment, 256",  ESP,      PLAIN,      LOCAL,       0, 0, 0, 0x0020, DROP(outer_fragment) },
	{ "DF is no fragment",       ESP,      PLAIN,      LOCAL,       0, 0, 0, 0x4000, CARRY },
	{ "fragment passing by",     ESP,      PLAIN,      FOREIGN,     0, 0, 0, 0x2000, PASS },
	{ "IPv6 last one, at 256",   ESP,      PLAIN6,     LOCAL,       1, 0, 0, 0x0100, DROP(outer_fragment) },
	{ "IPv6 first fragment",     ESP,      PLAIN6,     LOCAL,       1, 0, 0, 0x0001, DROP(outer_fragment) },
	{ "IPv6 later fragment",     ESP,      PLAIN6,     LOCAL,       1, 0, 1, 0x0010, DROP(outer_fragment) },
	{ "first UDP fragment",      ESP_UDP,  UDP,        LOCAL,       0, 0, 0, 0x2000, PASS },
	{ "later UDP fragment",      ESP_UDP,  UDP,        LOCAL,       0, 0, 0, 0x0010, PASS },
	{ "last UDP fragment, 256",  ESP_UDP,  UDP,        LOCAL,       0, 0, 0, 0x0020, PASS },
	{ "IPv6 UDP fragment",       ESP_UDP,  UDP6,       LOCAL,       1, 0, 0, 0x0001, PASS },
};
/* clang-format on */

/* A drop counts for the session only once the SA is known. */
static uint32_t counted_for(const struct row *row)
{
	if (row->reason == FG_DROP_session_down)
		return session_of[row->sa];
	return 0;
}

static void clear_drops(void)
{
	for (uint32_t i = 0; i < SESSIONS; i++)
		zero_row(drop_fd, i, FG_DROP_ROWS);
}

static void check_row(const struct row *row)
{
	struct result r;
	struct frame f;
	size_t esp = build(&f, row);

	clear_drops();
	run(program_fd, f.b, f.len, &r);
	if (r.verdict != row->verdict)
		fail_msg("%s: verdict %u, not %u", row->name, r.verdict, row->verdict);
	assert_drops(row->name, drop_fd, 0, row->reason);
	for (uint32_t i = 1; i < SESSIONS; i++)
		assert_drops(row->name, drop_fd, i, counted_for(row) == i ? row->reason : 0);
	assert_int_equal(r.len, f.len);
	assert_memory_equal(r.b, f.b, f.len);
	if (row->verdict != XDP_REDIRECT)
		return;
	assert_true(r.has_meta);
	assert_int_equal(r.meta.session, session_of[row->sa]);
	assert_int_equal(r.meta.sa, row->sa);
	assert_int_equal(r.meta.sa_generation, 40 + row->sa);
	assert_int_equal(r.meta.l3, f.ip);
	assert_int_equal(r.meta.esp, esp);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

/* Cut off anywhere, with headers that still promise the whole: never to a worker, never counted. */
static void test_truncated(void **state)
{
	struct result r;
	struct frame f;

	(void)state;
	clear_drops();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		build(&f, &rows[i]);
		for (size_t len = 14; len < f.len; len++) {
			run(program_fd, f.b, len, &r);
			if (r.verdict != XDP_PASS)
				fail_msg("%s: %zu of %zu bytes: verdict %u", rows[i].name, len,
					 f.len, r.verdict);
		}
	}
	assert_drops("truncated", drop_fd, 0, 0);
}

/* Cut off with lengths that agree: to a worker only with a whole ESP header. */
static void test_short(void **state)
{
	static const struct row bases[] = {
		{ "ESP", ESP, PLAIN, LOCAL, 0, 0, 3, 0, 0, 0 },
		{ "UDP", ESP_UDP, UDP, LOCAL, 0, 1, 0, 0, 0, 0 },
		{ "IPv6 ESP", ESP, PLAIN6, LOCAL, 1, 0, 2, 0, 0, 0 },
		{ "IPv6 UDP", ESP_UDP, UDP6, LOCAL, 1, 2, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct frame f;
		size_t esp = build(&f, &bases[i]);

		for (size_t len = f.l4; len <= f.len; len++) {
			struct frame cut = f;
			struct result r;

			cut.len = len;
			close_ip(&cut);
			if (bases[i].kind == ESP_UDP && len >= f.l4 + 8)
				set16(&cut, f.l4 + 4, (uint16_t)(len - f.l4));
			run(program_fd, cut.b, len, &r);
			assert_int_equal(r.verdict == XDP_REDIRECT, len >= esp + 8);
		}
	}
}

/* A UDP length that promises more than the packet has, or less than its header. */
static void test_udp_length(void **state)
{
	static const struct row base = { "", ESP_UDP, UDP, LOCAL, 0, 0, 0, 0, 0, 0 };
	static const uint16_t bad[] = { 0, 7, 57, 65535 };
	struct result r;
	struct frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		build(&f, &base);
		set16(&f, f.l4 + 4, bad[i]);
		clear_drops();
		run(program_fd, f.b, f.len, &r);
		assert_int_equal(r.verdict, XDP_DROP);
		assert_drops("UDP length", drop_fd, 0, FG_DROP_malformed_outer);
	}
}

static void test_no_worker(void **state)
{
	uint32_t key = PORT * FG_QUEUES;
	int fd = bpf_map__fd(program->maps.fg_xsk);
	struct result r;
	struct frame f;

	(void)state;
	assert_int_equal(bpf_map_delete_elem(fd, &key), 0);
	build(&f, &rows[0]);
	clear_drops();
	run(program_fd, f.b, f.len, &r);
	assert_int_equal(r.verdict, XDP_DROP);
	assert_drops("no worker", drop_fd, 0, FG_DROP_no_worker);
	assert_drops("no worker", drop_fd, 1, FG_DROP_no_worker);
	put_socket(fd, key);
}

/* A frame before which `taken` bytes of metadata stand already. Returns 0 or -errno. */
static int run_behind(uint32_t taken, const struct frame *f, uint32_t *verdict)
{
	uint8_t bytes[256 + FRAME_MAX] = { 0 };
	struct xdp_md in = { .data = taken, .data_end = (uint32_t)(taken + f->len) };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = in.data_end,
		    .ctx_in = &in, .ctx_size_in = sizeof(in), .repeat = 1);
	int result;

	memcpy(bytes + taken, f->b, f->len);
	result = bpf_prog_test_run_opts(program_fd, &opts);
	*verdict = opts.retval;
	return result;
}

/* As with a driver that has no metadata: what is there leaves no room for ours. Before Linux 6.6
 * there may be 32 bytes in all. */
static void test_no_metadata(void **state)
{
	struct frame f;
	uint32_t verdict;

	(void)state;
	build(&f, &rows[0]);
	clear_drops();
	if (run_behind(208, &f, &verdict) == -EINVAL)
		assert_int_equal(run_behind(32, &f, &verdict), 0);
	assert_int_equal(verdict, XDP_DROP);
	assert_drops("no metadata", drop_fd, 1, FG_DROP_no_metadata);
}

/* Whatever comes: bytes of valid frames overwritten at random never make a verdict of another
 * kind, and a redirect always points inside the frame. */
static void test_mutated(void **state)
{
	struct result r;
	struct frame f;

	(void)state;
	srandom(RANDOM_SEED);
	for (int n = 0; n < 20000; n++) {
		build(&f, &rows[(size_t)random() % (sizeof(rows) / sizeof(rows[0]))]);
		for (int k = 0; k < 3; k++)
			f.b[12 + (size_t)random() % (f.len - 12)] = (uint8_t)random();
		run(program_fd, f.b, f.len, &r);
		assert_true(r.verdict == XDP_PASS || r.verdict == XDP_DROP ||
			    r.verdict == XDP_REDIRECT);
		if (r.verdict != XDP_REDIRECT)
			continue;
		assert_true(r.has_meta && r.meta.esp + 8u <= f.len && r.meta.l3 < r.meta.esp);
		assert_true(r.meta.sa && r.meta.sa < SAS && r.meta.session < SESSIONS);
	}
}

static int on_event(void *arg, void *data, size_t len)
{
	assert_int_equal(len, sizeof(struct fg_event));
	memcpy(arg, data, len);
	return 0;
}

static void test_sample(void **state)
{
	static const struct row row = { "", ESP, UNKNOWN, LOCAL, 0, 0, 0, 0, 0, 0 };
	struct fg_event event = { 0 };
	struct ring_buffer *ring;
	struct result r;
	struct frame f;

	(void)state;
	ring = ring_buffer__new(bpf_map__fd(program->maps.fg_event), on_event, &event, NULL);
	assert_non_null(ring);
	ring_buffer__consume(ring);
	clear_drops();
	build(&f, &row);
	run(program_fd, f.b, f.len, &r);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(event.reason, FG_DROP_unknown_spi);
	assert_int_equal(event.port, PORT);
	assert_int_equal(event.length, f.len);
	assert_int_equal(event.captured, 64);
	assert_memory_equal(event.head, f.b, 64);
	assert_true(event.at_ns > 0);
	/* Only some of many. */
	for (int i = 0; i < 5000; i++)
		run(program_fd, f.b, f.len, &r);
	assert_in_range(ring_buffer__consume(ring), 4, 64);
	ring_buffer__free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),      cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_short),     cmocka_unit_test(test_udp_length),
		cmocka_unit_test(test_no_worker), cmocka_unit_test(test_no_metadata),
		cmocka_unit_test(test_mutated),   cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
