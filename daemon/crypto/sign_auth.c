// SPDX-License-Identifier: BSD-2-Clause
/* AUTH data with signatures: the classic methods and RFC 7427. */
#include "core/rd.h"
#include "core/secret.h"
#include "crypto/sign.h"

#include <string.h>

static const struct {
	enum sign_key_type type;
	enum sign_method method; /* without RFC 7427 */
	enum sign_scheme scheme;
} classic[] = {
	{ SIGN_KEY_RSA, SIGN_METHOD_RSA, SIGN_RSA_SHA1 },
	{ SIGN_KEY_P256, SIGN_METHOD_ECDSA_P256, SIGN_ECDSA_P256_RAW },
	{ SIGN_KEY_P384, SIGN_METHOD_ECDSA_P384, SIGN_ECDSA_P384_RAW },
	{ SIGN_KEY_P521, SIGN_METHOD_ECDSA_P521, SIGN_ECDSA_P521_RAW },
};

/* With RFC 7427, the preferred first: a hash as strong as the key, then the stronger ones. */
static const struct {
	enum sign_key_type type;
	enum sign_scheme pkcs1_or_only, pss;
} digital[] = {
	{ SIGN_KEY_RSA, SIGN_RSA_SHA256, SIGN_PSS_SHA256 },
	{ SIGN_KEY_RSA, SIGN_RSA_SHA384, SIGN_PSS_SHA384 },
	{ SIGN_KEY_RSA, SIGN_RSA_SHA512, SIGN_PSS_SHA512 },
	{ SIGN_KEY_RSA_PSS, SIGN_PSS_SHA256, SIGN_PSS_SHA256 },
	{ SIGN_KEY_RSA_PSS, SIGN_PSS_SHA384, SIGN_PSS_SHA384 },
	{ SIGN_KEY_RSA_PSS, SIGN_PSS_SHA512, SIGN_PSS_SHA512 },
	{ SIGN_KEY_P256, SIGN_ECDSA_SHA256, SIGN_ECDSA_SHA256 },
	{ SIGN_KEY_P256, SIGN_ECDSA_SHA384, SIGN_ECDSA_SHA384 },
	{ SIGN_KEY_P256, SIGN_ECDSA_SHA512, SIGN_ECDSA_SHA512 },
	{ SIGN_KEY_P384, SIGN_ECDSA_SHA384, SIGN_ECDSA_SHA384 },
	{ SIGN_KEY_P384, SIGN_ECDSA_SHA512, SIGN_ECDSA_SHA512 },
	{ SIGN_KEY_P384, SIGN_ECDSA_SHA256, SIGN_ECDSA_SHA256 },
	{ SIGN_KEY_P521, SIGN_ECDSA_SHA512, SIGN_ECDSA_SHA512 },
	{ SIGN_KEY_P521, SIGN_ECDSA_SHA384, SIGN_ECDSA_SHA384 },
	{ SIGN_KEY_P521, SIGN_ECDSA_SHA256, SIGN_ECDSA_SHA256 },
	{ SIGN_KEY_ED25519, SIGN_ED25519, SIGN_ED25519 },
	{ SIGN_KEY_ED448, SIGN_ED448, SIGN_ED448 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool announced(uint32_t hashes, enum sign_scheme scheme)
{
	return hashes & 1u << sign_scheme_hash(scheme);
}

bool sign_choose(enum sign_key_type type, const struct sign_peer *peer, struct sign_choice *choice)
{
	for (size_t i = 0; peer->hashes && i < COUNT(digital); i++) {
		enum sign_scheme scheme = peer->pss ? digital[i].pss : digital[i].pkcs1_or_only;

		if (digital[i].type != type || !announced(peer->hashes, scheme))
			continue;
		*choice = (struct sign_choice){ SIGN_METHOD_DIGITAL, scheme };
		return true;
	}
	for (size_t i = 0; i < COUNT(classic); i++) {
		if (classic[i].type != type ||
		    (classic[i].scheme == SIGN_RSA_SHA1 && !(peer->flags & SIGN_LEGACY)))
			continue;
		*choice = (struct sign_choice){ classic[i].method, classic[i].scheme };
		return true;
	}
	return false;
}

bool sign_choice_ok(const struct sign_choice *choice)
{
	size_t len;

	if (choice->method == SIGN_METHOD_DIGITAL)
		return sign_scheme_algorithm(choice->scheme, &len) != NULL;
	if (choice->method == SIGN_METHOD_RSA)
		return choice->scheme >= SIGN_RSA_SHA1 && choice->scheme <= SIGN_RSA_SHA512;
	for (size_t i = 0; i < COUNT(classic); i++)
		if (classic[i].method == choice->method)
			return classic[i].scheme == choice->scheme;
	return false;
}

bool sign_auth_make(const struct sign_key *key, const struct sign_choice *choice,
		    const void *octets, size_t octets_len, uint8_t *auth, size_t *auth_len)
{
	const uint8_t *algorithm;
	size_t at = 0, len = 0;

	*auth_len = 0;
	if (!sign_choice_ok(choice))
		return false;
	if (choice->method == SIGN_METHOD_DIGITAL) {
		algorithm = sign_scheme_algorithm(choice->scheme, &len);
		auth[0] = (uint8_t)len;
		memcpy(auth + 1, algorithm, len);
		at = 1 + len;
	}
	if (!sign_make(key, choice->scheme, octets, octets_len, auth + at, &len)) {
		wipe(auth, at);
		return false;
	}
	*auth_len = at + len;
	return true;
}

/* Method 1 does not say its hash; only one of them can be right. */
static enum sign_scheme check_rsa(const struct sign_key *key, unsigned flags, const void *octets,
				  size_t octets_len, const uint8_t *sig, size_t sig_len)
{
	static const enum sign_scheme order[] = { SIGN_RSA_SHA256, SIGN_RSA_SHA384, SIGN_RSA_SHA512,
						  SIGN_RSA_SHA1 };

	for (size_t i = 0; i < COUNT(order); i++) {
		if (order[i] == SIGN_RSA_SHA1 && !(flags & SIGN_LEGACY))
			continue;
		if (sign_check(key, order[i], octets, octets_len, sig, sig_len))
			return order[i];
	}
	return SIGN_NONE;
}

static bool check_digital(const struct sign_key *key, uint32_t hashes, unsigned flags,
			  const void *octets, size_t octets_len, const uint8_t *auth,
			  size_t auth_len, enum sign_scheme *scheme)
{
	struct rd rd = rd_of(auth, auth_len);
	const uint8_t *algorithm;
	uint8_t len;

	if (!rd_u8(&rd, &len) || !rd_bytes(&rd, &algorithm, len))
		return false;
	*scheme = sign_scheme_from_algorithm(algorithm, len);
	return *scheme != SIGN_NONE && announced(hashes, *scheme) &&
	       (*scheme != SIGN_RSA_SHA1 || flags & SIGN_LEGACY) &&
	       sign_check(key, *scheme, octets, octets_len, rd.p, rd.left);
}

bool sign_auth_check(const struct sign_key *key, enum sign_method method, uint32_t hashes,
		     unsigned flags, const void *octets, size_t octets_len, const uint8_t *auth,
		     size_t auth_len, enum sign_scheme *scheme)
{
	enum sign_scheme used = SIGN_NONE;
	bool ok = false;

	if (method == SIGN_METHOD_DIGITAL) {
		ok = check_digital(key, hashes, flags, octets, octets_len, auth, auth_len, &used);
	} else if (method == SIGN_METHOD_RSA) {
		used = check_rsa(key, flags, octets, octets_len, auth, auth_len);
		ok = used != SIGN_NONE;
	} else {
		for (size_t i = 0; i < COUNT(classic); i++)
			if (classic[i].method == method)
				used = classic[i].scheme;
		ok = sign_check(key, used, octets, octets_len, auth, auth_len);
	}
	if (scheme)
		*scheme = used;
	return ok;
}
