// SPDX-License-Identifier: BSD-2-Clause
/* What others may know of the plane: the workers' start, and the rows of `flexctl show plane`. */
#include "plane/internal.h"

#include <stdio.h>
#include <string.h>

void plane_worker_start(const struct plane *plane, struct msg_worker_start *start)
{
	const struct conf_gateway *gateway = &plane->conf->gateway;

	memset(start, 0, sizeof(*start));
	snprintf(start->bpf_directory, sizeof(start->bpf_directory), "%s", plane->pins);
	snprintf(start->user, sizeof(start->user), "%s", gateway->user_worker);
	snprintf(start->run_directory, sizeof(start->run_directory), "%s", gateway->run_directory);
	start->workers = plane->workers;
	start->sessions = plane->sessions;
	start->sas = plane->sas;
	start->selectors = plane->selectors;
	start->crypto = (uint32_t)gateway->crypto;
	start->port_count = plane->ports;
	for (uint32_t i = 0; i < plane->ports; i++) {
		const struct plane_port *port = &plane->port[i];

		start->ports[i].port = port->number;
		start->ports[i].ifindex = port->link.ifindex;
		snprintf(start->ports[i].name, sizeof(start->ports[i].name), "%s", port->link.name);
		start->ports[i].queues = port->queues;
		start->ports[i].native = port->mode == XDP_MODE_NATIVE;
		start->ports[i].pair = port->pair;
		if (port->pair)
			memcpy(start->ports[i].pair_mac, pair_mac(), 6);
	}
}

static const char *role_of(const struct plane_port *port)
{
	if (port->pair)
		return "pair";
	if (port->outside && port->inside)
		return "outside+inside";
	return port->outside ? "outside" : "inside";
}

static const char *guard_of(const struct plane *plane, const struct plane_port *port)
{
	if (!port->outside)
		return NULL;
	return guard_answers(plane, port) ? "xdp" : "daemon";
}

size_t plane_ports(const struct plane *plane, struct plane_port_info *out, size_t cap)
{
	size_t n = 0;

	for (; n < plane->ports && n < cap; n++) {
		const struct plane_port *port = &plane->port[n];

		out[n] = (struct plane_port_info){
			.role = role_of(port),
			.mode = port->mode == XDP_MODE_SKB ? "generic" : "native",
			.guard = guard_of(plane, port),
			.port = port->number,
			.ifindex = port->link.ifindex,
			.queues = port->queues,
			.mtu = port->link.mtu,
		};
		snprintf(out[n].name, sizeof(out[n].name), "%s", port->link.name);
	}
	return n;
}

void plane_info(const struct plane *plane, struct plane_info *out)
{
	const struct fg_conf *conf = plane_fg_conf(plane);
	const char *generic = NULL;

	memset(out, 0, sizeof(*out));
	out->abi = FG_ABI;
	out->sessions_max = plane->sessions - 1;
	out->sas_max = plane->sas - 1;
	out->sas_used = plane->sas_used;
	out->hops_used = hop_table_used(&plane->hops, conf->hop_generation);
	out->routes = (uint32_t)plane->routes;
	out->fast_door = conf->flags & FG_CONF_FAST_DOOR;
	snprintf(out->pin_directory, sizeof(out->pin_directory), "%s", plane->pins);
	for (uint32_t i = 0; i < plane->ports; i++) {
		if (plane->port[i].mode == XDP_MODE_SKB)
			generic = plane->port[i].link.name;
	}
	if (!generic)
		snprintf(out->reason, sizeof(out->reason), "afxdp, native on every device");
	else
		snprintf(out->reason, sizeof(out->reason), "afxdp, generic (slower) on %s: %s",
			 generic,
			 plane->conf->gateway.xdp_mode == CONF_XDP_GENERIC
				 ? "xdp-mode is generic"
				 : "its driver has no XDP");
}
