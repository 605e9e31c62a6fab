// SPDX-License-Identifier: BSD-2-Clause
/* SAs of a session: rekeys, reserved SPIs, bounds, limits, idle times, movement; as ike asks. */
#include "setup.h"

#define SPI(n) htonl(0x1001 + 0x10000 * (n)) /* the fake plane's n-th of session 1 */

enum { ME = 9 };

/* One session that is up with its first SA. */
static struct stage *one_up(void)
{
	struct stage *st = stage_new(CONF_HEAD("5") CONF_POOLS CONF_REST);

	assert_int_equal(login(st, ME, "bob"), 1);
	st->said_count = 0;
	return st;
}

static struct session *me(struct stage *st)
{
	return session_by_ike(st->sessions, ME);
}

static const struct session_sa *sa_by(struct stage *st, __be32 spi_in)
{
	const struct session_sa *sa = me(st)->sas;

	while (sa && sa->spi_in != spi_in)
		sa = sa->next;
	return sa;
}

static void add(struct stage *st, __be32 spi_in, __be32 replaces, bool use_now)
{
	struct msg_sa_add m = sa_of(ME, 1);

	m.spi_in = spi_in;
	m.replaces = replaces;
	m.use_now = use_now;
	m.spi_out = htonl(0xaaaa0000 + (uint32_t)st->said_count);
	st->said_count = 0;
	assert_int_equal(say(st, MSG_SA_ADD, &m), 0);
	assert_int_equal(st->said_count, 1);
	assert_int_equal(st->said[0].type, MSG_SA_ADDED);
	assert_int_equal(st->said[0].body.added.spi_out, m.spi_out);
}

static void use(struct stage *st, __be32 spi_in)
{
	struct msg_sa_use m = { .ike = ME, .session = 1, .spi_in = spi_in };

	assert_int_equal(say(st, MSG_SA_USE, &m), 0);
}

static void del(struct stage *st, __be32 spi_in, uint32_t drain_ms)
{
	struct msg_sa_del m = { .ike = ME, .session = 1, .spi_in = spi_in, .drain_ms = drain_ms };

	assert_int_equal(say(st, MSG_SA_DEL, &m), 0);
}

static __be32 ask_spi(struct stage *st)
{
	struct msg_spi_ask m = { .ike = ME, .session = 1, .ticket = 77 };

	st->said_count = 0;
	assert_int_equal(say(st, MSG_SPI_ASK, &m), 0);
	assert_int_equal(st->said_count, 1);
	assert_int_equal(st->said[0].type, MSG_SPI_GIVEN);
	assert_int_equal(st->said[0].body.given.ticket, 77);
	assert_int_equal(st->said[0].body.given.session, 1);
	return st->said[0].body.given.spi_in;
}

static bool in_use(struct stage *st, __be32 spi_in)
{
	const struct fake_sa *sa = fake_sa(st->plane, spi_in);

	return sa && sa->state.in_use;
}

/* Until the drain timers have run; the life timer never ends. */
static void wait_for_sas(struct stage *st, uint32_t count)
{
	for (int i = 0; i < 200 && me(st)->sa_count != count; i++)
		event_base_loop(st->base, EVLOOP_ONCE);
	assert_int_equal(me(st)->sa_count, count);
}

/* The client begins: the new SA waits, the old one goes when the client deletes it. */
static void test_rekey_by_the_client(void **state)
{
	struct stage *st = one_up();

	(void)state;
	assert_true(in_use(st, SPI(0)));
	add(st, 0, SPI(0), false);
	assert_int_equal(st->said[0].body.added.spi_in, SPI(1));
	assert_true(in_use(st, SPI(0)) && !in_use(st, SPI(1)));
	assert_int_equal(sa_by(st, SPI(1))->rekeys, 1);
	use(st, SPI(1));
	assert_true(!in_use(st, SPI(0)) && in_use(st, SPI(1)));
	del(st, SPI(0), 20);
	assert_int_equal(sa_by(st, SPI(0))->state, SESSION_SA_DRAINING);
	assert_true(fake_sa(st->plane, SPI(0))->muted);
	del(st, SPI(0), 20); /* once more: nothing */
	use(st, SPI(0));     /* too late */
	assert_true(in_use(st, SPI(1)));
	wait_for_sas(st, 1);
	assert_null(fake_sa(st->plane, SPI(0)));
	assert_int_equal(me(st)->state, SESSION_UP);
	stage_free(st);
}

/* The old one is deleted before anybody said that the new one is used: no gap. */
static void test_successor_takes_over(void **state)
{
	struct stage *st = one_up();

	(void)state;
	add(st, 0, SPI(0), false);
	del(st, SPI(0), 0);
	assert_true(in_use(st, SPI(1)));
	assert_null(fake_sa(st->plane, SPI(0)));
	stage_free(st);
}

/* Both sides rekeyed at once, RFC 7296 2.8.1: the one that lost is not used, whatever ends first.
 */
static void test_collision(void **state)
{
	struct stage *st = one_up();

	(void)state;
	add(st, 0, SPI(0), true);  /* won */
	add(st, 0, SPI(0), false); /* lost, to be deleted */
	assert_true(in_use(st, SPI(1)) && !in_use(st, SPI(2)));
	del(st, SPI(0), 60000);
	assert_true(in_use(st, SPI(1)) && !in_use(st, SPI(2)));
	del(st, SPI(2), 0);
	assert_true(in_use(st, SPI(1)));
	stage_free(st);
}

/* We begin: an SPI of ours first. */
static void test_rekey_by_us(void **state)
{
	struct stage *st = one_up();
	__be32 spi = ask_spi(st);

	(void)state;
	assert_int_equal(spi, SPI(1));
	assert_int_equal(sa_by(st, spi)->state, SESSION_SA_RESERVED);
	add(st, spi, SPI(0), true);
	assert_int_equal(st->said[0].body.added.spi_in, spi);
	assert_true(in_use(st, spi) && !in_use(st, SPI(0)));
	/* Given back unused; and one that the end of the session takes. */
	spi = ask_spi(st);
	del(st, spi, 5000);
	assert_null(fake_sa(st->plane, spi));
	assert_int_equal(me(st)->sa_count, 2);
	ask_spi(st);
	del(st, SPI(0), 60000);
	assert_int_equal(me(st)->sa_count, 3);
	sessions_end_all(st->sessions, FG_CAUSE_peer_delete);
	assert_balance(st);
	stage_free(st);
}

/* What an `ike` gone wrong can hold is bounded; what only drains makes room. */
static void test_bounds(void **state)
{
	struct stage *st = one_up();
	struct msg_sa_add m = sa_of(ME, 1);
	__be32 last = 0, spi;

	(void)state;
	for (uint32_t i = 1; i < SESSION_SAS_MAX; i++)
		assert_int_not_equal(ask_spi(st), 0);
	assert_int_equal(ask_spi(st), 0);
	assert_int_equal(st->plane->sas, SESSION_SAS_MAX);
	st->said_count = 0;
	assert_int_equal(say(st, MSG_SA_ADD, &m), 0);
	assert_int_equal(st->said[0].type, MSG_SA_REFUSED);
	assert_int_equal(st->said[0].body.sa_refused.cause, FG_CAUSE_sa_failed);
	assert_int_equal(st->said[0].body.sa_refused.spi_out, m.spi_out);
	assert_int_equal(me(st)->state, SESSION_UP);
	assert_int_equal(me(st)->sa_count, SESSION_SAS_MAX);
	del(st, SPI(1), 0);
	last = ask_spi(st);
	assert_int_not_equal(last, 0);
	add(st, last, 0, true);
	del(st, SPI(0), 60000);
	assert_int_equal(me(st)->sa_count, SESSION_SAS_MAX);
	spi = ask_spi(st);
	assert_int_not_equal(spi, 0);
	assert_null(fake_sa(st->plane, SPI(0)));
	assert_int_equal(me(st)->sa_count, SESSION_SAS_MAX);
	/* The plane may have none itself. */
	del(st, spi, 0);
	st->plane->fail_spi = true;
	assert_int_equal(ask_spi(st), 0);
	assert_int_equal(me(st)->sa_count, SESSION_SAS_MAX - 1);
	stage_free(st);
}

/* An SA more is refused, the session stays; the SPI that it came with is free again. */
static void test_additional_refused(void **state)
{
	static const struct {
		int plane;
		enum fg_cause cause;
	} rows[] = { { -EIO, FG_CAUSE_sa_failed },
		     { -ENOSPC, FG_CAUSE_sa_failed },
		     { -E2BIG, FG_CAUSE_ts_unacceptable },
		     { -EINVAL, FG_CAUSE_ts_unacceptable } };
	struct stage *st = one_up();
	struct msg_sa_add m = sa_of(ME, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m.spi_in = i % 2 ? ask_spi(st) : 0;
		st->plane->fail_sa = rows[i].plane;
		st->said_count = 0;
		assert_int_equal(say(st, MSG_SA_ADD, &m), 0);
		assert_int_equal(st->said[0].type, MSG_SA_REFUSED);
		assert_int_equal(st->said[0].body.sa_refused.cause, rows[i].cause);
		assert_int_equal(me(st)->sa_count, 1);
		assert_int_equal(st->plane->sas, 1);
		assert_true(in_use(st, SPI(0)));
	}
	st->plane->fail_sa = 0;
	/* SPIs that nobody reserved, or that are taken. */
	m.spi_in = SPI(0);
	assert_int_equal(say(st, MSG_SA_ADD, &m), 0);
	assert_int_equal(st->said[1].type, MSG_SA_REFUSED);
	m.spi_in = htonl(0x12345678);
	assert_int_equal(say(st, MSG_SA_ADD, &m), 0);
	assert_int_equal(st->said[2].type, MSG_SA_REFUSED);
	assert_int_equal(me(st)->sa_count, 1);
	stage_free(st);
}

/* About what is not there, or not its own: nothing happens. */
static void test_let_be(void **state)
{
	struct stage *st = one_up();
	struct msg_spi_ask ask = { .ike = ME + 1, .session = 1, .ticket = 5 };
	struct msg_sa_use use_it = { .ike = ME, .session = 2, .spi_in = SPI(0) };
	struct msg_sa_del del_it = { .ike = ME + 1, .session = 1, .spi_in = SPI(0) };
	struct msg_idle_ask idle = { .ike = ME, .session = 2 };

	(void)state;
	assert_int_equal(say(st, MSG_SA_USE, &use_it), 0);
	assert_int_equal(say(st, MSG_SA_DEL, &del_it), 0);
	assert_int_equal(say(st, MSG_IDLE_ASK, &idle), 0);
	use(st, SPI(5));
	del(st, SPI(5), 0);
	assert_int_equal(st->said_count, 0);
	assert_true(in_use(st, SPI(0)));
	/* Whoever waits for an answer gets one. */
	assert_int_equal(say(st, MSG_SPI_ASK, &ask), 0);
	assert_int_equal(st->said[0].type, MSG_SPI_GIVEN);
	assert_int_equal(st->said[0].body.given.spi_in, 0);
	assert_int_equal(st->said[0].body.given.ticket, 5);
	session_clear(st->sessions, me(st), FG_CAUSE_operator_clear);
	assert_int_equal(ask_spi(st), 0);
	stage_free(st);
}

#define NONSENSE(what, type, kind, start, change)                                                  \
	{                                                                                          \
		struct kind m = start;                                                             \
		change;                                                                            \
		if (say(st, type, &m) != -EPROTO)                                                  \
			fail_msg("taken: %s", what);                                               \
	}
#define OF(...)                                                                                    \
	{                                                                                          \
		.ike = ME, .session = 1, ##__VA_ARGS__                                             \
	}

static void test_nonsense(void **state)
{
	struct stage *st = one_up();

	(void)state;
	NONSENSE("no handle", MSG_SPI_ASK, msg_spi_ask, OF(), m.ike = 0)
	NONSENSE("session 0", MSG_SPI_ASK, msg_spi_ask, OF(), m.session = 0)
	NONSENSE("session beyond", MSG_SPI_ASK, msg_spi_ask, OF(), m.session = 5)
	NONSENSE("no handle", MSG_SA_USE, msg_sa_use, OF(.spi_in = SPI(0)), m.ike = 0)
	NONSENSE("no SPI", MSG_SA_USE, msg_sa_use, OF(), (void)0)
	NONSENSE("session beyond", MSG_SA_USE, msg_sa_use, OF(.spi_in = 1), m.session = 9)
	NONSENSE("no handle", MSG_SA_DEL, msg_sa_del, OF(.spi_in = SPI(0)), m.ike = 0)
	NONSENSE("no SPI", MSG_SA_DEL, msg_sa_del, OF(), (void)0)
	NONSENSE("no handle", MSG_IDLE_ASK, msg_idle_ask, OF(), m.ike = 0)
	NONSENSE("session beyond", MSG_IDLE_ASK, msg_idle_ask, OF(), m.session = UINT32_MAX)
#define ADD(what, change) NONSENSE(what, MSG_SA_ADD, msg_sa_add, sa_of(ME, 1), change)
	ADD("flag", m.esn = 2)
	ADD("flag", m.use_now = 255)
	ADD("no selector of the client", m.client_count = 0)
	ADD("no selector behind us", m.net_count = 0)
	ADD("too many", m.client_count = MSG_SELECTORS_MAX + 1)
	ADD("too many", m.net_count = UINT32_MAX)
	ADD("turned round", m.net[0].first = m.net[0].last; m.net[0].last = ip_from4(0))
	ADD("mixed families", m.net[0].last.w[0] = ~0u)
#define MOVE(what, change)                                                                         \
	NONSENSE(what, MSG_SESSION_MOVE, msg_session_move,                                         \
		 OF(.peer = endpoint_of("203.0.113.9", 4500),                                      \
		    .local = endpoint_of("192.0.2.1", 4500)),                                      \
		 change)
	MOVE("no handle", m.ike = 0)
	MOVE("session 0", m.session = 0)
	MOVE("flag", m.udp = 2)
	MOVE("flag", m.peer_behind_nat = 3)
	MOVE("no port", m.peer.port = 0)
	MOVE("no address", memset(&m.local.ip, 0, sizeof(m.local.ip)))
	MOVE("peer 0.0.0.0", m.peer.ip = ip_from4(0))
	MOVE("mixed families", m.peer = endpoint_of("2001:db8::1", 500))
	assert_int_equal(st->said_count, 0);
	assert_int_equal(me(st)->sa_count, 1);
	stage_free(st);
}

/* --- limits --- */

static void look(struct stage *st)
{
	st->said_count = 0;
	for (int i = 0; i < SESSION_LIFE_TURNS; i++)
		session_life_turn(st->sessions);
}

static void assert_life(struct stage *st, size_t said, bool hard)
{
	assert_int_equal(st->said_count, said);
	if (!said)
		return;
	assert_int_equal(st->said[0].type, MSG_SA_LIFE);
	assert_int_equal(st->said[0].body.life.ike, ME);
	assert_int_equal(st->said[0].body.life.session, 1);
	assert_int_equal(st->said[0].body.life.spi_in, SPI(1));
	assert_int_equal(st->said[0].body.life.hard, hard);
}

/* A limit, what the rows count, and what ike hears: nothing below 80 %, soft from 90 % on, hard. */
static void test_life(void **state)
{
	static const struct {
		const char *name;
		uint64_t bytes, packets;
		bool esn;
		struct plane_sa_state below, soft, hard;
	} rows[] = {
		/* clang-format off */
		{ "bytes in", 1000, 0, false, { .in_bytes = 799 }, { .in_bytes = 900 }, { .in_bytes = 1000 } },
		{ "bytes out", 1000, 0, false, { .out_bytes = 799 }, { .out_bytes = 900 }, { .out_bytes = 1001 } },
		{ "packets in", 0, 10, false, { .in_packets = 7 }, { .in_packets = 9 }, { .in_packets = 10 } },
		{ "packets out", 0, 10, false, { .out_seq = 7 }, { .out_seq = 9 }, { .out_seq = 10 } },
		{ "numbers out", 0, 0, false, { .out_seq = 3435973800 }, { .out_seq = 3865470700 },
		  { .out_seq = 4294967295 } },
		{ "numbers in", 0, 0, false, { .in_seq = 3435973800 }, { .in_seq = 3865470700 },
		  { .in_seq = 4294967295 } },
		{ "numbers of ESN", 0, 0, true, { .out_seq = 4294967296 }, { 0 }, { 0 } },
		{ "ESN and bytes", 1000, 0, true, { .out_seq = 4294967296 }, { .in_bytes = 950 },
		  { .in_bytes = 5000 } },
		{ "as many as there are", UINT64_MAX, 0, true, { .in_bytes = UINT64_MAX / 10 * 7 },
		  { .in_bytes = UINT64_MAX / 100 * 91 }, { .in_bytes = UINT64_MAX } },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *st = one_up();
		struct msg_sa_add m = sa_of(ME, 1);
		struct fake_sa *sa;

		print_message("%s\n", rows[i].name);
		m.life_bytes = rows[i].bytes;
		m.life_packets = rows[i].packets;
		m.esn = rows[i].esn;
		assert_int_equal(say(st, MSG_SA_ADD, &m), 0);
		sa = fake_sa(st->plane, SPI(1));
		sa->state = rows[i].below;
		look(st);
		assert_life(st, 0, false);
		sa->state = rows[i].soft;
		look(st);
		assert_life(st, rows[i].esn && !rows[i].bytes ? 0 : 1, false);
		look(st);
		assert_life(st, 0, false); /* once */
		sa->state = rows[i].hard;
		look(st);
		assert_life(st, rows[i].esn && !rows[i].bytes ? 0 : 1, true);
		if (st->said_count) {
			assert_null(fake_sa(st->plane, SPI(1)));
			assert_int_equal(sa_by(st, SPI(1))->state, SESSION_SA_EXPIRED);
			look(st);
			assert_life(st, 0, true);
			del(st, SPI(1), 5000);
			assert_int_equal(me(st)->sa_count, 1);
		}
		stage_free(st);
	}
}

/* An SA that is used up has given its SPI back: when ike deletes it, it may be another client's. */
static void test_expired_spi_is_reused(void **state)
{
	struct stage *st = stage_new(CONF_HEAD("5") CONF_POOLS CONF_REST);
	struct msg_sa_add m = sa_of(ME, 1);
	struct fake_sa *theirs;

	(void)state;
	login(st, ME, "bob");
	m.life_bytes = 1000;
	assert_int_equal(say(st, MSG_SA_ADD, &m), 0);
	fake_sa(st->plane, SPI(1))->state.in_bytes = 1000;
	look(st);
	assert_int_equal(sa_by(st, SPI(1))->state, SESSION_SA_EXPIRED);
	login(st, ME + 1, "alice");
	theirs = fake_sa(st->plane, htonl(0x1002));
	theirs->spi_in = SPI(1);
	theirs->state.in_used_ms = UINT64_MAX / 2;
	session_by_ike(st->sessions, ME + 1)->sas->spi_in = SPI(1);
	del(st, SPI(1), 0);
	assert_int_equal(me(st)->sa_count, 1);
	assert_true(theirs->used);
	assert_int_equal(me(st)->in_ms, 0);
	stage_free(st);
}

/* Each session is looked at within the turns of a second, and the timer does it by itself. */
static void test_every_session(void **state)
{
	struct stage *st = stage_new(CONF_HEAD("5") CONF_POOLS CONF_REST);

	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		login(st, 100 + i, "x");
	st->said_count = 0;
	for (size_t i = 0; i < FAKE_SAS; i++)
		st->plane->sa[i].state.out_seq = 4000000000;
	for (int i = 0; i < 50 && st->said_count < 3; i++)
		event_base_loop(st->base, EVLOOP_ONCE);
	assert_int_equal(st->said_count, 3);
	stage_free(st);
}

/* --- idle times --- */

static struct msg_idle idle(struct stage *st)
{
	struct msg_idle_ask m = { .ike = ME, .session = 1 };

	st->said_count = 0;
	assert_int_equal(say(st, MSG_IDLE_ASK, &m), 0);
	assert_int_equal(st->said_count, 1);
	assert_int_equal(st->said[0].type, MSG_IDLE);
	return st->said[0].body.idle;
}

static void test_idle(void **state)
{
	struct stage *st = one_up();
	uint64_t now = clock_ms();
	struct msg_idle is;

	(void)state;
	/* Nothing yet: since it is up. */
	me(st)->up_ms = now - 5000;
	is = idle(st);
	assert_in_range(is.in_ms, 5000, 6000);
	assert_in_range(is.out_ms, 5000, 6000);
	fake_sa(st->plane, SPI(0))->state.in_used_ms = now - 3000;
	fake_sa(st->plane, SPI(0))->state.out_used_ms = now - 2000;
	is = idle(st);
	assert_in_range(is.in_ms, 3000, 4000);
	assert_in_range(is.out_ms, 2000, 3000);
	/* Of whichever SA; also of one that is gone. */
	add(st, 0, SPI(0), true);
	fake_sa(st->plane, SPI(1))->state.in_used_ms = now - 1000;
	del(st, SPI(0), 0);
	is = idle(st);
	assert_in_range(is.in_ms, 1000, 2000);
	assert_in_range(is.out_ms, 2000, 3000);
	del(st, SPI(1), 0);
	is = idle(st);
	assert_in_range(is.in_ms, 1000, 2000);
	/* The worker's clock may be a little ahead; and a very long time is said as one. */
	me(st)->in_ms = clock_ms() + 60000;
	me(st)->out_ms = 1;
	is = idle(st);
	assert_int_equal(is.in_ms, 0);
	stage_free(st);
}

/* --- movement by word of ike --- */

static void test_move(void **state)
{
	struct stage *st = one_up();
	struct msg_session_move m = { .ike = ME,
				      .session = 1,
				      .peer = endpoint_of("2001:db8::9", 4500),
				      .local = endpoint_of("2001:db8::1", 4500) };

	(void)state;
	assert_int_equal(say(st, MSG_SESSION_MOVE, &m), 0);
	assert_true(ip_equal(&me(st)->peer.ip, &m.peer.ip));
	assert_true(ip_equal(&me(st)->local.ip, &m.local.ip));
	assert_false(me(st)->udp);
	assert_false(me(st)->peer_behind_nat);
	assert_true(ip_equal(&st->plane->row[1].session.peer.ip, &m.peer.ip));
	assert_true(ip_equal(&st->plane->row[1].session.local.ip, &m.local.ip));
	assert_false(st->plane->row[1].udp || st->plane->row[1].moves);

	m.peer = endpoint_of("203.0.113.9", 1024);
	m.local = endpoint_of("192.0.2.2", 4500);
	m.udp = m.peer_behind_nat = 1;
	assert_int_equal(say(st, MSG_SESSION_MOVE, &m), 0);
	assert_true(st->plane->row[1].udp && st->plane->row[1].moves);
	assert_true(me(st)->udp && me(st)->peer_behind_nat);
	/* Not behind a NAT: its packets do not move it. */
	m.peer_behind_nat = 0;
	assert_int_equal(say(st, MSG_SESSION_MOVE, &m), 0);
	assert_true(st->plane->row[1].udp && !st->plane->row[1].moves);

	/* The plane refuses, or it is not its session: nothing changes. */
	st->plane->fail_moved = true;
	m.peer.port = htons(7);
	m.peer_behind_nat = 1;
	assert_int_equal(say(st, MSG_SESSION_MOVE, &m), 0);
	assert_int_equal(me(st)->peer.port, htons(1024));
	assert_false(me(st)->peer_behind_nat);
	st->plane->fail_moved = false;
	m.session = 2;
	assert_int_equal(say(st, MSG_SESSION_MOVE, &m), 0);
	m.session = 1;
	m.ike = ME + 1;
	assert_int_equal(say(st, MSG_SESSION_MOVE, &m), 0);
	assert_int_equal(me(st)->peer.port, htons(1024));
	assert_int_equal(st->said_count, 0);
	stage_free(st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rekey_by_the_client),
		cmocka_unit_test(test_successor_takes_over),
		cmocka_unit_test(test_collision),
		cmocka_unit_test(test_rekey_by_us),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_additional_refused),
		cmocka_unit_test(test_let_be),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_expired_spi_is_reused),
		cmocka_unit_test(test_every_session),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_move),
	};

	/* Warnings of what they provoke are not wanted. */
	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
