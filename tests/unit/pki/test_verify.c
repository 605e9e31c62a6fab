// SPDX-License-Identifier: BSD-2-Clause
/* Which chains are believed, and what is said of the others: a row for each way to be wrong. */
#include "setup.h"

enum issuer {
	ROOT,
	INT,
	SUB,
	STRANGER,
	LIMITED,
	NO_SIGN,
	NOT_CA,
	OLD,
	SMALL,
	SHORT,
	BELOW_SHORT,
	CAS
};

#define CA      "critical,CA:TRUE"
#define CA_USE  "critical,keyCertSign,cRLSign"
#define FOREVER .from = NOW - 1000 * DAY, .until = NOW + 1000 * DAY
#define NONE    CAS

/* clang-format off */
static const struct {
	enum issuer by;
	struct ca_spec spec;
} ca_specs[CAS] = {
	[ROOT]     = { NONE, { "EC:P-256", "O=Test, CN=Root", .basic = CA, .usage = CA_USE, FOREVER } },
	[INT]      = { ROOT, { "RSA:2048", "O=Test, CN=Intermediate", .basic = CA, .usage = CA_USE, FOREVER } },
	[SUB]      = { INT, { "ED25519", "O=Test, CN=Below it", .basic = CA, .usage = CA_USE, FOREVER } },
	[STRANGER] = { NONE, { "EC:P-256", "O=Stranger, CN=Root", .basic = CA, .usage = CA_USE, FOREVER } },
	[LIMITED]  = { ROOT, { "EC:P-256", "O=Test, CN=Limited", .basic = CA, .usage = CA_USE,
		       .name_constraints = "critical,permitted;DNS:example.org,permitted;email:example.org,"
					   "excluded;DNS:SECRET.Example.org,excluded;email:boss@example.org",
		       FOREVER } },
	[NO_SIGN]  = { ROOT, { "EC:P-256", "O=Test, CN=Not to sign", .basic = CA,
		       .usage = "critical,cRLSign,digitalSignature", FOREVER } },
	[NOT_CA]   = { ROOT, { "EC:P-256", "O=Test, CN=No CA", .basic = "CA:FALSE",
		       .usage = "digitalSignature", FOREVER } },
	[OLD]      = { ROOT, { "EC:P-256", "O=Test, CN=Old", .basic = CA, .usage = CA_USE,
		       .from = NOW - 20 * DAY, .until = NOW - DAY } },
	[SMALL]    = { ROOT, { "RSA:1024", "O=Test, CN=Small", .basic = CA, .usage = CA_USE, FOREVER } },
	[SHORT]    = { ROOT, { "EC:P-256", "O=Test, CN=Short", .basic = CA ",pathlen:0", .usage = CA_USE, FOREVER } },
	[BELOW_SHORT] = { SHORT, { "EC:P-256", "O=Test, CN=Below short", .basic = CA, .usage = CA_USE, FOREVER } },
};

#define LEAF(...) { __VA_ARGS__ } /* what differs from `usual`; "-": without it */
#define SENT(...) .sent = { __VA_ARGS__, NONE }
#define ALONE	  .sent = { NONE }

static const struct {
	const char *what;
	enum issuer by;
	struct ca_spec spec;
	enum issuer sent[4]; /* behind the leaf; NONE ends them */
	enum pki_verdict verdict;
	const char *fault; /* part of the name that is blamed */
} rows[] = {
	/* good ones, a key type each */
	{ "P-256", ROOT, LEAF(.key = NULL), ALONE, PKI_OK, NULL },
	{ "P-384", ROOT, LEAF(.key = "EC:P-384"), ALONE, PKI_OK, NULL },
	{ "P-521", ROOT, LEAF(.key = "EC:P-521"), ALONE, PKI_OK, NULL },
	{ "RSA", ROOT, LEAF(.key = "RSA:2048"), ALONE, PKI_OK, NULL },
	{ "RSA-PSS", ROOT, LEAF(.key = "RSA-PSS:2048"), ALONE, PKI_OK, NULL },
	{ "Ed25519", ROOT, LEAF(.key = "ED25519"), ALONE, PKI_OK, NULL },
	{ "Ed448", ROOT, LEAF(.key = "ED448"), ALONE, PKI_OK, NULL },
	/* chains */
	{ "one intermediate", INT, LEAF(.key = NULL), SENT(INT), PKI_OK, NULL },
	{ "two", SUB, LEAF(.key = NULL), SENT(SUB, INT), PKI_OK, NULL },
	{ "two, the wrong way round", SUB, LEAF(.key = NULL), SENT(INT, SUB), PKI_OK, NULL },
	{ "with the root, needlessly", SUB, LEAF(.key = NULL), SENT(SUB, INT, ROOT), PKI_OK, NULL },
	{ "with one that has nothing to do with it", INT, LEAF(.key = NULL), SENT(STRANGER, INT), PKI_OK, NULL },
	{ "the intermediate is missing", INT, LEAF(.key = NULL), ALONE, PKI_UNKNOWN_CA, "alice" },
	{ "the upper one is missing", SUB, LEAF(.key = NULL), SENT(SUB), PKI_UNKNOWN_CA, "Below it" },
	/* who vouches for it */
	{ "an unknown CA", STRANGER, LEAF(.key = NULL), ALONE, PKI_UNKNOWN_CA, "alice" },
	{ "that sends its root along", STRANGER, LEAF(.key = NULL), SENT(STRANGER), PKI_UNKNOWN_CA, "Stranger" },
	{ "self-signed", NONE, LEAF(.key = NULL), ALONE, PKI_SELF_SIGNED, "alice" },
	{ "a certificate that signs another", NOT_CA, LEAF(.key = NULL), SENT(NOT_CA), PKI_NOT_A_CA, "No CA" },
	{ "a CA that may not sign certificates", NO_SIGN, LEAF(.key = NULL), SENT(NO_SIGN), PKI_NOT_A_CA, NULL },
	{ "a CA that may have no CA below it", BELOW_SHORT, LEAF(.key = NULL),
	  SENT(BELOW_SHORT, SHORT), PKI_TOO_LONG, "Short" },
	{ "one below it is fine", SHORT, LEAF(.key = NULL), SENT(SHORT), PKI_OK, NULL },
	/* what it is for */
	{ "a CA", ROOT, LEAF(.basic = CA, .usage = "digitalSignature,keyCertSign"), ALONE, PKI_IS_CA, "alice" },
	{ "no key usage at all", ROOT, LEAF(.usage = "-"), ALONE, PKI_OK, NULL },
	{ "non-repudiation will do", ROOT, LEAF(.usage = "nonRepudiation"), ALONE, PKI_OK, NULL },
	{ "only encipherment", ROOT, LEAF(.usage = "keyEncipherment,keyAgreement"), ALONE, PKI_KEY_USAGE, "alice" },
	{ "for IKE", ROOT, LEAF(.extended_usage = "1.3.6.1.5.5.7.3.17"), ALONE, PKI_OK, NULL },
	{ "for TLS clients", ROOT, LEAF(.extended_usage = "clientAuth"), ALONE, PKI_OK, NULL },
	{ "for anything", ROOT, LEAF(.extended_usage = "critical,codeSigning,anyExtendedKeyUsage"),
	  ALONE, PKI_OK, NULL },
	{ "for code", ROOT, LEAF(.extended_usage = "codeSigning"), ALONE, PKI_EXTENDED_KEY_USAGE, "alice" },
	/* when */
	{ "expired", ROOT, LEAF(.until = NOW - 1), ALONE, PKI_EXPIRED, "alice" },
	{ "not yet valid", ROOT, LEAF(.from = NOW + 60), ALONE, PKI_NOT_YET_VALID, "alice" },
	{ "an expired CA", OLD, LEAF(.key = NULL), SENT(OLD), PKI_EXPIRED, "Old" },
	/* how strong */
	{ "RSA 1024", ROOT, LEAF(.key = "RSA:1024"), ALONE, PKI_WEAK_KEY, "alice" },
	{ "P-224", ROOT, LEAF(.key = "EC:P-224"), ALONE, PKI_WEAK_KEY, "alice" },
	{ "secp256k1", ROOT, LEAF(.key = "EC:secp256k1"), ALONE, PKI_WEAK_KEY, "alice" },
	{ "X25519 cannot sign", ROOT, LEAF(.key = "X25519"), ALONE, PKI_WEAK_KEY, "alice" },
	{ "a CA with RSA 1024 leads nowhere", SMALL, LEAF(.key = NULL), SENT(SMALL), PKI_UNKNOWN_CA, "alice" },
	{ "signed with SHA-1", ROOT, LEAF(.hash = "SHA1"), ALONE, PKI_WEAK_SIGNATURE, NULL },
	/* name constraints */
	{ "a permitted name", LIMITED, LEAF(.key = NULL), SENT(LIMITED), PKI_OK, NULL },
	{ "in capitals", LIMITED, LEAF(.san = "DNS:ALICE.EXAMPLE.ORG"), SENT(LIMITED), PKI_OK, NULL },
	{ "one that is not", LIMITED, LEAF(.san = "DNS:alice.example.net"),
	  SENT(LIMITED), PKI_NAME_CONSTRAINTS, "alice" },
	{ "beside one that is", LIMITED, LEAF(.san = "DNS:alice.example.org,DNS:example.net"),
	  SENT(LIMITED), PKI_NAME_CONSTRAINTS, NULL },
	{ "an excluded name", LIMITED, LEAF(.san = "DNS:a.SECRET.Example.org"),
	  SENT(LIMITED), PKI_NAME_CONSTRAINTS, NULL },
	{ "in small letters", LIMITED, LEAF(.san = "DNS:a.secret.example.org"),
	  SENT(LIMITED), PKI_NAME_CONSTRAINTS, NULL },
	{ "in both", LIMITED, LEAF(.san = "DNS:a.sEcReT.eXaMpLe.OrG"), SENT(LIMITED), PKI_NAME_CONSTRAINTS, NULL },
	{ "a permitted mail address", LIMITED, LEAF(.san = "email:alice@example.org"), SENT(LIMITED), PKI_OK, NULL },
	{ "an excluded one", LIMITED, LEAF(.san = "email:boss@example.org"),
	  SENT(LIMITED), PKI_NAME_CONSTRAINTS, NULL },
	{ "with its domain in capitals", LIMITED, LEAF(.san = "email:boss@EXAMPLE.org"),
	  SENT(LIMITED), PKI_NAME_CONSTRAINTS, NULL },
};
/* clang-format on */

static const struct ca_spec usual = {
	.key = "EC:P-256",
	.subject = "C=DE, O=Test, CN=alice",
	.san = "DNS:alice.example.org",
	.usage = "digitalSignature",
	.from = NOW - DAY,
	.until = NOW + DAY,
};

struct world {
	struct ca_cert ca[CAS];
	struct conf *conf;
	struct pki *pki;
};

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fd = pki_bundle_new();
	const struct ca_cert *root = &w->ca[ROOT];

	for (int i = 0; i < CAS; i++)
		ca_make(&w->ca[i], &ca_specs[i].spec,
			ca_specs[i].by == NONE ? NULL : &w->ca[ca_specs[i].by]);
	w->conf = conf_of("[pki-trustpoint t]\nca-certificate = /ca.pem\n");
	pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &root, 1);
	w->pki = load_good(fd, w->conf);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < CAS; i++)
		ca_free(&w->ca[i]);
	pki_free(w->pki);
	conf_free(w->conf);
	free(w);
	return 0;
}

static const char *either(const char *given, const char *otherwise)
{
	if (!given)
		return otherwise;
	return strcmp(given, "-") ? given : NULL;
}

static void make_leaf(struct world *w, size_t row, struct ca_cert *leaf)
{
	struct ca_spec spec = rows[row].spec;

	spec.key = either(spec.key, usual.key);
	spec.subject = either(spec.subject, usual.subject);
	spec.san = either(spec.san, usual.san);
	spec.usage = either(spec.usage, usual.usage);
	spec.from = spec.from ? spec.from : usual.from;
	spec.until = spec.until ? spec.until : usual.until;
	ca_make(leaf, &spec, rows[row].by == NONE ? NULL : &w->ca[rows[row].by]);
}

static size_t chain_of(const struct world *w, size_t row, const struct ca_cert *leaf,
		       struct crypto_chunk chain[PKI_CHAIN_MAX])
{
	size_t n = 0;

	chain[n++] = leaf->der;
	for (size_t i = 0; rows[row].sent[i] != NONE; i++)
		chain[n++] = w->ca[rows[row].sent[i]].der;
	return n;
}

static void test_rows(void **state)
{
	static const int zero;
	struct world *w = *state;
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct crypto_chunk chain[PKI_CHAIN_MAX];
		char where[PKI_TEXT_MAX];
		struct ca_cert leaf;
		struct pki_cert *cert;
		enum pki_verdict verdict;
		size_t n;

		make_leaf(w, i, &leaf);
		n = chain_of(w, i, &leaf, chain);
		/* The second time from memory, where it is good. */
		for (int again = 0; again < 2; again++) {
			verdict = pki_verify(w->pki, &zero, 1, chain, n, NOW, &cert, where);
			if (verdict != rows[i].verdict || !cert != (verdict != PKI_OK) ||
			    (rows[i].fault && !strstr(where, rows[i].fault))) {
				print_error("%s: %s (%s)\n", rows[i].what,
					    pki_verdict_text(verdict), where);
				wrong++;
			}
			pki_cert_free(cert);
		}
		ca_free(&leaf);
	}
	assert_int_equal(wrong, 0);
}

/* Every byte counts: a good chain with one bit changed is refused, or the change was in what the
 * library does not need (nothing is: there is one spelling). */
static void test_bits(void **state)
{
	static const int zero;
	struct world *w = *state;
	struct ca_cert leaf;
	struct pki_cert *cert;
	uint8_t *copy;

	make_leaf(w, 0, &leaf);
	copy = malloc(leaf.der.len);
	memcpy(copy, leaf.der.p, leaf.der.len);
	for (size_t i = 0; i < leaf.der.len; i++) {
		struct crypto_chunk chunk = { copy, leaf.der.len };

		copy[i] ^= 1 << i % 8;
		if (pki_verify(w->pki, &zero, 1, &chunk, 1, NOW, &cert, NULL) == PKI_OK)
			fail_msg("byte %zu may change", i);
		copy[i] ^= 1 << i % 8;
		chunk.len = i;
		assert_int_not_equal(pki_verify(w->pki, &zero, 1, &chunk, 1, NOW, &cert, NULL),
				     PKI_OK);
		assert_null(cert);
	}
	free(copy);
	ca_free(&leaf);
}

static void test_sizes(void **state)
{
	static const int zero;
	static uint8_t large[PKI_CERT_MAX + 1];
	struct world *w = *state;
	struct crypto_chunk chain[PKI_CHAIN_MAX + 1];
	struct ca_cert leaf;
	struct pki_cert *cert;
	uint8_t *longer;

	make_leaf(w, 0, &leaf);
	for (size_t i = 0; i <= PKI_CHAIN_MAX; i++)
		chain[i] = leaf.der;
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 0, NOW, &cert, NULL), PKI_MISSING);
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, PKI_CHAIN_MAX + 1, NOW, &cert, NULL),
			 PKI_TOO_MANY);
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, PKI_CHAIN_MAX, NOW, &cert, NULL),
			 PKI_OK);
	pki_cert_free(cert);
	chain[1] = (struct crypto_chunk){ large, sizeof(large) };
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 2, NOW, &cert, NULL), PKI_TOO_LARGE);
	/* Something behind the certificate. */
	longer = malloc(leaf.der.len + 1);
	memcpy(longer, leaf.der.p, leaf.der.len);
	longer[leaf.der.len] = 0;
	chain[0] = (struct crypto_chunk){ longer, leaf.der.len + 1 };
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 1, NOW, &cert, NULL), PKI_MALFORMED);
	chain[0].len = 0;
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 1, NOW, &cert, NULL), PKI_MALFORMED);
	/* Of the others one that cannot be read does no harm. */
	chain[0] = leaf.der;
	chain[1] = (struct crypto_chunk){ "no certificate", 14 };
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 2, NOW, &cert, NULL), PKI_OK);
	pki_cert_free(cert);
	free(longer);
	ca_free(&leaf);
}

/* What was good an hour ago is looked at with the clock of now, from memory as well. */
static void test_time(void **state)
{
	static const int zero;
	struct world *w = *state;
	struct ca_cert leaf;
	struct pki_cert *cert;

	make_leaf(w, 0, &leaf);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(pki_verify(w->pki, &zero, 1, &leaf.der, 1, NOW, &cert, NULL),
				 PKI_OK);
		pki_cert_free(cert);
		assert_int_equal(
			pki_verify(w->pki, &zero, 1, &leaf.der, 1, NOW + DAY - 1, &cert, NULL),
			PKI_OK);
		pki_cert_free(cert);
		assert_int_equal(
			pki_verify(w->pki, &zero, 1, &leaf.der, 1, NOW + DAY + 1, &cert, NULL),
			PKI_EXPIRED);
		assert_int_equal(
			pki_verify(w->pki, &zero, 1, &leaf.der, 1, NOW - DAY - 1, &cert, NULL),
			PKI_NOT_YET_VALID);
	}
	ca_free(&leaf);
}

/* The memory holds no longer than the whole path does: neither end is the leaf's own. */
static void test_time_of_path(void **state)
{
	static const int zero;
	struct world *w = *state;
	struct ca_spec spec = { "EC:P-256",      "O=Test, CN=Brief",    .basic = CA,
				.usage = CA_USE, .from = NOW - DAY / 2, .until = NOW + DAY / 2 };
	struct ca_cert brief, leaf;
	struct crypto_chunk chain[2];
	struct pki_cert *cert;

	ca_make(&brief, &spec, &w->ca[ROOT]);
	ca_make(&leaf, &usual, &brief);
	chain[0] = leaf.der;
	chain[1] = brief.der;
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 2, NOW, &cert, NULL), PKI_OK);
	pki_cert_free(cert);
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 2, NOW + DAY / 4 * 3, &cert, NULL),
			 PKI_EXPIRED);
	assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 2, NOW - DAY / 4 * 3, &cert, NULL),
			 PKI_NOT_YET_VALID);
	ca_free(&brief);
	ca_free(&leaf);
}

/* An intermediate that is listed as ca-certificate is trusted, whoever is above it. */
static void test_intermediate_anchor(void **state)
{
	static const int zero;
	struct world *w = *state;
	const struct ca_cert *anchor = &w->ca[INT];
	int fd = pki_bundle_new();
	struct ca_cert leaf, other;
	struct pki_cert *cert;
	struct pki *pki;

	pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &anchor, 1);
	pki = load_good(fd, w->conf);
	ca_make(&leaf, &usual, &w->ca[INT]);
	ca_make(&other, &usual, &w->ca[ROOT]);
	assert_int_equal(pki_verify(pki, &zero, 1, &leaf.der, 1, NOW, &cert, NULL), PKI_OK);
	pki_cert_free(cert);
	assert_int_equal(pki_verify(pki, &zero, 1, &other.der, 1, NOW, &cert, NULL),
			 PKI_UNKNOWN_CA);
	pki_free(pki);
	ca_free(&leaf);
	ca_free(&other);
}

/* PKI_DEPTH_MAX CAs below the anchor, and one more. */
static void test_depth(void **state)
{
	static const int zero;
	struct world *w = *state;
	struct ca_cert cas[PKI_DEPTH_MAX + 1], leaf;
	struct crypto_chunk chain[PKI_DEPTH_MAX + 2];
	struct pki_cert *cert;

	for (int i = 0; i <= PKI_DEPTH_MAX; i++) {
		char name[32];
		struct ca_spec spec = { "EC:P-256", name, .basic = CA, .usage = CA_USE, FOREVER };

		snprintf(name, sizeof(name), "O=Test, CN=Level %d", i);
		ca_make(&cas[i], &spec, i ? &cas[i - 1] : &w->ca[ROOT]);
		chain[i + 1] = cas[i].der;
	}
	for (int below = PKI_DEPTH_MAX; below <= PKI_DEPTH_MAX + 1; below++) {
		ca_make(&leaf, &usual, &cas[below - 1]);
		chain[0] = leaf.der;
		assert_int_equal(
			pki_verify(w->pki, &zero, 1, chain, (size_t)below + 1, NOW, &cert, NULL),
			below > PKI_DEPTH_MAX ? PKI_TOO_LONG : PKI_OK);
		pki_cert_free(cert);
		ca_free(&leaf);
	}
	for (int i = 0; i <= PKI_DEPTH_MAX; i++)
		ca_free(&cas[i]);
}

/* A certificate outlives the configuration that it was verified in. */
static void test_outlives(void **state)
{
	static const int zero;
	struct world *w = *state;
	const struct ca_cert *root = &w->ca[ROOT];
	int fd = pki_bundle_new();
	struct pki *pki;
	struct ca_cert leaf;
	struct pki_cert *cert, *again;

	pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &root, 1);
	pki = load_good(fd, w->conf);
	make_leaf(w, 0, &leaf);
	assert_int_equal(pki_verify(pki, &zero, 1, &leaf.der, 1, NOW, &cert, NULL), PKI_OK);
	assert_int_equal(pki_verify(pki, &zero, 1, &leaf.der, 1, NOW, &again, NULL), PKI_OK);
	assert_ptr_equal(cert, again); /* from memory */
	pki_cert_free(again);
	pki_free(pki);
	assert_int_equal(sign_key_type(pki_cert_key(cert)), SIGN_KEY_P256);
	pki_cert_free(cert);
	ca_free(&leaf);
}

/* Whoever logs in again is remembered, also when others have the same place. What stands behind a
 * certificate and cannot be read makes another chain of it. */
static void test_many(void **state)
{
	enum { MANY = 256 };
	static const int zero;
	struct world *w = *state;
	struct ca_cert leaf;
	struct crypto_chunk chain[2];
	struct pki_cert *cert[MANY], *again;

	make_leaf(w, 0, &leaf);
	chain[0] = leaf.der;
	for (int i = 0; i < MANY; i++) {
		chain[1] = (struct crypto_chunk){ &i, sizeof(i) };
		assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 2, NOW, &cert[i], NULL),
				 PKI_OK);
	}
	for (int i = 0; i < MANY; i++) {
		chain[1] = (struct crypto_chunk){ &i, sizeof(i) };
		assert_int_equal(pki_verify(w->pki, &zero, 1, chain, 2, NOW, &again, NULL), PKI_OK);
		assert_ptr_equal(cert[i], again);
		pki_cert_free(again);
		pki_cert_free(cert[i]);
	}
	ca_free(&leaf);
}

/* Two trustpoints: each believes its own CA, and who asks for one does not get the other's. */
static void test_two(void **state)
{
	static const int first[] = { 0 }, second[] = { 1 }, both[] = { 0, 1 };
	struct world *w = *state;
	const struct ca_cert *root = &w->ca[ROOT], *stranger = &w->ca[STRANGER];
	struct conf *conf = conf_of("[pki-trustpoint a]\nca-certificate = /a.pem\n"
				    "[pki-trustpoint b]\nca-certificate = /b.pem\n");
	int fd = pki_bundle_new();
	struct ca_cert leaf;
	struct pki_cert *cert;
	struct pki *pki;

	pack_certs(fd, 0, PKI_KIND_CA, "/a.pem", &root, 1);
	pack_certs(fd, 1, PKI_KIND_CA, "/b.pem", &stranger, 1);
	pki = load_good(fd, conf);
	ca_make(&leaf, &usual, stranger);
	assert_int_equal(pki_verify(pki, both, 2, &leaf.der, 1, NOW, &cert, NULL), PKI_OK);
	pki_cert_free(cert);
	assert_int_equal(pki_verify(pki, second, 1, &leaf.der, 1, NOW, &cert, NULL), PKI_OK);
	pki_cert_free(cert);
	assert_int_equal(pki_verify(pki, first, 1, &leaf.der, 1, NOW, &cert, NULL), PKI_UNKNOWN_CA);
	assert_int_equal(pki_verify(pki, first, 0, &leaf.der, 1, NOW, &cert, NULL), PKI_UNKNOWN_CA);
	/* What the one that knows the CA says is the reason. */
	assert_int_equal(pki_verify(pki, both, 2, &leaf.der, 1, NOW + 2 * DAY, &cert, NULL),
			 PKI_EXPIRED);
	pki_free(pki);
	conf_free(conf);
	ca_free(&leaf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_time_of_path),
		cmocka_unit_test(test_intermediate_anchor),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_outlives),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
