/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network devices and their addresses, from rtnetlink and ethtool ioctls: /sys may show another
 * network namespace than the one this process is in.
 */
#ifndef PLANE_LINK_H
#define PLANE_LINK_H

#include "core/ip.h"
#include "plane/netlink.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct link {
	char name[IFNAMSIZ];
	uint32_t ifindex, mtu, flags; /* IFF_* */
	uint8_t mac[6];
	bool ethernet;
	bool veth;
	bool xdp; /* a program is attached */
};

struct link_address {
	struct fg_ip ip;
	uint32_t ifindex;
	uint8_t scope;  /* RT_SCOPE_* */
	bool tentative; /* IPv6: not yet known to be the only one */
};

/* Returns 0 or -errno; -ENODEV: there is no such device. */
int link_read(struct nl_sock *netlink, const char *name, struct link *link);
/* What an RTM_NEWLINK or RTM_DELLINK says. */
bool link_parse(struct nlmsghdr *row, struct link *link);
/* Receive queues in use; 1 when the driver does not say. */
uint32_t link_queues(const char *name);
/* Checksum and segmentation offload off: what leaves this device is complete. */
int link_offloads_off(const char *name);
int link_up(struct nl_sock *netlink, uint32_t ifindex, uint32_t set, uint32_t clear);
int link_delete(struct nl_sock *netlink, const char *name);
/* All addresses of all devices; the array is the caller's to free. */
int link_addresses(struct nl_sock *netlink, struct link_address **out, size_t *count);

/* A value below /proc/sys, which shows the namespace of the reading process. */
int sysctl_write(const char *path, const char *value);
/* -1 when there is none. */
int sysctl_read(const char *path);

#endif
