// SPDX-License-Identifier: BSD-2-Clause
#include "ike/child_ask.h"

#include "ike/child_delete.h"
#include "ike/client.h"
#include "ike/close.h"
#include "ike/create.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/life.h"
#include "ike/names.h"
#include "ike/task.h"
#include "ike/ts.h"

static void log_failed(struct ike_core *core, const struct ikesa *sa, const char *why)
{
	char who[IKESA_TEXT_MAX];

	core->stats.rekey_failed++;
	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("ike", "%s: rekey of a CHILD SA: %s", ikesa_text(sa, who), why);
}

/* --- an SPI, then the request --- */

/* The peer is at it, with key exchanges to make: what it makes is as good as ours. */
static bool yields(struct ikesa *sa, const struct ike_child *child)
{
	if (!sa->asked || sa->asked->ike || sa->asked->old_in != child->spi_in)
		return false;
	sa->asked->yielded = true;
	return true;
}

void ike_child_rekey(struct ike_core *core, struct ikesa *sa, struct ike_child *child)
{
	const struct msg_spi_ask ask = {
		.ike = sa->handle,
		.session = sa->session,
		.ticket = child->spi_in,
	};

	if (child->state != IKE_CHILD_INSTALLED || child->asked || yields(sa, child))
		return;
	if (child->spare) {
		ike_want_child(core, sa, IKE_TASK_REKEY_CHILD, child);
		return;
	}
	if (core->env.to_broker(core->env.arg, MSG_SPI_ASK, &ask, sizeof(ask)) < 0)
		ike_life_again(core, child);
	else
		child->asked = true;
	ike_child_rearm(core, sa);
}

void ike_child_spi_given(struct ike_core *core, struct ikesa *sa, const struct msg_spi_given *given)
{
	struct ike_child *child = ike_child_in(sa, given->ticket);
	bool wanted = child && child->asked && child->state == IKE_CHILD_INSTALLED;

	if (child)
		child->asked = false;
	if (!given->spi_in && wanted) {
		log_failed(core, sa, "there is no SPI for another one");
		ike_life_again(core, child);
		ike_child_rearm(core, sa);
	} else if (given->spi_in && !wanted) {
		ike_child_stop(core, sa, given->spi_in, 0);
	} else if (wanted) {
		child->spare = given->spi_in;
		ike_want_child(core, sa, IKE_TASK_REKEY_CHILD, child);
	}
}

/* Those of the old one and nothing else. */
static void as_before(const struct ike_child *child, struct ike_pfs *pfs)
{
	*pfs = (struct ike_pfs){ .group = { child->group }, .group_count = child->group ? 1 : 0 };
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++) {
		pfs->additional.method[n][0] = child->additional[n];
		pfs->additional.count[n] = child->additional[n] ? 1 : 0;
	}
}

/*
 * The key exchanges of our offer, and in `ke` the group of our KE payload: the one that worked last
 * time saves a round. A client that is known to refuse a key exchange gets one only if it made one
 * itself.
 */
static struct ike_pfs groups(const struct ike_core *core, const struct ikesa *sa,
			     const struct ike_child *child)
{
	struct ike_pfs pfs = ike_pfs_of(core, sa);

	if (pfs.required && child->group == 0 &&
	    ike_client_has(sa, IKE_CLIENT_NO_KE_IN_CHILD_REKEY))
		pfs.required = false;
	if (pfs.required)
		ike_additional_known(ike_additional_any(sa->keys.suite.additional) ||
					     ike_additional_any(child->additional),
				     &pfs.additional);
	else
		as_before(child, &pfs);
	if (pfs.group_count > 0)
		pfs.ke = ike_pfs_has(&pfs, child->group) ? child->group : pfs.group[0];
	return pfs;
}

/* N(REKEY_SA), SA, Ni, [KEi], TSi, TSr: we are the initiator of the exchange, so TSi is our side.
 */
static void put_request(const struct ike_child *old, const struct ike_create *create,
			const struct ike_sa *offer, struct ike_writer *w)
{
	if (!old->lost)
		ike_put_notify(w, IKE_PROTOCOL_ESP, &old->spi_in, sizeof(old->spi_in),
			       IKE_NOTIFY_REKEY_SA, NULL, 0);
	ike_put_sa(w, offer);
	ike_put_nonce(w, create->ni, create->ni_len);
	if (create->dh)
		ike_put_ke(w, create->pfs.ke, dh_public(create->dh), dh_public_len(create->pfs.ke));
	ike_put_ts(w, IKE_PAYLOAD_TSI, &create->net);
	ike_put_ts(w, IKE_PAYLOAD_TSR, &create->client);
}

static struct ike_create *prepare(const struct ike_core *core, const struct ikesa *sa,
				  const struct ike_child *old, struct ike_sa *offer)
{
	const struct conf_ipsec_profile *ipsec = ike_ipsec_profile_of(core, sa);
	struct ike_create *create = ike_create_new();
	struct ike_pfs pfs = groups(core, sa, old);

	if (!ipsec || !create || !ike_create_fresh(core, create, true, pfs.ke)) {
		ike_create_free(create);
		return NULL;
	}
	create->old_in = old->spi_in;
	create->spi_in = old->spare;
	create->pfs = pfs;
	ike_child_selectors(old, &create->client, &create->net);
	ike_esp_offer_sa(ipsec->suite, ipsec->suite_count, &pfs, create->spi_in, offer);
	return create;
}

bool ike_child_ask_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	struct ike_child *old = ike_child_in(sa, sa->own_child);
	struct ike_sa offer = { 0 };

	/* The peer may have been faster. */
	if (!old || old->state != IKE_CHILD_INSTALLED || !old->spare || yields(sa, old))
		return false;
	/* It rekeys the IKE SA, and would refuse. */
	if (sa->asked && sa->asked->ike) {
		ike_life_again(core, old);
		ike_child_rearm(core, sa);
		return false;
	}
	sa->create = prepare(core, sa, old, &offer);
	if (!sa->create) {
		log_failed(core, sa, "it cannot be asked for");
		ike_life_again(core, old);
		ike_child_rearm(core, sa);
		return false;
	}
	old->spare = 0;
	old->state = IKE_CHILD_REKEYING;
	put_request(old, sa->create, &offer, w);
	return true;
}

/* --- the answer --- */

/* A rekey of ours came to nothing. When the peer's own stands, as both did it at once, or has key
 * exchanges to make, all is well; otherwise `old` goes on, and its SPI may serve for another try.
 */
static bool rival_stands(struct ike_core *core, struct ikesa *sa, struct ike_child *old)
{
	if (!old)
		return false;
	if (ike_child_in(sa, old->heir)) {
		old->state = IKE_CHILD_REPLACED;
		ike_life_left(core, sa, old);
		return true;
	}
	if (!yields(sa, old))
		return false;
	old->state = IKE_CHILD_INSTALLED;
	old->due_ms[IKE_CHILD_SOFT] = IKE_NEVER;
	ike_child_rearm(core, sa);
	return true;
}

/* Once more with the group that the peer names, RFC 7296 1.3, if we take it. */
static bool other_group(const struct ike_core *core, const struct ikesa *sa,
			const struct ike_create *create, struct ike_child *old,
			const struct ike_notify *error)
{
	struct rd rd = rd_of(error->data.p, error->data.len);
	const struct ike_pfs pfs = ike_pfs_of(core, sa);
	uint16_t group;

	if (!rd_be16(&rd, &group) || group == create->pfs.ke || !ike_pfs_has(&pfs, group) ||
	    old->failures >= IKE_GROUPS_TRIED)
		return false;
	old->failures++;
	old->group = group;
	return true;
}

/* What a refusal means for the old SA. True: ask again at once, with the SPI that we have. */
static bool again(struct ike_core *core, struct ikesa *sa, const struct ike_create *create,
		  struct ike_child *old, const struct ike_notify *error)
{
	struct ike_name room;

	old->state = IKE_CHILD_INSTALLED;
	switch (error->type) {
	case IKE_NOTIFY_INVALID_KE_PAYLOAD:
		if (other_group(core, sa, create, old, error))
			return true;
		break;
	case IKE_NOTIFY_CHILD_SA_NOT_FOUND:
		/* RFC 7296 2.25: the peer has none, so one from scratch. The old one stays until
		 * then: what comes in by it still is the client's. */
		if (!old->lost) {
			old->lost = true;
			return true;
		}
		break;
	case IKE_NOTIFY_TEMPORARY_FAILURE:
	case IKE_NOTIFY_STATE_NOT_FOUND:
		ike_life_again(core, old);
		return false;
	default:
		break;
	}
	/* NO_ADDITIONAL_SAS, NO_PROPOSAL_CHOSEN and what else there is: the client will not have
	 * it. The SA ends with its lifetime; a client that still wants one asks for it, or
	 * authenticates again. */
	log_failed(core, sa, ike_notify_name(error->type, &room));
	ike_life_give_up(sa, old, error->type);
	return false;
}

static void refused(struct ike_core *core, struct ikesa *sa, const struct ike_create *create,
		    const struct ike_notify *error)
{
	struct ike_child *old = ike_child_in(sa, create->old_in);
	bool ours = old && old->state == IKE_CHILD_REKEYING;

	if (ours && !rival_stands(core, sa, old) && again(core, sa, create, old, error)) {
		old->spare = create->spi_in;
		old->wanted |= IKE_WANT(IKE_TASK_REKEY_CHILD);
	} else {
		ike_child_stop(core, sa, create->spi_in, 0);
	}
	ike_child_rearm(core, sa);
	ike_child_gone(core, sa);
}

/* Is it a choice from what we offered, with selectors inside of ours? */
static bool acceptable(const struct ike_core *core, const struct ikesa *sa,
		       struct ike_create *create, const struct ike_message *m)
{
	const struct conf_ipsec_profile *ipsec = ike_ipsec_profile_of(core, sa);
	uint16_t ke = ike_count(m, IKE_PAYLOAD_KE) ? m->ke.group : 0;

	return ipsec && ike_count(m, IKE_PAYLOAD_SA) && ike_count(m, IKE_PAYLOAD_NONCE) &&
	       ike_count(m, IKE_PAYLOAD_TSI) && ike_count(m, IKE_PAYLOAD_TSR) &&
	       create->pfs.ke == ke &&
	       ike_esp_chosen(&m->sa, ipsec->suite, ipsec->suite_count, &create->pfs,
			      &create->esp) &&
	       ike_ts_within(&m->ts_i, &create->net) && ike_ts_within(&m->ts_r, &create->client) &&
	       ike_create_take(create, true, m) == IKE_DROP_NONE;
}

static int install(struct ike_core *core, const struct ikesa *sa, const struct ike_create *create,
		   __be32 replaces, bool use_now)
{
	const struct ike_install i = {
		.esp = &create->esp,
		.ours = true,
		.use_now = use_now,
		.spi_in = create->spi_in,
		.replaces = replaces,
		.from = ike_create_ingredients(create),
		.client = &create->client,
		.net = &create->net,
	};

	return ike_child_install(core, sa, &i);
}

/* The new one takes the place of the old one, and of what the peer made when both rekeyed at once,
 * unless it is ours that goes. */
static void place(struct ike_core *core, struct ikesa *sa, struct ike_child *child,
		  struct ike_child *old, struct ike_child *rival)
{
	if (old && old->state != IKE_CHILD_REKEYING)
		old = NULL;
	if (child->redundant) {
		rival_stands(core, sa, old);
		return;
	}
	if (old)
		old->heir = child->spi_in;
	if (rival) {
		rival->heir = child->spi_in;
		rival->state = IKE_CHILD_REPLACED;
		ike_life_left(core, sa, rival);
	}
}

/* Both have rekeyed it at once, and it is ours that goes. */
static bool lost(const struct ikesa *sa, const struct ike_create *create)
{
	return (ike_child_in(sa, create->rival.child) || ike_create_same(create, sa->asked)) &&
	       ike_create_lost(create);
}

/* Every key exchange is made. */
static bool complete(struct ike_core *core, struct ikesa *sa, struct ike_create *create)
{
	struct ike_child *old = ike_child_in(sa, create->old_in);
	struct ike_child *rival = ike_child_in(sa, create->rival.child);
	__be32 replaces = old ? old->spi_in : rival ? rival->spi_in : 0;
	bool redundant = lost(sa, create);
	struct ike_child *child;

	child = ike_child_new(core, sa, &create->esp, create->spi_in, &create->client,
			      &create->net);
	if (!child || install(core, sa, create, replaces, !redundant) < 0)
		return false;
	child->state = IKE_CHILD_INSTALLING;
	child->redundant = redundant;
	place(core, sa, child, old, rival);
	return true;
}

/*
 * CREATE_CHILD_SA is answered. Of two rekeys at once the one that loses goes no further: there is
 * nothing to delete as long as it has key exchanges to make, and then its initiator just stops. RFC
 * 9370 2.2.4. True: ours does.
 */
static bool stops(struct ike_core *core, struct ikesa *sa, struct ike_create *create)
{
	struct ike_child *old = ike_child_in(sa, create->old_in);

	if (!lost(sa, create)) {
		if (ike_create_same(create, sa->asked) && !sa->busy)
			ike_create_abandon(core, sa);
		return false;
	}
	if (!ike_series_more(create))
		return false;
	if (old && old->state == IKE_CHILD_REKEYING)
		rival_stands(core, sa, old);
	ike_child_stop(core, sa, create->spi_in, 0);
	return true;
}

/* False: the answer makes no sense, or flexd cannot be asked. */
static bool agreed(struct ike_core *core, struct ikesa *sa, struct ike_create *create,
		   const struct ike_message *m)
{
	if (!create->series.begun) {
		if (!acceptable(core, sa, create, m))
			return false;
		create->net = m->ts_i;
		create->client = m->ts_r;
		memcpy(create->series.method, create->esp.additional.method,
		       sizeof(create->series.method));
		if (stops(core, sa, create))
			return true;
	}
	switch (ike_followup_take(create, m)) {
	case IKE_PROGRESS_DONE:
		return complete(core, sa, create);
	case IKE_PROGRESS_NEXT:
		ike_followup_want(sa, create);
		return true;
	default:
		return false;
	}
}

/* False: the IKE SA must be closed, for `cause`. */
static bool take_answer(struct ike_core *core, struct ikesa *sa, struct ike_create *create,
			const struct ike_message *m, uint32_t *cause)
{
	const struct ike_notify *error = ike_find_error(m);
	const struct ike_child *old;

	*cause = FG_CAUSE_malformed;
	/* The session may have ended while the request was out. */
	if (!create || !sa->session)
		return true;
	if (!error)
		return agreed(core, sa, create, m);
	refused(core, sa, create, error);
	/* RFC 7296 2.25: for minutes it could not; the two sides do not mean the same state. */
	*cause = FG_CAUSE_rekey_failed;
	old = ike_child_in(sa, create->old_in);
	return !old || old->failures < IKE_REKEY_TRIES;
}

bool ike_child_ask_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	struct ike_create *create = sa->create;
	char who[IKESA_TEXT_MAX];
	uint32_t cause;
	bool good;

	sa->create = NULL;
	good = take_answer(core, sa, create, m, &cause);
	if (sa->create != create)
		ike_create_free(create);
	if (good)
		return true;
	log_info("ike", "%s: %s", ikesa_text(sa, who),
		 cause == FG_CAUSE_malformed
			 ? "its answer to our rekey of a CHILD SA makes no sense, closing"
			 : "cannot rekey a CHILD SA for too long, closing");
	ike_close(core, sa, cause);
	return false;
}

/* --- flexd has answered --- */

static struct ike_child *installing(const struct ikesa *sa, __be32 spi_out)
{
	struct ike_child *child = ike_child_out(sa, spi_out);

	return child && child->state == IKE_CHILD_INSTALLING ? child : NULL;
}

/* Those that the new one replaces by our doing. The peer deletes its own half of a collision. */
static void end_old(struct ike_core *core, struct ikesa *sa, __be32 heir)
{
	struct ike_child *next;

	for (struct ike_child *old = sa->child; old; old = next) {
		next = old->next;
		if (old->heir != heir || old->state != IKE_CHILD_REKEYING)
			continue;
		ike_child_retire(old);
		if (!old->lost)
			continue;
		ike_child_stop(core, sa, old->spi_in, IKE_DRAIN_MS);
		ike_child_free(core, sa, old);
	}
}

bool ike_child_ask_added(struct ike_core *core, struct ikesa *sa, const struct msg_sa_added *added)
{
	/* By our SPI: the peer's is what the peer chose, and may have chosen twice. */
	struct ike_child *child = ike_child_in(sa, added->spi_in);

	if (!child || child->state != IKE_CHILD_INSTALLING)
		return false;
	child->state = IKE_CHILD_INSTALLED;
	core->stats.child_rekeys++;
	if (child->redundant) {
		ike_child_delete(core, sa, child);
		return true;
	}
	end_old(core, sa, child->spi_in);
	ike_life_child(core, sa, child);
	ike_child_first(core, sa);
	ike_want_next(core, sa);
	return true;
}

/* The peer has it, we do not: delete it. The old one goes on. */
bool ike_child_ask_refused(struct ike_core *core, struct ikesa *sa,
			   const struct msg_sa_refused *refused)
{
	struct ike_child *child = installing(sa, refused->spi_out);

	if (!child)
		return false;
	log_failed(core, sa, "the new one cannot be installed");
	for (struct ike_child *old = sa->child; old; old = old->next)
		if (old->heir == child->spi_in) {
			old->heir = 0;
			ike_life_again(core, old);
		}
	child->stopped = true;
	ike_child_delete(core, sa, child);
	return true;
}
