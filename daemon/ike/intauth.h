/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What IKE_INTERMEDIATE exchanges leave behind: IntAuth, which enters AUTH (RFC 9242 3.3.2), and
 * keys (RFC 9370 2.2.2). For either role.
 */
#ifndef IKE_INTAUTH_H
#define IKE_INTAUTH_H

#include "ike/keys.h"

/* Of the opening of an IKE SA. */
struct ike_intermediate {
	bool agreed;     /* INTERMEDIATE_EXCHANGE_SUPPORTED went both ways */
	uint8_t count;   /* exchanges so far */
	uint8_t next_ke; /* index of the additional key exchange that comes next */
	uint8_t auth_i[IKE_KEY_MAX], auth_r[IKE_KEY_MAX]; /* IntAuth_iN, IntAuth_rN, count > 0 */
};

/*
 * Take one exchange in: its request and its answer, as if they had come whole and in the clear,
 * under the SK_p of the time before it changed the keys.
 */
struct ike_said {
	const struct ike_header *header;
	uint8_t first;
	struct ike_bytes payloads;
};
bool ike_intauth_add(struct ike_intermediate *im, const struct ike_keys *keys,
		     const struct ike_said *request, const struct ike_said *answer);
/* IntAuth as AUTH covers it; nothing where there was no such exchange. */
void ike_intauth_put(const struct ike_intermediate *im, uint8_t prf_len, struct wr *wr);
enum { IKE_INTAUTH_MAX = 2 * IKE_KEY_MAX + 4 };

/* The keys after an additional key exchange: SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr). On
 * false keys are wiped. */
bool ike_keys_add(struct ike_keys *keys, struct ike_bytes shared, struct ike_bytes ni,
		  struct ike_bytes nr, uint64_t spi_i, uint64_t spi_r);

#endif
