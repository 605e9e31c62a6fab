// SPDX-License-Identifier: BSD-2-Clause
#include "ike/timer.h"

#include <stdlib.h>

static void put(struct ike_timers *timers, size_t i, struct ike_timer *timer)
{
	timers->heap[i] = timer;
	timer->place = i + 1;
}

static void sift_up(struct ike_timers *timers, size_t i)
{
	struct ike_timer *timer = timers->heap[i];

	while (i > 0 && timers->heap[(i - 1) / 2]->at_ms > timer->at_ms) {
		put(timers, i, timers->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(timers, i, timer);
}

static void sift_down(struct ike_timers *timers, size_t i)
{
	struct ike_timer *timer = timers->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= timers->count)
			break;
		if (child + 1 < timers->count &&
		    timers->heap[child + 1]->at_ms < timers->heap[child]->at_ms)
			child++;
		if (timers->heap[child]->at_ms >= timer->at_ms)
			break;
		put(timers, i, timers->heap[child]);
		i = child;
	}
	put(timers, i, timer);
}

bool ike_timers_reserve(struct ike_timers *timers, size_t count)
{
	size_t cap = timers->cap ? timers->cap * 2 : 64;
	struct ike_timer **heap;

	if (count <= timers->cap)
		return true;
	if (cap < count)
		cap = count;
	heap = realloc(timers->heap, cap * sizeof(*heap));
	if (!heap)
		return false;
	timers->heap = heap;
	timers->cap = cap;
	return true;
}

static void take_out(struct ike_timers *timers, struct ike_timer *timer)
{
	size_t i = timer->place - 1;
	struct ike_timer *last = timers->heap[--timers->count];

	timer->place = 0;
	if (last == timer)
		return;
	put(timers, i, last);
	sift_up(timers, i);
	sift_down(timers, last->place - 1);
}

void ike_timer_set(struct ike_timers *timers, struct ike_timer *timer, uint64_t at_ms)
{
	if (timer->place)
		take_out(timers, timer);
	timer->at_ms = at_ms;
	if (at_ms == IKE_NEVER || timers->count == timers->cap)
		return;
	put(timers, timers->count, timer);
	timers->count++;
	sift_up(timers, timer->place - 1);
}

uint64_t ike_timers_next(const struct ike_timers *timers)
{
	return timers->count ? timers->heap[0]->at_ms : IKE_NEVER;
}

struct ike_timer *ike_timers_due(struct ike_timers *timers, uint64_t now_ms)
{
	struct ike_timer *timer;

	if (ike_timers_next(timers) > now_ms || !timers->count)
		return NULL;
	timer = timers->heap[0];
	take_out(timers, timer);
	return timer;
}

void ike_timers_free(struct ike_timers *timers)
{
	free(timers->heap);
	*timers = (struct ike_timers){ 0 };
}
