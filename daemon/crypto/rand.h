/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_RAND_H
#define CRYPTO_RAND_H

#include <stdbool.h>
#include <stddef.h>

/* Unpredictable bytes for nonces, SPIs and keys. False: none to be had, p is all zero. */
bool crypto_random(void *p, size_t len);

#endif
