/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a session may send and receive, in one source for both directions: compiled into XDP (to
 * the client) and into the worker (from the client). It sees the packet and the session's row and
 * nothing else; counting and the verdict are the caller's.
 *
 * A caller sets ip and end of a struct fg_packet, calls fg_packet_parse() (false: bad_inner), then
 * the policy. Answers are enum fg_drop_reason, FG_DROP_NONE: carry the packet.
 */
#ifndef BPF_POLICY_H
#define BPF_POLICY_H

#include "parse.h"

/* Lower the MSS value at `at` bytes into the TCP header; the checksum follows (RFC 9293 3.1). */
FG_INLINE void fg_mss_lower(__u8 *tcp, __u8 *value, bool odd, __u16 limit)
{
	__u16 mss = fg_get16(value);
	__u16 from = mss, to = limit;

	if (mss <= limit)
		return;
	fg_put16(value, limit);
	if (odd) { /* the two bytes belong to different words of the sum */
		from = __builtin_bswap16(from);
		to = __builtin_bswap16(to);
	}
	fg_put16(tcp + 16, fg_checksum_replace(fg_get16(tcp + 16), from, to));
}

/*
 * TCP options are kind, length, value; kinds 0 (end) and 1 (no operation) are one byte, RFC 9293
 * 3.1. A malformed list is left alone from the first bad option on: the receiver judges it.
 * Walks bytes, not options: so every pointer has a constant offset and the verifier few states.
 */
FG_INLINE void fg_mss_options(__u8 *tcp, __u8 *end, __u32 header, __u16 limit)
{
	__u32 at, next = 20;

	for (at = 20; at + 4 <= FG_TCP_HEADER_MAX; at++) {
		__u8 *o = tcp + at;

		if (at + 4 > header || o + 4 > end)
			return; /* no room for an MSS option any more */
		if (at != next)
			continue;
		if (o[0] == 0)
			return;
		if (o[0] == 1) {
			next = at + 1;
			continue;
		}
		if (o[1] < 2)
			return;
		if (o[0] == 2 && o[1] == 4)
			fg_mss_lower(tcp, o + 2, at & 1, limit);
		next = at + o[1];
	}
}

/* A TCP header at tcp, of which `room` bytes belong to the packet. */
FG_INLINE void fg_mss_segment(__u8 *tcp, __u8 *end, __u32 room, __u16 limit)
{
	__u32 header;

	if (room < 20 || tcp + 20 > end || !(tcp[13] & 0x02))
		return;
	header = (tcp[12] >> 4) * 4u;
	if (header <= room)
		fg_mss_options(tcp, end, header, limit);
}

/* A build may put fg_mss_segment() behind a call of its own (BPF: verified apart, bpf/forward.h).
 */
#ifndef FG_MSS_SEGMENT
#define FG_MSS_SEGMENT(p, limit)                                                                   \
	fg_mss_segment((p)->ip + (p)->l4, (p)->end, (p)->length - (p)->l4, limit)
#endif

/* "ip tcp adjust-mss": in both directions, on packets with SYN. */
FG_INLINE void fg_mss_clamp(struct fg_packet *p, const struct fg_session *s)
{
	__u16 limit = p->version == 4 ? s->mss4 : s->mss6;

	if (limit && p->protocol == FG_PROTO_TCP && !(p->fragment & FG_FRAGMENT_OFFSET))
		FG_MSS_SEGMENT(p, limit);
}

/* Does the inner source belong to the session? Link-local and unspecified addresses never do. */
FG_INLINE bool fg_source_ok(const struct fg_packet *p, const struct fg_session *s)
{
	if (p->version == 4) {
		const struct fg_ip4_header *h = (const struct fg_ip4_header *)p->ip;

		if (p->ip + sizeof(*h) > p->end)
			return false;
		return s->inner4 && h->src == s->inner4;
	} else {
		const struct fg_ip6_header *h = (const struct fg_ip6_header *)p->ip;
		const struct fg_ip *own = &s->inner6;

		if (p->ip + sizeof(*h) > p->end)
			return false;
		if (!(own->w[0] | own->w[1] | own->w[2] | own->w[3]))
			return false;
		return h->src[0] == own->w[0] && h->src[1] == own->w[1] && h->src[2] == own->w[2] &&
		       h->src[3] == own->w[3];
	}
}

/* A parsed packet for the client. too_big: the kernel can tell the sender, a worker cannot. */
FG_INLINE enum fg_drop_reason fg_policy_to_client(struct fg_packet *p, const struct fg_session *s)
{
	if (p->length > s->mtu)
		return FG_DROP_too_big;
	fg_mss_clamp(p, s);
	return FG_DROP_NONE;
}

/* A parsed packet from the client: authenticated, decrypted, nothing else is known of it. */
FG_INLINE enum fg_drop_reason fg_policy_from_client(struct fg_packet *p, const struct fg_session *s)
{
	if (!fg_source_ok(p, s))
		return FG_DROP_spoofed;
	fg_mss_clamp(p, s);
	return FG_DROP_NONE;
}

/*
 * Whoever forwards in place of the kernel lowers TTL or hop limit (RFC 1812 5.3.1). False and
 * nothing changed: it would reach 0, the kernel must answer.
 */
FG_INLINE bool fg_packet_hop(struct fg_packet *p)
{
	if (p->version == 4) {
		__u8 *h = p->ip;
		__u16 word;

		if (h + sizeof(struct fg_ip4_header) > p->end || h[8] <= 1)
			return false;
		word = fg_get16(h + 8);
		fg_put16(h + 10,
			 fg_checksum_replace(fg_get16(h + 10), word, (__u16)(word - 0x100)));
		h[8]--;
	} else {
		struct fg_ip6_header *h = (struct fg_ip6_header *)p->ip;

		if (p->ip + sizeof(*h) > p->end || h->hop_limit <= 1)
			return false;
		h->hop_limit--;
	}
	return true;
}

#endif
