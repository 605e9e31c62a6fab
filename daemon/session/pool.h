/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of one [pool NAME] that may be leased: ranges without exclusions, as segments. */
#ifndef SESSION_POOL_H
#define SESSION_POOL_H

#include "conf/conf.h"

enum { POOL_SEGMENTS = 2 * CONF_LIST_MAX + 4 };

struct pool_segments {
	struct {
		struct fg_ip first, last;
	} at[POOL_SEGMENTS]; /* ascending, none touches another */
	size_t count;
	uint64_t size; /* addresses in all, UINT64_MAX: that many or more */
};

/*
 * The network and broadcast address of an IPv4 prefix (up to /30) and the subnet-router anycast
 * address of an IPv6 prefix (RFC 4291 2.6.1, up to /126) are left out, also when a range covers
 * them.
 */
void pool_segments(const struct conf_pool *pool, struct pool_segments *out);
bool pool_holds(const struct pool_segments *segments, const struct fg_ip *ip);

/* Walks a pool upwards, each address once. Zeroed at the start. */
struct pool_cursor {
	size_t segment;
	bool inside; /* next is valid */
	struct fg_ip next;
};

bool pool_next(const struct pool_segments *segments, struct pool_cursor *cursor, struct fg_ip *ip);

#endif
