// SPDX-License-Identifier: BSD-2-Clause
/* The handshake and its order, what one child's end means for the others, reload, one flexd only.
 */
#include "play.h"

#include <sys/wait.h>

static void test_order(void **state)
{
	struct play *p = play_new();
	struct msg_worker_info info = { .crypto = "none", .workers = 1 };
	const struct endpoint local = endpoint_of("192.0.2.1", 500);
	struct msg_worker_start start;

	(void)state;
	p->broker.sockets.count = 1;
	p->broker.sockets.at[0].fd = open("/dev/null", O_RDONLY);
	p->broker.sockets.at[0].local = local;
	for (int i = 0; i < CHILDREN; i++)
		assert_int_equal(play_hear(p, (enum child_role)i, NULL), 0);
	play_say(p, CHILD_IKE, MSG_HELLO, NULL, 0);
	play_expect(p, CHILD_IKE, MSG_CONF_PREPARE, true);
	play_expect(p, CHILD_IKE, MSG_PKI_PREPARE, true);
	play_prepared(p, CHILD_IKE, true, "");
	play_expect(p, CHILD_IKE, MSG_CONF_COMMIT, false);
	play_expect(p, CHILD_IKE, MSG_SOCKET, true);
	/* aaa is not there yet: neither a channel nor a start. */
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	play_say(p, CHILD_AAA, MSG_HELLO, NULL, 0);
	play_expect(p, CHILD_AAA, MSG_CONF_PREPARE, true);
	play_expect(p, CHILD_AAA, MSG_PKI_PREPARE, true);
	play_expect(p, CHILD_AAA, MSG_SECRETS_PREPARE, true);
	play_prepared(p, CHILD_AAA, true, "");
	play_expect(p, CHILD_AAA, MSG_CONF_COMMIT, false);
	play_expect(p, CHILD_AAA, MSG_AAA_CHANNEL, true);
	play_expect(p, CHILD_AAA, MSG_START, false);
	play_expect(p, CHILD_IKE, MSG_AAA_CHANNEL, true);
	play_say(p, CHILD_AAA, MSG_READY, NULL, 0);
	/* Nobody hears the network before there is a plane. */
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	p->broker.conf->gateway.log_level = LOG_LEVEL_WARN;
	play_say(p, CHILD_WORKER, MSG_HELLO, NULL, 0);
	play_expect(p, CHILD_WORKER, MSG_WORKER_START, false);
	memcpy(&start, play_heard.body, sizeof(start));
	assert_int_equal(start.log_level, LOG_LEVEL_WARN);
	play_say(p, CHILD_WORKER, MSG_WORKER_INFO, &info, sizeof(info));
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	play_say(p, CHILD_WORKER, MSG_READY, NULL, 0);
	play_expect(p, CHILD_IKE, MSG_START, false);
	assert_int_equal(p->broker.phase, BROKER_STARTING);
	assert_null(p->broker.control);
	play_say(p, CHILD_IKE, MSG_READY, NULL, 0);
	assert_int_equal(p->broker.phase, BROKER_RUNNING);
	assert_non_null(p->broker.control);
	ike_sockets_close(&p->broker.sockets);
	play_free(p);
}

/* Every ike hears the secrets of the cookies that XDP has; XDP hears what ike demands. */
static void test_cookies(void **state)
{
	const struct msg_cookie_demand demand = { .ms = 9000 }, lie = { .ms = UINT32_MAX };
	struct fg_cookie_secrets first;
	struct play *p = play_new();

	(void)state;
	assert_int_equal(cookies_open(&p->broker), 0);
	first = p->broker.plane->secrets;
	assert_true(first.key[0][0] != first.key[1][0] && first.key[0][0] && first.key[1][1]);
	play_start(p);
	assert_int_equal(play_heard.type, MSG_COOKIE_SECRETS); /* the last thing that ike heard */
	assert_memory_equal(play_heard.body, &first, sizeof(first));
	play_say(p, CHILD_IKE, MSG_COOKIE_DEMAND, &demand, sizeof(demand));
	assert_int_equal(p->broker.plane->demanded_ms, 9000);

	/* The next slot: one secret is new, the newest of before stays. */
	event_active(p->broker.cookies.turn, EV_TIMEOUT, 1);
	play_expect(p, CHILD_IKE, MSG_COOKIE_SECRETS, false);
	assert_memory_equal(play_heard.body, &p->broker.plane->secrets, sizeof(first));
	assert_int_equal(p->broker.plane->secrets.slot, first.slot + 1);
	assert_memory_equal(p->broker.plane->secrets.key[first.slot & 1], first.key[first.slot & 1],
			    sizeof(first.key[0]));
	assert_memory_not_equal(p->broker.plane->secrets.key[(first.slot + 1) & 1],
				first.key[(first.slot + 1) & 1], sizeof(first.key[0]));

	play_say(p, CHILD_IKE, MSG_COOKIE_DEMAND, &lie, sizeof(lie));
	assert_true(p->broken[CHILD_IKE]);
	assert_int_equal(p->broker.plane->demanded_ms, 9000);
	cookies_close(&p->broker);
	play_free(p);
}

/* Out of turn, out of range or without an end: the sender is cut off, flexd is not. */
static void test_nonsense(void **state)
{
	static const struct {
		const char *what;
		bool started;
		enum child_role role;
		uint32_t type;
		size_t len; /* of 0xff bytes */
	} rows[] = {
		{ "READY at once", false, CHILD_IKE, MSG_READY, 0 },
		{ "answer without question", false, CHILD_AAA, MSG_CONF_PREPARED,
		  sizeof(struct msg_conf_prepared) },
		{ "session before the start", false, CHILD_IKE, MSG_SESSION_BEGIN,
		  sizeof(struct msg_session_begin) },
		{ "HELLO twice", true, CHILD_IKE, MSG_HELLO, 0 },
		{ "READY twice", true, CHILD_WORKER, MSG_READY, 0 },
		{ "unknown type", true, CHILD_AAA, 999, 0 },
		{ "ike's word from aaa", true, CHILD_AAA, MSG_SESSION_END,
		  sizeof(struct msg_session_end) },
		{ "ike's word from flexdp", true, CHILD_WORKER, MSG_SA_ADD,
		  sizeof(struct msg_sa_add) },
		{ "too short", true, CHILD_IKE, MSG_SESSION_END, 4 },
		{ "too long", true, CHILD_IKE, MSG_SESSION_END, 400 },
		{ "all ones", true, CHILD_IKE, MSG_SESSION_BEGIN,
		  sizeof(struct msg_session_begin) },
		{ "all ones", true, CHILD_IKE, MSG_SA_ADD, sizeof(struct msg_sa_add) },
		{ "all ones", true, CHILD_IKE, MSG_SESSION_END, sizeof(struct msg_session_end) },
		{ "all ones", true, CHILD_IKE, MSG_IKE_SA_ROW, sizeof(struct msg_ike_sa_row) },
		{ "all ones", true, CHILD_IKE, MSG_CONF_PREPARED,
		  sizeof(struct msg_conf_prepared) },
		{ "rows nobody asked for", true, CHILD_IKE, MSG_IKE_STATS,
		  sizeof(struct msg_ike_stats) },
		{ "all ones", true, CHILD_WORKER, MSG_MOVED, sizeof(struct msg_moved) },
		{ "all ones", true, CHILD_WORKER, MSG_WORKER_INFO, sizeof(struct msg_worker_info) },
	};
	static char ones[8192];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct play *p = play_new();

		if (rows[i].started)
			play_start(p);
		play_say(p, rows[i].role, rows[i].type, ones, rows[i].len);
		if (!p->broken[rows[i].role])
			fail_msg("row %zu is taken: %s", i, rows[i].what);
		for (int c = 0; c < CHILDREN; c++)
			assert_int_equal(p->broken[c], c == (int)rows[i].role);
		assert_int_equal(p->broker.child[rows[i].role].stage, CHILD_DOWN);
		play_free(p);
	}
}

/* A message that is right in every field, from an ike that was not told to begin. */
static void test_too_early(void **state)
{
	struct play *p = play_new();
	struct msg_session_begin begin = begin_of(5, "alice");
	const struct msg_hop_want want = { .dst = ip_from4(1) };

	(void)state;
	play_say(p, CHILD_IKE, MSG_HELLO, NULL, 0);
	play_prepared(p, CHILD_IKE, true, "");
	play_say(p, CHILD_IKE, MSG_SESSION_BEGIN, &begin, sizeof(begin));
	assert_true(p->broken[CHILD_IKE]);
	assert_int_equal(p->broker.sessions->begun, 0);
	play_say(p, CHILD_WORKER, MSG_HOP_WANT, &want, sizeof(want));
	assert_true(p->broken[CHILD_WORKER]);
	play_free(p);
}

static uint32_t begin_one(struct play *p, uint64_t ike, const char *who)
{
	struct msg_session_begin begin = begin_of(ike, who);

	play_say(p, CHILD_IKE, MSG_SESSION_BEGIN, &begin, sizeof(begin));
	play_expect(p, CHILD_IKE, MSG_SESSION_BEGUN, false);
	return session_by_ike(p->broker.sessions, ike)->id;
}

/* ike takes its sessions with it; flexdp and aaa do not. */
static void test_deaths(void **state)
{
	struct play *p = play_new();

	(void)state;
	play_start(p);
	begin_one(p, 5, "alice");

	close(p->end[CHILD_WORKER]);
	p->end[CHILD_WORKER] = -1;
	play_turn(p);
	assert_true(p->broken[CHILD_WORKER]);
	assert_int_equal(p->broker.sessions->count, 1);
	play_child(p, CHILD_WORKER);
	play_say(p, CHILD_WORKER, MSG_HELLO, NULL, 0);
	play_expect(p, CHILD_WORKER, MSG_WORKER_START, false);
	play_say(p, CHILD_WORKER, MSG_READY, NULL, 0);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);

	close(p->end[CHILD_AAA]);
	p->end[CHILD_AAA] = -1;
	play_turn(p);
	assert_int_equal(p->broker.sessions->count, 1);
	play_child(p, CHILD_AAA);
	play_say(p, CHILD_AAA, MSG_HELLO, NULL, 0);
	play_expect(p, CHILD_AAA, MSG_CONF_PREPARE, true);
	play_expect(p, CHILD_AAA, MSG_PKI_PREPARE, true);
	play_expect(p, CHILD_AAA, MSG_SECRETS_PREPARE, true);
	play_prepared(p, CHILD_AAA, true, "");
	play_expect(p, CHILD_AAA, MSG_CONF_COMMIT, false);
	play_expect(p, CHILD_AAA, MSG_AAA_CHANNEL, true);
	play_expect(p, CHILD_AAA, MSG_START, false);
	play_expect(p, CHILD_IKE, MSG_AAA_CHANNEL, true);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	play_say(p, CHILD_AAA, MSG_READY, NULL, 0);

	close(p->end[CHILD_IKE]);
	p->end[CHILD_IKE] = -1;
	play_turn(p);
	assert_int_equal(p->broker.sessions->count, 0);
	assert_int_equal(p->broker.plane->rows, 0);
	assert_int_equal(leases_held(p->broker.sessions->leases), 0);
	play_child(p, CHILD_IKE);
	play_say(p, CHILD_IKE, MSG_HELLO, NULL, 0);
	play_expect(p, CHILD_IKE, MSG_CONF_PREPARE, true);
	play_expect(p, CHILD_IKE, MSG_PKI_PREPARE, true);
	play_prepared(p, CHILD_IKE, true, "");
	play_expect(p, CHILD_IKE, MSG_CONF_COMMIT, false);
	play_expect(p, CHILD_IKE, MSG_AAA_CHANNEL, true);
	play_expect(p, CHILD_IKE, MSG_START, false);
	play_expect(p, CHILD_AAA, MSG_AAA_CHANNEL, true);
	/* Addresses that change while it starts are in what it is told then. */
	supervise_send_locals(&p->broker);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	play_say(p, CHILD_IKE, MSG_READY, NULL, 0);
	play_expect(p, CHILD_IKE, MSG_LOCALS, false);
	supervise_send_locals(&p->broker);
	play_expect(p, CHILD_IKE, MSG_LOCALS, false);
	assert_int_equal(begin_one(p, 6, "alice"), 2);
	play_free(p);
}

/* Both live, but not their channel: without another one nobody could ever log in again. */
static void test_channel_breaks(void **state)
{
	struct play *p = play_new();

	(void)state;
	play_start(p);
	begin_one(p, 5, "alice");
	for (int i = 0; i < 2; i++) {
		play_say(p, CHILD_IKE, MSG_AAA_LOST, NULL, 0);
		play_expect(p, CHILD_IKE, MSG_AAA_CHANNEL, true);
		play_expect(p, CHILD_AAA, MSG_AAA_CHANNEL, true);
		assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
		assert_int_equal(play_hear(p, CHILD_AAA, NULL), 0);
	}
	assert_int_equal(p->broker.sessions->count, 1);
	/* aaa is gone, and ike says so: its successor brings the channel. */
	close(p->end[CHILD_AAA]);
	p->end[CHILD_AAA] = -1;
	play_turn(p);
	play_say(p, CHILD_IKE, MSG_AAA_LOST, NULL, 0);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	play_child(p, CHILD_AAA);
	play_say(p, CHILD_AAA, MSG_HELLO, NULL, 0);
	play_prepared(p, CHILD_AAA, true, "");
	play_expect(p, CHILD_IKE, MSG_AAA_CHANNEL, true);
	play_free(p);
}

/* --- reload --- */

struct told {
	int count;
	bool ok;
	char text[640];
};

static void on_told(void *arg, bool ok, const char *text)
{
	struct told *told = arg;

	told->count++;
	told->ok = ok;
	snprintf(told->text, sizeof(told->text), "%s", text);
}

#define OTHER_POOLS "[pool six]\nprefix = 2001:db8:20::/64\n[pool four]\nprefix = 10.7.0.0/24\n"

static void expect_prepare(struct play *p)
{
	play_expect(p, CHILD_AAA, MSG_CONF_PREPARE, true);
	play_expect(p, CHILD_AAA, MSG_PKI_PREPARE, true);
	play_expect(p, CHILD_AAA, MSG_SECRETS_PREPARE, true);
	play_expect(p, CHILD_IKE, MSG_CONF_PREPARE, true);
	play_expect(p, CHILD_IKE, MSG_PKI_PREPARE, true);
}

static void test_reload(void **state)
{
	struct play *p = play_new();
	struct told told = { 0 }, second = { 0 };

	(void)state;
	play_start(p);
	begin_one(p, 5, "alice");
	play_conf(p, OTHER_POOLS, CONF_REST);
	reload_start(&p->broker, on_told, &told);
	expect_prepare(p);
	reload_start(&p->broker, on_told, &second);
	assert_int_equal(second.count, 1);
	assert_false(second.ok);
	play_prepared(p, CHILD_IKE, true, "");
	assert_int_equal(told.count, 0);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	play_prepared(p, CHILD_AAA, true, "");
	assert_int_equal(told.count, 1);
	assert_true(told.ok);
	play_expect(p, CHILD_IKE, MSG_CONF_COMMIT, false);
	play_expect(p, CHILD_AAA, MSG_CONF_COMMIT, false);
	assert_ptr_equal(p->broker.plane->conf, p->broker.conf);
	assert_int_equal(session_by_ike(p->broker.sessions, 5)->inner4, inet_addr("10.0.0.10"));
	begin_one(p, 6, "bob");
	assert_int_equal(session_by_ike(p->broker.sessions, 6)->inner4, inet_addr("10.7.0.1"));
	play_free(p);
}

static void break_aaa(struct play *p)
{
	play_prepared(p, CHILD_IKE, true, "");
	play_prepared(p, CHILD_AAA, false, "secrets.conf:3: wrong");
}

static void break_ike(struct play *p)
{
	play_prepared(p, CHILD_IKE, false, "no");
	play_prepared(p, CHILD_AAA, true, ""); /* crosses the ABORT */
}

static void break_plane(struct play *p)
{
	p->broker.plane->fail_conf = true;
	play_prepared(p, CHILD_IKE, true, "");
	play_prepared(p, CHILD_AAA, true, "");
}

/* Whoever refuses: ABORT to both, and the old one holds. */
static void test_reload_refused(void **state)
{
	static const struct {
		void (*broken)(struct play *p);
		const char *why;
	} rows[] = {
		{ break_aaa, "aaa: secrets.conf:3: wrong" },
		{ break_ike, "ike: no" },
		{ break_plane, "the fake plane refuses" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct play *p = play_new();
		const struct conf *old = p->broker.conf;
		struct told told = { 0 };

		play_start(p);
		play_conf(p, OTHER_POOLS, CONF_REST);
		reload_start(&p->broker, on_told, &told);
		expect_prepare(p);
		rows[i].broken(p);
		assert_int_equal(told.count, 1);
		assert_false(told.ok);
		assert_string_equal(told.text, rows[i].why);
		play_expect(p, CHILD_AAA, MSG_CONF_ABORT, false);
		play_expect(p, CHILD_IKE, MSG_CONF_ABORT, false);
		assert_ptr_equal(p->broker.conf, old);
		assert_null(p->broker.reload);
		begin_one(p, 6, "bob");
		assert_int_equal(session_by_ike(p->broker.sessions, 6)->inner4,
				 inet_addr("10.0.0.10"));
		play_free(p);
	}
}

/* Refused before anybody is asked. */
static void test_reload_wrong_file(void **state)
{
	struct play *p = play_new();
	struct told told = { 0 };

	(void)state;
	play_start(p);
	play_conf(p, "[pool four]\nprefix = nonsense\n", CONF_REST);
	reload_start(&p->broker, on_told, &told);
	assert_false(told.ok);
	assert_non_null(strstr(told.text, "flexgate.conf:8: [pool four] prefix"));
	play_write(p->path, "[gateway]\noutside = eth7\n" CONF_POOLS CONF_REST);
	reload_start(&p->broker, on_told, &told);
	assert_non_null(strstr(told.text, "/etc/flexgate/secrets.conf cannot be opened"));
	snprintf(p->text, sizeof(p->text), "[gateway]\noutside = eth7\nsecrets-file = %s\n%s",
		 p->secrets, CONF_POOLS CONF_REST);
	play_write(p->path, p->text);
	reload_start(&p->broker, on_told, &told);
	assert_string_equal(told.text, "[gateway] outside changed; restart flexd to use it");
	unlink(p->path);
	reload_start(&p->broker, on_told, &told);
	assert_non_null(strstr(told.text, "cannot be opened: No such file"));
	assert_int_equal(told.count, 4);
	assert_int_equal(play_hear(p, CHILD_IKE, NULL), 0);
	assert_int_equal(play_hear(p, CHILD_AAA, NULL), 0);
	play_free(p);
}

/* aaa is slow: what it says about the file that was given up is not about the next one. */
static void test_reload_late_answer(void **state)
{
	struct play *p = play_new();
	const struct conf *old = p->broker.conf;
	struct told told = { 0 };

	(void)state;
	play_start(p);
	play_conf(p, OTHER_POOLS, CONF_REST);
	reload_start(&p->broker, on_told, &told);
	play_prepared(p, CHILD_IKE, false, "no");
	reload_start(&p->broker, on_told, &told);
	play_prepared(p, CHILD_IKE, true, "");
	play_prepared(p, CHILD_AAA, true, ""); /* to the first */
	assert_int_equal(told.count, 1);
	assert_ptr_equal(p->broker.conf, old);
	play_prepared(p, CHILD_AAA, false, "secrets.conf:3: wrong");
	assert_int_equal(told.count, 2);
	assert_string_equal(told.text, "aaa: secrets.conf:3: wrong");
	assert_ptr_equal(p->broker.conf, old);
	/* An answer to nothing. */
	play_prepared(p, CHILD_AAA, true, "");
	assert_true(p->broken[CHILD_AAA]);
	play_free(p);
}

static void test_reload_death(void **state)
{
	struct play *p = play_new();
	struct told told = { 0 };

	(void)state;
	play_start(p);
	reload_start(&p->broker, on_told, &told);
	close(p->end[CHILD_AAA]);
	p->end[CHILD_AAA] = -1;
	play_turn(p);
	assert_int_equal(told.count, 1);
	assert_false(told.ok);
	assert_null(p->broker.reload);
	reload_start(&p->broker, on_told, &told);
	assert_string_equal(told.text, "a process is being started; try again");
	play_free(p);
}

/* --- files --- */

static void test_one_flexd(void **state)
{
	char path[] = "/tmp/session-run.XXXXXX", deep[64], file[96];
	struct run_directory first, second;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(deep, sizeof(deep), "%s/a/b", path);
	assert_int_equal(run_directory_enter(&first, deep), 0);
	assert_int_equal(run_directory_enter(&second, deep), -EWOULDBLOCK);
	run_directory_leave(&second);
	snprintf(file, sizeof(file), "%s/empty", deep);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	snprintf(file, sizeof(file), "%s/flexd.pid", deep);
	assert_int_equal(stat(file, &st), 0);
	/* Who may open it may lock it as well, and so forbid the next start. */
	assert_int_equal(st.st_mode & 0777, 0600);
	run_directory_leave(&first);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(run_directory_enter(&second, deep), 0);
	run_directory_leave(&second);
	/* Somebody's link in place of the directory that processes are shut into. */
	snprintf(file, sizeof(file), "%s/empty", deep);
	assert_int_equal(symlink("/tmp", file), 0);
	assert_int_equal(run_directory_enter(&second, deep), -ENOTDIR);
	unlink(file);
	rmdir(deep);
	snprintf(deep, sizeof(deep), "%s/a", path);
	rmdir(deep);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_too_early),
		cmocka_unit_test(test_deaths),
		cmocka_unit_test(test_channel_breaks),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_reload_refused),
		cmocka_unit_test(test_reload_wrong_file),
		cmocka_unit_test(test_reload_late_answer),
		cmocka_unit_test(test_reload_death),
		cmocka_unit_test(test_one_flexd),
	};

	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
