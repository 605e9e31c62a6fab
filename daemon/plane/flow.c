// SPDX-License-Identifier: BSD-2-Clause
/*
 * The outbound rows of a session as a list through fg_sa.next, which workers walk while it changes:
 * every store leaves a list that holds together, and a row that was taken out still leads on until
 * it is wiped.
 *
 * A client drops what comes through another SA than the one whose selectors cover the packet. So of
 * two that overlap the narrower one is tried first.
 */
#include "plane/internal.h"

/* The row after `row`; after 0 the first one. 0: the end. */
static uint32_t after(const struct plane *plane, uint32_t session, uint32_t row)
{
	return row ? plane->row[row].next : plane_fg_session(plane, session)->sa_out;
}

static void set_after(struct plane *plane, uint32_t session, uint32_t row, uint32_t next)
{
	uint32_t *at = row ? &plane_fg_sa(plane, row)->next
			   : &plane_fg_session(plane, session)->sa_out;

	plane->row[row].next = row ? next : 0;
	__atomic_store_n(at, next, __ATOMIC_RELEASE);
}

/* The row before `row`, or the last one when it is not among them; 0: it is the first. */
static uint32_t before(const struct plane *plane, uint32_t session, uint32_t row)
{
	uint32_t at = 0, next;

	while ((next = after(plane, session, at)) && next != row)
		at = next;
	return at;
}

bool flow_has(const struct plane *plane, uint32_t session, uint32_t row)
{
	return row && after(plane, session, before(plane, session, row)) == row;
}

bool flow_remove(struct plane *plane, uint32_t session, uint32_t row)
{
	if (!flow_has(plane, session, row))
		return false;
	set_after(plane, session, before(plane, session, row), plane->row[row].next);
	return true;
}

void flow_add(struct plane *plane, uint32_t session, uint32_t row, uint32_t instead_of)
{
	uint32_t selectors = plane->row[row].selectors, at = 0, next;

	if (flow_has(plane, session, instead_of)) {
		at = before(plane, session, instead_of);
		next = plane->row[instead_of].next;
	} else {
		while ((next = after(plane, session, at)) &&
		       !selectors_cover(plane, plane->row[next].selectors, selectors))
			at = next;
	}
	set_after(plane, session, row, next);
	set_after(plane, session, at, row);
}
