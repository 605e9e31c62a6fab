// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificates for a load: a CA and a gateway's certificate are made once and kept in a directory,
 * those of the clients when they are needed. All clients have one key pair, each its own name.
 */
#include "ikeload.h"

#include "support/ca.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAYS = 30, DAY_S = 86400, PATH_SIZE = 512 };

struct certs {
	struct ca_cert ca, client; /* client: only its key pair is used */
	char *key_pem;
	struct sign_key *key;
};

static bool write_file(const char *directory, const char *name, const char *text, mode_t mode)
{
	char path[PATH_SIZE];
	size_t len = strlen(text);
	int fd;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;
	if (!ok)
		fprintf(stderr, "ikeload: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool write_cert(const char *directory, const char *name, const struct ca_cert *cert)
{
	char file[64], *pem = ca_pem(&cert, 1), *key = ca_key_pem(cert->key);
	bool ok;

	snprintf(file, sizeof(file), "%s.pem", name);
	ok = write_file(directory, file, pem, 0644);
	snprintf(file, sizeof(file), "%s-key.pem", name);
	ok = ok && write_file(directory, file, key, 0600);
	free(pem);
	free(key);
	return ok;
}

static struct ca_spec leaf_spec(const char *kind, const char *subject, const char *san)
{
	time_t now = time(NULL);

	return (struct ca_spec){ .key = kind,
				 .subject = subject,
				 .san = san,
				 .basic = "critical,CA:FALSE",
				 .usage = "critical,digitalSignature",
				 .from = now - DAY_S,
				 .until = now + DAYS * DAY_S };
}

bool certs_make(const char *directory, const char *kind, const char *gateway)
{
	time_t now = time(NULL);
	const struct ca_spec ca_spec = { .key = kind,
					 .subject = "CN=ikeload CA",
					 .basic = "critical,CA:TRUE",
					 .usage = "critical,keyCertSign,cRLSign",
					 .from = now - DAY_S,
					 .until = now + DAYS * DAY_S };
	struct ca_cert ca, leaf;
	struct ca_spec spec;
	char subject[300], san[300];
	bool ok;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST) {
		fprintf(stderr, "ikeload: %s: %s\n", directory, strerror(errno));
		return false;
	}
	snprintf(subject, sizeof(subject), "CN=%.250s", gateway);
	snprintf(san, sizeof(san), "DNS:%.250s", gateway);
	spec = leaf_spec(kind, subject, san);
	ca_make(&ca, &ca_spec, NULL);
	ca_make(&leaf, &spec, &ca);
	ok = write_cert(directory, "ca", &ca) && write_cert(directory, "gateway", &leaf);
	ca_free(&leaf);
	ca_free(&ca);
	return ok;
}

static FILE *open_in(const char *directory, const char *name)
{
	char path[PATH_SIZE];
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	in = fopen(path, "re");
	if (!in)
		fprintf(stderr, "ikeload: %s: %s\n", path, strerror(errno));
	return in;
}

static bool load_ca(struct ca_cert *ca, const char *directory)
{
	FILE *cert = open_in(directory, "ca.pem");
	FILE *key = cert ? open_in(directory, "ca-key.pem") : NULL;

	if (key) {
		ca->x509 = PEM_read_X509(cert, NULL, NULL, NULL);
		ca->key = PEM_read_PrivateKey(key, NULL, NULL, NULL);
		if (!ca->x509 || !ca->key)
			fprintf(stderr, "ikeload: %s: no certificate or no key in PEM\n",
				directory);
		fclose(key);
	}
	if (cert)
		fclose(cert);
	return ca->x509 && ca->key;
}

struct certs *certs_load(const char *directory, const char *kind)
{
	struct certs *pki = calloc(1, sizeof(*pki));
	const struct ca_spec spec = leaf_spec(kind, "CN=client", NULL);
	const char *why = "out of memory";

	if (!pki || !load_ca(&pki->ca, directory)) {
		certs_free(pki);
		return NULL;
	}
	ca_make(&pki->client, &spec, &pki->ca);
	pki->key_pem = ca_key_pem(pki->client.key);
	pki->key = sign_key_from_pem(pki->key_pem, strlen(pki->key_pem), &why);
	if (pki->key)
		return pki;
	fprintf(stderr, "ikeload: the key of the clients %s\n", why);
	certs_free(pki);
	return NULL;
}

void certs_free(struct certs *pki)
{
	if (!pki)
		return;
	sign_key_free(pki->key);
	free(pki->key_pem);
	ca_free(&pki->client);
	ca_free(&pki->ca);
	free(pki);
}

const struct sign_key *certs_key(const struct certs *pki)
{
	return pki->key;
}

void *certs_leaf(const struct certs *pki, const char *identity, size_t *len)
{
	char subject[300], san[300];
	struct ca_spec spec;
	struct ca_cert leaf;
	void *der;

	snprintf(subject, sizeof(subject), "CN=%.250s", identity);
	snprintf(san, sizeof(san), "DNS:%.250s", identity);
	spec = leaf_spec(NULL, subject, san);
	spec.shared = pki->client.key;
	ca_make(&leaf, &spec, &pki->ca);
	der = malloc(leaf.der.len);
	if (der)
		memcpy(der, leaf.der.p, leaf.der.len);
	*len = leaf.der.len;
	ca_free(&leaf);
	return der;
}
