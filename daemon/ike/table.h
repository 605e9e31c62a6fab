/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table of links that lie inside the objects. The key is the caller's: find the first link
 * of a hash, compare, go on.
 */
#ifndef IKE_TABLE_H
#define IKE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ike_link {
	struct ike_link *next;
	uint64_t hash;
	bool linked;
};

struct ike_table {
	struct ike_link **slots;
	size_t cap; /* a power of two, 0 before the first insert */
	size_t count;
	uint64_t seed; /* so that strangers cannot choose one slot for all */
};

#define ike_container(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

uint64_t ike_hash_bytes(const struct ike_table *table, const void *p, size_t len);
/* False: no memory, nothing changed. */
bool ike_table_add(struct ike_table *table, struct ike_link *link, uint64_t hash);
/* Harmless when it is not in. */
void ike_table_del(struct ike_table *table, struct ike_link *link);
/* First and next link with this hash, NULL: none. */
struct ike_link *ike_table_find(const struct ike_table *table, uint64_t hash);
struct ike_link *ike_table_more(const struct ike_link *link);
/* Frees the slots, not the objects. */
void ike_table_free(struct ike_table *table);

#endif
