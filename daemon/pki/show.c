// SPDX-License-Identifier: BSD-2-Clause
/* What flexctl shows of the trustpoints. */
#include "pki/show.h"

#include "pki/internal.h"

#include <stdio.h>
#include <string.h>

/* Of a certificate or a list at this time. */
static const char *status_of(const struct msg_pki_row *row, int64_t now)
{
	if (now < row->from)
		return "not yet valid";
	if (now >= row->until)
		return "expired";
	return row->until - now < PKI_SOON_DAYS * PKI_DAY_S ? "ends soon" : "valid";
}

static void begin(struct msg_pki_row *row, const struct pki_trustpoint *tp, const char *what)
{
	memset(row, 0, sizeof(*row));
	memcpy(row->trustpoint, tp->name, sizeof(row->trustpoint));
	snprintf(row->what, sizeof(row->what), "%s", what);
}

static void certificate(const struct pki_trustpoint *tp, const char *what, X509 *x509, int64_t now,
			pki_show_row *show, void *arg)
{
	struct msg_pki_row row;

	begin(&row, tp, what);
	pki_x509_name(X509_get_subject_name(x509), row.subject, sizeof(row.subject));
	pki_x509_name(X509_get_issuer_name(x509), row.issuer, sizeof(row.issuer));
	pki_key_text(x509, row.key, sizeof(row.key));
	row.from = pki_time(X509_get0_notBefore(x509));
	row.until = pki_time(X509_get0_notAfter(x509));
	snprintf(row.status, sizeof(row.status), "%s", status_of(&row, now));
	show(arg, &row);
}

static void revocations(const struct pki_trustpoint *tp, X509_CRL *crl, int64_t now,
			pki_show_row *show, void *arg)
{
	struct msg_pki_row row;

	begin(&row, tp, "crl");
	pki_x509_name(X509_CRL_get_issuer(crl), row.issuer, sizeof(row.issuer));
	snprintf(row.subject, sizeof(row.subject), "%d revoked",
		 sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)));
	row.from = pki_time(X509_CRL_get0_lastUpdate(crl));
	row.until = pki_time(X509_CRL_get0_nextUpdate(crl));
	snprintf(row.status, sizeof(row.status), "%s", now >= row.until ? "expired" : "valid");
	show(arg, &row);
}

void pki_show(const struct pki *pki, int64_t now, pki_show_row *show, void *arg)
{
	for (size_t i = 0; i < pki->count; i++) {
		const struct pki_trustpoint *tp = &pki->trustpoint[i];

		for (int c = 0; c < sk_X509_num(tp->own_x509); c++)
			certificate(tp, c ? "intermediate" : "own", sk_X509_value(tp->own_x509, c),
				    now, show, arg);
		for (int c = 0; c < sk_X509_num(tp->anchors); c++)
			certificate(tp, "ca", sk_X509_value(tp->anchors, c), now, show, arg);
		for (int c = 0; c < sk_X509_CRL_num(tp->crls); c++)
			revocations(tp, sk_X509_CRL_value(tp->crls, c), now, show, arg);
	}
	for (size_t i = 0; i < pki->warning_count; i++) {
		struct msg_pki_row row = { .what = "problem" };

		snprintf(row.subject, sizeof(row.subject), "%.*s", (int)sizeof(row.subject) - 1,
			 pki->warning[i]);
		show(arg, &row);
	}
}
