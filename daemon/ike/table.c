// SPDX-License-Identifier: BSD-2-Clause
#include "ike/table.h"

#include <stdlib.h>

enum { FIRST_CAP = 64 };

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	return h ^ h >> 33;
}

uint64_t ike_hash_bytes(const struct ike_table *table, const void *p, size_t len)
{
	const uint8_t *bytes = p;
	uint64_t h = mix(table->seed ^ len);

	for (size_t i = 0; i < len; i++)
		h = mix(h ^ bytes[i]);
	return h;
}

static struct ike_link **slot_of(const struct ike_table *table, uint64_t hash)
{
	return &table->slots[hash & (table->cap - 1)];
}

static bool grow(struct ike_table *table)
{
	size_t cap = table->cap ? table->cap * 2 : FIRST_CAP;
	struct ike_table wider = { .cap = cap, .slots = calloc(cap, sizeof(*wider.slots)) };

	if (!wider.slots)
		return false;
	for (size_t i = 0; i < table->cap; i++) {
		struct ike_link *link, *next;

		for (link = table->slots[i]; link; link = next) {
			struct ike_link **slot = slot_of(&wider, link->hash);

			next = link->next;
			link->next = *slot;
			*slot = link;
		}
	}
	free(table->slots);
	table->slots = wider.slots;
	table->cap = cap;
	return true;
}

bool ike_table_add(struct ike_table *table, struct ike_link *link, uint64_t hash)
{
	struct ike_link **slot;

	if (link->linked)
		return false;
	/* A table that cannot grow is slower, not full. */
	if (table->count >= table->cap && !grow(table) && !table->cap)
		return false;
	slot = slot_of(table, hash);
	*link = (struct ike_link){ .next = *slot, .hash = hash, .linked = true };
	*slot = link;
	table->count++;
	return true;
}

void ike_table_del(struct ike_table *table, struct ike_link *link)
{
	struct ike_link **at;

	if (!link->linked)
		return;
	for (at = slot_of(table, link->hash); *at; at = &(*at)->next)
		if (*at == link) {
			*at = link->next;
			*link = (struct ike_link){ 0 };
			table->count--;
			return;
		}
}

struct ike_link *ike_table_find(const struct ike_table *table, uint64_t hash)
{
	struct ike_link *link = table->cap ? *slot_of(table, hash) : NULL;

	while (link && link->hash != hash)
		link = link->next;
	return link;
}

struct ike_link *ike_table_more(const struct ike_link *link)
{
	struct ike_link *next = link->next;

	while (next && next->hash != link->hash)
		next = next->next;
	return next;
}

void ike_table_free(struct ike_table *table)
{
	free(table->slots);
	*table = (struct ike_table){ 0 };
}
