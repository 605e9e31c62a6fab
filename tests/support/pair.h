/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two gateways with an IKE SA and a CHILD SA between them, as if one had logged in at the other:
 * what comes after a login is the same from both sides, so our core plays both. What is on the way
 * lies in two queues, and a test decides what becomes of it.
 */
#ifndef SUPPORT_PAIR_H
#define SUPPORT_PAIR_H

#include "support/gateway.h"

enum { PAIR_A, PAIR_B, PAIR_SIDES };

struct pair {
	struct gateway gw[PAIR_SIDES];
	struct gateway_datagram *wire[PAIR_SIDES]; /* sent by that side, oldest first */
	size_t wire_count[PAIR_SIDES], wire_room[PAIR_SIDES];
	bool lag;           /* flexd does nothing by itself: pair_flexd() */
	uint64_t first_ike; /* spi_i of the first IKE SA */
	__be32 first_spi;   /* of the first CHILD SA, in both directions */
};

/* A is the initiator of the IKE SA. A conf of NULL: as gateway_open(). seed: of all randomness. */
void pair_open(struct pair *p, const char *conf_a, const char *conf_b, uint64_t seed);
void pair_close(struct pair *p);
/* One more CHILD SA between them, beside the first one. */
void pair_second_child(struct pair *p);
/* The IKE SA that has the session of this side, NULL: it has ended. */
struct ikesa *pair_sa(const struct pair *p, unsigned side);
/* Its only CHILD SA, or the newest. NULL: none. */
struct ike_child *pair_child(const struct pair *p, unsigned side);

/* flexd's and aaa's messages of this side, unless they lag; then what it has sent goes on the wire.
 */
void pair_settle(struct pair *p, unsigned side);
/* One message to flexd of this side, and its answer. False: there is none. */
bool pair_flexd(struct pair *p, unsigned side);
/* The n-th datagram that this side has sent reaches the other one, and leaves the wire unless it is
 * kept. False: there is none. */
bool pair_deliver(struct pair *p, unsigned side, size_t n, bool keep);
bool pair_lose(struct pair *p, unsigned side);
/* Everything in order until nothing is on the way. */
void pair_flow(struct pair *p);
/* Time for both, with what their timers send; nothing arrives. */
void pair_wait(struct pair *p, uint64_t ms);
/* Time in small steps, and everything arrives. */
void pair_live(struct pair *p, uint64_t ms);
/* Would a packet that `side` sends to its client now be opened by the other one? */
bool pair_carries(const struct pair *p, unsigned side);

#endif
