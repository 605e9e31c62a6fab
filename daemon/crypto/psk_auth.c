// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/psk_auth.h"

#include "core/secret.h"

#include <string.h>

/* RFC 7296 2.15: without a terminating NUL. */
static const char key_pad[] = "Key Pad for IKEv2";

enum crypto_hash psk_auth_hash(uint16_t prf)
{
	switch (prf) {
	case 2:
		return CRYPTO_SHA1;
	case 5:
		return CRYPTO_SHA256;
	case 6:
		return CRYPTO_SHA384;
	case 7:
		return CRYPTO_SHA512;
	default:
		return CRYPTO_HASH_NONE;
	}
}

bool psk_auth(uint16_t prf, const void *secret, size_t secret_len, const void *octets,
	      size_t octets_len, uint8_t auth[PSK_AUTH_MAX], size_t *len)
{
	enum crypto_hash hash = psk_auth_hash(prf);
	struct crypto_chunk pad = { key_pad, sizeof(key_pad) - 1 };
	struct crypto_chunk data = { octets, octets_len };
	uint8_t key[PSK_AUTH_MAX];
	bool ok;

	*len = crypto_hash_len(hash);
	ok = hash != CRYPTO_HASH_NONE && crypto_hmac(hash, secret, secret_len, &pad, 1, key) &&
	     crypto_hmac(hash, key, *len, &data, 1, auth);
	if (!ok) {
		wipe(auth, PSK_AUTH_MAX);
		*len = 0;
	}
	wipe(key, sizeof(key));
	return ok;
}
