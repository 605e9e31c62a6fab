// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/ppk.h"

#include "core/secret.h"
#include "crypto/prf.h"
#include "crypto/psk_auth.h"

#include <string.h>

bool ppk_mix(uint16_t prf, const void *ppk, size_t ppk_len, uint8_t *key, size_t key_len)
{
	uint8_t mixed[CRYPTO_HASH_MAX];
	bool ok = key_len <= sizeof(mixed) &&
		  crypto_prf_plus(psk_auth_hash(prf), ppk, ppk_len, key, key_len, mixed, key_len);

	if (ok)
		memcpy(key, mixed, key_len);
	else
		wipe(key, key_len);
	wipe(mixed, sizeof(mixed));
	return ok;
}
