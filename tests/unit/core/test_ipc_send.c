// SPDX-License-Identifier: BSD-2-Clause
/* Channels between processes: what is sent, to a peer that reads late, not at all, or is gone. */
#include "channel.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue),          cmocka_unit_test(test_queue_order),
		cmocka_unit_test(test_overrun),        cmocka_unit_test(test_too_long_to_send),
		cmocka_unit_test(test_send_to_nobody), cmocka_unit_test(test_wait_flushes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
