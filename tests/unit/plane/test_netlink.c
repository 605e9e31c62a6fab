// SPDX-License-Identifier: BSD-2-Clause
/* What the kernel may answer, said by a second socket in its place. */
#include "plane/netlink.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROW = NLMSG_MIN_TYPE };

static struct nl_sock *ours;
static uint32_t our_port;
static int kernel;

static int open_socket(uint32_t *port)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(at);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = at.nl_pid;
	return fd;
}

static int setup(void **state)
{
	uint32_t kernel_port;

	(void)state;
	kernel = open_socket(&kernel_port);
	ours = nl_socket_alloc();
	assert_int_equal(nl_socket_set_fd(ours, NETLINK_USERSOCK, open_socket(&our_port)), 0);
	nl_socket_set_peer_port(ours, kernel_port);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nl_socket_free(ours);
	return close(kernel);
}

struct message {
	uint16_t type;
	int32_t seq; /* in relation to the question */
	size_t len;  /* of `body` that are sent */
	int32_t body;
};

static void say(const struct message *m, uint32_t seq)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = our_port };
	struct {
		struct nlmsghdr head;
		int32_t body;
	} all = { .head = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + m->len),
			    .nlmsg_type = m->type,
			    .nlmsg_seq = seq + (uint32_t)m->seq },
		  .body = m->body };

	assert_int_equal(
		sendto(kernel, &all, all.head.nlmsg_len, 0, (struct sockaddr *)&to, sizeof(to)),
		all.head.nlmsg_len);
}

static void count_row(void *arg, struct nlmsghdr *row)
{
	*(int *)arg += row->nlmsg_type == ROW;
}

static void test_answers(void **state)
{
	static const struct {
		const char *name;
		struct message said[4]; /* type 0: no more */
		int result, rows;
	} cases[] = {
		/* clang-format off */
		{ "done",                  { { NLMSG_ERROR, 0, 4, 0 } }, 0, 0 },
		{ "refused",               { { NLMSG_ERROR, 0, 4, -EEXIST } }, -EEXIST, 0 },
		{ "one row",               { { ROW, 0, 4, 1 }, { NLMSG_ERROR, 0, 4, 0 } }, 0, 1 },
		{ "all rows",              { { ROW, 0, 4, 1 }, { ROW, 0, 4, 2 }, { NLMSG_DONE, 0, 4, 0 } }, 0, 2 },
		{ "a list that broke off", { { ROW, 0, 4, 1 }, { NLMSG_DONE, 0, 4, -ENOMEM } }, -ENOMEM, 1 },
		{ "an earlier answer",     { { ROW, -1, 4, 1 }, { NLMSG_DONE, -1, 4, 0 },
					     { NLMSG_ERROR, 0, 4, -ENODEV } }, -ENODEV, 0 },
		{ "error without number",  { { NLMSG_ERROR, 0, 2, 0 } }, -EPROTO, 0 },
		{ "end without number",    { { NLMSG_DONE, 0, 0, 0 } }, -EPROTO, 0 },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t seq = nl_socket_use_seq(ours) + 1;
		int rows = 0, result;

		for (size_t k = 0; k < 4 && cases[i].said[k].type; k++)
			say(&cases[i].said[k], seq);
		result = netlink_do(ours, netlink_request(ROW, 0, "", 1), 0, count_row, &rows);
		if (result != cases[i].result || rows != cases[i].rows)
			fail_msg("%s: %d after %d rows", cases[i].name, result, rows);
	}
	assert_int_equal(netlink_do(ours, NULL, 0, NULL, NULL), -ENOMEM);
	assert_int_equal(netlink_do(ours, netlink_request(ROW, 0, "", 1), -1, NULL, NULL),
			 -EMSGSIZE);
}

/* What does not fit was not read: the caller must not take the rest for all there is. */
static void say_too_much(uint32_t seq)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = our_port };
	static union {
		struct nlmsghdr head;
		uint8_t bytes[40 * 1024];
	} all;

	all.head = (struct nlmsghdr){ sizeof(all), ROW, 0, seq, 0 };
	assert_int_equal(sendto(kernel, &all, sizeof(all), 0, (struct sockaddr *)&to, sizeof(to)),
			 sizeof(all));
}

static void test_too_long(void **state)
{
	int rows = 0;

	(void)state;
	say_too_much(0);
	assert_int_equal(netlink_events(ours, count_row, &rows), -ENOBUFS);
	say_too_much(nl_socket_use_seq(ours) + 1);
	assert_int_equal(netlink_do(ours, netlink_request(ROW, 0, "", 1), 0, count_row, &rows),
			 -EMSGSIZE);
	assert_int_equal(rows, 0);
}

/* However many there are, others get their turn. */
static void test_events(void **state)
{
	const struct message event = { ROW, 0, 4, 1 };
	int rows = 0;

	(void)state;
	assert_int_equal(netlink_events(ours, count_row, &rows), 0);
	assert_int_equal(rows, 0);
	for (int i = 0; i < NETLINK_TURN + 3; i++)
		say(&event, 0);
	assert_int_equal(netlink_events(ours, count_row, &rows), 0);
	assert_int_equal(rows, NETLINK_TURN);
	assert_int_equal(netlink_events(ours, count_row, &rows), 0);
	assert_int_equal(rows, NETLINK_TURN + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
