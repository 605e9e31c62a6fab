// SPDX-License-Identifier: BSD-2-Clause
#include "ike/net.h"

#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	BATCH = 32,
	TURNS = 4,                /* batches before other events have their turn */
	DATAGRAM_MAX = 16 * 1024, /* longer ones are cut and fail the length check */
	OUT_MAX = 12 * 1024,      /* to peers that take no fragments */
	SOCKETS_MAX = 64,
	CONTROL_MAX = CMSG_SPACE(sizeof(struct in6_pktinfo)),
};

/* One datagram of a batch. */
struct slot {
	struct sockaddr_storage peer;
	struct iovec iov;
	union {
		char bytes[CONTROL_MAX];
		struct cmsghdr align;
	} control;
};

struct socket {
	struct ike_net *net;
	int fd;
	struct endpoint local;
	bool is4;
	struct event *event;
};

struct ike_net {
	struct event_base *base;
	struct ike_net_events events;
	struct socket *socket[SOCKETS_MAX];
	size_t sockets;

	struct mmsghdr in_msg[BATCH], out_msg[BATCH];
	struct slot in[BATCH], out[BATCH];
	uint8_t in_bytes[BATCH][DATAGRAM_MAX], out_bytes[BATCH][OUT_MAX];
	const struct socket *out_socket;
	unsigned out_count;
	bool in_batch;
};

int ike_net_new(struct event_base *base, const struct ike_net_events *events, struct ike_net **out)
{
	struct ike_net *net = calloc(1, sizeof(*net));

	if (!net)
		return -ENOMEM;
	net->base = base;
	net->events = *events;
	*out = net;
	return 0;
}

static void flush(struct ike_net *net)
{
	unsigned done = 0;

	while (done < net->out_count) {
		int n = sendmmsg(net->out_socket->fd, net->out_msg + done, net->out_count - done,
				 0);

		if (n < 0 && errno == EINTR)
			continue;
		/* A peer without a way to it must not hold up the others. */
		done += n > 0 ? (unsigned)n : 1;
	}
	net->out_count = 0;
}

static void control_put(struct msghdr *msg, struct slot *slot, const struct endpoint *local)
{
	struct cmsghdr *c;

	memset(&slot->control, 0, sizeof(slot->control));
	msg->msg_control = slot->control.bytes;
	if (ip_is4(&local->ip)) {
		const struct in_pktinfo info = { .ipi_spec_dst.s_addr = ip_to4(&local->ip) };

		msg->msg_controllen = CMSG_SPACE(sizeof(info));
		c = CMSG_FIRSTHDR(msg);
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)),
				       .cmsg_level = IPPROTO_IP,
				       .cmsg_type = IP_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else {
		struct in6_pktinfo info = { 0 };

		memcpy(&info.ipi6_addr, &local->ip, sizeof(info.ipi6_addr));
		msg->msg_controllen = CMSG_SPACE(sizeof(info));
		c = CMSG_FIRSTHDR(msg);
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)),
				       .cmsg_level = IPPROTO_IPV6,
				       .cmsg_type = IPV6_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
}

/* The one bound to this address, else one bound to any. */
static const struct socket *socket_for(const struct ike_net *net, const struct endpoint *local)
{
	const struct socket *any = NULL;

	for (size_t i = 0; i < net->sockets; i++) {
		const struct socket *s = net->socket[i];

		if (s->local.port != local->port || s->is4 != ip_is4(&local->ip))
			continue;
		if (ip_equal(&s->local.ip, &local->ip))
			return s;
		if (ip_is_zero(&s->local.ip) || ip_to4(&s->local.ip) == 0)
			any = s;
	}
	return any;
}

void ike_net_send(struct ike_net *net, const void *datagram, size_t len,
		  const struct endpoint *local, const struct endpoint *peer)
{
	const struct socket *s = socket_for(net, local);
	struct slot *slot;
	struct msghdr *msg;

	if (!s || len > OUT_MAX)
		return;
	if (net->out_count == BATCH || net->out_socket != s)
		flush(net);
	net->out_socket = s;
	slot = &net->out[net->out_count];
	msg = &net->out_msg[net->out_count].msg_hdr;
	memcpy(net->out_bytes[net->out_count], datagram, len);
	slot->iov = (struct iovec){ net->out_bytes[net->out_count], len };
	*msg = (struct msghdr){ .msg_name = &slot->peer,
				.msg_namelen = endpoint_to_sockaddr(peer, &slot->peer),
				.msg_iov = &slot->iov,
				.msg_iovlen = 1 };
	control_put(msg, slot, local);
	net->out_count++;
	if (!net->in_batch)
		flush(net);
}

/* The address that the peer sent to. Returns the index of the device, 0: unknown. */
static unsigned control_get(struct msghdr *msg, struct endpoint *local)
{
	unsigned ifindex = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->ip = ip_from4(info.ipi_addr.s_addr);
			ifindex = (unsigned)info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->ip = ip_from6(&info.ipi6_addr);
			ifindex = info.ipi6_ifindex;
		}
	}
	return ifindex;
}

static int receive_batch(struct socket *s)
{
	struct ike_net *net = s->net;
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		struct slot *slot = &net->in[i];

		slot->iov = (struct iovec){ net->in_bytes[i], DATAGRAM_MAX };
		net->in_msg[i].msg_hdr = (struct msghdr){ .msg_name = &slot->peer,
							  .msg_namelen = sizeof(slot->peer),
							  .msg_iov = &slot->iov,
							  .msg_iovlen = 1,
							  .msg_control = slot->control.bytes,
							  .msg_controllen = CONTROL_MAX };
	}
	n = recvmmsg(s->fd, net->in_msg, BATCH, MSG_DONTWAIT, NULL);
	net->in_batch = true;
	for (int i = 0; i < n; i++) {
		struct endpoint local = s->local, peer;
		unsigned ifindex;

		if (!endpoint_from_sockaddr(&net->in[i].peer, &peer))
			continue;
		ifindex = control_get(&net->in_msg[i].msg_hdr, &local);
		net->events.received(net->events.arg, net->in_bytes[i], net->in_msg[i].msg_len,
				     &local, &peer, ifindex);
	}
	net->in_batch = false;
	flush(net);
	return n;
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
	struct socket *s = arg;
	struct ike_net *net = s->net;

	(void)fd;
	(void)what;
	for (int turn = 0; turn < TURNS && receive_batch(s) == BATCH; turn++)
		;
	net->events.settled(net->events.arg);
}

static int prepare(int fd, bool is4)
{
	const int on = 1;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	if (is4 ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on))
		: setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)))
		return -errno;
	return 0;
}

static void socket_free(struct socket *s)
{
	if (!s)
		return;
	if (s->event)
		event_free(s->event);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

/* NULL without memory; fd is not the socket's yet. */
static struct socket *socket_new(struct ike_net *net, int fd, const struct endpoint *local,
				 bool is4)
{
	struct socket *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct socket){ .net = net, .fd = -1, .local = *local, .is4 = is4 };
	s->event = event_new(net->base, fd, EV_READ | EV_PERSIST, readable, s);
	if (s->event && event_add(s->event, NULL) == 0)
		return s;
	socket_free(s);
	return NULL;
}

/* Index of the socket bound to this endpoint, or of a free place, SOCKETS_MAX: none is free. */
static size_t place_for(const struct ike_net *net, const struct endpoint *local, bool is4)
{
	for (size_t i = 0; i < net->sockets; i++) {
		const struct socket *s = net->socket[i];

		if (s->is4 == is4 && s->local.port == local->port &&
		    ip_equal(&s->local.ip, &local->ip))
			return i;
	}
	return net->sockets;
}

int ike_net_add(struct ike_net *net, int fd, const struct endpoint *local)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	struct socket *s;
	size_t place;
	bool is4;
	int error;

	if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
		return -errno;
	is4 = bound.ss_family == AF_INET;
	error = prepare(fd, is4);
	if (error)
		return error;
	place = place_for(net, local, is4);
	if (place == SOCKETS_MAX)
		return -ENOSPC;
	s = socket_new(net, fd, local, is4);
	if (!s)
		return -ENOMEM;
	s->fd = fd;
	if (place == net->sockets)
		net->sockets++;
	else
		socket_free(net->socket[place]);
	net->socket[place] = s;
	return 0;
}

size_t ike_net_sockets(const struct ike_net *net)
{
	return net->sockets;
}

void ike_net_free(struct ike_net *net)
{
	if (!net)
		return;
	for (size_t i = 0; i < net->sockets; i++)
		socket_free(net->socket[i]);
	free(net);
}
