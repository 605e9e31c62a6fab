// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where pools lead. Each has a route to fgp0 that carries the MTU of its template, so that the
 * kernel tells senders of packets that are too big, and below it a blackhole: should the pair be
 * gone while flexd is not there to close properly, packets for clients end there instead of leaving
 * in the clear by the default route. plane_close() removes both: then the prefix is no longer ours.
 *
 * The next hop is an address that nobody has, on a device without ARP: one neighbour entry serves
 * all clients, and traffic between two clients is no reason for a redirect.
 */
#include "conf/match.h"
#include "core/log.h"
#include "plane/internal.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

enum { BLACKHOLE_METRIC = 0x7fff0000 };

static const uint8_t via4[4] = { 192, 0, 0, 8 }; /* RFC 7600: the IPv4 dummy address */
static const uint8_t via6[16] = { 0xfe, 0x80, [15] = 1 };

static const char *net_text(const struct conf_net *net, char buf[IP_TEXT_MAX + 8])
{
	char ip[IP_TEXT_MAX];

	snprintf(buf, IP_TEXT_MAX + 8, "%s/%u", ip_text(&net->ip, ip), net->len);
	return buf;
}

static int put_to_pair(struct nl_msg *msg, const struct plane *plane, const struct plane_route *r)
{
	bool is4 = ip_is4(&r->net.ip);
	struct nlattr *metrics;

	if (nla_put_u32(msg, RTA_OIF, plane->pair_ifindex) ||
	    nla_put(msg, RTA_GATEWAY, is4 ? 4 : 16, is4 ? via4 : via6))
		return -1;
	if (!ip_is_zero(&r->source) && netlink_put_ip(msg, RTA_PREFSRC, &r->source))
		return -1;
	if (!r->mtu)
		return 0;
	metrics = nla_nest_start(msg, RTA_METRICS);
	if (!metrics || nla_put_u32(msg, RTAX_MTU, r->mtu))
		return -1;
	nla_nest_end(msg, metrics);
	return 0;
}

/*
 * type: RTM_NEWROUTE or RTM_DELROUTE. flags of a new one: NLM_F_EXCL, somebody else's route to
 * exactly this prefix stays and is -EEXIST; NLM_F_REPLACE, the one that is there is ours.
 */
static int change(struct plane *plane, int type, int flags, const struct plane_route *r,
		  bool blackhole)
{
	bool add = type == RTM_NEWROUTE;
	struct rtmsg head = {
		.rtm_family = ip_is4(&r->net.ip) ? AF_INET : AF_INET6,
		.rtm_dst_len = r->net.len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = PLANE_ROUTE_PROTOCOL,
		.rtm_scope = add || blackhole ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE,
		.rtm_type = blackhole ? RTN_BLACKHOLE : RTN_UNICAST,
		.rtm_flags = blackhole ? 0 : RTNH_F_ONLINK,
	};
	struct nl_msg *msg = netlink_request(type, add ? NLM_F_CREATE | flags : 0, &head,
					     sizeof(head));
	int built = msg ? netlink_put_ip(msg, RTA_DST, &r->net.ip) : -1;

	if (built >= 0 && blackhole)
		built = nla_put_u32(msg, RTA_PRIORITY, BLACKHOLE_METRIC);
	else if (built >= 0)
		built = put_to_pair(msg, plane, r);
	return netlink_do(plane->netlink, msg, built, NULL, NULL);
}

/* In the LPM tries 0 stands for "a pool, and nobody holds it". */
static int mark_pool(const struct plane *plane, const struct conf_net *net, bool add)
{
	struct fg_route4_key key4 = { .prefixlen = net->len, .addr = ip_to4(&net->ip) };
	struct fg_route6_key key6 = { .prefixlen = net->len, .addr = net->ip };
	bool is4 = ip_is4(&net->ip);
	int fd = plane->fd[is4 ? PLANE_fg_route4 : PLANE_fg_route6];
	const void *key = is4 ? (const void *)&key4 : &key6;
	uint32_t nobody = 0;

	if (add)
		return bpf_map_update_elem(fd, key, &nobody, BPF_ANY);
	return bpf_map_delete_elem(fd, key);
}

static bool same_net(const struct conf_net *a, const struct conf_net *b)
{
	return a->len == b->len && ip_equal(&a->ip, &b->ip);
}

/* The row of a prefix; NULL: it is not among them. */
static const struct plane_route *find_net(const struct plane_route *rows, size_t n,
					  const struct conf_net *net)
{
	for (size_t i = 0; i < n; i++) {
		if (same_net(&rows[i].net, net))
			return &rows[i];
	}
	return NULL;
}

/* Anew, also when it has not changed: the kernel forgets a route when the address goes that is its
 * source, or the pair is set down, and does not say so. */
static int set_route(struct plane *plane, const struct plane_route *r, struct plane_error *error)
{
	int flags = find_net(plane->route, plane->routes, &r->net) ? NLM_F_REPLACE : NLM_F_EXCL;
	char text[IP_TEXT_MAX + 8];
	int code = mark_pool(plane, &r->net, true);

	if (!code)
		code = change(plane, RTM_NEWROUTE, flags, r, true);
	if (!code)
		code = change(plane, RTM_NEWROUTE, flags, r, false);
	if (code == -EEXIST)
		return plane_fail(error, code,
				  "pool prefix %s has another route already; remove it (ip route "
				  "show %s) or choose another prefix",
				  net_text(&r->net, text), text);
	if (code)
		return plane_fail(error, code, "cannot route pool prefix %s to clients: %s",
				  net_text(&r->net, text), strerror(-code));
	return 0;
}

static void remove_route(struct plane *plane, const struct plane_route *r)
{
	change(plane, RTM_DELROUTE, 0, r, false);
	change(plane, RTM_DELROUTE, 0, r, true);
	mark_pool(plane, &r->net, false);
}

/* What stood at this prefix before. */
static void put_back(struct plane *plane, const struct plane_route *r)
{
	const struct plane_route *had = find_net(plane->route, plane->routes, &r->net);

	if (had)
		change(plane, RTM_NEWROUTE, NLM_F_REPLACE, had, false);
	else
		remove_route(plane, r);
}

/* The first address of the family on the device that a template is "unnumbered" to. */
static struct fg_ip source_on(struct plane *plane, const char *device, bool is4)
{
	struct fg_ip found = { 0 };
	struct link_address *all;
	struct link link;
	size_t n;

	if (!device[0])
		return found;
	if (link_read(plane->netlink, device, &link) || link_addresses(plane->netlink, &all, &n)) {
		log_warn("plane", "ip unnumbered %s: no such device; %s pool routes have no source",
			 device, is4 ? "IPv4" : "IPv6");
		return found;
	}
	for (size_t i = 0; i < n && ip_is_zero(&found); i++) {
		if (all[i].ifindex == link.ifindex && ip_is4(&all[i].ip) == is4 &&
		    all[i].scope == RT_SCOPE_UNIVERSE && !all[i].tentative)
			found = all[i].ip;
	}
	free(all);
	return found;
}

static bool draws_on(const struct conf *conf, int pool, const struct conf_net *net)
{
	return pool >= 0 && same_net(&conf->pools[pool].net, net);
}

/* Does a policy that a client of the profile may get draw on the prefix? */
static bool serves(const struct conf *conf, const struct conf_profile *profile,
		   const struct conf_net *net)
{
	for (size_t i = 0; i < conf->policy_count; i++) {
		const struct conf_authorization_policy *policy = &conf->policies[i];

		if (conf_may_authorize(profile, i) &&
		    (draws_on(conf, policy->pool, net) || draws_on(conf, policy->pool6, net)))
			return true;
	}
	return false;
}

/* The smallest MTU of the templates whose sessions draw on the prefix, and the first device. */
static struct plane_route route_of(struct plane *plane, const struct conf *conf,
				   const struct conf_net *net)
{
	struct plane_route r = { .net = *net };
	const char *device = "";

	for (size_t i = 0; i < conf->profile_count; i++) {
		const struct conf_profile *profile = &conf->profiles[i];
		const struct conf_virtual_template *template;

		if (profile->virtual_template < 0 || !serves(conf, profile, net))
			continue;
		template = &conf->templates[profile->virtual_template];
		if (!r.mtu || template->mtu < r.mtu)
			r.mtu = template->mtu;
		if (!device[0])
			device = template->unnumbered;
	}
	r.source = source_on(plane, device, ip_is4(&r.net.ip));
	return r;
}

int routes_apply(struct plane *plane, const struct conf *conf, struct plane_error *error)
{
	struct plane_route next[PLANE_ROUTES_MAX];
	size_t n = 0;
	int code;

	for (size_t i = 0; i < conf->pool_count; i++) {
		if (find_net(next, n, &conf->pools[i].net))
			continue; /* two pools of one prefix */
		if (n == PLANE_ROUTES_MAX)
			return plane_fail(error, -E2BIG, "more than %d pool prefixes",
					  PLANE_ROUTES_MAX);
		next[n++] = route_of(plane, conf, &conf->pools[i].net);
	}
	for (size_t i = 0; i < n; i++) {
		code = set_route(plane, &next[i], error);
		if (code) {
			for (size_t j = 0; j <= i; j++)
				put_back(plane, &next[j]);
			return code;
		}
	}
	for (size_t i = 0; i < plane->routes; i++) {
		if (!find_net(next, n, &plane->route[i].net))
			remove_route(plane, &plane->route[i]);
	}
	memcpy(plane->route, next, n * sizeof(next[0]));
	plane->routes = n;
	return 0;
}

void routes_remove(struct plane *plane)
{
	for (size_t i = 0; i < plane->routes; i++)
		remove_route(plane, &plane->route[i]);
	plane->routes = 0;
}

struct stale {
	struct plane_route row[PLANE_ROUTES_MAX];
	size_t count;
};

static void stale_row(void *arg, struct nlmsghdr *row)
{
	struct nlattr *at[RTA_MAX + 1];
	struct stale *stale = arg;
	const struct rtmsg *head;
	struct fg_ip ip;

	if (nlmsg_parse(row, sizeof(*head), at, RTA_MAX, NULL) < 0 || !at[RTA_DST])
		return;
	head = nlmsg_data(row);
	if (head->rtm_protocol != PLANE_ROUTE_PROTOCOL || head->rtm_type != RTN_BLACKHOLE ||
	    stale->count == PLANE_ROUTES_MAX || !netlink_get_ip(at[RTA_DST], head->rtm_family, &ip))
		return;
	stale->row[stale->count++] = (struct plane_route){ .net = { .ip = ip,
								    .len = head->rtm_dst_len } };
}

/* Routes over the pair went with it; a dead predecessor's blackholes are known by their protocol.
 */
void routes_remove_stale(struct plane *plane)
{
	struct rtmsg head = { .rtm_family = AF_UNSPEC };
	struct stale stale = { .count = 0 };

	netlink_do(plane->netlink, netlink_request(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head)),
		   0, stale_row, &stale);
	for (size_t i = 0; i < stale.count; i++)
		change(plane, RTM_DELROUTE, 0, &stale.row[i], true);
	if (stale.count)
		log_info("plane", "removed %zu routes of an earlier flexd", stale.count);
}
