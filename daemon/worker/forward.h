/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ways of a packet through a worker, as functions over a frame: no sockets, so that they
 * are tested with maps in plain memory.
 *
 *   from outside: SA and session -> window -> AEAD -> trailer -> policy -> count -> a door
 *   to a client:  session -> SA -> ESP around it -> a door
 *
 * The fast door is a port's own socket with a known Ethernet header; the stack door is the pair,
 * behind which the kernel routes. What the fast door cannot carry rightly (unknown next hop, TTL at
 * its end, packet above the MTU, options that routers read, multicast) goes by the stack door.
 */
#ifndef WORKER_FORWARD_H
#define WORKER_FORWARD_H

#include "core/ip.h"
#include "worker/hop.h"
#include "worker/sa.h"

/* What a worker has to tell flexd. */
struct note {
	enum note_kind {
		NOTE_HOP_WANT,
		NOTE_MOVED,
	} kind;
	uint32_t session, generation; /* NOTE_MOVED */
	struct fg_ip dst;             /* NOTE_HOP_WANT */
	struct endpoint peer;         /* NOTE_MOVED */
};

struct forward {
	const struct maps *maps; /* borrowed */
	struct sa_table sas;
	struct fg_count *count; /* this worker's rows */
	struct fg_drop *drop;
	uint32_t ports;       /* bit per port that this worker can transmit on */
	uint8_t pair_eth[12]; /* destination and source of frames for the stack door */
	uint64_t now_ms;      /* CLOCK_MONOTONIC, as of this batch */
	struct limit wants, moves;
	void (*note)(void *arg, const struct note *note);
	void *note_arg;
};

enum door {
	DOOR_NONE, /* dropped and counted */
	DOOR_STACK,
	DOOR_PORT,
};

struct way {
	enum door door;
	uint16_t port; /* DOOR_PORT */
};

/* Returns 0 or -errno. index: which worker this is, for its rows of the counters. */
int forward_open(struct forward *f, const struct maps *maps, struct crypto *crypto, uint32_t index);
void forward_close(struct forward *f);

/* A frame whose meta was written by our XDP programs; afterwards it is ready to be sent through the
 * door, from its Ethernet header on. */
struct way forward_packet(struct forward *f, struct frame *frame, const struct fg_meta *meta);
/* Count n drops that happened elsewhere in the worker. session 0: none. */
void forward_drop(struct forward *f, uint32_t session, enum fg_drop_reason reason, uint64_t n);

#endif
