/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long-term secrets (PSKs, later private keys and RADIUS secrets): pages of their own, locked where
 * the limit allows, left out of core dumps and of forked children, wiped on free.
 * Short-lived keys are plain arrays in their owner's struct and are wiped by wipe() on its one
 * exit.
 */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret {
	size_t len;
	uint8_t *bytes;
};

/* s is zero at first; an old value is freed. Returns 0, or -ENOMEM and s as it was. The copy is the
 * caller's; `from` is not wiped. */
int secret_set(struct secret *s, const void *from, size_t len);
void secret_free(struct secret *s); /* wipes; harmless when empty */

/* Overwrite so that the compiler keeps it. */
void wipe(void *p, size_t len);
/* Equal bytes? Time depends on len only. */
bool ct_equal(const void *a, const void *b, size_t len);
/* Core dumps off, ptrace off: before the first secret is read. Returns 0 or -errno. */
int secret_harden_process(void);

#endif
