/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates: the trustpoints of one configuration, and the judgement of a peer's chain.
 *
 * A trustpoint is a CA that we believe (anchors, CRLs) and perhaps a certificate of our own (a
 * chain; its private key lies in `aaa` alone). A chain of a peer is verified once and remembered by
 * its digest. X.509 is the library's, RFC 5280; what IKE asks of a certificate beyond that is RFC
 * 4945. Times are seconds of the wall clock (time()). Nothing here opens a file.
 */
#ifndef PKI_PKI_H
#define PKI_PKI_H

#include "conf/conf.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PKI_CERT_MAX = 16 * 1024, /* bytes of one certificate of a peer */
	PKI_CHAIN_MAX = 8,        /* certificates that a peer may send */
	PKI_DEPTH_MAX = 6,        /* CAs between its certificate and an anchor */
	PKI_KEY_HASH_LEN = 20,    /* an authority in CERTREQ: SHA-1 of its SPKI, RFC 7296 3.7 */
	PKI_TEXT_MAX = 256,       /* a name in words is cut there */
};

struct pki;      /* read-only but for the memory of what was verified */
struct pki_cert; /* a certificate of a peer that was verified; references are counted */

/* --- the whole --- */

enum pki_flag {
	PKI_OWN_ONLY = 1, /* only our own chains: what `aaa` needs beside its keys */
};

/*
 * What flexd packed (pki/bundle.h) for this configuration. fd is closed. Index i of
 * conf->trustpoints is trustpoint i here. NULL: why says in a sentence which file is wrong, and
 * how.
 */
struct pki *pki_load(int fd, const struct conf *conf, unsigned flags, int64_t now, char *why,
		     size_t cap);
void pki_free(struct pki *pki); /* NULL is harmless; certificates of peers outlive it */
/* What is wrong and yet no reason to refuse the files, sentence by sentence: "certificate X expires
 * in 3 days", "CRL Y has expired". NULL: no more. */
const char *pki_warning(const struct pki *pki, size_t i);

/* --- our own --- */

struct pki_own {
	enum sign_key_type type;          /* NONE: this trustpoint has no certificate of ours */
	const struct crypto_chunk *chain; /* DER, our certificate first, then its intermediates */
	size_t count;
	struct crypto_chunk ocsp; /* an OCSPResponse for a CERT payload (RFC 4806), len 0: none */
	struct crypto_chunk subject;        /* DN in DER: what `identity local dn` says */
	uint8_t key_hash[PKI_KEY_HASH_LEN]; /* of its key: for struct msg_auth_sign */
};

/* The method, as the configuration calls it, that a key of this type signs for. */
enum conf_auth pki_key_auth(enum sign_key_type type);
const struct pki_own *pki_own(const struct pki *pki, int trustpoint);
/* The public key of our certificate, NULL: none. Borrowed. */
const struct sign_key *pki_own_key(const struct pki *pki, int trustpoint);

/*
 * The trustpoint to sign with for this peer: of those `trustpoints` (in their order) whose key can
 * sign for it, the first that leads to an authority of its CERTREQ (hashes: hash_count times
 * PKI_KEY_HASH_LEN), and if none does, the first. CONF_NONE: no key of ours is of use to it.
 */
int pki_choose(const struct pki *pki, const int *trustpoints, size_t count, const uint8_t *hashes,
	       size_t hash_count, const struct sign_peer *peer, struct sign_choice *choice);
/* The certification authorities of our CERTREQ: hashes of the anchors, each once. Returns the bytes
 * written, at most cap. */
size_t pki_authorities(const struct pki *pki, const int *trustpoints, size_t count, uint8_t *hashes,
		       size_t cap);

/* --- a peer's --- */

/* name, words for the operator: the predicate of "its certificate ..." */
#define PKI_VERDICTS(X)                                                                            \
	X(OK, "is valid")                                                                          \
	X(MISSING, "was not sent")                                                                 \
	X(TOO_MANY, "came with more than 8 certificates")                                          \
	X(TOO_LARGE, "is longer than 16384 bytes")                                                 \
	X(MALFORMED, "is malformed")                                                               \
	X(WEAK_KEY, "has a key that is too weak, or of a kind that is not known")                  \
	X(WEAK_SIGNATURE, "is signed with an algorithm that is too weak")                          \
	X(IS_CA, "is that of a CA")                                                                \
	X(KEY_USAGE, "is not for signing (key usage)")                                             \
	X(EXTENDED_KEY_USAGE, "is for another purpose (extended key usage)")                       \
	X(SELF_SIGNED, "is self-signed")                                                           \
	X(UNKNOWN_CA, "leads to no CA that is trusted here")                                       \
	X(NOT_A_CA, "is issued by a certificate that is no CA")                                    \
	X(TOO_LONG, "is too many CAs away from one that is trusted")                               \
	X(BAD_SIGNATURE, "has a wrong signature")                                                  \
	X(NOT_YET_VALID, "is not yet valid")                                                       \
	X(EXPIRED, "has expired")                                                                  \
	X(NAME_CONSTRAINTS, "has a name that its CA may not give")                                 \
	X(CRITICAL_EXTENSION, "has a critical extension that is not known")                        \
	X(REVOKED, "is revoked")                                                                   \
	X(NO_CRL, "cannot be checked: no CRL of its CA is there")                                  \
	X(CRL_EXPIRED, "cannot be checked: the CRL of its CA has expired")                         \
	X(CRL_INVALID, "cannot be checked: the CRL of its CA is not valid")                        \
	X(FAILED, "cannot be checked: the crypto library failed")

enum pki_verdict {
#define X(name, text) PKI_##name,
	PKI_VERDICTS(X)
#undef X
		PKI_VERDICT_COUNT
};

const char *pki_verdict_text(enum pki_verdict verdict);

/*
 * Is the first of these certificates (DER, in the order of the CERT payloads; the others help to
 * build the path, in any order) that of somebody one of these trustpoints vouches for, at this
 * time? With PKI_OK *out is a reference to the certificate, to be given back with pki_cert_free().
 * With anything else *out is NULL and `where` names the certificate of the path that is at fault,
 * as text for logs (may be NULL). Nothing is proven yet but the chain: that the peer has the key
 * (sign_auth_check) and that the certificate is for the identity it claims (pki_proves_identity)
 * the caller has to ask as well.
 */
enum pki_verdict pki_verify(struct pki *pki, const int *trustpoints, size_t count,
			    const struct crypto_chunk *chain, size_t chain_count, int64_t now,
			    struct pki_cert **out, char where[PKI_TEXT_MAX]);

struct pki_cert *pki_cert_ref(struct pki_cert *cert);
void pki_cert_free(struct pki_cert *cert); /* NULL is harmless */

const struct sign_key *pki_cert_key(const struct pki_cert *cert); /* public; borrowed */
/* Distinguished names in DER, and the number's bytes as in the DER INTEGER. Borrowed. */
struct crypto_chunk pki_cert_subject(const struct pki_cert *cert);
struct crypto_chunk pki_cert_issuer(const struct pki_cert *cert);
struct crypto_chunk pki_cert_serial(const struct pki_cert *cert);
/* What stands in the certificate itself. */
void pki_cert_validity(const struct pki_cert *cert, int64_t *begin, int64_t *end);
/* Entry i of the SANs of this identity type (FQDN, EMAIL, IPV4, IPV6). False: there is none. */
bool pki_cert_san(const struct pki_cert *cert, uint8_t id_type, size_t i, struct crypto_chunk *san);

/*
 * Is the certificate that of this identity (type and data as in IDi, RFC 7296 3.5)? RFC 4945 3.1:
 * ID_DER_ASN1_DN is the subject, compared as names are; FQDN, RFC822_ADDR, IPV4_ADDR and IPV6_ADDR
 * stand among the SANs of exactly that type. Case does not matter in DNS names and in the domain of
 * a mail address. No wildcards, no common name instead; KEY_ID is never proven by a certificate.
 */
bool pki_proves_identity(const struct pki_cert *cert, uint8_t type, const uint8_t *data,
			 size_t len);

/* --- distinguished names in DER: of certificates, and of ID_DER_ASN1_DN --- */

/* Equal as RFC 5280 7.1 compares names: case and repeated spaces do not matter. Nothing is equal to
 * a name without parts, or to what is malformed. */
bool pki_dn_equal(struct crypto_chunk a, struct crypto_chunk b);
/* As conf_dn_text(); "(no name)" for one without parts, or what is malformed. Returns buf. */
const char *pki_dn_text(struct crypto_chunk dn, char *buf, size_t cap);

#endif
