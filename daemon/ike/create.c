// SPDX-License-Identifier: BSD-2-Clause
#include "ike/create.h"

#include "core/secret.h"
#include "ike/child_answer.h"
#include "ike/close.h"
#include "ike/exchange.h"
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

static struct ike_bytes lowest(const struct ike_create *create)
{
	struct ike_bytes ni = ike_create_ni(create), nr = ike_create_nr(create);

	return compare(ni, nr) < 0 ? ni : nr;
}

void ike_create_meet(struct ike_create *ours, const struct ike_create *theirs)
{
	struct ike_bytes low = lowest(theirs);

	memcpy(ours->rival.lowest, low.p, low.len);
	ours->rival.lowest_len = low.len;
}

bool ike_create_lost(const struct ike_create *ours)
{
	const struct ike_bytes theirs = { ours->rival.lowest, ours->rival.lowest_len };

	return compare(lowest(ours), theirs) < 0;
}

/* --- what the configuration says --- */

const struct conf_profile *ike_profile_of(const struct ike_core *core, const struct ikesa *sa)
{
	return conf_find_profile(core->conf, sa->profile);
}

const struct conf_ipsec_profile *ike_ipsec_profile_of(const struct ike_core *core,
						      const struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);

	return profile ? &core->conf->ipsec_profiles[profile->ipsec_profile] : NULL;
}

bool ike_pfs_has(const struct ike_pfs *pfs, uint16_t group)
{
	for (size_t i = 0; i < pfs->group_count; i++)
		if (pfs->group[i] == group)
			return true;
	return false;
}

/*
 * As IOS: with set-pfs its groups and nothing else; without it we ask for none, and take any of
 * those that the profile has for the IKE SA.
 */
struct ike_pfs ike_pfs_of(const struct ike_core *core, const struct ikesa *sa,
			  uint16_t room[CONF_LIST_MAX])
{
	const struct conf_profile *profile = ike_profile_of(core, sa);
	const struct conf_ipsec_profile *ipsec = ike_ipsec_profile_of(core, sa);
	struct ike_pfs pfs = { .group = room };

	if (ipsec && ipsec->pfs_count > 0) {
		memcpy(room, ipsec->pfs, ipsec->pfs_count * sizeof(room[0]));
		pfs.group_count = ipsec->pfs_count;
		pfs.required = true;
		return pfs;
	}
	for (size_t i = 0; profile && i < profile->proposal_count; i++) {
		const struct conf_proposal *p = &core->conf->proposals[profile->proposal[i]];

		for (size_t k = 0; k < p->group_count && pfs.group_count < CONF_LIST_MAX; k++)
			if (!ike_pfs_has(&pfs, p->group[k]))
				room[pfs.group_count++] = p->group[k];
	}
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
