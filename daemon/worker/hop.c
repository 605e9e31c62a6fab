// SPDX-License-Identifier: BSD-2-Clause
#include "worker/hop.h"

#include <string.h>

/* A consistent copy of a row that flexd may be writing. */
static bool read_row(const struct fg_hop *row, struct fg_hop *copy)
{
	uint32_t version = __atomic_load_n(&row->version, __ATOMIC_ACQUIRE);

	if (version & 1)
		return false;
	memcpy(copy, row, sizeof(*copy));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&row->version, __ATOMIC_RELAXED) == version;
}

enum hop_answer hop_find(const struct maps *maps, const struct fg_ip *dst, uint32_t now_s,
			 struct hop *hop)
{
	uint32_t generation = __atomic_load_n(&maps->conf->hop_generation, __ATOMIC_ACQUIRE);
	uint32_t slot = fg_hop_slot(dst);

	for (uint32_t i = 0; i < FG_HOP_PROBES; i++) {
		struct fg_hop *row = &maps->hop[(slot + i) & (FG_HOP_ROWS - 1)];
		struct fg_hop copy;

		if (memcmp(&row->dst, dst, sizeof(*dst)) != 0)
			continue;
		if (!read_row(row, &copy) || memcmp(&copy.dst, dst, sizeof(*dst)) != 0 ||
		    copy.state == FG_HOP_FREE)
			continue;
		if (copy.generation != generation)
			return HOP_UNKNOWN;
		if (copy.used != now_s)
			__atomic_store_n(&row->used, now_s, __ATOMIC_RELAXED);
		if (copy.state != FG_HOP_READY)
			return HOP_USE_STACK;
		hop->port = copy.port;
		hop->mtu = copy.mtu;
		memcpy(hop->eth, copy.eth, sizeof(hop->eth));
		return HOP_KNOWN;
	}
	return HOP_UNKNOWN;
}

uint64_t limit_key(const struct fg_ip *ip, uint64_t more)
{
	uint64_t a, b, key;

	memcpy(&a, &ip->w[0], sizeof(a));
	memcpy(&b, &ip->w[2], sizeof(b));
	key = (a ^ 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;
	key = (key ^ key >> 32 ^ b) * 0xc4ceb9fe1a85ec53;
	key = (key ^ key >> 29 ^ more) * 0x9e3779b97f4a7c15;
	return (key ^ key >> 32) | 1;
}

bool limit_pass(struct limit *limit, uint64_t key, uint64_t now_ms, uint32_t interval_ms)
{
	size_t i = key >> 8 & (LIMIT_SLOTS - 1);

	if (limit->slot[i].key == key && now_ms - limit->slot[i].at_ms < interval_ms)
		return false;
	if (limit->window != now_ms / 100) {
		limit->window = now_ms / 100;
		limit->spent = 0;
	}
	if (limit->spent >= LIMIT_BUDGET)
		return false;
	limit->spent++;
	limit->slot[i].key = key;
	limit->slot[i].at_ms = now_ms;
	return true;
}
