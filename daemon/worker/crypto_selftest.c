// SPDX-License-Identifier: BSD-2-Clause
/*
 * Known answers before the first packet: a back end that a fault of the machine or the library
 * makes wrong must not be used. Expected bytes were computed with another implementation; the
 * published vectors are in the unit tests.
 */
#include "core/secret.h"
#include "worker/crypto.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT = 64, MAX_PACKET = CRYPTO_ESP_HEADER + CRYPTO_IV_MAX + TEXT + CRYPTO_ICV };

/* Key 00 01 02 .., integrity key 40 41 .., salt a0a1a2a3, SPI 0x101, sequence 7, IV c0 c1 ..,
 * text 00 01 .. 3f: first block of the cipher text, and the ICV. */
static const struct answer {
	const char *name;
	uint16_t suite;
	uint8_t first[16], icv[CRYPTO_ICV];
} answers[] = {
	/* clang-format off */
	{ "AES-GCM-128", FG_ESP_AES_GCM_128,
	  { 0x7f, 0x04, 0x2d, 0x0b, 0x7a, 0x21, 0xa1, 0xdb,
	    0xd7, 0x99, 0xc1, 0x53, 0x51, 0x1b, 0xe8, 0x91 },
	  { 0x22, 0xe8, 0x27, 0xd0, 0x9d, 0x62, 0x9c, 0x68,
	    0x9f, 0xbd, 0x57, 0x58, 0x2b, 0x86, 0x7d, 0xb5 } },
	{ "AES-GCM-256", FG_ESP_AES_GCM_256,
	  { 0xc2, 0x7f, 0x8e, 0x13, 0x19, 0xbc, 0x67, 0x3d,
	    0x87, 0x67, 0xe2, 0x68, 0x86, 0x55, 0x3d, 0xb4 },
	  { 0x7d, 0xd9, 0x2c, 0x71, 0xb7, 0x98, 0x51, 0x75,
	    0x5f, 0x6c, 0x7a, 0xb6, 0xca, 0x91, 0xfd, 0x95 } },
	{ "ChaCha20-Poly1305", FG_ESP_CHACHA20_POLY1305,
	  { 0x6a, 0xdd, 0x4b, 0xa7, 0x1c, 0xfa, 0xbd, 0x9f,
	    0xb5, 0x6b, 0xc1, 0x43, 0x52, 0xd9, 0xfb, 0xc6 },
	  { 0x20, 0x5c, 0x09, 0xce, 0x9b, 0x9d, 0x64, 0xd5,
	    0xc3, 0x1f, 0x06, 0xa6, 0xff, 0x5e, 0x17, 0xb0 } },
	{ "AES-CBC-128 with HMAC-SHA2-256-128", FG_ESP_AES_CBC_128_SHA256,
	  { 0x04, 0x11, 0x00, 0xd0, 0xac, 0x18, 0x84, 0xf0,
	    0xf8, 0x98, 0x3c, 0xa6, 0xd9, 0xfa, 0x54, 0x40 },
	  { 0xc9, 0x73, 0x85, 0x7c, 0x48, 0xf7, 0xc2, 0xac,
	    0x0a, 0x4c, 0xd4, 0x8b, 0x4d, 0xf7, 0x20, 0x27 } },
	{ "AES-CBC-256 with HMAC-SHA2-256-128", FG_ESP_AES_CBC_256_SHA256,
	  { 0xba, 0x79, 0x96, 0x61, 0x53, 0x01, 0xd3, 0x11,
	    0x22, 0x8d, 0x94, 0x86, 0x2a, 0x42, 0x2a, 0xf8 },
	  { 0x35, 0xa6, 0x63, 0x3c, 0x7b, 0x75, 0xcf, 0x5d,
	    0x94, 0xe6, 0xc4, 0x20, 0x19, 0xc2, 0x1b, 0x3d } },
	{ "AES-CBC-128 with HMAC-SHA1-96", FG_ESP_AES_CBC_128_SHA1,
	  { 0x04, 0x11, 0x00, 0xd0, 0xac, 0x18, 0x84, 0xf0,
	    0xf8, 0x98, 0x3c, 0xa6, 0xd9, 0xfa, 0x54, 0x40 },
	  { 0x97, 0x73, 0x19, 0xc7, 0x82, 0x5a, 0x88, 0x1d,
	    0x1b, 0xda, 0x24, 0xc7 } },
	{ "AES-CBC-256 with HMAC-SHA1-96", FG_ESP_AES_CBC_256_SHA1,
	  { 0xba, 0x79, 0x96, 0x61, 0x53, 0x01, 0xd3, 0x11,
	    0x22, 0x8d, 0x94, 0x86, 0x2a, 0x42, 0x2a, 0xf8 },
	  { 0x98, 0x56, 0x60, 0x15, 0xca, 0xaf, 0x64, 0xc4,
	    0xfa, 0x36, 0xed, 0xb3 } },
	/* clang-format on */
};

static void count_up(uint8_t *p, size_t len, uint8_t from)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(from + i);
}

static bool passes(struct crypto *crypto, struct crypto_key *seal, struct crypto_key *open,
		   const struct answer *answer)
{
	static const uint8_t header[] = { 0, 0, 1, 1, 0, 0, 0, 7 };
	static const uint8_t salt[] = { 0xa0, 0xa1, 0xa2, 0xa3 };
	uint8_t key[32], auth_key[32], packet[MAX_PACKET], clear[TEXT];
	struct crypto_material material = {
		.suite = answer->suite, .seal = true, .key = key, .salt = salt, .auth_key = auth_key
	};
	size_t iv_len = crypto_iv_len(answer->suite);
	uint8_t *iv = packet + CRYPTO_ESP_HEADER, *text = iv + iv_len;

	count_up(key, sizeof(key), 0);
	count_up(auth_key, sizeof(auth_key), 0x40);
	count_up(clear, sizeof(clear), 0);
	memcpy(packet, header, sizeof(header));
	count_up(iv, iv_len, 0xc0);
	memcpy(text, clear, TEXT);
	if (!crypto_expand(crypto, seal, &material))
		return false;
	material.seal = false;
	if (!crypto_expand(crypto, open, &material))
		return false;
	if (!seal->run(crypto, seal, packet, TEXT, 0) ||
	    !ct_equal(text, answer->first, sizeof(answer->first)) ||
	    !ct_equal(text + TEXT, answer->icv, seal->icv_len))
		return false;
	if (!open->run(crypto, open, packet, TEXT, 0) || !ct_equal(text, clear, TEXT))
		return false;
	if (!seal->run(crypto, seal, packet, TEXT, 0))
		return false;
	text[TEXT] ^= 1;
	return !open->run(crypto, open, packet, TEXT, 0);
}

bool crypto_self_test(struct crypto *crypto, const char **what)
{
	size_t size = crypto->key_size;
	uint8_t *keys = aligned_alloc(64, 2 * size);
	bool ok = keys != NULL;

	*what = "out of memory";
	for (size_t i = 0; ok && i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct crypto_key *seal = (struct crypto_key *)keys;
		struct crypto_key *open = (struct crypto_key *)(keys + size);

		memset(keys, 0, 2 * size);
		ok = passes(crypto, seal, open, &answers[i]);
		if (!ok)
			*what = answers[i].name;
		crypto_forget(crypto, seal);
		crypto_forget(crypto, open);
	}
	free(keys);
	return ok;
}
