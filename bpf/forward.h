/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The steps of a clear-text packet towards a client: on an inside device, on the outside device
 * when that is an inside one too, and on fgw0, where the kernel's routes have already chosen.
 */
#ifndef BPF_FORWARD_H
#define BPF_FORWARD_H

#include "policy.h"
#include "session.h"

/* Behind Ethernet and up to FG_VLAN_TAGS tags. 0: no IP there. */
FG_INLINE __u32 fg_frame_l3(const __u8 *data, const __u8 *end)
{
	const struct fg_eth_header *eth = (const void *)data;
	__u32 at = sizeof(*eth);
	__be16 type;
	int i;

	if (data + sizeof(*eth) > end)
		return 0;
	type = eth->type;
#pragma unroll
	for (i = 0; i < FG_VLAN_TAGS; i++) {
		const struct fg_vlan_header *vlan = (const void *)(data + at);

		if (type != fg_be16(FG_ETH_VLAN) && type != fg_be16(FG_ETH_QINQ))
			break;
		if (data + at + sizeof(*vlan) > end)
			return 0;
		type = vlan->type;
		at += sizeof(*vlan);
	}
	return type == fg_be16(FG_ETH_IP4) || type == fg_be16(FG_ETH_IP6) ? at : 0;
}

/* The kernel's business: not unicast to this device, or options that every router must read. */
FG_INLINE bool fg_for_kernel(const __u8 *data, const struct fg_packet *p)
{
	const struct fg_conf *conf = fg_conf_get();
	int i;

	if (!conf || !(conf->flags & FG_CONF_FAST_DOOR) || data + 6 > p->end)
		return true;
	for (i = 0; i < 6; i++) {
		if (data[i] != fg_mac[i])
			return true;
	}
	if (p->version == 4)
		return p->ip + 1 > p->end || (p->ip[0] & 0x0f) != 5;
	return p->ip + 7 > p->end || p->ip[6] == FG_PROTO_HOP_BY_HOP;
}

FG_INLINE int fg_forward_refused(struct xdp_md *ctx, __u32 session, __u32 reason)
{
	return fg_drop_packet(ctx, session, reason, false);
}

/* A parsed packet to its session's worker; XDP_PASS: not for a client, or the kernel must answer. */
FG_INLINE int fg_forward(struct xdp_md *ctx, struct fg_packet *p, __u32 l3)
{
	const struct fg_session *s;
	struct fg_meta meta = {};
	__u32 reason;

	if (!fg_pair && fg_for_kernel((void *)(long)ctx->data, p))
		return XDP_PASS;
	if (!fg_session_of_dst(p, &meta.session))
		return fg_pair ? fg_forward_refused(ctx, 0, FG_DROP_no_session) : XDP_PASS;
	if (!fg_pair && meta.session == FG_ROUTE_KERNEL)
		return XDP_PASS;
	s = bpf_map_lookup_elem(&fg_session, &meta.session);
	if (!meta.session || !s || s->state == FG_SESSION_FREE)
		return fg_forward_refused(ctx, 0, FG_DROP_no_session);
	if (s->state != FG_SESSION_UP)
		return fg_forward_refused(ctx, meta.session, FG_DROP_session_down);
	reason = fg_policy_to_client(p, s);
	if (reason == FG_DROP_too_big && !fg_pair)
		return XDP_PASS; /* the route's MTU makes the kernel say so to the sender */
	if (reason)
		return fg_forward_refused(ctx, meta.session, reason);
	if (!fg_pair && !fg_packet_hop(p))
		return XDP_PASS;
	meta.l3 = (__u16)l3;
	if (fg_to_worker(ctx, &meta) != XDP_REDIRECT)
		return fg_forward_refused(ctx, meta.session, FG_DROP_no_worker);
	fg_count_to_client(meta.session, p->length);
	return XDP_REDIRECT;
}

#endif
