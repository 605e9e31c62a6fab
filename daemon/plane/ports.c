// SPDX-License-Identifier: BSD-2-Clause
/* The devices of the configuration as ports, and what a device may not be. */
#include "core/log.h"
#include "plane/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int check_device(const struct plane_port *port, struct plane_error *error)
{
	const struct link *link = &port->link;

	if (!link->ethernet)
		return plane_fail(error, -EINVAL, "%s is not an Ethernet device", link->name);
	if (link->mtu > PLANE_MTU_MAX)
		return plane_fail(error, -EMSGSIZE,
				  "%s has MTU %u, but an AF_XDP frame takes %d at most: lower it "
				  "(ip link set %s mtu %d)",
				  link->name, link->mtu, PLANE_MTU_MAX, link->name, PLANE_MTU_MAX);
	if (port->queues > FG_QUEUES)
		return plane_fail(error, -EINVAL,
				  "%s has %u receive queues, at most %d are served: lower them "
				  "(ethtool -L %s combined %d)",
				  link->name, port->queues, FG_QUEUES, link->name, FG_QUEUES);
	if (!(link->flags & IFF_UP))
		log_warn("plane", "%s is down: nothing passes until it is up", link->name);
	return 0;
}

static int add_port(struct plane *plane, const char *name, bool outside, struct plane_error *error)
{
	struct plane_port *port;
	int code;

	for (uint32_t i = 0; i < plane->ports; i++) {
		port = &plane->port[i];
		if (strcmp(port->link.name, name) == 0) {
			port->outside |= outside;
			port->inside |= !outside;
			return 0;
		}
	}
	if (plane->ports == FG_PORTS - 1)
		return plane_fail(error, -EINVAL, "more than %d devices: %s is one too many",
				  FG_PORTS - 1, name);
	port = &plane->port[plane->ports];
	*port = (struct plane_port){ .number = plane->ports,
				     .outside = outside,
				     .inside = !outside };
	code = link_read(plane->netlink, name, &port->link);
	if (code == -ENODEV)
		return plane_fail(error, code, "there is no device %s (%s in [gateway])", name,
				  outside ? "outside" : "inside");
	if (code)
		return plane_fail(error, code, "cannot ask for device %s: %s", name,
				  strerror(-code));
	port->queues = link_queues(name);
	plane->ports++;
	return check_device(port, error);
}

/* One worker per queue of the busiest device unless the configuration says otherwise. */
static uint32_t choose_workers(const struct plane *plane)
{
	uint32_t n = plane->conf->gateway.workers;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!n) {
		for (uint32_t i = 0; i < plane->ports; i++) {
			if (plane->port[i].queues > n)
				n = plane->port[i].queues;
		}
		if (cpus > 0 && n > (uint32_t)cpus)
			n = (uint32_t)cpus;
	}
	return n > MSG_WORKERS_MAX ? MSG_WORKERS_MAX : n ? n : 1;
}

int ports_find(struct plane *plane, struct plane_error *error)
{
	const struct conf_gateway *gateway = &plane->conf->gateway;
	int code = 0;

	for (size_t i = 0; !code && i < gateway->outside_count; i++)
		code = add_port(plane, gateway->outside[i], true, error);
	for (size_t i = 0; !code && i < gateway->inside_count; i++)
		code = add_port(plane, gateway->inside[i], false, error);
	plane->workers = choose_workers(plane);
	return code;
}

const struct plane_port *ports_by_ifindex(const struct plane *plane, uint32_t ifindex)
{
	for (uint32_t i = 0; i < plane->ports; i++) {
		if (plane->port[i].link.ifindex == ifindex)
			return &plane->port[i];
	}
	return NULL;
}
