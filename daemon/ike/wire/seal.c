// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/seal.h"

enum {
	AAD_LEN = IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN,
	FRAGMENT_HEADER_LEN = 4, /* number and total */
};

/* total 0: a whole message in SK, else piece `number` of `total` in SKF. */
static size_t seal(struct crypto_sk *sk, const struct ike_header *header, uint8_t first,
		   uint16_t number, uint16_t total, struct ike_bytes part, void *out, size_t cap)
{
	size_t aad_len = AAD_LEN + (total ? FRAGMENT_HEADER_LEN : 0u);
	size_t sealed = crypto_sk_sealed_len(sk, part.len);
	size_t len = aad_len + sealed, iv = crypto_sk_sizes(sk)->iv;
	struct ike_header full = *header;
	struct wr wr = wr_of(out, cap);

	if (len > IKE_DATAGRAM_MAX || sealed < iv + part.len)
		return 0;
	full.next = total ? IKE_PAYLOAD_SKF : IKE_PAYLOAD_SK;
	full.length = (uint32_t)len;
	ike_header_write(&wr, &full);
	wr_u8(&wr, first);
	wr_u8(&wr, 0);
	wr_be16(&wr, (uint16_t)(len - IKE_HEADER_LEN));
	if (total) {
		wr_be16(&wr, number);
		wr_be16(&wr, total);
	}
	wr_zero(&wr, iv);
	wr_bytes(&wr, part.p, part.len);
	wr_zero(&wr, sealed - iv - part.len);
	if (wr.failed || !crypto_sk_seal(sk, out, cap, aad_len, part.len, NULL))
		return 0;
	return len;
}

size_t ike_seal(struct crypto_sk *sk, const struct ike_header *header,
		const struct ike_writer *inner, void *out, size_t cap)
{
	const struct ike_bytes all = { inner->wr.p, inner->wr.len };

	return inner->wr.failed ? 0 : seal(sk, header, inner->first, 0, 0, all, out, cap);
}

size_t ike_seal_fragment(struct crypto_sk *sk, const struct ike_header *header, uint8_t first,
			 uint16_t number, uint16_t total, struct ike_bytes part, void *out,
			 size_t cap)
{
	if (number == 0 || number > total)
		return 0;
	/* Only the first piece says what it begins with, RFC 7383 2.5. */
	return seal(sk, header, number == 1 ? first : IKE_PAYLOAD_NONE, number, total, part, out,
		    cap);
}

size_t ike_seal_room(const struct crypto_sk *sk, size_t max, bool fragment)
{
	const struct crypto_sk_lengths *sizes = crypto_sk_sizes(sk);
	size_t fixed = AAD_LEN + sizes->iv + sizes->icv + (fragment ? FRAGMENT_HEADER_LEN : 0u);
	size_t text = max > fixed ? (max - fixed) / sizes->block * sizes->block : 0;

	/* The pad length takes one byte at least. */
	return text > 0 ? text - 1 : 0;
}

enum ike_drop ike_open(struct crypto_sk *sk, uint8_t *datagram, const struct ike_message *m,
		       const uint8_t **plain, size_t *len)
{
	bool sealed = ike_count(m, IKE_PAYLOAD_SK) > 0 || ike_count(m, IKE_PAYLOAD_SKF) > 0;
	size_t aad_len;
	uint8_t *opened;

	if (!sealed || m->sk.len > m->header.length)
		return IKE_DROP_missing_payload;
	aad_len = m->header.length - m->sk.len; /* SK and SKF are the last payload */
	if (!crypto_sk_open(sk, datagram, m->header.length, aad_len, &opened, len))
		return IKE_DROP_auth_failed;
	*plain = opened;
	return IKE_DROP_NONE;
}
