/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one worker keeps of the SAs it has met: the expanded key and the outer header, beside the
 * row of fg_sa by index, so that a packet finds them without a search. Memory is touched only for
 * rows in use. An entry is void as soon as the row's generation differs, and is wiped by the sweep.
 */
#ifndef WORKER_SA_H
#define WORKER_SA_H

#include "worker/esp.h"
#include "worker/maps.h"

struct sa_table {
	struct crypto *crypto;   /* borrowed */
	const struct maps *maps; /* borrowed */
	uint8_t *slots;          /* rows * stride, mapped */
	size_t stride;
	uint32_t rows;
	bool *used; /* [rows] */
	uint32_t sweep_at;
};

/* Returns 0 or -ENOMEM. */
int sa_table_open(struct sa_table *table, struct crypto *crypto, const struct maps *maps);
/* Wipes every key. */
void sa_table_close(struct sa_table *table);

/* The entry of a row whose state is `state`, its key expanded if need be; NULL: the row is free,
 * has another direction, changes at this moment, or the back end refuses its key. */
struct esp_sa *sa_get(struct sa_table *table, uint32_t row, enum fg_sa_state state);
/* Look at the next `rows` rows and wipe what their owners no longer use. */
void sa_sweep(struct sa_table *table, uint32_t rows);

/* A row carried an inner packet of so many bytes: by this flexd sees that a key is worn and that a
 * client is idle. shared: several workers may write it at once. */
static inline void sa_count(struct fg_sa *row, bool shared, uint32_t bytes, uint64_t now_ms)
{
	if (shared)
		__atomic_fetch_add(&row->bytes, bytes, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&row->bytes, row->bytes + bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&row->used_ms, now_ms, __ATOMIC_RELAXED);
}

/* Ask the cache for what sa_get() and the AEAD will read. */
static inline void sa_prefetch(const struct sa_table *table, uint32_t row)
{
	const uint8_t *slot;

	if (row >= table->rows)
		return;
	slot = table->slots + table->stride * row;
	__builtin_prefetch(&table->maps->sa[row]);
	__builtin_prefetch(&table->maps->sa[row].window[0]);
	__builtin_prefetch(slot);
	__builtin_prefetch(slot + offsetof(struct esp_sa, key));
}

#endif
