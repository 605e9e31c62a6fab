// SPDX-License-Identifier: BSD-2-Clause
#include "worker/replay.h"

#include <string.h>

enum { WORDS = FG_REPLAY_BITS / 64 };

/* Forget what stood at the places of (top, seq], which are now inside the window. */
static void advance(struct fg_sa *sa, uint64_t top, uint64_t seq)
{
	if (seq - top >= FG_REPLAY_BITS) {
		memset(sa->window, 0, sizeof(sa->window));
		return;
	}
	for (uint64_t s = top + 1; s <= seq;) {
		uint64_t last = s | 63; /* of this word */

		if (last > seq)
			last = seq;
		sa->window[s / 64 % WORDS] &= ~(~0ULL >> (63 - (last - s)) << s % 64);
		s = last + 1;
	}
}

enum fg_drop_reason replay_update(struct fg_sa *sa, uint64_t seq, bool *newest)
{
	enum fg_drop_reason reason = replay_check(sa, seq);
	uint64_t top = sa->seq;

	*newest = false;
	if (reason != FG_DROP_NONE)
		return reason;
	if (seq > top) {
		/* In this order: whatever ends the process in between, nothing old is open again.
		 */
		__atomic_store_n(&sa->seq, seq, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_RELEASE);
		advance(sa, top, seq);
		*newest = true;
	}
	sa->window[seq / 64 % WORDS] |= 1ULL << seq % 64;
	return FG_DROP_NONE;
}
