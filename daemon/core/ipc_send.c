// SPDX-License-Identifier: BSD-2-Clause
/*
 * The way out of a channel. What one turn of the loop has to say goes out together at its end: a
 * system call costs more than most of our messages, and the peer process wakes once.
 */
#include "core/ipc_internal.h"
#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One packet of a batch, with room for its descriptor. */
struct outgoing {
	struct iovec part;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

static void put(struct mmsghdr *msg, struct outgoing *out, struct ipc_unsent *u)
{
	struct msghdr *h = &msg->msg_hdr;
	struct cmsghdr *c;

	out->part = (struct iovec){ u->packet, u->len };
	*msg = (struct mmsghdr){ .msg_hdr = { .msg_iov = &out->part, .msg_iovlen = 1 } };
	if (u->fd < 0)
		return;
	memset(out->control, 0, sizeof(out->control));
	h->msg_control = out->control;
	h->msg_controllen = sizeof(out->control);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &u->fd, sizeof(u->fd));
}

/* The first packets of the queue. Returns how many of them were taken, or -errno. */
static int transmit(const struct ipc *ipc)
{
	struct mmsghdr msg[IPC_BATCH];
	struct outgoing out[IPC_BATCH];
	struct ipc_unsent *u;
	unsigned count = 0;
	int n;

	STAILQ_FOREACH(u, &ipc->queue, next)
	{
		if (count == IPC_BATCH)
			break;
		put(&msg[count], &out[count], u);
		count++;
	}
	do
		n = sendmmsg(ipc->fd, msg, count, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void unsent_free(struct ipc_unsent *u)
{
	if (u->fd >= 0)
		close(u->fd);
	wipe(u->packet, u->len);
	free(u);
}

static void pop(struct ipc *ipc)
{
	struct ipc_unsent *u = STAILQ_FIRST(&ipc->queue);

	STAILQ_REMOVE_HEAD(&ipc->queue, next);
	ipc->queued -= u->len;
	ipc->queued_count--;
	unsent_free(u);
}

void ipc_drop_unsent(struct ipc *ipc)
{
	while (!STAILQ_EMPTY(&ipc->queue))
		pop(ipc);
}

int ipc_flush(struct ipc *ipc)
{
	while (!ipc->broken && !STAILQ_EMPTY(&ipc->queue)) {
		int n = transmit(ipc);

		if (n == -EAGAIN) {
			ipc->full = true;
			event_add(ipc->writable, NULL);
			return 0;
		}
		if (n < 0) {
			ipc_fail(ipc, "writing to the peer process: %s", strerror(-n));
			return n;
		}
		while (n-- > 0)
			pop(ipc);
	}
	if (ipc->full)
		event_del(ipc->writable);
	ipc->full = false;
	return 0;
}

static struct ipc_unsent *unsent_new(uint32_t type, const void *body, size_t len, const void *tail,
				     size_t tail_len)
{
	struct ipc_header h = { .type = type, .len = (uint32_t)(len + tail_len) };
	struct ipc_unsent *u = malloc(sizeof(*u) + sizeof(h) + len + tail_len);

	if (!u)
		return NULL;
	u->len = sizeof(h) + len + tail_len;
	u->fd = -1;
	memcpy(u->packet, &h, sizeof(h));
	if (len)
		memcpy(u->packet + sizeof(h), body, len);
	if (tail_len)
		memcpy(u->packet + sizeof(h) + len, tail, tail_len);
	return u;
}

int ipc_send(struct ipc *ipc, uint32_t type, const void *body, size_t len, const void *tail,
	     size_t tail_len, int fd)
{
	struct ipc_unsent *u;

	if (ipc->broken || ipc->fd < 0)
		return -EPIPE;
	if (len > IPC_MESSAGE_MAX || tail_len > IPC_MESSAGE_MAX - len) {
		ipc_fail(ipc, "message type %u of %zu bytes is too long to send", (unsigned)type,
			 len + tail_len);
		return -EMSGSIZE;
	}
	if (ipc->queued + len + tail_len > IPC_QUEUE_MAX) {
		ipc_fail(ipc, "the peer process does not read: %zu bytes wait for it", ipc->queued);
		return -ENOBUFS;
	}
	u = unsent_new(type, body, len, tail, tail_len);
	if (!u) {
		ipc_fail(ipc, "no memory for a message");
		return -ENOMEM;
	}
	if (fd >= 0 && (u->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) {
		int error = errno;

		unsent_free(u);
		ipc_fail(ipc, "keeping a descriptor for later: %s", strerror(error));
		return -error;
	}
	STAILQ_INSERT_TAIL(&ipc->queue, u, next);
	ipc->queued += u->len;
	ipc->queued_count++;
	if (ipc->full)
		return 0;
	if (ipc->queued_count == 1)
		event_active(ipc->writable, EV_WRITE, 0);
	/* Whoever is to have a descriptor may be waited for elsewhere: it goes at once. */
	return fd < 0 && ipc->queued_count < IPC_BATCH ? 0 : ipc_flush(ipc);
}

size_t ipc_unsent(const struct ipc *ipc)
{
	return ipc->queued;
}
