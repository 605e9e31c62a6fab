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

/* Where the number of `row` stands, or the 0 at the end of the list. */
static uint32_t *place_of(const struct plane *plane, uint32_t session, uint32_t row)
{
	uint32_t *at = &plane_fg_session(plane, session)->sa_out;

	while (*at && *at != row)
		at = &plane_fg_sa(plane, *at)->next;
	return at;
}

bool flow_has(const struct plane *plane, uint32_t session, uint32_t row)
{
	return row && *place_of(plane, session, row) == row;
}

bool flow_remove(struct plane *plane, uint32_t session, uint32_t row)
{
	uint32_t *at = place_of(plane, session, row);

	if (!row || *at != row)
		return false;
	__atomic_store_n(at, plane_fg_sa(plane, row)->next, __ATOMIC_RELEASE);
	return true;
}

void flow_add(struct plane *plane, uint32_t session, uint32_t row, uint32_t instead_of)
{
	uint32_t selectors = plane_fg_sa(plane, row)->selectors;
	uint32_t *at = &plane_fg_session(plane, session)->sa_out, next;

	if (flow_has(plane, session, instead_of)) {
		at = place_of(plane, session, instead_of);
		next = plane_fg_sa(plane, instead_of)->next;
	} else {
		while (*at &&
		       !selectors_cover(plane, plane_fg_sa(plane, *at)->selectors, selectors))
			at = &plane_fg_sa(plane, *at)->next;
		next = *at;
	}
	plane_fg_sa(plane, row)->next = next;
	__atomic_store_n(at, row, __ATOMIC_RELEASE);
}
