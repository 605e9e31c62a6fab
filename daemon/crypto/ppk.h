/* SPDX-License-Identifier: BSD-2-Clause */
/* Post-quantum pre-shared keys, RFC 8784 3: SK = prf+(PPK, SK') for SK_d, SK_pi and SK_pr. */
#ifndef CRYPTO_PPK_H
#define CRYPTO_PPK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* prf: transform id. key is replaced in place; on false it is wiped. */
bool ppk_mix(uint16_t prf, const void *ppk, size_t ppk_len, uint8_t *key, size_t key_len);

#endif
