// SPDX-License-Identifier: BSD-2-Clause
#include "plane/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool link_parse(struct nlmsghdr *row, struct link *link)
{
	struct nlattr *at[IFLA_MAX + 1], *info_at[IFLA_INFO_MAX + 1], *xdp_at[IFLA_XDP_MAX + 1];
	const struct ifinfomsg *info;

	if (nlmsg_parse(row, sizeof(*info), at, IFLA_MAX, NULL) < 0 || !at[IFLA_IFNAME])
		return false;
	info = nlmsg_data(row);
	if (info->ifi_family != AF_UNSPEC)
		return false; /* a bridge's view of its port */
	*link = (struct link){ .ifindex = (uint32_t)info->ifi_index,
			       .flags = info->ifi_flags,
			       .ethernet = info->ifi_type == ARPHRD_ETHER };
	nla_strlcpy(link->name, at[IFLA_IFNAME], sizeof(link->name));
	if (at[IFLA_LINKINFO] &&
	    nla_parse_nested(info_at, IFLA_INFO_MAX, at[IFLA_LINKINFO], NULL) == 0 &&
	    info_at[IFLA_INFO_KIND])
		link->veth = nla_strcmp(info_at[IFLA_INFO_KIND], "veth") == 0;
	if (at[IFLA_XDP] && nla_parse_nested(xdp_at, IFLA_XDP_MAX, at[IFLA_XDP], NULL) == 0 &&
	    xdp_at[IFLA_XDP_ATTACHED])
		link->xdp = nla_get_u8(xdp_at[IFLA_XDP_ATTACHED]) != XDP_ATTACHED_NONE;
	if (at[IFLA_MTU] && nla_len(at[IFLA_MTU]) == 4)
		link->mtu = nla_get_u32(at[IFLA_MTU]);
	if (at[IFLA_ADDRESS] && nla_len(at[IFLA_ADDRESS]) == 6)
		memcpy(link->mac, nla_data(at[IFLA_ADDRESS]), 6);
	return true;
}

static void link_row(void *arg, struct nlmsghdr *row)
{
	link_parse(row, arg);
}

int link_read(struct nl_sock *netlink, const char *name, struct link *link)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = netlink_request(RTM_GETLINK, 0, &info, sizeof(info));
	int built = msg ? nla_put_string(msg, IFLA_IFNAME, name) : -1;
	int error;

	*link = (struct link){ 0 };
	error = netlink_do(netlink, msg, built, link_row, link);
	if (error)
		return error;
	return link->ifindex ? 0 : -ENODEV;
}

static int ethtool(const char *name, void *request)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ifr.ifr_data = request;
	result = ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
	close(fd);
	return result;
}

uint32_t link_queues(const char *name)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	uint32_t n;

	if (ethtool(name, &channels))
		return 1;
	n = channels.combined_count + channels.rx_count;
	return n ? n : 1;
}

int link_offloads_off(const char *name)
{
	static const uint32_t features[] = { ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO };

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		struct ethtool_value value = { .cmd = features[i], .data = 0 };
		int error = ethtool(name, &value);

		if (error && error != -EOPNOTSUPP)
			return error;
	}
	return 0;
}

int link_up(struct nl_sock *netlink, uint32_t ifindex, uint32_t set, uint32_t clear)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC,
				  .ifi_index = (int)ifindex,
				  .ifi_flags = set,
				  .ifi_change = set | clear };

	return netlink_do(netlink, netlink_request(RTM_NEWLINK, 0, &info, sizeof(info)), 0, NULL,
			  NULL);
}

int link_delete(struct nl_sock *netlink, const char *name)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = netlink_request(RTM_DELLINK, 0, &info, sizeof(info));

	return netlink_do(netlink, msg, msg ? nla_put_string(msg, IFLA_IFNAME, name) : -1, NULL,
			  NULL);
}

struct address_list {
	struct link_address *rows;
	size_t count, cap;
	int error;
};

static void address_row(void *arg, struct nlmsghdr *row)
{
	struct address_list *list = arg;
	struct nlattr *at[IFA_MAX + 1], *own;
	const struct ifaddrmsg *info;
	struct fg_ip ip;
	uint32_t flags;

	if (row->nlmsg_type != RTM_NEWADDR ||
	    nlmsg_parse(row, sizeof(*info), at, IFA_MAX, NULL) < 0)
		return;
	info = nlmsg_data(row);
	flags = at[IFA_FLAGS] && nla_len(at[IFA_FLAGS]) == 4 ? nla_get_u32(at[IFA_FLAGS])
							     : info->ifa_flags;
	/* IPv4 names its own end IFA_LOCAL; IPv6 only has IFA_LOCAL where there is a peer. */
	own = at[IFA_LOCAL] ? at[IFA_LOCAL] : at[IFA_ADDRESS];
	if (!own || !netlink_get_ip(own, info->ifa_family, &ip))
		return;
	if (list->count == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 32;
		void *rows = realloc(list->rows, cap * sizeof(*list->rows));

		if (!rows) {
			list->error = -ENOMEM;
			return;
		}
		list->rows = rows;
		list->cap = cap;
	}
	list->rows[list->count++] = (struct link_address){
		.ip = ip,
		.ifindex = info->ifa_index,
		.scope = info->ifa_scope,
		.tentative = flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED),
	};
}

int link_addresses(struct nl_sock *netlink, struct link_address **out, size_t *count)
{
	struct ifaddrmsg info = { .ifa_family = AF_UNSPEC };
	struct address_list list = { 0 };
	int error = netlink_do(netlink,
			       netlink_request(RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info)), 0,
			       address_row, &list);

	if (!error)
		error = list.error;
	if (error) {
		free(list.rows);
		return error;
	}
	*out = list.rows;
	*count = list.count;
	return 0;
}

static int sysctl_open(const char *path, int flags)
{
	char full[128];

	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	return open(full, flags | O_CLOEXEC);
}

int sysctl_write(const char *path, const char *value)
{
	int fd = sysctl_open(path, O_WRONLY), result = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		result = -errno;
	close(fd);
	return result;
}

int sysctl_read(const char *path)
{
	char text[32] = "";
	int fd = sysctl_open(path, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	return got > 0 ? atoi(text) : -1;
}
