// SPDX-License-Identifier: BSD-2-Clause
/* From the files of a configuration to its trustpoints. */
#include "pki/internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void pki_warn(struct pki *pki, const char *format, ...)
{
	char *text;
	va_list args;
	int len;

	if (pki->warning_count == PKI_WARNINGS_MAX)
		return;
	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len >= 0)
		pki->warning[pki->warning_count++] = text;
}

const char *pki_warning(const struct pki *pki, size_t i)
{
	return i < pki->warning_count ? pki->warning[i] : NULL;
}

/* --- one file --- */

/* Anchors are CAs: a certificate of somebody else's that is listed would be that somebody. */
static bool load_anchors(struct pki_trustpoint *tp, const struct pki_file *file, const char **why)
{
	STACK_OF(X509) *all = pki_x509_all(file->bytes, file->len);
	X509 *x509;

	*why = "is no certificate that can be read, in PEM or DER";
	while (all && (x509 = sk_X509_shift(all))) {
		if (X509_check_ca(x509) == 0)
			*why = "holds a certificate that is not that of a CA";
		else if (sk_X509_num(tp->anchors) == PKI_AUTHORITIES_MAX)
			*why = "holds one CA too many; a trustpoint may have 64";
		else if (sk_X509_push(tp->anchors, x509) > 0)
			continue;
		X509_free(x509);
		sk_X509_pop_free(all, X509_free);
		return false;
	}
	sk_X509_free(all);
	return all != NULL;
}

static bool load_crls(struct pki_trustpoint *tp, const struct pki_file *file, const char **why)
{
	STACK_OF(X509_CRL) *all = pki_crl_all(file->bytes, file->len);
	X509_CRL *crl;
	bool ok = all != NULL;

	*why = ok ? "needs more memory than there is"
		  : "is no revocation list that can be read, in PEM or DER";
	while (ok && (crl = sk_X509_CRL_shift(all))) {
		ok = sk_X509_CRL_push(tp->crls, crl) > 0;
		if (!ok)
			X509_CRL_free(crl);
	}
	sk_X509_CRL_pop_free(all, X509_CRL_free);
	return ok;
}

static bool load_file(struct pki *pki, const struct pki_file *file, unsigned flags,
		      const char **why)
{
	struct pki_trustpoint *tp = &pki->trustpoint[file->trustpoint];

	switch (file->kind) {
	case PKI_KIND_OWN:
		return pki_own_load(tp, file, why);
	case PKI_KIND_OCSP:
		return pki_own_ocsp(tp, file, why);
	case PKI_KIND_CA:
		return flags & PKI_OWN_ONLY || load_anchors(tp, file, why);
	case PKI_KIND_CRL:
		return flags & PKI_OWN_ONLY || load_crls(tp, file, why);
	}
	*why = "is of no kind that is known";
	return false;
}

/* --- a trustpoint --- */

static bool make_store(struct pki_trustpoint *tp)
{
	size_t count = (size_t)sk_X509_num(tp->anchors);
	bool ok = (tp->store = X509_STORE_new()) != NULL &&
		  (tp->authority = calloc(count + 1, sizeof(*tp->authority))) != NULL;

	for (size_t i = 0; ok && i < count; i++)
		ok = X509_STORE_add_cert(tp->store, sk_X509_value(tp->anchors, (int)i)) == 1 &&
		     pki_key_hash(sk_X509_value(tp->anchors, (int)i),
				  tp->authority[tp->authority_count++]);
	for (int i = 0; ok && i < sk_X509_CRL_num(tp->crls); i++)
		ok = X509_STORE_add_crl(tp->store, sk_X509_CRL_value(tp->crls, i)) == 1;
	ERR_clear_error();
	return ok;
}

/* What will keep everybody out, or soon will. */
static void warn_of_dates(struct pki *pki, const struct pki_trustpoint *tp, int64_t now)
{
	char name[PKI_TEXT_MAX];

	for (int i = 0; i < sk_X509_num(tp->anchors); i++) {
		X509 *x509 = sk_X509_value(tp->anchors, i);
		int64_t end = pki_time(X509_get0_notAfter(x509));

		if (end < now + PKI_SOON_DAYS * PKI_DAY_S)
			pki_warn(pki, "[pki-trustpoint %s]: the certificate of the CA %s %s",
				 tp->name, pki_subject_text(x509, name, sizeof(name)),
				 end <= now ? "has expired" : "expires within two weeks");
	}
	for (int i = 0; i < sk_X509_CRL_num(tp->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(tp->crls, i);

		if (pki_time(X509_CRL_get0_nextUpdate(crl)) <= now)
			pki_warn(pki, "[pki-trustpoint %s]: the CRL of %s has expired%s", tp->name,
				 pki_x509_name(X509_CRL_get_issuer(crl), name, sizeof(name)),
				 tp->revocation == CONF_REVOCATION_CRL
					 ? "; nobody with a certificate of it can log in"
					 : "");
	}
}

static struct pki *new_pki(const struct conf *conf)
{
	struct pki *pki = calloc(1, sizeof(*pki));
	bool ok = pki != NULL;

	if (ok) {
		pki->trustpoint = calloc(conf->trustpoint_count + 1, sizeof(*pki->trustpoint));
		pki->memory = calloc(PKI_MEMORY, sizeof(*pki->memory));
		ok = pki->trustpoint && pki->memory;
	}
	for (size_t i = 0; ok && i < conf->trustpoint_count; i++) {
		struct pki_trustpoint *tp = &pki->trustpoint[pki->count++];

		memcpy(tp->name, conf->trustpoints[i].name, sizeof(tp->name));
		tp->revocation = conf->trustpoints[i].revocation;
		tp->pss = conf->trustpoints[i].pss;
		ok = (tp->anchors = sk_X509_new_null()) && (tp->crls = sk_X509_CRL_new_null());
	}
	if (ok)
		return pki;
	pki_free(pki);
	return NULL;
}

/* --- all of them --- */

static bool load_all(struct pki *pki, struct rd *rd, unsigned flags, char *why, size_t cap)
{
	struct pki_file file;
	const char *what = "";

	while (pki_bundle_next(rd, &file)) {
		if (file.trustpoint >= pki->count) {
			rd->failed = true;
			break;
		}
		if (!load_file(pki, &file, flags, &what)) {
			snprintf(why, cap, "[pki-trustpoint %s] %.300s %s",
				 pki->trustpoint[file.trustpoint].name, file.name, what);
			return false;
		}
	}
	if (rd->failed)
		snprintf(why, cap, "the files of the trustpoints do not fit the configuration");
	return !rd->failed;
}

static bool finish(struct pki *pki, const struct conf *conf, unsigned flags, int64_t now, char *why,
		   size_t cap)
{
	for (size_t i = 0; i < pki->count; i++) {
		struct pki_trustpoint *tp = &pki->trustpoint[i];

		if (conf->trustpoints[i].certificate[0] && !tp->own.type) {
			snprintf(why, cap, "[pki-trustpoint %s]: the certificate is missing",
				 tp->name);
			return false;
		}
		if (flags & PKI_OWN_ONLY)
			continue;
		if (!make_store(tp)) {
			snprintf(why, cap, "[pki-trustpoint %s]: out of memory", tp->name);
			return false;
		}
		warn_of_dates(pki, tp, now);
		pki_own_finish(pki, tp, now);
	}
	for (size_t i = 0; i < conf->profile_count && !(flags & PKI_OWN_ONLY); i++)
		pki_warn_of_profile(pki, &conf->profiles[i]);
	return true;
}

struct pki *pki_load(int fd, const struct conf *conf, unsigned flags, int64_t now, char *why,
		     size_t cap)
{
	struct pki *pki = new_pki(conf);
	size_t len = 0;
	uint8_t *bytes = pki_bundle_read(fd, &len);
	struct rd rd = rd_of(bytes, len);

	close(fd);
	if (!pki || !bytes) {
		snprintf(why, cap, "the files of the trustpoints cannot be read: out of memory");
		pki_free(pki);
		pki = NULL;
	} else if (!load_all(pki, &rd, flags, why, cap) ||
		   !finish(pki, conf, flags, now, why, cap)) {
		pki_free(pki);
		pki = NULL;
	}
	free(bytes);
	return pki;
}

static void free_trustpoint(struct pki_trustpoint *tp)
{
	for (size_t i = 0; i < tp->own.count; i++)
		OPENSSL_free((void *)(uintptr_t)tp->own_chain[i].p);
	free((void *)(uintptr_t)tp->own.ocsp.p);
	OPENSSL_free((void *)(uintptr_t)tp->own.subject.p);
	sign_key_free(tp->own_key);
	sk_X509_pop_free(tp->own_x509, X509_free);
	X509_STORE_free(tp->store);
	sk_X509_pop_free(tp->anchors, X509_free);
	sk_X509_CRL_pop_free(tp->crls, X509_CRL_free);
	free(tp->authority);
}

void pki_free(struct pki *pki)
{
	if (!pki)
		return;
	for (size_t i = 0; i < pki->count; i++)
		free_trustpoint(&pki->trustpoint[i]);
	for (size_t i = 0; pki->memory && i < PKI_MEMORY; i++)
		pki_cert_free(pki->memory[i].cert);
	for (size_t i = 0; i < pki->warning_count; i++)
		free(pki->warning[i]);
	free(pki->trustpoint);
	free(pki->memory);
	free(pki);
}
