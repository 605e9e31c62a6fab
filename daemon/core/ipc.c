// SPDX-License-Identifier: BSD-2-Clause
#include "core/ipc.h"

#include "core/clock.h"
#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

/* What stands before every body. 8 bytes keep the body aligned for any struct of msg.h. */
struct header {
	uint32_t type;
	uint32_t len; /* of what follows; the packet must agree */
};

enum {
	PACKET_MAX = sizeof(struct header) + IPC_MESSAGE_MAX,
	READS_PER_WAKE = 32, /* so that one talkative peer does not starve the loop */
	WHY_MAX = 200,
};

/* A packet that the kernel did not take yet. */
struct unsent {
	STAILQ_ENTRY(unsent) next;
	size_t len;
	int fd; /* our duplicate, -1: none */
	uint8_t packet[];
};

struct ipc {
	int fd; /* -1 once freed */
	struct ipc_events events;
	struct event *readable, *writable, *report;
	STAILQ_HEAD(, unsent) queue;
	size_t queued; /* bytes */
	bool broken;   /* nothing is read or sent any more */
	bool reported;
	unsigned depth; /* callbacks under way that still need this struct */
	char why[WHY_MAX];
	_Alignas(8) uint8_t packet[PACKET_MAX];
};

static void enter(struct ipc *ipc)
{
	ipc->depth++;
}

/* The end of a callback. False: the channel was freed in it, do not touch it any more. */
static bool leave(struct ipc *ipc)
{
	if (--ipc->depth > 0 || ipc->fd >= 0)
		return ipc->fd >= 0;
	free(ipc);
	return false;
}

/* From here on the channel is deaf and dumb; `broken` follows from the loop. */
__attribute__((format(printf, 2, 3))) static void fail(struct ipc *ipc, const char *format, ...)
{
	va_list args;

	if (ipc->broken)
		return;
	ipc->broken = true;
	va_start(args, format);
	vsnprintf(ipc->why, sizeof(ipc->why), format, args);
	va_end(args);
	event_del(ipc->readable);
	event_del(ipc->writable);
	event_active(ipc->report, EV_TIMEOUT, 0);
}

static void on_report(evutil_socket_t fd, short what, void *arg)
{
	struct ipc *ipc = arg;

	(void)fd;
	(void)what;
	if (ipc->reported)
		return;
	ipc->reported = true;
	enter(ipc);
	if (ipc->events.broken)
		ipc->events.broken(ipc->events.arg, ipc->why);
	leave(ipc);
}

const struct ipc_rule *ipc_check(const struct ipc_rule *rules, size_t count, const void *packet,
				 size_t len, struct ipc_message *message)
{
	struct header h;

	if (len < sizeof(h))
		return NULL;
	memcpy(&h, packet, sizeof(h));
	if (h.len > IPC_MESSAGE_MAX || h.len != len - sizeof(h))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (rules[i].type != h.type)
			continue;
		if (h.len < rules[i].min || h.len > rules[i].max)
			return NULL;
		message->type = h.type;
		message->body = (const uint8_t *)packet + sizeof(h);
		message->len = h.len;
		return &rules[i];
	}
	return NULL;
}

/* Take the one descriptor out of a control message; any more are closed and refused. */
static bool take_fd(struct msghdr *msg, int *fd)
{
	bool ok = (msg->msg_flags & MSG_CTRUNC) == 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int one;

			memcpy(&one, CMSG_DATA(c) + i * sizeof(int), sizeof(one));
			if (ok && *fd < 0) {
				*fd = one;
			} else {
				close(one);
				ok = false;
			}
		}
	}
	if (!ok && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return ok;
}

/*
 * One packet into ipc->packet. Returns its length, 0 when none waits, or -errno after fail():
 * -EPIPE closed, -EPROTO not one of ours.
 */
static ssize_t receive(struct ipc *ipc, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec part = { ipc->packet, sizeof(ipc->packet) };
	struct msghdr msg = { .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(ipc->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int error = errno;

	*fd = -1;
	if (n < 0) {
		if (error == EAGAIN || error == EINTR)
			return 0;
		fail(ipc, "reading from the peer process: %s", strerror(error));
		return error == ECONNRESET ? -EPIPE : -error;
	}
	if (!take_fd(&msg, fd)) {
		fail(ipc, "a message came with several descriptors, or ours are used up");
		return -EPROTO;
	}
	if (n == 0) {
		/* An empty packet looks the same; nobody of ours sends one. */
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		fail(ipc, "the peer process closed the channel");
		return -EPIPE;
	}
	if (msg.msg_flags & MSG_TRUNC) {
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		fail(ipc, "a message was longer than %zu bytes", sizeof(ipc->packet));
		return -EPROTO;
	}
	return n;
}

/* Give the packet of n bytes to its handler. Returns 0 or -errno; *alive as leave() says. */
static int dispatch(struct ipc *ipc, size_t n, int fd, uint32_t only, bool *alive)
{
	const struct ipc_rule *rule;
	struct ipc_message message;
	uint32_t type = 0;
	int error;

	*alive = true;
	if (n >= sizeof(type))
		memcpy(&type, ipc->packet, sizeof(type));
	rule = ipc_check(ipc->events.rules, ipc->events.rule_count, ipc->packet, n, &message);
	message.fd = fd;
	if (rule && (only == 0 || rule->type == only) && (fd < 0 || rule->takes_fd)) {
		enter(ipc);
		error = rule->handle(ipc->events.arg, &message);
		wipe(ipc->packet, n);
		if (error)
			fail(ipc, "%s from the peer process made no sense: %s", rule->name,
			     strerror(-error));
		*alive = leave(ipc);
		return error;
	}
	if (fd >= 0)
		close(fd);
	wipe(ipc->packet, n);
	if (!rule)
		fail(ipc, "message type %u of %zu bytes is unknown or of a wrong size",
		     (unsigned)type, n);
	else if (only != 0 && rule->type != only)
		fail(ipc, "%s came where message type %u was due", rule->name, (unsigned)only);
	else
		fail(ipc, "%s came with a descriptor, which it does not take", rule->name);
	return -EPROTO;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ipc *ipc = arg;
	bool alive = true;

	(void)fd;
	(void)what;
	for (int i = 0; i < READS_PER_WAKE && alive && !ipc->broken; i++) {
		int passed;
		ssize_t n = receive(ipc, &passed);

		if (n <= 0)
			return;
		dispatch(ipc, (size_t)n, passed, 0, &alive);
	}
}

/* Returns 0, -EAGAIN, or -errno. */
static int transmit(int to, struct iovec *parts, size_t count, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = count };

	if (fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	for (;;) {
		if (sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EINTR)
			return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	}
}

static void unsent_free(struct unsent *u)
{
	if (u->fd >= 0)
		close(u->fd);
	wipe(u->packet, u->len);
	free(u);
}

static void pop(struct ipc *ipc)
{
	struct unsent *u = STAILQ_FIRST(&ipc->queue);

	STAILQ_REMOVE_HEAD(&ipc->queue, next);
	ipc->queued -= u->len;
	unsent_free(u);
}

/* Send what the queue holds until the kernel takes no more. Returns 0 or -errno after fail(). */
static int flush(struct ipc *ipc)
{
	while (!STAILQ_EMPTY(&ipc->queue)) {
		struct unsent *u = STAILQ_FIRST(&ipc->queue);
		struct iovec part = { u->packet, u->len };
		int error = transmit(ipc->fd, &part, 1, u->fd);

		if (error == -EAGAIN)
			return 0;
		if (error) {
			fail(ipc, "writing to the peer process: %s", strerror(-error));
			return error;
		}
		pop(ipc);
	}
	event_del(ipc->writable);
	return 0;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

static int enqueue(struct ipc *ipc, const struct iovec *parts, size_t count, size_t len, int fd)
{
	struct unsent *u;
	size_t at = 0;

	if (ipc->queued + len > IPC_QUEUE_MAX) {
		fail(ipc, "the peer process does not read: %zu bytes wait for it", ipc->queued);
		return -ENOBUFS;
	}
	u = malloc(sizeof(*u) + len);
	if (!u) {
		fail(ipc, "no memory for a message");
		return -ENOMEM;
	}
	u->fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd >= 0 && u->fd < 0) {
		int error = errno;

		free(u);
		fail(ipc, "keeping a descriptor for later: %s", strerror(error));
		return -error;
	}
	u->len = len;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].iov_len)
			memcpy(u->packet + at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
	STAILQ_INSERT_TAIL(&ipc->queue, u, next);
	ipc->queued += len;
	event_add(ipc->writable, NULL);
	return 0;
}

int ipc_send(struct ipc *ipc, uint32_t type, const void *body, size_t len, const void *tail,
	     size_t tail_len, int fd)
{
	struct header h = { .type = type };
	struct iovec parts[] = {
		{ &h, sizeof(h) },
		{ (void *)(uintptr_t)body, len },
		{ (void *)(uintptr_t)tail, tail_len },
	};
	int error = -EAGAIN;

	if (ipc->broken || ipc->fd < 0)
		return -EPIPE;
	if (len > IPC_MESSAGE_MAX || tail_len > IPC_MESSAGE_MAX - len) {
		fail(ipc, "message type %u of %zu bytes is too long to send", (unsigned)type,
		     len + tail_len);
		return -EMSGSIZE;
	}
	h.len = (uint32_t)(len + tail_len);
	if (STAILQ_EMPTY(&ipc->queue))
		error = transmit(ipc->fd, parts, 3, fd);
	if (error == -EAGAIN)
		return enqueue(ipc, parts, 3, sizeof(h) + len + tail_len, fd);
	if (error)
		fail(ipc, "writing to the peer process: %s", strerror(-error));
	return error;
}

size_t ipc_unsent(const struct ipc *ipc)
{
	return ipc->queued;
}

int ipc_wait(struct ipc *ipc, uint32_t type, int timeout_ms)
{
	int64_t until = (int64_t)clock_ms() + timeout_ms;
	int error = 0;
	bool alive;

	while (!ipc->broken) {
		int64_t left = until - (int64_t)clock_ms();
		struct pollfd p = { ipc->fd, POLLIN, 0 };
		ssize_t n;
		int fd;

		if (!STAILQ_EMPTY(&ipc->queue))
			p.events |= POLLOUT;
		if (poll(&p, 1, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
			return -errno;
		if (p.revents & POLLOUT && (error = flush(ipc)))
			break;
		if (p.revents & (POLLIN | POLLHUP | POLLERR)) {
			n = receive(ipc, &fd);
			if (n > 0) {
				error = dispatch(ipc, (size_t)n, fd, type, &alive);
				if (!alive)
					return error;
				if (!error)
					return 0;
			} else if (n < 0) {
				error = (int)n;
			}
		}
		if (!ipc->broken && left <= 0)
			return -ETIMEDOUT;
	}
	ipc->reported = true;
	return error ? error : -EPIPE;
}

int ipc_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0
		       ? -errno
		       : 0;
}

static int make_fd_ours(int fd)
{
	int status = fcntl(fd, F_GETFL), flags = fcntl(fd, F_GETFD);

	if (status < 0 || flags < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

static void free_events(struct ipc *ipc)
{
	if (ipc->readable)
		event_free(ipc->readable);
	if (ipc->writable)
		event_free(ipc->writable);
	if (ipc->report)
		event_free(ipc->report);
	ipc->readable = ipc->writable = ipc->report = NULL;
}

int ipc_new(struct event_base *base, int fd, const struct ipc_events *events, struct ipc **out)
{
	struct ipc *ipc;
	int error = make_fd_ours(fd);

	if (error)
		return error;
	ipc = calloc(1, sizeof(*ipc));
	if (!ipc)
		return -ENOMEM;
	ipc->fd = fd;
	ipc->events = *events;
	STAILQ_INIT(&ipc->queue);
	ipc->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, ipc);
	ipc->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, ipc);
	ipc->report = event_new(base, -1, 0, on_report, ipc);
	if (!ipc->readable || !ipc->writable || !ipc->report ||
	    event_add(ipc->readable, NULL) < 0) {
		free_events(ipc);
		free(ipc);
		return -ENOMEM;
	}
	*out = ipc;
	return 0;
}

void ipc_free(struct ipc *ipc)
{
	if (!ipc || ipc->fd < 0)
		return;
	free_events(ipc);
	close(ipc->fd);
	ipc->fd = -1;
	ipc->broken = true;
	while (!STAILQ_EMPTY(&ipc->queue))
		pop(ipc);
	/* Inside one of our own callbacks the last of them frees the struct. */
	if (ipc->depth == 0)
		free(ipc);
}
