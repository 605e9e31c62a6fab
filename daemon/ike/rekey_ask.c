// SPDX-License-Identifier: BSD-2-Clause
#include "ike/rekey_ask.h"

#include "ike/close.h"
#include "ike/create.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/life.h"
#include "ike/names.h"
#include "ike/rekey_answer.h"
#include "ike/succeed.h"
#include "ike/task.h"

static void log_failed(struct ike_core *core, const struct ikesa *sa, const char *why)
{
	char who[IKESA_TEXT_MAX];

	core->stats.rekey_failed++;
	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("ike", "%s: rekey of the IKE SA: %s", ikesa_text(sa, who), why);
}

/* CHILD SAs that are being made belong to this IKE SA; they come first. RFC 7296 2.25.1 */
static bool children_move(const struct ikesa *sa)
{
	if (sa->asked)
		return true;
	for (const struct ike_child *child = sa->child; child; child = child->next)
		if (child->state == IKE_CHILD_INSTALLING)
			return true;
	return false;
}

/* --- the request --- */

/* Our proposals, as far as the peer knows their transform types. */
static void offer_known(const struct ikesa *sa, const struct conf_proposal *const *ours,
			size_t count, const uint8_t *spi, struct ike_sa *offer)
{
	struct conf_proposal known[CONF_LIST_MAX];
	const struct conf_proposal *list[CONF_LIST_MAX];

	for (size_t i = 0; i < count; i++) {
		known[i] = *ours[i];
		ike_additional_known(ike_additional_any(sa->keys.suite.additional),
				     &known[i].additional);
		list[i] = &known[i];
	}
	ike_offer_sa(list, count, spi, offer);
}

/* The group of now is the one that the peer has; a reload may have taken it away. */
static uint16_t first_group(const struct conf_proposal *const *ours, size_t count, uint16_t wanted)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < ours[i]->group_count; k++)
			if (ours[i]->group[k] == wanted)
				return wanted;
	return count && ours[0]->group_count ? ours[0]->group[0] : 0;
}

bool ike_rekey_ask_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	const struct conf_proposal *ours[CONF_LIST_MAX] = { NULL };
	size_t count = ike_proposals_of(core, sa, ours);
	struct ike_create *create;
	struct ike_sa offer = { 0 };
	uint8_t spi[IKE_SPI_MAX];
	struct wr wr = wr_of(spi, sizeof(spi));

	if (!ike_state_in(sa->state, IKE_IN_USE))
		return false;
	create = count && !children_move(sa) ? ike_create_new() : NULL;
	if (!sa->rekey_group)
		sa->rekey_group = first_group(ours, count, sa->keys.suite.group);
	if (!create || !ike_create_fresh(core, create, true, sa->rekey_group) ||
	    (create->spi = ikesa_new_spi(core)) == 0) {
		ike_create_free(create);
		ike_life_ike_again(core, sa);
		return false;
	}
	create->ike = true;
	wr_be64(&wr, create->spi);
	offer_known(sa, ours, count, spi, &offer);
	ike_put_sa(w, &offer);
	ike_put_nonce(w, create->ni, create->ni_len);
	ike_put_ke(w, sa->rekey_group, dh_public(create->dh), dh_public_len(sa->rekey_group));
	sa->create = create;
	return true;
}

/* --- the answer --- */

/* Once more with the group that the peer names, if it is ours. */
static bool other_group(const struct ike_core *core, struct ikesa *sa,
			const struct ike_notify *error)
{
	const struct conf_proposal *ours[CONF_LIST_MAX];
	size_t count = ike_proposals_of(core, sa, ours);
	struct rd rd = rd_of(error->data.p, error->data.len);
	uint16_t group;

	if (!rd_be16(&rd, &group) || group == 0 || group == sa->rekey_group ||
	    first_group(ours, count, group) != group || sa->rekey_failures >= IKE_GROUPS_TRIED)
		return false;
	sa->rekey_failures++;
	sa->rekey_group = group;
	return true;
}

/* False: close it. */
static bool refused(struct ike_core *core, struct ikesa *sa, const struct ike_notify *error)
{
	struct ike_name room;

	/* What the peer did meanwhile stands, or the end of it all is near. */
	if (!ike_state_in(sa->state, IKE_IN_USE))
		return true;
	if (error->type == IKE_NOTIFY_INVALID_KE_PAYLOAD && other_group(core, sa, error)) {
		sa->wanted |= IKE_WANT(IKE_TASK_REKEY_IKE);
		return true;
	}
	if (error->type == IKE_NOTIFY_TEMPORARY_FAILURE ||
	    error->type == IKE_NOTIFY_STATE_NOT_FOUND) {
		ike_life_ike_again(core, sa);
		return sa->rekey_failures < IKE_REKEY_TRIES;
	}
	/* It ends with its lifetime; until then the client can come anew. */
	log_failed(core, sa, ike_notify_name(error->type, &room));
	sa->rekey_refused = error->type;
	ike_life_refused(sa, sa->due_ms[IKE_DUE_EXPIRE]);
	return true;
}

static bool acceptable(const struct ike_core *core, const struct ikesa *sa,
		       struct ike_create *create, const struct ike_message *m)
{
	const struct conf_proposal *ours[CONF_LIST_MAX] = { NULL };
	size_t count = ike_proposals_of(core, sa, ours);
	uint16_t group = dh_group(create->dh);

	if (!ike_count(m, IKE_PAYLOAD_SA) || !ike_count(m, IKE_PAYLOAD_NONCE) ||
	    !ike_count(m, IKE_PAYLOAD_KE) || m->ke.group != group ||
	    !ike_chosen_of(&m->sa, ours, count, group, &create->suite))
		return false;
	create->peer_spi = ike_rekey_spi(&m->sa.proposal[0]);
	memcpy(create->series.method, create->suite.additional, sizeof(create->series.method));
	return create->peer_spi != 0 && ike_create_take(create, true, m) == IKE_DROP_NONE;
}

/* Both have rekeyed it at once, the peer's is not finished, and it is ours that goes. */
static bool loses_to_series(const struct ikesa *sa, const struct ike_create *create)
{
	return ike_create_same(create, sa->asked) && ike_create_lost(create);
}

/*
 * Who has the login now? This SA, when the peer did nothing meanwhile. If it rekeyed as well its
 * heir has it, and the nonces say whether it keeps it. Otherwise all that went on without our heir.
 */
static struct ikesa *predecessor(const struct ike_core *core, struct ikesa *sa,
				 const struct ike_create *create)
{
	struct ikesa *rival = create->rival.ike ? ikesa_find(core, create->rival.ike) : NULL;

	if (loses_to_series(sa, create))
		return NULL;
	if (sa->handle && ike_state_in(sa->state, IKE_IN_USE))
		return sa;
	if (!rival || !rival->handle || ike_create_lost(create) ||
	    !ike_state_in(rival->state, IKE_IN_USE))
		return NULL;
	return rival;
}

/* Every key exchange is made. False: there is no heir. *closed: DELETE of this SA has begun, and it
 * may be gone. */
static bool complete(struct ike_core *core, struct ikesa *sa, struct ike_create *create,
		     bool *closed)
{
	struct ikesa *before, *heir = ike_heir_new(core, sa, create, true);

	if (!heir)
		return false;
	core->stats.ike_rekeys++;
	before = predecessor(core, sa, create);
	if (!before || !ike_succeed(core, before, heir)) {
		ike_disown(core, heir);
		return true;
	}
	ike_want_next(core, heir);
	/* The node that initiated the surviving one deletes the old one, 2.8.2, unless that waits
	 * for this answer already. Our half of a collision that we lost is deleted above, that of
	 * the peer by the peer. */
	*closed = ike_state_in(sa->state, IKE_AUTHENTICATED);
	if (*closed)
		ike_close(core, sa, FG_CAUSE_replaced);
	return true;
}

/*
 * CREATE_CHILD_SA is answered. Of two rekeys at once the one that loses goes no further when it has
 * key exchanges to make, RFC 9370 2.2.4; so does one of an SA that ends. True: ours stops.
 */
static bool stops(struct ike_core *core, struct ikesa *sa, struct ike_create *create)
{
	bool rivals = create->rival.ike || ike_create_same(create, sa->asked);

	if (ike_series_more(create) && rivals && ike_create_lost(create)) {
		if (sa->asked)
			sa->asked->yielded = true;
		return true;
	}
	if (ike_create_same(create, sa->asked) && !ike_create_lost(create) && !sa->busy)
		ike_create_abandon(core, sa);
	return ike_series_more(create) && sa->state == IKE_STATE_DELETING;
}

/* False: the answer makes no sense. */
static bool agreed(struct ike_core *core, struct ikesa *sa, struct ike_create *create,
		   const struct ike_message *m, bool *closed)
{
	if (!create->series.begun) {
		if (!acceptable(core, sa, create, m))
			return false;
		if (stops(core, sa, create))
			return true;
	}
	switch (ike_followup_take(create, m)) {
	case IKE_PROGRESS_DONE:
		return complete(core, sa, create, closed);
	case IKE_PROGRESS_NEXT:
		ike_followup_want(sa, create);
		return true;
	default:
		return false;
	}
}

bool ike_rekey_ask_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	const struct ike_notify *error = ike_find_error(m);
	struct ike_create *create = sa->create;
	char who[IKESA_TEXT_MAX];
	bool good, closed = false;

	sa->create = NULL;
	if (!create)
		return true;
	good = error ? refused(core, sa, error) : agreed(core, sa, create, m, &closed);
	if (closed || sa->create != create)
		ike_create_free(create);
	if (!good) {
		log_info("ike", "%s: %s", ikesa_text(sa, who),
			 error ? "cannot rekey the IKE SA for too long, closing"
			       : "its answer to our rekey of the IKE SA makes no sense, closing");
		ike_close(core, sa, error ? FG_CAUSE_rekey_failed : FG_CAUSE_malformed);
		return false;
	}
	return !closed;
}
