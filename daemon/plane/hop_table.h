/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fg_hop as flexd keeps it: where a destination's row is, which one gives way, and beside each row
 * the neighbour it depends on. No system calls here.
 */
#ifndef PLANE_HOP_TABLE_H
#define PLANE_HOP_TABLE_H

#include "core/ip.h"

#include <stdbool.h>
#include <stdint.h>

/* The neighbour whose Ethernet address a row needs. ifindex 0: it needs none. */
struct hop_via {
	struct fg_ip ip;
	uint32_t ifindex;
	bool stale; /* the kernel has not heard of it lately */
};

struct hop_table {
	struct fg_hop *rows; /* FG_HOP_ROWS, the map's memory */
	struct hop_via via[FG_HOP_ROWS];
};

/*
 * The row for dst: its own, else a free or void one, else the one among its FG_HOP_PROBES that was
 * not used for longest. generation: rows of another one are void.
 */
uint32_t hop_table_place(const struct hop_table *table, const struct fg_ip *dst,
			 uint32_t generation);
/* Rewrite a row under its version; hop->version is not used. */
void hop_table_write(struct hop_table *table, uint32_t row, const struct fg_hop *hop,
		     const struct hop_via *via);
/* The next row at or after `from` that depends on this neighbour, or FG_HOP_ROWS. */
uint32_t hop_table_next(const struct hop_table *table, uint32_t from, uint32_t ifindex,
			const struct fg_ip *via, uint32_t generation);
/* Rows of this generation. */
uint32_t hop_table_used(const struct hop_table *table, uint32_t generation);

#endif
