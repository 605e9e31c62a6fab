// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The maps without a program: loaded first, so that every port's program finds them pinned. */
#include <linux/bpf.h>

#include "maps.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
