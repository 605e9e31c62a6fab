// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificates of strangers: a chain, each certificate behind its length in two octets. It is
 * judged against a CA that did not sign it; and what a good one would be asked is asked of its
 * first as if it were good.
 */
#include "core/rd.h"
#include "crypto/sign_key.h"
#include "pki/internal.h"
#include "support/ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW ((int64_t)1800000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char conf_text[] =
	"[gateway]\noutside = eth0\n[pki-trustpoint t]\nca-certificate = /ca.pem\n"
	"[pool v4]\nprefix = 10.0.0.0/24\n[ikev2-authorization-policy p]\npool = v4\n"
	"[virtual-template 1]\n[ikev2-keyring r]\npsk = a\n"
	"[ikev2-profile p]\nmatch-identity-remote = any\nidentity-local = fqdn gw.example.org\n"
	"authentication-local = pre-share\nauthentication-remote = pre-share\n"
	"keyring-local = r\naaa-authorization-group = p\nvirtual-template = 1\n";

static struct pki *trust(void)
{
	static const struct ca_spec spec = { "EC:P-256", "CN=Root", .basic = "critical,CA:TRUE",
					     .from = NOW - 1000, .until = NOW + 1000 };
	FILE *in = fmemopen((void *)(uintptr_t)conf_text, sizeof(conf_text) - 1, "r");
	struct pki_file file = { .kind = PKI_KIND_CA, .name = "/ca.pem" };
	struct conf_errors errors;
	struct conf *conf = conf_parse(in, "fuzz", &errors);
	int fd = pki_bundle_new();
	struct ca_cert root;
	struct pki *pki;
	char why[256];

	fclose(in);
	ca_make(&root, &spec, NULL);
	file.bytes = root.der.p;
	file.len = root.der.len;
	if (!conf || pki_bundle_add(fd, &file) ||
	    !(pki = pki_load(fd, conf, 0, NOW, why, sizeof(why))))
		abort();
	ca_free(&root);
	conf_free(conf);
	return pki;
}

/* Everything that is asked of a certificate. */
static void ask(const struct crypto_chunk *der, const uint8_t *data, size_t size)
{
	static const uint8_t types[] = { CONF_ID_IPV4,
					 CONF_ID_FQDN,
					 CONF_ID_EMAIL,
					 CONF_ID_IPV6,
					 CONF_ID_DN,
					 CONF_ID_KEY_ID,
					 0 };
	X509 *x509 = pki_x509(der->p, der->len);
	EVP_PKEY *pkey = x509 ? X509_get0_pubkey(x509) : NULL;
	const char *why;
	struct sign_key *key = pkey ? sign_key_of(pkey, false, &why) : NULL;
	struct pki_cert *cert = key ? pki_cert_new(x509, key) : NULL;
	struct crypto_chunk san;
	char text[PKI_TEXT_MAX];

	for (size_t t = 0; cert && t < sizeof(types); t++) {
		if (pki_proves_identity(cert, types[t], data, size) && !size)
			abort(); /* nobody has no name */
		for (size_t i = 0; pki_cert_san(cert, types[t], i, &san); i++) {
			bool wild = memchr(san.p, '*', san.len) != NULL;
			bool proven = pki_proves_identity(cert, types[t], san.p, san.len);

			if (types[t] != CONF_ID_EMAIL &&
			    proven == (wild && types[t] == CONF_ID_FQDN))
				abort(); /* what stands in it is proven, but for wildcards */
		}
	}
	if (cert) {
		pki_dn_text(pki_cert_subject(cert), text, sizeof(text));
		pki_dn_text(pki_cert_issuer(cert), text, 20);
		pki_judge_leaf(x509);
	}
	pki_cert_free(cert);
	X509_free(x509);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int zero;
	static struct pki *pki;
	struct rd rd = rd_of(data, size);
	struct crypto_chunk chain[PKI_CHAIN_MAX + 1];
	char where[PKI_TEXT_MAX];
	struct pki_cert *cert;
	const uint8_t *p;
	uint16_t len;
	size_t n = 0;

	if (!pki)
		pki = trust();
	while (n < PKI_CHAIN_MAX + 1 && rd_be16(&rd, &len)) {
		len = len < rd.left ? len : (uint16_t)rd.left;
		if (!rd_bytes(&rd, &p, len))
			break;
		chain[n++] = (struct crypto_chunk){ p, len };
	}
	if (pki_verify(pki, &zero, 1, chain, n, NOW, &cert, where) == PKI_OK)
		abort(); /* our CA has signed nothing */
	if (n)
		ask(&chain[0], data, size);
	pki_dn_text((struct crypto_chunk){ data, size }, where, sizeof(where));
	pki_dn_equal((struct crypto_chunk){ data, size }, (struct crypto_chunk){ data, size });
	sign_scheme_from_algorithm(data, size);
	return 0;
}
