// SPDX-License-Identifier: BSD-2-Clause
/* What a certificate proves of who somebody is, and what it says in words. */
#include "setup.h"

#include "conf/dn.h"
#include "core/wr.h"

#include <openssl/x509v3.h>

/* As ca_make() writes it into the certificate, and as people write the same name. */
#define SUBJECT_DER_ORDER "C=DE, O=Example, OU=Staff, OU=Night shift, CN=Alice"
#define SUBJECT           "CN=Alice, OU=Night shift, OU=Staff, O=Example, C=DE"
#define SANS                                                                                       \
	"DNS:alice.example.org,DNS:Mixed.Example.ORG,DNS:*.wild.example.org,"                      \
	"email:Alice@Example.org,IP:192.0.2.7,IP:2001:db8::7,URI:https://uri.example.org/"

#define TEXT(text) text, sizeof(text) - 1

/* clang-format off */
static const struct {
	const char *what;
	uint8_t type;
	const char *data;
	size_t len;
	bool proven;
} rows[] = {
	{ "a DNS name", CONF_ID_FQDN, TEXT("alice.example.org"), true },
	{ "in capitals", CONF_ID_FQDN, TEXT("ALICE.EXAMPLE.ORG"), true },
	{ "against one in the certificate", CONF_ID_FQDN, TEXT("mixed.example.org"), true },
	{ "another one", CONF_ID_FQDN, TEXT("bob.example.org"), false },
	{ "the beginning of one", CONF_ID_FQDN, TEXT("alice.example"), false },
	{ "one with a dot behind it", CONF_ID_FQDN, TEXT("alice.example.org."), false },
	{ "one with a NUL behind it", CONF_ID_FQDN, TEXT("alice.example.org\0"), false },
	{ "an end of one", CONF_ID_FQDN, TEXT("example.org"), false },
	{ "a name below a wildcard", CONF_ID_FQDN, TEXT("a.wild.example.org"), false },
	{ "the wildcard itself", CONF_ID_FQDN, TEXT("*.wild.example.org"), false },
	{ "no name", CONF_ID_FQDN, TEXT(""), false },
	{ "the common name", CONF_ID_FQDN, TEXT("Alice"), false },
	{ "a mail address as a DNS name", CONF_ID_FQDN, TEXT("Alice@Example.org"), false },
	{ "the host of a URI", CONF_ID_FQDN, TEXT("uri.example.org"), false },
	{ "a mail address", CONF_ID_EMAIL, TEXT("Alice@Example.org"), true },
	{ "its domain in small letters", CONF_ID_EMAIL, TEXT("Alice@example.org"), true },
	{ "its local part in small letters", CONF_ID_EMAIL, TEXT("alice@Example.org"), false },
	{ "another local part as long", CONF_ID_EMAIL, TEXT("Aliz3@Example.org"), false },
	{ "without its @", CONF_ID_EMAIL, TEXT("Alice.Example.org"), false },
	{ "a DNS name as a mail address", CONF_ID_EMAIL, TEXT("alice.example.org"), false },
	{ "an IPv4 address", CONF_ID_IPV4, TEXT("\xc0\x00\x02\x07"), true },
	{ "another one", CONF_ID_IPV4, TEXT("\xc0\x00\x02\x08"), false },
	{ "a part of one", CONF_ID_IPV4, TEXT("\xc0\x00\x02"), false },
	{ "as text", CONF_ID_FQDN, TEXT("192.0.2.7"), false },
	{ "an IPv6 address", CONF_ID_IPV6, TEXT("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"), true },
	{ "another one", CONF_ID_IPV6, TEXT("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x08"), false },
	{ "an IPv4 address as IPv6", CONF_ID_IPV6, TEXT("\xc0\x00\x02\x07"), false },
	{ "a key-id", CONF_ID_KEY_ID, TEXT("alice.example.org"), false },
	{ "a type that nobody knows", 201, TEXT("alice.example.org"), false },
	{ "an empty DN", CONF_ID_DN, TEXT("\x30\x00"), false },
	{ "no DN at all", CONF_ID_DN, TEXT(""), false },
	{ "what is no DN", CONF_ID_DN, TEXT("CN=Alice"), false },
};

/* Names in the configuration's text, as ID_DER_ASN1_DN. */
static const struct {
	const char *text;
	bool proven;
} dns[] = {
	{ SUBJECT, true },
	{ "CN=Alice,OU=Night shift,OU=Staff,O=Example,C=DE", true },
	{ "cn=alice, ou=night  shift, ou=staff, o=EXAMPLE, c=de", true }, /* RFC 5280 7.1 */
	{ "C=DE, O=Example, OU=Staff, OU=Night shift, CN=Alice", false },
	{ "CN=Alice, OU=Staff, OU=Night shift, O=Example, C=DE", false },
	{ "CN=Bob, CN=Alice, OU=Night shift, OU=Staff, O=Example, C=DE", false },
	{ "OU=Night shift, OU=Staff, O=Example, C=DE", false },
	{ "CN=Alic, OU=Night shift, OU=Staff, O=Example, C=DE", false },
};
/* clang-format on */

struct world {
	struct ca_cert root;
	struct conf *conf;
	struct pki *pki;
};

static int open_world(void **state)
{
	static const struct ca_spec spec = { "EC:P-256", "O=Test, CN=Root",
					     .basic = "critical,CA:TRUE", .from = NOW - DAY,
					     .until = NOW + DAY };
	struct world *w = calloc(1, sizeof(*w));
	const struct ca_cert *root = &w->root;
	int fd = pki_bundle_new();

	ca_make(&w->root, &spec, NULL);
	w->conf = conf_of("[pki-trustpoint t]\nca-certificate = /ca.pem\n");
	pack_certs(fd, 0, PKI_KIND_CA, "/ca.pem", &root, 1);
	w->pki = load_good(fd, w->conf);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	ca_free(&w->root);
	pki_free(w->pki);
	conf_free(w->conf);
	free(w);
	return 0;
}

static struct pki_cert *verified(struct world *w, const struct ca_cert *leaf)
{
	static const int zero;
	struct pki_cert *cert;

	assert_int_equal(pki_verify(w->pki, &zero, 1, &leaf->der, 1, NOW, &cert, NULL), PKI_OK);
	return cert;
}

static struct pki_cert *alice(struct world *w, const char *subject, const char *san)
{
	struct ca_spec spec = { "EC:P-256",         subject,         san, .from = NOW - DAY,
				.until = NOW + DAY, .serial = 0x1234 };
	struct ca_cert leaf;
	struct pki_cert *cert;

	ca_make(&leaf, &spec, &w->root);
	cert = verified(w, &leaf);
	ca_free(&leaf);
	return cert;
}

static void test_rows(void **state)
{
	struct pki_cert *cert = alice(*state, SUBJECT_DER_ORDER, SANS);
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (pki_proves_identity(cert, rows[i].type, (const uint8_t *)rows[i].data,
					rows[i].len) == rows[i].proven)
			continue;
		print_error("%s\n", rows[i].what);
		wrong++;
	}
	pki_cert_free(cert);
	assert_int_equal(wrong, 0);
}

static void test_dns(void **state)
{
	struct pki_cert *cert = alice(*state, SUBJECT_DER_ORDER, NULL);
	uint8_t der[512];
	const char *why;
	size_t len, wrong = 0;

	for (size_t i = 0; i < sizeof(dns) / sizeof(dns[0]); i++) {
		assert_true(conf_dn_read(dns[i].text, der, sizeof(der) - 1, &len, &why));
		if (pki_proves_identity(cert, CONF_ID_DN, der, len) != dns[i].proven) {
			print_error("%s\n", dns[i].text);
			wrong++;
		}
		/* Something behind it, or a part of it, is another thing. */
		der[len] = 0;
		assert_false(pki_proves_identity(cert, CONF_ID_DN, der, len + 1));
		assert_false(pki_proves_identity(cert, CONF_ID_DN, der, len - 1));
	}
	assert_int_equal(wrong, 0);
	/* Without SANs nothing else is proven. */
	assert_false(pki_proves_identity(cert, CONF_ID_FQDN, (const uint8_t *)"Alice", 5));
	pki_cert_free(cert);
	/* A certificate without a subject is nobody's by name. */
	cert = alice(*state, NULL, "DNS:a.example.org");
	assert_false(pki_proves_identity(cert, CONF_ID_DN, (const uint8_t *)"\x30\x00", 2));
	assert_true(pki_proves_identity(cert, CONF_ID_FQDN, (const uint8_t *)"a.example.org", 13));
	pki_cert_free(cert);
}

/* A good certificate whose only SAN has these bytes. */
static struct pki_cert *with_san(struct world *w, int type, const void *bytes, int len)
{
	struct ca_spec spec = { "EC:P-256", "CN=Alice", .from = NOW - DAY, .until = NOW + DAY };
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING
								     : V_ASN1_IA5STRING);
	struct ca_cert leaf;
	struct pki_cert *cert;
	uint8_t *der = NULL;

	ASN1_STRING_set(string, bytes, len);
	GENERAL_NAME_set0_value(name, type, string);
	sk_GENERAL_NAME_push(names, name);
	ca_make(&leaf, &spec, &w->root);
	assert_int_equal(X509_add1_ext_i2d(leaf.x509, NID_subject_alt_name, names, 0, 0), 1);
	assert_true(X509_sign(leaf.x509, w->root.key, EVP_sha256()) > 0);
	OPENSSL_free((void *)(uintptr_t)leaf.der.p);
	leaf.der.len = (size_t)i2d_X509(leaf.x509, &der);
	leaf.der.p = der;
	cert = verified(w, &leaf);
	GENERAL_NAMES_free(names);
	ca_free(&leaf);
	return cert;
}

/* A name with a NUL in it: for whoever stops there it is another. It proves neither. Nor is an
 * address of another length one. */
static void test_strange_sans(void **state)
{
	static const char evil[] = "good.example.org\0.evil.example";
	static const uint8_t net[] = { 192, 0, 2, 0, 255, 255, 255, 0 };
	struct pki_cert *cert = with_san(*state, GEN_DNS, evil, sizeof(evil) - 1);
	struct crypto_chunk san;

	assert_false(pki_proves_identity(cert, CONF_ID_FQDN, (const uint8_t *)evil, 16));
	assert_false(
		pki_proves_identity(cert, CONF_ID_FQDN, (const uint8_t *)evil, sizeof(evil) - 1));
	assert_false(pki_cert_san(cert, CONF_ID_FQDN, 0, &san));
	pki_cert_free(cert);
	cert = with_san(*state, GEN_IPADD, net, sizeof(net));
	assert_false(pki_proves_identity(cert, CONF_ID_IPV4, net, sizeof(net)));
	assert_false(pki_proves_identity(cert, CONF_ID_IPV6, net, sizeof(net)));
	pki_cert_free(cert);
}

static void test_getters(void **state)
{
	struct pki_cert *cert = alice(*state, SUBJECT_DER_ORDER, SANS);
	struct crypto_chunk subject = pki_cert_subject(cert), san, serial = pki_cert_serial(cert);
	char text[PKI_TEXT_MAX], small[16];

	assert_string_equal(pki_dn_text(subject, text, sizeof(text)), SUBJECT);
	assert_string_equal(pki_dn_text(subject, small, sizeof(small)), "CN=Alice, OU...");
	assert_string_equal(pki_dn_text(pki_cert_issuer(cert), text, sizeof(text)),
			    "CN=Root, O=Test");
	assert_string_equal(pki_dn_text((struct crypto_chunk){ "\x30\x00", 2 }, text, sizeof(text)),
			    "(no name)");
	assert_int_equal(serial.len, 2);
	assert_memory_equal(serial.p, "\x12\x34", 2);
	assert_true(pki_cert_san(cert, CONF_ID_FQDN, 2, &san));
	assert_int_equal(san.len, strlen("*.wild.example.org"));
	assert_false(pki_cert_san(cert, CONF_ID_FQDN, 3, &san));
	assert_true(pki_cert_san(cert, CONF_ID_EMAIL, 0, &san));
	assert_memory_equal(san.p, "Alice@Example.org", 17);
	pki_cert_free(cert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_strange_sans),
		cmocka_unit_test(test_getters),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
