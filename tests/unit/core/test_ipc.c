// SPDX-License-Identifier: BSD-2-Clause
/* Channels between processes: what is received, from whom and how long it is waited for. */
#include "channel.h"

static void test_check(void **state)
{
	static const struct {
		uint32_t type, says;
		size_t len;
		const char *name; /* NULL: refused */
	} rows[] = {
		{ T_NUMBER, 8, 16, "NUMBER" },
		{ T_NUMBER, 7, 15, NULL },
		{ T_NUMBER, 9, 17, NULL },
		{ T_NUMBER, 8, 15, NULL },
		{ T_NUMBER, 8, 17, NULL },
		{ T_NUMBER, 0xffffffff, 16, NULL },
		{ T_TEXT, 0, 8, "TEXT" },
		{ T_TEXT, 100, 108, "TEXT" },
		{ T_TEXT, 101, 109, NULL },
		{ T_TEXT, 0, 7, NULL },
		{ T_TEXT, 0, 4, NULL },
		{ T_TEXT, 0, 0, NULL },
		{ 0, 0, 8, NULL },
		{ 99, 0, 8, NULL },
		{ T_ANY, IPC_MESSAGE_MAX, IPC_MESSAGE_MAX + 8, "ANY" },
		{ T_ANY, IPC_MESSAGE_MAX + 1, IPC_MESSAGE_MAX + 9, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t *packet = calloc(1, rows[i].len + 1);
		uint32_t header[2] = { rows[i].type, rows[i].says };
		const struct ipc_rule *rule;
		struct ipc_message message;

		memcpy(packet, header, rows[i].len < 8 ? rows[i].len : 8);
		rule = ipc_check(rules, sizeof(rules) / sizeof(*rules), packet, rows[i].len,
				 &message);
		assert_int_equal(rule != NULL, rows[i].name != NULL);
		if (rule) {
			assert_string_equal(rule->name, rows[i].name);
			assert_int_equal(message.type, rows[i].type);
			assert_ptr_equal(message.body, packet + 8);
			assert_int_equal(message.len, rows[i].says);
		}
		free(packet);
	}
}

static void test_messages(void **state)
{
	struct end a, b;
	uint64_t number = 0x1122334455667788;

	(void)state;
	begin(&a);
	begin(&b);
	/* Join a's channel to a second one on b's base. */
	ipc_free(b.ipc);
	close(b.raw);
	b.raw = -1;
	assert_int_equal(ipc_new(b.base, a.raw,
				 &(struct ipc_events){ rules, sizeof(rules) / sizeof(*rules), &b,
						       on_broken },
				 &b.ipc),
			 0);
	a.raw = -1;
	assert_int_equal(ipc_send(a.ipc, T_NUMBER, &number, 8, NULL, 0, -1), 0);
	assert_int_equal(ipc_send(a.ipc, T_TEXT, "head", 4, "tail", 5, -1), 0);
	assert_int_equal(ipc_send(a.ipc, T_TEXT, NULL, 0, NULL, 0, -1), 0);
	/* What is said in one turn of the loop goes out at its end. */
	turn(&b);
	assert_int_equal(b.number_count, 0);
	turn(&a);
	turn(&b);
	assert_int_equal(b.number_count, 1);
	assert_int_equal(b.numbers[0], number);
	assert_int_equal(b.text_count, 2);
	assert_string_equal(b.text, "headtail");
	assert_int_equal(b.text_len, 0);
	assert_int_equal(ipc_send(b.ipc, T_NUMBER, &number, 8, NULL, 0, -1), 0);
	turn(&b);
	turn(&a);
	assert_int_equal(a.number_count, 1);
	assert_int_equal(a.broken + b.broken, 0);
	/* What was sent before the end arrives before it is told. */
	assert_int_equal(ipc_send(a.ipc, T_NUMBER, &number, 8, NULL, 0, -1), 0);
	ipc_free(a.ipc);
	a.ipc = NULL;
	turn(&b);
	assert_int_equal(b.number_count, 2);
	assert_int_equal(b.broken, 1);
	assert_non_null(strstr(b.why, "closed"));
	assert_int_equal(ipc_send(b.ipc, T_NUMBER, &number, 8, NULL, 0, -1), -EPIPE);
	finish(&a);
	finish(&b);
}

static void test_descriptor(void **state)
{
	int pipe_fds[2];
	struct end a;
	char c = 0;

	(void)state;
	begin(&a);
	assert_int_equal(pipe(pipe_fds), 0);
	{
		/* The peer as a channel of its own. */
		struct ipc *peer;

		assert_int_equal(ipc_new(a.base, dup(a.raw),
					 &(struct ipc_events){ rules, 7, &a, on_broken }, &peer),
				 0);
		assert_int_equal(ipc_send(peer, T_FD, NULL, 0, NULL, 0, pipe_fds[1]), 0);
		ipc_free(peer);
	}
	close(pipe_fds[1]);
	turn(&a);
	assert_int_equal(a.any_count, 1);
	assert_true(a.fd >= 0);
	assert_true(fcntl(a.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(a.fd, "x", 1), 1);
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	close(a.fd);
	close(pipe_fds[0]);
	/* A type that takes one may come without. */
	assert_true(send_raw(a.raw, T_FD, 0, 0, 0));
	turn(&a);
	assert_int_equal(a.any_count, 2);
	assert_int_equal(a.fd, -1);
	assert_int_equal(a.broken, 0);
	finish(&a);
}

/* Whatever a peer sends: no handler runs, it is told once, no descriptor stays. */
static void test_hostile(void **state)
{
	static const struct {
		const char *what;
		uint32_t type, says;
		long body; /* -8: an empty packet */
		unsigned fds;
		const char *why;
	} rows[] = {
		{ "empty", 0, 0, -8, 0, "closed" },
		{ "empty with a descriptor", 0, 0, -8, 1, "closed" },
		{ "shorter than a header", T_TEXT, 0, -1, 0, "wrong size" },
		{ "one byte", T_TEXT, 0, -7, 0, "wrong size" },
		{ "unknown type", 77, 0, 0, 0, "type 77" },
		{ "unknown type with a descriptor", 77, 0, 0, 1, "type 77" },
		{ "below its size", T_NUMBER, 7, 7, 0, "wrong size" },
		{ "above its size", T_TEXT, 101, 101, 0, "wrong size" },
		{ "says more than comes", T_TEXT, 50, 10, 0, "wrong size" },
		{ "says less than comes", T_TEXT, 10, 50, 0, "wrong size" },
		{ "too long", T_ANY, IPC_MESSAGE_MAX + 1, IPC_MESSAGE_MAX + 1, 0, "longer than" },
		{ "too long, lying", T_ANY, 8, IPC_MESSAGE_MAX + 1, 1, "longer than" },
		{ "descriptor where none is taken", T_TEXT, 0, 0, 1, "descriptor" },
		{ "two descriptors", T_FD, 0, 0, 2, "descriptors" },
		{ "eight descriptors", T_FD, 0, 0, 8, "descriptors" },
		{ "handler refuses", T_BAD, 0, 0, 0, "made no sense" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned before;
		struct end a;

		for (int how = 0; how < 2; how++) {
			before = open_fds();
			begin(&a);
			a.free_when_broken = how == 1;
			if (!send_raw(a.raw, rows[i].type, rows[i].says, (size_t)rows[i].body,
				      rows[i].fds))
				fail_msg("%s: %s", rows[i].what, strerror(errno));
			/* What follows is not looked at any more. */
			assert_true(send_raw(a.raw, T_TEXT, 1, 1, 0));
			assert_true(send_raw(a.raw, T_FD, 0, 0, 1));
			turn(&a);
			if (a.broken != 1 || !strstr(a.why, rows[i].why))
				fail_msg("%s: %u %s", rows[i].what, a.broken, a.why);
			assert_int_equal(a.text_count + a.number_count + a.any_count, 0);
			if (a.ipc)
				assert_int_equal(ipc_send(a.ipc, T_TEXT, NULL, 0, NULL, 0, -1),
						 -EPIPE);
			turn(&a);
			assert_int_equal(a.broken, 1);
			finish(&a);
			if (open_fds() != before)
				fail_msg("%s: a descriptor stays", rows[i].what);
		}
	}
}

static void test_free_in_handler(void **state)
{
	static const uint32_t types[] = { T_FREE, T_FREE_BAD };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		unsigned before = open_fds();
		struct end a;

		begin(&a);
		assert_true(send_raw(a.raw, types[i], 0, 0, 0));
		assert_true(send_raw(a.raw, T_TEXT, 1, 1, 0));
		assert_true(send_raw(a.raw, T_FD, 0, 0, 1));
		turn(&a);
		assert_null(a.ipc);
		assert_int_equal(a.any_count, 1);
		assert_int_equal(a.text_count, 0);
		assert_int_equal(a.broken, 0);
		finish(&a);
		assert_int_equal(open_fds(), before);
	}
}

static void test_wait(void **state)
{
	static const struct {
		const char *what;
		uint32_t type; /* 0: nothing comes */
		uint32_t says;
		int want;
	} rows[] = {
		{ "the right one", T_TEXT, 1, 0 }, { "nothing", 0, 0, -ETIMEDOUT },
		{ "another", T_ANY, 1, -EPROTO },  { "ill-sized", T_TEXT, 2, -EPROTO },
		{ "unknown", 99, 1, -EPROTO },
	};
	struct end a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int got;

		begin(&a);
		if (rows[i].type)
			assert_true(send_raw(a.raw, rows[i].type, rows[i].says, 1, 0));
		got = ipc_wait(a.ipc, T_TEXT, 20);
		if (got != rows[i].want)
			fail_msg("%s: %d", rows[i].what, got);
		assert_int_equal(a.text_count, rows[i].want == 0);
		assert_int_equal(a.any_count, 0);
		turn(&a);
		assert_int_equal(a.broken, 0);
		/* After a time-out the channel is as good as before. */
		if (rows[i].want == -ETIMEDOUT) {
			assert_true(send_raw(a.raw, T_TEXT, 1, 1, 0));
			assert_int_equal(ipc_wait(a.ipc, T_TEXT, 20), 0);
		}
		finish(&a);
	}
	begin(&a);
	close(a.raw);
	a.raw = -1;
	assert_int_equal(ipc_wait(a.ipc, T_TEXT, 20), -EPIPE);
	assert_int_equal(ipc_wait(a.ipc, T_TEXT, 20), -EPIPE);
	finish(&a);
	begin(&a);
	assert_true(send_raw(a.raw, T_BAD, 0, 0, 0));
	assert_int_equal(ipc_wait(a.ipc, T_BAD, 20), -EINVAL);
	finish(&a);
	begin(&a);
	assert_true(send_raw(a.raw, T_FREE, 0, 0, 0));
	assert_int_equal(ipc_wait(a.ipc, T_FREE, 20), 0);
	assert_null(a.ipc);
	finish(&a);
}

/* More than one wake of the loop takes. */
static void test_many(void **state)
{
	struct end a;

	(void)state;
	begin(&a);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 100; i++)
			assert_true(send_raw(a.raw, T_ANY, 4, 4, 0));
		while (a.any_count < (size_t)(round + 1) * 100)
			event_base_loop(a.base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(a.broken, 0);
	finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_free_in_handler),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
