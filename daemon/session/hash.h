/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of entries by a 64-bit key. The link lies inside the entry and several entries may have
 * one key, so the caller walks hash_first() .. hash_next() and compares what it is really after.
 */
#ifndef SESSION_HASH_H
#define SESSION_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_link {
	struct hash_link *next;
	uint64_t key;
};

struct hash {
	struct hash_link **slots;
	size_t slot_count; /* a power of two, 0 before hash_init() */
	size_t used;
};

/* Returns 0 or -ENOMEM. */
int hash_init(struct hash *hash);
/* The table, not the entries. */
void hash_free(struct hash *hash);
/* Never fails: without memory to grow the chains get longer. */
void hash_add(struct hash *hash, struct hash_link *link, uint64_t key);
void hash_remove(struct hash *hash, struct hash_link *link);
struct hash_link *hash_first(const struct hash *hash, uint64_t key);
struct hash_link *hash_next(const struct hash_link *link);
/* Calls visit for every entry; it may not add or remove any. */
void hash_each(const struct hash *hash, void (*visit)(void *arg, struct hash_link *link),
	       void *arg);

/* FNV-1a from a start value that a stranger does not know. */
uint64_t hash_bytes(uint64_t start, const void *bytes, size_t len);

#define HASH_ENTRY(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))

#endif
