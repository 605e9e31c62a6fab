/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ephemeral Diffie-Hellman by IKE group number: MODP 2048, 3072, 4096, 6144, 8192 (14 to 18; RFC
 * 3526), ECP 256, 384, 521 (19, 20, 21; RFC 5903), Curve25519 and Curve448 (31, 32; RFC 8031), and
 * for old clients only MODP 1024 and 1536 (2, 5; RFC 7296 appendix B, RFC 3526). Public values are
 * in the KE payload's encoding: ECP x | y without a leading 04, MODP padded to the length of the
 * prime.
 */
#ifndef CRYPTO_DH_H
#define CRYPTO_DH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DH_PUBLIC_MAX = 1024, /* bytes of the longest public value */
	DH_SECRET_MAX = 1024,
};

struct dh;

/* Bytes of a public value, 0: no such group. */
size_t dh_public_len(uint16_t group);
/* A fresh key pair. Returns 0, -ENOTSUP for a group that is not offered, or -errno. */
int dh_new(uint16_t group, struct dh **out);
/*
 * A key pair whose numbers are known (for known answers). priv is big-endian, or as RFC 7748 has
 * it; pub as in the KE payload, ignored for Curve25519 and Curve448. Returns as dh_new().
 */
int dh_from_private(uint16_t group, const uint8_t *priv, size_t len, const uint8_t *pub,
		    struct dh **out);
uint16_t dh_group(const struct dh *dh);
/* dh_public_len() bytes, valid as long as dh. */
const uint8_t *dh_public(const struct dh *dh);
/*
 * The shared secret g^ir as it enters SKEYSEED: MODP padded to the prime's length, ECP the x
 * coordinate, Curve25519 32 bytes, Curve448 56. secret takes DH_SECRET_MAX bytes; wipe it. Refuses
 * a peer value of another length, outside 1 < y < p - 1, not on the curve, or with an all-zero
 * result (RFC 6989, RFC 7748 6.1): false, secret_len 0 and secret all zero.
 */
bool dh_shared(struct dh *dh, const uint8_t *peer, size_t len, uint8_t *secret, size_t *secret_len);
void dh_free(struct dh *dh); /* wipes the private value; NULL is harmless */

#endif
