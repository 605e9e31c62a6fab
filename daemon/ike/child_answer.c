// SPDX-License-Identifier: BSD-2-Clause
#include "ike/child_answer.h"

#include "ike/child_delete.h"
#include "ike/close.h"
#include "ike/create.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/life.h"
#include "ike/login.h"
#include "ike/names.h"
#include "ike/task.h"
#include "ike/ts.h"

static void log_refused(struct ike_core *core, const struct ikesa *sa, const char *why,
			const char *detail)
{
	char who[IKESA_TEXT_MAX];

	core->stats.child_refused++;
	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("ike", "%s: its CHILD SA is refused: %s%s%s", ikesa_text(sa, who), why,
			 detail ? ": " : "", detail ? detail : "");
}

/* RFC 7296 2.25: the SPI is the one that the peer named. */
static void not_found(struct ike_core *core, struct ikesa *sa, const struct ike_notify *rekey)
{
	struct ike_draft draft;

	ike_draft_begin(&draft);
	ike_put_notify(&draft.w, rekey->protocol, rekey->spi.p, rekey->spi.len,
		       IKE_NOTIFY_CHILD_SA_NOT_FOUND, NULL, 0);
	if (!ike_answer(core, sa, &draft))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

/* REKEY_SA names the SA by the SPI that its sender receives with, 3.10.1. */
static struct ike_child *named(const struct ikesa *sa, const struct ike_notify *rekey)
{
	__be32 spi;

	if (rekey->protocol != IKE_PROTOCOL_ESP || rekey->spi.len != sizeof(spi))
		return NULL;
	memcpy(&spi, rekey->spi.p, sizeof(spi));
	return ike_child_out(sa, spi);
}

/* It is deleted by us, or about to be: our own rekey of it was answered already, and has perhaps
 * additional key exchanges to make (RFC 9370 2.2.4). */
static bool too_late(const struct ikesa *sa, const struct ike_child *old)
{
	return !old || old->state == IKE_CHILD_DELETING ||
	       (old->state == IKE_CHILD_REKEYING &&
		(!sa->create || sa->create->old_in != old->spi_in || sa->create->series.begun));
}

/* 0, or the notify that refuses the request because of what goes on, RFC 7296 2.25.1 and 2.25.2. */
static uint16_t not_now(const struct ikesa *sa, const struct ike_child *old)
{
	if (sa->create && sa->create->ike)
		return IKE_NOTIFY_TEMPORARY_FAILURE;
	if (old && (too_late(sa, old) || old->state == IKE_CHILD_REPLACED))
		return IKE_NOTIFY_TEMPORARY_FAILURE;
	if (!sa->session || (!old && ike_child_count(sa) >= sa->grant->flow_limit))
		return IKE_NOTIFY_NO_ADDITIONAL_SAS;
	return 0;
}

/* What a rekey may carry is what the old SA carried; otherwise it is the policy's. */
static bool narrow(const struct ikesa *sa, const struct ike_child *old, const struct ike_message *m,
		   struct ike_create *create)
{
	struct ike_ts client, net;

	if (!old)
		return ike_ts_narrow(&m->ts_i, &m->ts_r, &sa->grant->policy, &create->client,
				     &create->net);
	ike_child_selectors(old, &client, &net);
	return ike_ts_common(&m->ts_i, &client, &create->client) &&
	       ike_ts_common(&m->ts_r, &net, &create->net);
}

/* 0, or the notify that refuses the offer; INVALID_KE_PAYLOAD asks for esp.group. */
static uint16_t choose(struct ike_core *core, const struct ikesa *sa, const struct ike_child *old,
		       const struct ike_message *m, struct ike_create *create)
{
	const struct conf_ipsec_profile *ipsec = ike_ipsec_profile_of(core, sa);
	char offer[IKE_OFFER_TEXT_MAX];
	struct ike_pfs pfs = ike_pfs_of(core, sa);

	if (!ipsec) {
		log_refused(core, sa, "its profile is not configured any more", NULL);
		return IKE_NOTIFY_NO_ADDITIONAL_SAS;
	}
	pfs.ke = ike_count(m, IKE_PAYLOAD_KE) ? m->ke.group : 0;
	if (!ike_esp_choose_pfs(&m->sa, ipsec->suite, ipsec->suite_count, &pfs, &create->esp)) {
		log_refused(core, sa,
			    ike_esp_legacy_would(&m->sa, ipsec)
				    ? "no offered proposal is acceptable without legacy = yes"
				    : "no offered proposal is acceptable",
			    ike_offer_text(&m->sa, offer));
		return IKE_NOTIFY_NO_PROPOSAL_CHOSEN;
	}
	if (create->esp.wrong_group)
		return IKE_NOTIFY_INVALID_KE_PAYLOAD;
	if (!narrow(sa, old, m, create)) {
		log_refused(core, sa, "its traffic selectors are outside of what it may have",
			    NULL);
		return IKE_NOTIFY_TS_UNACCEPTABLE;
	}
	memcpy(create->series.method, create->esp.additional.method, sizeof(create->series.method));
	return 0;
}

static int install(struct ike_core *core, const struct ikesa *sa, const struct ike_create *create)
{
	const struct ike_install i = {
		.esp = &create->esp,
		/* What goes to the client takes it when the peer has deleted the old one: until
		 * then nothing says that it has our answer. RFC 7296 2.8. */
		.use_now = !create->old_in,
		.spi_in = create->spi_in,
		.replaces = create->old_in,
		.from = ike_create_ingredients(create),
		.client = &create->client,
		.net = &create->net,
	};

	return ike_child_install(core, sa, &i);
}

/* The answer names our SPI; when it is not the last one, flexd has nothing to install yet. */
static int ask_spi(struct ike_core *core, const struct ikesa *sa)
{
	const struct msg_spi_ask ask = { .ike = sa->handle, .session = sa->session };

	return core->env.to_broker(core->env.arg, MSG_SPI_ASK, &ask, sizeof(ask));
}

static void begin(struct ike_core *core, struct ikesa *sa, const struct ike_child *old,
		  const struct ike_message *m, struct ike_create *create)
{
	uint16_t notify = choose(core, sa, old, m, create);

	if (notify == IKE_NOTIFY_INVALID_KE_PAYLOAD) {
		ike_create_wrong_group(core, sa, create->esp.group);
	} else if (notify) {
		ike_create_refuse(core, sa, notify);
	} else if (!ike_create_fresh(core, create, false, create->esp.group)) {
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
	} else if (ike_create_take(create, false, m) != IKE_DROP_NONE) {
		ike_count_drop(core, IKE_DROP_bad_key);
		ike_fail(core, sa, IKE_NOTIFY_INVALID_SYNTAX, FG_CAUSE_malformed);
	} else if ((ike_series_more(create) ? ask_spi(core, sa) : install(core, sa, create)) < 0) {
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
	} else {
		sa->asked = create;
		return;
	}
	ike_create_free(create);
}

/* A request while the peer's last one has key exchanges to make. About the same CHILD SA it has
 * given that one up; another one has to wait. */
static bool begins_again(struct ike_core *core, struct ikesa *sa, const struct ike_child *old)
{
	if (sa->asked->ike || sa->asked->old_in != (old ? old->spi_in : 0))
		return false;
	ike_create_abandon(core, sa);
	return true;
}

void ike_child_answer(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	const struct ike_notify *rekey = ike_find_notify(m, IKE_NOTIFY_REKEY_SA);
	const struct ike_child *old = rekey ? named(sa, rekey) : NULL;
	uint16_t notify = not_now(sa, old);
	struct ike_create *create;

	if (rekey && !old) {
		not_found(core, sa, rekey);
		return;
	}
	if (!notify && sa->asked && !begins_again(core, sa, old))
		notify = IKE_NOTIFY_TEMPORARY_FAILURE;
	create = notify ? NULL : ike_create_new();
	if (!create) {
		ike_create_refuse(core, sa, notify ? notify : IKE_NOTIFY_TEMPORARY_FAILURE);
		return;
	}
	create->old_in = old ? old->spi_in : 0;
	begin(core, sa, old, m, create);
}

/* --- flexd has answered --- */

static struct ike_create *take_asked(struct ikesa *sa, __be32 spi_out)
{
	struct ike_create *create = sa->asked;

	if (!create || create->esp.spi != spi_out || ike_series_more(create))
		return NULL;
	sa->asked = NULL;
	return create;
}

/* The new one is installed, inbound; the old one waits for the peer's DELETE. When a rekey of ours
 * is out as well its answer decides which of the two new ones stays. */
static void supersede(struct ike_core *core, struct ikesa *sa, const struct ike_create *create,
		      struct ike_child *old, const struct ike_child *heir)
{
	core->stats.child_rekeys++;
	old->heir = heir->spi_in;
	if (old->state == IKE_CHILD_REKEYING) {
		sa->create->rival.child = heir->spi_in;
		ike_create_meet(core, sa->create, create);
		return;
	}
	old->state = IKE_CHILD_REPLACED;
	ike_life_left(core, sa, old);
}

static void put_agreement(const struct ike_create *create, __be32 spi_in, struct ike_writer *w)
{
	struct ike_sa chosen = { 0 };

	ike_esp_choice_sa(&create->esp, spi_in, &chosen);
	ike_put_sa(w, &chosen);
	ike_put_nonce(w, create->nr, create->nr_len);
	if (create->dh)
		ike_put_ke(w, create->esp.group, dh_public(create->dh),
			   dh_public_len(create->esp.group));
	ike_put_ts(w, IKE_PAYLOAD_TSI, &create->client);
	ike_put_ts(w, IKE_PAYLOAD_TSR, &create->net);
}

/* What a login says of its first one; a rekey brings nothing new. */
static void warn_of_legacy(struct ike_core *core, const struct ikesa *sa,
			   const struct ike_create *create)
{
	char who[IKESA_TEXT_MAX];

	if (conf_legacy_suite(create->esp.suite) && log_allowed(&core->log_logins, ike_now(core)))
		log_warn("ike", "%s: its CHILD SA has legacy algorithms: %s", ikesa_text(sa, who),
			 ike_esp_suite_text(create->esp.suite));
}

static void answer(struct ike_core *core, struct ikesa *sa, struct ike_create *create,
		   struct ike_child *old, __be32 spi_in)
{
	struct ike_child *child;
	struct ike_draft draft;

	ike_draft_begin(&draft);
	if (create->series.begun)
		ike_followup_put(create, &draft.w);
	else
		put_agreement(create, spi_in, &draft.w);
	child = ike_child_new(core, sa, &create->esp, spi_in, &create->client, &create->net);
	if (!child || !ike_answer(core, sa, &draft)) {
		ike_destroy(core, sa, FG_CAUSE_sa_failed);
		return;
	}
	if (old)
		supersede(core, sa, create, old, child);
	else
		warn_of_legacy(core, sa, create);
	ike_life_child(core, sa, child);
	ike_child_first(core, sa);
}

/* Nothing comes of it: the peer is told so, the SPI goes back. */
static void fail(struct ike_core *core, struct ikesa *sa, struct ike_create *create,
		 uint16_t notify)
{
	if (create->spi_in)
		ike_child_stop(core, sa, create->spi_in, 0);
	ike_create_free(create);
	sa->asked = NULL;
	ike_due_at(core, sa, IKE_DUE_FOLLOWUP, IKE_NEVER);
	ike_create_refuse(core, sa, notify);
}

/* Its series begins. */
void ike_child_answer_spi(struct ike_core *core, struct ikesa *sa,
			  const struct msg_spi_given *given)
{
	struct ike_create *create = sa->asked;
	struct ike_child *old = create ? ike_child_in(sa, create->old_in) : NULL;
	struct ike_draft draft;

	if (!create || create->ike || create->spi_in || !ike_series_more(create)) {
		if (given->spi_in)
			ike_child_stop(core, sa, given->spi_in, 0);
		return;
	}
	create->spi_in = given->spi_in;
	if (!given->spi_in || (create->old_in && too_late(sa, old)) ||
	    !ike_followup_expect(core, sa, create)) {
		fail(core, sa, create, IKE_NOTIFY_TEMPORARY_FAILURE);
		return;
	}
	if (old && old->state == IKE_CHILD_REKEYING)
		ike_create_meet(core, sa->create, create);
	ike_draft_begin(&draft);
	put_agreement(create, create->spi_in, &draft.w);
	ike_followup_put(create, &draft.w);
	if (!ike_answer(core, sa, &draft))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

void ike_child_answer_last(struct ike_core *core, struct ikesa *sa)
{
	struct ike_create *create = sa->asked;

	if ((create->old_in && too_late(sa, ike_child_in(sa, create->old_in))) ||
	    install(core, sa, create) < 0)
		fail(core, sa, create, IKE_NOTIFY_TEMPORARY_FAILURE);
}

bool ike_child_answer_added(struct ike_core *core, struct ikesa *sa,
			    const struct msg_sa_added *added)
{
	struct ike_create *create = take_asked(sa, added->spi_out);
	struct ike_child *old;

	if (!create)
		return false;
	old = ike_child_in(sa, create->old_in);
	if (create->old_in && too_late(sa, old)) {
		ike_child_stop(core, sa, added->spi_in, 0);
		ike_create_refuse(core, sa, IKE_NOTIFY_TEMPORARY_FAILURE);
	} else {
		answer(core, sa, create, old, added->spi_in);
	}
	ike_create_free(create);
	return true;
}

bool ike_child_answer_refused(struct ike_core *core, struct ikesa *sa,
			      const struct msg_sa_refused *refused)
{
	struct ike_create *create = take_asked(sa, refused->spi_out);

	if (!create)
		return false;
	log_refused(core, sa, "it cannot be installed", NULL);
	ike_create_refuse(core, sa,
			  create->old_in ? IKE_NOTIFY_TEMPORARY_FAILURE
					 : IKE_NOTIFY_NO_ADDITIONAL_SAS);
	ike_create_free(create);
	return true;
}
