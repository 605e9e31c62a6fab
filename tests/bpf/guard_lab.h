/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_SA_INITs for guard.h in outside.bpf.c. The cookie expected is made here by the build of
 * cookie.h that the daemon uses: both must agree on every length of a nonce.
 */
#ifndef BPF_GUARD_LAB_H
#define BPF_GUARD_LAB_H

#include "harness.h"
#include "outside.skel.h"

#include <sched.h>
#include <time.h>

#define FG_COOKIE_LOAD(from, at, to, n) memcpy(to, (const uint8_t *)(from) + (at), n)
#include "../../bpf/cookie.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	SLOT = 70000,
	ANSWER = sizeof(struct fg_cookie_answer),
	AUTH = 35,
	NONCE = 32,
	SA_BODY = 40,
	KE_BODY = 36,
};
#define FOR_TEN_NS 100000000ull /* a purse of a second pays for ten */

static struct fg_outside *program;
static int program_fd, drop_fd, gate_fd, guard_fd, count_fd;
static struct fg_gate gate;
static uint64_t begun_ns; /* CLOCK_MONOTONIC, which is the programs' clock, too */

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline struct fg_ip gateway(bool v6)
{
	return v6 ? ip6(1, 1) : ip4(192, 0, 2, 1);
}

static inline int setup(void **state)
{
	struct fg_conf conf = { .abi = FG_ABI,
				.local_count = 2,
				.local = { gateway(false), gateway(true) } };
	uint32_t zero = 0;
	cpu_set_t one;

	(void)state;
	/* The purses of all are one per CPU. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	program = fg_outside__open();
	assert_non_null(program);
	bpf_map__set_max_entries(program->maps.fg_drop, 2);
	program->rodata->fg_answers = true;
	assert_int_equal(fg_outside__load(program), 0);
	program_fd = bpf_program__fd(program->progs.fg_outside);
	drop_fd = bpf_map__fd(program->maps.fg_drop);
	gate_fd = bpf_map__fd(program->maps.fg_gate);
	guard_fd = bpf_map__fd(program->maps.fg_guard);
	count_fd = bpf_map__fd(program->maps.fg_guard_count);
	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(program->maps.fg_conf), &zero, &conf, BPF_ANY), 0);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	fg_outside__destroy(program);
	return 0;
}

static inline void put_gate(void)
{
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(gate_fd, &zero, &gate, BPF_ANY), 0);
}

/* Nothing counted, every purse full. */
static inline void begin(uint32_t flags, uint64_t source_cost, uint64_t all_cost)
{
	struct fg_guard_key key;

	gate = (struct fg_gate){ .flags = FG_GATE_GUARD | flags,
				 .secrets = { .slot = SLOT,
					      .key = { { 1, 2 }, { 0xfeedfacecafebeef, 4 } } },
				 .source_cost_ns = source_cost,
				 .all_cost_ns = all_cost };
	put_gate();
	while (bpf_map_get_next_key(guard_fd, NULL, &key) == 0)
		bpf_map_delete_elem(guard_fd, &key);
	zero_row(count_fd, 0, sizeof(struct fg_guard_count) / 8);
	zero_row(drop_fd, 0, FG_DROP_ROWS);
	begun_ns = now_ns();
}

/* What a purse has got back since begin(): nothing, unless the machine was busy elsewhere. */
static inline uint64_t refilled(uint64_t cost)
{
	return (now_ns() - begun_ns) / cost;
}

static inline struct fg_guard_count counts(void)
{
	struct fg_guard_count c;

	read_row(count_fd, 0, (uint64_t *)&c, sizeof(c) / 8);
	return c;
}

static inline uint64_t dropped(uint32_t reason)
{
	uint64_t counters[FG_DROP_ROWS];

	read_row(drop_fd, 0, counters, FG_DROP_ROWS);
	return counters[reason];
}

static inline bool demanded(void)
{
	struct fg_gate seen;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(gate_fd, &zero, &seen), 0);
	return seen.demand_until_ns > now_ns();
}

/* --- requests --- */

struct request {
	bool v6, natt;
	unsigned tags, options;
	struct fg_ip src; /* zero: a usual one */
	uint16_t port;    /* 0: as natt says */
	uint64_t spi;     /* 0: a usual one */
	size_t nonce;     /* 0: NONCE */
	size_t before;    /* further payloads before the nonce */
	bool nonce_first;
	const struct fg_cookie_notify *cookie;
	bool cookie_second;
};

struct sent {
	struct frame f;
	size_t udp, ike; /* offsets in the frame */
	struct fg_init init;
};

static inline void put_payload(struct frame *f, uint8_t next, size_t body)
{
	put16(f, (uint16_t)(next << 8));
	put16(f, (uint16_t)(4 + body));
	fill(f, body);
}

/* Types in their order, then the payloads: each header names the type of the next. */
static inline void put_payloads(struct frame *f, const struct request *r)
{
	struct {
		uint8_t type;
		size_t body;
		const void *bytes;
	} list[24];
	size_t n = 0, nonce = r->nonce ? r->nonce : NONCE;

#define ADD(...)                                                                                   \
	do {                                                                                       \
		list[n].type = 0, list[n].bytes = NULL;                                            \
		memcpy(&list[n], &(__typeof__(list[0])){ __VA_ARGS__ }, sizeof(list[0]));          \
		n++;                                                                               \
	} while (0)
	if (r->cookie && !r->cookie_second)
		ADD(41, fg_host16(r->cookie->length) - 4u, (const uint8_t *)r->cookie + 4);
	if (r->nonce_first)
		ADD(40, nonce, NULL);
	ADD(33, SA_BODY, NULL);
	if (r->cookie && r->cookie_second)
		ADD(41, 16, (const uint8_t *)r->cookie + 4);
	ADD(34, KE_BODY, NULL);
	for (size_t i = 0; i < r->before; i++)
		ADD(43, 8, NULL);
	if (!r->nonce_first)
		ADD(40, nonce, NULL);
	f->b[f->len - 12] = list[0].type;
	for (size_t i = 0; i < n; i++) {
		size_t at = f->len;

		put_payload(f, i + 1 < n ? list[i + 1].type : 0, list[i].body);
		if (list[i].bytes)
			memcpy(f->b + at + 4, list[i].bytes, list[i].body);
	}
}

static inline void put32_at(struct frame *f, size_t at, uint32_t v)
{
	set16(f, at, (uint16_t)(v >> 16));
	set16(f, at + 2, (uint16_t)v);
}

static inline void close_request(struct sent *s)
{
	put32_at(&s->f, s->ike + 24, (uint32_t)(s->f.len - s->ike));
	set16(&s->f, s->udp + 4, (uint16_t)(s->f.len - s->udp));
	close_ip(&s->f);
}

static inline void make(struct sent *s, const struct request *r)
{
	static const uint8_t chain[] = { FG_PROTO_DEST_OPTIONS, FG_PROTO_UDP };
	struct fg_ip dst = gateway(r->v6), src = r->src;
	uint16_t port = r->natt ? 4500 : 500;
	uint64_t spi = r->spi ? r->spi : 0x1122334455667788;

	if (!(src.w[0] | src.w[3]))
		src = r->v6 ? ip6(7, 7) : ip4(198, 51, 100, 7);
	memset(s, 0, sizeof(*s));
	put_eth(&s->f, our_mac, r->tags, r->v6 ? 0x86dd : 0x0800);
	if (r->v6)
		put_ip6(&s->f, chain + (r->options ? 0 : 1), r->options ? 2 : 1, 0, 64, &src, &dst);
	else
		put_ip4(&s->f, r->options, 0, 64, 17, &src, &dst);
	s->udp = s->f.len;
	put16(&s->f, r->port ? r->port : port);
	put16(&s->f, port);
	put32(&s->f, 0);
	if (r->natt)
		put32(&s->f, 0);
	s->ike = s->f.len;
	put32(&s->f, (uint32_t)(spi >> 32));
	put32(&s->f, (uint32_t)spi);
	put32(&s->f, 0);
	put32(&s->f, 0);
	put32(&s->f, 0x00202208);
	put32(&s->f, 0);
	put32(&s->f, 0);
	put_payloads(&s->f, r);
	close_request(s);
	s->init.ip = src;
	s->init.port = fg_be16(r->port ? r->port : port);
	if (fg_init_read(s->f.b + s->ike, s->f.b + s->f.len, (uint32_t)(s->f.len - s->ike),
			 &s->init) != FG_INIT_READ)
		s->init.ni_len = 0;
}

/* The cookie that we expect under a slot. */
static inline struct fg_cookie_notify cookie_for(struct sent *s, uint32_t slot)
{
	struct fg_cookie_notify n;

	fg_cookie_put(&n, fg_be32(slot),
		      fg_cookie_mac(gate.secrets.key[slot & 1], &s->init, fg_be32(slot),
				    s->f.b + s->ike, s->init.ni_at));
	return n;
}

static inline uint32_t verdict(const struct sent *s)
{
	struct result result;

	run(program_fd, s->f.b, s->f.len, &result);
	return result.verdict;
}

static inline uint32_t verdict_of(const struct request *r)
{
	struct sent s;

	make(&s, r);
	return verdict(&s);
}

/* A request from this address, with the cookie that proves it or without. */
static inline uint32_t from(struct fg_ip src, bool v6, bool proven)
{
	struct request r = { .v6 = v6, .src = src };
	struct fg_cookie_notify cookie;
	struct sent s;

	make(&s, &r);
	cookie = cookie_for(&s, SLOT);
	if (proven)
		r.cookie = &cookie;
	return verdict_of(&r);
}

#endif
