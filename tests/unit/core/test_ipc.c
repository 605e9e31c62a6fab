// SPDX-License-Identifier: BSD-2-Clause
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "core/ipc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { T_NUMBER = 1, T_TEXT, T_FD, T_FREE, T_BAD, T_FREE_BAD, T_ANY };

/* One end under test; the other is a raw socket or another channel. */
struct end {
	struct event_base *base;
	struct ipc *ipc;
	int raw; /* the peer's side */
	uint64_t numbers[64];
	size_t number_count, text_count, any_count;
	char text[128];
	size_t text_len;
	int fd;
	unsigned broken;
	char why[256];
	bool free_when_broken;
};

static int on_number(void *arg, const struct ipc_message *message)
{
	struct end *end = arg;

	assert_int_equal(message->len, 8);
	assert_int_equal(message->fd, -1);
	assert_int_equal((uintptr_t)message->body % 8, 0);
	if (end->number_count < 64)
		end->numbers[end->number_count] = *(const uint64_t *)message->body;
	end->number_count++;
	return 0;
}

static int on_text(void *arg, const struct ipc_message *message)
{
	struct end *end = arg;

	assert_int_equal(message->fd, -1);
	memcpy(end->text, message->body, message->len);
	end->text_len = message->len;
	end->text_count++;
	return 0;
}

static int on_fd(void *arg, const struct ipc_message *message)
{
	struct end *end = arg;

	end->fd = message->fd;
	end->any_count++;
	return 0;
}

static int on_free(void *arg, const struct ipc_message *message)
{
	struct end *end = arg;

	(void)message;
	end->any_count++;
	ipc_free(end->ipc);
	end->ipc = NULL;
	return 0;
}

static int on_bad(void *arg, const struct ipc_message *message)
{
	(void)arg;
	(void)message;
	return -EINVAL;
}

static int on_free_bad(void *arg, const struct ipc_message *message)
{
	on_free(arg, message);
	return -EINVAL;
}

static int on_any(void *arg, const struct ipc_message *message)
{
	struct end *end = arg;

	(void)message;
	end->any_count++;
	return 0;
}

static const struct ipc_rule rules[] = {
	{ T_NUMBER, "NUMBER", 8, 8, on_number, false },
	{ T_TEXT, "TEXT", 0, 100, on_text, false },
	{ T_FD, "FD", 0, 4, on_fd, true },
	{ T_FREE, "FREE", 0, 0, on_free, false },
	{ T_BAD, "BAD", 0, 0, on_bad, false },
	{ T_FREE_BAD, "FREE_BAD", 0, 0, on_free_bad, false },
	{ T_ANY, "ANY", 0, IPC_MESSAGE_MAX, on_any, false },
};

static void on_broken(void *arg, const char *why)
{
	struct end *end = arg;

	end->broken++;
	snprintf(end->why, sizeof(end->why), "%s", why);
	if (end->free_when_broken) {
		ipc_free(end->ipc);
		end->ipc = NULL;
	}
}

static void begin(struct end *end)
{
	const struct ipc_events events = { rules, sizeof(rules) / sizeof(*rules), end, on_broken };
	int fds[2];

	memset(end, 0, sizeof(*end));
	end->fd = -1;
	end->base = event_base_new();
	assert_non_null(end->base);
	assert_int_equal(ipc_pair(fds), 0);
	assert_int_equal(ipc_new(end->base, fds[0], &events, &end->ipc), 0);
	end->raw = fds[1];
}

static void finish(struct end *end)
{
	if (end->raw >= 0)
		close(end->raw);
	ipc_free(end->ipc);
	event_base_free(end->base);
}

static void turn(struct end *end)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(end->base, EVLOOP_NONBLOCK);
}

static unsigned open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A packet as a hostile peer may make it: any header, any length, any number of descriptors. */
static bool send_raw(int to, uint32_t type, uint32_t says, size_t body_len, unsigned fds)
{
	static uint8_t packet[2 * IPC_MESSAGE_MAX];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = { 0 };
	uint32_t header[2] = { type, says };
	struct iovec part = { packet, 8 + body_len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	memcpy(packet, header, 8);
	if (fds) {
		struct cmsghdr *c;
		int null[8];

		for (int i = 0; i < 8; i++)
			null[i] = 0;
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds * sizeof(int));
		memcpy(CMSG_DATA(c), null, fds * sizeof(int));
	}
	return sendmsg(to, &msg, MSG_NOSIGNAL) >= 0;
}

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

/* A peer that reads late gets everything in order, descriptors included. */
static void test_queue(void **state)
{
	static uint8_t block[60 * 1024], got[70 * 1024];
	int pipe_fds[2], passed = -1;
	struct end a;
	uint64_t n = 0, want = 0;

	(void)state;
	begin(&a);
	assert_int_equal(pipe(pipe_fds), 0);
	for (; n < 40; n++) {
		memcpy(block, &n, sizeof(n));
		assert_int_equal(ipc_send(a.ipc, T_ANY, block, 8, block, sizeof(block) - 8, -1), 0);
	}
	assert_int_equal(ipc_send(a.ipc, T_FD, NULL, 0, NULL, 0, pipe_fds[1]), 0);
	close(pipe_fds[1]); /* the queue holds its own */
	while (passed < 0) {
		char control[CMSG_SPACE(sizeof(int))];
		struct iovec part = { got, sizeof(got) };
		struct msghdr msg = { .msg_iov = &part,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };
		ssize_t len = recvmsg(a.raw, &msg, MSG_DONTWAIT);

		if (len < 0) {
			assert_int_equal(errno, EAGAIN);
			turn(&a);
			continue;
		}
		if (CMSG_FIRSTHDR(&msg)) {
			memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(passed));
			break;
		}
		assert_int_equal(len, 8 + sizeof(block));
		assert_memory_equal(got + 8, &want, 8);
		want++;
	}
	assert_int_equal(want, 40);
	assert_int_equal(write(passed, "x", 1), 1);
	assert_int_equal(read(pipe_fds[0], got, 1), 1);
	close(passed);
	close(pipe_fds[0]);
	/* Drained: the loop has nothing to do for it. */
	turn(&a);
	assert_int_equal(a.broken, 0);
	finish(&a);
}

/* What is sent while older messages wait goes behind them, although the kernel has room again. */
static void test_queue_order(void **state)
{
	static uint8_t block[60 * 1024], got[70 * 1024];
	uint64_t n = 0, want = 0;
	struct end a;

	(void)state;
	begin(&a);
	for (; n < 20; n++) {
		memcpy(block, &n, sizeof(n));
		assert_int_equal(ipc_send(a.ipc, T_ANY, block, sizeof(block), NULL, 0, -1), 0);
	}
	while (recv(a.raw, got, sizeof(got), MSG_DONTWAIT) > 0)
		want++;
	assert_true(want < n);
	assert_int_equal(ipc_send(a.ipc, T_ANY, &n, sizeof(n), NULL, 0, -1), 0);
	for (int i = 0; i < 100 && want <= n; i++) {
		while (recv(a.raw, got, sizeof(got), MSG_DONTWAIT) > 0) {
			assert_memory_equal(got + 8, &want, 8);
			want++;
		}
		turn(&a);
	}
	assert_int_equal(want, n + 1);
	finish(&a);
}

static void test_overrun(void **state)
{
	static uint8_t block[60 * 1024];
	unsigned before = open_fds();
	struct end a;
	int error = 0, sent = 0;

	(void)state;
	begin(&a);
	while ((error = ipc_send(a.ipc, T_ANY, block, sizeof(block), NULL, 0, 0)) == 0)
		assert_true(++sent < 200);
	assert_int_equal(error, -ENOBUFS);
	assert_true((size_t)sent * sizeof(block) <= IPC_QUEUE_MAX + 512 * 1024);
	assert_true((size_t)sent * sizeof(block) > IPC_QUEUE_MAX - sizeof(block));
	assert_int_equal(a.broken, 0); /* from the loop, not from inside ipc_send() */
	turn(&a);
	assert_int_equal(a.broken, 1);
	assert_non_null(strstr(a.why, "does not read"));
	finish(&a);
	assert_int_equal(open_fds(), before);
}

static void test_too_long_to_send(void **state)
{
	static uint8_t block[IPC_MESSAGE_MAX];
	struct end a;

	(void)state;
	begin(&a);
	assert_int_equal(ipc_send(a.ipc, T_ANY, block, IPC_MESSAGE_MAX - 1, block, 1, -1), 0);
	assert_int_equal(ipc_send(a.ipc, T_ANY, block, IPC_MESSAGE_MAX, block, 1, -1), -EMSGSIZE);
	assert_int_equal(ipc_send(a.ipc, T_ANY, NULL, 0, NULL, 0, -1), -EPIPE);
	turn(&a);
	assert_int_equal(a.broken, 1);
	finish(&a);
	begin(&a);
	assert_int_equal(ipc_send(a.ipc, T_ANY, block, 1, block, SIZE_MAX, -1), -EMSGSIZE);
	finish(&a);
}

static void test_send_to_nobody(void **state)
{
	struct end a;

	(void)state;
	begin(&a);
	a.free_when_broken = true;
	close(a.raw);
	a.raw = -1;
	assert_int_equal(ipc_send(a.ipc, T_TEXT, NULL, 0, NULL, 0, -1), 0);
	assert_int_equal(a.broken, 0);
	turn(&a);
	assert_int_equal(a.broken, 1);
	assert_null(a.ipc);
	finish(&a);
	/* Many: the one that did not go out says so. */
	begin(&a);
	close(a.raw);
	a.raw = -1;
	for (int i = 0; i < 100; i++)
		if (ipc_send(a.ipc, T_TEXT, NULL, 0, NULL, 0, -1))
			break;
	assert_int_equal(ipc_send(a.ipc, T_TEXT, NULL, 0, NULL, 0, -1), -EPIPE);
	assert_int_equal(a.broken, 0);
	turn(&a);
	assert_int_equal(a.broken, 1);
	finish(&a);
	/* Freed before the loop could tell: then nobody is told. */
	begin(&a);
	close(a.raw);
	a.raw = -1;
	assert_int_equal(ipc_send(a.ipc, T_TEXT, NULL, 0, NULL, 0, -1), 0);
	ipc_free(a.ipc);
	a.ipc = NULL;
	turn(&a);
	assert_int_equal(a.broken, 0);
	finish(&a);
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

/* Before the loop too, what could not be sent at once goes out while we wait. */
static void test_wait_flushes(void **state)
{
	static uint8_t block[60 * 1024], got[70 * 1024];
	struct end a;
	int seen = 0;

	(void)state;
	begin(&a);
	for (int i = 0; i < 20; i++)
		assert_int_equal(ipc_send(a.ipc, T_ANY, block, sizeof(block), NULL, 0, -1), 0);
	for (int i = 0; i < 40; i++) {
		while (recv(a.raw, got, sizeof(got), MSG_DONTWAIT) > 0)
			seen++;
		assert_int_equal(ipc_wait(a.ipc, T_TEXT, 1), -ETIMEDOUT);
	}
	assert_int_equal(seen, 20);
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
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_queue_order),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_too_long_to_send),
		cmocka_unit_test(test_send_to_nobody),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_wait_flushes),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
