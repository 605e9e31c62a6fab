// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificates for a load: a CA, a gateway's certificate and the key pair of all clients are made
 * once and kept in a directory, the clients' certificates, each with its own name, when they are
 * needed.
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

enum { DAYS = 30, DAY_S = 86400, PATH_SIZE = 512, LEAF_MAX = 4096 };

struct certs {
	const char *directory;
	struct ca_cert ca, client; /* client: only its key pair is used */
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

static bool make_leaf(const char *directory, const char *file, const char *kind, const char *name,
		      const struct ca_cert *ca)
{
	char subject[300], san[300];
	struct ca_spec spec;
	struct ca_cert leaf;
	bool ok;

	snprintf(subject, sizeof(subject), "CN=%.250s", name);
	snprintf(san, sizeof(san), "DNS:%.250s", name);
	spec = leaf_spec(kind, subject, san);
	ca_make(&leaf, &spec, ca);
	ok = write_cert(directory, file, &leaf);
	ca_free(&leaf);
	return ok;
}

bool certs_make(const char *directory, const char *kind, const char *gateway)
{
	time_t now = time(NULL);
	const struct ca_spec spec = { .key = kind,
				      .subject = "CN=ikeload CA",
				      .basic = "critical,CA:TRUE",
				      .usage = "critical,keyCertSign,cRLSign",
				      .from = now - DAY_S,
				      .until = now + DAYS * DAY_S };
	struct ca_cert ca;
	char path[PATH_SIZE];
	bool ok;

	/* Certificates of clients that lie there are of the CA that is. */
	snprintf(path, sizeof(path), "%s/ca.pem", directory);
	if (access(path, F_OK) == 0) {
		fprintf(stderr, "ikeload: %s is there already; name another directory\n", path);
		return false;
	}
	if (mkdir(directory, 0700) < 0 && errno != EEXIST) {
		fprintf(stderr, "ikeload: %s: %s\n", directory, strerror(errno));
		return false;
	}
	ca_make(&ca, &spec, NULL);
	ok = write_cert(directory, "ca", &ca) &&
	     make_leaf(directory, "gateway", kind, gateway, &ca) &&
	     make_leaf(directory, "client", kind, "client", &ca);
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

static bool load_cert(struct ca_cert *to, const char *directory, const char *name)
{
	char file[64];
	FILE *cert, *key;

	snprintf(file, sizeof(file), "%s.pem", name);
	cert = open_in(directory, file);
	snprintf(file, sizeof(file), "%s-key.pem", name);
	key = cert ? open_in(directory, file) : NULL;
	if (key) {
		to->x509 = PEM_read_X509(cert, NULL, NULL, NULL);
		to->key = PEM_read_PrivateKey(key, NULL, NULL, NULL);
		if (!to->x509 || !to->key)
			fprintf(stderr, "ikeload: %s: no certificate or no key in PEM: %s\n",
				directory, name);
		fclose(key);
	}
	if (cert)
		fclose(cert);
	return to->x509 && to->key;
}

struct certs *certs_load(const char *directory)
{
	struct certs *certs = calloc(1, sizeof(*certs));
	const char *why = "cannot be read";
	char *pem;

	if (!certs || !load_cert(&certs->ca, directory, "ca") ||
	    !load_cert(&certs->client, directory, "client")) {
		certs_free(certs);
		return NULL;
	}
	certs->directory = directory;
	pem = ca_key_pem(certs->client.key);
	certs->key = sign_key_from_pem(pem, strlen(pem), &why);
	free(pem);
	if (certs->key)
		return certs;
	fprintf(stderr, "ikeload: the key of the clients %s\n", why);
	certs_free(certs);
	return NULL;
}

void certs_free(struct certs *certs)
{
	if (!certs)
		return;
	sign_key_free(certs->key);
	ca_free(&certs->client);
	ca_free(&certs->ca);
	free(certs);
}

const struct sign_key *certs_key(const struct certs *certs)
{
	return certs->key;
}

/* The certificate of an earlier load. */
static void *read_leaf(const char *path, size_t *len)
{
	uint8_t *der = malloc(LEAF_MAX);
	FILE *in = der ? fopen(path, "re") : NULL;

	*len = in ? fread(der, 1, LEAF_MAX, in) : 0;
	if (in)
		fclose(in);
	if (*len)
		return der;
	free(der);
	return NULL;
}

static void *new_leaf(const struct certs *certs, const char *path, const char *identity,
		      size_t *len)
{
	char subject[300], san[300];
	struct ca_spec spec;
	struct ca_cert leaf;
	void *der;
	FILE *out;

	snprintf(subject, sizeof(subject), "CN=%.250s", identity);
	snprintf(san, sizeof(san), "DNS:%.250s", identity);
	spec = leaf_spec(NULL, subject, san);
	spec.shared = certs->client.key;
	ca_make(&leaf, &spec, &certs->ca);
	*len = leaf.der.len;
	der = malloc(*len);
	if (der)
		memcpy(der, leaf.der.p, *len);
	/* Without it the next load makes another one. */
	out = fopen(path, "we");
	if (out) {
		fwrite(leaf.der.p, 1, leaf.der.len, out);
		fclose(out);
	}
	ca_free(&leaf);
	return der;
}

void *certs_leaf(const struct certs *certs, const char *identity, size_t *len)
{
	char path[PATH_SIZE];
	void *der;

	snprintf(path, sizeof(path), "%s/%.200s.der", certs->directory, identity);
	der = read_leaf(path, len);
	return der ? der : new_leaf(certs, path, identity, len);
}
