// SPDX-License-Identifier: BSD-2-Clause
/*
 * Extended sequence numbers, RFC 4303 2.2.1 and appendix A: only the lower half is sent, the upper
 * one is inferred from the window and covered by the integrity value.
 */
#include "hex.h"
#include "worker/esp.h"
#include "worker/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#define W        FG_REPLAY_BITS
#define E(n)     ((uint64_t)(n) << 32) /* the n-th edge */
#define OK       FG_DROP_NONE
#define OLD      FG_DROP_replay_old
#define SEEN     FG_DROP_replay_seen
#define BAD      FG_DROP_auth_failed
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { ROOM = 128, SPACE = 512, TEXT = 64 };

/* --- the upper half --- */

static const struct {
	uint64_t top;
	uint32_t low;
	uint64_t want;
} extensions[] = {
	/* clang-format off */
	{ 0, 1, 1 },
	{ 0, UINT32_MAX, UINT32_MAX },
	{ W - 1, 0, 0 }, /* which is no number */
	{ W, 1, 1 },                              /* the left edge */
	{ W, 0, E(1) },
	/* the window within one half: what lies left of it is of the next */
	{ E(1) - 1, UINT32_MAX, E(1) - 1 },
	{ E(1) - 1, 0, E(1) },
	{ E(1) - 1, 5, E(1) + 5 },
	{ E(1) - 1, UINT32_MAX - (W - 1), E(1) - W },
	{ E(1) - 1, UINT32_MAX - W, E(2) - 1 - W },
	{ E(1) - 2, UINT32_MAX, E(1) - 1 },
	/* the window over an edge: what lies right of its left end is of the half before */
	{ E(1), 0, E(1) },
	{ E(1), UINT32_MAX, E(1) - 1 },
	{ E(1), UINT32_MAX - (W - 2), E(1) - (W - 1) },
	{ E(1), UINT32_MAX - (W - 1), E(2) - W },
	{ E(1) + W - 2, UINT32_MAX, E(1) - 1 },
	{ E(1) + W - 2, UINT32_MAX - 1, E(2) - 2 },
	{ E(1) + W - 1, 0, E(1) },
	{ E(1) + W - 1, UINT32_MAX, E(2) - 1 },
	/* far from an edge, and in a later half */
	{ E(7) + 0x80000000, 0x80000001, E(7) + 0x80000001 },
	{ E(7) + 0x80000000, 0x80000000 - (W - 1), E(7) + 0x80000000 - (W - 1) },
	{ E(7) + 0x80000000, 0x80000000 - W, E(8) + 0x80000000 - W },
	{ E(7) + 3, UINT32_MAX, E(7) - 1 },
	/* clang-format on */
};

static void upper_half(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(extensions); i++) {
		const struct fg_sa sa = { .seq = extensions[i].top };
		uint64_t is = replay_extend(&sa, extensions[i].low);

		if (is != extensions[i].want)
			fail_msg("row %zu: %llx", i, (unsigned long long)is);
	}
}

/* RFC 4303 A2.2 in its own words, for windows that do not begin before the first number. */
static uint64_t as_the_rfc_says(uint64_t top, uint32_t low)
{
	uint32_t tl = (uint32_t)top, th = (uint32_t)(top >> 32), left = tl - W + 1;

	if (tl >= W - 1)
		return (low >= left ? E(th) : E(th + 1ULL)) | low;
	return (low >= left ? E(th - 1ULL) : E(th)) | low;
}

static void as_in_the_appendix(void **state)
{
	(void)state;
	srand(4303);
	for (int i = 0; i < 500000; i++) {
		uint64_t near = (uint64_t)(rand() % (4 * W));
		uint64_t top = E(1 + rand() % 3) + near - 2 * W;
		uint32_t low = (uint32_t)(rand() % 2 ? (uint64_t)rand() * 3
						     : top + (uint64_t)(rand() % (6 * W)) - 3 * W);
		const struct fg_sa sa = { .seq = top };

		assert_true(replay_extend(&sa, low) == as_the_rfc_says(top, low));
	}
}

/* --- the window over the edge --- */

static void window(void **state)
{
	static const struct {
		uint64_t seq;
		enum fg_drop_reason want;
		uint64_t top;
	} steps[] = {
		/* clang-format off */
		{ E(1) - 2, OK, E(1) - 2 },
		{ E(1) + 1, OK, E(1) + 1 },
		{ E(1), OK, E(1) + 1 },
		{ E(1) - 1, OK, E(1) + 1 },
		{ E(1) - 1, SEEN, E(1) + 1 },
		{ E(1), SEEN, E(1) + 1 },
		{ E(1) - 2, SEEN, E(1) + 1 },
		{ E(1) + 2 - W, OK, E(1) + 1 },         /* the left edge */
		{ E(1) + 1 - W, OLD, E(1) + 1 },
		{ 1, OLD, E(1) + 1 },                   /* a whole half ago */
		{ E(1) + W, OK, E(1) + W },
		{ E(1), OLD, E(1) + W },
		{ E(1) + 1, SEEN, E(1) + W },
		{ E(2), OK, E(2) },                     /* nearly a half at once */
		{ E(2) - 1, OK, E(2) },
		{ E(1) + W, OLD, E(2) },
		/* clang-format on */
	};
	struct fg_sa sa = { 0 };
	bool newest;

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		print_message("step %zu\n", i);
		assert_int_equal(replay_check(&sa, steps[i].seq), steps[i].want);
		assert_int_equal(replay_update(&sa, steps[i].seq, &newest), steps[i].want);
		assert_true(sa.seq == steps[i].top);
	}
}

/* --- the integrity value --- */

static struct crypto *crypto;

static struct crypto_key *new_key(const struct crypto_material *material)
{
	struct crypto_key *key = aligned_alloc(64, crypto->key_size);

	assert_non_null(key);
	memset(key, 0, crypto->key_size);
	assert_true(crypto_expand(crypto, key, material));
	return key;
}

static void free_key(struct crypto_key *key)
{
	crypto_forget(crypto, key);
	free(key);
}

/* draft-mcgrew-gcm-test-01 section 4, the first case: number 87654321 00000000. */
static void published_vector(void **state)
{
	uint8_t key[16], salt[4], packet[256], clear[128], cipher[128], icv[16];
	struct crypto_material material = { FG_ESP_AES_GCM_128, true, true, key, salt, key };
	struct crypto_key *seal, *open;
	size_t len = hex("45000048699a000080114db7c0a80102c0a801010a9bf15638d3010000010000"
			 "00000000045f736970045f756470037369700963796265726369747902646b00"
			 "0021000101020201",
			 clear, sizeof(clear));

	(void)state;
	hex("4c80cdefbb5d10da906ac73c3613a634", key, sizeof(key));
	hex("2e443b68", salt, sizeof(salt));
	hex("00004321 00000000 4956ed7e3b244cfe", packet, sizeof(packet));
	memcpy(packet + 16, clear, len);
	hex("fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34"
	    "cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732",
	    cipher, sizeof(cipher));
	hex("459018148f6cbe722fd04796562dfdb4", icv, sizeof(icv));
	seal = new_key(&material);
	material.seal = false;
	open = new_key(&material);
	assert_true(seal->run(crypto, seal, packet, len, 0x87654321));
	assert_memory_equal(packet + 16, cipher, len);
	assert_memory_equal(packet + 16 + len, icv, sizeof(icv));
	assert_true(open->run(crypto, open, packet, len, 0x87654321));
	assert_memory_equal(packet + 16, clear, len);
	free_key(seal);
	free_key(open);
}

/* The integrity value of a sealed packet by other means: the AEAD over twelve bytes (RFC 4106 5),
 * HMAC over the packet and the upper half behind it (RFC 4303 2.2.1). */
static void expected_icv(uint16_t suite, const struct crypto_material *m, const uint8_t *packet,
			 const uint8_t *clear, uint32_t high, uint8_t icv[32])
{
	static const char *const name[] = { [FG_ESP_AES_GCM_128] = "AES-128-GCM",
					    [FG_ESP_AES_GCM_256] = "AES-256-GCM",
					    [FG_ESP_CHACHA20_POLY1305] = "ChaCha20-Poly1305" };
	uint8_t aad[12], nonce[12], out[TEXT], all[SPACE];
	size_t iv_len = crypto_iv_len(suite), len = 8 + iv_len + TEXT;
	uint32_t upper = htonl(high);
	EVP_CIPHER_CTX *ctx;
	EVP_CIPHER *cipher;
	unsigned n;
	int k;

	if (fg_esp_auth_key_len(suite)) {
		int key_len = (int)fg_esp_auth_key_len(suite);
		const EVP_MD *md = key_len == 20 ? EVP_sha1() : EVP_sha256();

		memcpy(all, packet, len);
		memcpy(all + len, &upper, 4);
		assert_non_null(HMAC(md, m->auth_key, key_len, all, len + 4, icv, &n));
		return;
	}
	memcpy(aad, packet, 4);
	memcpy(aad + 4, &upper, 4);
	memcpy(aad + 8, packet + 4, 4);
	memcpy(nonce, m->salt, 4);
	memcpy(nonce + 4, packet + 8, 8);
	cipher = EVP_CIPHER_fetch(NULL, name[suite], NULL);
	ctx = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, m->key, nonce, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &k, aad, sizeof(aad)), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &k, clear, TEXT), 1);
	assert_memory_equal(out, packet + 16, TEXT);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, out, &k), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, icv), 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

static void covered(void **state)
{
	uint8_t key[32] = { 1, 2 }, auth_key[32] = { 3, 4 }, salt[4] = { 5, 6, 7, 8 };
	uint8_t packet[SPACE], copy[SPACE], clear[TEXT], icv[32];

	(void)state;
	memset(clear, 0x37, sizeof(clear));
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++) {
		struct crypto_material m = { suite, true, true, key, salt, auth_key };
		size_t icv_len = fg_esp_icv_len(suite);
		size_t all = 8 + crypto_iv_len(suite) + TEXT + icv_len;
		struct crypto_key *seal = new_key(&m), *open;

		m.seal = false;
		open = new_key(&m);
		for (uint32_t high = 0; high < 3; high++) {
			memset(packet, 0x11, sizeof(packet));
			memcpy(packet + all - icv_len - TEXT, clear, TEXT);
			assert_true(seal->run(crypto, seal, packet, TEXT, high * 0x01020304));
			expected_icv(suite, &m, packet, clear, high * 0x01020304, icv);
			assert_memory_equal(packet + all - icv_len, icv, icv_len);
			assert_int_equal(packet[all], 0x11); /* nothing beyond it was written */
			memcpy(copy, packet, all);
			assert_false(open->run(crypto, open, copy, TEXT, high * 0x01020304 + 1));
			memcpy(copy, packet, all);
			assert_true(open->run(crypto, open, copy, TEXT, high * 0x01020304));
			assert_memory_equal(copy + all - icv_len - TEXT, clear, TEXT);
		}
		free_key(seal);
		free_key(open);
	}
}

/* --- packets over the edge --- */

static uint8_t memory[SPACE];
static struct fg_sa row_out, row_in;
static struct esp_sa *sa_out, *sa_in;

static struct esp_sa *make_sa(const struct fg_sa *row, bool seal)
{
	struct esp_sa *sa = aligned_alloc(64, esp_sa_size(crypto));
	struct crypto_material m = { row->suite, seal,      row->flags & FG_SA_ESN,
				     row->key,   row->salt, row->auth_key };

	assert_non_null(sa);
	memset(sa, 0, esp_sa_size(crypto));
	sa->generation = row->generation;
	assert_true(crypto_expand(crypto, &sa->key, &m));
	return sa;
}

static void agree(uint16_t suite, uint64_t seq)
{
	row_out = (struct fg_sa){ .state = FG_SA_OUT,
				  .generation = 3,
				  .spi = htonl(0x1000),
				  .suite = suite,
				  .flags = FG_SA_ESN,
				  .outer_len = 20,
				  .seq = seq };
	hex("4500 0000 0000 0000 4032 0000 c0000201 c6336402", row_out.outer, FG_OUTER_MAX);
	memset(row_out.key, 9, sizeof(row_out.key));
	memset(row_out.auth_key, 8, sizeof(row_out.auth_key));
	row_in = row_out;
	row_in.state = FG_SA_IN;
	sa_out = make_sa(&row_out, true);
	sa_in = make_sa(&row_in, false);
}

static void part(void)
{
	crypto_forget(crypto, &sa_out->key);
	crypto_forget(crypto, &sa_in->key);
	free(sa_out);
	free(sa_in);
}

/* A sealed packet with the next number. */
struct sealed {
	uint8_t bytes[SPACE];
	size_t len;
};

static struct sealed next(void)
{
	struct frame f = { memory, memory + SPACE, memory + ROOM, memory + ROOM + 28 };
	struct fg_packet inner = { .ip = f.data, .end = f.end };
	struct sealed s;

	hex("4500001c0000000040110000 0a0000050a090001 0000000000000000", f.data, 28);
	assert_true(fg_packet_parse(&inner));
	assert_int_equal(esp_seal(crypto, sa_out, &row_out, &f, &inner), OK);
	s.len = (size_t)(f.end - f.data);
	memcpy(s.bytes, f.data, s.len);
	return s;
}

static enum fg_drop_reason open(const struct sealed *s)
{
	struct frame f = { memory, memory + SPACE, memory + ROOM, memory + ROOM + s->len };
	struct esp_in in;

	memcpy(f.data, s->bytes, s->len);
	return esp_open(crypto, sa_in, &row_in, NULL, &f, &in);
}

static void over_the_edge(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++) {
		struct sealed before, at, after, late;

		agree(suite, E(1) - 3);
		before = next();
		late = next();
		at = next();
		after = next();
		/* The wire shows the lower half, the IV of an AEAD the whole number. */
		assert_int_equal(fg_get16(at.bytes + 24) | fg_get16(at.bytes + 26), 0);
		assert_int_equal(fg_get16(before.bytes + 26), 0xfffe);
		if (crypto_iv_len(suite) == 8)
			assert_int_equal(fg_get16(at.bytes + 30), 1);
		assert_true(row_out.seq == E(1) + 1);
		assert_int_equal(open(&before), OK);
		assert_int_equal(open(&after), OK);
		assert_int_equal(open(&at), OK);
		assert_int_equal(open(&late), OK);
		assert_true(row_in.seq == E(1) + 1);
		assert_int_equal(row_in.packets, 4);
		assert_int_equal(open(&at), SEEN);
		assert_int_equal(open(&late), SEEN);
		/* Many are lost around the edge. */
		row_in.seq = E(2) - 3000;
		row_out.seq = E(2) - 200;
		late = next();
		row_out.seq = E(2) + 900;
		after = next();
		assert_int_equal(open(&after), OK);
		assert_int_equal(open(&late),
				 BAD); /* is taken for one to come, for it is too old */
		part();
	}
}

/* Whoever does not know the upper half gets nothing. */
static void other_half(void **state)
{
	struct sealed s;

	(void)state;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++) {
		agree(suite, E(5) + 70000);
		s = next();
		row_in.seq = E(6) + 70000;
		assert_int_equal(open(&s), BAD);
		row_in.seq = 0;
		assert_int_equal(open(&s), BAD);
		row_in.seq = E(5) + 60000;
		assert_int_equal(open(&s), OK);
		part();
	}
}

/* Without ESN the end of 32 bits is the end, RFC 4303 3.3.3. */
static void not_agreed(void **state)
{
	struct frame f = { memory, memory + SPACE, memory + ROOM, memory + ROOM + 28 };
	struct fg_packet inner = { .ip = f.data, .end = f.end };

	(void)state;
	agree(FG_ESP_AES_GCM_256, UINT32_MAX);
	sa_out->key.esn = false;
	hex("4500001c0000000040110000 0a0000050a090001 0000000000000000", f.data, 28);
	assert_true(fg_packet_parse(&inner));
	assert_int_equal(esp_seal(crypto, sa_out, &row_out, &f, &inner), FG_DROP_seq_exhausted);
	part();
}

static int set_up(void **state)
{
	char why[128];

	crypto = crypto_new(*(const enum crypto_choice *)*state, why, sizeof(why));
	return crypto ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	crypto_free(crypto);
	return 0;
}

int main(void)
{
	static enum crypto_choice mb = CRYPTO_IPSEC_MB, ossl = CRYPTO_OPENSSL;
#define BOTH(test)                                                                                 \
	{ #test ", intel-ipsec-mb", test, set_up, tear_down, &mb },                                \
	{                                                                                          \
#test ", openssl", test, set_up, tear_down, &ossl                                  \
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upper_half),
		cmocka_unit_test(as_in_the_appendix),
		cmocka_unit_test(window),
		BOTH(published_vector),
		BOTH(covered),
		BOTH(over_the_edge),
		BOTH(other_half),
		BOTH(not_agreed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
