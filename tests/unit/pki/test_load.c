// SPDX-License-Identifier: BSD-2-Clause
/* The files of trustpoints: revocation, our own certificates, what is refused and warned of. */
#include "setup.h"

#include <openssl/pem.h>
#include <unistd.h>

#define TP(more) "[pki-trustpoint t]\nca-certificate = /ca.pem\n" more
#define CRL      "crl = /ca.crl\n"

static const struct ca_spec root_spec = { "EC:P-256", "O=Test, CN=Root",
					  .basic = "critical,CA:TRUE", .from = NOW - 1000 * DAY,
					  .until = NOW + 1000 * DAY };
static const struct ca_spec int_spec = { "EC:P-384",
					 "O=Test, CN=Intermediate",
					 .basic = "critical,CA:TRUE",
					 .from = NOW - 1000 * DAY,
					 .until = NOW + 1000 * DAY,
					 .serial = 7 };

enum { BY_ROOT, BY_INT };

/* clang-format off */
static const struct {
	const char *what, *conf;
	/* -1: no such list; the leaf is 99, the intermediate 7 */
	long root_revokes[3], int_revokes[3];
	int64_t until;                        /* of the lists; 0: a week */
	bool forged;                          /* signed by somebody of the same name */
	int leaf_by;
	enum pki_verdict verdict;
} crls[] = {
	{ "not revoked", TP(CRL), { 5 }, { -1 }, 0, false, BY_ROOT, PKI_OK },
	{ "revoked", TP(CRL), { 5, 99 }, { -1 }, 0, false, BY_ROOT, PKI_REVOKED },
	{ "revoked, crl none", TP(CRL "revocation-check = crl none\n"), { 99 }, { -1 },
	  0, false, BY_ROOT, PKI_REVOKED },
	{ "no list", TP(CRL), { -1 }, { 0 }, 0, false, BY_ROOT, PKI_NO_CRL },
	{ "no list, crl none", TP(CRL "revocation-check = crl none\n"), { -1 }, { 0 }, 0, false, BY_ROOT, PKI_OK },
	{ "an old list", TP(CRL), { 5 }, { -1 }, NOW - 60, false, BY_ROOT, PKI_CRL_EXPIRED },
	{ "an old list, crl none", TP(CRL "revocation-check = crl none\n"), { 5 }, { -1 },
	  NOW - 60, false, BY_ROOT, PKI_OK },
	{ "an old list that revokes, crl none", TP(CRL "revocation-check = crl none\n"), { 99 }, { -1 }, NOW - 60,
	  false, BY_ROOT, PKI_REVOKED },
	{ "a forged list", TP(CRL), { 5 }, { -1 }, 0, true, BY_ROOT, PKI_CRL_INVALID },
	{ "a forged list, crl none", TP(CRL "revocation-check = crl none\n"), { 99 }, { -1 },
	  0, true, BY_ROOT, PKI_CRL_INVALID },
	{ "with an intermediate", TP(CRL), { 5 }, { 5 }, 0, false, BY_INT, PKI_OK },
	{ "whose list is missing", TP(CRL), { 5 }, { -1 }, 0, false, BY_INT, PKI_NO_CRL },
	{ "whose list revokes the leaf", TP(CRL), { 5 }, { 99 }, 0, false, BY_INT, PKI_REVOKED },
	{ "that is revoked itself", TP(CRL), { 7 }, { 5 }, 0, false, BY_INT, PKI_REVOKED },
	{ "the same number of another CA", TP(CRL), { 99 }, { 5 }, 0, false, BY_INT, PKI_OK },
	{ "not asked", TP(""), { -1 }, { -1 }, 0, false, BY_ROOT, PKI_OK },
};
/* clang-format on */

static void pack_crl_of(int fd, const struct ca_cert *by, const long *serials, int64_t from,
			int64_t until)
{
	size_t len;
	uint8_t *der = ca_crl(by, serials, from, until, &len);

	pack(fd, 0, PKI_KIND_CRL, "/ca.crl", der, len);
	OPENSSL_free(der);
}

static void pack_crl(int fd, const struct ca_cert *by, const long *serials, int64_t until)
{
	pack_crl_of(fd, by, serials, NOW - 2 * DAY, until ? until : NOW + 7 * DAY);
}

static void test_crls(void **state)
{
	static const int zero;
	struct ca_cert root, intermediate, forger;
	const struct ca_cert *anchor = &root;
	size_t wrong = 0;

	(void)state;
	ca_make(&root, &root_spec, NULL);
	ca_make(&forger, &root_spec, NULL);
	ca_make(&intermediate, &int_spec, &root);
	for (size_t i = 0; i < sizeof(crls) / sizeof(crls[0]); i++) {
		struct ca_spec spec = { "EC:P-256", "CN=alice", .from = NOW - DAY,
					.until = NOW + DAY, .serial = 99 };
		struct conf *conf = conf_of(crls[i].conf);
		int fd = pki_bundle_new();
		struct crypto_chunk chain[2];
		struct ca_cert leaf;
		struct pki_cert *cert;
		struct pki *pki;
		enum pki_verdict verdict;

		pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &anchor, 1);
		if (crls[i].root_revokes[0] >= 0)
			pack_crl(fd, crls[i].forged ? &forger : &root, crls[i].root_revokes,
				 crls[i].until);
		if (crls[i].int_revokes[0] >= 0)
			pack_crl(fd, &intermediate, crls[i].int_revokes, crls[i].until);
		pki = load_good(fd, conf);
		ca_make(&leaf, &spec, crls[i].leaf_by == BY_INT ? &intermediate : &root);
		chain[0] = leaf.der;
		chain[1] = intermediate.der;
		verdict = pki_verify(pki, &zero, 1, chain, 2, NOW, &cert, NULL);
		if (verdict != crls[i].verdict) {
			print_error("%s: %s\n", crls[i].what, pki_verdict_text(verdict));
			wrong++;
		}
		pki_cert_free(cert);
		pki_free(pki);
		conf_free(conf);
		ca_free(&leaf);
	}
	assert_int_equal(wrong, 0);
	ca_free(&root);
	ca_free(&forger);
	ca_free(&intermediate);
}

/* What was good with a list is looked at again when the list ends. */
static void test_crl_ends(void **state)
{
	static const int zero;
	static const long none[] = { 5, 0 };
	struct ca_spec spec = { "EC:P-256", "CN=alice", .from = NOW - DAY,
				.until = NOW + 99 * DAY };
	struct conf *conf = conf_of(TP(CRL));
	int fd = pki_bundle_new();
	struct ca_cert root, leaf;
	const struct ca_cert *anchor = &root;
	struct pki_cert *cert;
	struct pki *pki;

	(void)state;
	ca_make(&root, &root_spec, NULL);
	ca_make(&leaf, &spec, &root);
	pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &anchor, 1);
	pack_crl(fd, &root, none, NOW + DAY);
	pki = load_good(fd, conf);
	assert_int_equal(pki_verify(pki, &zero, 1, &leaf.der, 1, NOW, &cert, NULL), PKI_OK);
	pki_cert_free(cert);
	assert_int_equal(pki_verify(pki, &zero, 1, &leaf.der, 1, NOW + DAY + 1, &cert, NULL),
			 PKI_CRL_EXPIRED);
	pki_free(pki);
	conf_free(conf);
	ca_free(&root);
	ca_free(&leaf);
}

/* Lists that are in force one after the other: whom the later one revokes is not let in because the
 * earlier one did not. */
static void test_crl_follows(void **state)
{
	static const int zero;
	static const long none[] = { 5, 0 }, alice[] = { 99, 0 };
	static const struct {
		const char *what, *conf;
		int64_t from, until; /* of the list that revokes, in days from now */
		int64_t other_until; /* of the other one, which is two days old */
	} rows[] = {
		{ "made in advance", TP(CRL), 1, 8, 7 },
		{ "made in advance, crl none", TP(CRL "revocation-check = crl none\n"), 1, 8, 7 },
		{ "an older one that holds longer", TP(CRL), -3, 8, 1 },
		{ "an older one that holds longer, crl none",
		  TP(CRL "revocation-check = crl none\n"), -3, 8, 1 },
	};
	struct ca_spec spec = { "EC:P-256", "CN=alice", .from = NOW - DAY, .until = NOW + 99 * DAY,
				.serial = 99 };
	struct ca_cert root, leaf;
	const struct ca_cert *anchor = &root;
	size_t wrong = 0;

	(void)state;
	ca_make(&root, &root_spec, NULL);
	ca_make(&leaf, &spec, &root);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf *conf = conf_of(rows[i].conf);
		int fd = pki_bundle_new();
		enum pki_verdict now, later;
		struct pki_cert *cert;
		struct pki *pki;

		pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &anchor, 1);
		pack_crl(fd, &root, none, NOW + rows[i].other_until * DAY);
		pack_crl_of(fd, &root, alice, NOW + rows[i].from * DAY, NOW + rows[i].until * DAY);
		pki = load_good(fd, conf);
		now = pki_verify(pki, &zero, 1, &leaf.der, 1, NOW, &cert, NULL);
		pki_cert_free(cert);
		later = pki_verify(pki, &zero, 1, &leaf.der, 1, NOW + DAY + 1, &cert, NULL);
		pki_cert_free(cert);
		if (now != PKI_OK || later != PKI_REVOKED) {
			print_error("%s: %s, then %s\n", rows[i].what, pki_verdict_text(now),
				    pki_verdict_text(later));
			wrong++;
		}
		pki_free(pki);
		conf_free(conf);
	}
	assert_int_equal(wrong, 0);
	ca_free(&root);
	ca_free(&leaf);
}

/* --- files that are refused --- */

static const char *const ours_conf = TP("certificate = /gw.pem\nprivate-key = /gw.key\n");

static void refused(const char *conf_text, int fd, const char *words)
{
	struct conf *conf = conf_of(conf_text);
	char why[512] = "";

	assert_null(pki_load(fd, conf, 0, NOW, why, sizeof(why)));
	if (!strstr(why, words))
		fail_msg("'%s' is not in '%s'", words, why);
	conf_free(conf);
}

/* A good file with more behind it. */
static void pack_then(int fd, uint8_t kind, const void *good, size_t len, const char *more)
{
	uint8_t *bytes = malloc(len + strlen(more));

	memcpy(bytes, good, len);
	memcpy(bytes + len, more, strlen(more));
	pack(fd, 0, kind, "/file", bytes, len + strlen(more));
	free(bytes);
}

static void test_refused(void **state)
{
	struct ca_spec leaf_spec = { "EC:P-256", "CN=gw", .from = NOW - DAY, .until = NOW + DAY };
	struct ca_spec small_spec = leaf_spec, other_spec = leaf_spec;
	struct ca_cert root, leaf, small, other;
	const struct ca_cert *r = &root, *l = &leaf, *s = &small, *o = &other;
	const struct ca_cert *many[9] = { l, r, r, r, r, r, r, r, r };
	static const long none[] = { 5, 0 };
	size_t crl_len;
	uint8_t *crl;
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem, *list;
	long list_len;
	int fd;

	(void)state;
	small_spec.key = "RSA:1024";
	other_spec.usage = "keyAgreement";
	ca_make(&root, &root_spec, NULL);
	ca_make(&leaf, &leaf_spec, &root);
	ca_make(&small, &small_spec, &root);
	ca_make(&other, &other_spec, &root);
	crl = ca_crl(&root, none, NOW - DAY, NOW + DAY, &crl_len);
	pem = ca_pem(&r, 1);
	assert_true(PEM_write_bio(bio, "X509 CRL", "", crl, (long)crl_len) > 0);
	list_len = BIO_get_mem_data(bio, &list);
	fd = pki_bundle_new();
	pack(fd, 0, PKI_KIND_CA, "/ca.pem", "", 0);
	refused(TP(""), fd, "[pki-trustpoint t] /ca.pem is no certificate that can be read");
	fd = pki_bundle_new();
	pack(fd, 0, PKI_KIND_CA, "/ca.pem", "-----BEGIN CERTIFICATE-----\nMA==\n", 33);
	refused(TP(""), fd, "is no certificate that can be read");
	fd = pki_bundle_new();
	pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &l, 1);
	refused(TP(""), fd, "/ca.pem holds a certificate that is not that of a CA");
	fd = pki_bundle_new();
	pack(fd, 0, PKI_KIND_CRL, "/ca.crl", "x", 1);
	refused(TP(CRL), fd, "/ca.crl is no revocation list that can be read");
	fd = pki_bundle_new();
	pack_then(fd, PKI_KIND_CRL, crl, crl_len, "x");
	refused(TP(CRL), fd, "is no revocation list that can be read");
	fd = pki_bundle_new();
	pack_then(fd, PKI_KIND_CRL, list, (size_t)list_len, "-----BEGIN X509 CRL-----\nMA==\n");
	refused(TP(CRL), fd, "is no revocation list that can be read");
	fd = pki_bundle_new();
	pack_then(fd, PKI_KIND_CA, pem, strlen(pem), "-----BEGIN CERTIFICATE-----\nMA==\n");
	refused(TP(""), fd, "is no certificate that can be read");
	fd = pki_bundle_new();
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", &l, 1);
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", &l, 1);
	refused(ours_conf, fd, "/gw.pem is no certificate that can be read");
	fd = pki_bundle_new();
	refused(ours_conf, fd, "[pki-trustpoint t]: the certificate is missing");
	fd = pki_bundle_new();
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", &r, 1);
	refused(ours_conf, fd, "/gw.pem begins with the certificate of a CA");
	fd = pki_bundle_new();
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", &s, 1);
	refused(ours_conf, fd, "/gw.pem is an RSA key of less than 2048 bits");
	fd = pki_bundle_new();
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", &o, 1);
	refused(ours_conf, fd, "/gw.pem begins with a certificate that is not for signing");
	fd = pki_bundle_new();
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", many, 9);
	refused(ours_conf, fd, "/gw.pem holds more than 8 certificates");
	fd = pki_bundle_new();
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", &l, 1);
	pack(fd, 0, PKI_KIND_OCSP, "/gw.ocsp", "\x30\x03\x0a\x01\x03", 5); /* tryLater */
	refused(ours_conf, fd, "/gw.ocsp is no successful OCSP response");
	fd = pki_bundle_new();
	pack(fd, 3, PKI_KIND_CA, "/ca.pem", "", 0);
	refused(TP(""), fd, "do not fit the configuration");
	fd = pki_bundle_new();
	assert_int_equal(write(fd, "abc", 3), 3);
	refused(TP(""), fd, "do not fit the configuration");
	OPENSSL_free(crl);
	BIO_free(bio);
	free(pem);
	ca_free(&root);
	ca_free(&leaf);
	ca_free(&small);
	ca_free(&other);
}

/* --- ours --- */

static const char *const pair_conf =
	"[pki-trustpoint r]\nca-certificate = /a.pem\ncertificate = /r.pem\nprivate-key = /r.key\n"
	"[pki-trustpoint e]\nca-certificate = /b.pem\ncertificate = /e.pem\nprivate-key = /e.key\n"
	"[pki-trustpoint only-ca]\nca-certificate = /a.pem\n";

static void test_choose(void **state)
{
	static const int both[] = { 0, 1 }, all[] = { 2, 1, 0 }, last[] = { 2 };
	const struct ca_spec rsa = { "RSA:2048", "CN=gw", .from = NOW - DAY,
				     .until = NOW + 99 * DAY };
	const struct ca_spec ec = { "EC:P-384", "CN=gw", .from = NOW - DAY,
				    .until = NOW + 99 * DAY };
	const struct sign_peer modern = { .hashes = 1 << SIGN_HASH_SHA256 | 1 << SIGN_HASH_SHA384 };
	const struct sign_peer classic = { 0 }, legacy = { .flags = SIGN_LEGACY };
	struct ca_cert root, other, intermediate, r, e;
	const struct ca_cert *a = &root, *b = &other, *r_chain[] = { &r, &intermediate }, *ep = &e;
	struct conf *conf = conf_of(pair_conf);
	uint8_t hashes[3 * PKI_KEY_HASH_LEN], strange[PKI_KEY_HASH_LEN] = { 1 };
	struct sign_choice how;
	int fd = pki_bundle_new();
	struct pki *pki;

	(void)state;
	ca_make(&root, &root_spec, NULL);
	ca_make(&other, &root_spec, NULL);
	ca_make(&intermediate, &int_spec, &root);
	ca_make(&r, &rsa, &intermediate);
	ca_make(&e, &ec, &other);
	pack_certs(fd, 0, PKI_KIND_CA, "/a.pem", &a, 1);
	pack_certs(fd, 0, PKI_KIND_OWN, "/r.pem", r_chain, 2);
	pack_certs(fd, 1, PKI_KIND_CA, "/b.pem", &b, 1);
	pack_certs(fd, 1, PKI_KIND_OWN, "/e.pem", &ep, 1);
	pack_certs(fd, 2, PKI_KIND_CA, "/a.pem", &a, 1);
	pki = load_good(fd, conf);
	assert_null(pki_warning(pki, 0));
	assert_int_equal(pki_own(pki, 0)->count, 2);
	assert_int_equal(pki_own(pki, 0)->type, SIGN_KEY_RSA);
	assert_int_equal(pki_own(pki, 2)->type, SIGN_KEY_NONE);
	/* The anchors of all three, each once. */
	assert_int_equal(pki_authorities(pki, all, 3, hashes, sizeof(hashes)),
			 2 * PKI_KEY_HASH_LEN);
	/* Nobody asked for a CA: the first that can sign. */
	assert_int_equal(pki_choose(pki, both, 2, NULL, 0, &modern, &how), 0);
	assert_int_equal(how.method, SIGN_METHOD_DIGITAL);
	assert_int_equal(how.scheme, SIGN_RSA_SHA256);
	assert_int_equal(pki_choose(pki, all, 3, NULL, 0, &modern, &how), 1);
	assert_int_equal(how.scheme, SIGN_ECDSA_SHA384);
	/* Without RFC 7427 RSA needs SHA-1, ECDSA does not. */
	assert_int_equal(pki_choose(pki, both, 2, NULL, 0, &classic, &how), 1);
	assert_int_equal(how.method, SIGN_METHOD_ECDSA_P384);
	assert_int_equal(how.scheme, SIGN_ECDSA_P384_RAW);
	assert_int_equal(pki_choose(pki, both, 2, NULL, 0, &legacy, &how), 0);
	assert_int_equal(how.method, SIGN_METHOD_RSA);
	/* The CERTREQ decides: hashes holds what `all` begins with, root (of 2), then other (of 1).
	 */
	assert_int_equal(pki_choose(pki, both, 2, hashes + PKI_KEY_HASH_LEN, 1, &modern, &how), 1);
	assert_int_equal(how.scheme, SIGN_ECDSA_SHA384);
	assert_int_equal(pki_choose(pki, both, 2, hashes, 1, &modern, &how), 0);
	assert_int_equal(how.scheme, SIGN_RSA_SHA256);
	assert_int_equal(pki_choose(pki, all, 3, hashes, 1, &modern, &how), 0);
	/* Also the intermediate's name will do; a strange one is no reason to send nothing. */
	assert_int_equal(pki_choose(pki, both, 2, strange, 1, &modern, &how), 0);
	/* It asks for the RSA one's CA and cannot verify RSA in a way that we allow. */
	assert_int_equal(pki_choose(pki, both, 2, hashes, 1, &classic, &how), 1);
	assert_int_equal(pki_choose(pki, last, 1, NULL, 0, &modern, &how), CONF_NONE);
	pki_free(pki);
	conf_free(conf);
	ca_free(&root);
	ca_free(&other);
	ca_free(&intermediate);
	ca_free(&r);
	ca_free(&e);
}

/* Both lead to what the client asks for: the first. Its padding is that of its trustpoint. */
static void test_choose_first(void **state)
{
	static const int both[] = { 0, 1 };
	static const char text[] =
		"[pki-trustpoint p]\nca-certificate = /a.pem\ncertificate = /p.pem\n"
		"private-key = /p.key\nrsa-padding = pss\n"
		"[pki-trustpoint q]\nca-certificate = /a.pem\ncertificate = /q.pem\n"
		"private-key = /q.key\n";
	const struct ca_spec spec = { "RSA:2048", "CN=gw", .from = NOW - DAY,
				      .until = NOW + 99 * DAY };
	const struct sign_peer modern = { .hashes = 1 << SIGN_HASH_SHA256 };
	struct conf *conf = conf_of(text);
	uint8_t hash[PKI_KEY_HASH_LEN];
	struct ca_cert root, p, q;
	const struct ca_cert *anchor = &root, *own[] = { &p, &q };
	struct sign_choice how;
	int fd = pki_bundle_new();
	struct pki *pki;

	(void)state;
	ca_make(&root, &root_spec, NULL);
	ca_make(&p, &spec, &root);
	ca_make(&q, &spec, &root);
	for (uint32_t i = 0; i < 2; i++) {
		pack_certs(fd, i, PKI_KIND_CA, "/a.pem", &anchor, 1);
		pack_certs(fd, i, PKI_KIND_OWN, "/own.pem", &own[i], 1);
	}
	pki = load_good(fd, conf);
	assert_int_equal(pki_authorities(pki, both, 2, hash, sizeof(hash)), sizeof(hash));
	assert_int_equal(pki_choose(pki, both, 2, hash, 1, &modern, &how), 0);
	assert_int_equal(how.scheme, SIGN_PSS_SHA256);
	assert_int_equal(pki_choose(pki, &both[1], 1, hash, 1, &modern, &how), 1);
	assert_int_equal(how.scheme, SIGN_RSA_SHA256);
	pki_free(pki);
	conf_free(conf);
	ca_free(&root);
	ca_free(&p);
	ca_free(&q);
}

/* --- warnings --- */

static bool warned(const char *conf_text, const struct ca_cert *gw, const struct ca_cert *ca,
		   const char *words)
{
	struct conf *conf = conf_of(conf_text);
	int fd = pki_bundle_new();
	struct pki *pki;
	bool said = false;

	pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &ca, 1);
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", &gw, 1);
	pki = load_good(fd, conf);
	for (size_t i = 0; pki_warning(pki, i); i++)
		said |= strstr(pki_warning(pki, i), words) != NULL;
	pki_free(pki);
	conf_free(conf);
	return said;
}

static void expect_warning(const struct ca_cert *gw, const struct ca_cert *ca, const char *words)
{
	if (!warned(ours_conf, gw, ca, words))
		fail_msg("no warning '%s'", words);
}

/* A profile that its certificate does not fit, and what is said then; NULL: it fits. */
static void test_profile_warnings(void **state)
{
	static const char *const identity = "does not stand in the certificate";
	static const char *const key = "none of its trustpoints has a key for";
	/* clang-format off */
	static const struct {
		const char *identity, *methods, *warning;
	} rows[] = {
		{ "fqdn gw.example.org",    "ecdsa-sig",          NULL },
		{ "fqdn GW.example.org",    "ecdsa-sig, rsa-sig", NULL },
		{ "dn",                     "ecdsa-sig",          NULL },
		{ "dn CN=gw",               "ecdsa-sig",          NULL },
		{ "fqdn other.example.org", "ecdsa-sig",          identity },
		{ "email gw@example.org",   "ecdsa-sig",          identity },
		{ "dn CN=other",            "ecdsa-sig",          identity },
		{ "fqdn gw.example.org",    "rsa-sig, eddsa-sig", key },
	};
	/* clang-format on */
	static const struct ca_spec spec = { "EC:P-256", "CN=gw", .san = "DNS:gw.example.org",
					     .from = NOW - DAY, .until = NOW + 30 * DAY };
	struct ca_cert root, gw;

	(void)state;
	ca_make(&root, &root_spec, NULL);
	ca_make(&gw, &spec, &root);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text),
			 "%s[ikev2-profile s]\nmatch-identity-remote = fqdn domain example.org\n"
			 "identity-local = %s\nauthentication-local = %s\n"
			 "authentication-remote = ecdsa-sig\npki-trustpoint = t\n"
			 "aaa-authorization-group = p\nvirtual-template = 1\n",
			 ours_conf, rows[i].identity, rows[i].methods);
		assert_int_equal(warned(text, &gw, &root, identity), rows[i].warning == identity);
		assert_int_equal(warned(text, &gw, &root, key), rows[i].warning == key);
	}
	ca_free(&gw);
	ca_free(&root);
}

static void test_warnings(void **state)
{
	struct ca_spec spec = { "EC:P-256", "CN=gw", .from = NOW - 9 * DAY, .until = NOW - DAY };
	struct ca_spec old_spec = root_spec;
	struct ca_cert root, old, intermediate, gw;

	(void)state;
	old_spec.until = NOW - DAY;
	ca_make(&root, &root_spec, NULL);
	ca_make(&old, &old_spec, NULL);
	ca_make(&intermediate, &int_spec, &root);
	ca_make(&gw, &spec, &root);
	expect_warning(&gw, &root, "our certificate CN=gw has expired; clients will refuse it");
	ca_free(&gw);
	spec.until = NOW + 3 * DAY;
	ca_make(&gw, &spec, &root);
	expect_warning(&gw, &root, "our certificate CN=gw expires within 4 days");
	ca_free(&gw);
	spec.from = NOW + DAY;
	ca_make(&gw, &spec, &root);
	expect_warning(&gw, &root, "is not yet valid");
	ca_free(&gw);
	spec.from = NOW - DAY;
	ca_make(&gw, &spec, &intermediate);
	expect_warning(&gw, &root, "does not lead to a ca-certificate");
	ca_free(&gw);
	ca_make(&gw, &spec, &old);
	expect_warning(&gw, &old, "the certificate of the CA CN=Root, O=Test has expired");
	ca_free(&gw);
	ca_free(&root);
	ca_free(&old);
	ca_free(&intermediate);
}

/* A client need not send the intermediates that stand behind our own certificate. */
static void test_our_intermediate(void **state)
{
	static const int zero;
	const struct ca_spec spec = { "EC:P-256", "CN=x", .from = NOW - DAY,
				      .until = NOW + 99 * DAY };
	struct conf *conf = conf_of(ours_conf);
	int fd = pki_bundle_new();
	struct ca_cert root, intermediate, gw, alice;
	const struct ca_cert *anchor = &root, *chain[] = { &gw, &intermediate };
	struct pki_cert *cert;
	struct pki *pki;

	(void)state;
	ca_make(&root, &root_spec, NULL);
	ca_make(&intermediate, &int_spec, &root);
	ca_make(&gw, &spec, &intermediate);
	ca_make(&alice, &spec, &intermediate);
	pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &anchor, 1);
	pack_certs(fd, 0, PKI_KIND_OWN, "/gw.pem", chain, 2);
	pki = load_good(fd, conf);
	assert_int_equal(pki_verify(pki, &zero, 1, &alice.der, 1, NOW, &cert, NULL), PKI_OK);
	pki_cert_free(cert);
	pki_free(pki);
	conf_free(conf);
	ca_free(&root);
	ca_free(&intermediate);
	ca_free(&gw);
	ca_free(&alice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crls),
		cmocka_unit_test(test_crl_ends),
		cmocka_unit_test(test_crl_follows),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_choose_first),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_profile_warnings),
		cmocka_unit_test(test_our_intermediate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
