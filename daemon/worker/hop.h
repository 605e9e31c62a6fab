/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to an address: reads fg_hop, and asks flexd, within limits, for what is missing. */
#ifndef WORKER_HOP_H
#define WORKER_HOP_H

#include "worker/maps.h"

#include <stdbool.h>
#include <stdint.h>

struct hop {
	uint16_t port;
	uint16_t mtu;
	uint8_t eth[14];
};

enum hop_answer {
	HOP_UNKNOWN,   /* ask, and use the stack door meanwhile */
	HOP_USE_STACK, /* known: the kernel must carry it */
	HOP_KNOWN,     /* *hop is filled */
};

/* now_s: CLOCK_MONOTONIC seconds, noted in the row. */
enum hop_answer hop_find(const struct maps *maps, const struct fg_ip *dst, uint32_t now_s,
			 struct hop *hop);

/* Says a thing at most once per interval, and few things in all: a direct-mapped table of what was
 * said last, and a budget per tenth of a second. */
enum { LIMIT_SLOTS = 256, LIMIT_BUDGET = 32 };

struct limit {
	struct {
		uint64_t key;
		uint64_t at_ms;
	} slot[LIMIT_SLOTS];
	uint64_t window; /* now_ms / 100 of the budget */
	uint32_t spent;
};

bool limit_pass(struct limit *limit, uint64_t key, uint64_t now_ms, uint32_t interval_ms);
/* A key for limit_pass(), never 0. */
uint64_t limit_key(const struct fg_ip *ip, uint64_t more);

#endif
