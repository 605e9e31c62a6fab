// SPDX-License-Identifier: BSD-2-Clause
/*
 * The fast door's knowledge: fg_hop mirrors what the kernel would do with a destination. Workers
 * ask for what is missing; the kernel's own look-up answers, so every route type and table that
 * depends on the destination alone is right. What is not one Ethernet header out of one of our
 * ports is marked for the stack door. Events keep the rows true: a change of routes or rules voids
 * all rows by their generation, a neighbour's change rewrites the rows that lean on it.
 */
#include "core/clock.h"
#include "core/log.h"
#include "plane/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum {
	REFRESH_S = 5, /* how often stale neighbours in use are made to prove themselves */
	IN_USE_S = 30,
};

#define NEIGHBOUR_USABLE                                                                           \
	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)

struct neighbour {
	struct fg_ip ip;
	uint32_t ifindex;
	uint16_t state; /* NUD_* */
	bool has_mac;
	uint8_t mac[6];
};

struct way {
	bool unicast;
	uint32_t ifindex, mtu;
	struct fg_ip via; /* zero: on link */
};

static uint32_t now_s(void)
{
	return (uint32_t)(clock_ms() / 1000);
}

static uint32_t generation(const struct plane *plane)
{
	return plane_fg_conf(plane)->hop_generation;
}

void hops_void(struct plane *plane)
{
	struct fg_conf *conf = plane_fg_conf(plane);

	__atomic_store_n(&conf->hop_generation, conf->hop_generation + 1, __ATOMIC_RELEASE);
}

/* A route to an IPv4 destination may have an IPv6 next hop (RTA_VIA). */
static bool next_hop_of(struct nlattr **at, int family, struct fg_ip *via)
{
	const struct rtvia *other;

	if (at[RTA_GATEWAY])
		return netlink_get_ip(at[RTA_GATEWAY], family, via);
	if (!at[RTA_VIA])
		return true;
	other = nla_data(at[RTA_VIA]);
	if (nla_len(at[RTA_VIA]) != (int)(sizeof(other->rtvia_family) + 16) ||
	    other->rtvia_family != AF_INET6)
		return false;
	memcpy(via, other->rtvia_addr, 16);
	return true;
}

static void way_row(void *arg, struct nlmsghdr *row)
{
	struct nlattr *at[RTA_MAX + 1], *metric[RTAX_MAX + 1];
	const struct rtmsg *head;
	struct way *way = arg;

	if (row->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(row, sizeof(*head), at, RTA_MAX, NULL) < 0)
		return;
	head = nlmsg_data(row);
	/* An encapsulation (MPLS, SRv6) is more than an Ethernet header. */
	if (!at[RTA_OIF] || nla_len(at[RTA_OIF]) != 4 || at[RTA_ENCAP_TYPE] ||
	    !next_hop_of(at, head->rtm_family, &way->via))
		return;
	way->unicast = head->rtm_type == RTN_UNICAST;
	way->ifindex = nla_get_u32(at[RTA_OIF]);
	if (at[RTA_METRICS] && nla_parse_nested(metric, RTAX_MAX, at[RTA_METRICS], NULL) >= 0 &&
	    metric[RTAX_MTU] && nla_len(metric[RTAX_MTU]) == 4)
		way->mtu = nla_get_u32(metric[RTAX_MTU]);
}

static struct way ask_route(struct plane *plane, const struct fg_ip *dst)
{
	bool is4 = ip_is4(dst);
	struct rtmsg head = { .rtm_family = is4 ? AF_INET : AF_INET6,
			      .rtm_dst_len = is4 ? 32 : 128 };
	struct nl_msg *msg = netlink_request(RTM_GETROUTE, 0, &head, sizeof(head));
	struct way way = { .unicast = false };

	if (netlink_do(plane->netlink, msg, msg ? netlink_put_ip(msg, RTA_DST, dst) : -1, way_row,
		       &way))
		way.unicast = false;
	return way;
}

static bool neighbour_parse(struct nlmsghdr *row, struct neighbour *n)
{
	struct nlattr *at[NDA_MAX + 1];
	const struct ndmsg *head;

	if (nlmsg_parse(row, sizeof(*head), at, NDA_MAX, NULL) < 0 || !at[NDA_DST])
		return false;
	head = nlmsg_data(row);
	*n = (struct neighbour){ .ifindex = (uint32_t)head->ndm_ifindex, .state = head->ndm_state };
	if (at[NDA_LLADDR] && nla_len(at[NDA_LLADDR]) == 6) {
		n->has_mac = true;
		memcpy(n->mac, nla_data(at[NDA_LLADDR]), 6);
	}
	return netlink_get_ip(at[NDA_DST], head->ndm_family, &n->ip);
}

static void neighbour_row(void *arg, struct nlmsghdr *row)
{
	if (row->nlmsg_type == RTM_NEWNEIGH)
		neighbour_parse(row, arg);
}

static struct neighbour ask_neighbour(struct plane *plane, uint32_t ifindex, const struct fg_ip *ip)
{
	struct ndmsg head = { .ndm_family = ip_is4(ip) ? AF_INET : AF_INET6,
			      .ndm_ifindex = (int)ifindex };
	struct nl_msg *msg = netlink_request(RTM_GETNEIGH, 0, &head, sizeof(head));
	struct neighbour n = { .state = NUD_NONE };

	if (netlink_do(plane->netlink, msg, msg ? netlink_put_ip(msg, NDA_DST, ip) : -1,
		       neighbour_row, &n))
		n.state = NUD_NONE;
	return n;
}

/* Our traffic is not the kernel's, so a neighbour that only we use looks idle to it: "use" makes
 * the kernel verify it, as a packet of its own would. */
static void use_neighbour(struct plane *plane, const struct hop_via *via)
{
	struct ndmsg head = { .ndm_family = ip_is4(&via->ip) ? AF_INET : AF_INET6,
			      .ndm_ifindex = (int)via->ifindex,
			      .ndm_state = NUD_NONE,
			      .ndm_flags = NTF_USE };
	struct nl_msg *msg = netlink_request(RTM_NEWNEIGH, 0, &head, sizeof(head));

	netlink_do(plane->netlink, msg, msg ? netlink_put_ip(msg, NDA_DST, &via->ip) : -1, NULL,
		   NULL);
}

/* The row as the neighbour now allows: its frame header, or the stack door until it has one. */
static void lean_on(struct fg_hop *hop, struct hop_via *via, const struct neighbour *n,
		    const struct plane_port *port)
{
	__be16 type = htons(ip_is4(&hop->dst) ? 0x0800 : 0x86dd);

	if (!(n->state & NEIGHBOUR_USABLE) || !n->has_mac) {
		hop->state =
			FG_HOP_STACK; /* the kernel's own packet makes it look for the neighbour */
		via->stale = false;
		return;
	}
	hop->state = FG_HOP_READY;
	hop->port = (uint16_t)port->number;
	memcpy(hop->eth, n->mac, 6);
	memcpy(hop->eth + 6, port->link.mac, 6);
	memcpy(hop->eth + 12, &type, 2);
	via->stale = n->state & NUD_STALE;
}

/* A link-local address says nothing without a device, and no client has business with one. */
static bool is_link_local(const struct fg_ip *ip)
{
	return (ntohl(ip->w[0]) & 0xffc00000) == 0xfe800000;
}

void plane_hop_want(struct plane *plane, const struct fg_ip *dst)
{
	struct fg_hop hop = {
		.state = FG_HOP_STACK, .dst = *dst, .generation = generation(plane), .used = now_s()
	};
	uint32_t row = hop_table_place(&plane->hops, dst, hop.generation);
	const struct plane_port *port = NULL;
	struct hop_via via = { .ifindex = 0 };
	struct way way = { .unicast = false };

	if (plane->conf->gateway.fast_door && !ip_is_zero(dst) && !is_link_local(dst))
		way = ask_route(plane, dst);
	if (way.unicast)
		port = ports_by_ifindex(plane, way.ifindex);
	if (port && !port->pair) {
		struct neighbour n;

		via = (struct hop_via){ .ip = ip_is_zero(&way.via) ? *dst : way.via,
					.ifindex = way.ifindex };
		hop.mtu = (uint16_t)(way.mtu && way.mtu < port->link.mtu ? way.mtu
									 : port->link.mtu);
		n = ask_neighbour(plane, via.ifindex, &via.ip);
		lean_on(&hop, &via, &n, port);
	}
	hop_table_write(&plane->hops, row, &hop, &via);
}

static void neighbour_changed(struct plane *plane, struct nlmsghdr *row)
{
	const struct plane_port *port;
	struct neighbour n;
	uint32_t i = 0;

	if (!neighbour_parse(row, &n))
		return;
	port = ports_by_ifindex(plane, n.ifindex);
	if (!port || port->pair)
		return;
	if (row->nlmsg_type == RTM_DELNEIGH)
		n.state = NUD_NONE;
	for (;; i++) {
		struct fg_hop hop;
		struct hop_via via;

		i = hop_table_next(&plane->hops, i, n.ifindex, &n.ip, generation(plane));
		if (i == FG_HOP_ROWS)
			return;
		hop = plane->hops.rows[i];
		via = plane->hops.via[i];
		lean_on(&hop, &via, &n, port);
		hop_table_write(&plane->hops, i, &hop, &via);
	}
}

static void link_changed(struct plane *plane, struct nlmsghdr *row)
{
	struct link link;

	if (!link_parse(row, &link))
		return;
	for (uint32_t i = 0; i < plane->ports; i++) {
		struct link *known = &plane->port[i].link;
		uint32_t differs = (known->flags ^ link.flags) & (IFF_UP | IFF_RUNNING);

		if (known->ifindex != link.ifindex)
			continue;
		if (row->nlmsg_type == RTM_DELLINK) {
			log_error("plane", "%s is gone; flexd must be restarted when it is back",
				  known->name);
			differs = IFF_UP;
		}
		if (differs || known->mtu != link.mtu || memcmp(known->mac, link.mac, 6) != 0)
			plane->routes_changed = true;
		*known = link;
	}
	if (link.ifindex == plane->pair_ifindex)
		plane->own_changed = true;
}

static void event_row(void *arg, struct nlmsghdr *row)
{
	struct plane *plane = arg;

	switch (row->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		neighbour_changed(plane, row);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_changed(plane, row);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		plane->own_changed = true;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
	case RTM_NEWRULE:
	case RTM_DELRULE:
		plane->routes_changed = true;
		break;
	default:
		break;
	}
}

/* The pools' routes lead to the pair and name an address of the gateway as their source. */
static void follow_own(struct plane *plane)
{
	struct plane_error error;

	if (routes_apply(plane, plane->conf, &error))
		log_warn("plane", "%s", error.why);
	local_follow(plane);
}

static void on_events(evutil_socket_t fd, short what, void *arg)
{
	struct plane *plane = arg;

	(void)fd;
	(void)what;
	if (netlink_events(plane->events, event_row, plane) == -ENOBUFS) {
		log_warn("plane", "the kernel's changes came faster than they were read: "
				  "all next hops are looked up again");
		plane->routes_changed = plane->own_changed = true;
	}
	/* Many events, one consequence. An address also changes what is local. */
	if (plane->routes_changed || plane->own_changed)
		hops_void(plane);
	if (plane->own_changed)
		follow_own(plane);
	plane->routes_changed = plane->own_changed = false;
}

static void on_refresh(evutil_socket_t fd, short what, void *arg)
{
	struct plane *plane = arg;
	uint32_t now = now_s();

	(void)fd;
	(void)what;
	for (uint32_t i = 0; i < FG_HOP_ROWS; i++) {
		const struct fg_hop *hop = &plane->hops.rows[i];
		struct hop_via *via = &plane->hops.via[i];
		uint32_t used = __atomic_load_n(&hop->used, __ATOMIC_RELAXED);

		if (!via->stale || hop->state != FG_HOP_READY ||
		    hop->generation != generation(plane) || (int32_t)(now - used) > IN_USE_S)
			continue;
		use_neighbour(plane, via);
		via->stale = false;
	}
}

int hops_open(struct plane *plane, struct plane_error *error)
{
	const struct timeval period = { .tv_sec = REFRESH_S };
	int code = netlink_open_events(&plane->events);

	if (code)
		return plane_fail(error, code, "cannot listen to the kernel's routes: %s",
				  strerror(-code));
	plane->on_events = event_new(plane->base, nl_socket_get_fd(plane->events),
				     EV_READ | EV_PERSIST, on_events, plane);
	plane->on_refresh = event_new(plane->base, -1, EV_PERSIST, on_refresh, plane);
	if (!plane->on_events || !plane->on_refresh || event_add(plane->on_events, NULL) ||
	    event_add(plane->on_refresh, &period))
		return plane_fail(error, -ENOMEM, "no memory for events");
	hops_void(plane);
	return 0;
}

void hops_close(struct plane *plane)
{
	if (plane->on_events)
		event_free(plane->on_events);
	if (plane->on_refresh)
		event_free(plane->on_refresh);
	nl_socket_free(plane->events);
}
