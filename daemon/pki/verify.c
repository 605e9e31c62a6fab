// SPDX-License-Identifier: BSD-2-Clause
/* A peer's chain: looked up among those that were found good, or judged. */
#include "crypto/sign_key.h"
#include "pki/internal.h"

#include <openssl/err.h>
#include <string.h>

/* --- the memory --- */

/* Everything that the answer depends on but the time: each certificate with its length, and who is
 * believed. The memory belongs to one set of anchors and CRLs. */
static bool digest_of(const int *trustpoints, size_t count, const struct crypto_chunk *chain,
		      size_t chain_count, uint8_t digest[CRYPTO_HASH_MAX])
{
	struct crypto_chunk in[2 * PKI_CHAIN_MAX + 2];
	size_t n = 0;

	in[n++] = (struct crypto_chunk){ &count, sizeof(count) };
	in[n++] = (struct crypto_chunk){ trustpoints, count * sizeof(*trustpoints) };
	for (size_t i = 0; i < chain_count; i++) {
		in[n++] = (struct crypto_chunk){ &chain[i].len, sizeof(chain[i].len) };
		in[n++] = chain[i];
	}
	return crypto_hash(CRYPTO_SHA256, in, n, digest);
}

/* The few places that a digest may have, the last one used first: who comes new takes the place of
 * the one that nobody asked for longest. */
static struct pki_memory *places_of(struct pki *pki, const uint8_t *digest)
{
	uint32_t number;

	memcpy(&number, digest, sizeof(number));
	return &pki->memory[number % (PKI_MEMORY / PKI_PLACES) * PKI_PLACES];
}

/* place[i] becomes the first, those before it move on. */
static void to_front(struct pki_memory *place, size_t i)
{
	struct pki_memory used = place[i];

	memmove(place + 1, place, i * sizeof(*place));
	place[0] = used;
}

static struct pki_cert *remembered(struct pki *pki, const uint8_t *digest, int64_t now)
{
	struct pki_memory *place = places_of(pki, digest);

	for (size_t i = 0; i < PKI_PLACES; i++) {
		const struct pki_memory *m = &place[i];

		if (!m->cert || memcmp(m->digest, digest, crypto_hash_len(CRYPTO_SHA256)) ||
		    now < m->from || now >= m->until)
			continue;
		to_front(place, i);
		return pki_cert_ref(place[0].cert);
	}
	return NULL;
}

static void remember(struct pki *pki, const uint8_t *digest, struct pki_cert *cert, int64_t from,
		     int64_t until)
{
	struct pki_memory *place = places_of(pki, digest);

	to_front(place, PKI_PLACES - 1);
	pki_cert_free(place[0].cert);
	memcpy(place[0].digest, digest, sizeof(place[0].digest));
	place[0].cert = pki_cert_ref(cert);
	place[0].from = from;
	place[0].until = until;
}

/* --- the judgement --- */

/* What helps to build a path: the peer's other certificates as far as they can be read and have
 * keys that we would verify with, and our own intermediates. */
static STACK_OF(X509) * helpers_of(const struct crypto_chunk *chain, size_t count)
{
	STACK_OF(X509) *helpers = sk_X509_new_null();

	for (size_t i = 1; helpers && i < count; i++) {
		X509 *x509 = pki_x509(chain[i].p, chain[i].len);
		EVP_PKEY *pkey = x509 ? X509_get0_pubkey(x509) : NULL;
		const char *why;
		struct sign_key *key = pkey ? sign_key_of(pkey, false, &why) : NULL;

		if (!key || sk_X509_push(helpers, x509) <= 0)
			X509_free(x509);
		sign_key_free(key);
	}
	return helpers;
}

static enum pki_verdict judge_by(const struct pki_trustpoint *tp, X509 *leaf,
				 STACK_OF(X509) * helpers, int64_t now, int64_t *from,
				 int64_t *until, char fault[PKI_TEXT_MAX])
{
	STACK_OF(X509) *all = sk_X509_dup(helpers);
	enum pki_verdict verdict = PKI_FAILED;

	for (int i = 1; all && i < sk_X509_num(tp->own_x509); i++)
		sk_X509_push(all, sk_X509_value(tp->own_x509, i));
	if (all)
		verdict = pki_judge_path(tp, leaf, all, now, from, until, fault);
	sk_X509_free(all);
	return verdict;
}

/* Not finding the CA is less of a reason than anything that another trustpoint found. */
static bool tells_more(enum pki_verdict verdict, enum pki_verdict than)
{
	return than == PKI_UNKNOWN_CA && verdict != PKI_UNKNOWN_CA;
}

static enum pki_verdict judge(struct pki *pki, const int *trustpoints, size_t count, X509 *leaf,
			      const struct crypto_chunk *chain, size_t chain_count, int64_t now,
			      struct pki_memory *good, char fault[PKI_TEXT_MAX])
{
	STACK_OF(X509) *helpers = helpers_of(chain, chain_count);
	enum pki_verdict verdict = helpers ? PKI_UNKNOWN_CA : PKI_FAILED;

	for (size_t i = 0; helpers && i < count && verdict != PKI_OK; i++) {
		char here[PKI_TEXT_MAX];
		enum pki_verdict one = judge_by(&pki->trustpoint[trustpoints[i]], leaf, helpers,
						now, &good->from, &good->until, here);

		if (i && !tells_more(one, verdict) && one != PKI_OK)
			continue;
		verdict = one;
		memcpy(fault, here, sizeof(here));
	}
	sk_X509_pop_free(helpers, X509_free);
	return verdict;
}

static enum pki_verdict verify_leaf(struct pki *pki, const int *trustpoints, size_t count,
				    X509 *leaf, const struct crypto_chunk *chain,
				    size_t chain_count, int64_t now, struct pki_memory *good,
				    char fault[PKI_TEXT_MAX])
{
	EVP_PKEY *pkey = X509_get0_pubkey(leaf);
	const char *why;
	struct sign_key *key = pkey ? sign_key_of(pkey, false, &why) : NULL;
	enum pki_verdict verdict = key ? pki_judge_leaf(leaf) : PKI_WEAK_KEY;

	pki_subject_text(leaf, fault, PKI_TEXT_MAX);
	if (verdict == PKI_OK)
		verdict = judge(pki, trustpoints, count, leaf, chain, chain_count, now, good,
				fault);
	if (verdict != PKI_OK) {
		sign_key_free(key);
		return verdict;
	}
	good->cert = pki_cert_new(leaf, key);
	return good->cert ? PKI_OK : PKI_FAILED;
}

static enum pki_verdict check_sizes(const struct crypto_chunk *chain, size_t count)
{
	if (!count)
		return PKI_MISSING;
	if (count > PKI_CHAIN_MAX)
		return PKI_TOO_MANY;
	for (size_t i = 0; i < count; i++)
		if (chain[i].len > PKI_CERT_MAX)
			return PKI_TOO_LARGE;
	return PKI_OK;
}

enum pki_verdict pki_verify(struct pki *pki, const int *trustpoints, size_t count,
			    const struct crypto_chunk *chain, size_t chain_count, int64_t now,
			    struct pki_cert **out, char where[PKI_TEXT_MAX])
{
	enum pki_verdict verdict = check_sizes(chain, chain_count);
	uint8_t digest[CRYPTO_HASH_MAX] = { 0 };
	struct pki_memory good = { 0 };
	char fault[PKI_TEXT_MAX] = "";
	X509 *leaf = NULL;

	*out = NULL;
	if (verdict == PKI_OK && !digest_of(trustpoints, count, chain, chain_count, digest))
		verdict = PKI_FAILED;
	if (verdict == PKI_OK && !(*out = remembered(pki, digest, now))) {
		leaf = pki_x509(chain[0].p, chain[0].len);
		verdict = leaf ? verify_leaf(pki, trustpoints, count, leaf, chain, chain_count, now,
					     &good, fault)
			       : PKI_MALFORMED;
		if (verdict == PKI_OK)
			remember(pki, digest, good.cert, good.from, good.until);
		*out = good.cert;
	}
	X509_free(leaf);
	ERR_clear_error();
	if (where)
		memcpy(where, fault, sizeof(fault));
	return verdict;
}
