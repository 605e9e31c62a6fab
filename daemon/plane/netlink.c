// SPDX-License-Identifier: BSD-2-Clause
#include "plane/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum { NETLINK_BUFFER = 32 * 1024, NETLINK_EVENT_BUFFER = 4 * 1024 * 1024 };

int netlink_open(struct nl_sock **out)
{
	struct nl_sock *socket = nl_socket_alloc();

	if (!socket)
		return -ENOMEM;
	if (nl_connect(socket, NETLINK_ROUTE) < 0) {
		int error = errno ? -errno : -EIO;

		nl_socket_free(socket);
		return error;
	}
	*out = socket;
	return 0;
}

int netlink_open_events(struct nl_sock **out)
{
	struct nl_sock *socket;
	int error = netlink_open(&socket);

	if (error)
		return error;
	/* FORCE needs CAP_NET_ADMIN; without it the default stays and an overrun is noticed. */
	nl_socket_set_buffer_size(socket, NETLINK_EVENT_BUFFER, 0);
	if (nl_socket_add_memberships(socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
				      RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_NEIGH,
				      RTNLGRP_NONE) < 0 ||
	    nl_socket_set_nonblocking(socket) < 0) {
		nl_socket_free(socket);
		return -EIO;
	}
	*out = socket;
	return 0;
}

struct nl_msg *netlink_request(int type, int flags, const void *head, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

	if (msg && nlmsg_append(msg, (void *)(uintptr_t)head, len, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int netlink_put_ip(struct nl_msg *msg, int type, const struct fg_ip *ip)
{
	return ip_is4(ip) ? nla_put(msg, type, 4, &ip->w[3]) : nla_put(msg, type, 16, ip);
}

bool netlink_get_ip(const struct nlattr *at, int family, struct fg_ip *ip)
{
	if (family == AF_INET && nla_len(at) == 4)
		*ip = ip_from4(nla_get_u32(at));
	else if (family == AF_INET6 && nla_len(at) == 16)
		*ip = ip_from6(nla_data(at));
	else
		return false;
	return true;
}

/* True: that was the last message of the answer and *result is set. Both kinds of end carry an
 * errno: a list may break off. */
static bool last_of_answer(struct nlmsghdr *row, int *result)
{
	if (row->nlmsg_type != NLMSG_DONE && row->nlmsg_type != NLMSG_ERROR)
		return false;
	*result = -EPROTO;
	if (nlmsg_datalen(row) >= (int)sizeof(*result))
		memcpy(result, nlmsg_data(row), sizeof(*result));
	return true;
}

static int read_answer(int fd, uint32_t seq, netlink_row row, void *arg)
{
	_Alignas(struct nlmsghdr) char buf[NETLINK_BUFFER];
	int result;

	for (;;) {
		ssize_t got = recv(fd, buf, sizeof(buf), MSG_TRUNC);
		struct nlmsghdr *at = (struct nlmsghdr *)buf;
		int left = (int)got;

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > (ssize_t)sizeof(buf))
			return -EMSGSIZE; /* with the end in it, perhaps: nothing to wait for */
		for (; nlmsg_ok(at, left); at = nlmsg_next(at, &left)) {
			if (at->nlmsg_seq != seq)
				continue;
			if (last_of_answer(at, &result))
				return result;
			if (row)
				row(arg, at);
		}
	}
}

int netlink_do(struct nl_sock *socket, struct nl_msg *msg, int built, netlink_row row, void *arg)
{
	uint32_t seq;
	int sent;

	if (!msg)
		return -ENOMEM;
	if (built < 0) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	nl_complete_msg(socket, msg);
	seq = nlmsg_hdr(msg)->nlmsg_seq;
	sent = nl_send(socket, msg);
	nlmsg_free(msg);
	if (sent < 0)
		return -EIO;
	return read_answer(nl_socket_get_fd(socket), seq, row, arg);
}

int netlink_events(struct nl_sock *socket, netlink_row row, void *arg)
{
	_Alignas(struct nlmsghdr) char buf[NETLINK_BUFFER];
	int result = 0;

	for (int turn = 0; turn < NETLINK_TURN; turn++) {
		ssize_t got = recv(nl_socket_get_fd(socket), buf, sizeof(buf),
				   MSG_DONTWAIT | MSG_TRUNC);
		struct nlmsghdr *at = (struct nlmsghdr *)buf;
		int left = (int)got;

		if ((got < 0 && errno == ENOBUFS) || got > (ssize_t)sizeof(buf)) {
			result = -ENOBUFS;
			continue;
		}
		if (got <= 0)
			break;
		for (; nlmsg_ok(at, left); at = nlmsg_next(at, &left))
			row(arg, at);
	}
	return result;
}
