/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What may open an IKE SA. Only a message without a responder SPI is looked at: what belongs to an
 * IKE SA, established or half-open, passes untouched.
 *
 * A source address is only a claim until a cookie came back from it, so there are two purses.
 *
 *  - Strangers (no cookie, or a wrong one) pay from theirs while nothing is amiss. Who cannot pay,
 *    or whoever comes while a cookie is demanded, is not dropped but asked for one: whoever claims
 *    your address can make you pay one round trip, never keep you out. Only when the purse of all
 *    strangers is empty a cookie is demanded from everybody, for some seconds: one attacker with
 *    one address does not make others pay even that.
 *  - The proven pay per source, per prefix and together, and are dropped when they cannot: they
 *    are who they say, and repeat their request. Clients behind one address (carrier NAT, a load
 *    balancer) share its purse, which is therefore large; nobody else can empty it.
 *
 * XDP begins to demand by itself, because a flood that it lets through until ike has had its turn,
 * has counted, told flexd and flexd has written the map, is in the socket's queue by then, in front
 * of the clients. ike's word comes on top: it knows what half-open IKE SAs there are.
 *
 * An answer is never longer than what asked for it. Fragments of IP have no look into them and are
 * the kernel's; what it puts together is challenged by ike. So is an IKE_SA_INIT whose nonce stands
 * too far back, at the rate of strangers.
 */
#ifndef BPF_GUARD_H
#define BPF_GUARD_H

#include "session.h"

/* from: the XDP context; at: bytes from the frame's begin. What cannot be read stays 0. */
#define FG_COOKIE_LOAD(from, at, to, n) bpf_xdp_load_bytes((struct xdp_md *)(from), at, to, n)
#include "cookie.h"

#define FG_SECOND_NS 1000000000ull
#define FG_DEMAND_NS (10 * FG_SECOND_NS) /* how long a cookie is demanded after a reason for it */

enum {
	FG_PREFIX_SHARE = 4, /* a prefix has the rate of so many sources */
	FG_OUTER_TTL = 64,
};

/* Where the parts of a datagram to port 500 or 4500 are, in bytes from the frame's begin. */
struct fg_datagram {
	__u32 l3, udp, ike;
	__u32 length; /* of the IKE message */
	__u32 v6;
};

/*
 * A purse holds a second's worth. Two CPUs that pay at once may pay once: it is a limit, not an
 * account.
 */
FG_INLINE bool fg_pay(__u64 *paid_until, __u64 now, __u64 cost)
{
	__u64 from = *paid_until > now ? *paid_until : now;

	if (from - now + cost > FG_SECOND_NS)
		return false;
	*paid_until = from + cost;
	return true;
}

FG_INLINE bool fg_pay_row(const struct fg_guard_key *key, __u64 now, __u64 cost)
{
	struct fg_guard *row = bpf_map_lookup_elem(&fg_guard, key);
	struct fg_guard fresh = { .paid_until_ns = now + cost };

	if (row)
		return fg_pay(&row->paid_until_ns, now, cost);
	bpf_map_update_elem(&fg_guard, key, &fresh, BPF_ANY);
	return true;
}

/* Its source, then its prefix. */
FG_INLINE bool fg_pay_source(const struct fg_init *init, bool v6, bool proven, __u64 now,
			     __u64 cost)
{
	struct fg_guard_key key = { .prefix = init->ip, .len = 32, .proven = proven };

	if (!cost)
		return true;
	if (v6) {
		key.prefix.w[2] = key.prefix.w[3] = 0;
		key.len = 64;
	}
	if (!fg_pay_row(&key, now, cost))
		return false;
	if (v6) {
		key.prefix.w[1] &= fg_be32(0xffff0000);
		key.len = 48;
	} else {
		key.prefix.w[3] &= fg_be32(0xffffff00);
		key.len = 24;
	}
	return fg_pay_row(&key, now, cost / FG_PREFIX_SHARE);
}

/* Global, so that its loop is verified once. */
__attribute__((noinline)) __u64 fg_guard_mac(struct xdp_md *ctx, const struct fg_init *init,
					     __u32 slot, __u32 ike)
{
	__u32 zero = 0;
	const struct fg_gate *gate = bpf_map_lookup_elem(&fg_gate, &zero);

	if (!gate || !init)
		return 0;
	return fg_cookie_mac(gate->secrets.key[slot & 1], init, fg_be32(slot), ctx,
			     ike + init->ni_at);
}

FG_INLINE bool fg_guard_proven(struct xdp_md *ctx, const struct fg_gate *gate,
			       struct fg_guard_count *count, const struct fg_init *init, __u32 ike)
{
	if (!init->cookie)
		return false;
	if (fg_cookie_slot_ok(&gate->secrets, init->slot) &&
	    fg_cookie_same(init, fg_guard_mac(ctx, init, fg_host32(init->slot), ike))) {
		count->cookies_accepted++;
		return true;
	}
	count->cookies_wrong++;
	return false;
}

/* --- the answer, made of the request in place --- */

FG_INLINE __u32 fg_sum(__u32 sum, const __u8 *p, __u32 bytes)
{
	__u32 i;

#pragma unroll
	for (i = 0; i < bytes; i += 2)
		sum += fg_get16(p + i);
	return sum;
}

FG_INLINE __u16 fg_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* Addresses swapped, the rest as the kernel would send. Returns the sum over the addresses. */
FG_INLINE __u32 fg_answer_ip4(__u8 *ip, __u32 length)
{
	struct fg_ip4_header *h = (void *)ip;
	__be32 src = h->src;

	h->version_ihl = 0x45;
	h->tos = 0;
	h->length = fg_be16((__u16)length);
	h->id = 0;
	h->fragment = fg_be16(0x4000); /* do not fragment */
	h->ttl = FG_OUTER_TTL;
	h->checksum = 0;
	h->src = h->dst;
	h->dst = src;
	h->checksum = fg_be16(fg_fold(fg_sum(0, ip, sizeof(*h))));
	return fg_sum(0, ip + 12, 8);
}

FG_INLINE __u32 fg_answer_ip6(__u8 *ip, __u32 length)
{
	struct fg_ip6_header *h = (void *)ip;
	__be32 word;
	int i;

	h->version_class_flow = fg_be32(0x60000000);
	h->payload = fg_be16((__u16)(length - sizeof(*h)));
	h->hop_limit = FG_OUTER_TTL;
#pragma unroll
	for (i = 0; i < 4; i++) {
		word = h->src[i];
		h->src[i] = h->dst[i];
		h->dst[i] = word;
	}
	return fg_sum(0, ip + 8, 32);
}

/* A checksum also over IPv4: some firewalls want one. The marker is zero and adds nothing. */
FG_INLINE void fg_answer_udp(__u8 *udp, const __u8 *message, __u32 length, __u32 sum)
{
	struct fg_udp_header *h = (void *)udp;
	__be16 port = h->src;

	h->src = h->dst;
	h->dst = port;
	h->length = fg_be16((__u16)length);
	h->checksum = 0;
	sum += FG_PROTO_UDP + length;
	sum = fg_sum(sum, udp, sizeof(*h));
	sum = fg_sum(sum, message, sizeof(struct fg_cookie_answer));
	h->checksum = fg_be16(fg_fold(sum));
	if (!h->checksum)
		h->checksum = 0xffff;
}

FG_INLINE void fg_swap_mac(__u8 *eth)
{
	__u8 byte;
	int i;

#pragma unroll
	for (i = 0; i < 6; i++) {
		byte = eth[i];
		eth[i] = eth[6 + i];
		eth[6 + i] = byte;
	}
}

/* False, and nothing changed: the request is shorter than the answer would be. */
FG_INLINE bool fg_answer(struct xdp_md *ctx, const struct fg_datagram *d, __u32 slot, __u64 mac)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *ip = data + (d->l3 & 0xff), *udp = data + (d->udp & 0xff),
	     *m = data + (d->ike & 0xff);
	struct fg_cookie_answer *answer = (void *)m;
	__u32 size = d->ike - d->udp + (__u32)sizeof(*answer), sum;

	if (d->length < sizeof(*answer) || m + sizeof(*answer) > end ||
	    udp + sizeof(struct fg_udp_header) > end || data + 12 > end ||
	    ip + (d->v6 ? sizeof(struct fg_ip6_header) : sizeof(struct fg_ip4_header)) > end)
		return false;
	/* SPIs and message ID stay as they are: theirs, zero and zero. */
	answer->header.next = FG_IKE_NOTIFY;
	answer->header.version = FG_IKE_VERSION;
	answer->header.flags = FG_IKE_RESPONSE;
	answer->header.length = fg_be32(sizeof(*answer));
	fg_cookie_put(&answer->notify, fg_be32(slot), mac);
	sum = d->v6 ? fg_answer_ip6(ip, d->udp - d->l3 + size)
		    : fg_answer_ip4(ip, d->udp - d->l3 + size);
	fg_answer_udp(udp, m, size, sum);
	fg_swap_mac(data);
	size = d->ike + (__u32)sizeof(*answer);
	return bpf_xdp_adjust_tail(ctx, (int)(size - (__u32)bpf_xdp_get_buff_len(ctx))) == 0;
}

/* Options and extension headers would have to be answered too, and a group has no address to answer
 * from. */
FG_INLINE bool fg_can_answer(struct xdp_md *ctx, const struct fg_datagram *d)
{
	const __u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 plain = d->v6 ? sizeof(struct fg_ip6_header) : sizeof(struct fg_ip4_header);

	return fg_answers && d->udp - d->l3 == plain && data + 1 <= end && !(data[0] & 1);
}

/* --- the verdict --- */

/* A compiler may compare one copy of a number and add another, which the verifier knows nothing
 * about. This bound is on the copy that is used; mask: all ones below its top. */
FG_INLINE __u32 fg_bound(__u32 at, __u32 mask)
{
	__asm__ volatile("" : "+r"(at));
	return at & mask;
}

/* Which message it is and from whom; the address also of what cannot be read. */
FG_INLINE enum fg_init_kind fg_guard_read(struct xdp_md *ctx, __u32 l3, __u32 l4,
					  struct fg_datagram *d, struct fg_init *init)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *ip = data + l3, *udp = ip + l4;
	const struct fg_udp_header *h = (const void *)udp;
	__u32 marker, length;

	if (udp + sizeof(*h) > end || ip + sizeof(struct fg_ip4_header) > end)
		return FG_INIT_UNREADABLE;
	marker = h->dst == fg_be16(FG_NATT_PORT) ? FG_IKE_MARKER : 0;
	length = fg_host16(h->length);
	d->v6 = ip[0] >> 4 == 6;
	init->port = h->src;
	if (d->v6) {
		const struct fg_ip6_header *h6 = (const void *)ip;

		if (ip + sizeof(*h6) > end)
			return FG_INIT_UNREADABLE;
		init->ip.w[0] = h6->src[0];
		init->ip.w[1] = h6->src[1];
		init->ip.w[2] = h6->src[2];
		init->ip.w[3] = h6->src[3];
	} else {
		init->ip.w[2] = fg_be32(0xffff);
		init->ip.w[3] = ((const struct fg_ip4_header *)ip)->src;
	}
	if (length < sizeof(*h) + marker || udp + length > end)
		return FG_INIT_UNREADABLE;
	d->l3 = l3;
	d->udp = l3 + l4;
	d->ike = d->udp + (__u32)sizeof(*h) + marker;
	d->length = length - (__u32)sizeof(*h) - marker;
	return fg_init_read(data + d->ike, end, d->length, init);
}

FG_INLINE bool fg_demanded(const struct fg_gate *gate, __u64 now)
{
	return !(gate->flags & FG_GATE_NEVER) &&
	       (gate->flags & FG_GATE_ALWAYS || now < gate->demand_until_ns);
}

/*
 * Nothing is known of who sent it. True: to ike, as long as there is nothing amiss. What cannot be
 * read pays like the rest: one source with rubbish must not empty the purse of all.
 */
FG_INLINE bool fg_stranger_pays(struct fg_gate *gate, struct fg_guard_count *count,
				const struct fg_init *init, const struct fg_datagram *d, __u64 now)
{
	if (fg_demanded(gate, now))
		return false;
	if (!fg_pay_source(init, d->v6, false, now, gate->source_cost_ns))
		return false;
	if (fg_pay(&count->strangers_paid_until_ns, now, gate->all_cost_ns))
		return true;
	gate->demand_until_ns = now + FG_DEMAND_NS;
	return false;
}

/*
 * An IKE message for one of our addresses, in an IP packet l3 bytes into the frame and a datagram
 * l4 bytes into that. XDP_PASS: for ike; XDP_TX: the frame is our answer; XDP_DROP: counted by
 * name.
 */
__attribute__((noinline)) int fg_guard_ike(struct xdp_md *ctx, __u32 l3, __u32 l4)
{
	__u32 zero = 0, slot;
	struct fg_gate *gate = bpf_map_lookup_elem(&fg_gate, &zero);
	struct fg_guard_count *count = bpf_map_lookup_elem(&fg_guard_count, &zero);
	struct fg_datagram d = {};
	struct fg_init init = {};
	enum fg_init_kind kind;
	__u64 now;

	if (!gate || !count || !(gate->flags & FG_GATE_GUARD))
		return XDP_PASS;
	/* Nobody sends IKE behind so many extension headers but who wants to get past the guard. */
	if (l3 > 64 || l4 > 128)
		return fg_drop_packet(ctx, 0, FG_DROP_ike_unreadable, true);
	kind = fg_guard_read(ctx, fg_bound(l3, 0x7f), fg_bound(l4, 0xff), &d, &init);
	if (kind == FG_INIT_OTHER)
		return XDP_PASS;
	count->requests++;
	now = bpf_ktime_get_ns();
	if (kind == FG_INIT_READ && fg_guard_proven(ctx, gate, count, &init, d.ike)) {
		if (fg_pay_source(&init, d.v6, true, now, gate->source_cost_ns) &&
		    fg_pay(&count->proven_paid_until_ns, now, gate->all_cost_ns))
			return XDP_PASS;
		return fg_drop_packet(ctx, 0, FG_DROP_ike_rate, true);
	}
	if (fg_stranger_pays(gate, count, &init, &d, now))
		return XDP_PASS;
	if (gate->flags & FG_GATE_NEVER)
		return fg_drop_packet(ctx, 0, FG_DROP_ike_rate, true);
	if (kind == FG_INIT_UNREADABLE)
		return fg_drop_packet(ctx, 0, FG_DROP_ike_unreadable, true);
	if (kind == FG_INIT_ODD || !fg_can_answer(ctx, &d)) {
		if (fg_pay(&count->strangers_paid_until_ns, now, gate->all_cost_ns))
			return XDP_PASS;
		return fg_drop_packet(ctx, 0, FG_DROP_ike_rate, true);
	}
	slot = gate->secrets.slot;
	if (!fg_answer(ctx, &d, slot, fg_guard_mac(ctx, &init, slot, d.ike)))
		return fg_drop_packet(ctx, 0, FG_DROP_ike_unreadable, true);
	count->cookies_sent++;
	return XDP_TX;
}

#endif
