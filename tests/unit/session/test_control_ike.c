// SPDX-License-Identifier: BSD-2-Clause
/* Questions of callers to ike: in order, by an ike that hangs, dies or says too much; traces. */
#include "caller.h"

#include <signal.h>

static void test_pki(void **state)
{
	static const char show[] = "{\"command\": \"show pki trustpoints\"}";
	const struct msg_pki_row own = { .trustpoint = "corp",
					 .what = "own",
					 .subject = "CN=a\\, b\n",
					 .issuer = "CN=ca",
					 .key = "Ed25519",
					 .status = "valid",
					 .from = 1800000000,
					 .until = 1800000060 };
	const struct msg_pki_row problem = { .what = "problem", .subject = "something expires" };
	struct msg_pki_row endless = own;
	struct play *p = play_new();
	const struct msg_ike_stats stats = { 0 };
	struct msg_ike_show asked;
	json_t *rows;
	int fd;

	(void)state;
	play_start(p);
	fd = call_with(p, show);
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	memcpy(&asked, play_heard.body, sizeof(asked));
	assert_int_equal(asked.what, MSG_SHOW_PKI);
	play_say(p, CHILD_IKE, MSG_PKI_ROW, &own, sizeof(own));
	play_say(p, CHILD_IKE, MSG_PKI_ROW, &problem, sizeof(problem));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = hear_good(p, fd);
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(field(rows, 0, "subject"), "CN=a\\, b?");
	assert_string_equal(field(rows, 0, "key"), "Ed25519");
	assert_string_equal(field(rows, 0, "from"), "2027-01-15 08:00:00Z");
	assert_string_equal(field(rows, 0, "until"), "2027-01-15 08:01:00Z");
	assert_null(field(rows, 1, "until"));
	assert_string_equal(field(rows, 1, "subject"), "something expires");
	json_decref(rows);
	close(fd);
	/* Nobody asked any more; or a text does not end: the sender is cut off. */
	memset(endless.key, 'x', sizeof(endless.key));
	play_say(p, CHILD_IKE, MSG_PKI_ROW, &endless, sizeof(endless));
	assert_true(p->broken[CHILD_IKE]);
	play_free(p);
}

static void test_ike_stats(void **state)
{
	static const char show[] = "{\"command\": \"show ikev2 stats\"}";
	static const struct {
		const char *name;
		int value;
	} guard[] = { { "requests", 70 },
		      { "cookies_sent", 60 },
		      { "cookies_accepted", 50 },
		      { "cookies_wrong", 40 } };
	const struct msg_ike_stats stats = { .established = 3, .auth_ok = 7, .auth_failed = 2 };
	struct play *p = play_new();
	json_t *rows;
	int fd;

	(void)state;
	play_start(p);
	fd = call_with(p, show);
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = hear_good(p, fd);
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(field(rows, 0, "kind"), "total");
	assert_string_equal(field(rows, 1, "kind"), "guard");
	assert_true(json_is_false(json_object_get(json_array_get(rows, 1), "cookies_demanded")));
	for (size_t i = 0; i < sizeof(guard) / sizeof(guard[0]); i++)
		assert_int_equal(number(rows, 1, guard[i].name), guard[i].value);
	assert_int_equal(number(rows, 0, "established"), 3);
	assert_int_equal(number(rows, 0, "auth_ok"), 7);
	assert_int_equal(number(rows, 0, "auth_failed"), 2);
	json_decref(rows);
	play_free(p);
}

static void check_detail(const json_t *rows)
{
	const json_t *first = json_array_get(rows, 0);

	assert_string_equal(field(rows, 0, "client"), "Win?");
	assert_int_equal(json_integer_value(json_object_get(first, "login_s")), 90);
	assert_int_equal(json_integer_value(json_object_get(first, "rekeys")), 2);
	assert_int_equal(json_integer_value(json_object_get(first, "moves")), 3);
	/* It need not end. */
	assert_null(json_object_get(first, "ends_s"));
}

/* Rows of ike that a question means, with and without what only detail shows. */
static void test_ike_sa_detail(void **state)
{
	static const struct {
		const char *args;
		size_t rows;
		bool detail;
	} asks[] = {
		{ "", 2, false },
		{ "\"detail\": true", 2, true },
		{ "\"detail\": true, \"name\": \"va1\"", 1, true },
		{ "\"name\": \"a.example.org\"", 1, false },
		{ "\"name\": \"fqdn a.example.org\"", 1, false },
		{ "\"name\": \"10.0.0.10\"", 1, false }, /* inner */
		{ "\"name\": \"198.51.100.8\"", 1, false },
		/* As in every other show: that there is none of that name is an error. */
		{ "\"name\": \"va2\"", 0, false },
		{ "\"name\": \"a.example.or\"", 0, false },
	};
	struct msg_ike_sa_row row = {
		.local = endpoint_of("192.0.2.1", 500),
		.client = "Win\x1b",
		.login_s = 90,
		.rekeys = 2,
		.mobike = 1,
		.moves = 3,
	};
	const struct msg_ike_stats stats = { 0 };
	struct msg_session_begin begin;
	struct play *p = play_new();

	(void)state;
	play_start(p);
	row.remote = (struct msg_identity){ .type = 2, .len = 13, .data = "a.example.org" };
	begin = begin_of(9, "a.example.org");
	begin.remote.type = 2;
	play_say(p, CHILD_IKE, MSG_SESSION_BEGIN, &begin, sizeof(begin));
	play_expect(p, CHILD_IKE, MSG_SESSION_BEGUN, false);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		char line[160];
		json_t *rows;
		int fd;

		snprintf(line, sizeof(line), "{\"command\": \"show ikev2 sa\", \"args\": {%s}}",
			 asks[i].args);
		fd = call_with(p, line);
		play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
		row.session = 1;
		row.remote.len = 13;
		row.peer = endpoint_of("198.51.100.7", 500);
		play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
		row.session = 0;
		row.remote.len = 0;
		row.peer = endpoint_of("198.51.100.8", 500);
		play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
		play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
		if (asks[i].rows == 0) {
			bad(p, hear_all(p, fd), "no IKE SA belongs to '");
			continue;
		}
		rows = hear_good(p, fd);
		assert_int_equal(json_array_size(rows), asks[i].rows);
		if (asks[i].detail)
			check_detail(rows);
		else
			assert_null(json_object_get(json_array_get(rows, 0), "client"));
		json_decref(rows);
	}
	/* A text without an end is no honest row. */
	row = (struct msg_ike_sa_row){ .spi_r = 1 };
	memset(row.agreed, 'x', sizeof(row.agreed));
	play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
	play_turn(p);
	assert_true(p->broken[CHILD_IKE]);
	play_free(p);
}

static void test_trace(void **state)
{
	static const char ask_line[] =
		"{\"command\": \"trace ike\", \"args\": {\"whom\": \"a@b\"}}";
	struct msg_ike_trace_line line = { .slot = 0, .text = "-> IKE\x1b" };
	struct play *p = play_new();
	struct msg_ike_trace trace;
	int fd[IKE_TRACES], one;
	json_t *rows, *end;

	(void)state;
	play_start(p);
	bad(p, ask(p, "{\"command\": \"trace ike\"}"), "say whom");
	for (uint32_t i = 0; i < IKE_TRACES; i++) {
		fd[i] = call_with(p, ask_line);
		assert_int_equal(play_hear(p, CHILD_IKE, NULL), MSG_IKE_TRACE);
		memcpy(&trace, play_heard.body, sizeof(trace));
		assert_int_equal(trace.slot, i);
		assert_string_equal(trace.whom, "a@b");
	}
	rows = rows_of(ask(p, "{\"command\": \"trace ike\", \"args\": {\"whom\": \"a@b\"}}"), &end);
	assert_non_null(strstr(json_string_value(json_object_get(end, "error")), "run already"));
	json_decref(rows);
	json_decref(end);
	/* The last caller goes: its slot is free for another, whom late lines do not reach. */
	line.slot = trace.slot;
	line.serial = trace.serial;
	close(fd[IKE_TRACES - 1]);
	play_turn(p);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), MSG_IKE_TRACE);
	memcpy(&trace, play_heard.body, sizeof(trace));
	assert_int_equal(trace.slot, line.slot);
	assert_string_equal(trace.whom, "");
	one = call_with(p, ask_line);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), MSG_IKE_TRACE);
	memcpy(&trace, play_heard.body, sizeof(trace));
	assert_int_equal(trace.slot, line.slot);
	play_say(p, CHILD_IKE, MSG_IKE_TRACE_LINE, &line, sizeof(line));
	line.serial = trace.serial;
	play_say(p, CHILD_IKE, MSG_IKE_TRACE_LINE, &line, sizeof(line));
	/* ike ends: so does every trace. */
	close(p->end[CHILD_IKE]);
	p->end[CHILD_IKE] = -1;
	rows = rows_of(hear_all(p, one), &end);
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "line"), "-> IKE?");
	assert_true(json_is_false(json_object_get(end, "ok")));
	json_decref(rows);
	json_decref(end);
	for (uint32_t i = 0; i + 1 < IKE_TRACES; i++)
		close(fd[i]);
	play_free(p);
}

/* An ike that was taken over says rows without end to a caller who does not read: the caller goes,
 * flexd does not grow. Nor does it get an escape sequence to a terminal. */
static void test_endless_ike(void **state)
{
	static const char tallies[] = "{\"command\": \"show ikev2 stats\"}";
	struct msg_algorithm_row algorithm = { .kind = "encryption" };
	struct msg_ike_tally tally = { .kind = MSG_TALLY_NOTIFY, .name = "N(\x1b[31m\xff)" };
	const struct msg_ike_stats stats = { 0 };
	struct msg_pki_row row = { .what = "crl", .from = INT64_MIN };
	const struct {
		const char *show;
		uint32_t type;
		const void *body;
	} asks[] = {
		{ tallies, MSG_IKE_TALLY, &tally },
		{ "{\"command\": \"show pki trustpoints\"}", MSG_PKI_ROW, &row },
		{ "{\"command\": \"show crypto\"}", MSG_ALGORITHM_ROW, &algorithm },
	};
	struct play *p = play_new();
	json_t *rows;
	int fd;

	(void)state;
	play_start(p);
	fd = call_with(p, tallies);
	play_say(p, CHILD_IKE, MSG_IKE_TALLY, &tally, sizeof(tally));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = hear_good(p, fd);
	assert_string_equal(field(rows, 0, "notify"), "N(?[31m?)");
	json_decref(rows);
	memset(row.subject, 'x', sizeof(row.subject) - 1);
	memset(tally.name, '\r', sizeof(tally.name) - 1);
	memset(row.issuer, 'x', sizeof(row.issuer) - 1);
	memset(algorithm.offered, '\r', sizeof(algorithm.offered) - 1);
	memset(algorithm.library, '\r', sizeof(algorithm.library) - 1);
	for (int i = 0; i < 3; i++) {
		fd = call_with(p, asks[i].show);
		assert_int_equal(control_clients(p->broker.control), 1);
		for (int k = 0; k < 1000000 && control_clients(p->broker.control); k++) {
			assert_int_equal(
				control_from_ike(p->broker.control, asks[i].type, asks[i].body), 0);
		}
		assert_int_equal(control_clients(p->broker.control), 0);
		play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats)); /* to nobody */
		assert_false(p->broken[CHILD_IKE]);
		close(fd);
	}
	play_free(p);
}

/* An answer may take longer than anybody would wait for a word: what counts is the last one. */
static void test_long_answer(void **state)
{
	enum { PATIENCE_MS = 400, ROWS = 8 };
	const struct msg_ike_sa_row row = { .spi_r = 0xabc };
	const struct msg_ike_stats stats = { 0 };
	struct play *p = play_new();
	json_t *rows;
	int fd;

	(void)state;
	play_start(p);
	p->broker.answer_ms = PATIENCE_MS;
	fd = call_with(p, "{\"command\": \"show ikev2 sa\"}");
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	for (int i = 0; i < ROWS; i++) {
		uint64_t until = clock_ms() + PATIENCE_MS / 4;

		play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
		while (clock_ms() < until)
			play_turn(p);
	}
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = hear_good(p, fd);
	assert_int_equal(json_array_size(rows), ROWS);
	json_decref(rows);
	play_free(p);
}

/* Questions go to ike one by one; an asker who leaves does not shift the answers. */
static void test_ask_ike(void **state)
{
	static const char show[] = "{\"command\": \"show ikev2 sa\"}";
	static const char drop[] = "{\"command\": \"show drop\"}";
	struct play *p = play_new();
	struct msg_ike_sa_row row = { .spi_r = 0xabc,
				      .peer = endpoint_of("198.51.100.7", 500),
				      .local = endpoint_of("192.0.2.1", 500),
				      .session = 3,
				      .peer_behind_nat = 1,
				      .state = "esta\x1b[31m" };
	struct msg_ike_stats stats = { .drop = { [7] = 5 } };
	int first, second, third;
	json_t *rows;

	(void)state;
	play_start(p);
	first = call_with(p, show);
	second = call_with(p, show);
	third = call_with(p, drop);
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	assert_int_equal(shutdown(first, SHUT_RDWR), 0);
	close(first);
	play_turn(p);
	play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	row.spi_r = 0xdef;
	play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = hear_good(p, second);
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "spi_r"), "0000000000000def");
	assert_string_equal(field(rows, 0, "session"), "va3");
	assert_string_equal(field(rows, 0, "nat"), "client");
	assert_string_equal(field(rows, 0, "state"), "esta?[31m");
	json_decref(rows);
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = hear_good(p, third);
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(field(rows, 0, "plane"), "data");
	assert_string_equal(field(rows, 1, "plane"), "ike");
	assert_string_equal(field(rows, 1, "reason"), "bad_exchange");
	json_decref(rows);

	/* ike dies with a question open; the next asker hears it at once. */
	first = call_with(p, show);
	close(p->end[CHILD_IKE]);
	p->end[CHILD_IKE] = -1;
	bad(p, hear_all(p, first), "the ike process is not running");
	bad(p, ask(p, "{\"command\": \"show ikev2 sa\"}"), "the ike process is not running");
	play_free(p);
}

/* ike hangs: the caller hears so, its place is free again, a late answer goes to nobody else. */
static void test_hanging_ike(void **state)
{
	static const char show[] = "{\"command\": \"show ikev2 sa\"}";
	struct msg_ike_sa_row row = { .spi_r = 1 };
	const struct msg_ike_stats stats = { 0 };
	struct play *p = play_new();
	json_t *rows;
	int fd;

	(void)state;
	play_start(p);
	fd = call_with(p, show);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	usleep(1050 * 1000);
	bad(p, hear_all(p, fd), "the answer to 'show ikev2 sa' did not come in time");
	fd = call_with(p, show);
	play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	row.spi_r = 2;
	play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = hear_good(p, fd);
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "spi_r"), "0000000000000002");
	json_decref(rows);
	play_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pki),           cmocka_unit_test(test_ike_stats),
		cmocka_unit_test(test_ike_sa_detail), cmocka_unit_test(test_trace),
		cmocka_unit_test(test_endless_ike),   cmocka_unit_test(test_long_answer),
		cmocka_unit_test(test_ask_ike),       cmocka_unit_test(test_hanging_ike),
	};

	signal(SIGPIPE, SIG_IGN); /* as broker_run() does */
	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
