/* SPDX-License-Identifier: BSD-2-Clause */
/* A key as the library has it. Inside daemon/crypto and daemon/pki only. */
#ifndef CRYPTO_SIGN_KEY_H
#define CRYPTO_SIGN_KEY_H

#include "crypto/sign.h"

#include <openssl/evp.h>

struct sign_key {
	EVP_PKEY *pkey;
	enum sign_key_type type;
	unsigned bits;
	bool is_private;
};

/* Takes a reference of its own. NULL: as sign_key_from_spki(). */
struct sign_key *sign_key_of(EVP_PKEY *pkey, bool is_private, const char **why);

#endif
