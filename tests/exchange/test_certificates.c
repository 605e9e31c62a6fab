// SPDX-License-Identifier: BSD-2-Clause
/*
 * Logins with certificates: every kind of key on both sides, with RFC 7427 and without, which of
 * our certificates is shown to whom, and who is refused for which reason.
 */
#include "exchange/world.h"

/* --- every kind of key, both ways --- */

static const struct scheme {
	enum key key;
	uint32_t hashes; /* that the client announces */
	bool pss, sha1;  /* the client pads with PSS; both sides may take SHA-1 */
	enum sign_method method;
	enum sign_scheme scheme; /* of the client's AUTH */
} schemes[] = {
	{ RSA2048, ALL_HASHES, false, false, SIGN_METHOD_DIGITAL, SIGN_RSA_SHA256 },
	{ RSA2048, 1 << IKE_HASH_SHA2_384, false, false, SIGN_METHOD_DIGITAL, SIGN_RSA_SHA384 },
	{ RSA2048, 1 << IKE_HASH_SHA2_512, false, false, SIGN_METHOD_DIGITAL, SIGN_RSA_SHA512 },
	{ RSA2048, ALL_HASHES, true, false, SIGN_METHOD_DIGITAL, SIGN_PSS_SHA256 },
	{ RSA2048, 1 << IKE_HASH_SHA2_384, true, false, SIGN_METHOD_DIGITAL, SIGN_PSS_SHA384 },
	{ RSA2048, 1 << IKE_HASH_SHA2_512, true, false, SIGN_METHOD_DIGITAL, SIGN_PSS_SHA512 },
	{ RSA2048, 0, false, true, SIGN_METHOD_RSA, SIGN_RSA_SHA1 },
	{ P256, ALL_HASHES, false, false, SIGN_METHOD_DIGITAL, SIGN_ECDSA_SHA256 },
	{ P256, 1 << IKE_HASH_SHA2_512, false, false, SIGN_METHOD_DIGITAL, SIGN_ECDSA_SHA512 },
	{ P384, ALL_HASHES, false, false, SIGN_METHOD_DIGITAL, SIGN_ECDSA_SHA384 },
	{ P521, ALL_HASHES, false, false, SIGN_METHOD_DIGITAL, SIGN_ECDSA_SHA512 },
	{ P256, 0, false, false, SIGN_METHOD_ECDSA_P256, SIGN_ECDSA_P256_RAW },
	{ P384, 0, false, false, SIGN_METHOD_ECDSA_P384, SIGN_ECDSA_P384_RAW },
	{ P521, 0, false, false, SIGN_METHOD_ECDSA_P521, SIGN_ECDSA_P521_RAW },
	{ ED25519, ALL_HASHES, false, false, SIGN_METHOD_DIGITAL, SIGN_ED25519 },
	{ ED25519, 1 << IKE_HASH_IDENTITY, false, false, SIGN_METHOD_DIGITAL, SIGN_ED25519 },
	{ ED448, ALL_HASHES, false, false, SIGN_METHOD_DIGITAL, SIGN_ED448 },
};

/* Both sides have a key of this kind: our method is the same, whatever hash we prefer. */
static void test_schemes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(schemes); i++) {
		const struct scheme *row = &schemes[i];
		struct initiator_setup setup;
		struct story *s = world_story(world_conf(AUTH_ALL, AUTH_ALL, row->sha1 ? SHA1 : ""),
					      row->key);

		world_client(s, row->key, &setup);
		setup.hashes = row->hashes;
		setup.pss = row->pss;
		setup.sha1 = row->sha1;
		world_login(s, &setup);
		if (s->in->state != INITIATOR_UP)
			fail_msg("scheme %zu: state %d", i, s->in->state);
		assert_int_equal(s->in->hashes, row->hashes ? IKE_PROOF_HASHES : 0);
		assert_int_equal(s->in->gateway_method, row->method);
		assert_true(sign_scheme_fits(s->in->gateway_scheme, sign_key_type(setup.key)));
		assert_true(!row->hashes ||
			    row->hashes & 1u << sign_scheme_hash(s->in->gateway_scheme));
		/* Our leaf came first. */
		assert_memory_equal(s->in->gateway_cert, world.gateway[row->key].der.p,
				    s->in->gateway_cert_len);
		assert_int_equal(s->gw.verified, 0);
		world_logout(s);
	}
}

/* A method that is named is understood whatever we would choose ourselves. */
static void test_named_schemes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(schemes); i++) {
		const struct scheme *row = &schemes[i];
		struct initiator_setup setup;
		struct story *s = world_story(world_conf(AUTH_ALL, AUTH_ALL, row->sha1 ? SHA1 : ""),
					      P256);

		world_client(s, row->key, &setup);
		setup.hashes = row->hashes;
		setup.choice = (struct sign_choice){ row->method, row->scheme };
		world_login(s, &setup);
		if (s->in->state != INITIATOR_UP)
			fail_msg("scheme %zu: state %d", i, s->in->state);
		world_logout(s);
	}
}

/* --- mixed methods --- */

static void test_mixed(void **state)
{
	static const struct {
		const char *local, *remote;
		bool client_signs, client_psk;
		uint8_t gateway_method;
	} rows[] = {
		{ "ecdsa-sig", "pre-share", false, true, SIGN_METHOD_DIGITAL },
		{ "pre-share", "ecdsa-sig", true, false, IKE_AUTH_METHOD_SHARED_KEY },
		{ "ecdsa-sig", "pre-share ecdsa-sig", true, false, SIGN_METHOD_DIGITAL },
		{ "ecdsa-sig", "pre-share ecdsa-sig", false, true, SIGN_METHOD_DIGITAL },
		{ "pre-share", "pre-share rsa-sig ecdsa-sig", false, true,
		  IKE_AUTH_METHOD_SHARED_KEY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = world_story(
			world_conf(rows[i].local, rows[i].remote, "keyring-local = ring\n"), P256);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		if (!rows[i].client_signs)
			setup.key = NULL;
		world_login(s, &setup);
		if (s->in->state != INITIATOR_UP)
			fail_msg("row %zu: state %d", i, s->in->state);
		assert_int_equal(s->in->gateway_method, rows[i].gateway_method);
		assert_int_equal(s->gw.verified, rows[i].client_psk);
		world_logout(s);
	}
}

/* A certificate, then a second round with a key: RFC 4739. Ours is shown in the first. */
static void test_two_rounds(void **state)
{
	static const char *const psks[] = { "key of user", "wrong" };

	(void)state;
	for (size_t i = 0; i < COUNT(psks); i++) {
		struct story *s = world_story(
			world_conf(
				"ecdsa-sig", "ecdsa-sig",
				"authentication-remote-second = pre-share\nkeyring-local = ring\n"),
			P256);
		struct initiator_setup setup;

		gateway_add_key(&s->gw, "user", "key of user");
		world_client(s, P256, &setup);
		snprintf(setup.identity2, sizeof(setup.identity2), "user");
		snprintf(setup.psk2, sizeof(setup.psk2), "%s", psks[i]);
		world_login(s, &setup);
		assert_int_equal(s->in->state, i == 0 ? INITIATOR_UP : INITIATOR_REFUSED);
		assert_int_equal(s->in->gateway_method, SIGN_METHOD_DIGITAL);
		assert_int_equal(s->gw.verified, 1);
		assert_int_equal(s->gw.begun, i == 0);
		story_end(s);
	}
}

/* --- which certificate of ours --- */

static const struct {
	const char *what;
	const char *local; /* authentication-local */
	uint32_t hashes;   /* that the client announces */
	int authority; /* in its CERTREQ: of world.root, or -1: any, -2: no CERTREQ, -3: unknown */
	enum key shown;
} choices[] = {
	{ "the first method", "ecdsa-sig rsa-sig", ALL_HASHES, -1, P256 },
	{ "the first method, no CERTREQ", "rsa-sig ecdsa-sig", ALL_HASHES, -2, RSA2048 },
	{ "only one method", "rsa-sig", ALL_HASHES, 0, RSA2048 },
	{ "the CA that the client knows", "ecdsa-sig rsa-sig", ALL_HASHES, 1, RSA2048 },
	{ "the CA that the client knows, first anyway", "ecdsa-sig rsa-sig", ALL_HASHES, 0, P256 },
	{ "a CA that we have not: the first", "rsa-sig ecdsa-sig", ALL_HASHES, -3, RSA2048 },
	/* Without RFC 7427 RSA would need SHA-1. */
	{ "what the client can check", "rsa-sig ecdsa-sig", 0, -1, P256 },
};

/* Two trustpoints side by side: ECDSA of the first CA, RSA of the second. */
static void test_our_certificate(void **state)
{
	static uint8_t unknown[IKE_AUTHORITY_LEN] = { 1, 2, 3 };

	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		struct story *s = world_story_two(world_conf_two(choices[i].local));
		struct initiator_setup setup;
		uint8_t authority[1][IKE_AUTHORITY_LEN];

		world_client(s, P256, &setup);
		setup.hashes = choices[i].hashes;
		setup.certreq = choices[i].authority != -2;
		setup.authorities = (const uint8_t(*)[IKE_AUTHORITY_LEN])authority;
		setup.authority_count = choices[i].authority == -3 || choices[i].authority >= 0;
		memcpy(authority[0],
		       choices[i].authority < 0 ? unknown
						: world_key_hash(&world.root[choices[i].authority]),
		       IKE_AUTHORITY_LEN);
		world_login(s, &setup);
		if (s->in->state != INITIATOR_UP)
			fail_msg("%s: state %d", choices[i].what, s->in->state);
		if (s->in->gateway_cert_len != world.gateway[choices[i].shown].der.len)
			fail_msg("%s: another certificate", choices[i].what);
		assert_memory_equal(s->in->gateway_cert, world.gateway[choices[i].shown].der.p,
				    s->in->gateway_cert_len);
		world_logout(s);
	}
}

/* No key of ours is of any use to the client: the operator reads it. */
static void test_no_certificate(void **state)
{
	static const enum key keys[] = { RSA2048, ED25519, ED448 };

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct story *s = world_story(world_conf(AUTH_ALL, AUTH_ALL, ""), keys[i]);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		setup.hashes = 0;
		world_refused(s, &setup, "we have no certificate that both sides can use");
	}
}

static bool has_payload_in_init(const struct story *s, uint8_t type, struct ike_message *m)
{
	return ike_parse_clear(s->in->init_answer, s->in->init_answer_len, m) == IKE_DROP_NONE &&
	       ike_count(m, type) > 0;
}

/* CERTREQ names our authorities, and is not there where nobody may show a certificate. */
static void test_certreq(void **state)
{
	struct initiator_setup setup;
	struct ike_message m;
	struct story *s = world_story_two(world_conf_two("ecdsa-sig"));

	(void)state;
	world_client(s, P256, &setup);
	world_login(s, &setup);
	assert_true(has_payload_in_init(s, IKE_PAYLOAD_CERTREQ, &m));
	assert_int_equal(m.certreq[0].encoding, IKE_CERT_X509_SIGNATURE);
	assert_int_equal(m.certreq[0].data.len, 2 * IKE_AUTHORITY_LEN);
	assert_memory_equal(m.certreq[0].data.p, world_key_hash(&world.root[0]), IKE_AUTHORITY_LEN);
	assert_true(s->in->init_answer_len <= s->in->init_len);
	story_end(s);

	s = world_story(world_conf("ecdsa-sig", "pre-share",
				   "pki-trustpoint = tp sign\nkeyring-local = ring\n"),
			P256);
	world_client(s, P256, &setup);
	setup.key = NULL;
	world_login(s, &setup);
	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_false(has_payload_in_init(s, IKE_PAYLOAD_CERTREQ, &m));
	story_end(s);
}

/* identity-local = dn: the subject of the certificate that was chosen, or that the client names. */
static void test_identity_dn(void **state)
{
	static const enum key asked[] = { P256, RSA2048 };

	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct story *s = world_story_two(world_conf_dn());
		struct crypto_chunk subject = world_subject(&world.gateway[asked[i]]);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		setup.idr_type = IKE_ID_DER_ASN1_DN;
		setup.idr = subject.p;
		setup.idr_len = subject.len;
		world_login(s, &setup);
		assert_int_equal(s->in->state, INITIATOR_UP);
		assert_int_equal(s->in->answer.id_r.type, IKE_ID_DER_ASN1_DN);
		assert_int_equal(s->in->answer.id_r.data.len, subject.len);
		assert_memory_equal(s->in->answer.id_r.data.p, subject.p, subject.len);
		world_free_subject(subject);
		world_logout(s);
	}
}

/* RFC 4806: to who asks for it, behind the chain. */
static void test_ocsp(void **state)
{
	(void)state;
	for (int asked = 0; asked < 2; asked++) {
		struct story *s = world_story(world_conf("ecdsa-sig", "ecdsa-sig", ""), P256);
		struct initiator_setup setup;

		world_trust_ocsp(s, P256);
		world_client(s, P256, &setup);
		setup.certreq = true;
		setup.certreq_ocsp = asked;
		world_login(s, &setup);
		assert_int_equal(s->in->state, INITIATOR_UP);
		assert_int_equal(s->in->answer.cert_count, 1 + asked);
		assert_int_equal(s->in->answer.cert[0].encoding, IKE_CERT_X509_SIGNATURE);
		if (asked)
			assert_int_equal(s->in->answer.cert[1].encoding, IKE_CERT_OCSP_CONTENT);
		world_logout(s);
	}
}

/* Our chain has an intermediate, the client's too. */
static void test_chain(void **state)
{
	struct story *s = world_story(world_conf("ecdsa-sig", "ecdsa-sig", ""), P256);
	const struct crypto_chunk chain[] = { world.below.der, world.inter.der };
	struct initiator_setup setup;

	(void)state;
	world_client(s, P256, &setup);
	setup.key = world.below_key;
	setup.chain = chain;
	setup.chain_count = COUNT(chain);
	world_login(s, &setup);
	assert_int_equal(s->in->state, INITIATOR_UP);
	world_logout(s);
}

/* A renewed certificate while a client is on its way: it gets a pair that fits. */
static void test_renewed_meanwhile(void **state)
{
	struct story *s = world_story(world_conf("ecdsa-sig rsa-sig", "ecdsa-sig", ""), P256);
	struct initiator_setup setup;

	(void)state;
	world_client(s, P256, &setup);
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	world_until_signing(s);
	assert_true(gateway_step(&s->gw)); /* aaa has signed, flexd is asked */
	world_trust(s, RSA2048);
	gateway_settle(&s->gw);
	s->in->out_len = 0;
	world_take(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_memory_equal(s->in->gateway_cert, world.gateway[P256].der.p,
			    s->in->gateway_cert_len);
	world_logout(s);
}

/* --- who is refused --- */

static void test_identities(void **state)
{
	static const struct {
		uint8_t type;
		const char *id;
		size_t len;
		bool proven;
	} rows[] = {
		{ IKE_ID_FQDN, "a.example.org", 0, true },
		{ IKE_ID_FQDN, "A.Example.ORG", 0, true },
		{ IKE_ID_RFC822_ADDR, "alice@example.org", 0, true },
		{ IKE_ID_IPV4_ADDR, "\xc0\x00\x02\x01", 4, true },
		{ IKE_ID_FQDN, "b.example.org", 0, false },
		{ IKE_ID_FQDN, "example.org", 0, false },
		{ IKE_ID_FQDN, "alice@example.org", 0, false }, /* the other kind of name */
		{ IKE_ID_RFC822_ADDR, "a.example.org", 0, false },
		{ IKE_ID_RFC822_ADDR, "bob@example.org", 0, false },
		{ IKE_ID_IPV4_ADDR, "\xc0\x00\x02\x02", 4, false },
		{ IKE_ID_KEY_ID, "a.example.org", 0, false },
		{ IKE_ID_FQDN, "client", 0, false }, /* the common name is no SAN */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = world_story(world_conf("ecdsa-sig", "ecdsa-sig", ""), P256);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		setup.id_type = rows[i].type;
		setup.identity_len = rows[i].len;
		memset(setup.identity, 0, sizeof(setup.identity));
		memcpy(setup.identity, rows[i].id, rows[i].len ? rows[i].len : strlen(rows[i].id));
		if (!rows[i].proven) {
			world_refused(s, &setup,
				      "its certificate is not for this identity: CN=client");
			continue;
		}
		world_login(s, &setup);
		if (s->in->state != INITIATOR_UP)
			fail_msg("row %zu: state %d", i, s->in->state);
		world_logout(s);
	}
}

/* The subject, as names are compared. */
static void test_identity_subject(void **state)
{
	struct crypto_chunk subject = world_subject(&world.client[P256]);

	(void)state;
	for (int right = 0; right < 2; right++) {
		struct story *s = world_story(world_conf("ecdsa-sig", "ecdsa-sig", ""), P256);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		setup.id_type = IKE_ID_DER_ASN1_DN;
		setup.identity_len = subject.len;
		memcpy(setup.identity, subject.p, subject.len);
		if (!right)
			setup.identity[subject.len - 1] ^= 1;
		if (!right) {
			world_refused(s, &setup, "its certificate is not for this identity");
			continue;
		}
		world_login(s, &setup);
		assert_int_equal(s->in->state, INITIATOR_UP);
		world_logout(s);
	}
	world_free_subject(subject);
}

static const struct {
	const char *local, *remote, *rest;
	enum special special;
	const char *reason;
} refusals[] = {
	{ "ecdsa-sig", "ecdsa-sig", "", EXPIRED, "its certificate has expired: CN=expired" },
	{ "ecdsa-sig", "ecdsa-sig", "", EARLY, "its certificate is not yet valid: CN=early" },
	{ "ecdsa-sig", "ecdsa-sig", "crl = /crl\n", REVOKED,
	  "its certificate is revoked: CN=revoked" },
	{ "ecdsa-sig", "ecdsa-sig", "", STRANGER,
	  "its certificate leads to no CA that is trusted here" },
	{ "ecdsa-sig", "ecdsa-sig", "", SELF_SIGNED, "its certificate is self-signed" },
	{ "ecdsa-sig", "ecdsa-sig", "", NO_CERT, "its certificate was not sent" },
	{ "ecdsa-sig", "ecdsa-sig", "", NO_INTERMEDIATE,
	  "its certificate leads to no CA that is trusted here" },
	{ "ecdsa-sig", "ecdsa-sig", "", OURS, "its signature is wrong" },
	{ "ecdsa-sig", "ecdsa-sig", "", THE_CA, "its certificate is that of a CA" },
	{ "ecdsa-sig", "ecdsa-sig", "", GARBAGE, "its certificate is malformed" },
	{ "ecdsa-sig", "ecdsa-sig", "", TRAILING, "its certificate is malformed" },
	{ "ecdsa-sig", "ecdsa-sig", "", MANY,
	  "its certificate came with more than 8 certificates" },
	{ "ecdsa-sig", "rsa-sig", "", PLAIN,
	  "it signs with ECDSA P-256, which profile all does not take" },
	{ "ecdsa-sig", "eddsa-sig rsa-sig", "", PLAIN,
	  "it signs with ECDSA P-256, which profile all" },
	{ "ecdsa-sig", "pre-share", "keyring-local = ring\n", PLAIN,
	  "it signs, which profile all does not take" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		bool crl = strstr(refusals[i].rest, "crl = ") != NULL;
		const char *conf = crl ? world_conf_crl()
				       : world_conf(refusals[i].local, refusals[i].remote,
						    refusals[i].rest);
		struct story *s = world_story(conf, P256);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		world_special(s, refusals[i].special, &setup);
		world_refused(s, &setup, refusals[i].reason);
	}
}

/* Two profiles, two CAs: a certificate of the one opens nothing in the other. */
static void test_other_profile(void **state)
{
	static const struct {
		const char *identity;
		int root;
		bool up;
	} rows[] = {
		{ "a.example.org", 0, true },
		{ "a.other.org", 1, true },
		{ "a.other.org", 0, false },
		{ "a.example.org", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = world_story_two(world_conf_profiles());
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		snprintf(setup.identity, sizeof(setup.identity), "%s", rows[i].identity);
		if (rows[i].root) {
			setup.key = world.other_key;
			setup.chain = &world.other.der;
		}
		if (!rows[i].up) {
			world_refused(s, &setup,
				      "its certificate leads to no CA that is trusted here");
			continue;
		}
		world_login(s, &setup);
		assert_int_equal(s->in->state, INITIATOR_UP);
		world_logout(s);
	}
}

/* A profile by what the certificate says. It must lead to that profile's own trustpoint, and
 * somebody who only shows it and proves himself by a key is not matched by it. */
static void test_certificate_map(void **state)
{
	static const struct {
		const char *rules;
		bool other, psk, up;
		const char *reason;
	} rows[] = {
		{ "subject-name = co CN=client\n", false, false, true, NULL },
		{ "issuer-name = co CN=root\n", false, false, true, NULL },
		{ "alt-subject-name = co alice@example.org\n", false, false, true, NULL },
		{ "alt-subject-name = eq 192.0.2.1\n", false, false, true, NULL },
		{ "expires-on = ge 2027-06-01\n", false, false, true, NULL },
		{ "subject-name = co CN=nobody\n", false, false, false, "no profile matches" },
		{ "alt-subject-name = nc alice\n", false, false, false, "no profile matches" },
		{ "valid-start = ge 2027-06-01\n", false, false, false, "no profile matches" },
		/* Of the other CA: good for somebody, not for this profile. */
		{ "subject-name = co CN=other\n", true, false, false,
		  "leads to no CA that is trusted here" },
		{ "subject-name = co CN=client\n", false, true, false, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = world_story_two(world_conf_map(rows[i].rules));
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		if (rows[i].other) {
			setup.key = world.other_key;
			setup.chain = &world.other.der;
		}
		setup.key_unused = rows[i].psk;
		if (!rows[i].up) {
			world_refused(s, &setup, rows[i].reason);
			continue;
		}
		world_login(s, &setup);
		if (s->in->state != INITIATOR_UP)
			fail_msg("row %zu: state %d", i, s->in->state);
		world_logout(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemes),
		cmocka_unit_test(test_named_schemes),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_two_rounds),
		cmocka_unit_test(test_our_certificate),
		cmocka_unit_test(test_no_certificate),
		cmocka_unit_test(test_certreq),
		// cmocka_unit_test(test_identity_dn),
		cmocka_unit_test(test_identity_dn),
		cmocka_unit_test(test_ocsp),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_renewed_meanwhile),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_identity_subject),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_other_profile),
		cmocka_unit_test(test_certificate_map),
	};

	return cmocka_run_group_tests(tests, world_make, world_free);
}
