/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures of IKE: keys, schemes and the data of an AUTH payload made with them (RFC 7296 3.8,
 * RFC 4754, RFC 7427, RFC 8420). What the library answers in three values never leaves this folder:
 * a signature is right, or it is not.
 */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sign_key_type {
	SIGN_KEY_NONE = 0,
	SIGN_KEY_RSA,
	SIGN_KEY_RSA_PSS, /* id-RSASSA-PSS: a key for nothing but PSS, RFC 4055 1.2 */
	SIGN_KEY_P256,
	SIGN_KEY_P384,
	SIGN_KEY_P521,
	SIGN_KEY_ED25519,
	SIGN_KEY_ED448,
	SIGN_KEY_TYPES
};

enum sign_scheme {
	SIGN_NONE = 0,
	SIGN_RSA_SHA1,   /* only with SIGN_LEGACY */
	SIGN_RSA_SHA256, /* RSASSA-PKCS1-v1_5 */
	SIGN_RSA_SHA384,
	SIGN_RSA_SHA512,
	SIGN_PSS_SHA256, /* RSASSA-PSS, MGF1 with the same hash, salt as long as the hash */
	SIGN_PSS_SHA384,
	SIGN_PSS_SHA512,
	SIGN_ECDSA_SHA256, /* on any of the three curves; a signature in DER */
	SIGN_ECDSA_SHA384,
	SIGN_ECDSA_SHA512,
	SIGN_ECDSA_P256_RAW, /* RFC 4754: r | s, the curve's own hash */
	SIGN_ECDSA_P384_RAW,
	SIGN_ECDSA_P521_RAW,
	SIGN_ED25519, /* without a hash of its own, RFC 8420 */
	SIGN_ED448,
	SIGN_SCHEMES
};

/* Authentication methods of RFC 7296 3.8 (IANA) that sign. */
enum sign_method {
	SIGN_METHOD_RSA = 1,
	SIGN_METHOD_ECDSA_P256 = 9,
	SIGN_METHOD_ECDSA_P384 = 10,
	SIGN_METHOD_ECDSA_P521 = 11,
	SIGN_METHOD_DIGITAL = 14, /* RFC 7427 */
};

/* Numbers of SIGNATURE_HASH_ALGORITHMS, RFC 7427 4, RFC 8420 2. */
enum sign_hash {
	SIGN_HASH_SHA1 = 1,
	SIGN_HASH_SHA256 = 2,
	SIGN_HASH_SHA384 = 3,
	SIGN_HASH_SHA512 = 4,
	SIGN_HASH_IDENTITY = 5,
};

enum {
	SIGN_RSA_BITS_MIN = 2048,
	SIGN_RSA_BITS_MAX = 8192,         /* verifying longer ones is work for strangers */
	SIGN_MAX = SIGN_RSA_BITS_MAX / 8, /* longest signature */
	SIGN_ALGORITHM_MAX = 80,          /* longest AlgorithmIdentifier that we read or write */
	SIGN_AUTH_MAX = 1 + SIGN_ALGORITHM_MAX + SIGN_MAX, /* longest AUTH data */
};

/* What may be used beyond the rule. */
enum sign_flag {
	SIGN_LEGACY = 1, /* RSA with SHA-1 in method 1 and 14 */
};

/* A private or a public key. */
struct sign_key;

/* --- keys --- */

/* The numbers of private keys that are read from now on lie in memory that is locked, left out of
 * core dumps and fenced, as far as the limits allow. Before the process is confined. */
void sign_protect_keys(void);

/*
 * The first private key of a PEM text: PKCS#8 or the older forms, not encrypted. NULL: *why says in
 * a predicate what is wrong ("holds no private key", "is encrypted", "is an RSA key of 1024 bits;
 * 2048 to 8192 are allowed").
 */
struct sign_key *sign_key_from_pem(const void *pem, size_t len, const char **why);
/* A public key as a SubjectPublicKeyInfo (RFC 5280 4.1.2.7), nothing behind it. NULL: not one of
 * ours (explicit curves, small or huge RSA moduli, other algorithms), or malformed; *why as above.
 */
struct sign_key *sign_key_from_spki(const uint8_t *der, size_t len, const char **why);
void sign_key_free(struct sign_key *key); /* wipes; NULL is harmless */

enum sign_key_type sign_key_type(const struct sign_key *key);
/* "RSA 2048", "ECDSA P-256", "Ed25519". */
const char *sign_key_text(const struct sign_key *key, char *buf, size_t cap);
/* The same public key in both? */
bool sign_key_match(const struct sign_key *a, const struct sign_key *b);

/* --- schemes --- */

/* May a key of this type make signatures of this scheme? */
bool sign_scheme_fits(enum sign_scheme scheme, enum sign_key_type type);
/* Its number in SIGNATURE_HASH_ALGORITHMS. 0: no such scheme. */
enum sign_hash sign_scheme_hash(enum sign_scheme scheme);
/* "RSA-PSS with SHA2-256". */
const char *sign_scheme_text(enum sign_scheme scheme);
/* The AlgorithmIdentifier as RFC 7427 appendix A has it. NULL: raw ECDSA, which has none. */
const uint8_t *sign_scheme_algorithm(enum sign_scheme scheme, size_t *len);
/*
 * The scheme of an AlgorithmIdentifier: byte by byte, with nothing behind it. Of the forms that
 * differ without meaning (NULL or no parameters of a hash or of RSA, the trailer field of PSS said
 * or left out) all are known. PSS with another MGF, another hash inside or another salt is not.
 * SIGN_NONE: unknown.
 */
enum sign_scheme sign_scheme_from_algorithm(const uint8_t *der, size_t len);

/* --- signatures --- */

/* sig takes SIGN_MAX bytes. False, and sig all zero: the scheme is not for this key, there is no
 * private part, or the library failed. */
bool sign_make(const struct sign_key *key, enum sign_scheme scheme, const void *octets,
	       size_t octets_len, uint8_t *sig, size_t *sig_len);
bool sign_check(const struct sign_key *key, enum sign_scheme scheme, const void *octets,
		size_t octets_len, const uint8_t *sig, size_t sig_len);

/* --- AUTH data --- */

/* What a peer can do, by what it said in IKE_SA_INIT and by the profile. */
struct sign_peer {
	uint32_t hashes; /* bit 1 << enum sign_hash, as its SIGNATURE_HASH_ALGORITHMS says; 0: it
			  * sent none, so only the classic methods are left */
	bool pss;        /* RSA keys sign with PSS where a hash is negotiated */
	unsigned flags;  /* enum sign_flag */
};

struct sign_choice {
	enum sign_method method;
	enum sign_scheme scheme;
};

/* How a key of ours should sign for this peer. False: in no way that both may use. Without RFC 7427
 * RSA signs with SHA-1 (RFC 7296 3.8), thus needs SIGN_LEGACY, and Ed25519 and Ed448 cannot. */
bool sign_choose(enum sign_key_type type, const struct sign_peer *peer, struct sign_choice *choice);
/* Is this pair one that the protocol knows? */
bool sign_choice_ok(const struct sign_choice *choice);

/* AUTH data for the method: the signature, with RFC 7427 behind its AlgorithmIdentifier. auth takes
 * SIGN_AUTH_MAX bytes. False as sign_make(). */
bool sign_auth_make(const struct sign_key *key, const struct sign_choice *choice,
		    const void *octets, size_t octets_len, uint8_t *auth, size_t *auth_len);
/*
 * AUTH data of a peer against the public key of its verified certificate. hashes: those that we
 * announced (bits as in struct sign_peer), others are refused in method 14; method 1 takes the hash
 * that the signature names, SHA-1 only with SIGN_LEGACY. scheme: NULL, or becomes what was used
 * (for logs), SIGN_NONE when it cannot be told.
 */
bool sign_auth_check(const struct sign_key *key, enum sign_method method, uint32_t hashes,
		     unsigned flags, const void *octets, size_t octets_len, const uint8_t *auth,
		     size_t auth_len, enum sign_scheme *scheme);

#endif
