// SPDX-License-Identifier: BSD-2-Clause
#include "core/table.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAP = 64 };

int table_init(struct table *table, uint64_t seed)
{
	*table = (struct table){ .slots = calloc(FIRST_CAP, sizeof(*table->slots)), .seed = seed };
	if (!table->slots)
		return -ENOMEM;
	table->cap = FIRST_CAP;
	return 0;
}

void table_free(struct table *table)
{
	free(table->slots);
	*table = (struct table){ 0 };
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	return h ^ h >> 33;
}

uint64_t table_hash(const struct table *table, const void *p, size_t len)
{
	const uint8_t *bytes = p;
	uint64_t h = mix(table->seed ^ len);

	for (size_t i = 0; i < len; i++)
		h = mix(h ^ bytes[i]);
	return h;
}

/* Keys may be numbers that somebody chose in a row: spread them (Fibonacci hashing). */
static struct table_link **slot_of(const struct table *table, uint64_t key)
{
	return &table->slots[(key * 0x9e3779b97f4a7c15ULL >> 32) & (table->cap - 1)];
}

static void put(struct table *table, struct table_link *link)
{
	struct table_link **slot = slot_of(table, link->key);

	link->next = *slot;
	*slot = link;
}

static void grow(struct table *table)
{
	struct table wider = { .cap = table->cap * 2, .count = table->count, .seed = table->seed };

	wider.slots = calloc(wider.cap, sizeof(*wider.slots));
	if (!wider.slots)
		return;
	for (size_t i = 0; i < table->cap; i++) {
		struct table_link *next;

		for (struct table_link *link = table->slots[i]; link; link = next) {
			next = link->next;
			put(&wider, link);
		}
	}
	free(table->slots);
	*table = wider;
}

void table_add(struct table *table, struct table_link *link, uint64_t key)
{
	if (link->linked)
		return;
	if (table->count >= table->cap)
		grow(table);
	*link = (struct table_link){ .key = key, .linked = true };
	put(table, link);
	table->count++;
}

void table_del(struct table *table, struct table_link *link)
{
	struct table_link **at;

	if (!link->linked)
		return;
	for (at = slot_of(table, link->key); *at; at = &(*at)->next)
		if (*at == link) {
			*at = link->next;
			*link = (struct table_link){ 0 };
			table->count--;
			return;
		}
}

static struct table_link *with_key(struct table_link *link, uint64_t key)
{
	while (link && link->key != key)
		link = link->next;
	return link;
}

struct table_link *table_find(const struct table *table, uint64_t key)
{
	return with_key(*slot_of(table, key), key);
}

struct table_link *table_more(const struct table_link *link)
{
	return with_key(link->next, link->key);
}

void table_each(const struct table *table, void (*visit)(void *arg, struct table_link *link),
		void *arg)
{
	struct table_link *next;

	for (size_t i = 0; i < table->cap; i++)
		for (struct table_link *link = table->slots[i]; link; link = next) {
			next = link->next;
			visit(arg, link);
		}
}
