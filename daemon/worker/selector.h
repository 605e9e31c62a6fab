/* SPDX-License-Identifier: BSD-2-Clause */
/* May an SA carry this packet? RFC 4301 4.4.1, as agreed by RFC 7296 2.9. */
#ifndef WORKER_SELECTOR_H
#define WORKER_SELECTOR_H

#include "../../bpf/parse.h"
#include "worker/maps.h"

/* A parsed inner packet whose client address is already judged. row: first row of fg_selector of
 * the SA, not 0. from_client: it came from the client, else it goes to it. */
bool selector_covers(const struct maps *maps, uint32_t row, const struct fg_packet *packet,
		     bool from_client);

#endif
