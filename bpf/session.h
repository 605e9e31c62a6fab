/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From a packet to its SA and session, and from there to the worker. */
#ifndef BPF_SESSION_H
#define BPF_SESSION_H

#include "count.h"

FG_INLINE struct fg_ip fg_dst(const struct fg_packet *p)
{
	struct fg_ip ip = {};

	if (p->version == 4) {
		const struct fg_ip4_header *h = (const struct fg_ip4_header *)p->ip;

		if (p->ip + sizeof(*h) <= p->end) {
			ip.w[2] = fg_be32(0xffff);
			ip.w[3] = h->dst;
		}
	} else {
		const struct fg_ip6_header *h = (const struct fg_ip6_header *)p->ip;

		if (p->ip + sizeof(*h) <= p->end) {
			ip.w[0] = h->dst[0];
			ip.w[1] = h->dst[1];
			ip.w[2] = h->dst[2];
			ip.w[3] = h->dst[3];
		}
	}
	return ip;
}

FG_INLINE bool fg_ip_same(const struct fg_ip *a, const struct fg_ip *b)
{
	return a->w[0] == b->w[0] && a->w[1] == b->w[1] && a->w[2] == b->w[2] && a->w[3] == b->w[3];
}

FG_INLINE const struct fg_conf *fg_conf_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&fg_conf, &zero);
}

/* Is this one of the addresses that clients reach us by? */
FG_INLINE bool fg_is_local(const struct fg_ip *ip)
{
	const struct fg_conf *conf = fg_conf_get();
	int i;

	if (!conf)
		return false;
	for (i = 0; i < FG_LOCALS; i++) {
		if ((__u32)i >= conf->local_count)
			return false;
		if (fg_ip_same(&conf->local[i], ip))
			return true;
	}
	return false;
}

/* SPIs are ours: the low bits are the row. */
FG_INLINE const struct fg_sa *fg_sa_by_spi(__be32 spi, __u32 *row)
{
	const struct fg_sa *sa;

	*row = fg_host32(spi) & fg_sa_mask;
	sa = bpf_map_lookup_elem(&fg_sa, row);
	if (!sa || sa->state != FG_SA_IN || sa->spi != spi)
		return NULL;
	return sa;
}

/* Host entry before prefix: a look-up in the trie costs many times one in the hash. False: neither
 * a session nor a pool. *id 0: in a pool, but nobody holds it; FG_ROUTE_KERNEL: the gateway's. */
FG_INLINE bool fg_session_of_dst(const struct fg_packet *p, __u32 *id)
{
	const __u32 *hit;

	if (p->version == 4) {
		const struct fg_ip4_header *h = (const struct fg_ip4_header *)p->ip;
		struct fg_route4_key key = { .prefixlen = 32 };

		if (p->ip + sizeof(*h) > p->end)
			return false;
		key.addr = h->dst;
		hit = bpf_map_lookup_elem(&fg_host4, &key.addr);
		if (!hit)
			hit = bpf_map_lookup_elem(&fg_route4, &key);
	} else {
		struct fg_route6_key key = { .prefixlen = 128 };

		key.addr = fg_dst(p);
		hit = bpf_map_lookup_elem(&fg_host6, &key.addr);
		if (!hit)
			hit = bpf_map_lookup_elem(&fg_route6, &key);
	}
	if (hit)
		*id = *hit;
	return hit != NULL;
}

/* To the worker that serves the queue on which the packet came. FG_DROP_NONE: XDP_REDIRECT is the
 * verdict. */
FG_INLINE enum fg_drop_reason fg_to_worker(struct xdp_md *ctx, const struct fg_meta *meta)
{
	__u32 key = fg_port * FG_QUEUES + ctx->rx_queue_index;
	struct fg_meta *m;

	if (ctx->rx_queue_index >= FG_QUEUES)
		return FG_DROP_no_worker;
	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*m)))
		return FG_DROP_no_metadata;
	m = (void *)(long)ctx->data_meta;
	if ((void *)(m + 1) > (void *)(long)ctx->data)
		return FG_DROP_no_metadata;
	*m = *meta;
	return bpf_redirect_map(&fg_xsk, key, XDP_DROP) == XDP_REDIRECT ? FG_DROP_NONE
									: FG_DROP_no_worker;
}

#endif
