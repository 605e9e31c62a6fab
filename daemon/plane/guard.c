// SPDX-License-Identifier: BSD-2-Clause
/* The map fg_gate, from the configuration, from ike's word, and from the clock of the secrets. */
#include "core/clock.h"
#include "core/log.h"
#include "plane/internal.h"

#include <bpf/bpf.h>
#include <stdlib.h>

enum { SECOND_NS = 1000000000 };

static uint64_t cost(uint32_t per_second)
{
	return per_second ? SECOND_NS / per_second : 0;
}

void guard_write_conf(struct plane *plane)
{
	const struct conf_gateway *gateway = &plane->conf->gateway;
	struct fg_gate *gate = plane_fg_gate(plane);
	uint32_t flags = 0;

	if (gateway->flood_guard != CONF_GUARD_DAEMON)
		flags |= FG_GATE_GUARD;
	if (gateway->cookie_challenge == CONF_COOKIE_ALWAYS)
		flags |= FG_GATE_ALWAYS;
	if (gateway->cookie_challenge == CONF_COOKIE_NEVER)
		flags |= FG_GATE_NEVER;
	gate->source_cost_ns = cost(gateway->init_rate_source);
	gate->all_cost_ns = cost(gateway->init_rate);
	__atomic_store_n(&gate->flags, flags, __ATOMIC_RELEASE);
}

/*
 * A frame that XDP sends from a veth arrives only while the other end has an XDP program, too,
 * which is another namespace's affair; else it is lost without a trace, and the client locked out.
 */
bool guard_answers(const struct plane *plane, const struct plane_port *port)
{
	switch (plane->conf->gateway.flood_guard) {
	case CONF_GUARD_XDP:
		return true;
	case CONF_GUARD_DAEMON:
		return false;
	default:
		return !port->link.veth || plane->conf->gateway.xdp_mode == CONF_XDP_GENERIC;
	}
}

/* A program that reads meanwhile finds one of the two keys that are good, or a wrong MAC, which
 * costs its client one more round. */
void plane_guard_secrets(struct plane *plane, const struct fg_cookie_secrets *secrets)
{
	struct fg_cookie_secrets *to = &plane_fg_gate(plane)->secrets;

	for (size_t i = 0; i < sizeof(to->key) / sizeof(to->key[0]); i++)
		for (size_t k = 0; k < sizeof(to->key[0]) / sizeof(to->key[0][0]); k++)
			__atomic_store_n(&to->key[i][k], secrets->key[i][k], __ATOMIC_RELAXED);
	__atomic_store_n(&to->slot, secrets->slot, __ATOMIC_RELEASE);
}

void plane_guard_demand(struct plane *plane, uint32_t ms)
{
	__u64 *until = &plane_fg_gate(plane)->demand_until_ns;
	uint64_t wanted = clock_ns() + (uint64_t)ms * 1000000;

	if (__atomic_load_n(until, __ATOMIC_RELAXED) < wanted)
		__atomic_store_n(until, wanted, __ATOMIC_RELAXED);
}

void plane_guard(const struct plane *plane, struct plane_guard *guard)
{
	const struct fg_gate *gate = plane_fg_gate(plane);
	struct fg_guard_count *cpu = calloc((size_t)plane->cpus, sizeof(*cpu));
	uint32_t zero = 0;

	*guard = (struct plane_guard){
		.demanded = !(gate->flags & FG_GATE_NEVER) &&
			    (gate->flags & FG_GATE_ALWAYS ||
			     clock_ns() <
				     __atomic_load_n(&gate->demand_until_ns, __ATOMIC_RELAXED)),
	};
	if (cpu && bpf_map_lookup_elem(plane->fd[PLANE_fg_guard_count], &zero, cpu) == 0) {
		for (int i = 0; i < plane->cpus; i++) {
			guard->requests += cpu[i].requests;
			guard->cookies_sent += cpu[i].cookies_sent;
			guard->cookies_accepted += cpu[i].cookies_accepted;
			guard->cookies_wrong += cpu[i].cookies_wrong;
		}
	}
	free(cpu);
}
