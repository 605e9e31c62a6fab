// SPDX-License-Identifier: BSD-2-Clause
/*
 * intel-ipsec-mb. GCM and ChaCha20-Poly1305 by the direct one-shot calls with expanded keys: the
 * job interface brings them nothing. AES-CBC with HMAC by synchronous bursts of one.
 */
#include "core/secret.h"
#include "worker/crypto.h"

#include <intel-ipsec-mb.h>
#include <stdio.h>
#include <string.h>

enum { HMAC_BLOCK = 64, CBC_SCHEDULE = 15 * 16 };

struct gcm_key {
	struct crypto_key head;
	/* The header's own attribute depends on a macro that only the library's build has. */
	struct gcm_key_data data __attribute__((aligned(64)));
};

struct chacha_key {
	struct crypto_key head;
	uint8_t key[32];
};

struct cbc_key {
	struct crypto_key head;
	bool is256;
	IMB_HASH_ALG hash;
	uint8_t schedule[CBC_SCHEDULE] __attribute__((aligned(16)));
	uint8_t ipad[CRYPTO_DIGEST_MAX] __attribute__((aligned(16)));
	uint8_t opad[CRYPTO_DIGEST_MAX] __attribute__((aligned(16)));
};

union any_key {
	struct gcm_key gcm;
	struct chacha_key chacha;
	struct cbc_key cbc;
};

/* Salt and explicit IV, RFC 4106 4 and RFC 7634 2. */
static inline void make_nonce(uint8_t nonce[12], const struct crypto_key *key, const uint8_t *esp)
{
	memcpy(nonce, key->salt, 4);
	memcpy(nonce + 4, esp + CRYPTO_ESP_HEADER, 8);
}

#define GCM_TEXT (CRYPTO_ESP_HEADER + 8)

#define GCM_SEAL(bits)                                                                             \
	static bool gcm##bits##_seal(struct crypto *crypto, const struct crypto_key *head,         \
				     uint8_t *esp, size_t len, uint32_t high)                      \
	{                                                                                          \
		const struct gcm_key *key = (const struct gcm_key *)head;                          \
		struct gcm_context_data context;                                                   \
		uint8_t room[CRYPTO_AAD_MAX];                                                      \
		size_t aad_len;                                                                    \
		const uint8_t *aad = crypto_aad(head, esp, high, room, &aad_len);                  \
		uint8_t nonce[12], *text = esp + GCM_TEXT;                                         \
                                                                                                   \
		make_nonce(nonce, head, esp);                                                      \
		IMB_AES##bits##_GCM_ENC((IMB_MGR *)crypto->state, &key->data, &context, text,      \
					text, len, nonce, aad, aad_len, text + len, CRYPTO_ICV);   \
		return true;                                                                       \
	}

#define GCM_OPEN(bits)                                                                             \
	static bool gcm##bits##_open(struct crypto *crypto, const struct crypto_key *head,         \
				     uint8_t *esp, size_t len, uint32_t high)                      \
	{                                                                                          \
		const struct gcm_key *key = (const struct gcm_key *)head;                          \
		struct gcm_context_data context;                                                   \
		uint8_t room[CRYPTO_AAD_MAX];                                                      \
		size_t aad_len;                                                                    \
		const uint8_t *aad = crypto_aad(head, esp, high, room, &aad_len);                  \
		uint8_t nonce[12], icv[CRYPTO_ICV], *text = esp + GCM_TEXT;                        \
                                                                                                   \
		make_nonce(nonce, head, esp);                                                      \
		IMB_AES##bits##_GCM_DEC((IMB_MGR *)crypto->state, &key->data, &context, text,      \
					text, len, nonce, aad, aad_len, icv, CRYPTO_ICV);          \
		return crypto_icv_equal(icv, text + len);                                          \
	}

GCM_SEAL(128)
GCM_SEAL(256)
GCM_OPEN(128)
GCM_OPEN(256)

static bool chacha_seal(struct crypto *crypto, const struct crypto_key *head, uint8_t *esp,
			size_t len, uint32_t high)
{
	const struct chacha_key *key = (const struct chacha_key *)head;
	struct chacha20_poly1305_context_data context;
	IMB_MGR *mgr = crypto->state;
	uint8_t nonce[12], room[CRYPTO_AAD_MAX], *text = esp + GCM_TEXT;
	size_t aad_len;
	const uint8_t *aad = crypto_aad(head, esp, high, room, &aad_len);

	make_nonce(nonce, head, esp);
	IMB_CHACHA20_POLY1305_INIT(mgr, key->key, &context, nonce, aad, aad_len);
	IMB_CHACHA20_POLY1305_ENC_UPDATE(mgr, key->key, &context, text, text, len);
	IMB_CHACHA20_POLY1305_ENC_FINALIZE(mgr, &context, text + len, CRYPTO_ICV);
	return true;
}

static bool chacha_open(struct crypto *crypto, const struct crypto_key *head, uint8_t *esp,
			size_t len, uint32_t high)
{
	const struct chacha_key *key = (const struct chacha_key *)head;
	struct chacha20_poly1305_context_data context;
	IMB_MGR *mgr = crypto->state;
	uint8_t nonce[12], icv[CRYPTO_ICV], room[CRYPTO_AAD_MAX], *text = esp + GCM_TEXT;
	size_t aad_len;
	const uint8_t *aad = crypto_aad(head, esp, high, room, &aad_len);

	make_nonce(nonce, head, esp);
	IMB_CHACHA20_POLY1305_INIT(mgr, key->key, &context, nonce, aad, aad_len);
	IMB_CHACHA20_POLY1305_DEC_UPDATE(mgr, key->key, &context, text, text, len);
	IMB_CHACHA20_POLY1305_DEC_FINALIZE(mgr, &context, icv, CRYPTO_ICV);
	return crypto_icv_equal(icv, text + len);
}

static bool cbc_cipher(IMB_MGR *mgr, const struct cbc_key *key, IMB_CIPHER_DIRECTION direction,
		       uint8_t *esp, size_t len)
{
	uint8_t *text = esp + CRYPTO_ESP_HEADER + 16;
	IMB_KEY_SIZE_BYTES size = key->is256 ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES;
	IMB_JOB job = {
		.enc_keys = key->schedule,
		.dec_keys = key->schedule,
		.key_len_in_bytes = size,
		.src = text,
		.dst = text,
		.msg_len_to_cipher_in_bytes = len,
		.iv = esp + CRYPTO_ESP_HEADER,
		.iv_len_in_bytes = 16,
		.cipher_mode = IMB_CIPHER_CBC,
		.cipher_direction = direction,
	};

	return IMB_SUBMIT_CIPHER_BURST(mgr, &job, 1, IMB_CIPHER_CBC, direction, size) == 1 &&
	       job.status == IMB_STATUS_COMPLETED;
}

/*
 * HMAC over ESP header, IV and cipher text, RFC 4303 2.8, RFC 4868 2 and RFC 2404 2. With ESN the
 * upper half of the number must stand behind them: it is written where the ICV has its place.
 */
static bool cbc_icv(IMB_MGR *mgr, const struct cbc_key *key, uint8_t *esp, size_t len,
		    uint32_t high, uint8_t icv[CRYPTO_ICV])
{
	IMB_JOB job = {
		.src = esp,
		.msg_len_to_hash_in_bytes = CRYPTO_ESP_HEADER + 16 + len,
		.auth_tag_output = icv,
		.auth_tag_output_len_in_bytes = key->head.icv_len,
		.u.HMAC._hashed_auth_key_xor_ipad = key->ipad,
		.u.HMAC._hashed_auth_key_xor_opad = key->opad,
		.hash_alg = key->hash,
	};

	if (key->head.esn) {
		crypto_put_high(esp + job.msg_len_to_hash_in_bytes, high);
		job.msg_len_to_hash_in_bytes += sizeof(high);
	}
	return IMB_SUBMIT_HASH_BURST(mgr, &job, 1, key->hash) == 1 &&
	       job.status == IMB_STATUS_COMPLETED;
}

static bool cbc_seal(struct crypto *crypto, const struct crypto_key *head, uint8_t *esp, size_t len,
		     uint32_t high)
{
	const struct cbc_key *key = (const struct cbc_key *)head;
	IMB_MGR *mgr = crypto->state;
	uint8_t icv[CRYPTO_ICV];

	if (!cbc_cipher(mgr, key, IMB_DIR_ENCRYPT, esp, len) ||
	    !cbc_icv(mgr, key, esp, len, high, icv))
		return false;
	memcpy(esp + CRYPTO_ESP_HEADER + 16 + len, icv, key->head.icv_len);
	return true;
}

static bool cbc_open(struct crypto *crypto, const struct crypto_key *head, uint8_t *esp, size_t len,
		     uint32_t high)
{
	const struct cbc_key *key = (const struct cbc_key *)head;
	IMB_MGR *mgr = crypto->state;
	uint8_t icv[CRYPTO_ICV], got[CRYPTO_ICV];

	memcpy(got, esp + CRYPTO_ESP_HEADER + 16 + len, key->head.icv_len);
	return cbc_icv(mgr, key, esp, len, high, icv) && ct_equal(icv, got, key->head.icv_len) &&
	       cbc_cipher(mgr, key, IMB_DIR_DECRYPT, esp, len);
}

static IMB_HASH_ALG hash_of(uint32_t suite)
{
	return suite == FG_ESP_AES_CBC_128_SHA1 || suite == FG_ESP_AES_CBC_256_SHA1
		       ? IMB_AUTH_HMAC_SHA_1
		       : IMB_AUTH_HMAC_SHA_256;
}

/* The hash of the first block of HMAC, which holds nothing but the key. */
static void hmac_pad(IMB_MGR *mgr, const struct crypto_material *material, uint8_t pad,
		     uint8_t out[CRYPTO_DIGEST_MAX])
{
	size_t len = fg_esp_auth_key_len(material->suite);
	uint8_t block[HMAC_BLOCK];

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < len; i++)
		block[i] ^= material->auth_key[i];
	if (hash_of(material->suite) == IMB_AUTH_HMAC_SHA_1)
		IMB_SHA1_ONE_BLOCK(mgr, block, out);
	else
		IMB_SHA256_ONE_BLOCK(mgr, block, out);
	wipe(block, sizeof(block));
}

static void cbc_expand(IMB_MGR *mgr, struct cbc_key *key, const struct crypto_material *material)
{
	uint8_t enc[CBC_SCHEDULE] __attribute__((aligned(16)));
	uint8_t dec[CBC_SCHEDULE] __attribute__((aligned(16)));

	memset(enc, 0, sizeof(enc));
	memset(dec, 0, sizeof(dec));
	key->is256 = fg_esp_key_len(material->suite) == 32;
	key->hash = hash_of(material->suite);
	if (key->is256)
		IMB_AES_KEYEXP_256(mgr, material->key, enc, dec);
	else
		IMB_AES_KEYEXP_128(mgr, material->key, enc, dec);
	memcpy(key->schedule, material->seal ? enc : dec, CBC_SCHEDULE);
	hmac_pad(mgr, material, 0x36, key->ipad);
	hmac_pad(mgr, material, 0x5c, key->opad);
	key->head.run = material->seal ? cbc_seal : cbc_open;
	wipe(enc, sizeof(enc));
	wipe(dec, sizeof(dec));
}

static bool expand(struct crypto *crypto, struct crypto_key *head,
		   const struct crypto_material *material)
{
	union any_key *key = (union any_key *)head;
	IMB_MGR *mgr = crypto->state;
	bool seal = material->seal;

	switch (material->suite) {
	case FG_ESP_AES_GCM_128:
		IMB_AES128_GCM_PRE(mgr, material->key, &key->gcm.data);
		head->run = seal ? gcm128_seal : gcm128_open;
		return true;
	case FG_ESP_AES_GCM_256:
		IMB_AES256_GCM_PRE(mgr, material->key, &key->gcm.data);
		head->run = seal ? gcm256_seal : gcm256_open;
		return true;
	case FG_ESP_CHACHA20_POLY1305:
		memcpy(key->chacha.key, material->key, sizeof(key->chacha.key));
		head->run = seal ? chacha_seal : chacha_open;
		return true;
	case FG_ESP_AES_CBC_128_SHA256:
	case FG_ESP_AES_CBC_256_SHA256:
	case FG_ESP_AES_CBC_128_SHA1:
	case FG_ESP_AES_CBC_256_SHA1:
		cbc_expand(mgr, &key->cbc, material);
		return true;
	default:
		return false;
	}
}

static void release(struct crypto_key *key)
{
	(void)key; /* everything lies in the caller's memory */
}

static const char *arch_text(IMB_ARCH arch)
{
	static const char *const text[IMB_ARCH_NUM] = {
		[IMB_ARCH_SSE] = "SSE",
		[IMB_ARCH_AVX2] = "AVX2",
		[IMB_ARCH_AVX512] = "AVX-512",
#if IMB_VERSION_NUM < 0x20000
		[IMB_ARCH_NOAESNI] = "no AES-NI",
		[IMB_ARCH_AVX] = "AVX",
#endif
	};

	return arch < IMB_ARCH_NUM && text[arch] ? text[arch] : "unknown";
}

static bool begin(struct crypto *crypto)
{
	IMB_MGR *mgr = alloc_mb_mgr(0);
	IMB_ARCH arch = IMB_ARCH_NONE;

	if (!mgr)
		return false;
	init_mb_mgr_auto(mgr, &arch);
	if (imb_get_errno(mgr) || arch == IMB_ARCH_NONE) {
		free_mb_mgr(mgr);
		return false;
	}
	crypto->state = mgr;
	snprintf(crypto->text, sizeof(crypto->text), "intel-ipsec-mb %.3s (%s)",
		 imb_get_version_str(), arch_text(arch));
	return true;
}

static void end(struct crypto *crypto)
{
	free_mb_mgr(crypto->state);
	crypto->state = NULL;
}

const struct crypto_ops crypto_ipsec_mb = {
	.name = "intel-ipsec-mb",
	.key_size = sizeof(union any_key),
	.begin = begin,
	.end = end,
	.expand = expand,
	.release = release,
};

_Static_assert(sizeof(union any_key) % 64 == 0, "keys are laid side by side");
