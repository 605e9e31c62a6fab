// SPDX-License-Identifier: BSD-2-Clause
#include "worker/crypto.h"

#include "core/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct crypto *begin(const struct crypto_ops *ops, char *why, size_t why_size)
{
	struct crypto *crypto = aligned_alloc(64, (sizeof(*crypto) + 63) / 64 * 64);
	const char *what = "out of memory";

	if (!crypto)
		goto refused;
	memset(crypto, 0, sizeof(*crypto));
	crypto->ops = ops;
	if (!ops->begin(crypto)) {
		what = "it cannot be initialised on this machine";
		free(crypto);
		goto refused;
	}
	if (crypto_self_test(crypto, &what))
		return crypto;
	crypto_free(crypto);
refused:
	snprintf(why, why_size, "crypto back end %s: %s", ops->name, what);
	return NULL;
}

struct crypto *crypto_new(enum crypto_choice choice, char *why, size_t why_size)
{
	struct crypto *crypto = NULL;

	if (choice != CRYPTO_OPENSSL)
		crypto = begin(&crypto_ipsec_mb, why, why_size);
	if (!crypto && choice != CRYPTO_IPSEC_MB)
		crypto = begin(&crypto_openssl, why, why_size);
	return crypto;
}

void crypto_free(struct crypto *crypto)
{
	if (!crypto)
		return;
	crypto->ops->end(crypto);
	wipe(crypto, sizeof(*crypto));
	free(crypto);
}

bool crypto_expand(struct crypto *crypto, struct crypto_key *key,
		   const struct crypto_material *material)
{
	uint32_t salt_len = fg_esp_salt_len(material->suite);

	if (fg_esp_key_len(material->suite) == 0)
		return false;
	key->suite = material->suite;
	key->iv_len = (uint8_t)crypto_iv_len(material->suite);
	key->block = fg_esp_auth_key_len(material->suite) ? 16 : 4;
	memcpy(key->salt, material->salt, salt_len);
	if (crypto->ops->expand(crypto, key, material))
		return true;
	crypto_forget(crypto, key);
	return false;
}

void crypto_forget(struct crypto *crypto, struct crypto_key *key)
{
	crypto->ops->release(key);
	wipe(key, crypto->ops->key_size);
}

bool crypto_random_iv(struct crypto *crypto, uint8_t iv[16])
{
	if (crypto->pool_left < 16) {
		/* At most 256 bytes each: a longer read may be cut short by a signal. */
		for (size_t at = 0; at < sizeof(crypto->pool); at += 256)
			if (getrandom(crypto->pool + at, 256, 0) != 256)
				return false;
		crypto->pool_left = sizeof(crypto->pool);
	}
	crypto->pool_left -= 16;
	memcpy(iv, crypto->pool + crypto->pool_left, 16);
	return true;
}
