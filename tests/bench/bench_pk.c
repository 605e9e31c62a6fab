// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the public-key operations of an IKE set-up cost by themselves, from the library that the
 * gateway uses: one line of JSON, microseconds of CPU time per operation, the middle of some runs.
 * tests/bench/login.py compares whole set-ups with sums of these.
 */
#include "stat.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 7, RUN_NS = 30 * 1000 * 1000 };

static const uint8_t octets[600] = { 1 }; /* about what AUTH covers */

static void die(const char *what)
{
	fprintf(stderr, "bench_pk: %s\n", what);
	exit(1);
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct subject {
	EVP_PKEY *key, *peer;
	EVP_MD_CTX *md;
	uint8_t signature[1024];
	size_t signature_len;
};

static void generate(struct subject *s)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key, NULL);

	if (!ctx || EVP_PKEY_keygen_init(ctx) <= 0 || EVP_PKEY_keygen(ctx, &key) <= 0)
		die("no key");
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
}

static void derive(struct subject *s)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key, NULL);
	uint8_t secret[128];
	size_t len = sizeof(secret);

	if (!ctx || EVP_PKEY_derive_init(ctx) <= 0 || EVP_PKEY_derive_set_peer(ctx, s->peer) <= 0 ||
	    EVP_PKEY_derive(ctx, secret, &len) <= 0)
		die("no shared secret");
	EVP_PKEY_CTX_free(ctx);
}

static void sign(struct subject *s)
{
	s->signature_len = sizeof(s->signature);
	if (EVP_DigestSignInit(s->md, NULL, EVP_sha256(), NULL, s->key) <= 0 ||
	    EVP_DigestSign(s->md, s->signature, &s->signature_len, octets, sizeof(octets)) <= 0)
		die("no signature");
}

static void verify(struct subject *s)
{
	if (EVP_DigestVerifyInit(s->md, NULL, EVP_sha256(), NULL, s->key) <= 0 ||
	    EVP_DigestVerify(s->md, s->signature, s->signature_len, octets, sizeof(octets)) != 1)
		die("a good signature is refused");
}

static double microseconds(void (*operation)(struct subject *s), struct subject *s)
{
	struct runs runs = { 0 };

	for (int i = 0; i < RUNS; i++) {
		uint64_t begun = cpu_ns(), now = begun;
		unsigned count = 0;

		for (; now - begun < RUN_NS; now = cpu_ns(), count++)
			operation(s);
		runs_add(&runs, (double)(now - begun) / count / 1000);
	}
	return runs_median(&runs);
}

static void of_agreement(const char *name, EVP_PKEY *key, EVP_PKEY *peer)
{
	struct subject s = { .key = key, .peer = peer };

	if (!key || !peer)
		die("no key");
	printf("\"%s\": %.2f, ", name, microseconds(generate, &s) + microseconds(derive, &s));
	EVP_PKEY_free(key);
	EVP_PKEY_free(peer);
}

static void of_signature(const char *name, EVP_PKEY *key, const char *end)
{
	struct subject s = { .key = key, .md = EVP_MD_CTX_new() };
	double signs, verifies;

	if (!key || !s.md)
		die("no key");
	signs = microseconds(sign, &s);
	verifies = microseconds(verify, &s);
	printf("\"%s sign\": %.2f, \"%s verify\": %.2f%s", name, signs, name, verifies, end);
	EVP_MD_CTX_free(s.md);
	EVP_PKEY_free(key);
}

int main(void)
{
	if (bench_pin(0, 0))
		die("CPU 0 may not be used");
	printf("{");
	of_agreement("x25519", EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
		     EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));
	of_agreement("ecp256", EVP_EC_gen("P-256"), EVP_EC_gen("P-256"));
	of_signature("ecdsa", EVP_EC_gen("P-256"), ", ");
	of_signature("rsa", EVP_RSA_gen(2048), "}\n");
	return 0;
}
