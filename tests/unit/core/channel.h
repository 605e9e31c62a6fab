/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of channels share: an end under test, and a peer that may send anything. */
#ifndef TESTS_CORE_CHANNEL_H
#define TESTS_CORE_CHANNEL_H

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

static inline int on_number(void *arg, const struct ipc_message *message)
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

static inline int on_text(void *arg, const struct ipc_message *message)
{
	struct end *end = arg;

	assert_int_equal(message->fd, -1);
	memcpy(end->text, message->body, message->len);
	end->text_len = message->len;
	end->text_count++;
	return 0;
}

static inline int on_fd(void *arg, const struct ipc_message *message)
{
	struct end *end = arg;

	end->fd = message->fd;
	end->any_count++;
	return 0;
}

static inline int on_free(void *arg, const struct ipc_message *message)
{
	struct end *end = arg;

	(void)message;
	end->any_count++;
	ipc_free(end->ipc);
	end->ipc = NULL;
	return 0;
}

static inline int on_bad(void *arg, const struct ipc_message *message)
{
	(void)arg;
	(void)message;
	return -EINVAL;
}

static inline int on_free_bad(void *arg, const struct ipc_message *message)
{
	on_free(arg, message);
	return -EINVAL;
}

static inline int on_any(void *arg, const struct ipc_message *message)
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

static inline void on_broken(void *arg, const char *why)
{
	struct end *end = arg;

	end->broken++;
	snprintf(end->why, sizeof(end->why), "%s", why);
	if (end->free_when_broken) {
		ipc_free(end->ipc);
		end->ipc = NULL;
	}
}

static inline void begin(struct end *end)
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

static inline void finish(struct end *end)
{
	if (end->raw >= 0)
		close(end->raw);
	ipc_free(end->ipc);
	event_base_free(end->base);
}

static inline void turn(struct end *end)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(end->base, EVLOOP_NONBLOCK);
}

static inline unsigned open_fds(void)
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
static inline bool send_raw(int to, uint32_t type, uint32_t says, size_t body_len, unsigned fds)
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

#endif
