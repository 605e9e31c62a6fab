/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines in a binary heap: the earliest is known at once, a change costs log n.
 */
#ifndef IKE_TIMER_H
#define IKE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IKE_NEVER UINT64_MAX

struct ike_timer {
	uint64_t at_ms;
	size_t place; /* index in the heap + 1, 0: not set */
};

struct ike_timers {
	struct ike_timer **heap;
	size_t count, cap;
};

/* Room for one more timer, so that ike_timer_set() cannot fail. False: no memory. */
bool ike_timers_reserve(struct ike_timers *timers, size_t count);
/* Set, move, or with IKE_NEVER clear. */
void ike_timer_set(struct ike_timers *timers, struct ike_timer *timer, uint64_t at_ms);
/* The earliest deadline, IKE_NEVER: none. */
uint64_t ike_timers_next(const struct ike_timers *timers);
/* The earliest timer if it is due, taken out; NULL: none. */
struct ike_timer *ike_timers_due(struct ike_timers *timers, uint64_t now_ms);
void ike_timers_free(struct ike_timers *timers);

#endif
