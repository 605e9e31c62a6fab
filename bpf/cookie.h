/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The stateless cookie of RFC 7296 2.6, in one source for both who ask for it: XDP, which answers a
 * flood without the daemon, and the daemon, which checks again and answers where XDP does not.
 *
 *   cookie = slot (4 bytes), SipHash-2-4 (8 bytes) under the secret of that slot over
 *            the peer's address, its SPI, slot, port, length of Ni, Ni
 *
 * The slot names the secret; flexd makes another one every FG_COOKIE_SLOT_S seconds, and the newest
 * two are good, so a cookie lives for one to two slots without a clock in it. Address and port are
 * what is proven. The SPI keeps one proof from opening many IKE SAs, Ni keeps who saw only our
 * answer from using it. The KE payload is left out, so that a client that is told to use another
 * group (2.6.1) may show the same cookie again.
 *
 * 64 bits are enough: a guess can be tried only by a packet to us, and dies with its slot.
 */
#ifndef BPF_COOKIE_H
#define BPF_COOKIE_H

#include "parse.h"

enum {
	FG_COOKIE_SLOT_S = 30,
	FG_IKE_HEADER = 28,
	FG_IKE_MARKER = 4, /* RFC 3948 2.2 */
	FG_IKE_GENERIC = 4,
	FG_IKE_VERSION = 0x20,
	FG_IKE_SA_INIT = 34,
	FG_IKE_INITIATOR = 0x08,
	FG_IKE_RESPONSE = 0x20,
	FG_IKE_NONCE = 40,
	FG_IKE_NOTIFY = 41,
	FG_IKE_NOTIFY_COOKIE = 16390,
	FG_IKE_NONCE_MIN = 16,
	FG_IKE_NONCE_MAX = 256,
};

#ifndef FG_INIT_PAYLOADS
#define FG_INIT_PAYLOADS 16   /* looked at for the nonce */
#define FG_INIT_REACH    3072 /* bytes into the message within which it must begin */
#endif

struct fg_ike_header {
	__be32 spi_i[2], spi_r[2];
	__u8 next, version, exchange, flags;
	__be32 message_id, length;
} FG_HEADER;

/* Notify payload with a cookie of ours, its generic header included. */
struct fg_cookie_notify {
	__u8 next, flags;
	__be16 length;
	__u8 protocol, spi_size;
	__be16 type;
	__be32 slot;
	__be32 mac[2];
} FG_HEADER;

/* The answer to an IKE_SA_INIT without a cookie: the whole IKE message. */
struct fg_cookie_answer {
	struct fg_ike_header header;
	struct fg_cookie_notify notify;
} FG_HEADER;

enum fg_init_kind {
	FG_INIT_OTHER,      /* names a responder SPI: it belongs to an IKE SA, or to none */
	FG_INIT_UNREADABLE, /* no request of IKE_SA_INIT, or its payloads cannot be followed */
	FG_INIT_ODD,        /* as far as was looked it is well, but the nonce is further away */
	FG_INIT_READ,
};

/* What an IKE_SA_INIT says about who sent it. fg_init_read() fills in all but ip and port. */
struct fg_init {
	struct fg_ip ip;
	__be32 spi_i[2];
	__be16 port;
	__u16 ni_len;
	__u32 ni_at;   /* bytes from the IKE header */
	__u32 cookie;  /* 1: it brought a cookie of our form */
	__be32 slot;   /* of that */
	__be32 mac[2]; /* of that */
};

/* The cookie must come first, RFC 7296 2.6; elsewhere it is none. */
FG_INLINE void fg_init_cookie(const __u8 *message, const __u8 *end, __u32 length,
			      struct fg_init *init)
{
	const struct fg_cookie_answer *m = (const void *)message;

	init->cookie = 0;
	if (sizeof(*m) > length || message + sizeof(*m) > end || m->header.next != FG_IKE_NOTIFY)
		return;
	if (m->notify.length != fg_be16(sizeof(m->notify)) || m->notify.protocol ||
	    m->notify.spi_size || m->notify.type != fg_be16(FG_IKE_NOTIFY_COOKIE))
		return;
	init->cookie = 1;
	init->slot = m->notify.slot;
	init->mac[0] = m->notify.mac[0];
	init->mac[1] = m->notify.mac[1];
}

/* RFC 7296 3.1: what every first request has in its header. */
FG_INLINE bool fg_init_header(const struct fg_ike_header *h, __u32 length)
{
	return h->version >> 4 == FG_IKE_VERSION >> 4 && h->exchange == FG_IKE_SA_INIT &&
	       (h->flags & (FG_IKE_INITIATOR | FG_IKE_RESPONSE)) == FG_IKE_INITIATOR &&
	       h->message_id == 0 && h->length == fg_be32(length) && (h->spi_i[0] | h->spi_i[1]);
}

/* A message of `length` bytes, without the non-ESP marker; end is one past what may be touched. */
FG_INLINE enum fg_init_kind fg_init_read(const __u8 *message, const __u8 *end, __u32 length,
					 struct fg_init *init)
{
	const struct fg_ike_header *h = (const void *)message;
	__u32 at = FG_IKE_HEADER;
	__u8 type;
	int i;

	if (length < FG_IKE_HEADER || message + FG_IKE_HEADER > end)
		return FG_INIT_UNREADABLE;
	if (h->spi_r[0] | h->spi_r[1])
		return FG_INIT_OTHER;
	if (!fg_init_header(h, length))
		return FG_INIT_UNREADABLE;
	init->spi_i[0] = h->spi_i[0];
	init->spi_i[1] = h->spi_i[1];
	fg_init_cookie(message, end, length, init);
	type = h->next;
	for (i = 0; i < FG_INIT_PAYLOADS; i++) {
		const __u8 *p = message + at;
		__u32 size;

		if (type == 0 || at + FG_IKE_GENERIC > length || p + FG_IKE_GENERIC > end)
			return FG_INIT_UNREADABLE;
		size = fg_get16(p + 2);
		if (size < FG_IKE_GENERIC || at + size > length)
			return FG_INIT_UNREADABLE;
		if (type == FG_IKE_NONCE) {
			init->ni_at = at + FG_IKE_GENERIC;
			init->ni_len = (__u16)(size - FG_IKE_GENERIC);
			return init->ni_len >= FG_IKE_NONCE_MIN && init->ni_len <= FG_IKE_NONCE_MAX
				       ? FG_INIT_READ
				       : FG_INIT_UNREADABLE;
		}
		type = p[0];
		at += size;
		if (at > FG_INIT_REACH)
			return FG_INIT_ODD;
	}
	return FG_INIT_ODD;
}

/* --- SipHash-2-4 of Aumasson and Bernstein, on words as a little-endian machine reads them --- */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define fg_le64(v) ((__u64)(v))
#else
#define fg_le64(v) __builtin_bswap64(v)
#endif

struct fg_sip {
	__u64 v0, v1, v2, v3;
};

#define FG_ROTATE(v, n) ((v) << (n) | (v) >> (64 - (n)))

FG_INLINE void fg_sip_round(struct fg_sip *s)
{
	s->v0 += s->v1;
	s->v1 = FG_ROTATE(s->v1, 13) ^ s->v0;
	s->v0 = FG_ROTATE(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = FG_ROTATE(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = FG_ROTATE(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = FG_ROTATE(s->v1, 17) ^ s->v2;
	s->v2 = FG_ROTATE(s->v2, 32);
}

FG_INLINE void fg_sip_begin(struct fg_sip *s, const __u64 key[2])
{
	s->v0 = key[0] ^ 0x736f6d6570736575ull;
	s->v1 = key[1] ^ 0x646f72616e646f6dull;
	s->v2 = key[0] ^ 0x6c7967656e657261ull;
	s->v3 = key[1] ^ 0x7465646279746573ull;
}

FG_INLINE void fg_sip_word(struct fg_sip *s, __u64 word)
{
	s->v3 ^= word;
	fg_sip_round(s);
	fg_sip_round(s);
	s->v0 ^= word;
}

/* last: the bytes that fill no word, and the length of all in the highest byte. */
FG_INLINE __u64 fg_sip_end(struct fg_sip *s, __u64 last)
{
	int i;

	fg_sip_word(s, last);
	s->v2 ^= 0xff;
	for (i = 0; i < 4; i++)
		fg_sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

FG_INLINE __u64 fg_word_of(__be32 first, __be32 second)
{
	return (__u64)first << 32 | second;
}

/*
 * The MAC of an IKE_SA_INIT under one key. Ni is read through FG_COOKIE_LOAD(from, at, to, n), n
 * from 1 to 8, which every build defines: BPF cannot take a word from just anywhere in a packet.
 */
#ifdef FG_COOKIE_LOAD
FG_INLINE __u64 fg_cookie_mac(const __u64 key[2], const struct fg_init *init, __be32 slot,
			      void *from, __u32 ni_at)
{
	__u32 left = init->ni_len;
	struct fg_sip s;
	__u64 word;
	int i;

	fg_sip_begin(&s, key);
	fg_sip_word(&s, fg_word_of(init->ip.w[0], init->ip.w[1]));
	fg_sip_word(&s, fg_word_of(init->ip.w[2], init->ip.w[3]));
	fg_sip_word(&s, fg_word_of(init->spi_i[0], init->spi_i[1]));
	fg_sip_word(&s, fg_word_of(slot, (__u32)init->port << 16 | init->ni_len));
	for (i = 0; i < FG_IKE_NONCE_MAX / 8 && left >= 8; i++) {
		word = 0;
		FG_COOKIE_LOAD(from, ni_at, &word, 8);
		fg_sip_word(&s, fg_le64(word));
		ni_at += 8;
		left -= 8;
	}
	word = 0;
	if (left > 0 && left < 8)
		FG_COOKIE_LOAD(from, ni_at, &word, left);
	return fg_sip_end(&s, fg_le64(word) | (__u64)((32 + init->ni_len) & 0xff) << 56);
}
#endif

/* Is the secret of this slot one of the two that are good? */
FG_INLINE bool fg_cookie_slot_ok(const struct fg_cookie_secrets *secrets, __be32 slot)
{
	return secrets->slot - fg_host32(slot) <= 1;
}

/* Spread over the notify: its words are aligned to 2 only. */
FG_INLINE void fg_cookie_put(struct fg_cookie_notify *n, __be32 slot, __u64 mac)
{
	n->next = n->flags = n->protocol = n->spi_size = 0;
	n->length = fg_be16(sizeof(*n));
	n->type = fg_be16(FG_IKE_NOTIFY_COOKIE);
	n->slot = slot;
	n->mac[0] = fg_be32((__u32)(mac >> 32));
	n->mac[1] = fg_be32((__u32)mac);
}

/* In a time that does not depend on where they differ. */
FG_INLINE bool fg_cookie_same(const struct fg_init *init, __u64 mac)
{
	return ((init->mac[0] ^ fg_be32((__u32)(mac >> 32))) |
		(init->mac[1] ^ fg_be32((__u32)mac))) == 0;
}

#endif
