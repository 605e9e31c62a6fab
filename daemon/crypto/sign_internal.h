/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside daemon/crypto only. */
#ifndef CRYPTO_SIGN_INTERNAL_H
#define CRYPTO_SIGN_INTERNAL_H

#include "crypto/hash.h"
#include "crypto/sign.h"

/* A row of enum sign_scheme. */
struct scheme {
	const char *text;
	enum sign_hash hash; /* as IKE numbers it */
	enum crypto_hash md; /* NONE: the scheme hashes by itself */
	unsigned types;      /* bit 1 << enum sign_key_type: keys it is for */
	const uint8_t *algorithm;
	size_t algorithm_len;
	bool pss;
	size_t raw; /* ECDSA as r | s: bytes of each */
};

/* NULL: no such scheme. */
const struct scheme *sign_scheme_row(enum sign_scheme scheme);

#endif
