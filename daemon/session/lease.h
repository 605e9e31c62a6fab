/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inner addresses lent to clients, both families. An address is known once it was lent; after its
 * return it stays remembered for the identity that had it, which gets it back while it is free.
 * A login costs a few hash look-ups, however large the pool is: known addresses are found by hash,
 * unknown ones come from a cursor, and the free ones wait in order of their return.
 */
#ifndef SESSION_LEASE_H
#define SESSION_LEASE_H

#include "conf/conf.h"

struct leases;
struct lease_pools; /* the pools of one configuration */

/* NULL: out of memory. */
struct lease_pools *lease_pools_new(const struct conf *conf);
void lease_pools_free(struct lease_pools *pools);

/* Takes pools when it succeeds. Returns 0 or -errno. */
int leases_new(struct lease_pools *pools, struct leases **out);
void leases_free(struct leases *leases);
/*
 * Another configuration holds. Takes pools and cannot fail. Every known address goes to the pool
 * that has it now; one that no pool has is forgotten when nobody holds it any more.
 */
void leases_set_pools(struct leases *leases, struct lease_pools *pools);

struct lease_ask {
	size_t pool; /* index in conf->pools */
	uint8_t id_type;
	const uint8_t *id;
	size_t id_len;
	struct fg_ip hint; /* what the client would like, zero: nothing */
};

/*
 * In order: the hint if the identity had it, what else the identity had last, the hint if nobody is
 * remembered for it, an address that was never lent, the one that has been free for longest.
 * Returns 0, -ENOSPC or -ENOMEM.
 */
int lease_take(struct leases *leases, const struct lease_ask *ask, struct fg_ip *ip);
/* Harmless for an address that is not lent. */
void lease_release(struct leases *leases, const struct fg_ip *ip);

struct lease_count {
	uint64_t size; /* addresses of the pool, UINT64_MAX: that many or more */
	uint64_t held;
	uint64_t remembered; /* free, for the identity that had it */
};
void lease_count(const struct leases *leases, size_t pool, struct lease_count *count);
/* Lent over all pools, and addresses that lost their pool. */
size_t leases_held(const struct leases *leases);

#endif
