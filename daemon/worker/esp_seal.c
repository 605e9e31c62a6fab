// SPDX-License-Identifier: BSD-2-Clause
#include "worker/esp.h"
#include "worker/esp_pad.h"

#include <endian.h>
#include <string.h>

enum { IP4_HEADER = 20, IP6_HEADER = 40, UDP_HEADER = 8 };

const uint8_t esp_padding[ESP_PAD_MAX] = {
/* clang-format off */
#define ROW(n) (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7, \
	       (n) + 8, (n) + 9, (n) + 10, (n) + 11, (n) + 12, (n) + 13, (n) + 14
	ROW(1), ROW(16), ROW(31), ROW(46), ROW(61), ROW(76), ROW(91), ROW(106), ROW(121),
	ROW(136), ROW(151), ROW(166), ROW(181), ROW(196), ROW(211), ROW(226), ROW(241),
#undef ROW
	/* clang-format on */
};

/* One store of 8 bytes: the cipher reads them as one a moment later. */
static inline void store64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

/* Sum of 16-bit words in network order, as far as it goes unfolded; RFC 1071. */
static uint64_t sum_words(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;
	uint32_t v[4];

	for (; len >= 16; p += 16, len -= 16) {
		memcpy(v, p, 16);
		sum += (uint64_t)v[0] + v[1] + v[2] + v[3];
	}
	for (; len >= 2; p += 2, len -= 2) {
		uint16_t word;

		memcpy(&word, p, 2);
		sum += word;
	}
	if (len)
		sum += fg_be16((uint16_t)(*p << 8));
	return sum;
}

static uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static bool outer_valid(const uint8_t *outer, size_t len)
{
	switch (len) {
	case IP4_HEADER:
	case IP4_HEADER + UDP_HEADER:
		return outer[0] == 0x45;
	case IP6_HEADER:
	case IP6_HEADER + UDP_HEADER:
		return outer[0] >> 4 == 6;
	default:
		return false;
	}
}

bool esp_outer_load(struct esp_sa *sa, const struct fg_sa *row)
{
	struct esp_outer outer = { .version = __atomic_load_n(&row->outer_version,
							      __ATOMIC_ACQUIRE) };

	outer.len = row->outer_len;
	memcpy(outer.bytes, row->outer, sizeof(outer.bytes));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* Being rewritten: the one we have is as good as any a moment ago. */
	if (outer.version & 1 ||
	    outer.version != __atomic_load_n(&row->outer_version, __ATOMIC_RELAXED))
		return sa->outer.len != 0;
	if (!outer_valid(outer.bytes, outer.len))
		return false;
	if (outer.bytes[0] >> 4 == 4)
		outer.sum = sum_fold(sum_words(outer.bytes, IP4_HEADER));
	else if (outer.len > IP6_HEADER)
		outer.sum = sum_fold(sum_words(outer.bytes + 8, 32) +
				     sum_words(outer.bytes + IP6_HEADER, 4));
	sa->outer = outer;
	return true;
}

/* total: bytes from the outer IP header to the end of the ICV. */
static void write_outer4(uint8_t *ip, const struct esp_outer *outer, size_t total, uint8_t tos,
			 uint32_t seq)
{
	uint64_t sum = outer->sum;
	uint16_t length = fg_be16((uint16_t)total), id = fg_be16((uint16_t)seq), check;

	ip[1] = tos;
	memcpy(ip + 2, &length, 2);
	memcpy(ip + 4, &id, 2);
	/* The template holds zero in all three and in the checksum. */
	sum += fg_be16(tos);
	sum += length;
	sum += id;
	check = (uint16_t)~sum_fold(sum);
	memcpy(ip + 10, &check, 2);
	if (outer->len > IP4_HEADER)
		fg_put16(ip + IP4_HEADER + 4, (uint16_t)(total - IP4_HEADER));
}

static void write_outer6(uint8_t *ip, const struct esp_outer *outer, size_t total, uint8_t tos)
{
	uint16_t payload = (uint16_t)(total - IP6_HEADER);
	uint8_t *udp = ip + IP6_HEADER;

	ip[0] = (uint8_t)(0x60 | tos >> 4);
	ip[1] = (uint8_t)(tos << 4 | (ip[1] & 0x0f));
	fg_put16(ip + 4, payload);
	if (outer->len > IP6_HEADER)
		fg_put16(udp + 4, payload);
}

/* RFC 8200 8.1; after the payload is in its final form. */
static void write_udp6_checksum(uint8_t *ip, const struct esp_outer *outer, size_t total)
{
	uint16_t payload = (uint16_t)(total - IP6_HEADER), check;
	uint8_t *udp = ip + IP6_HEADER;
	uint64_t sum = outer->sum;

	/* The length counts twice: in the pseudo header and in the UDP header. */
	sum += 2ULL * fg_be16(payload) + fg_be16(FG_PROTO_UDP);
	sum += sum_words(udp + UDP_HEADER, payload - UDP_HEADER);
	check = (uint16_t)~sum_fold(sum);
	if (!check)
		check = 0xffff;
	memcpy(udp + 6, &check, 2);
}

/* Padding, pad length and next header at end, RFC 4303 2.4 to 2.6. Returns its bytes. */
static inline size_t write_trailer(uint8_t *end, size_t len, size_t block, uint8_t version)
{
	size_t pad = -(len + 2) & (block - 1);

	if (block == 4) {
		static const uint8_t padding[4] = { 1, 2, 3, 4 };

		memcpy(end, padding, 4); /* one store; the ICV covers the rest */
	} else {
		memcpy(end, esp_padding, pad);
	}
	end[pad] = (uint8_t)pad;
	end[pad + 1] = version == 4 ? ESP_NEXT_IP4 : ESP_NEXT_IP6;
	return pad + 2;
}

enum fg_drop_reason esp_seal(struct crypto *crypto, struct esp_sa *sa, struct fg_sa *row,
			     struct frame *f, const struct fg_packet *inner)
{
	const struct crypto_key *key = &sa->key;
	const struct esp_outer *outer = &sa->outer;
	size_t text_len = (size_t)(f->end - f->data), total;
	uint8_t tos, *ip, *esp, *iv;
	uint64_t seq;

	if (__atomic_load_n(&row->outer_version, __ATOMIC_ACQUIRE) != outer->version ||
	    !outer->len) {
		if (!esp_outer_load(sa, row))
			return FG_DROP_no_sa;
	}
	if (f->data - f->room < ESP_HEADROOM || f->limit - f->end < ESP_TAILROOM)
		return FG_DROP_too_big;
	total = (size_t)outer->len + CRYPTO_ESP_HEADER + key->iv_len + text_len + ESP_TAILROOM;
	if (total > UINT16_MAX)
		return FG_DROP_too_big;

	seq = __atomic_add_fetch(&row->seq, 1, __ATOMIC_ACQUIRE);
	/* flexd raises the generation before it sets seq back: never an old number under our key.
	 */
	if (__atomic_load_n(&row->generation, __ATOMIC_RELAXED) != sa->generation)
		return FG_DROP_no_sa;
	if (seq > UINT32_MAX && !key->esn)
		return FG_DROP_seq_exhausted;
	tos = esp_tos(inner);
	iv = f->data - key->iv_len;
	esp = iv - CRYPTO_ESP_HEADER;
	ip = esp - outer->len;
	text_len += write_trailer(f->end, text_len, key->block, inner->version);
	total = (size_t)outer->len + CRYPTO_ESP_HEADER + key->iv_len + text_len + key->icv_len;

	memcpy(ip, outer->bytes, outer->len);
	if (ip[0] >> 4 == 4)
		write_outer4(ip, outer, total, tos, (uint32_t)seq);
	else
		write_outer6(ip, outer, total, tos);
	store64(esp, (uint64_t)fg_host32(row->spi) << 32 | (uint32_t)seq);
	if (key->iv_len == 8) {
		/* A counter is what RFC 4106 3.1 and RFC 7634 2 ask for. */
		store64(iv, seq);
	} else if (!crypto_random_iv(crypto, iv)) {
		return FG_DROP_crypto_failed;
	}
	if (!key->run(crypto, key, esp, text_len, (uint32_t)(seq >> 32)))
		return FG_DROP_crypto_failed;
	if (outer->len == IP6_HEADER + UDP_HEADER)
		write_udp6_checksum(ip, outer, total);
	f->data = ip;
	f->end = ip + total;
	return FG_DROP_NONE;
}
