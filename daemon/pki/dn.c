// SPDX-License-Identifier: BSD-2-Clause
/* Distinguished names of certificates, RFC 5280 4.1.2.4. Their text is that of the configuration.
 */
#include "conf/dn.h"
#include "pki/pki.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>

enum { DN_MAX = 4096 };

/* NULL: not a name, or something stands behind it. */
static X509_NAME *parse(struct crypto_chunk dn)
{
	const uint8_t *p = dn.p;
	X509_NAME *name = dn.len && dn.len <= DN_MAX ? d2i_X509_NAME(NULL, &p, (long)dn.len) : NULL;

	if (name && p != (const uint8_t *)dn.p + dn.len) {
		X509_NAME_free(name);
		name = NULL;
	}
	return name;
}

bool pki_dn_equal(struct crypto_chunk a, struct crypto_chunk b)
{
	X509_NAME *left = parse(a), *right = parse(b);
	bool equal = left && right && X509_NAME_entry_count(left) > 0 &&
		     X509_NAME_cmp(left, right) == 0;

	X509_NAME_free(left);
	X509_NAME_free(right);
	ERR_clear_error();
	return equal;
}

const char *pki_dn_text(struct crypto_chunk dn, char *buf, size_t cap)
{
	conf_dn_text(dn.p, dn.len, buf, cap);
	if (!buf[0])
		snprintf(buf, cap, "(no name)");
	return buf;
}
