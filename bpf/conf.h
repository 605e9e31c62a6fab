/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What differs from one attached program to the next: read-only data that the loader sets, so that
 * the verifier removes the branches that a port does not need.
 */
#ifndef BPF_CONF_H
#define BPF_CONF_H

#include <linux/types.h>
#include <stdbool.h>

const volatile __u32 fg_port;      /* number of this port in fg_xsk */
const volatile __u32 fg_sa_mask;   /* rows of fg_sa - 1, a power of two - 1 */
const volatile bool fg_inside_too; /* outside program: the device is also an inside one */
const volatile bool fg_answers;    /* outside program: XDP_TX leaves this device */
const volatile bool fg_pair;       /* inside program: this is fgw0 */
const volatile __u8 fg_mac[6];     /* of the device; what is not for it stays with the kernel */

#endif
