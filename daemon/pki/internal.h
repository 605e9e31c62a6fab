/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside daemon/pki only: what the library's types are visible in. */
#ifndef PKI_INTERNAL_H
#define PKI_INTERNAL_H

#include "pki/bundle.h"
#include "pki/pki.h"

#include <openssl/x509.h>

enum {
	PKI_OWN_MAX = PKI_CHAIN_MAX, /* certificates in a file of ours */
	PKI_AUTHORITIES_MAX = 64,    /* anchors of one trustpoint */
	PKI_WARNINGS_MAX = 16,
	PKI_DAY_S = 24 * 60 * 60,
	PKI_SOON_DAYS = 14, /* before something ends we warn of it */
	PKI_MEMORY = 4096,  /* chains that are remembered, each some 3.3 KiB */
	PKI_PLACES = 8,     /* where each of them may stand */
};

/* One chain that was found good. */
struct pki_memory {
	uint8_t digest[CRYPTO_HASH_MAX]; /* of chain and trustpoints */
	struct pki_cert *cert;           /* NULL: free */
	int64_t from, until;             /* while the certificates and the CRLs are in force */
};

struct pki_trustpoint {
	conf_name name;
	int revocation; /* as in struct conf_trustpoint */
	bool pss;

	STACK_OF(X509) * anchors;
	STACK_OF(X509_CRL) * crls;
	X509_STORE *store;                      /* both of them; NULL with PKI_OWN_ONLY */
	uint8_t (*authority)[PKI_KEY_HASH_LEN]; /* of the anchors, for our CERTREQ */
	size_t authority_count;

	STACK_OF(X509) * own_x509; /* ours first */
	struct pki_own own;
	struct sign_key *own_key;
	struct crypto_chunk own_chain[PKI_OWN_MAX]; /* own.chain */
	/* Who vouches for our certificate: for the CERTREQ of peers. */
	uint8_t own_authority[PKI_OWN_MAX + 1][PKI_KEY_HASH_LEN];
	size_t own_authority_count;
};

struct pki {
	struct pki_trustpoint *trustpoint;
	size_t count;
	char *warning[PKI_WARNINGS_MAX];
	size_t warning_count;
	struct pki_memory *memory; /* PKI_MEMORY of them, PKI_PLACES for each digest */
};

/* --- x509.c --- */

/* A certificate in DER with nothing behind it, extensions looked at. NULL: malformed. */
X509 *pki_x509(const uint8_t *der, size_t len);
/* All certificates of a PEM text, or the one of a DER. NULL: none, or one is malformed. */
STACK_OF(X509) * pki_x509_all(const uint8_t *bytes, size_t len);
STACK_OF(X509_CRL) * pki_crl_all(const uint8_t *bytes, size_t len);
/* Seconds of the wall clock; INT64_MAX for no time at all. */
int64_t pki_time(const ASN1_TIME *time);
bool pki_key_hash(X509 *x509, uint8_t hash[PKI_KEY_HASH_LEN]);
/* "ECDSA P-256"; "" for a key that is not one of ours. Returns buf. */
const char *pki_key_text(X509 *x509, char *buf, size_t cap);
const char *pki_x509_name(const X509_NAME *name, char *buf, size_t cap);
static inline const char *pki_subject_text(X509 *x509, char *buf, size_t cap)
{
	return pki_x509_name(X509_get_subject_name(x509), buf, cap);
}

/* --- own.c --- */

/* Our chain out of its file. False: why says what is wrong, as a predicate. */
bool pki_own_load(struct pki_trustpoint *tp, const struct pki_file *file, const char **why);
bool pki_own_ocsp(struct pki_trustpoint *tp, const struct pki_file *file, const char **why);
/* When everything is there: who vouches for it, and what to warn of. */
void pki_own_finish(struct pki *pki, struct pki_trustpoint *tp, int64_t now);
void pki_warn(struct pki *pki, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- profiles.c --- */

/* When everything is there: what keeps the clients of this profile out whatever they do. */
void pki_warn_of_profile(struct pki *pki, const struct conf_profile *profile);

/* --- policy.c --- */

/* May this be the certificate of a peer, whoever issued it? RFC 4945 5.1.3. */
enum pki_verdict pki_judge_leaf(X509 *leaf);
/* The path of this certificate at this time; untrusted may be NULL. [*from, *until): how long that
 * holds. fault: the name of the certificate that is to blame. */
enum pki_verdict pki_judge_path(const struct pki_trustpoint *tp, X509 *leaf,
				STACK_OF(X509) * untrusted, int64_t now, int64_t *from,
				int64_t *until, char fault[PKI_TEXT_MAX]);

/* --- cert.c --- */

/* Everything of it that is of use later. Takes key in any case. NULL: no memory, or malformed. */
struct pki_cert *pki_cert_new(X509 *x509, struct sign_key *key);

#endif
