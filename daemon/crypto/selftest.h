/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_SELFTEST_H
#define CRYPTO_SELFTEST_H

#include <stdbool.h>

/*
 * A known answer for each primitive. Call it once at start, before the process is confined: it also
 * fetches every algorithm, which opens files. False: *what names the first that failed, and the
 * process must not start.
 */
bool crypto_selftest(const char **what);

#endif
