// SPDX-License-Identifier: BSD-2-Clause
#include "ike/info.h"

#include "ike/child_delete.h"
#include "ike/close.h"
#include "ike/cp.h"
#include "ike/exchange.h"
#include "ike/mobike.h"
#include "ike/succeed.h"
#include "ike/task.h"

enum { DELETED_MAX = 64 }; /* SPIs in one answer */

void ike_info_log(struct ike_core *core, const struct ikesa *sa, const struct ike_message *m)
{
	const struct ike_notify *error = ike_find_error(m);
	char who[IKESA_TEXT_MAX];
	struct ike_name room;

	if (error && log_allowed(&core->log_logins, ike_now(core)))
		log_info("ike", "%s: says %s", ikesa_text(sa, who),
			 ike_notify_name(error->type, &room));
}

/*
 * One CHILD SA that the peer deletes. What it replaced goes on with what has replaced it, and opens
 * what is still under way. True: our SPI belongs into the answer; not while our own DELETE is out,
 * RFC 7296 1.4.1.
 */
static bool delete_child(struct ike_core *core, struct ikesa *sa, __be32 spi_out, __be32 *ours)
{
	struct ike_child *child = ike_child_out(sa, spi_out), *heir;
	bool crossing;

	if (!child)
		return false;
	*ours = child->spi_in;
	crossing = ike_asking(sa, IKE_TASK_DELETE_CHILD, child->spi_in);
	heir = ike_child_in(sa, child->heir);
	if (heir && heir->state != IKE_CHILD_INSTALLING)
		ike_child_use(core, sa, heir);
	if (!child->stopped)
		ike_child_stop(core, sa, child->spi_in, IKE_DRAIN_MS);
	ike_child_free(core, sa, child);
	return !crossing;
}

/* The CHILD SAs that the peer names by the SPIs it receives with; our SPIs of them into `ours`. */
static size_t delete_children(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			      __be32 ours[DELETED_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < m->delete_count; i++) {
		struct rd rd = rd_of(m->deletes[i].spis.p, m->deletes[i].spis.len);
		__be32 spi;

		if (m->deletes[i].protocol != IKE_PROTOCOL_ESP)
			continue;
		while (rd_copy(&rd, &spi, sizeof(spi)))
			if (count < DELETED_MAX)
				count += delete_child(core, sa, spi, &ours[count]);
	}
	return count;
}

static bool deletes_ike(const struct ike_message *m)
{
	for (size_t i = 0; i < m->delete_count; i++)
		if (m->deletes[i].protocol == IKE_PROTOCOL_IKE)
			return true;
	return false;
}

/* The client did not accept our side of IKE_AUTH: it says so in the exchange behind it, and that
 * ends the IKE SA without a Delete payload. RFC 7296 2.21.2. */
static bool gives_up(const struct ikesa *sa, const struct ike_message *m)
{
	const struct ike_notify *error = ike_find_error(m);

	return error && !sa->replaces && sa->request_next == sa->first_behind_login &&
	       (error->type == IKE_NOTIFY_AUTHENTICATION_FAILED ||
		error->type == IKE_NOTIFY_INVALID_SYNTAX ||
		error->type == IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD);
}

static void peer_deleted(struct ike_core *core, struct ikesa *sa, bool logout)
{
	const char *refusal = "does not accept us: it expects another identity-local or key";
	char who[IKESA_TEXT_MAX];

	core->stats.deletes++;
	if (ike_give_back(core, sa))
		ike_want_next(core, ikesa_find(core, sa->replaces));
	if (sa->handle)
		log_info("ike", "%s: %s", ikesa_text(sa, who), logout ? "logged out" : refusal);
	ike_linger(core, sa, IKE_STATE_DELETED, FG_CAUSE_peer_delete);
}

void ike_info_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      const struct ike_arrival *from)
{
	bool logout = deletes_ike(m), whole = logout || gives_up(sa, m);
	__be32 ours[DELETED_MAX];
	struct ike_draft draft;
	size_t count;
	bool moved;

	ike_info_log(core, sa, m);
	/* With the IKE SA everything under it goes, and nothing of it is named: RFC 7296 1.4.1. */
	count = whole ? 0 : delete_children(core, sa, m, ours);
	ike_draft_begin(&draft);
	if (count > 0)
		ike_put_delete(&draft.w, IKE_PROTOCOL_ESP, ours, count);
	moved = !whole && ike_mobike_request(core, sa, m, from, &draft.w);
	if (!whole)
		ike_cp_info(core, sa, m, &draft.w);
	if (!ike_answer(core, sa, &draft))
		ike_destroy(core, sa, FG_CAUSE_peer_delete);
	else if (whole)
		peer_deleted(core, sa, logout);
	else if (moved)
		ike_mobike_moved(core, sa);
	else
		ike_child_gone(core, sa);
}
