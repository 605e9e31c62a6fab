// SPDX-License-Identifier: BSD-2-Clause
#include "ike/rekey_answer.h"

#include "ike/close.h"
#include "ike/create.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/succeed.h"
#include "ike/task.h"

#include <stdlib.h>

uint64_t ike_rekey_spi(const struct ike_proposal *proposal)
{
	struct rd rd = rd_of(proposal->spi, proposal->spi_len);
	uint64_t spi;

	return rd_be64(&rd, &spi) && rd_end(&rd) ? spi : 0;
}

/* We create, rekey or delete a CHILD SA of it: RFC 7296 2.25.1. So does the peer, which has key
 * exchanges to make. */
static bool children_move(const struct ikesa *sa)
{
	if ((sa->create && !sa->create->ike) || (sa->asked && !sa->asked->ike))
		return true;
	for (const struct ike_child *child = sa->child; child; child = child->next)
		if (child->state == IKE_CHILD_INSTALLING ||
		    ike_asking(sa, IKE_TASK_DELETE_CHILD, child->spi_in))
			return true;
	return false;
}

/* Our own rekey is agreed on and has key exchanges to make, RFC 9370 2.2.4. */
static bool ours_goes_on(const struct ikesa *sa)
{
	return sa->create && sa->create->series.begun;
}

/* What this one replaced waits for the peer's DELETE. Until then there is no other: who rekeys
 * without an end would have us keep them all. */
static bool piles_up(const struct ike_core *core, const struct ikesa *sa)
{
	const struct ikesa *before = sa->replaces ? ikesa_find(core, sa->replaces) : NULL;

	return before && before->state == IKE_STATE_REKEYED;
}

/* One of the profile's proposals, and the SPI that the peer gave in it. False: none is acceptable.
 */
static bool choose(const struct ike_core *core, const struct ikesa *sa, const struct ike_message *m,
		   struct ike_choice *choice, uint64_t *peer_spi)
{
	const struct conf_proposal *ours[CONF_LIST_MAX] = { NULL };
	size_t count = ike_proposals_of(core, sa, ours);

	if (!ike_choose_additional(&m->sa, ours, count, m->ke.group, choice))
		return false;
	for (size_t i = 0; i < m->sa.proposal_count; i++)
		if (m->sa.proposal[i].number == choice->number)
			*peer_spi = ike_rekey_spi(&m->sa.proposal[i]);
	return *peer_spi != 0;
}

static void put_agreement(const struct ike_create *create, const struct ike_choice *choice,
			  uint64_t own_spi, struct ike_writer *w)
{
	struct ike_sa chosen = { 0 };
	uint8_t spi[IKE_SPI_MAX];
	struct wr wr = wr_of(spi, sizeof(spi));

	wr_be64(&wr, own_spi);
	ike_choice_sa(choice, spi, &chosen);
	ike_put_sa(w, &chosen);
	ike_put_nonce(w, create->nr, create->nr_len);
	ike_put_ke(w, choice->suite.group, dh_public(create->dh),
		   dh_public_len(choice->suite.group));
}

/* The heir takes over at once: the peer may use it as soon as it has our answer. When a rekey of
 * ours is out as well, its answer decides whether the heir stays: rekey_ask.c. choice NULL: it is
 * the answer to the last IKE_FOLLOWUP_KE. */
static void make_heir(struct ike_core *core, struct ikesa *sa, struct ike_create *create,
		      const struct ike_choice *choice)
{
	struct ikesa *heir = ike_heir_new(core, sa, create, false);
	struct ike_draft draft;

	if (!heir) {
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
		return;
	}
	ike_draft_begin(&draft);
	if (choice)
		put_agreement(create, choice, heir->spi_r, &draft.w);
	else
		ike_followup_put(create, &draft.w);
	if (!ike_answer(core, sa, &draft)) {
		ikesa_free(core, heir);
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
		return;
	}
	if (sa->create && sa->create->ike) {
		sa->create->rival.ike = ikesa_own_spi(heir);
		ike_create_meet(core, sa->create, create);
	}
	core->stats.ike_rekeys++;
	if (ike_succeed(core, sa, heir)) {
		ike_want_next(core, heir);
		return;
	}
	ike_destroy(core, heir, FG_CAUSE_setup_abandoned);
	ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

void ike_rekey_answer_last(struct ike_core *core, struct ikesa *sa)
{
	struct ike_create *create = sa->asked;

	sa->asked = NULL;
	if (children_move(sa))
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
	else
		make_heir(core, sa, create, NULL);
	ike_create_free(create);
}

/* There is no heir before the last key exchange. */
static void begin_series(struct ike_core *core, struct ikesa *sa, struct ike_create *create,
			 const struct ike_choice *choice)
{
	struct ike_draft draft;

	create->spi = ikesa_new_spi(core);
	if (!create->spi || !ike_followup_expect(core, sa, create)) {
		ike_create_free(create);
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
		return;
	}
	sa->asked = create;
	if (sa->create)
		ike_create_meet(core, sa->create, create);
	ike_draft_begin(&draft);
	put_agreement(create, choice, create->spi, &draft.w);
	ike_followup_put(create, &draft.w);
	if (!ike_answer(core, sa, &draft))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

static struct ike_create *create_of(const struct ike_core *core, const struct ike_choice *choice,
				    uint64_t peer_spi)
{
	struct ike_create *create = ike_create_new();

	if (!create || !ike_create_fresh(core, create, false, choice->suite.group)) {
		ike_create_free(create);
		return NULL;
	}
	create->ike = true;
	create->suite = choice->suite;
	create->peer_spi = peer_spi;
	memcpy(create->series.method, choice->suite.additional, sizeof(create->series.method));
	return create;
}

void ike_rekey_answer(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	struct ike_create *create;
	struct ike_choice choice;
	uint64_t peer_spi = 0;

	if (children_move(sa) || piles_up(core, sa) || ours_goes_on(sa)) {
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
		return;
	}
	/* Its last one had key exchanges to make: it has given that up. */
	ike_create_abandon(core, sa);
	if (!choose(core, sa, m, &choice, &peer_spi)) {
		ike_count_drop(core, IKE_DROP_no_proposal);
		ike_create_refuse(core, sa, IKE_NOTIFY_NO_PROPOSAL_CHOSEN);
		return;
	}
	if (choice.wrong_group) {
		ike_create_wrong_group(core, sa, choice.suite.group);
		return;
	}
	create = create_of(core, &choice, peer_spi);
	if (!create) {
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
	} else if (ike_create_take(create, false, m) != IKE_DROP_NONE) {
		ike_count_drop(core, IKE_DROP_bad_key);
		ike_create_free(create);
		ike_fail(core, sa, IKE_NOTIFY_INVALID_SYNTAX, FG_CAUSE_malformed);
	} else if (ike_series_more(create)) {
		begin_series(core, sa, create, &choice);
	} else {
		make_heir(core, sa, create, &choice);
		ike_create_free(create);
	}
}
