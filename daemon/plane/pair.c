// SPDX-License-Identifier: BSD-2-Clause
/*
 * The stack door: a veth pair of ours. What a worker sends out of fgw0 arrives at fgp0 as if a
 * client were there; what the kernel routes to fgp0 arrives at fgw0 and, by XDP, at a worker.
 */
#include "core/log.h"
#include "plane/internal.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

static const uint8_t kernel_mac[6] = { 0x02, 'f', 'g', 'p', 0, 0 };
static const uint8_t worker_mac[6] = { 0x02, 'f', 'g', 'w', 0, 0 };

/* The largest MTU a port may have: sealed for a client, a packet is larger than the one it has, and
 * behind the pair the kernel can still fragment it. */
static int put_end(struct nl_msg *msg, const char *name, const uint8_t mac[6], uint32_t queues)
{
	if (nla_put_string(msg, IFLA_IFNAME, name) || nla_put(msg, IFLA_ADDRESS, 6, mac) ||
	    nla_put_u32(msg, IFLA_MTU, PLANE_MTU_MAX) ||
	    nla_put_u32(msg, IFLA_NUM_TX_QUEUES, queues) ||
	    nla_put_u32(msg, IFLA_NUM_RX_QUEUES, queues))
		return -1;
	return 0;
}

static int put_pair(struct nl_msg *msg, uint32_t queues)
{
	struct ifinfomsg peer = { .ifi_family = AF_UNSPEC };
	struct nlattr *info, *data, *end;

	if (put_end(msg, PLANE_PAIR_KERNEL, kernel_mac, queues))
		return -1;
	info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!info || nla_put_string(msg, IFLA_INFO_KIND, "veth"))
		return -1;
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	end = data ? nla_nest_start(msg, VETH_INFO_PEER) : NULL;
	if (!end || nlmsg_append(msg, &peer, sizeof(peer), NLMSG_ALIGNTO) ||
	    put_end(msg, PLANE_PAIR_WORKER, worker_mac, queues))
		return -1;
	nla_nest_end(msg, end);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return 0;
}

static int make(struct plane *plane, struct plane_error *error)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = netlink_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info,
					     sizeof(info));
	int built = msg ? put_pair(msg, plane->workers) : -1;
	int code = netlink_do(plane->netlink, msg, built, NULL, NULL);

	if (code)
		return plane_fail(
			error, code,
			"cannot make the pair " PLANE_PAIR_KERNEL "/" PLANE_PAIR_WORKER ": %s%s",
			strerror(-code), code == -EPERM ? " (flexd needs CAP_NET_ADMIN)" : "");
	plane->pair_made = true;
	return 0;
}

/*
 * fgp0: packets from clients and our own ESP come in here, so a source that is local is no martian;
 * nobody speaks ARP or ND with a worker. fgw0: the kernel itself never speaks there.
 */
static const struct {
	const char *path, *value;
} settings[] = {
	{ "net/ipv4/conf/" PLANE_PAIR_KERNEL "/accept_local", "1" },
	{ "net/ipv4/conf/" PLANE_PAIR_KERNEL "/rp_filter", "0" },
	{ "net/ipv4/conf/" PLANE_PAIR_KERNEL "/forwarding", "1" },
	{ "net/ipv4/conf/" PLANE_PAIR_KERNEL "/send_redirects", "0" },
	{ "net/ipv6/conf/" PLANE_PAIR_KERNEL "/addr_gen_mode", "1" },
	{ "net/ipv6/conf/" PLANE_PAIR_KERNEL "/accept_ra", "0" },
	{ "net/ipv6/conf/" PLANE_PAIR_KERNEL "/accept_dad", "0" },
	{ "net/ipv6/conf/" PLANE_PAIR_WORKER "/disable_ipv6", "1" },
};

static int configure(struct plane_error *error)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		int code = sysctl_write(settings[i].path, settings[i].value);

		if (code == -ENOENT && strncmp(settings[i].path, "net/ipv6", 8) == 0)
			continue; /* a kernel without IPv6 */
		if (code)
			return plane_fail(error, code, "cannot set %s to %s: %s", settings[i].path,
					  settings[i].value, strerror(-code));
	}
	/* A checksum left to the hardware would be left to nobody. */
	if (link_offloads_off(PLANE_PAIR_KERNEL) || link_offloads_off(PLANE_PAIR_WORKER))
		return plane_fail(error, -EIO,
				  "cannot switch off the offloads of " PLANE_PAIR_KERNEL
				  "/" PLANE_PAIR_WORKER);
	return 0;
}

static void warn_of_forwarding(const struct plane *plane)
{
	char path[96];

	if (sysctl_read("net/ipv4/conf/all/rp_filter") == 1)
		log_warn("plane", "net.ipv4.conf.all.rp_filter is 1: the kernel will refuse ESP "
				  "that leaves by the stack door; set it to 0 or 2");
	if (sysctl_read("net/ipv6/conf/all/forwarding") == 0)
		log_warn("plane", "IPv6 of clients is not routed: set "
				  "net.ipv6.conf.all.forwarding = 1");
	for (uint32_t i = 0; i < plane->ports; i++) {
		const struct plane_port *port = &plane->port[i];

		snprintf(path, sizeof(path), "net/ipv4/conf/%s/forwarding", port->link.name);
		if (port->inside && sysctl_read(path) == 0)
			log_warn("plane", "%s does not forward IPv4: set net.ipv4.ip_forward = 1",
				 port->link.name);
	}
}

/* Its program is attached before it is up: no packet may slip past. */
static int attach(struct plane *plane, struct plane_port *port, struct plane_error *error)
{
	struct link kernel;
	int code = link_read(plane->netlink, PLANE_PAIR_KERNEL, &kernel);

	if (!code)
		code = link_read(plane->netlink, PLANE_PAIR_WORKER, &port->link);
	if (code)
		return plane_fail(error, code, "the pair vanished: %s", strerror(-code));
	code = attach_port(plane, port, error);
	if (code)
		return code;
	plane->pair_ifindex = kernel.ifindex;
	code = link_up(plane->netlink, port->link.ifindex, IFF_UP | IFF_NOARP, IFF_MULTICAST);
	if (!code)
		code = link_up(plane->netlink, kernel.ifindex, IFF_UP | IFF_NOARP, IFF_MULTICAST);
	if (code)
		return plane_fail(error, code, "cannot bring the pair up: %s", strerror(-code));
	return 0;
}

int pair_make(struct plane *plane, struct plane_error *error)
{
	struct plane_port *port = &plane->port[plane->ports];
	int code = make(plane, error);

	if (code)
		return code;
	*port = (struct plane_port){ .number = plane->ports,
				     .pair = true,
				     .queues = plane->workers };
	plane->ports++;
	code = configure(error);
	if (!code)
		code = attach(plane, port, error);
	if (!code)
		warn_of_forwarding(plane);
	return code;
}

void pair_remove(struct plane *plane)
{
	int code = plane->pair_made ? link_delete(plane->netlink, PLANE_PAIR_KERNEL) : 0;

	if (code && code != -ENODEV)
		log_warn("plane", "cannot remove " PLANE_PAIR_KERNEL ": %s", strerror(-code));
	plane->pair_made = false;
}

void pair_remove_stale(struct plane *plane)
{
	if (link_delete(plane->netlink, PLANE_PAIR_KERNEL) == 0)
		log_info("plane", "removed the pair of an earlier flexd");
}

const uint8_t *pair_mac(void)
{
	return kernel_mac;
}
