// SPDX-License-Identifier: BSD-2-Clause
#include "core/clock.h"
#include "core/ipc_internal.h"
#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCHES_PER_WAKE = 4 }; /* so that one talkative peer does not starve the loop */

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

void ipc_fail(struct ipc *ipc, const char *format, ...)
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
	struct ipc_header h;

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

/* As many packets as wait, but no more than `max`. Returns how many came, 0: none; or -errno after
 * ipc_fail(). */
static int receive(struct ipc *ipc, unsigned max)
{
	int n, error;

	for (unsigned i = 0; i < max; i++) {
		struct ipc_slot *slot = &ipc->slot[i];

		slot->part = (struct iovec){ slot->packet, sizeof(slot->packet) };
		ipc->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &slot->part,
						       .msg_iovlen = 1,
						       .msg_control = slot->control,
						       .msg_controllen = sizeof(slot->control) };
	}
	n = recvmmsg(ipc->fd, ipc->msg, max, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
	if (n >= 0)
		return n;
	error = errno;
	if (error == EAGAIN || error == EINTR)
		return 0;
	ipc_fail(ipc, "reading from the peer process: %s", strerror(error));
	return error == ECONNRESET ? -EPIPE : -error;
}

/* Is this a packet that may be looked into? 0, or -errno after ipc_fail(): -EPIPE closed, -EPROTO
 * not one of ours; then its descriptor is closed. */
static int check(struct ipc *ipc, struct mmsghdr *msg, int *fd)
{
	int error = -EPROTO;

	*fd = -1;
	if (!take_fd(&msg->msg_hdr, fd)) {
		ipc_fail(ipc, "a message came with several descriptors, or ours are used up");
	} else if (msg->msg_len == 0) {
		/* An empty packet looks the same; nobody of ours sends one. */
		ipc_fail(ipc, "the peer process closed the channel");
		error = -EPIPE;
	} else if (msg->msg_hdr.msg_flags & MSG_TRUNC) {
		ipc_fail(ipc, "a message was longer than %d bytes", IPC_PACKET_MAX);
	} else {
		return 0;
	}
	if (*fd >= 0)
		close(*fd);
	return error;
}

/* Give this packet to its handler. Returns 0 or -errno. The channel may be freed meanwhile: the
 * caller has it entered. */
static int dispatch(struct ipc *ipc, unsigned i, uint32_t only)
{
	uint8_t *packet = ipc->slot[i].packet;
	size_t n = ipc->msg[i].msg_len;
	const struct ipc_rule *rule;
	struct ipc_message message;
	uint32_t type = 0;
	int fd, error = check(ipc, &ipc->msg[i], &fd);

	if (error) {
		wipe(packet, n);
		return error;
	}
	if (n >= sizeof(type))
		memcpy(&type, packet, sizeof(type));
	rule = ipc_check(ipc->events.rules, ipc->events.rule_count, packet, n, &message);
	message.fd = fd;
	if (rule && (only == 0 || rule->type == only) && (fd < 0 || rule->takes_fd)) {
		error = rule->handle(ipc->events.arg, &message);
		wipe(packet, n);
		if (error)
			ipc_fail(ipc, "%s from the peer process made no sense: %s", rule->name,
				 strerror(-error));
		return error;
	}
	if (fd >= 0)
		close(fd);
	wipe(packet, n);
	if (!rule)
		ipc_fail(ipc, "message type %u of %zu bytes is unknown or of a wrong size",
			 (unsigned)type, n);
	else if (only != 0 && rule->type != only)
		ipc_fail(ipc, "%s came where message type %u was due", rule->name, (unsigned)only);
	else
		ipc_fail(ipc, "%s came with a descriptor, which it does not take", rule->name);
	return -EPROTO;
}

/* Came with others, of which one ended the channel. */
static void discard(struct ipc *ipc, unsigned i)
{
	int fd = -1;

	take_fd(&ipc->msg[i].msg_hdr, &fd);
	if (fd >= 0)
		close(fd);
	wipe(ipc->slot[i].packet, ipc->msg[i].msg_len);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ipc *ipc = arg;
	int n = IPC_BATCH;

	(void)fd;
	(void)what;
	enter(ipc);
	for (int turn = 0; turn < BATCHES_PER_WAKE && n == IPC_BATCH && !ipc->broken; turn++) {
		n = receive(ipc, IPC_BATCH);
		for (int i = 0; i < n; i++) {
			if (ipc->broken)
				discard(ipc, (unsigned)i);
			else
				dispatch(ipc, (unsigned)i, 0);
		}
	}
	leave(ipc);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ipc_flush(arg);
}

int ipc_wait(struct ipc *ipc, uint32_t type, int timeout_ms)
{
	int64_t until = (int64_t)clock_ms() + timeout_ms;
	int error = 0;

	while (!ipc->broken) {
		int64_t left = until - (int64_t)clock_ms();
		struct pollfd p = { ipc->fd, POLLIN, 0 };
		int n;

		if (!STAILQ_EMPTY(&ipc->queue))
			p.events |= POLLOUT;
		if (poll(&p, 1, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
			return -errno;
		if (p.revents & POLLOUT && (error = ipc_flush(ipc)))
			break;
		if (p.revents & (POLLIN | POLLHUP | POLLERR)) {
			n = receive(ipc, 1);
			enter(ipc);
			error = n > 0 ? dispatch(ipc, 0, type) : n;
			if (!leave(ipc) || (n > 0 && !error))
				return error;
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
	/* What this turn still had to say. */
	ipc_flush(ipc);
	free_events(ipc);
	close(ipc->fd);
	ipc->fd = -1;
	ipc->broken = true;
	ipc_drop_unsent(ipc);
	/* Inside one of our own callbacks the last of them frees the struct. */
	if (ipc->depth == 0)
		free(ipc);
}
