// SPDX-License-Identifier: BSD-2-Clause
#include "session/lease.h"

#include "core/table.h"
#include "crypto/rand.h"
#include "session/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct pool;

/* An address that was lent at least once. */
struct entry {
	struct table_link by_ip;
	struct table_link by_id;   /* only while free */
	TAILQ_ENTRY(entry) by_age; /* only while free */
	struct pool *pool;         /* NULL: lent, but no pool has it any more */
	struct fg_ip ip;
	uint8_t *id;
	uint16_t id_len;
	uint8_t id_type;
	bool held;
};

TAILQ_HEAD(entries, entry);

struct pool {
	struct pool_segments segments;
	struct pool_cursor cursor;
	struct entries free; /* the longest free first */
	uint64_t held, known;
};

struct lease_pools {
	size_t count;
	uint64_t known_max; /* entries of a pool before old ones are lent again */
	struct pool pools[];
};

struct leases {
	struct lease_pools *pools;
	struct table by_ip, by_id;
	size_t held;
};

struct lease_pools *lease_pools_new(const struct conf *conf)
{
	struct lease_pools *pools = calloc(1, sizeof(*pools) +
						      conf->pool_count * sizeof(pools->pools[0]));

	if (!pools)
		return NULL;
	pools->count = conf->pool_count;
	/* As many again as there can be sessions: enough for everybody to find his address. */
	pools->known_max = 2 * (uint64_t)conf->gateway.max_sessions;
	for (size_t i = 0; i < conf->pool_count; i++) {
		pool_segments(&conf->pools[i], &pools->pools[i].segments);
		TAILQ_INIT(&pools->pools[i].free);
	}
	return pools;
}

void lease_pools_free(struct lease_pools *pools)
{
	free(pools);
}

int leases_new(struct lease_pools *pools, struct leases **out)
{
	struct leases *leases = calloc(1, sizeof(*leases));
	uint64_t seed;

	if (!leases)
		return -ENOMEM;
	if (!crypto_random(&seed, sizeof(seed)) || table_init(&leases->by_ip, seed) ||
	    table_init(&leases->by_id, seed)) {
		table_free(&leases->by_ip);
		free(leases);
		return -ENOMEM;
	}
	leases->pools = pools;
	*out = leases;
	return 0;
}

static struct entry *entry_by_ip(struct table_link *link)
{
	return container_of(link, struct entry, by_ip);
}

static void free_entry(void *arg, struct table_link *link)
{
	struct entry *e = entry_by_ip(link);

	(void)arg;
	free(e->id);
	free(e);
}

void leases_free(struct leases *leases)
{
	if (!leases)
		return;
	table_each(&leases->by_ip, free_entry, NULL);
	table_free(&leases->by_ip);
	table_free(&leases->by_id);
	lease_pools_free(leases->pools);
	free(leases);
}

/* --- keys ------------------------------------------------------------------------------------ */

static uint64_t ip_key(const struct leases *leases, const struct fg_ip *ip)
{
	return table_hash(&leases->by_ip, ip, sizeof(*ip));
}

/* Of one identity in one pool: a client has an address in each family. */
static uint64_t id_key(const struct leases *leases, const struct pool *pool, uint8_t type,
		       const uint8_t *id, size_t len)
{
	const uint64_t where[] = { (uintptr_t)pool, type };

	return table_hash(&leases->by_id, where, sizeof(where)) ^
	       table_hash(&leases->by_id, id, len);
}

static struct entry *find_ip(const struct leases *leases, const struct fg_ip *ip)
{
	struct table_link *link = table_find(&leases->by_ip, ip_key(leases, ip));

	for (; link; link = table_more(link))
		if (ip_equal(&entry_by_ip(link)->ip, ip))
			return entry_by_ip(link);
	return NULL;
}

static bool same_id(const struct entry *e, const struct lease_ask *ask)
{
	return e->id_type == ask->id_type && e->id_len == ask->id_len &&
	       (e->id_len == 0 || memcmp(e->id, ask->id, e->id_len) == 0);
}

static struct entry *find_free_of(const struct leases *leases, const struct pool *pool,
				  const struct lease_ask *ask)
{
	uint64_t key = id_key(leases, pool, ask->id_type, ask->id, ask->id_len);
	struct table_link *link = table_find(&leases->by_id, key);
	struct entry *hint = find_ip(leases, &ask->hint);

	/* Several clients with one identity: each knows which was its own. */
	if (hint && !hint->held && hint->pool == pool && same_id(hint, ask))
		return hint;
	for (; link; link = table_more(link)) {
		struct entry *e = container_of(link, struct entry, by_id);

		if (e->pool == pool && same_id(e, ask))
			return e;
	}
	return NULL;
}

/* --- free and held --- */

static void put_free(struct leases *leases, struct entry *e)
{
	TAILQ_INSERT_TAIL(&e->pool->free, e, by_age);
	table_add(&leases->by_id, &e->by_id, id_key(leases, e->pool, e->id_type, e->id, e->id_len));
}

static void drop_free(struct leases *leases, struct entry *e)
{
	TAILQ_REMOVE(&e->pool->free, e, by_age);
	table_del(&leases->by_id, &e->by_id);
}

static void forget(struct leases *leases, struct entry *e)
{
	table_del(&leases->by_ip, &e->by_ip);
	if (e->pool)
		e->pool->known--;
	free_entry(NULL, &e->by_ip);
}

/* A new entry, held by nobody yet and in no list. */
static struct entry *learn(struct leases *leases, struct pool *pool, const struct fg_ip *ip)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->pool = pool;
	e->ip = *ip;
	table_add(&leases->by_ip, &e->by_ip, ip_key(leases, ip));
	pool->known++;
	return e;
}

static bool own(struct entry *e, const struct lease_ask *ask)
{
	uint8_t *id;

	if (e->id && same_id(e, ask))
		return true;
	id = malloc(ask->id_len + 1);
	if (!id)
		return false;
	if (ask->id_len)
		memcpy(id, ask->id, ask->id_len);
	free(e->id);
	e->id = id;
	e->id_len = (uint16_t)ask->id_len;
	e->id_type = ask->id_type;
	return true;
}

/* --- choosing --- */

static struct entry *hinted(struct leases *leases, struct pool *pool, const struct fg_ip *hint)
{
	if (ip_is_zero(hint) || !pool_holds(&pool->segments, hint) || find_ip(leases, hint))
		return NULL; /* known: it is held, or remembered for somebody else */
	if (pool->known >= leases->pools->known_max)
		return NULL;
	return learn(leases, pool, hint);
}

static struct entry *fresh(struct leases *leases, struct pool *pool)
{
	struct fg_ip ip;

	if (pool->known >= leases->pools->known_max && !TAILQ_EMPTY(&pool->free))
		return NULL;
	while (pool_next(&pool->segments, &pool->cursor, &ip))
		if (!find_ip(leases, &ip)) /* a hint took it before the cursor came */
			return learn(leases, pool, &ip);
	return NULL;
}

static struct entry *choose(struct leases *leases, struct pool *pool, const struct lease_ask *ask)
{
	struct entry *e = find_free_of(leases, pool, ask);

	if (!e) {
		e = hinted(leases, pool, &ask->hint);
		if (!e)
			e = fresh(leases, pool);
		if (e)
			return e;
		e = TAILQ_FIRST(&pool->free);
	}
	if (e)
		drop_free(leases, e);
	return e;
}

int lease_take(struct leases *leases, const struct lease_ask *ask, struct fg_ip *ip)
{
	struct pool *pool;
	struct entry *e;

	if (ask->pool >= leases->pools->count || ask->id_len > UINT16_MAX)
		return -EINVAL;
	pool = &leases->pools->pools[ask->pool];
	e = choose(leases, pool, ask);
	if (!e)
		return -ENOSPC;
	if (!own(e, ask)) {
		if (e->id)
			put_free(leases, e);
		else
			forget(leases, e);
		return -ENOMEM;
	}
	e->held = true;
	pool->held++;
	leases->held++;
	*ip = e->ip;
	return 0;
}

void lease_release(struct leases *leases, const struct fg_ip *ip)
{
	struct entry *e = find_ip(leases, ip);

	if (!e || !e->held)
		return;
	e->held = false;
	leases->held--;
	if (!e->pool) {
		forget(leases, e);
		return;
	}
	e->pool->held--;
	put_free(leases, e);
}

/* --- another configuration --- */

struct rebind {
	struct leases *leases;
	struct lease_pools *next;
};

/* Prefixes of pools do not overlap, so at most one pool has an address. */
static struct pool *pool_of(struct lease_pools *pools, const struct fg_ip *ip)
{
	for (size_t i = 0; i < pools->count; i++)
		if (pool_holds(&pools->pools[i].segments, ip))
			return &pools->pools[i];
	return NULL;
}

static void rebind_held(void *arg, struct table_link *link)
{
	struct rebind *r = arg;
	struct entry *e = entry_by_ip(link);

	if (!e->held)
		return;
	e->pool = pool_of(r->next, &e->ip);
	if (e->pool) {
		e->pool->known++;
		e->pool->held++;
	}
}

/* In order of age. */
static void rebind_free(struct rebind *r, struct pool *old)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&old->free))) {
		drop_free(r->leases, e);
		e->pool = pool_of(r->next, &e->ip);
		if (!e->pool) {
			forget(r->leases, e);
			continue;
		}
		e->pool->known++;
		put_free(r->leases, e);
	}
}

void leases_set_pools(struct leases *leases, struct lease_pools *pools)
{
	struct rebind r = { .leases = leases, .next = pools };

	table_each(&leases->by_ip, rebind_held, &r);
	for (size_t i = 0; i < leases->pools->count; i++)
		rebind_free(&r, &leases->pools->pools[i]);
	lease_pools_free(leases->pools);
	leases->pools = pools;
}

void lease_count(const struct leases *leases, size_t pool, struct lease_count *count)
{
	const struct pool *p;

	*count = (struct lease_count){ 0 };
	if (pool >= leases->pools->count)
		return;
	p = &leases->pools->pools[pool];
	count->size = p->segments.size;
	count->held = p->held;
	count->remembered = p->known - p->held;
}

size_t leases_held(const struct leases *leases)
{
	return leases->held;
}
