// SPDX-License-Identifier: BSD-2-Clause
/*
 * guard.h: which IKE_SA_INIT passes, which is answered with a cookie, byte by byte, and which is
 * dropped.
 */
#include "guard_lab.h"

/* RFC 7296 2.6: HDR(A,0), N(COOKIE). Everything else is the request's, turned round. */
static void expect_answer(const char *what, struct sent *s, const struct request *r,
			  const struct result *got)
{
	struct fg_cookie_notify cookie = cookie_for(s, SLOT);
	const uint8_t *b = got->b, *ip = b + s->f.ip, *udp = b + s->udp, *m = b + s->ike;
	size_t size = s->ike - s->udp + ANSWER;

	if (got->verdict != XDP_TX)
		fail_msg("%s: verdict %u", what, got->verdict);
	assert_int_equal(got->len, s->ike + ANSWER);
	assert_true(got->len <= s->f.len);
	assert_memory_equal(b, s->f.b + 6, 6);
	assert_memory_equal(b + 6, s->f.b, 6);
	assert_memory_equal(b + 12, s->f.b + 12, s->f.ip - 12);
	if (r->v6) {
		assert_memory_equal(ip, "\x60\0\0\0", 4);
		assert_int_equal(fg_get16(ip + 4), size);
		assert_memory_equal(ip + 6, "\x11\x40", 2);
		assert_memory_equal(ip + 8, s->f.b + s->f.ip + 24, 16);
		assert_memory_equal(ip + 24, s->f.b + s->f.ip + 8, 16);
	} else {
		assert_memory_equal(ip, "\x45\0", 2);
		assert_int_equal(fg_get16(ip + 2), size + 20);
		assert_memory_equal(ip + 4, "\0\0\x40\0\x40\x11", 6);
		assert_true(ip4_checksum_ok(ip));
		assert_memory_equal(ip + 12, s->f.b + s->f.ip + 16, 4);
		assert_memory_equal(ip + 16, s->f.b + s->f.ip + 12, 4);
	}
	assert_memory_equal(udp, s->f.b + s->udp + 2, 2);
	assert_memory_equal(udp + 2, s->f.b + s->udp, 2);
	assert_int_equal(fg_get16(udp + 4), size);
	assert_true(fg_get16(udp + 6) != 0);
	assert_int_equal(segment_sum(ip, udp, size, 17), 0xffff);
	if (r->natt)
		assert_memory_equal(m - 4, "\0\0\0\0", 4);
	assert_memory_equal(m, s->f.b + s->ike, 8);
	assert_memory_equal(m + 8, "\0\0\0\0\0\0\0\0\x29\x20\x22\x20\0\0\0\0\0\0\0\x30", 20);
	assert_memory_equal(m + 28, "\0\0\0\x14\0\0\x40\x06", 8);
	assert_memory_equal(m + 28, &cookie, sizeof(cookie));
}

static const struct {
	const char *what;
	struct request r;
} askers[] = {
	{ "IPv4", { 0 } },
	{ "IPv4, VLAN", { .tags = 1 } },
	{ "IPv4, QinQ, 4500", { .tags = 2, .natt = true } },
	{ "IPv4, a NAT's port", { .port = 61111 } },
	{ "IPv4, 4500, a NAT's port", { .natt = true, .port = 1 } },
	{ "IPv6", { .v6 = true } },
	{ "IPv6, 4500", { .v6 = true, .natt = true } },
	{ "IPv6, QinQ", { .v6 = true, .tags = 2 } },
	{ "nonce of 16", { .nonce = 16 } },
	{ "nonce of 17", { .nonce = 17 } },
	{ "nonce of 23", { .nonce = 23 } },
	{ "nonce of 24", { .nonce = 24 } },
	{ "nonce of 255", { .nonce = 255 } },
	{ "nonce of 256", { .nonce = 256 } },
	{ "nonce first", { .nonce_first = true } },
	{ "nonce behind ten vendors", { .before = 10, .nonce = 33 } },
	{ "nonce as the sixteenth payload", { .before = 13, .v6 = true, .natt = true } },
};

static void test_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(askers); i++) {
		struct request r = askers[i].r;
		struct fg_cookie_notify cookie;
		struct result result;
		struct sent s;

		begin(FG_GATE_ALWAYS, 0, 0);
		make(&s, &r);
		run(program_fd, s.f.b, s.f.len, &result);
		expect_answer(askers[i].what, &s, &r, &result);
		assert_int_equal(counts().cookies_sent, 1);
		/* What we said, shown to us, opens the door. */
		memcpy(&cookie, result.b + s.ike + FG_IKE_HEADER, sizeof(cookie));
		r.cookie = &cookie;
		if (r.before == 13)
			r.before = 12; /* the cookie is a payload, too */
		assert_int_equal(verdict_of(&r), XDP_PASS);
		assert_int_equal(counts().cookies_accepted, 1);
		assert_int_equal(counts().cookies_wrong, 0);
		assert_drops(askers[i].what, drop_fd, 0, 0);
	}
}

/* A cookie is good for who got it, what he asked, and a while. */
static void test_cookie(void **state)
{
	const struct {
		const char *what;
		struct request r; /* what differs when it comes back */
		uint32_t made_in, shown_in;
		int flip; /* bit of slot and MAC, -1: none */
		bool ok;
	} rows[] = {
		{ "the same", { 0 }, SLOT, SLOT, -1, true },
		{ "one slot later", { 0 }, SLOT, SLOT + 1, -1, true },
		{ "two slots later", { 0 }, SLOT, SLOT + 2, -1, false },
		{ "a slot that is not yet", { 0 }, SLOT + 1, SLOT, -1, false },
		{ "slot 0", { 0 }, 0, SLOT, -1, false },
		{ "another address", { .src = ip4(198, 51, 100, 8) }, SLOT, SLOT, -1, false },
		{ "another port", { .port = 501 }, SLOT, SLOT, -1, false },
		{ "another SPI", { .spi = 0x1122334455667789 }, SLOT, SLOT, -1, false },
		{ "a longer nonce", { .nonce = 33 }, SLOT, SLOT, -1, false },
		{ "a shorter nonce", { .nonce = 31 }, SLOT, SLOT, -1, false },
		{ "port 4500", { .natt = true, .port = 500 }, SLOT, SLOT, -1, true },
		{ "other payloads", { .before = 3 }, SLOT, SLOT, -1, true },
		{ "second payload", { .cookie_second = true }, SLOT, SLOT, -1, false },
		{ "first bit", { 0 }, SLOT, SLOT, 32, false },
		{ "last bit", { 0 }, SLOT, SLOT, 95, false },
		{ "other secret", { 0 }, SLOT, SLOT, 31, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct request r = { 0 };
		struct fg_cookie_notify cookie;
		struct sent s;

		begin(FG_GATE_ALWAYS, 0, 0);
		make(&s, &r);
		cookie = cookie_for(&s, rows[i].made_in);
		if (rows[i].flip >= 0)
			((uint8_t *)&cookie.slot)[rows[i].flip / 8] ^= 1 << rows[i].flip % 8;
		gate.secrets.slot = rows[i].shown_in;
		put_gate();
		r = rows[i].r;
		r.cookie = &cookie;
		if (verdict_of(&r) != (rows[i].ok ? XDP_PASS : XDP_TX))
			fail_msg("%s: wrong verdict", rows[i].what);
		assert_int_equal(counts().cookies_accepted, rows[i].ok);
		assert_int_equal(counts().cookies_wrong, !rows[i].ok && !r.cookie_second);
	}
}

/* Every byte of the nonce counts. */
static void test_nonce(void **state)
{
	struct request r = { 0 };
	struct fg_cookie_notify cookie;
	struct sent s;

	(void)state;
	begin(FG_GATE_ALWAYS, 0, 0);
	make(&s, &r);
	cookie = cookie_for(&s, SLOT);
	r.cookie = &cookie;
	make(&s, &r);
	for (size_t i = 0; i < NONCE; i++) {
		s.f.b[s.ike + s.init.ni_at + i] ^= 0x10;
		assert_int_equal(verdict(&s), XDP_TX);
		s.f.b[s.ike + s.init.ni_at + i] ^= 0x10;
		assert_int_equal(verdict(&s), XDP_PASS);
	}
	assert_int_equal(counts().cookies_wrong, NONCE);
}

/* Forms that are no cookie of ours: as if there were none. */
static void test_no_cookie(void **state)
{
	static const struct {
		const char *what;
		size_t at; /* in the notify, its generic header included */
		uint16_t value;
	} rows[] = {
		{ "protocol IKE", 4, 0x0100 },
		{ "an SPI", 4, 0x0004 },
		{ "another notify", 6, 16391 },
	};
	struct request r = { 0 };
	struct fg_cookie_notify cookie;
	struct sent s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(FG_GATE_ALWAYS, 0, 0);
		r.cookie = NULL;
		make(&s, &r);
		cookie = cookie_for(&s, SLOT);
		r.cookie = &cookie;
		make(&s, &r);
		set16(&s.f, s.ike + FG_IKE_HEADER + rows[i].at, rows[i].value);
		assert_int_equal(verdict(&s), XDP_TX);
		assert_int_equal(counts().cookies_wrong + counts().cookies_accepted, 0);
	}
	/* One byte short, or long, of ours. */
	for (uint16_t length = 19; length <= 21; length += 2) {
		begin(FG_GATE_ALWAYS, 0, 0);
		cookie.length = fg_be16(length);
		assert_int_equal(verdict_of(&r), XDP_TX);
		assert_int_equal(counts().cookies_wrong + counts().cookies_accepted, 0);
	}
}

/* What has a responder SPI belongs to an IKE SA: no purse, no cookie, no counter. */
static void test_established(void **state)
{
	static const uint8_t exchanges[] = { 34, 35, 36, 37, 43, 0, 255 };
	struct request r = { 0 };
	struct sent s;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(exchanges); i++) {
		begin(FG_GATE_ALWAYS, 1u << 30, 1u << 30);
		r.natt = i % 2;
		make(&s, &r);
		s.f.b[s.ike + 18] = exchanges[i / 2];
		s.f.b[s.ike + 15] = 1;
		for (int n = 0; n < 20; n++)
			assert_int_equal(verdict(&s), XDP_PASS);
		assert_int_equal(counts().requests, 0);
		assert_drops("established", drop_fd, 0, 0);
	}
}

/* Turned off, or for somebody else: as without a guard. */
static void test_not_ours(void **state)
{
	struct request r = { 0 };
	struct sent s;

	(void)state;
	begin(FG_GATE_ALWAYS, 0, 0);
	gate.flags = FG_GATE_ALWAYS;
	put_gate();
	assert_int_equal(verdict_of(&r), XDP_PASS);
	begin(FG_GATE_ALWAYS, 0, 0);
	make(&s, &r);
	s.f.b[s.f.ip + 19] = 99;
	close_ip(&s.f);
	assert_int_equal(verdict(&s), XDP_PASS);
	assert_int_equal(counts().requests, 0);
}

/* Bytes of a header or a chain that cannot be followed. */
static const struct {
	const char *what;
	size_t at; /* in the IKE message */
	uint8_t value;
} unreadable[] = {
	{ "IKEv1", 17, 0x10 },
	{ "version 3", 17, 0x30 },
	{ "IKE_AUTH without a responder SPI", 18, AUTH },
	{ "a response", 19, 0x20 },
	{ "not of an initiator", 19, 0 },
	{ "message ID 1", 23, 1 },
	{ "longer than it is", 27, 0xff },
	{ "shorter than it is", 27, 28 },
	{ "no payload", 16, 0 },
	{ "a payload of 0 bytes", 31, 0 },
	{ "a payload of 3 bytes", 31, 3 },
	{ "a payload behind the end", 30, 0x7f },
	{ "the last is no nonce", 28 + 4 + SA_BODY, 43 },
};

static void test_unreadable(void **state)
{
	struct request r = { 0 };
	struct sent s;

	(void)state;
	for (size_t i = 0; i < COUNT(unreadable); i++) {
		make(&s, &r);
		s.f.b[s.ike + unreadable[i].at] = unreadable[i].value;
		begin(FG_GATE_ALWAYS, 0, 0);
		if (verdict(&s) != XDP_DROP)
			fail_msg("%s: not dropped", unreadable[i].what);
		assert_drops(unreadable[i].what, drop_fd, 0, FG_DROP_ike_unreadable);
		/* In calm times it is ike that says what is wrong. */
		begin(0, 0, 0);
		if (verdict(&s) != XDP_PASS)
			fail_msg("%s: dropped without need", unreadable[i].what);
	}
	for (size_t i = 0; i < 2; i++) {
		r.nonce = i ? 257 : 15;
		begin(FG_GATE_ALWAYS, 0, 0);
		assert_int_equal(verdict_of(&r), XDP_DROP);
		assert_drops("nonce", drop_fd, 0, FG_DROP_ike_unreadable);
	}
	r.nonce = 0;
	make(&s, &r);
	memset(s.f.b + s.ike, 0, 8);
	begin(FG_GATE_ALWAYS, 0, 0);
	assert_int_equal(verdict(&s), XDP_DROP);
	assert_drops("SPI 0", drop_fd, 0, FG_DROP_ike_unreadable);
}

/* Cut anywhere, with lengths that lie and with lengths that agree: never an answer that is longer.
 */
static void test_cut(void **state)
{
	struct request r = { .natt = true };
	struct result result;
	struct sent s;

	(void)state;
	begin(FG_GATE_ALWAYS, 0, 0);
	for (int agree = 0; agree < 3; agree++) {
		make(&s, &r);
		for (size_t len = s.udp; len < s.f.len; len++) {
			struct sent cut = s;

			cut.f.len = len;
			if (agree)
				close_ip(&cut.f);
			if (agree > 1 && len >= s.udp + 8)
				set16(&cut.f, s.udp + 4, (uint16_t)(len - s.udp));
			if (agree > 1 && len >= s.ike + 28)
				put32_at(&cut.f, s.ike + 24, (uint32_t)(len - s.ike));
			run(program_fd, cut.f.b, len, &result);
			assert_true(result.verdict == XDP_PASS || result.verdict == XDP_DROP);
		}
	}
	assert_int_equal(counts().cookies_sent, 0);
}

/* The smallest IKE_SA_INIT with a nonce is just as long as the answer, or shorter. */
static void test_never_longer(void **state)
{
	struct request r = { .nonce = 16, .nonce_first = true };
	struct result result;
	struct sent s;

	(void)state;
	begin(FG_GATE_ALWAYS, 0, 0);
	make(&s, &r);
	s.f.b[s.ike + 28] = 0; /* the nonce is all there is */
	s.f.len = s.ike + 28 + 4 + 16;
	close_request(&s);
	s.init.ni_at = 32;
	run(program_fd, s.f.b, s.f.len, &result);
	expect_answer("48 bytes", &s, &r, &result);
	assert_int_equal(result.len, s.f.len);
}

/* To ike, at the rate of strangers: what XDP cannot answer. */
static void test_odd(void **state)
{
	static const struct {
		const char *what;
		struct request r;
	} rows[] = {
		{ "seventeenth payload", { .before = 14 } },
		{ "IPv4 options", { .options = 2 } },
		{ "IPv6 extension", { .v6 = true, .options = 1 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(FG_GATE_ALWAYS, 0, FOR_TEN_NS);
		for (int n = 0; n < 10; n++)
			if (verdict_of(&rows[i].r) != XDP_PASS)
				fail_msg("%s: not left to ike", rows[i].what);
		assert_int_equal(verdict_of(&rows[i].r), XDP_DROP);
		assert_drops(rows[i].what, drop_fd, 0, FG_DROP_ike_rate);
		assert_int_equal(counts().cookies_sent, 0);
	}
}

/* Extension headers do not lead past the guard: what is behind more of them than it looks is
 * dropped. */
static void test_long_extension(void **state)
{
	const struct request r = { .v6 = true, .options = 1 };
	struct sent s;

	(void)state;
	for (size_t more = 88; more <= 1024; more += 8) {
		begin(FG_GATE_ALWAYS, 0, 0);
		make(&s, &r);
		/* The one of 8 bytes grows: its length is in units of 8, its padding is one option.
		 */
		memmove(s.f.b + s.udp + more, s.f.b + s.udp, s.f.len - s.udp);
		memset(s.f.b + s.udp, 0, more);
		s.f.b[s.udp - 7] = (uint8_t)(more / 8);
		s.f.len += more;
		s.udp += more;
		s.ike += more;
		close_request(&s);
		if (verdict(&s) != XDP_DROP)
			fail_msg("behind %zu bytes: not dropped", more + 8);
		assert_drops("behind an extension", drop_fd, 0, FG_DROP_ike_unreadable);
	}
}

static void test_group_address(void **state)
{
	struct request r = { 0 };
	struct sent s;

	(void)state;
	begin(FG_GATE_ALWAYS, 0, FOR_TEN_NS);
	make(&s, &r);
	memset(s.f.b, 0xff, 6);
	assert_int_equal(verdict(&s), XDP_PASS);
}

/* Whatever comes: no answer is longer than what asked, and none goes anywhere but back. */
static void test_mutated(void **state)
{
	struct result result;
	struct sent s;

	(void)state;
	srandom(RANDOM_SEED);
	begin(FG_GATE_ALWAYS, FOR_TEN_NS, 0);
	for (int n = 0; n < 20000; n++) {
		make(&s, &askers[(size_t)random() % COUNT(askers)].r);
		for (int k = 0; k < 3; k++)
			s.f.b[12 + (size_t)random() % (s.f.len - 12)] = (uint8_t)random();
		run(program_fd, s.f.b, s.f.len, &result);
		assert_true(result.verdict == XDP_PASS || result.verdict == XDP_DROP ||
			    result.verdict == XDP_TX);
		if (result.verdict != XDP_TX)
			continue;
		assert_true(result.len <= s.f.len);
		assert_memory_equal(result.b, s.f.b + 6, 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),         cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_nonce),          cmocka_unit_test(test_no_cookie),
		cmocka_unit_test(test_established),    cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_unreadable),     cmocka_unit_test(test_cut),
		cmocka_unit_test(test_never_longer),   cmocka_unit_test(test_odd),
		cmocka_unit_test(test_long_extension), cmocka_unit_test(test_group_address),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
