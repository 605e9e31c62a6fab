// SPDX-License-Identifier: BSD-2-Clause
/* The control socket: nonsense from callers, slow callers, many sessions, questions to ike. */
#include "play.h"

#include <flexgate/ctl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

static int call(struct play *p)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(control_take(p->broker.control, pair[0]), 0);
	return pair[1];
}

/* Everything until the end; the caller's to free. */
static char *hear_all(struct play *p, int fd)
{
	size_t len = 0, cap = 1 << 16;
	char *text = malloc(cap);
	ssize_t n;

	for (int quiet = 0; quiet < 200;) {
		play_turn(p);
		n = recv(fd, text + len, cap - len - 1, MSG_DONTWAIT);
		if (n == 0)
			break;
		if (n < 0) {
			quiet++;
			continue;
		}
		quiet = 0;
		len += (size_t)n;
		if (cap - len < 4096)
			text = realloc(text, cap *= 2);
	}
	text[len] = '\0';
	close(fd);
	play_turn(p);
	return text;
}

static char *ask_raw(struct play *p, const char *request, size_t len)
{
	int fd = call(p);

	assert_int_equal(send(fd, request, len, 0), (ssize_t)len);
	return hear_all(p, fd);
}

static char *ask(struct play *p, const char *request)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s\n", request);
	return ask_raw(p, line, strlen(line));
}

/* Rows of an answer; *end is its last line's object. Both are the caller's. */
static json_t *rows_of(char *text, json_t **end)
{
	json_t *rows = json_array(), *line;
	char *save = NULL;

	*end = NULL;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		assert_null(*end); /* nothing behind the end */
		line = json_loads(l, 0, NULL);
		assert_non_null(line);
		if (json_object_get(line, "row"))
			json_array_append(rows, json_object_get(line, "row"));
		else
			*end = json_incref(json_object_get(line, "end"));
		json_decref(line);
	}
	assert_non_null(*end);
	free(text);
	return rows;
}

static json_t *good(struct play *p, const char *request)
{
	json_t *end, *rows = rows_of(ask(p, request), &end);

	if (!json_is_true(json_object_get(end, "ok")))
		fail_msg("%s: %s", request, json_string_value(json_object_get(end, "error")));
	json_decref(end);
	return rows;
}

static void bad(struct play *p, char *answer, const char *what)
{
	json_t *end, *rows = rows_of(answer, &end);
	const char *error = json_string_value(json_object_get(end, "error"));

	assert_int_equal(json_array_size(rows), 0);
	assert_true(json_is_false(json_object_get(end, "ok")));
	if (!error || !strstr(error, what))
		fail_msg("'%s' instead of '%s'", error, what);
	json_decref(rows);
	json_decref(end);
	assert_int_equal(control_clients(p->broker.control), 0);
}

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
	rows = rows_of(hear_all(p, fd), &end);
	assert_int_equal(json_array_size(rows), 1);
	json_decref(rows);
	json_decref(end);

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
	rows = rows_of(hear_all(p, fd), &end);
	assert_int_equal(json_array_size(rows), 1);
	json_decref(rows);
	json_decref(end);
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
	json_t *rows, *end;
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
	rows = rows_of(hear_all(p, fd), &end);
	assert_int_equal(json_array_size(rows), 4000);
	assert_int_equal(fake_counted, 4000);
	json_decref(rows);
	json_decref(end);

	/* A session that ends in the middle of it is left out, nothing else. */
	fd = call(p);
	assert_true(send(fd, "{\"command\": \"show session\"}\n", 28, 0) == 28);
	play_turn(p);
	sessions_end_all(p->broker.sessions, FG_CAUSE_ike_died);
	free(hear_all(p, fd));
	play_free(p);
}

static const char *field(const json_t *rows, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(rows, i), key));
}

static void test_names(void **state)
{
	static const char *const names[] = { "va1", "alice@example.org", "email alice@example.org",
					     "10.0.0.10" };
	struct play *p = play_new();
	struct msg_session_begin alice = begin_of(5, "alice@example.org"),
				 bob = begin_of(6, "bob@example.org");
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

	while (play_hear(p, CHILD_IKE, NULL))
		;
	rows = good(p, "{\"command\": \"clear session\", \"args\": {\"name\": \"va2\"}}");
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "identity"), "bob@example.org");
	json_decref(rows);
	play_expect(p, CHILD_IKE, MSG_SESSION_CLEAR, false);
	rows = good(p, "{\"command\": \"clear session\", \"args\": {\"all\": true}}");
	assert_int_equal(json_array_size(rows), 2);
	json_decref(rows);
	play_expect(p, CHILD_IKE, MSG_SESSION_CLEAR, false);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0); /* va2 was asked for once */
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
	assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 2), "age_s")),
			 now.tv_sec);
	json_decref(rows);

	rows = good(p, "{\"command\": \"show drop\", "
		       "\"args\": {\"samples\": true, \"name\": \"va1\"}}");
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "reason"), "wrong_encap");
	json_decref(rows);
	play_free(p);
}

static void test_pki(void **state)
{
	static const char show[] = "{\"command\": \"show pki trustpoints\"}\n";
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
	json_t *rows, *end;
	int fd;

	(void)state;
	play_start(p);
	fd = call(p);
	assert_true(send(fd, show, strlen(show), 0) > 0);
	play_turn(p);
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	memcpy(&asked, play_heard.body, sizeof(asked));
	assert_int_equal(asked.what, MSG_SHOW_PKI);
	play_say(p, CHILD_IKE, MSG_PKI_ROW, &own, sizeof(own));
	play_say(p, CHILD_IKE, MSG_PKI_ROW, &problem, sizeof(problem));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = rows_of(hear_all(p, fd), &end);
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(field(rows, 0, "subject"), "CN=a\\, b?");
	assert_string_equal(field(rows, 0, "key"), "Ed25519");
	assert_string_equal(field(rows, 0, "from"), "2027-01-15 08:00:00Z");
	assert_string_equal(field(rows, 0, "until"), "2027-01-15 08:01:00Z");
	assert_null(field(rows, 1, "until"));
	assert_string_equal(field(rows, 1, "subject"), "something expires");
	json_decref(rows);
	json_decref(end);
	close(fd);
	/* Nobody asked any more; or a text does not end: the sender is cut off. */
	memset(endless.key, 'x', sizeof(endless.key));
	play_say(p, CHILD_IKE, MSG_PKI_ROW, &endless, sizeof(endless));
	assert_true(p->broken[CHILD_IKE]);
	play_free(p);
}

static void test_ike_stats(void **state)
{
	static const char show[] = "{\"command\": \"show ikev2 stats\"}\n";
	static const struct {
		const char *name;
		int value;
	} guard[] = { { "requests", 70 },
		      { "cookies_sent", 60 },
		      { "cookies_accepted", 50 },
		      { "cookies_wrong", 40 } };
	const struct msg_ike_stats stats = { .established = 3, .auth_ok = 7, .auth_failed = 2 };
	struct play *p = play_new();
	json_t *rows, *end;
	int fd;

	(void)state;
	play_start(p);
	fd = call(p);
	assert_true(send(fd, show, strlen(show), 0) > 0);
	play_turn(p);
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = rows_of(hear_all(p, fd), &end);
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(field(rows, 0, "kind"), "total");
	assert_string_equal(field(rows, 1, "kind"), "guard");
	assert_true(json_is_false(json_object_get(json_array_get(rows, 1), "cookies_demanded")));
	for (size_t i = 0; i < sizeof(guard) / sizeof(guard[0]); i++)
		assert_int_equal(
			json_integer_value(json_object_get(json_array_get(rows, 1), guard[i].name)),
			guard[i].value);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(rows, 0), "established")), 3);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 0), "auth_ok")),
			 7);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(rows, 0), "auth_failed")), 2);
	json_decref(rows);
	json_decref(end);
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
	assert_int_equal(json_integer_value(json_object_get(one, "rx_packets")), 7);
	assert_int_equal(json_integer_value(json_object_get(one, "tx_packets")), 9);
	assert_int_equal(json_integer_value(json_object_get(one, "life_bytes")), 5000);
	assert_string_equal(field(rows, 1, "state"), "draining");
	assert_string_equal(field(rows, 1, "spi_in"), "0x00001001");
	assert_string_equal(field(rows, 1, "sequence"), "32 bits");
	json_decref(all);
	play_free(p);
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
		{ "\"detail\": true, \"name\": \"va3\"", 1, true },
		{ "\"name\": \"a.example.org\"", 1, false },
		{ "\"name\": \"198.51.100.8\"", 1, false },
		{ "\"name\": \"va4\"", 0, false },
	};
	struct msg_ike_sa_row row = { .local = endpoint_of("192.0.2.1", 500), .client = "Win\x1b" };
	const struct msg_ike_stats stats = { 0 };
	struct play *p = play_new();

	(void)state;
	play_start(p);
	row.remote = (struct msg_identity){ .type = 2, .len = 13, .data = "a.example.org" };
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		int fd = call(p);
		char line[160];
		json_t *rows, *end;

		snprintf(line, sizeof(line), "{\"command\": \"show ikev2 sa\", \"args\": {%s}}\n",
			 asks[i].args);
		assert_true(send(fd, line, strlen(line), 0) > 0);
		play_turn(p);
		play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
		row.session = 3;
		row.remote.len = 13;
		row.peer = endpoint_of("198.51.100.7", 500);
		play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
		row.session = 0;
		row.remote.len = 0;
		row.peer = endpoint_of("198.51.100.8", 500);
		play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
		play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
		rows = rows_of(hear_all(p, fd), &end);
		assert_int_equal(json_array_size(rows), asks[i].rows);
		if (asks[i].detail)
			assert_string_equal(field(rows, 0, "client"), "Win\\x1b");
		else if (asks[i].rows)
			assert_null(json_object_get(json_array_get(rows, 0), "client"));
		json_decref(rows);
		json_decref(end);
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
		"{\"command\": \"trace ike\", \"args\": {\"whom\": \"a@b\"}}\n";
	struct msg_ike_trace_line line = { .slot = 0, .text = "-> IKE\x1b" };
	struct play *p = play_new();
	struct msg_ike_trace trace;
	int fd[IKE_TRACES], one;
	json_t *rows, *end;

	(void)state;
	play_start(p);
	bad(p, ask(p, "{\"command\": \"trace ike\"}"), "say whom");
	for (uint32_t i = 0; i < IKE_TRACES; i++) {
		fd[i] = call(p);
		assert_true(send(fd[i], ask_line, strlen(ask_line), 0) > 0);
		play_turn(p);
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
	one = call(p);
	assert_true(send(one, ask_line, strlen(ask_line), 0) > 0);
	play_turn(p);
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
	assert_string_equal(field(rows, 0, "line"), "-> IKE\\x1b");
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
	static const char tallies[] = "{\"command\": \"show ikev2 stats\"}\n";
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
		{ "{\"command\": \"show pki trustpoints\"}\n", MSG_PKI_ROW, &row },
		{ "{\"command\": \"show crypto\"}\n", MSG_ALGORITHM_ROW, &algorithm },
	};
	struct play *p = play_new();
	json_t *rows, *end;
	int fd;

	(void)state;
	play_start(p);
	fd = call(p);
	assert_true(send(fd, tallies, strlen(tallies), 0) > 0);
	play_turn(p);
	play_say(p, CHILD_IKE, MSG_IKE_TALLY, &tally, sizeof(tally));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = rows_of(hear_all(p, fd), &end);
	assert_string_equal(field(rows, 0, "notify"), "N(\\x1b[31m\\xff)");
	json_decref(rows);
	json_decref(end);
	memset(row.subject, 'x', sizeof(row.subject) - 1);
	memset(tally.name, '\r', sizeof(tally.name) - 1);
	memset(row.issuer, 'x', sizeof(row.issuer) - 1);
	memset(algorithm.offered, '\r', sizeof(algorithm.offered) - 1);
	memset(algorithm.library, '\r', sizeof(algorithm.library) - 1);
	for (int i = 0; i < 3; i++) {
		fd = call(p);
		assert_true(send(fd, asks[i].show, strlen(asks[i].show), 0) > 0);
		play_turn(p);
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

/* Questions go to ike one by one; an asker who leaves does not shift the answers. */
static void test_ask_ike(void **state)
{
	static const char show[] = "{\"command\": \"show ikev2 sa\"}\n";
	static const char drop[] = "{\"command\": \"show drop\"}\n";
	struct play *p = play_new();
	struct msg_ike_sa_row row = { .spi_r = 0xabc,
				      .peer = endpoint_of("198.51.100.7", 500),
				      .local = endpoint_of("192.0.2.1", 500),
				      .session = 3,
				      .peer_behind_nat = 1,
				      .state = "esta\x1b[31m" };
	struct msg_ike_stats stats = { .drop = { [7] = 5 } };
	int first, second, third;
	json_t *rows, *end;

	(void)state;
	play_start(p);
	first = call(p);
	second = call(p);
	third = call(p);
	assert_true(send(first, show, strlen(show), 0) > 0);
	play_turn(p);
	assert_true(send(second, show, strlen(show), 0) > 0);
	play_turn(p);
	assert_true(send(third, drop, strlen(drop), 0) > 0);
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
	rows = rows_of(hear_all(p, second), &end);
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "spi_r"), "0000000000000def");
	assert_string_equal(field(rows, 0, "session"), "va3");
	assert_string_equal(field(rows, 0, "nat"), "client");
	assert_string_equal(field(rows, 0, "state"), "esta\\x1b[31m");
	json_decref(rows);
	json_decref(end);
	play_expect(p, CHILD_IKE, MSG_IKE_SHOW, false);
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = rows_of(hear_all(p, third), &end);
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(field(rows, 0, "plane"), "data");
	assert_string_equal(field(rows, 1, "plane"), "ike");
	assert_string_equal(field(rows, 1, "reason"), "bad_exchange");
	json_decref(rows);
	json_decref(end);

	/* ike dies with a question open; the next asker hears it at once. */
	first = call(p);
	assert_true(send(first, show, strlen(show), 0) > 0);
	play_turn(p);
	close(p->end[CHILD_IKE]);
	p->end[CHILD_IKE] = -1;
	bad(p, hear_all(p, first), "the ike process is not running");
	bad(p, ask(p, "{\"command\": \"show ikev2 sa\"}"), "the ike process is not running");
	play_free(p);
}

/* ike hangs: the caller hears so, its place is free again, a late answer goes to nobody else. */
static void test_hanging_ike(void **state)
{
	static const char show[] = "{\"command\": \"show ikev2 sa\"}\n";
	struct msg_ike_sa_row row = { .spi_r = 1 };
	const struct msg_ike_stats stats = { 0 };
	struct play *p = play_new();
	json_t *rows, *end;
	int fd;

	(void)state;
	play_start(p);
	fd = call(p);
	assert_true(send(fd, show, strlen(show), 0) > 0);
	play_turn(p);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	usleep(1050 * 1000);
	bad(p, hear_all(p, fd), "the answer to 'show ikev2 sa' did not come in time");
	fd = call(p);
	assert_true(send(fd, show, strlen(show), 0) > 0);
	play_turn(p);
	play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	row.spi_r = 2;
	play_say(p, CHILD_IKE, MSG_IKE_SA_ROW, &row, sizeof(row));
	play_say(p, CHILD_IKE, MSG_IKE_STATS, &stats, sizeof(stats));
	rows = rows_of(hear_all(p, fd), &end);
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(field(rows, 0, "spi_r"), "0000000000000002");
	json_decref(rows);
	json_decref(end);
	play_free(p);
}

static void test_reload_asked(void **state)
{
	struct play *p = play_new();
	json_t *rows, *end;
	int fd;

	(void)state;
	play_start(p);
	fd = call(p);
	assert_true(send(fd, "{\"command\": \"config reload\"}\n", 29, 0) == 29);
	play_turn(p);
	play_prepared(p, CHILD_AAA, true, "");
	play_prepared(p, CHILD_IKE, true, "");
	rows = rows_of(hear_all(p, fd), &end);
	assert_true(json_is_true(json_object_get(end, "ok")));
	json_decref(rows);
	json_decref(end);
	/* The asker leaves; the reload goes on. */
	fd = call(p);
	assert_true(send(fd, "{\"command\": \"config reload\"}\n", 29, 0) == 29);
	play_turn(p);
	close(fd);
	play_prepared(p, CHILD_AAA, true, "");
	play_prepared(p, CHILD_IKE, true, "");
	assert_null(p->broker.reload);
	/* So does the socket. */
	fd = call(p);
	assert_true(send(fd, "{\"command\": \"config reload\"}\n", 29, 0) == 29);
	play_turn(p);
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
		cmocka_unit_test(test_nonsense),     cmocka_unit_test(test_manners),
		cmocka_unit_test(test_crowd),        cmocka_unit_test(test_many),
		cmocka_unit_test(test_names),        cmocka_unit_test(test_samples),
		cmocka_unit_test(test_ike_stats),    cmocka_unit_test(test_ike_sa_detail),
		cmocka_unit_test(test_sas),          cmocka_unit_test(test_trace),
		cmocka_unit_test(test_pki),          cmocka_unit_test(test_ask_ike),
		cmocka_unit_test(test_endless_ike),  cmocka_unit_test(test_hanging_ike),
		cmocka_unit_test(test_reload_asked), cmocka_unit_test(test_config),
	};

	signal(SIGPIPE, SIG_IGN); /* as broker_run() does */
	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
