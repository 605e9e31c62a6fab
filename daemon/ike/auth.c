// SPDX-License-Identifier: BSD-2-Clause
#include "ike/auth.h"

#include "ike/client.h"
#include "ike/close.h"
#include "ike/exchange.h"
#include "ike/login.h"
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
	ike_login_free(sa->login);
	sa->login = NULL;
	ike_unanswer(sa);
	if (!ike_move(core, sa, IKE_STATE_HALF_OPEN))
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

		if (ike_choose(&offer, &ours, 1, suite->group, &again) && !again.wrong_group)
			return true;
	}
	return false;
}

static void match_profile(struct ike_core *core, struct ikesa *sa, const struct ike_identity *id)
{
	const struct conf_peer peer = {
		.id_type = id->type,
		.id = id->data.p,
		.id_len = id->data.len,
		.local = sa->path.local.ip,
	};
	const struct conf_profile *profile = conf_match_profile(core->conf, &peer);
	char who[IKESA_TEXT_MAX], suite[IKE_SUITE_TEXT_MAX];

	sa->remote = (struct msg_identity){ .type = id->type, .len = (uint16_t)id->data.len };
	memcpy(sa->remote.data, id->data.p, id->data.len);
	ike_trace_identified(core, sa);
	memset(sa->profile, 0, sizeof(sa->profile));
	if (!profile)
		return;
	if (suite_allowed(core, profile, &sa->keys.suite))
		memcpy(sa->profile, profile->name, sizeof(sa->profile));
	else if (log_allowed(&core->log_logins, ike_now(core)))
		log_warn("login", "%s: profile %s has no proposal with %s", ikesa_text(sa, who),
			 profile->name, ike_suite_text(&sa->keys.suite, suite));
}

/* The question to aaa, also for who matches no profile: everybody waits for about as long. */
static int ask_verify(struct ike_core *core, const struct ikesa *sa, const struct ike_message *m)
{
	const struct ike_opening *opening = sa->opening;
	size_t cap = opening->request->len + IKE_NONCE_LEN + IKE_KEY_MAX + m->auth.data.len;
	struct msg_auth_verify verify = {
		.ike = sa->handle,
		.remote = sa->remote,
		.peer = sa->path.peer,
		.method = m->auth.method,
		.prf = sa->keys.suite.prf,
		.auth_len = (uint32_t)m->auth.data.len,
	};
	uint8_t *tail = malloc(cap);
	struct wr wr = wr_of(tail, cap);
	int error = -ENOMEM;

	memcpy(verify.profile, sa->profile, sizeof(verify.profile));
	if (tail &&
	    ike_auth_octets(&wr, &sa->keys, true,
			    (struct ike_bytes){ opening->request->bytes + IKE_MARKER_LEN,
						opening->request->len },
			    (struct ike_bytes){ opening->nr, sizeof(opening->nr) }, m->id_i.body)) {
		verify.octets_len = (uint32_t)wr.len;
		wr_bytes(&wr, m->auth.data.p, m->auth.data.len);
		error = core->env.to_aaa(core->env.arg, MSG_AUTH_VERIFY, &verify, sizeof(verify),
					 wr.p, wr.len);
	}
	free(tail);
	return error;
}

void ike_auth_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      const struct ike_arrival *from)
{
	(void)from;
	sa->login = ike_login_new(m);
	if (!sa->login) {
		ike_auth_later(core, sa);
		return;
	}
	ike_client_see(sa, m);
	match_profile(core, sa, &m->id_i);
	if (!ike_count(m, IKE_PAYLOAD_AUTH))
		fail_auth_saying(
			core, sa,
			"it sent no AUTH, which asks for EAP; only pre-shared keys are known");
	else if (m->auth.data.len > MSG_AUTH_MAX)
		fail_auth_saying(core, sa, "its AUTH is longer than any that we know");
	else if (ask_verify(core, sa, m) < 0)
		ike_auth_later(core, sa);
}

/* The body of our IDr, RFC 7296 3.5. */
static size_t idr_body(const struct conf_identity *id, uint8_t *body, size_t cap)
{
	struct wr wr = wr_of(body, cap);

	wr_u8(&wr, (uint8_t)id->type);
	wr_zero(&wr, 3);
	wr_bytes(&wr, id->data, id->len);
	return wr.failed ? 0 : wr.len;
}

static int ask_sign(struct ike_core *core, const struct ikesa *sa,
		    const struct conf_profile *profile)
{
	const struct ike_opening *opening = sa->opening;
	size_t cap = opening->answer->len + IKE_NONCE_MAX + IKE_KEY_MAX;
	struct msg_auth_sign sign = {
		.ike = sa->handle,
		.remote = sa->remote,
		.prf = sa->keys.suite.prf,
		.method = 2,
	};
	uint8_t id[4 + CONF_TEXT_MAX];
	size_t id_len = idr_body(&profile->local, id, sizeof(id));
	uint8_t *tail = malloc(cap);
	struct wr wr = wr_of(tail, cap);
	int error = -ENOMEM;

	memcpy(sign.profile, sa->profile, sizeof(sign.profile));
	if (tail && id_len &&
	    ike_auth_octets(&wr, &sa->keys, false,
			    (struct ike_bytes){ opening->answer->bytes + IKE_MARKER_LEN,
						opening->answer->len },
			    (struct ike_bytes){ opening->ni, opening->ni_len },
			    (struct ike_bytes){ id, id_len })) {
		sign.octets_len = (uint32_t)wr.len;
		error = core->env.to_aaa(core->env.arg, MSG_AUTH_SIGN, &sign, sizeof(sign), wr.p,
					 wr.len);
	}
	free(tail);
	return error;
}

int ike_auth_verdict(struct ike_core *core, struct ikesa *sa,
		     const struct msg_auth_verdict *verdict)
{
	const struct conf_profile *profile = conf_find_profile(core->conf, sa->profile);

	if (sa->state != IKE_STATE_VERIFYING || verdict->reason > MSG_AUTH_METHOD)
		return -EPROTO;
	if (verdict->reason != MSG_AUTH_OK) {
		fail_auth(core, sa);
	} else if (!profile) {
		fail_auth_saying(core, sa, "its profile was removed meanwhile");
	} else if (!ike_move(core, sa, IKE_STATE_SIGNING)) {
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
	} else {
		sa->login->local = profile->local;
		if (ask_sign(core, sa, profile) < 0)
			ike_auth_later(core, sa);
	}
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
	ike_login_begin(core, sa, sign);
	return 0;
}
