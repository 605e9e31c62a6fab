// SPDX-License-Identifier: BSD-2-Clause
/* Schemes and their AlgorithmIdentifiers, RFC 7427 appendix A. */
#include "crypto/sign_internal.h"

#include "core/rd.h"

#include <string.h>

#define OF(type) (1u << (type))
#define ANY_EC   (OF(SIGN_KEY_P256) | OF(SIGN_KEY_P384) | OF(SIGN_KEY_P521))
#define PKCS1    OF(SIGN_KEY_RSA)
#define PSS      (OF(SIGN_KEY_RSA) | OF(SIGN_KEY_RSA_PSS))
#define BYTES(...)                                                                                 \
	.algorithm = (const uint8_t[]){ __VA_ARGS__ },                                             \
	.algorithm_len = sizeof((const uint8_t[]){ __VA_ARGS__ })

#define RSA_OID          0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01
#define SHA_OID          0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02
#define EC_OID           0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03
#define WITH_RSA(number) BYTES(0x30, 0x0d, RSA_OID, number, 0x05, 0x00)
#define WITH_EC(number)  BYTES(0x30, 0x0a, EC_OID, number)
/* hash [0], MGF1 with the same hash [1], length of the salt [2] */
#define WITH_PSS(number, salt)                                                                     \
	BYTES(0x30, 0x41, RSA_OID, 0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, SHA_OID, number,      \
	      0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, RSA_OID, 0x08, 0x30, 0x0d, SHA_OID, number,      \
	      0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, salt)

#define SHA(bits) SIGN_HASH_SHA##bits, CRYPTO_SHA##bits

/* clang-format off */
static const struct scheme schemes[SIGN_SCHEMES] = {
	[SIGN_RSA_SHA1]       = { "RSA with SHA-1", SIGN_HASH_SHA1, CRYPTO_SHA1, PKCS1, WITH_RSA(5) },
	[SIGN_RSA_SHA256]     = { "RSA with SHA2-256", SHA(256), PKCS1, WITH_RSA(11) },
	[SIGN_RSA_SHA384]     = { "RSA with SHA2-384", SHA(384), PKCS1, WITH_RSA(12) },
	[SIGN_RSA_SHA512]     = { "RSA with SHA2-512", SHA(512), PKCS1, WITH_RSA(13) },
	[SIGN_PSS_SHA256]     = { "RSA-PSS with SHA2-256", SHA(256), PSS, WITH_PSS(1, 32), .pss = true },
	[SIGN_PSS_SHA384]     = { "RSA-PSS with SHA2-384", SHA(384), PSS, WITH_PSS(2, 48), .pss = true },
	[SIGN_PSS_SHA512]     = { "RSA-PSS with SHA2-512", SHA(512), PSS, WITH_PSS(3, 64), .pss = true },
	[SIGN_ECDSA_SHA256]   = { "ECDSA with SHA2-256", SHA(256), ANY_EC, WITH_EC(2) },
	[SIGN_ECDSA_SHA384]   = { "ECDSA with SHA2-384", SHA(384), ANY_EC, WITH_EC(3) },
	[SIGN_ECDSA_SHA512]   = { "ECDSA with SHA2-512", SHA(512), ANY_EC, WITH_EC(4) },
	[SIGN_ECDSA_P256_RAW] = { "ECDSA P-256", SHA(256), OF(SIGN_KEY_P256), .raw = 32 },
	[SIGN_ECDSA_P384_RAW] = { "ECDSA P-384", SHA(384), OF(SIGN_KEY_P384), .raw = 48 },
	[SIGN_ECDSA_P521_RAW] = { "ECDSA P-521", SHA(512), OF(SIGN_KEY_P521), .raw = 66 },
	[SIGN_ED25519]        = { "Ed25519", SIGN_HASH_IDENTITY, CRYPTO_HASH_NONE, OF(SIGN_KEY_ED25519),
				  BYTES(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70) },
	[SIGN_ED448]          = { "Ed448", SIGN_HASH_IDENTITY, CRYPTO_HASH_NONE, OF(SIGN_KEY_ED448),
				  BYTES(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71) },
};
/* clang-format on */

const struct scheme *sign_scheme_row(enum sign_scheme scheme)
{
	return scheme > SIGN_NONE && scheme < SIGN_SCHEMES ? &schemes[scheme] : NULL;
}

bool sign_scheme_fits(enum sign_scheme scheme, enum sign_key_type type)
{
	const struct scheme *row = sign_scheme_row(scheme);

	return row && type > SIGN_KEY_NONE && type < SIGN_KEY_TYPES && row->types & OF(type);
}

enum sign_hash sign_scheme_hash(enum sign_scheme scheme)
{
	const struct scheme *row = sign_scheme_row(scheme);

	return row ? row->hash : 0;
}

const char *sign_scheme_text(enum sign_scheme scheme)
{
	const struct scheme *row = sign_scheme_row(scheme);

	return row ? row->text : "no signature scheme";
}

const uint8_t *sign_scheme_algorithm(enum sign_scheme scheme, size_t *len)
{
	const struct scheme *row = sign_scheme_row(scheme);

	*len = row ? row->algorithm_len : 0;
	return row ? row->algorithm : NULL;
}

/* --- an AlgorithmIdentifier that is not ours byte by byte --- */

/* The contents of the next element, whose tag and short length are as expected. */
static bool element(struct rd *rd, uint8_t tag, struct rd *inside)
{
	uint8_t t, len;

	return rd_u8(rd, &t) && t == tag && rd_u8(rd, &len) && len < 0x80 &&
	       rd_sub(rd, inside, len);
}

/* Exactly these bytes come next? They are passed over then. */
static bool take(struct rd *rd, const void *bytes, size_t len)
{
	if (rd->failed || rd->left < len || memcmp(rd->p, bytes, len))
		return false;
	return rd_skip(rd, len);
}

/* Parameters that are NULL or are left out. */
static bool no_parameters(struct rd *rd)
{
	static const uint8_t null[] = { 0x05, 0x00 };

	if (rd->left)
		take(rd, null, sizeof(null));
	return rd_end(rd);
}

/* AlgorithmIdentifier of a SHA-2: the last octet of its OID. */
static bool sha2(struct rd *rd, uint8_t *number)
{
	static const uint8_t oid[] = { SHA_OID };
	struct rd in;

	return element(rd, 0x30, &in) && take(&in, oid, sizeof(oid)) && rd_u8(&in, number) &&
	       no_parameters(&in);
}

/* RSASSA-PSS-params, RFC 4055 3.1. */
static enum sign_scheme pss(struct rd *rd)
{
	static const uint8_t mgf1[] = { RSA_OID, 0x08 };
	static const uint8_t salts[] = { 0, 32, 48, 64 };
	struct rd params, field, mgf;
	uint8_t hash, inner, salt, trailer;

	if (!element(rd, 0x30, &params) || !rd_end(rd) || !element(&params, 0xa0, &field) ||
	    !sha2(&field, &hash) || !rd_end(&field) || !element(&params, 0xa1, &field) ||
	    !element(&field, 0x30, &mgf) || !rd_end(&field) || !take(&mgf, mgf1, sizeof(mgf1)) ||
	    !sha2(&mgf, &inner) || !rd_end(&mgf) || inner != hash ||
	    !element(&params, 0xa2, &field) || !take(&field, "\x02\x01", 2) ||
	    !rd_u8(&field, &salt) || !rd_end(&field))
		return SIGN_NONE;
	if (params.left && (!element(&params, 0xa3, &field) || !take(&field, "\x02\x01", 2) ||
			    !rd_u8(&field, &trailer) || trailer != 1 || !rd_end(&field)))
		return SIGN_NONE;
	if (!rd_end(&params) || hash < 1 || hash > 3 || salt != salts[hash])
		return SIGN_NONE;
	return SIGN_PSS_SHA256 + (hash - 1);
}

static enum sign_scheme other_form(const uint8_t *der, size_t len)
{
	static const uint8_t rsa[] = { RSA_OID };
	struct rd rd = rd_of(der, len), in;
	uint8_t number;

	if (!element(&rd, 0x30, &in) || !rd_end(&rd) || !take(&in, rsa, sizeof(rsa)) ||
	    !rd_u8(&in, &number))
		return SIGN_NONE;
	if (number == 0x0a)
		return pss(&in);
	if (!no_parameters(&in))
		return SIGN_NONE;
	for (enum sign_scheme s = SIGN_RSA_SHA1; s <= SIGN_RSA_SHA512; s++)
		if (schemes[s].algorithm[2 + sizeof(rsa)] == number)
			return s;
	return SIGN_NONE;
}

enum sign_scheme sign_scheme_from_algorithm(const uint8_t *der, size_t len)
{
	for (enum sign_scheme s = SIGN_NONE + 1; s < SIGN_SCHEMES; s++)
		if (schemes[s].algorithm && schemes[s].algorithm_len == len &&
		    !memcmp(schemes[s].algorithm, der, len))
			return s;
	return len <= SIGN_ALGORITHM_MAX ? other_form(der, len) : SIGN_NONE;
}
