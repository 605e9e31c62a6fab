// SPDX-License-Identifier: BSD-2-Clause
#include "session/hash.h"

#include <errno.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 64 };

int hash_init(struct hash *hash)
{
	*hash = (struct hash){ .slots = calloc(SLOTS_FIRST, sizeof(*hash->slots)),
			       .slot_count = SLOTS_FIRST };
	return hash->slots ? 0 : -ENOMEM;
}

void hash_free(struct hash *hash)
{
	free(hash->slots);
	*hash = (struct hash){ 0 };
}

/* Keys may be numbers that somebody chose in a row: spread them (Fibonacci hashing). */
static struct hash_link **slot_of(const struct hash *hash, uint64_t key)
{
	return &hash->slots[(key * 0x9e3779b97f4a7c15u >> 32) & (hash->slot_count - 1)];
}

static void grow(struct hash *hash)
{
	struct hash bigger = { .slot_count = hash->slot_count * 2, .used = hash->used };

	bigger.slots = calloc(bigger.slot_count, sizeof(*bigger.slots));
	if (!bigger.slots)
		return;
	for (size_t i = 0; i < hash->slot_count; i++) {
		struct hash_link *link = hash->slots[i], *next;

		for (; link; link = next) {
			struct hash_link **slot = slot_of(&bigger, link->key);

			next = link->next;
			link->next = *slot;
			*slot = link;
		}
	}
	free(hash->slots);
	*hash = bigger;
}

void hash_add(struct hash *hash, struct hash_link *link, uint64_t key)
{
	struct hash_link **slot;

	if (hash->used >= hash->slot_count)
		grow(hash);
	slot = slot_of(hash, key);
	link->key = key;
	link->next = *slot;
	*slot = link;
	hash->used++;
}

void hash_remove(struct hash *hash, struct hash_link *link)
{
	struct hash_link **at = slot_of(hash, link->key);

	while (*at && *at != link)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = link->next;
	link->next = NULL;
	hash->used--;
}

static struct hash_link *with_key(struct hash_link *link, uint64_t key)
{
	while (link && link->key != key)
		link = link->next;
	return link;
}

struct hash_link *hash_first(const struct hash *hash, uint64_t key)
{
	return with_key(*slot_of(hash, key), key);
}

struct hash_link *hash_next(const struct hash_link *link)
{
	return with_key(link->next, link->key);
}

void hash_each(const struct hash *hash, void (*visit)(void *arg, struct hash_link *link), void *arg)
{
	for (size_t i = 0; i < hash->slot_count; i++) {
		struct hash_link *link = hash->slots[i], *next;

		for (; link; link = next) {
			next = link->next;
			visit(arg, link);
		}
	}
}

uint64_t hash_bytes(uint64_t start, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t h = start ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}
