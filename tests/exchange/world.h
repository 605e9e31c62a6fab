/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CAs, certificates of the gateway and of clients for every kind of key, and stories among them.
 * One world serves all tests of a program: keys are made once.
 *
 *   root[0]  gateway (but RSA), client, inter -> below, and the special ones
 *   root[1]  gateway[RSA2048], other
 */
#ifndef EXCHANGE_WORLD_H
#define EXCHANGE_WORLD_H

#include "exchange/exchange.h"

#include "core/secret.h"
#include "crypto/sign.h"
#include "ike/proof.h"
#include "pki/pki.h"
#include "support/ca.h"

#include <stdio.h>
#include <unistd.h>

enum key { RSA2048, P256, P384, P521, ED25519, ED448, KEYS };

/* Certificates that are no good, each for one reason. */
enum special {
	EXPIRED,
	EARLY,
	REVOKED,
	STRANGER,
	SELF_SIGNED,
	SPECIAL_CERTS,
	NO_CERT,
	NO_INTERMEDIATE,
	OURS, /* the gateway's own certificate sent back */
	THE_CA,
	GARBAGE,
	TRAILING,
	MANY,
	PLAIN, /* nothing wrong with it */
};

#define AUTH_ALL   "rsa-sig ecdsa-sig eddsa-sig"
#define SHA1       "rsa-sig-sha1 = yes\n"
#define ALL_HASHES ((uint32_t)IKE_PROOF_HASHES)

enum { NOW = 1800000000, YEAR = 365 * 24 * 3600, REVOKED_SERIAL = 77 };

static struct {
	struct ca_cert root[3], gateway[KEYS], client[KEYS], special[SPECIAL_CERTS];
	struct ca_cert inter, below, other;
	struct sign_key *gateway_key[KEYS], *client_key[KEYS], *special_key[SPECIAL_CERTS];
	struct sign_key *below_key, *other_key;
	uint8_t *crl;
	size_t crl_len;
} world;

/* --- made --- */

static const char *const key_kinds[KEYS] = { "RSA:2048", "EC:P-256", "EC:P-384",
					     "EC:P-521", "ED25519",  "ED448" };

#define CLIENT_SAN "DNS:a.example.org,DNS:a.other.org,email:alice@example.org,IP:192.0.2.1"

static inline void world_ca(struct ca_cert *cert, const char *subject, const struct ca_cert *issuer)
{
	const struct ca_spec spec = { .key = "EC:P-256",
				      .subject = subject,
				      .basic = "critical,CA:TRUE",
				      .usage = "critical,keyCertSign,cRLSign",
				      .from = NOW - YEAR,
				      .until = NOW + YEAR };

	ca_make(cert, &spec, issuer);
}

static inline struct sign_key *world_key(const struct ca_cert *cert)
{
	char *pem = ca_key_pem(cert->key);
	const char *why = "";
	struct sign_key *key = sign_key_from_pem(pem, strlen(pem), &why);

	if (!key)
		fail_msg("a test key %s", why);
	free(pem);
	return key;
}

static inline void world_leaf(struct ca_cert *cert, struct sign_key **key, const char *kind,
			      const char *subject, const char *san, int64_t from, int64_t until,
			      long serial, const struct ca_cert *issuer)
{
	const struct ca_spec spec = { .key = kind,
				      .subject = subject,
				      .san = san,
				      .basic = "critical,CA:FALSE",
				      .from = from,
				      .until = until,
				      .serial = serial };

	ca_make(cert, &spec, issuer);
	*key = world_key(cert);
}

static inline void world_client_leaf(struct ca_cert *cert, struct sign_key **key,
				     const char *subject, const struct ca_cert *issuer)
{
	world_leaf(cert, key, "EC:P-256", subject, CLIENT_SAN, NOW - YEAR, NOW + YEAR, 0, issuer);
}

static inline void world_make_special(void)
{
	struct ca_cert *s = world.special;
	struct sign_key **k = world.special_key;

	world_leaf(&s[EXPIRED], &k[EXPIRED], "EC:P-256", "CN=expired", CLIENT_SAN, NOW - YEAR,
		   NOW - 1, 0, &world.root[0]);
	world_leaf(&s[EARLY], &k[EARLY], "EC:P-256", "CN=early", CLIENT_SAN, NOW + 60, NOW + YEAR,
		   0, &world.root[0]);
	world_leaf(&s[REVOKED], &k[REVOKED], "EC:P-256", "CN=revoked", CLIENT_SAN, NOW - YEAR,
		   NOW + YEAR, REVOKED_SERIAL, &world.root[0]);
	world_client_leaf(&s[STRANGER], &k[STRANGER], "CN=stranger", &world.root[2]);
	world_client_leaf(&s[SELF_SIGNED], &k[SELF_SIGNED], "CN=self", NULL);
}

static inline int world_make(void **state)
{
	static const long revoked[] = { REVOKED_SERIAL, 0 };

	(void)state;
	world_ca(&world.root[0], "CN=root", NULL);
	world_ca(&world.root[1], "CN=second root", NULL);
	world_ca(&world.root[2], "CN=nobody's root", NULL);
	world_ca(&world.inter, "CN=intermediate", &world.root[0]);
	for (int i = 0; i < KEYS; i++) {
		char subject[64];

		snprintf(subject, sizeof(subject), "CN=gateway %d,O=Example", i);
		world_leaf(&world.gateway[i], &world.gateway_key[i], key_kinds[i], subject,
			   "DNS:gateway.example.org", NOW - YEAR, NOW + YEAR, 0,
			   &world.root[i == RSA2048]);
		world_leaf(&world.client[i], &world.client_key[i], key_kinds[i], "CN=client",
			   CLIENT_SAN, NOW - YEAR, NOW + YEAR, 0, &world.root[0]);
	}
	world_client_leaf(&world.below, &world.below_key, "CN=below", &world.inter);
	world_client_leaf(&world.other, &world.other_key, "CN=other", &world.root[1]);
	world_make_special();
	world.crl = ca_crl(&world.root[0], revoked, NOW - 60, NOW + YEAR, &world.crl_len);
	return 0;
}

static inline void world_forget(struct ca_cert *certs, struct sign_key **keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ca_free(&certs[i]);
		if (keys)
			sign_key_free(keys[i]);
	}
}

static inline int world_free(void **state)
{
	(void)state;
	world_forget(world.root, NULL, COUNT(world.root));
	world_forget(world.gateway, world.gateway_key, KEYS);
	world_forget(world.client, world.client_key, KEYS);
	world_forget(world.special, world.special_key, SPECIAL_CERTS);
	world_forget(&world.inter, NULL, 1);
	world_forget(&world.below, &world.below_key, 1);
	world_forget(&world.other, &world.other_key, 1);
	OPENSSL_free(world.crl);
	return 0;
}

/* The authority in CERTREQ: SHA-1 of the SubjectPublicKeyInfo. */
static inline const uint8_t *world_key_hash(const struct ca_cert *cert)
{
	static uint8_t hash[IKE_AUTHORITY_LEN];
	uint8_t *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert->x509), &spki);
	const struct crypto_chunk chunk = { spki, (size_t)len };

	assert_true(len > 0 && crypto_hash(CRYPTO_SHA1, &chunk, 1, hash));
	OPENSSL_free(spki);
	return hash;
}

static inline struct crypto_chunk world_subject(const struct ca_cert *cert)
{
	uint8_t *der = NULL;
	int len = i2d_X509_NAME(X509_get_subject_name(cert->x509), &der);

	assert_true(len > 0);
	return (struct crypto_chunk){ der, (size_t)len };
}

static inline void world_free_subject(struct crypto_chunk subject)
{
	OPENSSL_free((void *)(uintptr_t)subject.p);
}

/* --- configurations --- */

#define WORLD_HEAD                                                                                 \
	"[gateway]\noutside = eth0\n[pool p4]\nprefix = 10.10.0.0/24\n"                            \
	"[ikev2-authorization-policy all]\npool = p4\n[virtual-template 1]\n"                      \
	"[ikev2-keyring ring]\npsk = k\n"
#define WORLD_TRUST(name, rest)                                                                    \
	"[pki-trustpoint " name                                                                    \
	"]\nca-certificate = /ca\ncertificate = /gw\nprivate-key = /key\n" rest
#define WORLD_PROFILE(name, match)                                                                 \
	"[ikev2-profile " name "]\nmatch-identity-remote = " match                                 \
	"\naaa-authorization-group = all\nvirtual-template = 1\n"
#define WORLD_FQDN "identity-local = fqdn gateway.example.org\n"

/* One profile, one trustpoint. */
static inline const char *world_conf(const char *local, const char *remote, const char *rest)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		 WORLD_HEAD WORLD_TRUST("tp", "") WORLD_PROFILE("all", "any") WORLD_FQDN
		 "authentication-local = %s\nauthentication-remote = %s\n%s%s",
		 local, remote, strstr(rest, "pki-trustpoint") ? "" : "pki-trustpoint = tp\n",
		 rest);
	return text;
}

static inline const char *world_conf_crl(void)
{
	return WORLD_HEAD WORLD_TRUST("tp", "crl = /crl\n") WORLD_PROFILE("all", "any") WORLD_FQDN
		"authentication-local = ecdsa-sig\nauthentication-remote = ecdsa-sig\n"
		"pki-trustpoint = tp\n";
}

/* One profile, two trustpoints: ECDSA of root[0], RSA of root[1]. */
static inline const char *world_conf_two(const char *local)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		 WORLD_HEAD WORLD_TRUST("ec", "") WORLD_TRUST("rsa", "") WORLD_PROFILE("all", "any")
			 WORLD_FQDN "authentication-local = %s\nauthentication-remote = " AUTH_ALL
				    "\npki-trustpoint = ec, rsa\n",
		 local);
	return text;
}

static inline const char *world_conf_dn(void)
{
	return WORLD_HEAD WORLD_TRUST("ec", "") WORLD_TRUST("rsa", "") WORLD_PROFILE(
		"all", "any") "identity-local = dn\nauthentication-local = ecdsa-sig rsa-sig\n"
			      "authentication-remote = " AUTH_ALL "\npki-trustpoint = ec, rsa\n";
}

/* Who the certificate says is a client, whatever its identity, and who it says is not. */
static inline const char *world_conf_map(const char *rules)
{
	static char text[4096];

	snprintf(
		text, sizeof(text),
		WORLD_HEAD WORLD_TRUST("ec", "") WORLD_TRUST(
			"rsa",
			"") "[pki-certificate-map m]\n%s[ikev2-profile all]\nmatch-certificate = m\n" WORLD_FQDN
			    "aaa-authorization-group = all\nvirtual-template = 1\nkeyring-local = ring\n"
			    "authentication-local = ecdsa-sig\nauthentication-remote = ecdsa-sig pre-share\n"
			    "pki-trustpoint = ec\n" WORLD_PROFILE("two", "fqdn none.example.net")
				    WORLD_FQDN
		"authentication-local = rsa-sig\nauthentication-remote = ecdsa-sig\n"
		"pki-trustpoint = rsa\n",
		rules);
	return text;
}

/* A profile for each CA. */
static inline const char *world_conf_profiles(void)
{
	return WORLD_HEAD WORLD_TRUST("ec", "") WORLD_TRUST("rsa", "")
		WORLD_PROFILE("one", "fqdn domain example.org") WORLD_FQDN
		"authentication-local = ecdsa-sig\nauthentication-remote = ecdsa-sig\n"
		"pki-trustpoint = ec\n" WORLD_PROFILE("two", "fqdn domain other.org") WORLD_FQDN
		"authentication-local = rsa-sig\nauthentication-remote = ecdsa-sig\n"
		"pki-trustpoint = rsa\n";
}

/* --- stories --- */

/* An answer of an OCSP responder that only its form is looked at: "successful", no bytes in it. */
static inline struct crypto_chunk world_ocsp(void)
{
	static const uint8_t successful[] = { 0x30, 0x03, 0x0a, 0x01, 0x00 };

	return (struct crypto_chunk){ successful, sizeof(successful) };
}

static inline void world_put(struct story *s, const enum key *keys, size_t count, bool ocsp)
{
	struct gateway_trust trust[GATEWAY_TRUSTPOINTS] = { 0 };
	char *ca[GATEWAY_TRUSTPOINTS], *own[GATEWAY_TRUSTPOINTS];

	for (size_t i = 0; i < count; i++) {
		const struct ca_cert *const roots[] = { &world.root[count > 1 ? i : 0],
							&world.root[1] };
		const struct ca_cert *const chain[] = { &world.gateway[keys[i]] };

		ca[i] = ca_pem(roots, count == 1 && keys[i] == RSA2048 ? 2 : 1);
		own[i] = ca_pem(chain, 1);
		trust[i] = (struct gateway_trust){ .ca = ca[i],
						   .own = own[i],
						   .key = world.gateway_key[keys[i]] };
		if (s->gw.conf->trustpoints[i].crl_count)
			trust[i].crl = (struct crypto_chunk){ world.crl, world.crl_len };
		if (ocsp)
			trust[i].ocsp = world_ocsp();
	}
	gateway_trust(&s->gw, trust, count);
	for (size_t i = 0; i < count; i++) {
		free(ca[i]);
		free(own[i]);
	}
}

/* The gateway has the key of this kind. */
static inline void world_trust(struct story *s, enum key key)
{
	world_put(s, &key, 1, false);
}

static inline void world_trust_ocsp(struct story *s, enum key key)
{
	world_put(s, &key, 1, true);
}

static inline struct story *world_story(const char *conf, enum key key)
{
	struct story *s = story_begin(conf);

	world_trust(s, key);
	return s;
}

static inline struct story *world_story_two(const char *conf)
{
	static const enum key keys[] = { P256, RSA2048 };
	struct story *s = story_begin(conf);

	world_put(s, keys, COUNT(keys), false);
	return s;
}

/* One datagram of the client to the gateway; what comes of it waits. */
static inline void world_give(struct story *s)
{
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
}

/* The gateway's oldest datagram to the client. */
static inline enum initiator_event world_take(struct story *s)
{
	struct gateway_datagram d;

	assert_true(gateway_take(&s->gw, &d));
	return initiator_receive(s->in, d.bytes, d.len);
}

/* IKE_AUTH has come, aaa is asked to sign and has not yet. */
static inline void world_until_signing(struct story *s)
{
	assert_true(initiator_init(s->in) > 0);
	world_give(s);
	assert_int_equal(world_take(s), INITIATOR_STEP);
	assert_true(initiator_auth(s->in) > 0);
	world_give(s);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_SIGNING], 1);
}

/* A client "fqdn a.example.org" with the certificate of this kind, and the key of a. */
static inline void world_client(struct story *s, enum key key, struct initiator_setup *setup)
{
	gateway_client(&s->gw, setup);
	setup->hashes = ALL_HASHES;
	setup->key = world.client_key[key];
	setup->chain = &world.client[key].der;
	setup->chain_count = 1;
}

static inline void world_login(struct story *s, struct initiator_setup *setup)
{
	setup->random_arg = &s->gw;
	assert_int_equal(initiator_new(setup, &s->in), 0);
	gateway_login(&s->gw, s->in);
}

/* Nothing is left. */
static inline void world_logout(struct story *s)
{
	assert_true(initiator_delete(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* What the core writes to its log while the client tries; to be freed. */
static inline char *world_log_of(struct story *s, struct initiator_setup *setup)
{
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	char *text = calloc(1, 16384);

	assert_true(file && text && saved >= 0);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	world_login(s, setup);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	rewind(file);
	text[fread(text, 1, 16383, file)] = '\0';
	fclose(file);
	return text;
}

/* The attempt fails with AUTHENTICATION_FAILED and nothing else, the log says why, and nothing is
 * left. Ends the story. */
static inline void world_refused(struct story *s, struct initiator_setup *setup, const char *reason)
{
	char *log = world_log_of(s, setup);

	if (!strstr(log, reason))
		fail_msg("the log does not say '%s': %s", reason, log);
	free(log);
	assert_int_equal(s->in->state, INITIATOR_REFUSED);
	assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_NOTIFY), 1);
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_IDR), 0);
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_CERT), 0);
	assert_int_equal(s->gw.begun, 0);
	assert_int_equal(s->gw.core->stats.auth_failed, 1);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

static inline void world_special(struct story *s, enum special special,
				 struct initiator_setup *setup)
{
	static struct crypto_chunk chain[16];
	static uint8_t bytes[2048];

	(void)s;
	memcpy(bytes, world.client[P256].der.p, world.client[P256].der.len);
	chain[0] = world.client[P256].der;
	setup->chain = chain;
	if (special < SPECIAL_CERTS) {
		chain[0] = world.special[special].der;
		setup->key = world.special_key[special];
	}
	switch (special) {
	case NO_CERT:
		setup->chain_count = 0;
		break;
	case NO_INTERMEDIATE:
		chain[0] = world.below.der;
		setup->key = world.below_key;
		break;
	case OURS:
		chain[0] = world.gateway[P256].der;
		snprintf(setup->identity, sizeof(setup->identity), "gateway.example.org");
		break;
	case THE_CA:
		chain[0] = world.root[0].der;
		break;
	case GARBAGE:
		chain[0] = (struct crypto_chunk){ "certificate", 11 };
		break;
	case TRAILING:
		bytes[world.client[P256].der.len] = 0;
		chain[0] = (struct crypto_chunk){ bytes, world.client[P256].der.len + 1 };
		break;
	case MANY:
		for (int i = 1; i < 9; i++)
			chain[i] = world.inter.der;
		setup->chain_count = 9;
		break;
	default:
		break;
	}
}

#endif
