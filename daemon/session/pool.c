// SPDX-License-Identifier: BSD-2-Clause
#include "session/pool.h"

#include "conf/value.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static void cut(struct conf_range *list, size_t *count, const struct fg_ip *ip)
{
	list[(*count)++] = (struct conf_range){ *ip, *ip };
}

/* Everything that is never leased. Returns how many. */
static size_t exclusions(const struct conf_pool *pool, struct conf_range out[CONF_LIST_MAX + 2])
{
	size_t count = 0;
	struct fg_ip last = conf_net_last(&pool->net);

	for (; count < pool->exclude_count; count++)
		out[count] = (struct conf_range){ pool->exclude[count].first,
						  pool->exclude[count].last };
	if (pool->net.len <= (pool->is4 ? 30 : 126))
		cut(out, &count, &pool->net.ip);
	if (pool->is4 && pool->net.len <= 30)
		cut(out, &count, &last);
	return count;
}

static int by_first(const void *a, const void *b)
{
	const struct conf_range *x = a, *y = b;

	return ip_compare(&x->first, &y->first);
}

static struct fg_ip before(const struct fg_ip *ip)
{
	struct fg_ip out = *ip;

	for (int i = 3; i >= 0; i--) {
		uint32_t word = ntohl(out.w[i]);

		out.w[i] = htonl(word - 1);
		if (word != 0)
			break;
	}
	return out;
}

/* last - first + 1, at most UINT64_MAX. */
static uint64_t span(const struct fg_ip *first, const struct fg_ip *last)
{
	uint64_t f[2], l[2], low;

	for (int i = 0; i < 2; i++) {
		f[i] = (uint64_t)ntohl(first->w[2 * i]) << 32 | ntohl(first->w[2 * i + 1]);
		l[i] = (uint64_t)ntohl(last->w[2 * i]) << 32 | ntohl(last->w[2 * i + 1]);
	}
	low = l[1] - f[1];
	if (l[0] - f[0] - (l[1] < f[1]) != 0 || low == UINT64_MAX)
		return UINT64_MAX;
	return low + 1;
}

static void add(struct pool_segments *out, const struct fg_ip *first, const struct fg_ip *last)
{
	uint64_t size = span(first, last);

	/* Sorted and disjoint ranges and n exclusions leave at most ranges + n segments. */
	if (out->count == POOL_SEGMENTS)
		return;
	out->at[out->count].first = *first;
	out->at[out->count].last = *last;
	out->count++;
	out->size = UINT64_MAX - out->size < size ? UINT64_MAX : out->size + size;
}

/* One range without what is excluded; `holes` ascend by their first address. */
static void add_range(struct pool_segments *out, const struct conf_range *range,
		      const struct conf_range *holes, size_t hole_count)
{
	struct fg_ip at = range->first;

	for (size_t i = 0; i < hole_count; i++) {
		struct fg_ip end;

		if (ip_compare(&holes[i].last, &at) < 0)
			continue;
		if (ip_compare(&holes[i].first, &range->last) > 0)
			break;
		if (ip_compare(&holes[i].first, &at) > 0) {
			end = before(&holes[i].first);
			add(out, &at, &end);
		}
		if (ip_compare(&holes[i].last, &range->last) >= 0)
			return;
		at = ip_add(&holes[i].last, 1);
	}
	add(out, &at, &range->last);
}

void pool_segments(const struct conf_pool *pool, struct pool_segments *out)
{
	struct conf_range ranges[CONF_LIST_MAX], holes[CONF_LIST_MAX + 2];
	size_t hole_count = exclusions(pool, holes);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < pool->range_count; i++)
		ranges[i] = (struct conf_range){ pool->range[i].first, pool->range[i].last };
	qsort(ranges, pool->range_count, sizeof(*ranges), by_first);
	qsort(holes, hole_count, sizeof(*holes), by_first);
	for (size_t i = 0; i < pool->range_count; i++)
		add_range(out, &ranges[i], holes, hole_count);
}

bool pool_holds(const struct pool_segments *segments, const struct fg_ip *ip)
{
	for (size_t i = 0; i < segments->count; i++)
		if (ip_compare(ip, &segments->at[i].first) >= 0 &&
		    ip_compare(ip, &segments->at[i].last) <= 0)
			return true;
	return false;
}

bool pool_next(const struct pool_segments *segments, struct pool_cursor *cursor, struct fg_ip *ip)
{
	if (cursor->segment >= segments->count)
		return false;
	if (!cursor->inside)
		cursor->next = segments->at[cursor->segment].first;
	*ip = cursor->next;
	cursor->inside = !ip_equal(ip, &segments->at[cursor->segment].last);
	if (cursor->inside)
		cursor->next = ip_add(ip, 1);
	else
		cursor->segment++;
	return true;
}
