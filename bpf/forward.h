/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The steps of a clear-text packet towards a client: on an inside device, on the outside device
 * when that is an inside one too, and on fgw0, where the kernel's routes have already chosen.
 */
#ifndef BPF_FORWARD_H
#define BPF_FORWARD_H

#include "session.h"

#define FG_MSS_SEGMENT(p, limit) fg_mss_call(p, limit)
FG_INLINE void fg_mss_call(struct fg_packet *p, __u16 limit);

#include "policy.h"

/*
 * The walk over TCP options begins anew from offsets, as a global function: inlined it would be
 * verified once for each way that leads to it, beyond the verifier's limit.
 */
__attribute__((noinline)) int fg_mss_frame(struct xdp_md *ctx, __u32 at, __u32 room, __u32 limit)
{
	__u8 *data = (void *)(long)ctx->data;
	__u8 *end = (void *)(long)ctx->data_end;

	if (at > 0x3fff)
		return 0;
	fg_mss_segment(data + at, end, room, (__u16)limit);
	return 0;
}

FG_INLINE void fg_mss_call(struct fg_packet *p, __u16 limit)
{
	struct xdp_md *ctx = p->context;

	fg_mss_frame(ctx, p->l3 + p->l4, p->length - p->l4, limit);
	/* Kernels before 6.13 forget what is known of packet pointers in such a call. */
	p->ip = (__u8 *)(long)ctx->data + p->l3;
	p->end = (void *)(long)ctx->data_end;
}

/* Find the IP packet behind Ethernet and up to FG_VLAN_TAGS tags. False: there is none. */
FG_INLINE bool fg_frame_parse(struct xdp_md *ctx, struct fg_packet *p)
{
	__u8 *data = (void *)(long)ctx->data;
	const struct fg_eth_header *eth = (const void *)data;
	__u32 at = sizeof(*eth);
	__be16 type;
	int i;

	p->context = ctx;
	p->end = (void *)(long)ctx->data_end;
	if (data + sizeof(*eth) > p->end)
		return false;
	type = eth->type;
#pragma unroll
	for (i = 0; i < FG_VLAN_TAGS; i++) {
		const struct fg_vlan_header *vlan = (const void *)(data + at);

		if (type != fg_be16(FG_ETH_VLAN) && type != fg_be16(FG_ETH_QINQ))
			break;
		if (data + at + sizeof(*vlan) > p->end)
			return false;
		type = vlan->type;
		at += sizeof(*vlan);
	}
	if (type != fg_be16(FG_ETH_IP4) && type != fg_be16(FG_ETH_IP6))
		return false;
	p->ip = data + at;
	p->l3 = (__u16)at;
	return fg_packet_parse(p);
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

/* What the kernel says to its neighbours at fgp0, such as MLD reports: there are none. */
FG_INLINE bool fg_group_frame(const __u8 *data, const __u8 *end)
{
	return data + 1 <= end && data[0] & 1;
}

FG_INLINE int fg_refused(struct xdp_md *ctx, __u32 session, __u32 reason)
{
	return fg_drop_packet(ctx, session, reason, false);
}

/* A parsed packet to its session's worker; XDP_PASS: not for a client, or the kernel must answer.
 */
FG_INLINE int fg_forward(struct xdp_md *ctx, struct fg_packet *p)
{
	const struct fg_session *s;
	struct fg_meta meta = {};
	__u32 reason;

	if (!fg_pair && fg_for_kernel((void *)(long)ctx->data, p))
		return XDP_PASS;
	if (fg_pair && fg_group_frame((void *)(long)ctx->data, p->end))
		return fg_refused(ctx, 0, FG_DROP_multicast);
	if (!fg_session_of_dst(p, &meta.session))
		return fg_pair ? fg_refused(ctx, 0, FG_DROP_no_session) : XDP_PASS;
	if (!fg_pair && meta.session == FG_ROUTE_KERNEL)
		return XDP_PASS;
	s = bpf_map_lookup_elem(&fg_session, &meta.session);
	if (!meta.session || !s || s->state == FG_SESSION_FREE)
		return fg_refused(ctx, 0, FG_DROP_no_session);
	if (s->state != FG_SESSION_UP)
		return fg_refused(ctx, meta.session, FG_DROP_session_down);
	reason = fg_policy_to_client(p, s);
	if (reason == FG_DROP_too_big && !fg_pair)
		return XDP_PASS; /* the route's MTU makes the kernel say so to the sender */
	if (reason)
		return fg_refused(ctx, meta.session, reason);
	if (!fg_pair && !fg_packet_hop(p))
		return XDP_PASS;
	meta.l3 = p->l3;
	reason = fg_to_worker(ctx, &meta);
	if (reason)
		return fg_refused(ctx, meta.session, reason);
	fg_count_to_client(meta.session, p->length);
	return XDP_REDIRECT;
}

#endif
