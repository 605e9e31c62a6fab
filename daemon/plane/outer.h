/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The headers before ESP as a template that a worker copies: IPv4 or IPv6 and perhaps UDP, with
 * lengths, identification and checksums zero (the worker fills them).
 *
 * TTL 64, flow label 0. DF is clear: the tunnel's size is the configured MTU of the session, and
 * where the path is narrower after all a fragmented packet still arrives, while one refused in the
 * middle of the network would be lost without anyone learning of it.
 */
#ifndef PLANE_OUTER_H
#define PLANE_OUTER_H

#include "core/ip.h"

/* Bytes used of out; 0: the addresses are of different families. */
uint16_t outer_template(uint8_t out[FG_OUTER_MAX], const struct endpoint *local,
			const struct endpoint *peer, bool udp);
/* Random high bits over the row in the low ones; never below 256 (RFC 4303 2.1). */
__be32 outer_spi(uint32_t random, uint32_t row, uint32_t mask);

#endif
