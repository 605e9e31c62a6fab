// SPDX-License-Identifier: BSD-2-Clause
#include "worker/crypto.h"

#include "core/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct crypto *refuse(const struct crypto_ops *ops, const char *what, char *why,
			     size_t why_size)
{
	snprintf(why, why_size, "crypto back end %s: %s", ops->name, what);
	return NULL;
}

static struct crypto *begin(const struct crypto_ops *ops, char *why, size_t why_size)
{
	struct crypto *crypto = aligned_alloc(64, (sizeof(*crypto) + 63) / 64 * 64);
	const char *what = "";

	if (!crypto)
		return refuse(ops, "out of memory", why, why_size);
	memset(crypto, 0, sizeof(*crypto));
	crypto->ops = ops;
	crypto->key_size = ops->key_size;
	if (!ops->begin(crypto)) {
		free(crypto);
		return refuse(ops, "it cannot be initialised on this machine", why, why_size);
	}
	if (crypto_self_test(crypto, &what))
		return crypto;
	crypto_free(crypto);
	return refuse(ops, what, why, why_size);
}

/* Give the CBC suites to OpenSSL. Without it, all stays as it was. */
static void split(struct crypto *crypto)
{
	char why[128];
	size_t used = strlen(crypto->text);

	crypto->block = begin(&crypto_openssl, why, sizeof(why));
	if (!crypto->block)
		return;
	if (crypto->block->key_size > crypto->key_size)
		crypto->key_size = crypto->block->key_size;
	snprintf(crypto->text + used, sizeof(crypto->text) - used, ", CBC: %s",
		 crypto->block->text);
}

struct crypto *crypto_new(enum crypto_choice choice, char *why, size_t why_size)
{
	struct crypto *crypto = NULL;

	if (choice != CRYPTO_OPENSSL)
		crypto = begin(&crypto_ipsec_mb, why, why_size);
	if (crypto && choice == CRYPTO_AUTO)
		split(crypto);
	if (!crypto && choice != CRYPTO_IPSEC_MB)
		crypto = begin(&crypto_openssl, why, why_size);
	return crypto;
}

void crypto_free(struct crypto *crypto)
{
	if (!crypto)
		return;
	crypto_free(crypto->block);
	crypto->ops->end(crypto);
	wipe(crypto, sizeof(*crypto));
	free(crypto);
}

/* Whose keys a suite's are. */
static struct crypto *crypto_of(struct crypto *crypto, uint32_t suite)
{
	return crypto->block && fg_esp_auth_key_len(suite) ? crypto->block : crypto;
}

bool crypto_expand(struct crypto *crypto, struct crypto_key *key,
		   const struct crypto_material *material)
{
	uint32_t salt_len = fg_esp_salt_len(material->suite);
	struct crypto *owner = crypto_of(crypto, material->suite);

	if (fg_esp_key_len(material->suite) == 0)
		return false;
	key->suite = (uint8_t)material->suite;
	key->iv_len = (uint8_t)crypto_iv_len(material->suite);
	key->block = fg_esp_auth_key_len(material->suite) ? 16 : 4;
	key->icv_len = (uint8_t)fg_esp_icv_len(material->suite);
	key->esn = material->esn;
	memcpy(key->salt, material->salt, salt_len);
	if (owner->ops->expand(owner, key, material))
		return true;
	crypto_forget(crypto, key);
	return false;
}

void crypto_forget(struct crypto *crypto, struct crypto_key *key)
{
	crypto_of(crypto, key->suite)->ops->release(key);
	wipe(key, crypto->key_size);
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
