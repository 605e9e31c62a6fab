/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receive window of an SA, RFC 4303 3.4.3: 1,024 numbers wide, kept in the row of fg_sa so
 * that it outlives the process. Bit s % 1024 says that s was received (RFC 6479), for s in
 * (seq - 1024, seq]. Asked before the integrity check, moved after it.
 *
 * Numbers are 64 bits wide; without ESN (RFC 4303 2.2.1) the upper half stays 0.
 *
 * With one worker nobody else touches the row. With several, replay_update() of one SA must not
 * run twice at once: the caller holds a lock around it; replay_check() is then only a filter that
 * spares the AEAD, for replay_update() asks again.
 */
#ifndef WORKER_REPLAY_H
#define WORKER_REPLAY_H

#include <flexgate/plane.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The whole of an extended number of which the lower half came with the packet, RFC 4303 A2.2: the
 * only one from the left edge of the window on, for 2^32 numbers. Whether that is true, the
 * integrity check tells.
 */
static inline uint64_t replay_extend(const struct fg_sa *sa, uint32_t low)
{
	uint64_t top = __atomic_load_n(&sa->seq, __ATOMIC_RELAXED);
	uint64_t left = top < FG_REPLAY_BITS ? 0 : top - FG_REPLAY_BITS + 1;

	return left + (uint32_t)(low - (uint32_t)left);
}

/* FG_DROP_NONE, FG_DROP_replay_old or FG_DROP_replay_seen. 0 is never a valid number. */
static inline enum fg_drop_reason replay_check(const struct fg_sa *sa, uint64_t seq)
{
	uint64_t top = __atomic_load_n(&sa->seq, __ATOMIC_RELAXED);

	if (seq > top)
		return FG_DROP_NONE;
	if (seq == 0 || top - seq >= FG_REPLAY_BITS)
		return FG_DROP_replay_old;
	if (sa->window[seq % FG_REPLAY_BITS / 64] >> seq % 64 & 1)
		return FG_DROP_replay_seen;
	return FG_DROP_NONE;
}

/*
 * Take an authenticated number: as replay_check(), and when that is FG_DROP_NONE it is marked.
 * *newest says whether it is higher than any before.
 */
enum fg_drop_reason replay_update(struct fg_sa *sa, uint64_t seq, bool *newest);

#endif
