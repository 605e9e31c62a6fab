/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking and telling the kernel over rtnetlink: libnl builds and parses messages, here they are
 * sent and their answers awaited (the kernel answers in the same system call). Errors stay errno.
 */
#ifndef PLANE_NETLINK_H
#define PLANE_NETLINK_H

#include "core/ip.h"

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>

/* Called for each answer that is neither acknowledgement nor end. */
typedef void (*netlink_row)(void *arg, struct nlmsghdr *row);

/* A socket for questions. Returns 0 or -errno. */
int netlink_open(struct nl_sock **out);
/* A non-blocking socket that hears of links, addresses, routes, rules and neighbours. */
int netlink_open_events(struct nl_sock **out);
/* A request of `type` whose fixed part is `head`; NULL: no memory. */
struct nl_msg *netlink_request(int type, int flags, const void *head, size_t len);
/* An address as an attribute of 4 or 16 bytes. Returns as nla_put(). */
int netlink_put_ip(struct nl_msg *msg, int type, const struct fg_ip *ip);
/* False: it is not one of this family. */
bool netlink_get_ip(const struct nlattr *at, int family, struct fg_ip *ip);
/*
 * Send, wait for the answer, free the message. msg may be NULL (-ENOMEM) and is failed by
 * `built` < 0, what the last nla_put() returned. Returns 0 or the kernel's -errno.
 */
int netlink_do(struct nl_sock *socket, struct nl_msg *msg, int built, netlink_row row, void *arg);
/* Hand waiting events to row, NETLINK_TURN messages at most: the rest keep the socket readable.
 * Returns 0, or -ENOBUFS: some were lost. */
enum { NETLINK_TURN = 64 };
int netlink_events(struct nl_sock *socket, netlink_row row, void *arg);

#endif
