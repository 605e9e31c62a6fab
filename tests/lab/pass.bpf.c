// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A veth takes what XDP sends from its other end only while it has an XDP program itself. */
#include <linux/bpf.h>

__attribute__((section("xdp"), used)) int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}
