// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* On the way out of a veth (tc): each packet takes another queue, as a NIC's own hash would spread
 * many flows. queue_mapping is the queue + 1 here, as if the packet had been received there. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int spread(struct __sk_buff *skb)
{
	skb->queue_mapping = 1 + (bpf_get_prandom_u32() & 1);
	return 0;
}

char program_license[] SEC("license") = "Dual BSD/GPL";
