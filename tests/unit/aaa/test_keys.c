// SPDX-License-Identifier: BSD-2-Clause
/* Private keys: which are taken, and for whom they sign. */
#include "setup.h"

#include "aaa/keys.h"
#include "crypto/sign.h"
#include "pki/bundle.h"
#include "support/ca.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOW ((int64_t)1800000000)

static const char conf_text[] =
	"[gateway]\n" CONF_BODY
	"[pki-trustpoint rsa]\nca-certificate = /ca\ncertificate = /rsa.pem\nprivate-key = /rsa.key\n"
	"[pki-trustpoint ec]\nca-certificate = /ca\ncertificate = /ec.pem\nprivate-key = /ec.key\n"
	"[ikev2-profile cert]\nmatch-identity-remote = fqdn domain cert.example.org\n"
	"identity-local = fqdn gw.example.org\nauthentication-local = ecdsa-sig\n"
	"authentication-remote = pre-share\nkeyring-local = staff\npki-trustpoint = ec, rsa verify\n"
	"aaa-authorization-group = p\nvirtual-template = 1\n"
	"[ikev2-profile judge]\nmatch-identity-remote = fqdn domain judge.example.org\n"
	"identity-local = fqdn gw.example.org\nauthentication-local = pre-share\n"
	"authentication-remote = ecdsa-sig\nkeyring-local = staff\npki-trustpoint = ec\n"
	"aaa-authorization-group = p\nvirtual-template = 1\n"
	"[ikev2-profile rsa]\nmatch-identity-remote = fqdn domain rsa.example.org\n"
	"identity-local = fqdn gw.example.org\nauthentication-local = rsa-sig\n"
	"authentication-remote = ecdsa-sig\npki-trustpoint = ec, rsa\n"
	"aaa-authorization-group = p\nvirtual-template = 1\n";

struct world {
	struct conf *conf;
	struct ca_cert root, rsa, ec, renewed;
	struct pki *pki, *pki_renewed;
};

static struct pki *load(struct world *w, const struct ca_cert *ec)
{
	int fd = pki_bundle_new();
	char why[256] = "";
	struct pki *pki;

	for (uint32_t i = 0; i < 2; i++) {
		const struct ca_cert *cert = i ? ec : &w->rsa;
		struct pki_file file = { .trustpoint = i,
					 .kind = PKI_KIND_OWN,
					 .name = "/own",
					 .bytes = cert->der.p,
					 .len = cert->der.len };

		assert_int_equal(pki_bundle_add(fd, &file), 0);
	}
	pki = pki_load(fd, w->conf, PKI_OWN_ONLY, NOW, why, sizeof(why));
	if (!pki)
		fail_msg("%s", why);
	return pki;
}

static int open_world(void **state)
{
	static const struct ca_spec root = { "EC:P-256", "CN=Root", .basic = "critical,CA:TRUE",
					     .from = NOW - 1000, .until = NOW + 1000 };
	static const struct ca_spec rsa = { "RSA:2048", "CN=gw", .from = NOW - 1000,
					    .until = NOW + 1000 };
	static const struct ca_spec ec = { "EC:P-384", "CN=gw", .from = NOW - 1000,
					   .until = NOW + 1000 };
	struct world *w = calloc(1, sizeof(*w));
	struct conf_errors errors;
	FILE *in = text_file(conf_text);

	w->conf = conf_parse(in, "t.conf", &errors);
	fclose(in);
	if (!w->conf)
		fail_msg("%s", errors.first[0].text);
	ca_make(&w->root, &root, NULL);
	ca_make(&w->rsa, &rsa, &w->root);
	ca_make(&w->ec, &ec, &w->root);
	ca_make(&w->renewed, &ec, &w->root);
	w->pki = load(w, &w->ec);
	w->pki_renewed = load(w, &w->renewed);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	pki_free(w->pki);
	pki_free(w->pki_renewed);
	ca_free(&w->root);
	ca_free(&w->rsa);
	ca_free(&w->ec);
	ca_free(&w->renewed);
	conf_free(w->conf);
	free(w);
	return 0;
}

static int key_file(const char *pem)
{
	int fd = memfd_create("key", MFD_CLOEXEC);

	assert_int_equal(write(fd, pem, strlen(pem)), (ssize_t)strlen(pem));
	return fd;
}

static struct aaa_keys *keys_of(struct world *w, const struct pki *pki, const struct ca_cert *ec)
{
	struct aaa_keys *keys = aaa_keys_new();
	char why[256] = "";

	for (uint32_t i = 0; i < 2; i++) {
		char *pem = ca_key_pem(i ? ec->key : w->rsa.key);

		assert_false(aaa_keys_complete(keys, w->conf, why, sizeof(why)));
		if (!aaa_keys_load(keys, key_file(pem), w->conf, pki, i, why, sizeof(why)))
			fail_msg("%s", why);
		free(pem);
	}
	assert_true(aaa_keys_complete(keys, w->conf, why, sizeof(why)));
	return keys;
}

static void test_refused(void **state)
{
	struct world *w = *state;
	struct aaa_keys *keys = aaa_keys_new();
	char why[256], *pem = ca_key_pem(w->ec.key);

	assert_false(aaa_keys_load(keys, key_file(pem), w->conf, w->pki, 0, why, sizeof(why)));
	assert_string_equal(why, "[pki-trustpoint rsa] /rsa.key is not the key of /rsa.pem");
	assert_false(
		aaa_keys_load(keys, key_file(pem), w->conf, w->pki_renewed, 1, why, sizeof(why)));
	assert_string_equal(why, "[pki-trustpoint ec] /ec.key is not the key of /ec.pem");
	assert_false(aaa_keys_load(keys, key_file("no key"), w->conf, w->pki, 1, why, sizeof(why)));
	assert_string_equal(why, "[pki-trustpoint ec] /ec.key holds no private key in PEM");
	assert_false(aaa_keys_load(keys, key_file(""), w->conf, w->pki, 1, why, sizeof(why)));
	assert_string_equal(why, "[pki-trustpoint ec] /ec.key cannot be read to its end");
	assert_false(aaa_keys_complete(keys, w->conf, why, sizeof(why)));
	assert_string_equal(why, "[pki-trustpoint rsa] its key was not brought");
	free(pem);
	aaa_keys_free(keys);
}

static void ask_for(struct msg_auth_sign *ask, const struct pki *pki)
{
	*ask = (struct msg_auth_sign){ .ike = 9,
				       .profile = "cert",
				       .trustpoint = "ec",
				       .method = SIGN_METHOD_DIGITAL,
				       .scheme = SIGN_ECDSA_SHA384,
				       .octets_len = 3 };
	memcpy(ask->key_hash, pki_own(pki, 1)->key_hash, sizeof(ask->key_hash));
}

static void test_sign(void **state)
{
	static const uint8_t octets[] = "abc";
	struct world *w = *state;
	struct aaa_keys *keys = keys_of(w, w->pki, &w->ec);
	struct msg_auth_signed out;
	struct msg_auth_sign ask;

	ask_for(&ask, w->pki);
	aaa_sign_with_key(w->conf, keys, NULL, &ask, octets, &out);
	assert_int_equal(out.ok, 1);
	assert_int_equal(out.ike, 9);
	assert_int_equal(out.method, SIGN_METHOD_DIGITAL);
	assert_true(sign_auth_check(pki_own_key(w->pki, 1), SIGN_METHOD_DIGITAL,
				    1 << SIGN_HASH_SHA384, 0, octets, 3, out.auth, out.len, NULL));
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		ask_for(&ask, w->pki);                                                             \
		change;                                                                            \
		aaa_sign_with_key(w->conf, keys, NULL, &ask, octets, &out);                        \
		assert_int_equal(out.ok, 0);                                                       \
		assert_int_equal(out.len, 0);                                                      \
		assert_int_equal(out.ike, 9);                                                      \
	} while (0)
	/* A profile that does not name it, or names it to verify with; one that is not there. */
	REFUSED(snprintf(ask.profile, sizeof(ask.profile), "staff"));
	REFUSED(snprintf(ask.profile, sizeof(ask.profile), "nobody"));
	/* One that proves itself otherwise: by a shared key, by another kind of key. */
	REFUSED(snprintf(ask.profile, sizeof(ask.profile), "judge"));
	REFUSED(snprintf(ask.profile, sizeof(ask.profile), "rsa"));
	REFUSED(snprintf(ask.trustpoint, sizeof(ask.trustpoint), "nothing"));
	REFUSED(snprintf(ask.trustpoint, sizeof(ask.trustpoint), "rsa");
		memcpy(ask.key_hash, pki_own(w->pki, 0)->key_hash, sizeof(ask.key_hash));
		ask.scheme = SIGN_RSA_SHA256);
	/* Another certificate, another scheme, a pair that nobody knows. */
	REFUSED(ask.key_hash[3] ^= 1);
	REFUSED(ask.scheme = SIGN_RSA_SHA256);
	REFUSED(ask.scheme = SIGN_NONE);
	REFUSED(ask.scheme = 200);
	REFUSED(ask.method = SIGN_METHOD_ECDSA_P384);
	REFUSED(ask.method = 3);
	aaa_keys_free(keys);
}

/* In the moment of a renewal ike may still have shown the old certificate. */
static void test_renewal(void **state)
{
	static const uint8_t octets[] = "abc";
	struct world *w = *state;
	struct aaa_keys *old = keys_of(w, w->pki, &w->ec);
	struct aaa_keys *keys = keys_of(w, w->pki_renewed, &w->renewed);
	const struct pki *shown[] = { w->pki, w->pki_renewed };
	struct msg_auth_signed out;
	struct msg_auth_sign ask;

	for (size_t i = 0; i < 2; i++) {
		ask_for(&ask, shown[i]);
		aaa_sign_with_key(w->conf, keys, old, &ask, octets, &out);
		assert_int_equal(out.ok, 1);
		assert_true(sign_auth_check(pki_own_key(shown[i], 1), SIGN_METHOD_DIGITAL,
					    1 << SIGN_HASH_SHA384, 0, octets, 3, out.auth, out.len,
					    NULL));
		aaa_sign_with_key(w->conf, keys, NULL, &ask, octets, &out);
		assert_int_equal(out.ok, i == 1);
	}
	aaa_keys_free(old);
	aaa_keys_free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_renewal),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
