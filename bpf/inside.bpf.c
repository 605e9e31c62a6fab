// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* XDP on inside devices and on fgw0: what is for a client goes to its worker. */
#include <linux/bpf.h>

#include "forward.h"

SEC("xdp")
int fg_inside(struct xdp_md *ctx)
{
	struct fg_packet p = {};

	if (!fg_frame_parse(ctx, &p))
		return fg_pair ? fg_refused(ctx, 0, FG_DROP_bad_frame) : XDP_PASS;
	return fg_forward(ctx, &p);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
