// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/rand.h"

#include "core/secret.h"

#include <limits.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { POOL_LEN = 1024 };

/* The library asks the kernel for its process id before each answer, and a login takes many small
 * ones: so they are cut from a large one. The last `left` bytes were not given to anybody yet; what
 * was is wiped. */
static _Thread_local struct {
	uint8_t bytes[POOL_LEN];
	size_t left;
} pool;

/* In a child of fork(): parent and child must not give out the same bytes. */
static void forget(void)
{
	wipe(&pool, sizeof(pool));
}

static void watch_fork(void)
{
	pthread_atfork(NULL, NULL, forget);
}

static bool refill(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, watch_fork);
	pool.left = RAND_bytes(pool.bytes, POOL_LEN) == 1 ? POOL_LEN : 0;
	return pool.left > 0;
}

static bool from_pool(void *p, size_t len)
{
	uint8_t *next;

	if (pool.left < len && !refill())
		return false;
	next = pool.bytes + POOL_LEN - pool.left;
	memcpy(p, next, len);
	wipe(next, len);
	pool.left -= len;
	return true;
}

bool crypto_random(void *p, size_t len)
{
	if (len == 0)
		return true;
	if (len <= POOL_LEN / 4 ? from_pool(p, len)
				: len <= INT_MAX && RAND_bytes(p, (int)len) == 1)
		return true;
	wipe(p, len);
	return false;
}
