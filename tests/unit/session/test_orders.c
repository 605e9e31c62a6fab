// SPDX-License-Identifier: BSD-2-Clause
/*
 * Orders of an ike and notes of a flexdp that were taken over: any of them, in any order, for
 * whichever session and SPI. After each the sessions and the plane must agree, and in the end
 * nothing is left.
 */
#include "setup.h"

#include <fcntl.h>
#include <unistd.h>

enum { IKES = 6, SESSIONS = 5, SPIS = 64, STEPS = 20000 };

static uint64_t seed;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % below;
}

/* An SPI that has been given to somebody, or none. */
static __be32 any_spi(struct stage *st)
{
	const struct fake_sa *sa = &st->plane->sa[any(SPIS)];

	return sa->spi_in ? sa->spi_in : htonl(0x1000 + any(SESSIONS));
}

static void begin(struct stage *st)
{
	struct msg_session_begin m = begin_of(1 + any(IKES), any(2) ? "alice" : "bob");

	m.want4 = any(8) != 0;
	m.peer_behind_nat = (uint8_t)any(2);
	if (any(16) == 0)
		snprintf(m.profile, sizeof(m.profile), "nobody");
	assert_int_equal(say(st, MSG_SESSION_BEGIN, &m), 0);
}

static void add(struct stage *st, uint64_t ike, uint32_t session)
{
	struct msg_sa_add m = sa_of(ike, session);

	m.spi_in = any(2) ? any_spi(st) : 0;
	m.replaces = any(2) ? any_spi(st) : 0;
	m.use_now = (uint8_t)any(2);
	m.esn = (uint8_t)any(2);
	m.udp = (uint8_t)any(2);
	m.life_bytes = any(2) * 1000;
	m.life_packets = any(2) * 10;
	assert_int_equal(say(st, MSG_SA_ADD, &m), 0);
}

static void move(struct stage *st, uint64_t ike, uint32_t session)
{
	struct msg_session_move m = { .ike = ike,
				      .session = session,
				      .udp = (uint8_t)any(2),
				      .peer_behind_nat = (uint8_t)any(2),
				      .peer = endpoint_of("203.0.113.9", 1 + any(3)),
				      .local = endpoint_of("192.0.2.1", 4500) };
	struct msg_moved note = { .session = session,
				  .generation = any(3),
				  .peer = endpoint_of("203.0.113.8", any(3)) };

	if (any(2))
		assert_int_equal(say(st, MSG_SESSION_MOVE, &m), 0);
	else
		session_moved(st->sessions, &note);
}

/* What a worker counts, and whoever looks at it. */
static void count(struct stage *st)
{
	struct fake_sa *sa = &st->plane->sa[any(SPIS)];

	sa->state.in_bytes = any(1200);
	sa->state.out_seq = any(12);
	sa->state.in_used_ms = seed;
	session_life_turn(st->sessions);
}

static void order(struct stage *st)
{
	const uint64_t ike = 1 + any(IKES);
	const uint32_t id = 1 + any(SESSIONS - 1);
	struct session *session = session_by_id(st->sessions, id);
	const struct msg_spi_ask ask = { .ike = ike, .session = id, .ticket = any(9) };
	const struct msg_sa_use use = { .ike = ike, .session = id, .spi_in = any_spi(st) };
	const struct msg_sa_del del = {
		.ike = ike, .session = id, .spi_in = any_spi(st), .drain_ms = any(3)
	};
	const struct msg_idle_ask idle = { .ike = ike, .session = id };
	const struct msg_session_end end = { .ike = ike, .session = id, .cause = 1 + any(3) };

	switch (any(64)) {
	case 0:
		say(st, MSG_SESSION_END, &end);
		break;
	case 1:
		if (session)
			session_clear(st->sessions, session, FG_CAUSE_operator_clear);
		break;
	case 2 ... 8:
		begin(st);
		break;
	case 9 ... 18:
		assert_int_equal(say(st, MSG_SPI_ASK, &ask), 0);
		break;
	case 19 ... 26:
		assert_int_equal(say(st, MSG_SA_USE, &use), 0);
		break;
	case 27 ... 36:
		assert_int_equal(say(st, MSG_SA_DEL, &del), 0);
		break;
	case 37 ... 39:
		assert_int_equal(say(st, MSG_IDLE_ASK, &idle), 0);
		break;
	case 40 ... 43:
		move(st, ike, id);
		break;
	case 44 ... 47:
		count(st);
		break;
	case 48:
		event_base_loop(st->base, EVLOOP_NONBLOCK);
		break;
	default:
		/* Mostly in its own name: in another's it ends its session. */
		add(st, any(8) && session ? session->ike : ike, id);
		break;
	}
}

static void assert_agree(const struct stage *st)
{
	uint32_t sessions = 0, pairs = 0;

	for (struct session *s = NULL; (s = session_next(st->sessions, s ? s->id : 0));) {
		uint32_t sas = 0;

		sessions++;
		for (const struct session_sa *sa = s->sas; sa; sa = sa->next) {
			struct fake_sa *row = fake_sa(st->plane, sa->spi_in);

			assert_true(++sas <= SESSION_SAS_MAX);
			assert_int_equal(sa->drain != NULL, sa->state == SESSION_SA_DRAINING);
			if (sa->state == SESSION_SA_EXPIRED)
				continue;
			assert_true(row && row->sa.session == s->id);
			assert_int_equal(row->added, sa->state != SESSION_SA_RESERVED);
			pairs++;
		}
		assert_int_equal(s->sa_count, sas);
		assert_true(s->state != SESSION_UP || s->up_ms);
	}
	assert_int_equal(sessions, st->sessions->count);
	assert_int_equal(st->plane->rows, sessions);
	assert_int_equal(st->plane->sas, pairs);
}

static void test_any_order(void **state)
{
	(void)state;
	for (uint64_t run = 1; run <= 4; run++) {
		struct stage *st = stage_new(CONF_HEAD("5") CONF_POOLS CONF_REST);

		seed = 0x9e3779b97f4a7c15 * run;
		for (int i = 0; i < STEPS; i++) {
			st->said_count = 0;
			st->deaf = any(256) == 0;
			st->plane->fail_sa = any(16) ? 0 : -ENOSPC;
			st->plane->fail_spi = any(16) == 0;
			st->plane->fail_session = any(16) == 0;
			order(st);
			assert_agree(st);
		}
		st->said_count = 0;
		assert_true(st->sessions->begun > 50);
		sessions_end_all(st->sessions, FG_CAUSE_shutdown);
		assert_balance(st);
		stage_free(st);
	}
}

/* Thousands of lines of what they provoke are not wanted. */
static int be_quiet(void **state)
{
	static int kept;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	kept = dup(STDERR_FILENO);
	*state = &kept;
	return null < 0 || kept < 0 || dup2(null, STDERR_FILENO) < 0 || close(null);
}

static int be_heard(void **state)
{
	const int *kept = *state;

	return dup2(*kept, STDERR_FILENO) < 0 || close(*kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_any_order, be_quiet, be_heard),
	};

	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
