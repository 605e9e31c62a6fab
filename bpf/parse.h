/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Headers as they lie in a packet, and the one place that reads lengths out of them. Compiled into
 * the BPF programs and into the worker: plain C, bounded loops, every access behind a compare with
 * the end of the packet.
 *
 * The structs are aligned to 2: an IP header always begins at an even offset of its frame.
 */
#ifndef BPF_PARSE_H
#define BPF_PARSE_H

#include <flexgate/plane.h>
#include <stdbool.h>

#define FG_INLINE static inline __attribute__((always_inline))
#define FG_HEADER __attribute__((packed, aligned(2)))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define fg_be16(v) ((__be16)__builtin_bswap16((__u16)(v)))
#define fg_be32(v) ((__be32)__builtin_bswap32((__u32)(v)))
#else
#define fg_be16(v) ((__be16)(v))
#define fg_be32(v) ((__be32)(v))
#endif
#define fg_host16(v) ((__u16)fg_be16(v))
#define fg_host32(v) ((__u32)fg_be32(v))

enum {
	FG_ETH_IP4 = 0x0800,
	FG_ETH_IP6 = 0x86dd,
	FG_ETH_VLAN = 0x8100,
	FG_ETH_QINQ = 0x88a8,

	FG_PROTO_HOP_BY_HOP = 0,
	FG_PROTO_TCP = 6,
	FG_PROTO_UDP = 17,
	FG_PROTO_ROUTING = 43,
	FG_PROTO_FRAGMENT = 44,
	FG_PROTO_ESP = 50,
	FG_PROTO_DEST_OPTIONS = 60,

	FG_VLAN_TAGS = 2,       /* tags looked behind */
	FG_IP6_EXTENSIONS = 6,  /* extension headers looked behind */
	FG_TCP_HEADER_MAX = 60, /* with options */
};

struct fg_eth_header {
	__u8 dst[6], src[6];
	__be16 type;
} FG_HEADER;

struct fg_vlan_header {
	__be16 tag;
	__be16 type;
} FG_HEADER;

struct fg_ip4_header {
	__u8 version_ihl, tos;
	__be16 length, id, fragment;
	__u8 ttl, protocol;
	__be16 checksum;
	__be32 src, dst;
} FG_HEADER;

struct fg_ip6_header {
	__be32 version_class_flow;
	__be16 payload;
	__u8 next, hop_limit;
	__be32 src[4], dst[4];
} FG_HEADER;

struct fg_udp_header {
	__be16 src, dst, length, checksum;
} FG_HEADER;

struct fg_esp_header {
	__be32 spi, seq;
} FG_HEADER;

/* struct fg_packet's fragment, both families alike: 0 for a whole packet. */
enum {
	FG_FRAGMENT_NONE = 0,
	FG_FRAGMENT_MORE = 1,        /* more fragments follow */
	FG_FRAGMENT_OFFSET = 0xfff8, /* not 0: does not hold the upper header */
};

/* An IP packet; fg_packet_parse() fills everything from `length` on. */
struct fg_packet {
	__u8 *ip;       /* its IP header */
	__u8 *end;      /* one past the last byte that may be touched */
	void *context;  /* XDP only: struct xdp_md */
	__u16 l3;       /* XDP only: bytes from the frame to ip */
	__u32 length;   /* bytes from the IP header on, as the header says; within end */
	__u16 l4;       /* bytes from ip to what follows IP header and extensions */
	__u16 fragment; /* FG_FRAGMENT_*; the offset in bytes */
	__u8 version;   /* 4 or 6 */
	__u8 protocol;  /* of what stands at l4 */
};

/* RFC 791 3.1: header length, total length, fragment fields. */
FG_INLINE bool fg_parse_ip4(struct fg_packet *p)
{
	const struct fg_ip4_header *h = (const struct fg_ip4_header *)p->ip;
	__u32 header, length;
	__u16 fragment;

	if (p->ip + sizeof(*h) > p->end)
		return false;
	header = (h->version_ihl & 0x0fu) * 4;
	length = fg_host16(h->length);
	if (header < sizeof(*h) || length < header || p->ip + length > p->end)
		return false;
	fragment = fg_host16(h->fragment);
	p->length = length;
	p->l4 = (__u16)header;
	p->version = 4;
	p->protocol = h->protocol;
	p->fragment = (__u16)((fragment & 0x1fff) << 3 | (fragment >> 13 & 1));
	return true;
}

#define FG_IP6_EXTENSION_SET                                                                       \
	(1ull << FG_PROTO_HOP_BY_HOP | 1ull << FG_PROTO_ROUTING | 1ull << FG_PROTO_FRAGMENT |      \
	 1ull << FG_PROTO_DEST_OPTIONS)

/* One test instead of four: every branch in a loop multiplies what the verifier must walk. */
FG_INLINE bool fg_ip6_is_extension(__u8 next)
{
	return next < 64 && FG_IP6_EXTENSION_SET >> next & 1;
}

/*
 * RFC 8200 4: the payload length and up to FG_IP6_EXTENSIONS extension headers. A longer chain is
 * not an error: protocol is then the number of the first header that was not looked behind.
 */
FG_INLINE bool fg_parse_ip6(struct fg_packet *p)
{
	const struct fg_ip6_header *h = (const struct fg_ip6_header *)p->ip;
	__u32 at = sizeof(*h);
	__u8 next;
	int i;

	if (p->ip + sizeof(*h) > p->end)
		return false;
	p->length = (__u32)sizeof(*h) + fg_host16(h->payload);
	if (p->ip + p->length > p->end)
		return false;
	p->version = 6;
	p->fragment = 0;
	next = h->next;
	for (i = 0; i < FG_IP6_EXTENSIONS; i++) {
		const __u8 *e = p->ip + at;

		if (!fg_ip6_is_extension(next) || p->fragment & FG_FRAGMENT_OFFSET)
			break;
		if (at + 8 > p->length || e + 8 > p->end)
			return false;
		if (next == FG_PROTO_FRAGMENT) {
			p->fragment = (__u16)((e[2] << 8 | e[3]) &
					      (FG_FRAGMENT_OFFSET | FG_FRAGMENT_MORE));
			at += 8;
		} else {
			at += 8 + e[1] * 8u;
		}
		next = e[0];
	}
	if (at > p->length)
		return false;
	p->l4 = (__u16)at;
	p->protocol = next;
	return true;
}

/* ip and end are set. False: not IP, or truncated, or a length field contradicts the packet. */
FG_INLINE bool fg_packet_parse(struct fg_packet *p)
{
	if (p->ip + 1 > p->end)
		return false;
	switch (p->ip[0] >> 4) {
	case 4:
		return fg_parse_ip4(p);
	case 6:
		return fg_parse_ip6(p);
	default:
		return false;
	}
}

/* RFC 1624, equation 3, on numbers in the machine's order. */
FG_INLINE __u16 fg_checksum_replace(__u16 sum, __u16 from, __u16 to)
{
	__u32 n = (__u32)(__u16)~sum + (__u16)~from + to;

	n = (n & 0xffff) + (n >> 16);
	n = (n & 0xffff) + (n >> 16);
	return (__u16)~n;
}

FG_INLINE __u16 fg_get16(const __u8 *p)
{
	return (__u16)(p[0] << 8 | p[1]);
}

FG_INLINE void fg_put16(__u8 *p, __u16 v)
{
	p[0] = (__u8)(v >> 8);
	p[1] = (__u8)v;
}

#endif
