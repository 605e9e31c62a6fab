// SPDX-License-Identifier: BSD-2-Clause
/* Revocation lists and certificates of a trustpoint's files, as they come from a CA's server; and a
 * certificate that is asked after with them. The first byte says what kind of file it is. */
#include "pki/internal.h"
#include "support/ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW ((int64_t)1800000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char conf_text[] =
	"[gateway]\noutside = eth0\n[pki-trustpoint t]\nca-certificate = /ca.pem\ncrl = /ca.crl\n"
	"certificate = /gw.pem\nprivate-key = /gw.key\n"
	"[pool v4]\nprefix = 10.0.0.0/24\n[ikev2-authorization-policy p]\npool = v4\n"
	"[virtual-template 1]\n[ikev2-keyring r]\npsk = a\n"
	"[ikev2-profile p]\nmatch-identity-remote = any\nidentity-local = fqdn gw.example.org\n"
	"authentication-local = pre-share\nauthentication-remote = pre-share\n"
	"keyring-local = r\naaa-authorization-group = p\nvirtual-template = 1\n";

static struct conf *conf;
static struct ca_cert root, leaf;

static void prepare(void)
{
	const struct ca_spec root_spec = { "EC:P-256", "CN=Root", .basic = "critical,CA:TRUE",
					   .from = NOW - 1000, .until = NOW + 1000 };
	const struct ca_spec leaf_spec = { "EC:P-256", "CN=leaf", .from = NOW - 1000,
					   .until = NOW + 1000 };
	FILE *in = fmemopen((void *)(uintptr_t)conf_text, sizeof(conf_text) - 1, "r");
	struct conf_errors errors;

	conf = conf_parse(in, "fuzz", &errors);
	fclose(in);
	if (!conf)
		abort();
	ca_make(&root, &root_spec, NULL);
	ca_make(&leaf, &leaf_spec, &root);
}

static void add(int fd, uint8_t kind, const void *bytes, size_t len)
{
	const struct pki_file file = { .kind = kind, .name = "/f", .bytes = bytes, .len = len };

	if (pki_bundle_add(fd, &file))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int zero;
	uint8_t kind = size ? (uint8_t)(data[0] % 5) : 0;
	struct pki_cert *cert;
	struct pki *pki;
	char why[512];
	int fd;

	if (!conf)
		prepare();
	fd = pki_bundle_new();
	add(fd, PKI_KIND_CA, root.der.p, root.der.len);
	if (kind != PKI_KIND_OWN)
		add(fd, PKI_KIND_OWN, leaf.der.p, leaf.der.len);
	if (size)
		add(fd, kind, data + 1, size - 1);
	pki = pki_load(fd, conf, 0, NOW, why, sizeof(why));
	/* No list of our CA's is among them. */
	if (pki && pki_verify(pki, &zero, 1, &leaf.der, 1, NOW, &cert, NULL) == PKI_OK)
		abort();
	pki_free(pki);
	return 0;
}
