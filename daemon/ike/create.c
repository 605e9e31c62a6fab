// SPDX-License-Identifier: BSD-2-Clause
#include "ike/create.h"

#include "core/secret.h"
#include "ike/child_answer.h"
#include "ike/close.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/life.h"
#include "ike/rekey_answer.h"

#include <stdlib.h>

/* --- both directions --- */

struct ike_create *ike_create_new(void)
{
	return calloc(1, sizeof(struct ike_create));
}

void ike_create_free(struct ike_create *create)
{
	if (!create)
		return;
	dh_free(create->dh);
	ike_series_end(&create->series);
	wipe(create, sizeof(*create));
	free(create);
}

bool ike_create_fresh(const struct ike_core *core, struct ike_create *create, bool ours,
		      uint16_t group)
{
	uint8_t *nonce = ours ? create->ni : create->nr;

	*(ours ? &create->ni_len : &create->nr_len) = IKE_NONCE_LEN;
	if (!core->env.random(core->env.arg, nonce, IKE_NONCE_LEN))
		return false;
	return group == 0 || dh_new(group, &create->dh) == 0;
}

enum ike_drop ike_create_take(struct ike_create *create, bool ours, const struct ike_message *m)
{
	/* The parser has checked its length. */
	memcpy(ours ? create->nr : create->ni, m->nonce.p, m->nonce.len);
	*(ours ? &create->nr_len : &create->ni_len) = m->nonce.len;
	if (create->dh && !dh_shared(create->dh, m->ke.value.p, m->ke.value.len, create->shared,
				     &create->shared_len))
		return IKE_DROP_bad_key;
	return IKE_DROP_NONE;
}

/* Octet by octet; one that ends first is the lower. RFC 7296 2.8.1. */
static int compare(struct ike_bytes a, struct ike_bytes b)
{
	size_t both = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.p, b.p, both);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

struct ike_ingredients ike_create_ingredients(const struct ike_create *create)
{
	return (struct ike_ingredients){
		.ni = { create->ni, create->ni_len },
		.nr = { create->nr, create->nr_len },
		.shared = { create->shared, create->shared_len },
		.more = { create->series.secret, create->series.secret_len },
	};
}

static struct ike_bytes lowest(const struct ike_create *create)
{
	const struct ike_ingredients from = ike_create_ingredients(create);

	return compare(from.ni, from.nr) < 0 ? from.ni : from.nr;
}

void ike_create_meet(struct ike_core *core, struct ike_create *ours,
		     const struct ike_create *theirs)
{
	struct ike_bytes low = lowest(theirs);

	if (!ours->rival.lowest_len)
		core->stats.rekey_collisions++;
	memcpy(ours->rival.lowest, low.p, low.len);
	ours->rival.lowest_len = low.len;
}

bool ike_create_lost(const struct ike_create *ours)
{
	const struct ike_bytes theirs = { ours->rival.lowest, ours->rival.lowest_len };

	return compare(lowest(ours), theirs) < 0;
}

bool ike_create_same(const struct ike_create *ours, const struct ike_create *theirs)
{
	return ours && theirs && ours->ike == theirs->ike && ours->old_in == theirs->old_in &&
	       (ours->ike || ours->old_in);
}

void ike_create_abandon(struct ike_core *core, struct ikesa *sa)
{
	struct ike_create *create = sa->asked;
	struct ike_child *old = create ? ike_child_in(sa, create->old_in) : NULL;

	if (!create)
		return;
	if (create->yielded && create->ike)
		ike_life_ike_again(core, sa);
	else if (create->yielded && old && old->state == IKE_CHILD_INSTALLED)
		ike_life_again(core, old);
	if (create->spi_in)
		ike_child_stop(core, sa, create->spi_in, 0);
	ike_create_free(create);
	sa->asked = NULL;
	ike_due_at(core, sa, IKE_DUE_FOLLOWUP, IKE_NEVER);
	ike_child_rearm(core, sa);
}

/* --- what the configuration says --- */

const struct conf_ipsec_profile *ike_ipsec_profile_of(const struct ike_core *core,
						      const struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);

	return profile ? &core->conf->ipsec_profiles[profile->ipsec_profile] : NULL;
}

size_t ike_proposals_of(const struct ike_core *core, const struct ikesa *sa,
			const struct conf_proposal *ours[CONF_LIST_MAX])
{
	const struct conf_profile *profile = ike_profile_of(core, sa);
	size_t count = profile ? profile->proposal_count : 0;

	for (size_t i = 0; i < count; i++)
		ours[i] = &core->conf->proposals[profile->proposal[i]];
	return count;
}

bool ike_pfs_has(const struct ike_pfs *pfs, uint16_t group)
{
	for (size_t i = 0; i < pfs->group_count; i++)
		if (pfs->group[i] == group)
			return true;
	return false;
}

/* What is taken of additional key exchanges where nothing says what is wanted: those of this
 * proposal, or none. */
static void take_additional(const struct conf_additional *from, struct conf_additional *to)
{
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++)
		for (size_t i = 0; i < from->count[n] && to->count[n] < CONF_LIST_MAX - 1; i++)
			if (from->method[n][i] != IKE_GROUP_NONE)
				to->method[n][to->count[n]++] = from->method[n][i];
}

/*
 * As IOS: with set-pfs its groups and nothing else; without it we ask for none, and take any of
 * those that the profile has for the IKE SA.
 */
struct ike_pfs ike_pfs_of(const struct ike_core *core, const struct ikesa *sa)
{
	const struct conf_ipsec_profile *ipsec = ike_ipsec_profile_of(core, sa);
	const struct conf_proposal *ours[CONF_LIST_MAX] = { NULL };
	size_t count = ike_proposals_of(core, sa, ours);
	struct ike_pfs pfs = { 0 };

	if (ipsec && ipsec->pfs_count > 0) {
		memcpy(pfs.group, ipsec->pfs, sizeof(pfs.group));
		pfs.group_count = ipsec->pfs_count;
		pfs.additional = ipsec->additional;
		pfs.required = true;
		return pfs;
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < ours[i]->group_count && pfs.group_count < CONF_LIST_MAX; k++)
			if (!ike_pfs_has(&pfs, ours[i]->group[k]))
				pfs.group[pfs.group_count++] = ours[i]->group[k];
		take_additional(&ours[i]->additional, &pfs.additional);
	}
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++)
		if (pfs.additional.count[n] > 0)
			pfs.additional.method[n][pfs.additional.count[n]++] = IKE_GROUP_NONE;
	return pfs;
}

/* --- requests of the peer --- */

void ike_create_refuse(struct ike_core *core, struct ikesa *sa, uint16_t notify)
{
	if (!ike_answer_notify(core, sa, notify, NULL, 0))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

void ike_create_wrong_group(struct ike_core *core, struct ikesa *sa, uint16_t group)
{
	uint8_t data[2];
	struct wr wr = wr_of(data, sizeof(data));

	wr_be16(&wr, group);
	ike_count_drop(core, IKE_DROP_bad_group);
	if (!ike_answer_notify(core, sa, IKE_NOTIFY_INVALID_KE_PAYLOAD, data, sizeof(data)))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

/* What the form of the request must be beyond what the rules can say. */
static bool well_formed(const struct ike_message *m, bool ike)
{
	if (ike)
		return ike_count(m, IKE_PAYLOAD_KE) == 1;
	return ike_count(m, IKE_PAYLOAD_TSI) == 1 && ike_count(m, IKE_PAYLOAD_TSR) == 1;
}

void ike_create_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			const struct ike_arrival *from)
{
	bool ike = m->sa.proposal[0].protocol == IKE_PROTOCOL_IKE;

	(void)from;
	if (!well_formed(m, ike)) {
		ike_count_drop(core, IKE_DROP_missing_payload);
		ike_fail(core, sa, IKE_NOTIFY_INVALID_SYNTAX, FG_CAUSE_malformed);
	} else if (ike_state_in(sa->state,
				IKE_IN(IKE_STATE_DELETING) | IKE_IN(IKE_STATE_REKEYED))) {
		/* RFC 7296 2.25.2: it goes, whether the peer knows that yet or not. */
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
	} else if (ike) {
		ike_rekey_answer(core, sa, m);
	} else {
		ike_child_answer(core, sa, m);
	}
}
