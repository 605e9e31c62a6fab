// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * XDP on outside devices: ESP and ESP in UDP of a session go to its worker; IKE, behind its guard,
 * and everything that is not ours stay with the kernel. What is addressed to us as ESP and fits no
 * SA is dropped here by name; what only passes through is none of our business.
 */
#include <linux/bpf.h>

#include "forward.h"
#include "guard.h"

enum fg_outer {
	FG_OUTER_OTHER,  /* not tunnel traffic */
	FG_OUTER_KERNEL, /* IKE */
	FG_OUTER_ESP,
	FG_OUTER_BAD, /* tunnel traffic to be dropped, unless it only passes through */
};

struct fg_tunnel {
	__u32 esp;    /* bytes from the IP header to the ESP header */
	__u32 reason; /* with FG_OUTER_BAD */
};

FG_INLINE enum fg_outer fg_outer_bad(struct fg_tunnel *t, __u32 reason)
{
	t->reason = reason;
	return FG_OUTER_BAD;
}

/* RFC 3948 2: what a datagram to port 4500 carries. */
FG_INLINE enum fg_outer fg_outer_udp(const struct fg_packet *p, struct fg_tunnel *t)
{
	const __u8 *udp = p->ip + p->l4;
	const struct fg_udp_header *h = (const void *)udp;
	__u32 length;

	if (p->fragment || p->l4 + sizeof(*h) > p->length || udp + sizeof(*h) > p->end)
		return FG_OUTER_OTHER;
	if (h->dst != fg_be16(FG_NATT_PORT))
		return h->dst == fg_be16(FG_IKE_PORT) ? FG_OUTER_KERNEL : FG_OUTER_OTHER;
	length = fg_host16(h->length);
	if (p->l4 + length > p->length)
		return fg_outer_bad(t, FG_DROP_malformed_outer);
	if (udp + sizeof(*h) + 1 > p->end)
		return fg_outer_bad(t, FG_DROP_malformed_outer);
	if (length == sizeof(*h) + 1 && udp[8] == 0xff)
		return fg_outer_bad(t, FG_DROP_nat_keepalive);
	if (length < sizeof(*h) + 4 || udp + sizeof(*h) + 4 > p->end)
		return fg_outer_bad(t, FG_DROP_malformed_outer);
	if (!(udp[8] | udp[9] | udp[10] | udp[11]))
		return FG_OUTER_KERNEL;
	if (length < sizeof(*h) + sizeof(struct fg_esp_header))
		return fg_outer_bad(t, FG_DROP_malformed_outer);
	t->esp = p->l4 + (__u32)sizeof(*h);
	return FG_OUTER_ESP;
}

FG_INLINE enum fg_outer fg_outer_of(const struct fg_packet *p, struct fg_tunnel *t)
{
	if (p->protocol == FG_PROTO_UDP)
		return fg_outer_udp(p, t);
	if (p->protocol != FG_PROTO_ESP)
		return FG_OUTER_OTHER;
	if (p->fragment)
		return fg_outer_bad(t, FG_DROP_outer_fragment);
	if (p->l4 + sizeof(struct fg_esp_header) > p->length)
		return fg_outer_bad(t, FG_DROP_malformed_outer);
	t->esp = p->l4;
	return FG_OUTER_ESP;
}

/* 0: to the worker. *session is set once known. */
FG_INLINE __u32 fg_outer_check(const struct fg_packet *p, const struct fg_tunnel *t,
			       const struct fg_ip *dst, struct fg_meta *meta)
{
	const struct fg_esp_header *esp = (const void *)(p->ip + t->esp);
	const struct fg_session *s;
	const struct fg_sa *sa;
	__u32 row, session;

	if ((const __u8 *)(esp + 1) > p->end)
		return FG_DROP_malformed_outer;
	sa = fg_sa_by_spi(esp->spi, &row);
	if (!sa)
		return FG_DROP_unknown_spi;
	session = sa->session;
	meta->sa = row;
	meta->sa_generation = sa->generation;
	s = bpf_map_lookup_elem(&fg_session, &session);
	if (!s)
		return FG_DROP_unknown_spi;
	meta->session = session;
	/* RFC 7296 2.23 has both encapsulations taken, RFC 4301 4.1 an SA known by its SPI; so any
	 * address of ours will do, and a client that moves (RFC 4555) loses nothing. */
	if (!fg_ip_same(&s->local, dst) && !fg_is_local(dst))
		return FG_DROP_unknown_spi;
	return s->state == FG_SESSION_UP ? FG_DROP_NONE : FG_DROP_session_down;
}

FG_INLINE int fg_other(struct xdp_md *ctx, struct fg_packet *p)
{
	return fg_inside_too ? fg_forward(ctx, p) : XDP_PASS;
}

SEC("xdp")
int fg_outside(struct xdp_md *ctx)
{
	struct fg_packet p = {};
	struct fg_tunnel tunnel = {};
	struct fg_meta meta = {};
	struct fg_ip dst;

	if (!fg_frame_parse(ctx, &p))
		return XDP_PASS;
	dst = fg_dst(&p);
	switch (fg_outer_of(&p, &tunnel)) {
	case FG_OUTER_OTHER:
		return fg_other(ctx, &p);
	case FG_OUTER_KERNEL:
		return fg_is_local(&dst) ? fg_guard_ike(ctx, p.l3, p.l4) : fg_other(ctx, &p);
	case FG_OUTER_ESP:
		tunnel.reason = fg_outer_check(&p, &tunnel, &dst, &meta);
		break;
	case FG_OUTER_BAD:
		break;
	}
	if (tunnel.reason) {
		if (!fg_is_local(&dst))
			return fg_other(ctx, &p);
		return fg_drop_packet(ctx, meta.session, tunnel.reason, true);
	}
	meta.l3 = p.l3;
	meta.esp = (__u16)(p.l3 + tunnel.esp);
	tunnel.reason = fg_to_worker(ctx, &meta);
	return tunnel.reason ? fg_drop_packet(ctx, meta.session, tunnel.reason, true)
			     : XDP_REDIRECT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
