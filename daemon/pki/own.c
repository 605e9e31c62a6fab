// SPDX-License-Identifier: BSD-2-Clause
/* The gateway's own certificates: read, and chosen for a peer. */
#include "crypto/sign_key.h"
#include "pki/internal.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* --- read --- */

bool pki_own_load(struct pki_trustpoint *tp, const struct pki_file *file, const char **why)
{
	STACK_OF(X509) *all = tp->own_x509 ? NULL : pki_x509_all(file->bytes, file->len);
	X509 *ours = sk_X509_value(all, 0);
	uint8_t *subject = NULL;

	if (!all) {
		*why = "is no certificate that can be read, in PEM or DER";
		return false;
	}
	tp->own_x509 = all;
	if (sk_X509_num(all) > PKI_OWN_MAX) {
		*why = "holds more than 8 certificates";
		return false;
	}
	if (X509_get_extension_flags(ours) & EXFLAG_CA) {
		*why = "begins with the certificate of a CA; the gateway's own comes first";
		return false;
	}
	if (pki_judge_leaf(ours) != PKI_OK) {
		*why = "begins with a certificate that is not for signing (key usage)";
		return false;
	}
	*why = "holds no public key";
	tp->own_key = X509_get0_pubkey(ours) ? sign_key_of(X509_get0_pubkey(ours), false, why)
					     : NULL;
	if (!tp->own_key)
		return false;
	*why = "needs more memory than there is";
	for (int i = 0; i < sk_X509_num(all); i++) {
		uint8_t *der = NULL;
		int len = i2d_X509(sk_X509_value(all, i), &der);

		if (len <= 0)
			return false;
		tp->own_chain[tp->own.count++] = (struct crypto_chunk){ der, (size_t)len };
	}
	tp->own.chain = tp->own_chain;
	tp->own.subject.len = (size_t)i2d_X509_NAME(X509_get_subject_name(ours), &subject);
	tp->own.subject.p = subject;
	tp->own.type = sign_key_type(tp->own_key);
	return subject && pki_key_hash(ours, tp->own.key_hash);
}

/* A successful answer of a responder, RFC 6960 4.2.1. Whether it is about our certificate, and
 * good, is what the client looks at. */
bool pki_own_ocsp(struct pki_trustpoint *tp, const struct pki_file *file, const char **why)
{
	const uint8_t *p = file->bytes;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, (long)file->len);
	bool ok = response && p == file->bytes + file->len &&
		  OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL;
	uint8_t *copy = ok && !tp->own.ocsp.p ? malloc(file->len) : NULL;

	*why = ok ? "needs more memory than there is" : "is no successful OCSP response in DER";
	if (copy) {
		memcpy(copy, file->bytes, file->len);
		tp->own.ocsp = (struct crypto_chunk){ copy, file->len };
	}
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return copy != NULL;
}

static void add_authority(struct pki_trustpoint *tp, X509 *x509)
{
	if (tp->own_authority_count < PKI_OWN_MAX + 1 &&
	    pki_key_hash(x509, tp->own_authority[tp->own_authority_count]))
		tp->own_authority_count++;
}

static bool is_issuer(X509 *issuer, X509 *of)
{
	return X509_check_issued(issuer, of) == X509_V_OK;
}

void pki_own_finish(struct pki *pki, struct pki_trustpoint *tp, int64_t now)
{
	X509 *last = sk_X509_value(tp->own_x509, 0);
	char name[PKI_TEXT_MAX];
	int64_t begin, end;
	bool complete = false;

	if (!last)
		return;
	begin = pki_time(X509_get0_notBefore(last));
	end = pki_time(X509_get0_notAfter(last));
	pki_subject_text(last, name, sizeof(name));
	if (now < begin || now >= end)
		pki_warn(pki, "[pki-trustpoint %s]: our certificate %s %s; clients will refuse it",
			 tp->name, name, now < begin ? "is not yet valid" : "has expired");
	else if (end < now + PKI_SOON_DAYS * PKI_DAY_S)
		pki_warn(pki, "[pki-trustpoint %s]: our certificate %s expires within %d days",
			 tp->name, name, (int)((end - now) / PKI_DAY_S) + 1);
	for (int i = 1; i < sk_X509_num(tp->own_x509); i++) {
		X509 *next = sk_X509_value(tp->own_x509, i);

		if (!is_issuer(next, last))
			pki_warn(
				pki,
				"[pki-trustpoint %s]: certificate %d of the gateway's file has not "
				"issued the one before it",
				tp->name, i + 1);
		add_authority(tp, next);
		last = next;
	}
	for (int i = 0; i < sk_X509_num(tp->anchors); i++) {
		if (!is_issuer(sk_X509_value(tp->anchors, i), last))
			continue;
		add_authority(tp, sk_X509_value(tp->anchors, i));
		complete = true;
	}
	if (!complete)
		pki_warn(pki,
			 "[pki-trustpoint %s]: our certificate %s does not lead to a "
			 "ca-certificate; is an intermediate missing behind it?",
			 tp->name, name);
	ERR_clear_error();
}

/* --- chosen --- */

const struct pki_own *pki_own(const struct pki *pki, int trustpoint)
{
	return &pki->trustpoint[trustpoint].own;
}

const struct sign_key *pki_own_key(const struct pki *pki, int trustpoint)
{
	return pki->trustpoint[trustpoint].own_key;
}

static bool leads_to(const struct pki_trustpoint *tp, const uint8_t *hashes, size_t count)
{
	for (size_t i = 0; i < tp->own_authority_count; i++)
		for (size_t j = 0; j < count; j++)
			if (!memcmp(tp->own_authority[i], hashes + j * PKI_KEY_HASH_LEN,
				    PKI_KEY_HASH_LEN))
				return true;
	return false;
}

int pki_choose(const struct pki *pki, const int *trustpoints, size_t count, const uint8_t *hashes,
	       size_t hash_count, const struct sign_peer *peer, struct sign_choice *choice)
{
	int best = CONF_NONE;

	for (size_t i = 0; i < count; i++) {
		const struct pki_trustpoint *tp = &pki->trustpoint[trustpoints[i]];
		bool asked = leads_to(tp, hashes, hash_count);
		struct sign_peer able = *peer;
		struct sign_choice how;

		able.pss = tp->pss;
		if (!tp->own.type || (best != CONF_NONE && !asked) ||
		    !sign_choose(tp->own.type, &able, &how))
			continue;
		best = trustpoints[i];
		*choice = how;
		if (asked)
			break;
	}
	return best;
}

size_t pki_authorities(const struct pki *pki, const int *trustpoints, size_t count, uint8_t *hashes,
		       size_t cap)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		const struct pki_trustpoint *tp = &pki->trustpoint[trustpoints[i]];

		for (size_t j = 0; j < tp->authority_count; j++) {
			bool known = false;

			for (size_t at = 0; at < len; at += PKI_KEY_HASH_LEN)
				known |= !memcmp(hashes + at, tp->authority[j], PKI_KEY_HASH_LEN);
			if (known || cap - len < PKI_KEY_HASH_LEN)
				continue;
			memcpy(hashes + len, tp->authority[j], PKI_KEY_HASH_LEN);
			len += PKI_KEY_HASH_LEN;
		}
	}
	return len;
}
