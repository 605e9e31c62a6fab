// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/dh.h"

#include "core/secret.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

enum kind { MODP, ECP, MONTGOMERY };

struct group {
	uint16_t number;
	enum kind kind;
	const char *algorithm, *name; /* as the library says; MODP without a name: it has none */
	size_t public_len, secret_len;
};

static const struct group groups[] = {
	{ 2, MODP, "DH", NULL, 128, 128 },           { 5, MODP, "DH", "modp_1536", 192, 192 },
	{ 14, MODP, "DH", "modp_2048", 256, 256 },   { 15, MODP, "DH", "modp_3072", 384, 384 },
	{ 16, MODP, "DH", "modp_4096", 512, 512 },   { 17, MODP, "DH", "modp_6144", 768, 768 },
	{ 18, MODP, "DH", "modp_8192", 1024, 1024 }, { 19, ECP, "EC", "P-256", 64, 32 },
	{ 20, ECP, "EC", "P-384", 96, 48 },          { 21, ECP, "EC", "P-521", 132, 66 },
	{ 31, MONTGOMERY, "X25519", NULL, 32, 32 },  { 32, MONTGOMERY, "X448", NULL, 56, 56 },
};

enum { UNCOMPRESSED = 4 }; /* first octet of an EC point in the library's encoding */

struct dh {
	const struct group *group;
	EVP_PKEY *key;
	uint8_t pub[DH_PUBLIC_MAX];
};

static const struct group *find(uint16_t number)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (groups[i].number == number)
			return &groups[i];
	return NULL;
}

size_t dh_public_len(uint16_t group)
{
	const struct group *g = find(group);

	return g ? g->public_len : 0;
}

uint16_t dh_group(const struct dh *dh)
{
	return dh->group->number;
}

const uint8_t *dh_public(const struct dh *dh)
{
	return dh->pub;
}

/* The group that the library has no name for: MODP 1024, RFC 7296 appendix B.2. */
struct numbers {
	BIGNUM *p, *g;
};

static bool numbers_new(struct numbers *n)
{
	*n = (struct numbers){ BN_get_rfc2409_prime_1024(NULL), BN_new() };
	return n->p && n->g && BN_set_word(n->g, 2) == 1;
}

static void numbers_free(struct numbers *n)
{
	BN_free(n->p);
	BN_free(n->g);
}

/* Which group it is, among the parameters of a key. `n` lives as long as they are used. */
static bool push_group(OSSL_PARAM_BLD *build, const struct group *g, const struct numbers *n)
{
	if (g->name)
		return OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, g->name,
						       0) == 1;
	return OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, n->p) == 1 &&
	       OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, n->g) == 1;
}

/* A key without values, to make others of its group. */
static EVP_PKEY *unnamed_group(const struct group *g)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, g->algorithm, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	struct numbers n;

	if (numbers_new(&n) && build && push_group(build, g, &n))
		params = OSSL_PARAM_BLD_to_param(build);
	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	numbers_free(&n);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* To make a context costs a tenth of a key pair, so each group keeps one. It holds no secret. */
static EVP_PKEY_CTX *maker_of(const struct group *g)
{
	static _Thread_local EVP_PKEY_CTX *makers[sizeof(groups) / sizeof(*groups)];
	EVP_PKEY_CTX **maker = &makers[g - groups];
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };

	if (*maker)
		return *maker;
	if (g->name)
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
							     (char *)(uintptr_t)g->name, 0);
	if (g->kind == MODP && !g->name) {
		/* The library has a default of its own for who names nothing. */
		EVP_PKEY *like = unnamed_group(g);

		*maker = like ? EVP_PKEY_CTX_new_from_pkey(NULL, like, NULL) : NULL;
		EVP_PKEY_free(like);
	} else {
		*maker = EVP_PKEY_CTX_new_from_name(NULL, g->algorithm, NULL);
	}
	if (*maker && EVP_PKEY_keygen_init(*maker) == 1 &&
	    EVP_PKEY_CTX_set_params(*maker, params) == 1)
		return *maker;
	EVP_PKEY_CTX_free(*maker);
	return *maker = NULL;
}

static EVP_PKEY *generate(const struct group *g)
{
	EVP_PKEY_CTX *maker = maker_of(g);
	EVP_PKEY *key = NULL;

	return maker && EVP_PKEY_generate(maker, &key) == 1 ? key : NULL;
}

/* The library's encoding of our public value as the KE payload has it. */
static bool export_public(struct dh *dh)
{
	unsigned char *encoded = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(dh->key, &encoded);
	size_t skip = dh->group->kind == ECP ? 1 : 0;
	bool ok = len == dh->group->public_len + skip && (!skip || encoded[0] == UNCOMPRESSED);

	if (ok)
		memcpy(dh->pub, encoded + skip, dh->group->public_len);
	OPENSSL_free(encoded);
	return ok;
}

static int adopt(const struct group *g, EVP_PKEY *key, struct dh **out)
{
	struct dh *dh = key ? calloc(1, sizeof(*dh)) : NULL;

	if (!dh) {
		EVP_PKEY_free(key);
		return -ENOMEM;
	}
	dh->group = g;
	dh->key = key;
	if (!export_public(dh)) {
		dh_free(dh);
		return -EIO;
	}
	*out = dh;
	return 0;
}

int dh_new(uint16_t group, struct dh **out)
{
	const struct group *g = find(group);

	return g ? adopt(g, generate(g), out) : -ENOTSUP;
}

/* A key pair of the EC and DH kinds out of its numbers. */
static EVP_PKEY *import_pair(const struct group *g, const uint8_t *priv, size_t len,
			     const uint8_t *pub)
{
	uint8_t point[1 + DH_PUBLIC_MAX] = { UNCOMPRESSED };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, g->algorithm, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *secret = BN_secure_new(), *value = BN_bin2bn(pub, (int)g->public_len, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	struct numbers n;
	bool ok;

	memcpy(point + 1, pub, g->public_len);
	ok = numbers_new(&n) && ctx && build && secret && value &&
	     BN_bin2bn(priv, (int)len, secret) && push_group(build, g, &n) &&
	     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1;
	if (ok && g->kind == ECP)
		ok = OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
						      g->public_len + 1) == 1;
	else if (ok)
		ok = OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PUB_KEY, value) == 1;
	if (ok)
		params = OSSL_PARAM_BLD_to_param(build);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	numbers_free(&n);
	BN_clear_free(secret);
	BN_free(value);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

int dh_from_private(uint16_t group, const uint8_t *priv, size_t len, const uint8_t *pub,
		    struct dh **out)
{
	const struct group *g = find(group);

	if (!g || len > DH_SECRET_MAX)
		return -ENOTSUP;
	if (g->kind == MONTGOMERY)
		return adopt(g,
			     EVP_PKEY_new_raw_private_key_ex(NULL, g->algorithm, NULL, priv, len),
			     out);
	return adopt(g, import_pair(g, priv, len, pub), out);
}

/* 1 < y < p - 1, RFC 6989 2.1. The groups are safe primes: more is not needed. */
static bool in_range(const struct dh *dh, const uint8_t *peer, size_t len)
{
	BIGNUM *y = BN_bin2bn(peer, (int)len, NULL), *p = NULL;
	bool ok = y && EVP_PKEY_get_bn_param(dh->key, OSSL_PKEY_PARAM_FFC_P, &p) == 1 &&
		  BN_sub_word(p, 1) == 1 && BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, p) < 0;

	BN_free(y);
	BN_free(p);
	return ok;
}

/* NULL for anything that is no public value of the group; EC points off the curve fail inside. */
static EVP_PKEY *import_peer(const struct dh *dh, const uint8_t *peer, size_t len)
{
	const struct group *g = dh->group;
	uint8_t point[1 + DH_PUBLIC_MAX] = { UNCOMPRESSED };
	EVP_PKEY *key;

	if (len != g->public_len || (g->kind == MODP && !in_range(dh, peer, len)))
		return NULL;
	memcpy(point + 1, peer, len);
	key = EVP_PKEY_new();
	if (key && EVP_PKEY_copy_parameters(key, dh->key) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(key, g->kind == ECP ? point : point + 1,
					     g->kind == ECP ? len + 1 : len) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool derive(const struct dh *dh, EVP_PKEY *peer, uint8_t *secret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, dh->key, NULL);
	unsigned pad = 1; /* MODP: RFC 7296 2.14 wants leading zeros */
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	size_t len = DH_SECRET_MAX;
	bool ok;

	if (dh->group->kind == MODP)
		params[0] = OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad);
	/* Validated above; the library would check the order of the point once more. */
	ok = ctx && EVP_PKEY_derive_init_ex(ctx, params) == 1 &&
	     EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
	     EVP_PKEY_derive(ctx, secret, &len) == 1 && len == dh->group->secret_len;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

bool dh_shared(struct dh *dh, const uint8_t *peer, size_t len, uint8_t *secret, size_t *secret_len)
{
	static const uint8_t zero[DH_SECRET_MAX];
	EVP_PKEY *key = import_peer(dh, peer, len);
	bool ok = key && derive(dh, key, secret) && !ct_equal(secret, zero, dh->group->secret_len);

	EVP_PKEY_free(key);
	if (!ok)
		wipe(secret, DH_SECRET_MAX);
	*secret_len = ok ? dh->group->secret_len : 0;
	return ok;
}

void dh_free(struct dh *dh)
{
	if (!dh)
		return;
	EVP_PKEY_free(dh->key); /* clears the private value */
	wipe(dh, sizeof(*dh));
	free(dh);
}
