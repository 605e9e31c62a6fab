/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole sealed messages, RFC 7296 3.14: the header, one SK payload, the other payloads inside. And
 * pieces of them, RFC 7383 2.5: the same with an SKF payload around a part of the other payloads.
 */
#ifndef IKE_WIRE_SEAL_H
#define IKE_WIRE_SEAL_H

#include "crypto/sk.h"
#include "ike/wire/build.h"

/*
 * A whole message into out: header (next and length are filled in), SK payload around the inner
 * payloads. Returns its length, or 0 when it does not fit or may not be sent.
 */
size_t ike_seal(struct crypto_sk *sk, const struct ike_header *header,
		const struct ike_writer *inner, void *out, size_t cap);

/*
 * One piece of a message: number `number`, from 1, of `total`; `first` is the type of the first
 * payload of the whole message. Returns its length, or 0 as ike_seal().
 */
size_t ike_seal_fragment(struct crypto_sk *sk, const struct ike_header *header, uint8_t first,
			 uint16_t number, uint16_t total, struct ike_bytes part, void *out,
			 size_t cap);
/* Bytes of payloads that fit into a message of `max` bytes with SK, or as a piece with SKF. */
size_t ike_seal_room(const struct crypto_sk *sk, size_t max, bool fragment);

/*
 * Open the SK or SKF payload of a message that ike_parse_clear() read from this datagram, in place:
 * keep a copy or a digest first where the bytes are needed. *plain points into the datagram,
 * padding is left out; ike_parse_inner(m->sk_first, ..) is next. IKE_DROP_auth_failed: nothing in
 * the message may be believed. IKE_DROP_missing_payload: there is neither.
 */
enum ike_drop ike_open(struct crypto_sk *sk, uint8_t *datagram, const struct ike_message *m,
		       const uint8_t **plain, size_t *len);

#endif
