// SPDX-License-Identifier: BSD-2-Clause
#include "ike/auth.h"

#include "conf/match.h"
#include "core/secret.h"
#include "ike/client.h"
#include "ike/close.h"
#include "ike/cp.h"
#include "ike/exchange.h"
#include "ike/intermediate.h"
#include "ike/login.h"
#include "ike/mobike.h"
#include "ike/ppk.h"
#include "ike/trace.h"

#include <errno.h>
#include <stdlib.h>

/* The peer always gets the same bytes. */
static void fail_auth(struct ike_core *core, struct ikesa *sa)
{
	core->stats.auth_failed++;
	ike_fail(core, sa, IKE_NOTIFY_AUTHENTICATION_FAILED, FG_CAUSE_setup_abandoned);
}

/* The reason is for the operator. What aaa refuses it logs itself. */
static void fail_auth_saying(struct ike_core *core, struct ikesa *sa, const char *reason)
{
	char who[IKESA_TEXT_MAX];

	ike_trace_line(core, sa, "refused: %s", reason);
	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("login", "%s: refused: %s", ikesa_text(sa, who), reason);
	fail_auth(core, sa);
}

/* The peer sends its request again, and perhaps aaa is back by then. */
void ike_auth_later(struct ike_core *core, struct ikesa *sa)
{
	bool first = !sa->login || sa->login->round == 0;

	if (first) {
		ike_login_free(sa->login);
		sa->login = NULL;
	} else {
		sa->login->round--;
	}
	ike_unanswer(sa);
	if (!ike_move(core, sa, first ? IKE_STATE_HALF_OPEN : IKE_STATE_NEXT_ROUND))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

/*
 * IKE_SA_INIT chose before there was a name: a profile that does not have the chosen algorithms in
 * one of its proposals does not take the client.
 */
static bool suite_allowed(const struct ike_core *core, const struct conf_profile *profile,
			  const struct ike_suite *suite)
{
	const struct ike_choice choice = { .suite = *suite, .number = 1 };
	struct ike_choice again;
	struct ike_sa offer = { 0 };

	ike_choice_sa(&choice, NULL, &offer);
	for (size_t i = 0; i < profile->proposal_count; i++) {
		const struct conf_proposal *ours = &core->conf->proposals[profile->proposal[i]];

		if (ike_choose_additional(&offer, &ours, 1, suite->group, &again) &&
		    !again.wrong_group)
			return true;
	}
	return false;
}

static struct msg_identity identity_of(const struct ike_identity *id)
{
	struct msg_identity who = { .type = id->type, .len = (uint16_t)id->data.len };

	memcpy(who.data, id->data.p, id->data.len);
	return who;
}

struct wanted {
	const struct ike_core *core;
	const struct ike_message *m;
};

static bool is_wanted(const void *arg, const struct conf_profile *profile)
{
	const struct wanted *wanted = arg;

	return ike_own_is_wanted(wanted->core, profile, wanted->m);
}

static const struct conf_profile *find_profile(struct ike_core *core, const struct ikesa *sa,
					       const struct ike_message *m)
{
	struct conf_cert_fields fields;
	struct pki_cert *cert = ike_proof_look(core, m, &fields);
	const struct wanted wanted = { core, m };
	const struct conf_peer peer = {
		.id_type = m->id_i.type,
		.id = m->id_i.data.p,
		.id_len = m->id_i.data.len,
		.cert = cert ? &fields : NULL,
		.local = sa->path.local.ip,
		.outside = ike_path_outside(core, &sa->path),
		.wants = ike_count(m, IKE_PAYLOAD_IDR) ? is_wanted : NULL,
		.arg = &wanted,
	};
	const struct conf_profile *profile = conf_match_profile(core->conf, &peer);

	pki_cert_free(cert);
	return profile;
}

static const struct conf_profile *match_profile(struct ike_core *core, struct ikesa *sa,
						const struct ike_message *m)
{
	const struct conf_profile *profile = find_profile(core, sa, m);
	char who[IKESA_TEXT_MAX], suite[IKE_SUITE_TEXT_MAX];

	memset(sa->profile, 0, sizeof(sa->profile));
	if (profile && suite_allowed(core, profile, &sa->keys.suite)) {
		memcpy(sa->profile, profile->name, sizeof(sa->profile));
		return profile;
	}
	if (profile && log_allowed(&core->log_logins, ike_now(core)))
		log_warn("login", "%s: profile %s has no proposal with %s", ikesa_text(sa, who),
			 profile->name, ike_suite_text(&sa->keys.suite, suite));
	return NULL;
}

/* Whoever asks for a gateway by name seldom takes another: if it leaves now, this is why. */
static void say_unwanted(struct ike_core *core, const struct ikesa *sa,
			 const struct conf_profile *profile, const struct ike_message *m)
{
	const struct conf_identity *ours = &sa->login->own.id;
	char who[IKESA_TEXT_MAX], wanted[IKESA_TEXT_MAX], we[IKESA_TEXT_MAX];

	if (!ike_count(m, IKE_PAYLOAD_IDR) || ike_own_is_wanted(core, profile, m) ||
	    !log_allowed(&core->log_logins, ike_now(core)))
		return;
	log_info("login", "%s: asks for %s, but in profile %s we are %s", ikesa_text(sa, who),
		 conf_identity_text(m->id_r.type, m->id_r.data.p, m->id_r.data.len, wanted,
				    sizeof(wanted)),
		 profile->name,
		 conf_identity_text((uint8_t)ours->type, ours->data, ours->len, we, sizeof(we)));
}

/* Why the client cannot go on from this round, NULL: it can. */
static const char *round_trouble(const struct ikesa *sa, const struct conf_profile *profile)
{
	const struct ike_login *login = sa->login;
	bool wanted = login->round == 0 && profile->auth_second.count > 0;

	if (wanted && !login->another)
		return "it announced no second authentication, which its profile wants";
	if (!wanted && login->another)
		return "it wants to authenticate once more, which its profile does not";
	if (login->childless && !profile->childless)
		return "it wants no CHILD SA, which its profile does not allow";
	return NULL;
}

/* RFC 4739: our proof goes out alone, what the client asked for waits for its next round. */
static void answer_round(struct ike_core *core, struct ikesa *sa)
{
	struct ike_draft draft;

	ike_draft_begin(&draft);
	ike_own_put(&sa->login->own, &sa->login->sign, &draft.w);
	ike_ppk_put(sa, &draft.w);
	if (!ike_answer(core, sa, &draft) || !ike_move(core, sa, IKE_STATE_NEXT_ROUND))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

/* What begins the answer to the first round is there: our own proof. */
static void signed_too(struct ike_core *core, struct ikesa *sa)
{
	sa->own_method = sa->login->sign.method;
	if (sa->login->another)
		answer_round(core, sa);
	else
		ike_login_begin(core, sa);
}

/* The client is who it says in this round. We prove ourselves in the first. */
static void proven(struct ike_core *core, struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);
	const char *trouble = profile ? round_trouble(sa, profile)
				      : "its profile was removed meanwhile";
	struct ike_login *login = sa->login;

	if (trouble)
		fail_auth_saying(core, sa, trouble);
	else if (login->round > 0)
		ike_login_begin(core, sa);
	else if (login->own.none)
		fail_auth_saying(core, sa, "we have no certificate that both sides can use");
	else if (login->sign.ok)
		signed_too(core, sa);
	else if (!ike_move(core, sa, IKE_STATE_SIGNING))
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
	else if (ike_own_sign(core, sa, &login->own) < 0)
		ike_auth_later(core, sa);
}

/* No question: who may be believed stands in our configuration, and a signature is no secret. */
static void judge_signature(struct ike_core *core, struct ikesa *sa, const struct msg_identity *who,
			    const struct ike_message *m)
{
	struct ike_why why;

	if (ike_proof_check(core, sa, who, m, &why))
		proven(core, sa);
	else
		fail_auth_saying(core, sa, why.text);
}

/* A round of which the request has come. */
static void judge(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	struct ike_login *login = sa->login;
	const struct msg_identity *who = login->round ? &login->second : &sa->remote;

	login->another = ike_find_notify(m, IKE_NOTIFY_ANOTHER_AUTH_FOLLOWS) != NULL;
	sa->peer_method = m->auth.method;
	if (!ike_count(m, IKE_PAYLOAD_AUTH))
		fail_auth_saying(core, sa,
				 ike_find_notify(m, IKE_NOTIFY_EAP_ONLY_AUTHENTICATION)
					 ? "it sent no AUTH, which asks for EAP alone: not known"
					 : "it sent no AUTH, which asks for EAP: not known");
	else if (m->auth.data.len > MSG_AUTH_MAX)
		fail_auth_saying(core, sa, "its AUTH is longer than any that we know");
	else if (ike_proof_signs(m->auth.method))
		judge_signature(core, sa, who, m);
	else if (ike_proof_ask(core, sa, who, m) < 0)
		ike_auth_later(core, sa);
}

/* The first round, with a PPK or without one. */
static void judge_with_ppk(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			   enum ike_ppk_answer answer, const char *why)
{
	struct ike_message other;

	switch (answer) {
	case IKE_PPK_GO_ON:
		judge(core, sa, m);
		break;
	case IKE_PPK_WITHOUT:
		other = *m;
		ike_ppk_without(&other);
		judge(core, sa, &other);
		break;
	case IKE_PPK_REFUSED:
		fail_auth_saying(core, sa, why);
		break;
	case IKE_PPK_LATER:
		ike_auth_later(core, sa);
		break;
	case IKE_PPK_ASKED:
		break;
	}
}

/* SA, TSi and TSr come together, or where both sides know RFC 6023 not at all. */
static bool child_wanted(const struct ikesa *sa, const struct ike_message *m, bool *childless)
{
	unsigned count = ike_count(m, IKE_PAYLOAD_SA) + ike_count(m, IKE_PAYLOAD_TSI) +
			 ike_count(m, IKE_PAYLOAD_TSR);

	*childless = count == 0 && sa->opening->childless;
	return count == 3 || *childless;
}

void ike_auth_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      const struct ike_arrival *from)
{
	const struct conf_profile *profile;
	enum ike_ppk_answer answer;
	const char *why = "";
	bool childless;

	ike_ppk_undo(sa);
	if (!ike_intermediate_complete(sa)) {
		fail_auth_saying(core, sa, "it left out an additional key exchange");
		return;
	}
	if (!child_wanted(sa, m, &childless)) {
		ike_count_drop(core, IKE_DROP_missing_payload);
		ike_fail(core, sa, IKE_NOTIFY_INVALID_SYNTAX, FG_CAUSE_malformed);
		return;
	}
	sa->login = ike_login_new(m);
	if (!sa->login) {
		ike_auth_later(core, sa);
		return;
	}
	sa->login->childless = childless;
	ike_client_see(sa, m);
	ike_cp_log(core, sa, m);
	sa->remote = identity_of(&m->id_i);
	ike_trace_identified(core, sa);
	profile = match_profile(core, sa, m);
	if (profile) {
		ike_own_choose(core, sa, profile, m, &sa->login->own);
		say_unwanted(core, sa, profile, m);
	}
	if (!ike_mobike_no_nat(m, &from->path)) {
		ike_fail(core, sa, IKE_NOTIFY_UNEXPECTED_NAT_DETECTED, FG_CAUSE_setup_abandoned);
		return;
	}
	answer = ike_ppk_ask(core, sa, profile, m, &why);
	judge_with_ppk(core, sa, m, answer, why);
}

int ike_auth_mixed(struct ike_core *core, struct ikesa *sa, const struct msg_ppk_mixed *mixed)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);
	const char *why = "its profile was removed meanwhile";
	enum ike_ppk_answer answer = IKE_PPK_REFUSED;
	struct ike_message m;
	uint8_t *bytes;
	size_t len;

	if (sa->state != IKE_STATE_VERIFYING || !sa->login || !sa->login->waits)
		return -EPROTO;
	if (profile)
		answer = ike_ppk_mixed(sa, profile, mixed, &m, &why);
	/* It waits no more; m still points there. */
	bytes = sa->login->waits;
	len = sa->login->waits_len;
	sa->login->waits = NULL;
	judge_with_ppk(core, sa, &m, answer, why);
	wipe(bytes, len);
	free(bytes);
	return 0;
}

void ike_auth_round(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		    const struct ike_arrival *from)
{
	(void)from;
	sa->login->round++;
	sa->login->second = identity_of(&m->id_i);
	judge(core, sa, m);
}

int ike_auth_verdict(struct ike_core *core, struct ikesa *sa,
		     const struct msg_auth_verdict *verdict)
{
	struct msg_auth_signed *sign;

	/* While a PPK is being mixed AUTH has not been shown to anybody. */
	if (sa->state != IKE_STATE_VERIFYING || verdict->reason > MSG_AUTH_METHOD ||
	    sa->login->waits || verdict->own_len > sizeof(verdict->own))
		return -EPROTO;
	if (verdict->reason != MSG_AUTH_OK) {
		fail_auth(core, sa);
		return 0;
	}
	sign = &sa->login->sign;
	if (verdict->own_len) {
		sign->ok = 1;
		sign->method = IKE_AUTH_METHOD_SHARED_KEY;
		sign->len = verdict->own_len;
		memcpy(sign->auth, verdict->own, verdict->own_len);
	}
	proven(core, sa);
	return 0;
}

int ike_auth_signed(struct ike_core *core, struct ikesa *sa, const struct msg_auth_signed *sign)
{
	if (sa->state != IKE_STATE_SIGNING || sign->len > sizeof(sign->auth))
		return -EPROTO;
	if (!sign->ok) {
		fail_auth_saying(core, sa, "we have no key to sign with for this profile");
		return 0;
	}
	sa->login->sign = *sign;
	signed_too(core, sa);
	return 0;
}

void ike_auth_announce(const struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		       struct ike_writer *w)
{
	enum { RESERVE = 64 }; /* for what stands behind */
	size_t room = sa->opening->request->len, used = w->wr.len + RESERVE;
	bool second = false;

	sa->opening->hashes = ike_hashes_read(
		ike_find_notify(m, IKE_NOTIFY_SIGNATURE_HASH_ALGORITHMS));
	for (size_t i = 0; i < core->conf->profile_count; i++) {
		second |= core->conf->profiles[i].auth_second.count > 0;
		sa->opening->childless |= core->conf->profiles[i].childless;
	}
	if (second)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_MULTIPLE_AUTH_SUPPORTED,
			       NULL, 0);
	if (sa->opening->childless)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_CHILDLESS_IKEV2_SUPPORTED,
			       NULL, 0);
	ike_own_announce(core, sa, room > used ? room - used : 0, w);
}
