/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the self-test only. */
#ifndef CRYPTO_SELFTEST_INTERNAL_H
#define CRYPTO_SELFTEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Our own constants: lower case, even length. Returns the number of bytes. */
size_t selftest_unhex(const char *hex, uint8_t *out);
/* The signatures. False: *what says which scheme gave a wrong answer. */
bool selftest_sign(const char **what);

#endif
