// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/prf.h"

#include "core/secret.h"

#include <string.h>

bool crypto_prf_plus(enum crypto_hash hash, const void *key, size_t key_len, const void *seed,
		     size_t seed_len, uint8_t *out, size_t out_len)
{
	size_t block = crypto_hash_len(hash), at = 0;
	uint8_t t[CRYPTO_HASH_MAX];
	struct crypto_hmac *hmac = crypto_hmac_keyed(hash, key, key_len);
	uint8_t n = 0;
	bool ok = hmac && block > 0 && out_len <= 255 * block;

	while (ok && at < out_len) {
		size_t take = out_len - at < block ? out_len - at : block;
		struct crypto_chunk chunks[3] = { { t, n ? block : 0 },
						  { seed, seed_len },
						  { &n, 1 } };

		n++;
		ok = crypto_hmac_next(hmac, chunks, 3, t);
		memcpy(out + at, t, take);
		at += take;
	}
	crypto_hmac_free(hmac);
	if (!ok)
		wipe(out, out_len);
	wipe(t, sizeof(t));
	return ok;
}
