// SPDX-License-Identifier: BSD-2-Clause
/* Addresses of the gateway: where clients reach it, and its own ones inside the pools' prefixes. */
#include "core/log.h"
#include "plane/internal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static bool is_outside(const struct plane *plane, uint32_t ifindex)
{
	const struct plane_port *port = ports_by_ifindex(plane, ifindex);

	return port && port->outside;
}

/* A worker or a program may look while the list is written: an address is complete before the count
 * covers it. False: it is the same list. */
static bool write_locals(struct plane *plane, const struct fg_ip *ip, size_t n)
{
	struct fg_conf *conf = plane_fg_conf(plane);

	if (conf->local_count == n && !memcmp(conf->local, ip, n * sizeof(*ip)))
		return false;
	if (conf->local_count > n)
		__atomic_store_n(&conf->local_count, (uint32_t)n, __ATOMIC_RELEASE);
	for (size_t i = 0; i < n; i++)
		conf->local[i] = ip[i];
	__atomic_store_n(&conf->local_count, (uint32_t)n, __ATOMIC_RELEASE);
	return true;
}

static void set_own(const struct plane *plane, const struct fg_ip *ip, bool add)
{
	struct fg_route4_key key4 = { .prefixlen = 32, .addr = ip_to4(ip) };
	struct fg_route6_key key6 = { .prefixlen = 128, .addr = *ip };
	int fd = plane->fd[ip_is4(ip) ? PLANE_fg_route4 : PLANE_fg_route6];
	const void *key = ip_is4(ip) ? (const void *)&key4 : &key6;
	uint32_t value = FG_ROUTE_KERNEL;

	if (add)
		bpf_map_update_elem(fd, key, &value, BPF_ANY);
	else
		bpf_map_delete_elem(fd, key);
}

static bool in_pool(const struct plane *plane, const struct fg_ip *ip)
{
	for (size_t i = 0; i < plane->routes; i++) {
		const struct conf_net *net = &plane->route[i].net;

		if (ip_is4(ip) == ip_is4(&net->ip) && ip_in_prefix(ip, &net->ip, net->len))
			return true;
	}
	return false;
}

static bool is_among(const struct fg_ip *ip, const struct fg_ip *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ip_equal(&list[i], ip))
			return true;
	return false;
}

/* What stays on the list is never off it: a packet would be dropped as for nobody. */
static void refresh_own(struct plane *plane, const struct link_address *all, size_t n)
{
	struct fg_ip own[PLANE_ROUTES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < n && count < PLANE_ROUTES_MAX; i++)
		if (in_pool(plane, &all[i].ip))
			own[count++] = all[i].ip;
	for (size_t i = 0; i < count; i++)
		set_own(plane, &own[i], true);
	for (size_t i = 0; i < plane->own_count; i++)
		if (!is_among(&plane->own[i], own, count))
			set_own(plane, &plane->own[i], false);
	memcpy(plane->own, own, count * sizeof(own[0]));
	plane->own_count = count;
}

/* What clients may be told: the kernel says once more when an address is no longer tentative. */
static size_t find_locals(const struct plane *plane, const struct link_address *all, size_t n,
			  struct fg_ip local[FG_LOCALS])
{
	const struct conf_gateway *gateway = &plane->conf->gateway;
	size_t count = 0;

	for (size_t i = 0; i < gateway->local_count && count < FG_LOCALS; i++)
		local[count++] = gateway->local[i];
	for (size_t i = 0; !gateway->local_count && i < n && count < FG_LOCALS; i++) {
		if (all[i].scope == RT_SCOPE_UNIVERSE && !all[i].tentative &&
		    is_outside(plane, all[i].ifindex))
			local[count++] = all[i].ip;
	}
	return count;
}

int local_refresh(struct plane *plane)
{
	struct fg_ip local[FG_LOCALS];
	struct link_address *all;
	size_t n, count;
	int code = link_addresses(plane->netlink, &all, &n);

	if (code)
		return code;
	count = find_locals(plane, all, n, local);
	if (write_locals(plane, local, count) && plane->locals_changed)
		plane->locals_changed(plane->locals_arg);
	if (!count)
		log_warn("plane", "no outside device has an address: no client can reach us");
	refresh_own(plane, all, n);
	free(all);
	return 0;
}

void local_follow(struct plane *plane)
{
	int code = local_refresh(plane);

	if (code)
		log_warn("plane", "cannot read the gateway's addresses, those known stay: %s",
			 strerror(-code));
}

void plane_on_locals(struct plane *plane, void (*changed)(void *arg), void *arg)
{
	plane->locals_changed = changed;
	plane->locals_arg = arg;
}

size_t plane_locals(const struct plane *plane, struct fg_ip *out, size_t cap)
{
	const struct fg_conf *conf = plane_fg_conf(plane);
	size_t n = conf->local_count < cap ? conf->local_count : cap;

	for (size_t i = 0; i < n; i++)
		out[i] = conf->local[i];
	return n;
}
