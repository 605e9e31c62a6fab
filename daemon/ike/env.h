/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the IKE core takes from outside. The daemon puts sockets and channels behind it, tests a
 * clock and queues of their own.
 */
#ifndef IKE_ENV_H
#define IKE_ENV_H

#include "core/ip.h"
#include "msg.h"

struct ike_env {
	void *arg;
	/* Milliseconds, never going back. */
	uint64_t (*now_ms)(void *arg);
	/* Seconds since 1970, for certificates. */
	int64_t (*wall_s)(void *arg);
	/* For SPIs and nonces. */
	bool (*random)(void *arg, void *p, size_t len);
	/* A whole datagram, non-ESP marker included. A lost one is like one lost on the way. */
	void (*send)(void *arg, const void *datagram, size_t len, const struct endpoint *local,
		     const struct endpoint *peer);
	/* Messages of msg.h. The answer comes later through ike_from_aaa() or ike_from_broker(),
	 * never from inside the call. Return 0, or -errno when nobody is there. */
	int (*to_aaa)(void *arg, uint32_t type, const void *body, size_t len, const void *tail,
		      size_t tail_len);
	int (*to_broker)(void *arg, uint32_t type, const void *body, size_t len);
	/* A line for who traces in this slot; NULL: nobody ever does. */
	void (*trace)(void *arg, uint32_t slot, const char *line);
};

#endif
