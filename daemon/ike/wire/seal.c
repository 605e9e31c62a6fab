// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/seal.h"

enum { AAD_LEN = IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN };

size_t ike_seal(struct crypto_sk *sk, const struct ike_header *header,
		const struct ike_writer *inner, void *out, size_t cap)
{
	size_t sealed = crypto_sk_sealed_len(sk, inner->wr.len);
	size_t total = AAD_LEN + sealed;
	size_t iv = crypto_sk_sizes(sk)->iv;
	struct ike_header full = *header;
	struct wr wr = wr_of(out, cap);

	if (inner->wr.failed || total > IKE_DATAGRAM_MAX || sealed < iv + inner->wr.len)
		return 0;
	full.next = IKE_PAYLOAD_SK;
	full.length = (uint32_t)total;
	ike_header_write(&wr, &full);
	wr_u8(&wr, inner->first);
	wr_u8(&wr, 0);
	wr_be16(&wr, (uint16_t)(sealed + IKE_PAYLOAD_HEADER_LEN));
	wr_zero(&wr, iv);
	wr_bytes(&wr, inner->wr.p, inner->wr.len);
	wr_zero(&wr, sealed - iv - inner->wr.len);
	if (wr.failed || !crypto_sk_seal(sk, out, cap, AAD_LEN, inner->wr.len, NULL))
		return 0;
	return total;
}

enum ike_drop ike_open(struct crypto_sk *sk, uint8_t *datagram, const struct ike_message *m,
		       const uint8_t **plain, size_t *len)
{
	size_t aad_len;
	uint8_t *opened;

	if (ike_count(m, IKE_PAYLOAD_SK) == 0 || m->sk.len > m->header.length)
		return IKE_DROP_missing_payload;
	aad_len = m->header.length - m->sk.len; /* SK is the last payload */
	if (!crypto_sk_open(sk, datagram, m->header.length, aad_len, &opened, len))
		return IKE_DROP_auth_failed;
	*plain = opened;
	return IKE_DROP_NONE;
}
