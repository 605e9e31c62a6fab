// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* XDP on inside devices and on fgw0: what is for a client goes to its worker. */
#include <linux/bpf.h>

#include "forward.h"

SEC("xdp")
int fg_inside(struct xdp_md *ctx)
{
	struct fg_packet p = {
		.ip = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	__u32 l3 = fg_frame_l3(p.ip, p.end);

	p.ip += l3;
	if (!l3 || !fg_packet_parse(&p))
		return fg_pair ? fg_drop_packet(ctx, 0, FG_DROP_bad_frame, false) : XDP_PASS;
	return fg_forward(ctx, &p, l3);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
