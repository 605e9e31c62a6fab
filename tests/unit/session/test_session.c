// SPDX-License-Identifier: BSD-2-Clause
/* A session's life: what is acquired, what is answered, and that nothing is left, whatever fails.
 */
#include "setup.h"

#include <sys/mman.h>
#include <unistd.h>

enum {
	LAST_CAUSE = 0
#define FG_CAUSE(number, name, text) +1
#include <flexgate/cause.def>
};

static struct stage *four_sessions(void)
{
	return stage_new(CONF_HEAD("5") CONF_POOLS CONF_REST);
}

static void test_login(void **state)
{
	struct stage *st = four_sessions();
	struct msg_session_begin begin = begin_of(77, "alice@example.org");
	const struct msg_session_begun *begun = &st->said[0].body.begun;
	struct msg_session_end end = { .ike = 77, .session = 1, .cause = FG_CAUSE_peer_delete };
	struct session *s;
	char text[IP_TEXT_MAX];

	(void)state;
	begin.want6 = 1;
	assert_int_equal(say(st, MSG_SESSION_BEGIN, &begin), 0);
	assert_int_equal(st->said_count, 1);
	assert_int_equal(st->said[0].type, MSG_SESSION_BEGUN);
	assert_int_equal(begun->ike, 77);
	assert_int_equal(begun->session, 1);
	assert_int_equal(begun->inner4, inet_addr("10.0.0.10"));
	assert_int_equal(begun->netmask4, inet_addr("255.255.255.0"));
	assert_string_equal(ip_text(&begun->inner6, text), "2001:db8:10::1");
	assert_int_equal(begun->prefix6, 64);
	assert_int_equal(begun->subnet_count, 1);
	assert_int_equal(begun->subnets[0].len, 16);
	s = session_by_ike(st->sessions, 77);
	assert_ptr_equal(s, session_by_id(st->sessions, 1));
	assert_int_equal(s->state, SESSION_BEGUN);
	assert_int_equal(st->plane->row[1].session.mtu, 1400);
	assert_int_equal(st->plane->row[1].session.mss4, 1360);
	assert_int_equal(st->plane->row[1].session.mss6, 1340);
	assert_int_equal(st->plane->row[1].session.peer.port, htons(4500));

	st->said_count = 0;
	assert_int_equal(login(st, 78, "bob@example.org"), 2);
	assert_int_equal(st->said[1].body.added.spi_in, htonl(0x1002));
	assert_true(fake_sa(st->plane, htonl(0x1002))->sa.moves);
	assert_int_equal(session_by_id(st->sessions, 2)->state, SESSION_UP);

	assert_int_equal(say(st, MSG_SESSION_END, &end), 0);
	assert_null(session_by_ike(st->sessions, 77));
	end = (struct msg_session_end){ .ike = 78, .session = 2, .cause = FG_CAUSE_peer_delete };
	assert_int_equal(say(st, MSG_SESSION_END, &end), 0);
	assert_balance(st);
	/* Numbers come back as late as possible; the identity has its address again. */
	assert_int_equal(login(st, 79, "carol@example.org"), 3);
	assert_int_equal(login(st, 80, "bob@example.org"), 4);
	assert_int_equal(session_by_ike(st->sessions, 80)->inner4, inet_addr("10.0.0.11"));
	sessions_end_all(st->sessions, FG_CAUSE_ike_died);
	assert_balance(st);
	stage_free(st);
}

/* Each way to fail: the cause that ike hears, and the balance. */
static void break_profile(struct stage *st, struct msg_session_begin *m)
{
	(void)st;
	snprintf(m->profile, sizeof(m->profile), "gone");
}

static void break_addresses(struct stage *st, struct msg_session_begin *m)
{
	char who[8];

	for (int i = 0; i < 3; i++) {
		snprintf(who, sizeof(who), "u%d", i);
		login(st, 100u + (unsigned)i, who);
	}
	(void)m;
}

/* The second lease fails after the first was taken. */
static void break_second_address(struct stage *st, struct msg_session_begin *m)
{
	struct fg_ip ip;
	struct lease_ask ask = { .pool = 1, .id = (const uint8_t *)"x", .id_len = 1 };

	m->want6 = 1;
	while (lease_take(st->sessions->leases, &ask, &ip) == 0)
		;
}

static void break_wants(struct stage *st, struct msg_session_begin *m)
{
	(void)st;
	m->want4 = 0;
}

static void break_want6(struct stage *st, struct msg_session_begin *m)
{
	(void)st;
	snprintf(m->profile, sizeof(m->profile), "only4");
	m->want4 = 0;
	m->want6 = 1;
}

static void break_plane(struct stage *st, struct msg_session_begin *m)
{
	(void)m;
	st->plane->fail_session = true;
}

static void break_table(struct stage *st, struct msg_session_begin *m)
{
	for (uint64_t ike = 100; ike < 104; ike++) {
		struct msg_session_begin six = begin_of(ike, "x");

		six.want4 = 0;
		six.want6 = 1;
		assert_int_equal(say(st, MSG_SESSION_BEGIN, &six), 0);
	}
	(void)m;
}

static void break_twice(struct stage *st, struct msg_session_begin *m)
{
	login(st, m->ike, "alice");
}

#define SMALL_SIX                                                                                  \
	"[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.12\n"                         \
	"[pool six]\nprefix = 2001:db8:10::/120\n"

static void test_refused(void **state)
{
	static const struct {
		const char *name;
		void (*broken)(struct stage *st, struct msg_session_begin *m);
		enum fg_cause cause;
		uint32_t others; /* sessions that stay */
	} rows[] = {
		{ "profile", break_profile, FG_CAUSE_no_policy, 0 },
		{ "addresses", break_addresses, FG_CAUSE_no_address, 3 },
		{ "second address", break_second_address, FG_CAUSE_no_address, 0 },
		{ "wants none", break_wants, FG_CAUSE_no_address, 0 },
		{ "wants what there is not", break_want6, FG_CAUSE_no_address, 0 },
		{ "plane", break_plane, FG_CAUSE_plane_failed, 0 },
		{ "table", break_table, FG_CAUSE_too_many_sessions, 4 },
		{ "twice", break_twice, FG_CAUSE_bad_message, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage *st = stage_new(CONF_HEAD("5") SMALL_SIX CONF_REST);
		struct msg_session_begin m = begin_of(5, "alice");
		size_t held;

		rows[i].broken(st, &m);
		held = leases_held(st->sessions->leases);
		st->said_count = 0;
		assert_int_equal(say(st, MSG_SESSION_BEGIN, &m), 0);
		if (st->said_count != 1 || st->said[0].type != MSG_SESSION_REFUSED ||
		    st->said[0].body.refused.cause != rows[i].cause)
			fail_msg("%s: %zu messages, type %u, cause %u", rows[i].name,
				 st->said_count, st->said[0].type, st->said[0].body.refused.cause);
		assert_int_equal(st->said[0].body.refused.ike, 5);
		assert_int_equal(st->sessions->count, rows[i].others);
		assert_int_equal(st->plane->rows, rows[i].others);
		if (rows[i].broken != break_twice)
			assert_int_equal(leases_held(st->sessions->leases), held);
		else
			assert_int_equal(leases_held(st->sessions->leases), 0);
		stage_free(st);
	}
}

static void test_sa_refused(void **state)
{
	struct stage *st = four_sessions();
	struct msg_session_begin begin = begin_of(5, "alice");
	struct msg_sa_add sa = sa_of(5, 1);

	(void)state;
	assert_int_equal(say(st, MSG_SESSION_BEGIN, &begin), 0);
	st->plane->fail_sa = -EIO;
	assert_int_equal(say(st, MSG_SA_ADD, &sa), 0);
	assert_int_equal(st->said[1].type, MSG_SA_REFUSED);
	assert_int_equal(st->said[1].body.sa_refused.cause, FG_CAUSE_sa_failed);
	assert_balance(st);
	/* What was under way meanwhile is answered, not believed. */
	st->plane->fail_sa = 0;
	assert_int_equal(say(st, MSG_SA_ADD, &sa), 0);
	assert_int_equal(st->said[2].type, MSG_SA_REFUSED);
	assert_balance(st);
	stage_free(st);
}

/* ike dies between the question and the answer. */
static void test_deaf_ike(void **state)
{
	struct stage *st = four_sessions();
	struct msg_session_begin begin = begin_of(5, "alice");
	struct msg_sa_add sa = sa_of(5, 1);

	(void)state;
	st->deaf = true;
	assert_int_equal(say(st, MSG_SESSION_BEGIN, &begin), 0);
	assert_balance(st);
	st->deaf = false;
	assert_int_equal(say(st, MSG_SESSION_BEGIN, &begin), 0);
	sa.session = st->said[0].body.begun.session;
	st->deaf = true;
	assert_int_equal(say(st, MSG_SA_ADD, &sa), 0);
	assert_balance(st);
	stage_free(st);
}

/* --- messages of a hostile ike --- */

#define BEGIN_ROW(text, change)                                                                    \
	{                                                                                          \
		struct msg_session_begin m = begin_of(5, "alice");                                 \
		change;                                                                            \
		expect_nonsense(st, MSG_SESSION_BEGIN, &m, text);                                  \
	}
#define SA_ROW(text, change)                                                                       \
	{                                                                                          \
		struct msg_sa_add m = sa_of(9, 1);                                                 \
		change;                                                                            \
		expect_nonsense(st, MSG_SA_ADD, &m, text);                                         \
	}

static void expect_nonsense(struct stage *st, uint32_t type, const void *body, const char *what)
{
	st->said_count = 0;
	if (say(st, type, body) != -EPROTO || st->said_count != 0)
		fail_msg("taken: %s", what);
	/* The neighbour is not touched. */
	assert_int_equal(st->sessions->count, 1);
	assert_int_equal(session_by_ike(st->sessions, 9)->state, SESSION_UP);
}

static void test_nonsense(void **state)
{
	struct stage *st = four_sessions();
	struct msg_session_end end = { .ike = 9, .session = 1 };

	(void)state;
	login(st, 9, "bob");
	BEGIN_ROW("no handle", m.ike = 0)
	BEGIN_ROW("profile without end", memset(m.profile, 'x', sizeof(m.profile)))
	BEGIN_ROW("suite without end", memset(m.ike_suite, 'x', sizeof(m.ike_suite)))
	BEGIN_ROW("identity too long", m.remote.len = MSG_IDENTITY_MAX + 1)
	BEGIN_ROW("no peer", m.peer = (struct endpoint){ 0 })
	BEGIN_ROW("peer without port", m.peer.port = 0)
	BEGIN_ROW("peer 0.0.0.0", m.peer.ip = ip_from4(0))
	BEGIN_ROW("no local address", m.local.ip = (struct fg_ip){ 0 })
	BEGIN_ROW("mixed families", m.peer = endpoint_of("2001:db8::1", 500))
	BEGIN_ROW("flag", m.peer_behind_nat = 2)
	BEGIN_ROW("flag", m.local_behind_nat = 255)
	BEGIN_ROW("flag", m.want4 = 3)
	BEGIN_ROW("flag", m.want6 = 2)
	SA_ROW("no handle", m.ike = 0)
	SA_ROW("session 0", m.session = 0)
	SA_ROW("session beyond the table", m.session = 5)
	SA_ROW("session far beyond", m.session = UINT32_MAX)
	SA_ROW("suite 0", m.suite = 0)
	SA_ROW("unknown suite", m.suite = FG_ESP_SUITE_MAX)
	SA_ROW("reserved SPI", m.spi_out = htonl(255))
	SA_ROW("flag", m.udp = 7)
	SA_ROW("selectors without end", memset(m.ts, 'x', sizeof(m.ts)))
	expect_nonsense(st, MSG_SESSION_END, &end, "no cause");
	end.cause = LAST_CAUSE + 1;
	expect_nonsense(st, MSG_SESSION_END, &end, "unknown cause");
	expect_nonsense(st, MSG_STOP, &end, "a type that only flexd sends");
	stage_free(st);
}

/* In another's name: the liar ends, the other does not. */
static void test_not_its_own(void **state)
{
	struct stage *st = four_sessions();
	struct msg_sa_add sa = sa_of(9, 2);
	struct msg_session_end end = { .ike = 9, .session = 2, .cause = FG_CAUSE_peer_delete };

	(void)state;
	assert_int_equal(login(st, 9, "bob"), 1);
	assert_int_equal(login(st, 10, "carol"), 2);
	assert_int_equal(say(st, MSG_SESSION_END, &end), 0);
	assert_int_equal(st->sessions->count, 2);
	st->said_count = 0;
	assert_int_equal(say(st, MSG_SA_ADD, &sa), 0);
	assert_int_equal(st->said[0].type, MSG_SA_REFUSED);
	assert_int_equal(st->said[0].body.sa_refused.cause, FG_CAUSE_bad_message);
	assert_null(session_by_ike(st->sessions, 9));
	assert_int_equal(session_by_ike(st->sessions, 10)->state, SESSION_UP);
	stage_free(st);
}

/* --- clear --- */

static void test_clear(void **state)
{
	struct stage *st = four_sessions();
	struct msg_session_end end = { .ike = 9, .session = 1, .cause = FG_CAUSE_peer_delete };
	struct msg_sa_add sa = sa_of(9, 1);
	struct session *s;

	(void)state;
	login(st, 9, "bob");
	s = session_by_ike(st->sessions, 9);
	st->said_count = 0;
	session_clear(st->sessions, s, FG_CAUSE_operator_clear);
	session_clear(st->sessions, s, FG_CAUSE_shutdown);
	assert_int_equal(st->said_count, 1);
	assert_int_equal(st->said[0].type, MSG_SESSION_CLEAR);
	assert_int_equal(st->said[0].body.clear.session, 1);
	assert_int_equal(s->state, SESSION_ENDING);
	assert_int_equal(s->cause, FG_CAUSE_operator_clear);
	/* No new SA for one that goes. */
	assert_int_equal(say(st, MSG_SA_ADD, &sa), 0);
	assert_int_equal(st->said[1].body.sa_refused.cause, FG_CAUSE_operator_clear);
	assert_int_equal(say(st, MSG_SESSION_END, &end), 0);
	assert_balance(st);

	/* ike says nothing: it ends all the same. */
	login(st, 10, "bob");
	session_clear(st->sessions, session_by_ike(st->sessions, 10), FG_CAUSE_operator_clear);
	assert_int_equal(st->sessions->count, 1);
	while (st->sessions->count)
		event_base_loop(st->base, EVLOOP_ONCE);
	assert_balance(st);

	/* ike is not there. */
	login(st, 11, "bob");
	st->deaf = true;
	session_clear(st->sessions, session_by_ike(st->sessions, 11), FG_CAUSE_operator_clear);
	assert_balance(st);
	stage_free(st);
}

/* The line that tells of an end, in whole; the first cause stands in it. */
static void test_end_line(void **state)
{
	struct stage *st = four_sessions();
	struct msg_session_end end = { .ike = 9, .session = 1, .cause = FG_CAUSE_peer_delete };
	char line[512] = "";
	int keep = dup(STDERR_FILENO), out = memfd_create("log", 0);

	(void)state;
	login(st, 9, "bob@example.org");
	session_by_ike(st->sessions, 9)->begun_ms -= 2 * 3600 * 1000 + 61 * 1000;
	st->plane->count = (struct fg_count){ .rx_bytes = 12345678, .tx_bytes = 999 };
	session_clear(st->sessions, session_by_ike(st->sessions, 9), FG_CAUSE_operator_clear);
	log_set_level(LOG_LEVEL_INFO);
	dup2(out, STDERR_FILENO);
	assert_int_equal(say(st, MSG_SESSION_END, &end), 0);
	dup2(keep, STDERR_FILENO);
	log_set_level(LOG_LEVEL_ERROR);
	assert_true(pread(out, line, sizeof(line) - 1, 0) > 0);
	if (!strstr(line, "va1 bob@example.org ended: cleared by the operator "
			  "(2h1m, 12.3 MB in, 999 B out)\n"))
		fail_msg("%s", line);
	close(out);
	close(keep);
	stage_free(st);
}

/* --- moved --- */

/* ESP without UDP has no port that could tell where the client is behind its NAT. */
static void test_only_udp_moves(void **state)
{
	struct stage *st = four_sessions();
	struct msg_session_begin begin = begin_of(9, "bob");
	struct msg_sa_add sa = sa_of(9, 1);

	(void)state;
	sa.udp = 0;
	assert_int_equal(say(st, MSG_SESSION_BEGIN, &begin), 0);
	assert_int_equal(say(st, MSG_SA_ADD, &sa), 0);
	assert_true(session_by_id(st->sessions, 1)->peer_behind_nat);
	assert_false(fake_sa(st->plane, htonl(0x1001))->sa.moves);
	stage_free(st);
}

static void test_moved(void **state)
{
	struct stage *st = four_sessions();
	const struct msg_moved good = { .session = 1,
					.generation = 1,
					.peer = endpoint_of("203.0.113.9", 1024) };
	struct msg_moved m = good;

	(void)state;
	login(st, 9, "bob");
	st->said_count = 0;
	/* Late, wrong, or from a client that has no NAT in front: nothing happens. */
	m.generation = 2;
	assert_int_equal(session_moved(st->sessions, &m), 0);
	m.generation = 0;
	assert_int_equal(session_moved(st->sessions, &m), 0);
	m = good;
	m.session = 2;
	assert_int_equal(session_moved(st->sessions, &m), 0);
	m = good;
	m.peer = endpoint_of("2001:db8::7", 1024);
	assert_int_equal(session_moved(st->sessions, &m), 0);
	m.peer = endpoint_of("198.51.100.7", 4500);
	assert_int_equal(session_moved(st->sessions, &m), 0);
	session_by_id(st->sessions, 1)->peer_behind_nat = false;
	assert_int_equal(session_moved(st->sessions, &good), 0);
	session_by_id(st->sessions, 1)->peer_behind_nat = true;
	session_by_id(st->sessions, 1)->udp = false;
	assert_int_equal(session_moved(st->sessions, &good), 0);
	session_by_id(st->sessions, 1)->udp = true;
	/* A client may write any source into its packet: that must not end flexdp. */
	m = good;
	m.peer.port = 0;
	assert_int_equal(session_moved(st->sessions, &m), 0);
	m.peer = endpoint_of("0.0.0.0", 1024);
	assert_int_equal(session_moved(st->sessions, &m), 0);
	st->plane->fail_moved = true;
	assert_int_equal(session_moved(st->sessions, &good), 0);
	st->plane->fail_moved = false;
	assert_int_equal(st->said_count, 0);
	assert_int_equal(session_by_id(st->sessions, 1)->peer.port, htons(4500));
	/* What no honest worker says. */
	m = good;
	m.session = 0;
	assert_int_equal(session_moved(st->sessions, &m), -EPROTO);
	m.session = 5;
	assert_int_equal(session_moved(st->sessions, &m), -EPROTO);

	assert_int_equal(session_moved(st->sessions, &good), 0);
	assert_int_equal(st->said_count, 1);
	assert_int_equal(st->said[0].type, MSG_PEER_MOVED);
	assert_int_equal(st->said[0].body.moved.ike, 9);
	assert_int_equal(st->said[0].body.moved.peer.port, htons(1024));
	assert_int_equal(st->said[0].body.moved.was.port, htons(4500));
	assert_int_equal(st->plane->row[1].session.peer.port, htons(1024));
	assert_int_equal(session_by_id(st->sessions, 1)->peer.port, htons(1024));
	stage_free(st);
}

/* Every cell of the table of states. */
static void test_states(void **state)
{
	static const char *const to[SESSION_STATES] = {
		/* to:      NEW BEGUN UP ENDING ENDED */
		[SESSION_NEW] = "01001",    [SESSION_BEGUN] = "00111", [SESSION_UP] = "00011",
		[SESSION_ENDING] = "00001", [SESSION_ENDED] = "00000",
	};

	(void)state;
	for (int from = 0; from < SESSION_STATES; from++)
		for (int next = 0; next < SESSION_STATES; next++) {
			struct session s = { .state = (enum session_state)from };
			bool ok = session_set_state(&s, (enum session_state)next);

			assert_int_equal(ok, to[from][next] == '1');
			assert_int_equal(s.state, ok ? next : from);
		}
}

/* A reload: sessions stay, what comes next is of the new configuration. */
static void test_new_conf(void **state)
{
	struct stage *st = four_sessions();
	struct conf *next = conf_of(CONF_HEAD("5") "[pool six]\nprefix = 2001:db8:20::/64\n"
						   "[pool four]\nprefix = 10.7.0.0/24\n" CONF_REST);

	(void)state;
	login(st, 9, "bob");
	sessions_set_conf(st->sessions, next, lease_pools_new(next));
	conf_free(st->conf);
	st->conf = next;
	assert_int_equal(session_by_ike(st->sessions, 9)->inner4, inet_addr("10.0.0.10"));
	login(st, 10, "carol");
	assert_int_equal(session_by_ike(st->sessions, 10)->inner4, inet_addr("10.7.0.1"));
	sessions_end_all(st->sessions, FG_CAUSE_shutdown);
	assert_balance(st);
	stage_free(st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),          cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sa_refused),     cmocka_unit_test(test_deaf_ike),
		cmocka_unit_test(test_nonsense),       cmocka_unit_test(test_not_its_own),
		cmocka_unit_test(test_clear),          cmocka_unit_test(test_end_line),
		cmocka_unit_test(test_moved),          cmocka_unit_test(test_states),
		cmocka_unit_test(test_only_udp_moves), cmocka_unit_test(test_new_conf),
	};

	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
