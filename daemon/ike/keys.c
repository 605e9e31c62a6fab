// SPDX-License-Identifier: BSD-2-Clause
#include "ike/keys.h"

#include "core/secret.h"
#include "crypto/dh.h"
#include "crypto/prf.h"
#include "crypto/psk_auth.h"

enum {
	/* SK(0) | Ni | Nr | SPIi | SPIr, or SK(1) ... in the place of the SPIs */
	SEED_MAX = (1 + CONF_ADDITIONAL_MAX) * DH_SECRET_MAX + 2 * IKE_NONCE_MAX + 16,
	KEYMAT_IKE_MAX = 5 * IKE_KEY_MAX + 2 * IKE_CIPHER_KEY_MAX,
	KEYMAT_CHILD_MAX = 2 * sizeof(struct msg_esp_key),
	CHACHA20_KEY_BITS = 256, /* the only ones, so they are not negotiated, RFC 7634 4 */
};

/* The integrity algorithm's HMAC; NONE for IKE_INTEG_NONE. */
static enum crypto_hash integ_hash(uint16_t integ)
{
	switch (integ) {
	case IKE_INTEG_HMAC_SHA1_96:
		return CRYPTO_SHA1;
	case IKE_INTEG_HMAC_SHA2_256_128:
		return CRYPTO_SHA256;
	case IKE_INTEG_HMAC_SHA2_384_192:
		return CRYPTO_SHA384;
	case IKE_INTEG_HMAC_SHA2_512_256:
		return CRYPTO_SHA512;
	default:
		return CRYPTO_HASH_NONE;
	}
}

static enum crypto_cipher cipher_of(uint16_t encr)
{
	switch (encr) {
	case IKE_ENCR_AES_CBC:
		return CRYPTO_AES_CBC;
	case IKE_ENCR_CHACHA20_POLY1305:
		return CRYPTO_CHACHA20_POLY1305;
	default:
		return CRYPTO_AES_GCM_16;
	}
}

static bool sk_suite(const struct ike_suite *suite, struct crypto_sk_suite *out)
{
	if (!ike_suite_known(suite))
		return false;
	*out = (struct crypto_sk_suite){
		.cipher = cipher_of(suite->encr),
		.key_bits = suite->key_bits ? suite->key_bits : CHACHA20_KEY_BITS,
		.integ = integ_hash(suite->integ),
	};
	return true;
}

static bool nonces_fit(struct ike_bytes ni, struct ike_bytes nr)
{
	return ni.len <= IKE_NONCE_MAX && nr.len <= IKE_NONCE_MAX;
}

static struct wr seed_of(uint8_t seed[SEED_MAX], struct ike_bytes ni, struct ike_bytes nr)
{
	struct wr wr = wr_of(seed, SEED_MAX);

	wr_bytes(&wr, ni.p, ni.len);
	wr_bytes(&wr, nr.p, nr.len);
	return wr;
}

/* SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr, RFC 7296 2.14. */
static bool cut_ike_keys(struct rd *rd, struct ike_keys *k)
{
	return rd_copy(rd, k->d, k->prf_len) && rd_copy(rd, k->a_i, k->integ_len) &&
	       rd_copy(rd, k->a_r, k->integ_len) && rd_copy(rd, k->e_i, k->encr_len) &&
	       rd_copy(rd, k->e_r, k->encr_len) && rd_copy(rd, k->p_i, k->prf_len) &&
	       rd_copy(rd, k->p_r, k->prf_len) && rd_end(rd);
}

bool ike_keys_expand(const struct ike_suite *suite, struct ike_bytes skeyseed, struct ike_bytes ni,
		     struct ike_bytes nr, uint64_t spi_i, uint64_t spi_r, struct ike_keys *keys)
{
	enum crypto_hash prf = psk_auth_hash(suite->prf);
	uint8_t seed_bytes[SEED_MAX], keymat[KEYMAT_IKE_MAX];
	struct crypto_sk_suite sk;
	struct crypto_sk_lengths len;
	struct wr seed;
	size_t total;
	bool ok = false;

	memset(keys, 0, sizeof(*keys));
	if (!nonces_fit(ni, nr) || !sk_suite(suite, &sk) || !crypto_sk_lengths(&sk, &len))
		return false;
	keys->suite = *suite;
	keys->prf_len = (uint8_t)crypto_hash_len(prf);
	keys->integ_len = (uint8_t)len.integ_key;
	keys->encr_len = (uint8_t)(len.key + len.salt);
	total = 3u * keys->prf_len + 2u * keys->integ_len + 2u * keys->encr_len;

	seed = seed_of(seed_bytes, ni, nr);
	wr_be64(&seed, spi_i);
	wr_be64(&seed, spi_r);
	if (!seed.failed && total <= sizeof(keymat) &&
	    crypto_prf_plus(prf, skeyseed.p, skeyseed.len, seed.p, seed.len, keymat, total)) {
		struct rd rd = rd_of(keymat, total);

		ok = cut_ike_keys(&rd, keys);
	}
	if (!ok)
		wipe(keys, sizeof(*keys));
	wipe(keymat, sizeof(keymat));
	return ok;
}

bool ike_keys_derive(const struct ike_suite *suite, struct ike_bytes ni, struct ike_bytes nr,
		     struct ike_bytes shared, uint64_t spi_i, uint64_t spi_r, struct ike_keys *keys)
{
	enum crypto_hash prf = psk_auth_hash(suite->prf);
	struct crypto_chunk data = { shared.p, shared.len };
	uint8_t seed_bytes[SEED_MAX], skeyseed[CRYPTO_HASH_MAX];
	struct wr seed;
	bool ok;

	memset(keys, 0, sizeof(*keys));
	if (!nonces_fit(ni, nr))
		return false;
	seed = seed_of(seed_bytes, ni, nr);
	ok = crypto_hmac(prf, seed.p, seed.len, &data, 1, skeyseed) &&
	     ike_keys_expand(suite,
			     (struct ike_bytes){ .p = skeyseed, .len = crypto_hash_len(prf) }, ni,
			     nr, spi_i, spi_r, keys);
	wipe(skeyseed, sizeof(skeyseed));
	return ok;
}

bool ike_keys_rekey(const struct ike_keys *old, const struct ike_suite *suite,
		    const struct ike_ingredients *from, uint64_t spi_i, uint64_t spi_r,
		    struct ike_keys *keys)
{
	enum crypto_hash prf = psk_auth_hash(old->suite.prf);
	const struct crypto_chunk data[] = {
		{ from->shared.p, from->shared.len },
		{ from->ni.p, from->ni.len },
		{ from->nr.p, from->nr.len },
		{ from->more.p, from->more.len },
	};
	uint8_t skeyseed[CRYPTO_HASH_MAX];
	bool ok;

	memset(keys, 0, sizeof(*keys));
	if (!nonces_fit(from->ni, from->nr))
		return false;
	ok = crypto_hmac(prf, old->d, old->prf_len, data, sizeof(data) / sizeof(data[0]),
			 skeyseed) &&
	     ike_keys_expand(suite,
			     (struct ike_bytes){ .p = skeyseed, .len = crypto_hash_len(prf) },
			     from->ni, from->nr, spi_i, spi_r, keys);
	wipe(skeyseed, sizeof(skeyseed));
	return ok;
}

/* Encryption key, salt, integrity key: RFC 7296 2.17, RFC 4106 8.1, RFC 7634 2. */
static bool cut_esp_key(struct rd *rd, uint16_t suite, struct msg_esp_key *key)
{
	return rd_copy(rd, key->key, fg_esp_key_len(suite)) &&
	       rd_copy(rd, key->salt, fg_esp_salt_len(suite)) &&
	       rd_copy(rd, key->auth_key, fg_esp_auth_key_len(suite));
}

bool ike_child_keys(const struct ike_keys *keys, const struct ike_ingredients *from,
		    uint16_t esp_suite, struct msg_esp_key *from_initiator,
		    struct msg_esp_key *from_responder)
{
	enum crypto_hash prf = psk_auth_hash(keys->suite.prf);
	size_t total = 2 * ((size_t)fg_esp_key_len(esp_suite) + fg_esp_salt_len(esp_suite) +
			    fg_esp_auth_key_len(esp_suite));
	uint8_t seed_bytes[SEED_MAX], keymat[KEYMAT_CHILD_MAX];
	struct wr seed;
	bool ok = false;

	memset(from_initiator, 0, sizeof(*from_initiator));
	memset(from_responder, 0, sizeof(*from_responder));
	if (!nonces_fit(from->ni, from->nr) || total == 0 || total > sizeof(keymat))
		return false;
	seed = wr_of(seed_bytes, sizeof(seed_bytes));
	wr_bytes(&seed, from->shared.p, from->shared.len);
	wr_bytes(&seed, from->ni.p, from->ni.len);
	wr_bytes(&seed, from->nr.p, from->nr.len);
	wr_bytes(&seed, from->more.p, from->more.len);
	if (!seed.failed &&
	    crypto_prf_plus(prf, keys->d, keys->prf_len, seed.p, seed.len, keymat, total)) {
		struct rd rd = rd_of(keymat, total);

		ok = cut_esp_key(&rd, esp_suite, from_initiator) &&
		     cut_esp_key(&rd, esp_suite, from_responder) && rd_end(&rd);
	}
	if (!ok) {
		wipe(from_initiator, sizeof(*from_initiator));
		wipe(from_responder, sizeof(*from_responder));
	}
	wipe(keymat, sizeof(keymat));
	wipe(seed_bytes, sizeof(seed_bytes));
	return ok;
}

bool ike_auth_octets(struct wr *wr, const struct ike_keys *keys, bool from_initiator,
		     struct ike_bytes init_message, struct ike_bytes other_nonce,
		     struct ike_bytes id_body)
{
	const uint8_t *sk_p = from_initiator ? keys->p_i : keys->p_r;
	struct crypto_chunk id = { id_body.p, id_body.len };
	uint8_t maced[CRYPTO_HASH_MAX];

	if (!crypto_hmac(psk_auth_hash(keys->suite.prf), sk_p, keys->prf_len, &id, 1, maced))
		return false;
	wr_bytes(wr, init_message.p, init_message.len);
	wr_bytes(wr, other_nonce.p, other_nonce.len);
	wr_bytes(wr, maced, keys->prf_len);
	wipe(maced, sizeof(maced));
	return !wr->failed;
}

bool ike_nat_hash(uint64_t spi_i, uint64_t spi_r, const struct endpoint *ep,
		  uint8_t hash[IKE_NAT_HASH_LEN])
{
	uint8_t bytes[8 + 8 + 16 + 2];
	struct wr wr = wr_of(bytes, sizeof(bytes));
	__be32 v4 = ip_to4(&ep->ip);
	struct crypto_chunk chunk;

	wr_be64(&wr, spi_i);
	wr_be64(&wr, spi_r);
	if (ip_is4(&ep->ip))
		wr_bytes(&wr, &v4, sizeof(v4));
	else
		wr_bytes(&wr, ep->ip.w, sizeof(ep->ip.w));
	wr_bytes(&wr, &ep->port, sizeof(ep->port));
	chunk = (struct crypto_chunk){ bytes, wr.len };
	return !wr.failed && crypto_hash(CRYPTO_SHA1, &chunk, 1, hash);
}

struct crypto_sk *ike_keys_sk(const struct ike_keys *keys, bool from_initiator)
{
	struct crypto_sk_suite suite;

	if (!sk_suite(&keys->suite, &suite))
		return NULL;
	return crypto_sk_new(&suite, from_initiator ? keys->e_i : keys->e_r,
			     keys->integ_len == 0 ? NULL
			     : from_initiator     ? keys->a_i
						  : keys->a_r);
}
