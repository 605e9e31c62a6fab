// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rows of fg_selector. IKE agrees on two lists, addresses of the client and networks behind us;
 * here each pair of them that can carry a packet becomes one row. The client's own address is not
 * in it: nothing passes without it anyhow, and without it the clients of one policy have equal
 * lists, which are kept once. An SA that carries all that its session may carry needs none.
 */
#include "plane/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535 };

struct list {
	size_t count;
	struct fg_selector at[FG_SELECTORS_MAX];
};

int selectors_open(struct plane *plane, struct plane_error *error)
{
	plane->selector_list = calloc(plane->selectors, sizeof(*plane->selector_list));
	if (!plane->selector_list ||
	    row_queue_init(&plane->free_selectors, 1, plane->selectors - 1))
		return plane_fail(error, -ENOMEM, "no memory for %u selectors", plane->selectors);
	return 0;
}

void selectors_close(struct plane *plane)
{
	row_queue_free(&plane->free_selectors);
	free(plane->selector_list);
}

/* --- what IKE agreed on --- */

static bool any_ports(uint16_t first, uint16_t last)
{
	return first == 0 && last == PORT_MAX;
}

static bool same_selector(const struct fg_selector *a, const struct fg_selector *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Does a allow everything that b allows? */
static bool ports_cover(uint16_t first, uint16_t last, uint16_t b_first, uint16_t b_last)
{
	if (any_ports(first, last))
		return true;
	if (first > last || b_first > b_last) /* OPAQUE */
		return first > last && b_first > b_last;
	return first <= b_first && last >= b_last;
}

static bool covers(const struct fg_selector *a, const struct fg_selector *b)
{
	return a->version == b->version && ip_compare(&a->first, &b->first) <= 0 &&
	       ip_compare(&a->last, &b->last) >= 0 &&
	       (!a->protocol || a->protocol == b->protocol) &&
	       ports_cover(a->client_first, a->client_last, b->client_first, b->client_last) &&
	       ports_cover(a->net_first, a->net_last, b->net_first, b->net_last);
}

/* Is the session's own address of this family among the client's? */
static bool has_own(const struct fg_session *session, const struct msg_selector *client)
{
	struct fg_ip own = session->inner6;

	if (ip_is4(&client->first)) {
		if (!session->inner4)
			return false;
		own = ip_from4(session->inner4);
	}
	return !ip_is_zero(&own) && ip_compare(&client->first, &own) <= 0 &&
	       ip_compare(&client->last, &own) >= 0;
}

/* False: nothing passes both. */
static bool combine(const struct msg_selector *client, const struct msg_selector *net,
		    struct fg_selector *out)
{
	if (ip_is4(&client->first) != ip_is4(&net->first) ||
	    (client->protocol && net->protocol && client->protocol != net->protocol))
		return false;
	*out = (struct fg_selector){ .first = net->first,
				     .last = net->last,
				     .client_first = client->port_first,
				     .client_last = client->port_last,
				     .net_first = net->port_first,
				     .net_last = net->port_last,
				     .version = ip_is4(&net->first) ? 4 : 6,
				     .protocol = client->protocol ? client->protocol
								  : net->protocol };
	return true;
}

/* False: there are too many. */
static bool add(struct list *list, const struct fg_selector *selector)
{
	for (size_t i = 0; i < list->count; i++)
		if (covers(&list->at[i], selector))
			return true;
	if (list->count == FG_SELECTORS_MAX)
		return false;
	list->at[list->count++] = *selector;
	return true;
}

static bool make(const struct fg_session *session, const struct plane_sa *sa, struct list *list)
{
	struct fg_selector selector;

	list->count = 0;
	for (size_t i = 0; i < sa->client_count; i++) {
		if (!has_own(session, &sa->client[i]))
			continue;
		for (size_t k = 0; k < sa->net_count; k++)
			if (combine(&sa->client[i], &sa->net[k], &selector) &&
			    !add(list, &selector))
				return false;
	}
	return true;
}

static bool has_all(const struct list *list, uint8_t version)
{
	struct fg_selector all = { .client_last = PORT_MAX, .net_last = PORT_MAX };

	all.version = version;
	all.last = (struct fg_ip){ { ~0u, ~0u, ~0u, ~0u } };
	if (version == 4) {
		all.first = ip_from4(0);
		all.last = ip_from4(~0u);
	}
	for (size_t i = 0; i < list->count; i++)
		if (covers(&list->at[i], &all))
			return true;
	return false;
}

static bool carries_all(const struct fg_session *session, const struct list *list)
{
	return (!session->inner4 || has_all(list, 4)) &&
	       (ip_is_zero(&session->inner6) || has_all(list, 6));
}

/* --- lists in the map --- */

static uint32_t slot_of(const struct list *list)
{
	const uint8_t *bytes = (const uint8_t *)list->at;
	uint32_t hash = 2166136261u; /* FNV-1a; who agrees on selectors has logged in */

	for (size_t i = 0; i < list->count * sizeof(list->at[0]); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash % PLANE_SELECTOR_SLOTS;
}

/* The whole list that begins at a row. */
static void read_list(const struct plane *plane, uint32_t row, struct list *list)
{
	for (list->count = 0; row; row = plane_fg_selectors(plane, row)->next) {
		const struct fg_selectors *from = plane_fg_selectors(plane, row);

		for (uint32_t i = 0; i < from->count; i++)
			list->at[list->count++] = from->at[i];
	}
}

static bool same_list(const struct list *a, const struct list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_selector(&a->at[i], &b->at[i]))
			return false;
	return true;
}

static void give_rows(struct plane *plane, uint32_t row)
{
	while (row) {
		uint32_t next = plane_fg_selectors(plane, row)->next;

		memset(plane_fg_selectors(plane, row), 0, sizeof(struct fg_selectors));
		row_queue_give(&plane->free_selectors, row);
		row = next;
	}
}

/* From the last row to the first. 0: there are not as many. */
static uint32_t write_rows(struct plane *plane, const struct list *list)
{
	size_t rows = (list->count + FG_SELECTORS_ROW - 1) / FG_SELECTORS_ROW;
	uint32_t first = 0;

	while (rows-- > 0) {
		size_t from = rows * FG_SELECTORS_ROW;
		uint32_t row = row_queue_take(&plane->free_selectors);
		struct fg_selectors *to = plane_fg_selectors(plane, row);

		if (!row) {
			give_rows(plane, first);
			return 0;
		}
		*to = (struct fg_selectors){ .next = first };
		for (; to->count < FG_SELECTORS_ROW && from + to->count < list->count; to->count++)
			to->at[to->count] = list->at[from + to->count];
		first = row;
	}
	return first;
}

static uint32_t find(const struct plane *plane, const struct list *list, uint32_t slot)
{
	struct list other;

	for (uint32_t at = plane->selector_slot[slot]; at; at = plane->selector_list[at].next) {
		read_list(plane, at, &other);
		if (same_list(list, &other))
			return at;
	}
	return 0;
}

int selectors_take(struct plane *plane, const struct plane_sa *sa, uint32_t *row,
		   struct plane_error *error)
{
	const struct fg_session *session = plane_fg_session(plane, sa->session);
	struct list list;
	uint32_t slot;

	*row = 0;
	if (!make(session, sa, &list))
		return plane_fail(error, -E2BIG,
				  "session %u: more than %d combinations of traffic selectors",
				  sa->session, FG_SELECTORS_MAX);
	if (list.count == 0)
		return plane_fail(error, -EINVAL, "session %u: its traffic selectors fit no packet",
				  sa->session);
	if (carries_all(session, &list))
		return 0;
	slot = slot_of(&list);
	*row = find(plane, &list, slot);
	if (*row) {
		plane->selector_list[*row].refs++;
		return 0;
	}
	*row = write_rows(plane, &list);
	if (!*row)
		return plane_fail(error, -ENOSPC, "all %u rows for traffic selectors are in use",
				  plane->selectors);
	plane->selector_list[*row] = (struct plane_selectors){ .refs = 1,
							       .next = plane->selector_slot[slot] };
	plane->selector_slot[slot] = *row;
	return 0;
}

void selectors_share(struct plane *plane, uint32_t row)
{
	plane->selector_list[row].refs += row != 0;
}

void selectors_give(struct plane *plane, uint32_t row)
{
	struct list list;
	uint32_t *at;

	if (!row || --plane->selector_list[row].refs)
		return;
	read_list(plane, row, &list);
	at = &plane->selector_slot[slot_of(&list)];
	while (*at != row)
		at = &plane->selector_list[*at].next;
	*at = plane->selector_list[row].next;
	give_rows(plane, row);
}

bool selectors_cover(const struct plane *plane, uint32_t a, uint32_t b)
{
	struct list wide, narrow;

	if (!a || !b)
		return !a;
	read_list(plane, a, &wide);
	read_list(plane, b, &narrow);
	for (size_t i = 0; i < narrow.count; i++) {
		size_t k = 0;

		while (k < wide.count && !covers(&wide.at[k], &narrow.at[i]))
			k++;
		if (k == wide.count)
			return false;
	}
	return true;
}
