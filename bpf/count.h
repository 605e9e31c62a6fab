/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Counters of this CPU, drops by name, samples of drops. */
#ifndef BPF_COUNT_H
#define BPF_COUNT_H

#include "conf.h"
#include "maps.h"
#include "parse.h"

#include <linux/bpf.h>

FG_INLINE void fg_count_to_client(__u32 session, __u32 bytes)
{
	struct fg_count *c = bpf_map_lookup_elem(&fg_count, &session);

	if (c) {
		c->tx_packets++;
		c->tx_bytes += bytes;
	}
}

/* Returns the new count, 0 when there is no such row. */
FG_INLINE __u64 fg_drop_add(__u32 row, __u32 reason)
{
	__u64 *counters = bpf_map_lookup_elem(&fg_drop, &row);

	if (!counters || reason >= FG_DROP_ROWS)
		return 0;
	return ++counters[reason];
}

/*
 * A sample for people: the first ones of a reason on this CPU, then rarer and rarer, then one in
 * 1,024. Nobody reading means a full ring, which costs a failed reservation.
 */
FG_INLINE void fg_sample(struct xdp_md *ctx, __u32 session, __u32 reason, bool headers)
{
	const __u8 *data = (void *)(long)ctx->data;
	const __u8 *end = (void *)(long)ctx->data_end;
	struct fg_event *e = bpf_ringbuf_reserve(&fg_event, sizeof(*e), 0);
	__u16 captured = 0;
	int i;

	if (!e)
		return;
	__builtin_memset(e->head, 0, sizeof(e->head));
#pragma unroll
	for (i = 0; i < (int)sizeof(e->head) / 2; i++) {
		if (!headers || data + 2 * i + 2 > end)
			break;
		e->head[2 * i] = data[2 * i];
		e->head[2 * i + 1] = data[2 * i + 1];
		captured += 2;
	}
	e->at_ns = bpf_ktime_get_boot_ns();
	e->session = session;
	e->reason = (__u16)reason;
	e->port = (__u16)fg_port;
	e->length = (__u16)(end - data);
	e->captured = captured;
	e->pad = 0;
	bpf_ringbuf_submit(e, 0);
}

/*
 * Returns XDP_DROP. headers: what stands at the frame's begin is the outside's, not clear text of a
 * client. A global function: the verifier looks at it once, not at every call.
 */
__attribute__((noinline)) int fg_drop_packet(struct xdp_md *ctx, __u32 session, __u32 reason,
					     bool headers)
{
	__u64 n = fg_drop_add(0, reason);

	if (session)
		fg_drop_add(session, reason);
	if ((n & (n - 1)) == 0 || (n & 1023) == 0)
		fg_sample(ctx, session, reason, headers);
	return XDP_DROP;
}

#endif
