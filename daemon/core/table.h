/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table of links that lie inside the objects. The key is the caller's, a number or a hash,
 * and several links may have one: find the first, compare what it is really after, go on.
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "core/container_of.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_link {
	struct table_link *next;
	uint64_t key;
	bool linked;
};

struct table {
	struct table_link **slots;
	size_t cap; /* a power of two, 0 before table_init() */
	size_t count;
	uint64_t seed; /* so that strangers cannot choose one slot for all */
};

/* Returns 0 or -ENOMEM. */
int table_init(struct table *table, uint64_t seed);
/* Frees the slots, not the objects. */
void table_free(struct table *table);
/* A key for what is no number. */
uint64_t table_hash(const struct table *table, const void *p, size_t len);
/* Harmless when it is in already. Without memory to grow the chains get longer. */
void table_add(struct table *table, struct table_link *link, uint64_t key);
/* Harmless when it is not in. */
void table_del(struct table *table, struct table_link *link);
/* First and next link with this key, NULL: none. */
struct table_link *table_find(const struct table *table, uint64_t key);
struct table_link *table_more(const struct table_link *link);
/* Calls visit for every link; it may take out the one that it is given, and no other. */
void table_each(const struct table *table, void (*visit)(void *arg, struct table_link *link),
		void *arg);

#endif
