// SPDX-License-Identifier: BSD-2-Clause
#include "ike/login.h"

#include "core/secret.h"
#include "ike/client.h"
#include "ike/close.h"
#include "ike/create.h"
#include "ike/exchange.h"
#include "ike/life.h"
#include "ike/liveness.h"
#include "ike/mobike.h"
#include "ike/ppk.h"
#include "ike/redirect.h"
#include "ike/ts.h"
#include "ike/unique.h"

#include <errno.h>
#include <stdlib.h>

struct ike_login *ike_login_new(const struct ike_message *m)
{
	struct ike_login *login = calloc(1, sizeof(*login));

	if (!login)
		return NULL;
	login->offer = m->sa;
	login->ask_i = m->ts_i;
	login->ask_r = m->ts_r;
	login->initial_contact = ike_find_notify(m, IKE_NOTIFY_INITIAL_CONTACT) != NULL;
	login->transport = ike_find_notify(m, IKE_NOTIFY_USE_TRANSPORT_MODE) != NULL;
	login->window = ike_find_notify(m, IKE_NOTIFY_SET_WINDOW_SIZE) != NULL;
	login->mobike = ike_mobike_read(m);
	ike_cp_read(m, &login->cp);
	return login;
}

void ike_login_free(struct ike_login *login)
{
	if (!login)
		return;
	free(login->mobike);
	if (login->waits)
		wipe(login->waits, login->waits_len);
	free(login->waits);
	ike_own_free(&login->own);
	wipe(login, sizeof(*login));
	free(login);
}

static const char *cause_text(uint32_t cause)
{
	switch (cause) {
/* clang-format off */
#define FG_CAUSE(number, name, text) case number: return text;
#include <flexgate/cause.def>
		/* clang-format on */
	default:
		return "for a cause that has no name";
	}
}

static void log_no_child(struct ike_core *core, const struct ikesa *sa, uint32_t cause)
{
	char who[IKESA_TEXT_MAX], offer[IKE_OFFER_TEXT_MAX];
	bool esp = cause == FG_CAUSE_no_proposal;
	const char *remedy = esp && sa->client ? sa->client->remedy : NULL;
	const struct conf_ipsec_profile *ipsec = esp ? ike_ipsec_profile_of(core, sa) : NULL;
	const char *weak = ipsec ? ike_esp_legacy_would(&sa->login->offer, ipsec) : NULL;

	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("login", "%s: profile %s: no session: %s%s%s%s%s%s%s%s",
			 ikesa_text(sa, who), sa->profile, cause_text(cause),
			 weak ? "; too weak without legacy = yes: " : "", weak ? weak : "",
			 remedy ? " (" : "", remedy ? remedy : "", remedy ? ")" : "",
			 esp ? ": " : "", esp ? ike_offer_text(&sa->login->offer, offer) : "");
}

/* Our proof begins every answer to a client that is who it says, unless it went out with an
 * earlier round. */
static void begin_answer(const struct ikesa *sa, struct ike_draft *draft)
{
	ike_draft_begin(draft);
	if (sa->login->round == 0) {
		ike_own_put(&sa->login->own, &sa->login->sign, &draft->w);
		ike_ppk_put(sa, &draft->w);
	}
}

/*
 * Authenticated, but without a CHILD SA: the IKE SA is up all the same, RFC 7296 1.2. The client
 * sees why; what flexd had begun is over, and so is the IKE SA soon.
 */
static void stay_childless(struct ike_core *core, struct ikesa *sa, const struct ike_draft *draft,
			   uint32_t cause)
{
	if (!ike_answer(core, sa, draft) || !ike_move(core, sa, IKE_STATE_CHILDLESS)) {
		ike_destroy(core, sa, cause);
		return;
	}
	ikesa_forget_setup(sa);
	ikesa_add_identity(core, sa);
	ike_due_at(core, sa, IKE_DUE_STATE, ike_now(core) + IKE_CHILDLESS_MS);
}

static void no_child(struct ike_core *core, struct ikesa *sa, uint16_t notify, uint32_t cause)
{
	struct ike_draft draft;

	log_no_child(core, sa, cause);
	ike_session_end(core, sa, cause);
	begin_answer(sa, &draft);
	ike_put_notify(&draft.w, IKE_PROTOCOL_NONE, NULL, 0, notify, NULL, 0);
	stay_childless(core, sa, &draft, cause);
}

static void refuse(struct ike_core *core, struct ikesa *sa, uint32_t cause)
{
	switch (cause) {
	case FG_CAUSE_no_address:
		/* RFC 7296 2.19: without a CFG_REQUEST there was none to be given. */
		no_child(core, sa,
			 sa->login->cp.request ? IKE_NOTIFY_INTERNAL_ADDRESS_FAILURE
					       : IKE_NOTIFY_FAILED_CP_REQUIRED,
			 cause);
		break;
	case FG_CAUSE_no_policy:
	case FG_CAUSE_session_limit:
		/* Nobody may be in without an authorisation, or once too often. */
		log_no_child(core, sa, cause);
		core->stats.auth_failed++;
		ike_fail(core, sa, IKE_NOTIFY_AUTHENTICATION_FAILED, cause);
		break;
	default:
		no_child(core, sa, IKE_NOTIFY_NO_ADDITIONAL_SAS, cause);
	}
}

/* RFC 5685 4: the client leaves by itself when it has read this, or in a while by our DELETE. */
static void redirect(struct ike_core *core, struct ikesa *sa, const struct conf_redirect *to)
{
	char who[IKESA_TEXT_MAX], where[CONF_TEXT_MAX];
	struct ike_draft draft;

	log_info("login", "%s: profile %s: redirected to %s", ikesa_text(sa, who), sa->profile,
		 conf_identity_text((uint8_t)to->to.type, to->to.data, to->to.len, where,
				    sizeof(where)));
	core->stats.redirects++;
	begin_answer(sa, &draft);
	ike_redirect_put(&draft.w, to, (struct ike_bytes){ 0 });
	stay_childless(core, sa, &draft, FG_CAUSE_redirected);
}

void ike_login_begin(struct ike_core *core, struct ikesa *sa)
{
	const struct conf_redirect *to = ike_redirect_auth(core, sa);
	const struct ike_cp_ask *cp = &sa->login->cp;
	struct msg_session_begin begin = {
		.ike = sa->handle,
		.remote = sa->remote,
		.peer = sa->path.peer,
		.local = sa->path.local,
		.peer_behind_nat = sa->peer_nat,
		.local_behind_nat = sa->local_nat,
		.want4 = cp->want4,
		.want6 = cp->want6,
		.hint4 = cp->hint4,
		.hint6 = cp->hint6,
	};

	if (to) {
		redirect(core, sa, to);
		return;
	}
	if (!ike_unique(core, sa, sa->login->initial_contact)) {
		refuse(core, sa, FG_CAUSE_session_limit);
		return;
	}
	memcpy(begin.profile, sa->profile, sizeof(begin.profile));
	ike_suite_text(&sa->keys.suite, begin.ike_suite);
	if (!ike_move(core, sa, IKE_STATE_BEGINNING) ||
	    core->env.to_broker(core->env.arg, MSG_SESSION_BEGIN, &begin, sizeof(begin)) < 0)
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

struct ike_grant *ike_grant_new(const struct msg_session_begun *begun)
{
	size_t len = begun->subnet_count * sizeof(begun->subnets[0]);
	struct ike_grant *grant = malloc(sizeof(*grant) + len);

	if (!grant)
		return NULL;
	grant->flow_limit = begun->flow_limit;
	grant->policy = (struct ike_ts_policy){
		.inner4 = begun->inner4,
		.inner6 = begun->inner6,
		.subnets = grant->subnets,
		.subnet_count = begun->subnet_count,
	};
	memcpy(grant->subnets, begun->subnets, len);
	return grant;
}

static void install(struct ike_core *core, struct ikesa *sa)
{
	const struct ike_opening *opening = sa->opening;
	const struct ike_login *login = sa->login;
	const struct ike_install i = {
		.esp = &login->esp,
		.use_now = true,
		.from = { .ni = { opening->ni, opening->ni_len },
			  .nr = { opening->nr, sizeof(opening->nr) } },
		.client = &login->ts_i,
		.net = &login->ts_r,
	};

	if (!ike_move(core, sa, IKE_STATE_INSTALLING) || ike_child_install(core, sa, &i) < 0)
		ike_destroy(core, sa, FG_CAUSE_sa_failed);
}

/*
 * What the client proposed about the SA and is agreed. Transport mode is not: the data plane
 * carries packets of the leased address in a tunnel, which is what an answer without the notify
 * means, RFC 7296 1.3.1. We send no TFC padding and no fragments of their own, so that what the
 * client says about these is kept in any case. The window is one request, said to who says its
 * own, 2.3.
 */
static void put_agreed(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	static const uint8_t window[4] = { 0, 0, 0, IKE_WINDOW };
	const struct conf_profile *profile = ike_profile_of(core, sa);
	struct ike_login *login = sa->login;
	char who[IKESA_TEXT_MAX];

	if (login->transport && log_allowed(&core->log_logins, ike_now(core)))
		log_info("login",
			 "%s: asks for transport mode and gets tunnel mode: nothing here "
			 "is carried without a tunnel",
			 ikesa_text(sa, who));
	if (login->window)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_SET_WINDOW_SIZE, window,
			       sizeof(window));
	if (login->mobike && profile && profile->mobike != CONF_MOBIKE_OFF) {
		ike_mobike_begin(core, sa, login->mobike, w);
		login->mobike = NULL;
	}
}

/* The login is done: its own lifetime and that of its IKE SA begin. */
static void live(struct ike_core *core, struct ikesa *sa)
{
	core->stats.auth_ok++;
	ike_life_ike(core, sa);
	ike_life_session(core, sa, sa->login->begun.session_lifetime_s);
	ikesa_forget_setup(sa);
	ikesa_add_identity(core, sa);
}

static void warn_of_legacy(const struct ikesa *sa)
{
	char who[IKESA_TEXT_MAX], buf[IKE_SUITE_TEXT_MAX];
	const char *ike = ike_legacy_text(&sa->keys.suite, buf);
	bool esp = conf_legacy_suite(sa->login->esp.suite);

	if (ike || esp)
		log_warn("login", "%s: profile %s: the client has legacy algorithms: %s%s%s%s",
			 ikesa_text(sa, who), sa->profile, ike ? ike : "", ike && esp ? ", " : "",
			 esp ? "ESP " : "", esp ? ike_esp_suite_text(sa->login->esp.suite) : "");
}

/* RFC 6023: the session has begun, its first CHILD SA is for the client to ask for. */
static void answer_childless(struct ike_core *core, struct ikesa *sa)
{
	char who[IKESA_TEXT_MAX];
	struct ike_draft draft;

	begin_answer(sa, &draft);
	ike_cp_reply(&draft.w, &sa->login->cp, &sa->login->begun, core->conf,
		     ike_cp_policy(core, sa));
	put_agreed(core, sa, &draft.w);
	ike_life_put(&draft.w, sa->login->begun.session_lifetime_s);
	if (!ike_answer(core, sa, &draft) || !ike_move(core, sa, IKE_STATE_CHILDLESS)) {
		ike_destroy(core, sa, FG_CAUSE_sa_failed);
		return;
	}
	log_info("login", "%s: profile %s, va%u, no CHILD SA yet", ikesa_text(sa, who), sa->profile,
		 sa->session);
	warn_of_legacy(sa);
	live(core, sa);
	ike_due_at(core, sa, IKE_DUE_STATE, ike_now(core) + IKE_CHILDLESS_MS);
	ike_liveness_begin(core, sa);
}

int ike_login_begun(struct ike_core *core, struct ikesa *sa, const struct msg_session_begun *begun)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);
	const struct conf_ipsec_profile *ipsec;
	struct ike_login *login = sa->login;

	if (sa->state != IKE_STATE_BEGINNING || begun->session == 0 ||
	    begun->subnet_count > CONF_NETS_MAX)
		return -EPROTO;
	sa->session = begun->session;
	login->begun = *begun;
	sa->grant = ike_grant_new(begun);
	if (!sa->grant) {
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
		return 0;
	}
	sa->grant->policy.whole_i = ike_client_sent(sa, IKE_VENDOR_FLEXVPN_SUPPORTED) &&
				    sa->flexvpn;
	if (!profile) {
		refuse(core, sa, FG_CAUSE_no_policy);
		return 0;
	}
	if (login->childless) {
		answer_childless(core, sa);
		return 0;
	}
	ipsec = &core->conf->ipsec_profiles[profile->ipsec_profile];
	if (!ike_esp_choose(&login->offer, ipsec->suite, ipsec->suite_count, &login->esp))
		no_child(core, sa, IKE_NOTIFY_NO_PROPOSAL_CHOSEN, FG_CAUSE_no_proposal);
	/* A client that asked for no address gets none, and nothing could be routed to it. */
	else if (!ike_ts_narrow(&login->ask_i, &login->ask_r, &sa->grant->policy, &login->ts_i,
				&login->ts_r))
		no_child(core, sa, IKE_NOTIFY_TS_UNACCEPTABLE, FG_CAUSE_ts_unacceptable);
	else
		install(core, sa);
	return 0;
}

int ike_login_refused(struct ike_core *core, struct ikesa *sa,
		      const struct msg_session_refused *refused)
{
	if (sa->state != IKE_STATE_BEGINNING)
		return -EPROTO;
	refuse(core, sa, refused->cause);
	return 0;
}

int ike_login_sa_refused(struct ike_core *core, struct ikesa *sa,
			 const struct msg_sa_refused *refused)
{
	if (sa->state != IKE_STATE_INSTALLING || refused->session != sa->session)
		return -EPROTO;
	refuse(core, sa, refused->cause);
	return 0;
}

static void log_login(const struct ikesa *sa)
{
	char who[IKESA_TEXT_MAX], ike[IKE_SUITE_TEXT_MAX], ts[256];

	log_info("login", "%s: profile %s, va%u, %s, ESP %s, %s", ikesa_text(sa, who), sa->profile,
		 sa->session, ike_suite_text(&sa->keys.suite, ike),
		 ike_esp_suite_text(sa->login->esp.suite),
		 ike_ts_text(&sa->login->ts_i, &sa->login->ts_r, ts, sizeof(ts)));
	warn_of_legacy(sa);
}

int ike_login_added(struct ike_core *core, struct ikesa *sa, const struct msg_sa_added *added)
{
	struct ike_login *login = sa->login;
	struct ike_sa chosen = { 0 };
	struct ike_child *child;
	struct ike_draft draft;

	if (sa->state != IKE_STATE_INSTALLING || added->session != sa->session)
		return -EPROTO;
	begin_answer(sa, &draft);
	ike_cp_reply(&draft.w, &sa->login->cp, &sa->login->begun, core->conf,
		     ike_cp_policy(core, sa));
	ike_esp_choice_sa(&login->esp, added->spi_in, &chosen);
	ike_put_sa(&draft.w, &chosen);
	ike_put_ts(&draft.w, IKE_PAYLOAD_TSI, &login->ts_i);
	ike_put_ts(&draft.w, IKE_PAYLOAD_TSR, &login->ts_r);
	put_agreed(core, sa, &draft.w);
	ike_life_put(&draft.w, login->begun.session_lifetime_s);
	child = ike_child_new(core, sa, &login->esp, added->spi_in, &login->ts_i, &login->ts_r);
	if (!child || !ike_answer(core, sa, &draft) || !ike_move(core, sa, IKE_STATE_ESTABLISHED)) {
		ike_destroy(core, sa, FG_CAUSE_sa_failed);
		return 0;
	}
	log_login(sa);
	ike_life_child(core, sa, child);
	live(core, sa);
	ike_due_at(core, sa, IKE_DUE_STATE, IKE_NEVER);
	ike_liveness_begin(core, sa);
	return 0;
}
