// SPDX-License-Identifier: BSD-2-Clause
#include "core/rd.h"
#include "worker/esp.h"
#include "worker/esp_pad.h"
#include "worker/replay.h"

#include <string.h>

enum { UDP_HEADER = 8, ECN_MASK = 3, ECN_DROP = 4 };

/* RFC 6040 4.2, figure 4: [inner][outer], codepoints 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE. */
static const uint8_t ecn_combined[4][4] = {
	{ 0, 0, 0, ECN_DROP },
	{ 1, 1, 1, 3 },
	{ 2, 1, 2, 3 },
	{ 3, 3, 3, 3 },
};

static void set_ecn(struct fg_packet *p, uint8_t ecn)
{
	uint8_t *ip = p->ip;
	uint16_t word = fg_get16(ip), now;

	if (p->version == 4) {
		now = (uint16_t)((word & ~ECN_MASK) | ecn);
		fg_put16(ip + 10, fg_checksum_replace(fg_get16(ip + 10), word, now));
	} else {
		now = (uint16_t)((word & ~(ECN_MASK << 4)) | ecn << 4);
	}
	fg_put16(ip, now);
}

static bool combine_ecn(struct fg_packet *inner, uint8_t outer_tos)
{
	uint8_t ecn = esp_tos(inner) & ECN_MASK;
	uint8_t combined = ecn_combined[ecn][outer_tos & ECN_MASK];

	if (combined == ECN_DROP)
		return false;
	if (combined != ecn)
		set_ecn(inner, combined);
	return true;
}

/* Outer headers: *esp is what stands behind them. */
static enum fg_drop_reason strip_outer(struct frame *f, struct esp_in *in, struct rd *esp)
{
	struct fg_packet *outer = &in->outer;
	uint16_t length;

	outer->ip = f->data;
	outer->end = f->end;
	if (!fg_packet_parse(outer))
		return FG_DROP_malformed_outer;
	if (outer->fragment != FG_FRAGMENT_NONE)
		return FG_DROP_outer_fragment;
	in->udp = outer->protocol == FG_PROTO_UDP;
	if (!in->udp && outer->protocol != FG_PROTO_ESP)
		return FG_DROP_malformed_outer;
	*esp = rd_of(outer->ip + outer->l4, outer->length - outer->l4);
	if (!in->udp)
		return FG_DROP_NONE;
	if (!rd_skip(esp, 4) || !rd_be16(esp, &length) || !rd_skip(esp, 2) || length < UDP_HEADER ||
	    length - UDP_HEADER > (int)esp->left)
		return FG_DROP_malformed_outer;
	esp->left = (size_t)(length - UDP_HEADER);
	return FG_DROP_NONE;
}

static enum fg_drop_reason take_number(struct fg_sa *row, uint32_t generation, uint8_t *lock,
				       uint64_t seq, bool *newest)
{
	enum fg_drop_reason reason = FG_DROP_unknown_spi;

	while (lock && __atomic_test_and_set(lock, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	/* The row may have got another owner while the packet was opened. */
	if (__atomic_load_n(&row->generation, __ATOMIC_ACQUIRE) == generation)
		reason = replay_update(row, seq, newest);
	if (reason == FG_DROP_NONE)
		__atomic_store_n(&row->packets, row->packets + 1, __ATOMIC_RELAXED);
	if (lock)
		__atomic_clear(lock, __ATOMIC_RELEASE);
	return reason;
}

/* 1, 2, 3 ..: of a block cipher or an AEAD a few bytes, which are not worth a call. */
static inline bool padding_ok(const uint8_t *p, uint8_t pad)
{
	uint8_t wrong = 0;

	if (pad > 15)
		return memcmp(p, esp_padding, pad) == 0;
	for (uint8_t i = 0; i < pad; i++)
		wrong |= p[i] ^ (uint8_t)(i + 1);
	return !wrong;
}

/* Trailer, then the packet inside. */
static enum fg_drop_reason unpack(uint8_t *text, size_t len, struct fg_packet *inner)
{
	uint8_t pad = text[len - 2], next = text[len - 1];
	size_t payload = len - 2;

	if (pad > payload)
		return FG_DROP_bad_trailer;
	payload -= pad;
	if (!padding_ok(text + payload, pad))
		return FG_DROP_bad_trailer;
	if (next == ESP_NEXT_NONE)
		return FG_DROP_dummy;
	if (next != ESP_NEXT_IP4 && next != ESP_NEXT_IP6)
		return FG_DROP_bad_trailer;
	inner->ip = text;
	inner->end = text + payload;
	if (!fg_packet_parse(inner) || inner->version != (next == ESP_NEXT_IP4 ? 4 : 6))
		return FG_DROP_bad_inner;
	/* What follows is traffic flow padding, RFC 4303 2.7. */
	inner->end = text + inner->length;
	return FG_DROP_NONE;
}

enum fg_drop_reason esp_open(struct crypto *crypto, const struct esp_sa *sa, struct fg_sa *row,
			     uint8_t *lock, struct frame *f, struct esp_in *in)
{
	const struct crypto_key *key = &sa->key;
	enum fg_drop_reason reason;
	uint8_t outer_tos, *esp;
	__be32 spi;
	uint32_t low;
	uint64_t seq;
	size_t len;
	struct rd rd;

	reason = strip_outer(f, in, &rd);
	if (reason != FG_DROP_NONE)
		return reason;
	esp = (uint8_t *)rd.p;
	if (!rd_copy(&rd, &spi, sizeof(spi)) || !rd_be32(&rd, &low) || !rd_skip(&rd, key->iv_len) ||
	    rd.left < (size_t)key->icv_len + 2)
		return FG_DROP_malformed_outer;
	len = rd.left - key->icv_len;
	if (key->block > 4 && len % key->block)
		return FG_DROP_malformed_outer;
	if (spi != row->spi)
		return FG_DROP_unknown_spi;
	seq = key->esn ? replay_extend(row, low) : low;
	reason = replay_check(row, seq);
	if (reason != FG_DROP_NONE)
		return reason;
	outer_tos = esp_tos(&in->outer);
	if (!key->run(crypto, key, esp, len, (uint32_t)(seq >> 32)))
		return FG_DROP_auth_failed;
	reason = take_number(row, sa->generation, lock, seq, &in->newest);
	if (reason != FG_DROP_NONE)
		return reason;
	reason = unpack((uint8_t *)rd.p, len, &in->inner);
	if (reason != FG_DROP_NONE)
		return reason;
	if (!combine_ecn(&in->inner, outer_tos))
		return FG_DROP_ecn;
	f->data = in->inner.ip;
	f->end = in->inner.end;
	return FG_DROP_NONE;
}
