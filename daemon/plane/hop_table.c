// SPDX-License-Identifier: BSD-2-Clause
#include "plane/hop_table.h"

#include <string.h>

static bool is_live(const struct fg_hop *row, uint32_t generation)
{
	return row->state != FG_HOP_FREE && row->generation == generation;
}

uint32_t hop_table_place(const struct hop_table *table, const struct fg_ip *dst,
			 uint32_t generation)
{
	uint32_t slot = fg_hop_slot(dst), best = slot;
	bool best_live = true;
	uint32_t oldest = 0;

	/* A worker stops at the first row with its destination, so there must be one only. */
	for (uint32_t i = 0; i < FG_HOP_PROBES; i++) {
		uint32_t n = (slot + i) & (FG_HOP_ROWS - 1);
		const struct fg_hop *row = &table->rows[n];

		if (row->state != FG_HOP_FREE && ip_equal(&row->dst, dst))
			return n;
	}
	for (uint32_t i = 0; i < FG_HOP_PROBES; i++) {
		uint32_t n = (slot + i) & (FG_HOP_ROWS - 1);
		const struct fg_hop *row = &table->rows[n];
		uint32_t used = __atomic_load_n(&row->used, __ATOMIC_RELAXED);

		if (!is_live(row, generation)) {
			if (best_live)
				best = n;
			best_live = false;
		} else if (best_live && (i == 0 || (int32_t)(used - oldest) < 0)) {
			best = n;
			oldest = used;
		}
	}
	return best;
}

void hop_table_write(struct hop_table *table, uint32_t row, const struct fg_hop *hop,
		     const struct hop_via *via)
{
	struct fg_hop *to = &table->rows[row];
	uint32_t version = to->version;

	__atomic_store_n(&to->version, version + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	to->state = hop->state;
	to->port = hop->port;
	to->dst = hop->dst;
	to->generation = hop->generation;
	__atomic_store_n(&to->used, hop->used, __ATOMIC_RELAXED);
	to->mtu = hop->mtu;
	memcpy(to->eth, hop->eth, sizeof(to->eth));
	__atomic_store_n(&to->version, version + 2, __ATOMIC_RELEASE);
	table->via[row] = *via;
}

uint32_t hop_table_next(const struct hop_table *table, uint32_t from, uint32_t ifindex,
			const struct fg_ip *via, uint32_t generation)
{
	for (; from < FG_HOP_ROWS; from++) {
		if (table->via[from].ifindex == ifindex && ip_equal(&table->via[from].ip, via) &&
		    is_live(&table->rows[from], generation))
			break;
	}
	return from;
}

uint32_t hop_table_used(const struct hop_table *table, uint32_t generation)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < FG_HOP_ROWS; i++)
		n += is_live(&table->rows[i], generation);
	return n;
}
