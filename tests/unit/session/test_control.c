// SPDX-License-Identifier: BSD-2-Clause
/* The control socket: nonsense from callers, slow callers, many sessions. */
#include "caller.h"

#include <flexgate/ctl.h>
#include <signal.h>
#include <sys/un.h>
#include <time.h>

static void test_nonsense(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "", "not JSON" },
		{ "show session", "not JSON" },
		{ "{", "not JSON" },
		{ "{\"command\": \"version\"} trailing", "not JSON" },
		{ "{\"command\": \"version\", \"command\": \"version\"}", "not JSON" },
		{ "{\"command\": \"\xff\xfe\"}", "not JSON" },
		{ "[]", "a request is" },
		{ "{}", "a request is" },
		{ "null", "not JSON" },
		{ "{\"command\": 7}", "a request is" },
		{ "{\"command\": \"version\", \"args\": []}", "a request is" },
		{ "{\"command\": \"version\", \"more\": 1}", "a request is" },
		{ "{\"command\": \"reboot\"}", "there is no command 'reboot'" },
		{ "{\"command\": \"\\u0007%s%n\"}", "there is no command '\\x07%s%n'" },
		{ "{\"command\": \"version\", \"args\": {\"x\": 1}}",
		  "'version' has no argument 'x'" },
		{ "{\"command\": \"show session\", \"args\": {\"name\": 1}}", "must be text" },
		{ "{\"command\": \"show session\", \"args\": {\"detail\": \"yes\"}}",
		  "must be true or false" },
		{ "{\"command\": \"show session\", \"args\": {\"name\": \"va9\"}}",
		  "no session is called 'va9'" },
		{ "{\"command\": \"show session\", \"args\": {\"name\": \"::\"}}",
		  "no session is called '::'" },
		{ "{\"command\": \"show derived-config\"}", "the session is not named" },
		{ "{\"command\": \"show derived-config\", \"args\": {\"name\": \"bob\"}}",
		  "no session is called 'bob'" },
		{ "{\"command\": \"show drop\", \"args\": {\"name\": \"va1\"}}",
		  "no session is called 'va1'" },
		{ "{\"command\": \"clear session\"}", "name one session, or say all" },
		{ "{\"command\": \"clear session\", \"args\": {\"all\": false}}",
		  "name one session, or say all" },
		{ "{\"command\": \"clear session\", \"args\": {\"all\": true, \"name\": \"a\"}}",
		  "name one session, or say all" },
	};
	struct play *p = play_new();
	char *big = malloc(20000);

	(void)state;
	play_start(p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bad(p, ask(p, rows[i].line), rows[i].error);
	bad(p, ask_raw(p, "{\"command\"\0: \"version\"}\n", 24), "not JSON");
	/* Too long, with and without an end; nested as deep as fits. */
	memset(big, 'a', 20000);
	bad(p, ask_raw(p, big, 20000), "longer than 4096 bytes");
	big[5000] = '\n';
	bad(p, ask_raw(p, big, 5001), "longer than 4096 bytes");
	memset(big, '[', 4000);
	big[4000] = '\n';
	bad(p, ask_raw(p, big, 4001), "not JSON");
	free(big);
	play_free(p);
}

/* In pieces, without reading, without a word, one after the other on one connection. */
static void test_manners(void **state)
{
	static const char request[] = "{\"command\": \"version\"}\n";
	struct play *p = play_new();
	json_t *end, *rows;
	int fd;

	(void)state;
	play_start(p);
	fd = call(p);
	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		assert_int_equal(send(fd, request + i, 1, 0), 1);
		play_turn(p);
	}
	rows = hear_good(p, fd);
	assert_int_equal(json_array_size(rows), 1);
	json_decref(rows);

	rows = rows_of(ask(p, "{\"command\": \"version\"}\n{\"command\": \"version\"}"), &end);
	assert_int_equal(json_array_size(rows), 1);
	json_decref(rows);
	json_decref(end);

	fd = call(p);
	assert_int_equal(control_clients(p->broker.control), 1);
	close(fd);
	play_turn(p);
	assert_int_equal(control_clients(p->broker.control), 0);
	/* The writing side closed, the answer still comes. */
	fd = call(p);
	assert_int_equal(send(fd, request, sizeof(request) - 1, 0), sizeof(request) - 1);
	shutdown(fd, SHUT_WR);
	rows = hear_good(p, fd);
	assert_int_equal(json_array_size(rows), 1);
	json_decref(rows);
	play_free(p);
}

static int connect_to(const struct play *p)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/" FG_CTL_SOCKET, p->directory);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void test_crowd(void **state)
{
	struct play *p = play_new();
	int fd[FG_CTL_CLIENTS], one;
	struct stat st;
	char path[128];

	(void)state;
	play_start(p);
	snprintf(path, sizeof(path), "%s/" FG_CTL_SOCKET, p->directory);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	for (int i = 0; i < FG_CTL_CLIENTS; i++) {
		fd[i] = connect_to(p);
		play_turn(p);
	}
	assert_int_equal(control_clients(p->broker.control), FG_CTL_CLIENTS);
	one = connect_to(p);
	play_turn(p);
	{
		json_t *end, *rows = rows_of(hear_all(p, one), &end);

		assert_string_equal(json_string_value(json_object_get(end, "error")),
				    "too many callers at once");
		json_decref(rows);
		json_decref(end);
	}
	for (int i = 0; i < FG_CTL_CLIENTS; i++)
		close(fd[i]);
	play_turn(p);
	assert_int_equal(control_clients(p->broker.control), 0);
	play_free(p);
}

static void begin_many(struct play *p, unsigned count)
{
	char who[32];

	for (unsigned i = 1; i <= count; i++) {
		struct msg_session_begin m;

		snprintf(who, sizeof(who), "u%u@example.org", i);
		m = begin_of(i, who);
		m.want4 = 0;
		m.want6 = 1;
		play_say(p, CHILD_IKE, MSG_SESSION_BEGIN, &m, sizeof(m));
		assert_int_equal(play_hear(p, CHILD_IKE, NULL), MSG_SESSION_BEGUN);
	}
}

/* A thousand sessions are shown fast, and no faster than the caller reads. */
static void test_many(void **state)
{
	struct play *p = play_new();
	json_t *rows;
	int fd;

	(void)state;
	play_start(p);
	begin_many(p, 4000);
	rows = good(p, "{\"command\": \"show session\", \"args\": {\"detail\": true}}");
	assert_int_equal(json_array_size(rows), 4000);
	json_decref(rows);

	fd = call(p);
	fake_counted = 0;
	assert_true(send(fd, "{\"command\": \"show session\"}\n", 28, 0) == 28);
	for (int i = 0; i < 50; i++)
		play_turn(p);
	assert_in_range(fake_counted, 100, 3000);
	rows = hear_good(p, fd);
	assert_int_equal(json_array_size(rows), 4000);
	assert_int_equal(fake_counted, 4000);
	json_decref(rows);

	/* A session that ends in the middle of it is left out, nothing else. */
	fd = call_with(p, "{\"command\": \"show session\"}");
	sessions_end_all(p->broker.sessions, FG_CAUSE_ike_died);
	free(hear_all(p, fd));
	play_free(p);
}

static void test_names(void **state)
{
	static const char *const names[] = { "va1", "alice@example.org", "email alice@example.org",
					     "10.0.0.10" };
	struct play *p = play_new();
	struct msg_session_begin alice = begin_of(5, "alice@example.org"),
				 bob = begin_of(6, "bob@example.org"), sly = begin_of(7, "va2");
	char request[128];
	json_t *rows;

	(void)state;
	play_start(p);
	play_say(p, CHILD_IKE, MSG_SESSION_BEGIN, &alice, sizeof(alice));
	play_say(p, CHILD_IKE, MSG_SESSION_BEGIN, &bob, sizeof(bob));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(request, sizeof(request),
			 "{\"command\": \"show session\", \"args\": {\"name\": \"%s\"}}", names[i]);
		rows = good(p, request);
		assert_int_equal(json_array_size(rows), 1);
		assert_string_equal(field(rows, 0, "name"), "va1");
		assert_string_equal(field(rows, 0, "inner4"), "10.0.0.10");
		assert_string_equal(field(rows, 0, "peer"), "198.51.100.7:4500");
		assert_string_equal(field(rows, 0, "state"), "begun");
		json_decref(rows);
	}
	/* Both come from there. */
	rows = good(p, "{\"command\": \"show session\", \"args\": {\"name\": \"198.51.100.7\"}}");
	assert_int_equal(json_array_size(rows), 2);
	json_decref(rows);
	rows = good(p, "{\"command\": \"show derived-config\", \"args\": {\"name\": \"va2\"}}");
	assert_string_equal(field(rows, 0, "line"), "interface virtual-access 2");
	json_decref(rows);
	rows = good(p, "{\"command\": \"show drop\", \"args\": {\"name\": \"va2\"}}");
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "reason"), "spoofed");
	json_decref(rows);

	/* What is about one session is not about the first of two. */
	bad(p, ask(p, "{\"command\": \"show drop\", \"args\": {\"name\": \"198.51.100.7\"}}"),
	    "'198.51.100.7' means more than one session: va1 and va2");
	bad(p,
	    ask(p,
		"{\"command\": \"show derived-config\", \"args\": {\"name\": \"198.51.100.7\"}}"),
	    "'198.51.100.7' means more than one session: va1 and va2");

	/* A client may call itself as it likes: va2 is whom flexd calls so, while there is one. */
	play_say(p, CHILD_IKE, MSG_SESSION_BEGIN, &sly, sizeof(sly));
	while (play_hear(p, CHILD_IKE, NULL))
		;
	rows = good(p, "{\"command\": \"clear session\", \"args\": {\"name\": \"va2\"}}");
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "identity"), "bob@example.org");
	json_decref(rows);
	play_expect(p, CHILD_IKE, MSG_SESSION_CLEAR, false);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0); /* nobody else */
	rows = good(p, "{\"command\": \"clear session\", \"args\": {\"all\": true}}");
	assert_int_equal(json_array_size(rows), 3);
	json_decref(rows);
	play_expect(p, CHILD_IKE, MSG_SESSION_CLEAR, false);
	play_expect(p, CHILD_IKE, MSG_SESSION_CLEAR, false);
	/* va2 was asked for once; and who has no session yet. */
	play_expect(p, CHILD_IKE, MSG_CLEAR_REST, false);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	play_free(p);
}

/* Samples of drops: all, and those of a session while it was this one. */
static void test_samples(void **state)
{
	static const struct fg_event samples[] = {
		{ .session = 1,
		  .reason = FG_DROP_wrong_encap,
		  .length = 90,
		  .captured = 38,
		  .head = { [12] = 8,
			    [14] = 0x45,
			    [23] = 50,
			    [26] = 198,
			    [27] = 51,
			    [28] = 100,
			    [29] = 7,
			    [30] = 192,
			    [32] = 2,
			    [33] = 1,
			    [37] = 9 } },
		{ .reason = FG_DROP_unknown_spi, .port = 5, .length = 60 },
		{ .session = 1, .reason = 9999, .length = 60 },
	};
	struct play *p = play_new();
	struct msg_session_begin alice = begin_of(5, "alice@example.org");
	struct timespec now;
	const json_t *row;
	json_t *rows;

	(void)state;
	play_start(p);
	rows = good(p, "{\"command\": \"show drop\", \"args\": {\"samples\": true}}");
	assert_int_equal(json_array_size(rows), 0);
	json_decref(rows);

	memcpy(p->broker.plane->sample, samples, sizeof(samples));
	p->broker.plane->samples = 3;
	play_say(p, CHILD_IKE, MSG_SESSION_BEGIN, &alice, sizeof(alice));
	clock_gettime(CLOCK_BOOTTIME, &now);
	/* One from the future, one of now, one from before the session. */
	p->broker.plane->sample[0].at_ns = ((uint64_t)now.tv_sec + 3600) * 1000000000;
	p->broker.plane->sample[1].at_ns = (uint64_t)now.tv_sec * 1000000000;
	p->broker.plane->sample[2].at_ns = 0;
	rows = good(p, "{\"command\": \"show drop\", \"args\": {\"samples\": true}}");
	assert_int_equal(json_array_size(rows), 3);
	row = json_array_get(rows, 0);
	assert_string_equal(field(rows, 0, "kind"), "sample");
	assert_string_equal(field(rows, 0, "session"), "va1");
	assert_string_equal(field(rows, 0, "reason"), "wrong_encap");
	assert_string_equal(field(rows, 0, "port"), "eth0");
	assert_string_equal(field(rows, 0, "outer"), "198.51.100.7 -> 192.0.2.1 spi 0x00000009");
	assert_int_equal(json_integer_value(json_object_get(row, "age_s")), 0);
	assert_int_equal(json_integer_value(json_object_get(row, "length")), 90);
	assert_string_equal(field(rows, 1, "text"), "no SA has this SPI");
	assert_null(field(rows, 1, "session"));
	assert_null(field(rows, 1, "port"));
	assert_null(field(rows, 1, "outer"));
	assert_string_equal(field(rows, 2, "reason"), "?");
	assert_null(field(rows, 2, "text"));
	assert_int_equal(number(rows, 2, "age_s"), now.tv_sec);
	json_decref(rows);

	rows = good(p, "{\"command\": \"show drop\", "
		       "\"args\": {\"samples\": true, \"name\": \"va1\"}}");
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "reason"), "wrong_encap");
	json_decref(rows);
	play_free(p);
}

/* Every SA of a session; of the one in use the session's own row tells, too. */
static void test_sas(void **state)
{
	struct play *p = play_new();
	struct msg_session_begin alice = begin_of(5, "alice@example.org");
	struct msg_sa_add sa = sa_of(5, 1);
	struct msg_sa_del del = { .ike = 5, .session = 1, .drain_ms = 60000 };
	const json_t *row, *one;
	struct fake_sa *used;
	json_t *rows, *all;

	(void)state;
	play_start(p);
	session_begin(p->broker.sessions, &alice);
	session_add_sa(p->broker.sessions, &sa);
	sa.replaces = del.spi_in = htonl(0x1001);
	sa.esn = 1;
	sa.life_bytes = 5000;
	session_add_sa(p->broker.sessions, &sa);
	session_del_sa(p->broker.sessions, &del);
	used = fake_sa(p->broker.plane, htonl(0x11001));
	assert_non_null(used);
	used->state.in_packets = 7;
	used->state.out_seq = 9;
	rows = good(p, "{\"command\": \"show session\", \"args\": {\"detail\": true}}");
	all = rows;
	row = json_array_get(rows, 0);
	assert_string_equal(field(rows, 0, "spi_in"), "0x00011001");
	rows = json_object_get(row, "sas");
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(field(rows, 0, "state"), "in use");
	assert_string_equal(field(rows, 0, "sequence"), "esn");
	assert_string_equal(field(rows, 0, "ts"), "10.0.0.10/32 === 0.0.0.0/0");
	one = json_array_get(rows, 0);
	assert_int_equal(json_integer_value(json_object_get(one, "rekeys")), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "rekeys")), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "moves")), 0);
	assert_int_equal(json_integer_value(json_object_get(one, "rx_packets")), 7);
	assert_int_equal(json_integer_value(json_object_get(one, "tx_packets")), 9);
	assert_int_equal(json_integer_value(json_object_get(one, "life_bytes")), 5000);
	assert_string_equal(field(rows, 1, "state"), "draining");
	assert_string_equal(field(rows, 1, "spi_in"), "0x00001001");
	assert_string_equal(field(rows, 1, "sequence"), "32 bits");
	json_decref(all);
	play_free(p);
}

static void test_reload_asked(void **state)
{
	struct play *p = play_new();
	json_t *rows, *end;
	int fd;

	(void)state;
	play_start(p);
	fd = call_with(p, "{\"command\": \"config reload\"}");
	play_prepared(p, CHILD_AAA, true, "");
	play_prepared(p, CHILD_IKE, true, "");
	rows = rows_of(hear_all(p, fd), &end);
	assert_true(json_is_true(json_object_get(end, "ok")));
	json_decref(rows);
	json_decref(end);
	/* The asker leaves; the reload goes on. */
	fd = call_with(p, "{\"command\": \"config reload\"}");
	close(fd);
	play_prepared(p, CHILD_AAA, true, "");
	play_prepared(p, CHILD_IKE, true, "");
	assert_null(p->broker.reload);
	/* So does the socket. */
	fd = call_with(p, "{\"command\": \"config reload\"}");
	control_close(p->broker.control);
	assert_int_equal(control_open(&p->broker, &p->broker.control), 0);
	play_prepared(p, CHILD_AAA, true, "");
	play_prepared(p, CHILD_IKE, true, "");
	assert_null(p->broker.reload);
	rows = rows_of(hear_all(p, fd), &end);
	assert_string_equal(json_string_value(json_object_get(end, "error")), "flexd stops");
	json_decref(rows);
	json_decref(end);
	play_conf(p, "[pool four]\nprefix = nonsense\n", CONF_REST);
	bad(p, ask(p, "{\"command\": \"config reload\"}"), "flexgate.conf:8: [pool four]");
	play_free(p);
}

static void test_config(void **state)
{
	struct play *p = play_new();
	json_t *rows;
	bool lease = false, fallback = false, unwritten = false;

	(void)state;
	play_start(p);
	rows = good(p, "{\"command\": \"show config\"}");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *section = field(rows, i, "section"), *key = field(rows, i, "key"),
			   *value = field(rows, i, "value");

		assert_null(strstr(value, "a long secret"));
		/* No line of the file is long, so none of ours is. */
		assert_true(strlen(key) + strlen(value) < 77);
		lease |= !strcmp(section, "pool four") && !strcmp(key, "range") &&
			 !strcmp(value, "10.0.0.10-10.0.0.12");
		fallback |= !strcmp(section, "gateway") && !strcmp(key, "workers") &&
			    !strcmp(value, "auto");
		unwritten |= !strcmp(section, "ikev2-proposal default") && !strcmp(key, "prf");
	}
	assert_true(lease && fallback && unwritten);
	json_decref(rows);
	rows = good(p, "{\"command\": \"show plane\"}");
	assert_int_equal(json_array_size(rows), 7);
	json_decref(rows);
	play_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nonsense), cmocka_unit_test(test_manners),
		cmocka_unit_test(test_crowd),    cmocka_unit_test(test_many),
		cmocka_unit_test(test_names),    cmocka_unit_test(test_samples),
		cmocka_unit_test(test_sas),      cmocka_unit_test(test_reload_asked),
		cmocka_unit_test(test_config),
	};

	signal(SIGPIPE, SIG_IGN); /* as broker_run() does */
	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
