/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ML-KEM (FIPS 203) by IKE key exchange method: 35 is ML-KEM-512, 36 ML-KEM-768, 37 ML-KEM-1024.
 * The library has it from OpenSSL 3.5 on; with an older one there is no such method.
 */
#ifndef CRYPTO_MLKEM_H
#define CRYPTO_MLKEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MLKEM_KEY_MAX = 1568, /* bytes of the longest encapsulation key, */
	MLKEM_CIPHERTEXT_MAX = 1568,
	MLKEM_SECRET_LEN = 32,
	MLKEM_SEED_LEN = 64,
	MLKEM_RANDOM_LEN = 32,
};

/* Is it a method of this family, known to the library in use or not? */
bool mlkem_is(uint16_t method);
/* Does the library in use have it? */
bool mlkem_known(uint16_t method);
/* Bytes, 0: no such method. */
size_t mlkem_key_len(uint16_t method);
size_t mlkem_ciphertext_len(uint16_t method);

/* One decapsulation key, used once. */
struct mlkem;

/* seed NULL: a fresh one; d | z of FIPS 203 algorithm 16 is for known answers only. Returns 0,
 * -ENOTSUP when the library has no such method, or -errno. */
int mlkem_new(uint16_t method, const uint8_t *seed, struct mlkem **out);
/* The encapsulation key: mlkem_key_len() bytes, valid as long as kem. */
const uint8_t *mlkem_public(const struct mlkem *kem);
/*
 * A ciphertext that is not of this key gives a secret that nobody else has (FIPS 203 6.3), so that
 * only its length can be refused: false, and secret all zero.
 */
bool mlkem_decapsulate(const struct mlkem *kem, const uint8_t *ciphertext, size_t len,
		       uint8_t secret[MLKEM_SECRET_LEN]);
void mlkem_free(struct mlkem *kem); /* wipes; NULL is harmless */

/*
 * A secret for the owner of the encapsulation key, and mlkem_ciphertext_len() bytes for him to find
 * it. random NULL: fresh; m of FIPS 203 algorithm 17 is for known answers only. False, and both all
 * zero: the key has another length or is no key (FIPS 203 7.2), or the library failed.
 */
bool mlkem_encapsulate(uint16_t method, const uint8_t *key, size_t len, const uint8_t *random,
		       uint8_t ciphertext[MLKEM_CIPHERTEXT_MAX], uint8_t secret[MLKEM_SECRET_LEN]);

#endif
