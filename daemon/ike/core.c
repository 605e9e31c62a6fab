// SPDX-License-Identifier: BSD-2-Clause
#include "ike/core.h"

#include "core/secret.h"
#include "ike/auth.h"
#include "ike/child_answer.h"
#include "ike/child_ask.h"
#include "ike/close.h"
#include "ike/cookie.h"
#include "ike/life.h"
#include "ike/liveness.h"
#include "ike/login.h"
#include "ike/mobike.h"
#include "ike/task.h"
#include "ike/trace.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert((int)MSG_IKE_DROPS > (int)IKE_DROP_no_series, "room for every counter");

static struct table *tables(struct ike_core *core, size_t i)
{
	struct table *const all[] = { &core->by_spi, &core->by_init, &core->by_identity,
				      &core->by_handle, &core->sources };

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

/* What is weak is said once per configuration, whether somebody uses it or not. */
static void warn_of_weak(const struct conf *conf)
{
	char weak[CONF_LEGACY_TEXT_MAX];

	for (size_t i = 0; i < conf->profile_count; i++)
		if (conf->profiles[i].rsa_sha1)
			log_warn("ike",
				 "profile %s: rsa-sig-sha1: RSA with SHA-1 is taken and made",
				 conf->profiles[i].name);
	for (size_t i = 0; i < conf->proposal_count; i++)
		if (*conf_legacy_text(&conf->proposals[i], weak))
			log_warn("ike", "proposal %s: legacy: weak algorithms are taken: %s",
				 conf->proposals[i].name, weak);
	for (size_t i = 0; i < conf->ipsec_profile_count; i++)
		if (*conf_legacy_suites_text(&conf->ipsec_profiles[i], weak))
			log_warn("ike", "ipsec-profile %s: legacy: weak algorithms are taken: %s",
				 conf->ipsec_profiles[i].name, weak);
}

static void add_proposals(const struct conf *conf, const struct conf_profile *profile, bool legacy,
			  const struct conf_proposal **list, size_t *count)
{
	for (size_t i = 0; i < profile->proposal_count; i++) {
		const struct conf_proposal *one = &conf->proposals[profile->proposal[i]];
		size_t k = 0;

		if (one->legacy != legacy)
			continue;
		while (k < *count && list[k] != one)
			k++;
		list[k] = one;
		*count += k == *count;
	}
}

/* Those of all profiles, each once. Who is there is not known when they are used, so that a weak
 * one of one profile must not come before a better one of another: they stand last. */
static bool collect_proposals(struct ike_core *core, const struct conf *conf)
{
	const struct conf_proposal **list = calloc(conf->proposal_count + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return false;
	for (int legacy = 0; legacy <= 1; legacy++)
		for (size_t i = 0; i < conf->profile_count; i++)
			add_proposals(conf, &conf->profiles[i], legacy, list, &count);
	free(core->proposals);
	core->proposals = list;
	core->proposal_count = count;
	return true;
}

static int begin_tables(struct ike_core *core)
{
	struct table *table;
	uint64_t seed;
	int result = 0;

	for (size_t i = 0; result == 0 && (table = tables(core, i)) != NULL; i++)
		result = core->env.random(core->env.arg, &seed, sizeof(seed))
				 ? table_init(table, seed)
				 : -EIO;
	return result;
}

int ike_core_new(const struct ike_env *env, const struct conf *conf, struct ike_core **out)
{
	struct ike_core *core = calloc(1, sizeof(*core));
	int result;

	if (!core)
		return -ENOMEM;
	core->env = *env;
	core->conf = conf;
	core->log_strangers = (struct log_limit){ .burst = 10, .per_second = 1 };
	core->log_offers = (struct log_limit){ .burst = 10, .per_second = 1 };
	core->log_logins = (struct log_limit){ .burst = 50, .per_second = 10 };
	core->rejects.last_ms = ike_now(core);
	core->rejects.tokens = (uint64_t)IKE_REJECT_BURST * 1000;
	result = begin_tables(core);
	if (result == 0 && !collect_proposals(core, conf))
		result = -ENOMEM;
	if (result < 0) {
		ike_core_free(core);
		return result;
	}
	warn_of_weak(conf);
	*out = core;
	return 0;
}

int ike_core_set_conf(struct ike_core *core, const struct conf *conf)
{
	if (!collect_proposals(core, conf))
		return -ENOMEM;
	core->conf = conf;
	warn_of_weak(conf);
	return 0;
}

void ike_core_set_pki(struct ike_core *core, struct pki *pki)
{
	core->pki = pki;
}

static struct ikesa *sa_of(struct table_link *link)
{
	return container_of(link, struct ikesa, by_spi);
}

static void tell_addresses(void *arg, struct table_link *link)
{
	struct ike_core *core = arg;
	struct ikesa *sa = sa_of(link);

	if (sa->mobike && ike_state_in(sa->state, IKE_AUTHENTICATED))
		ike_mobike_locals(core, sa);
}

void ike_core_set_locals(struct ike_core *core, const struct fg_ip *local, size_t count)
{
	if (count > FG_LOCALS)
		count = FG_LOCALS;
	if (count == core->local_count && !memcmp(local, core->local, count * sizeof(*local)))
		return;
	memcpy(core->local, local, count * sizeof(*local));
	core->local_count = count;
	table_each(&core->by_spi, tell_addresses, core);
}

static void free_one(void *core, struct table_link *link)
{
	ikesa_free(core, sa_of(link));
}

void ike_core_free(struct ike_core *core)
{
	struct table *table;

	if (!core)
		return;
	table_each(&core->by_spi, free_one, core);
	for (size_t i = 0; (table = tables(core, i)) != NULL; i++)
		table_free(table);
	ike_timers_free(&core->timers);
	ike_trace_free(core);
	free(core->proposals);
	wipe(&core->cookie, sizeof(core->cookie));
	free(core);
}

uint64_t ike_next_tick(const struct ike_core *core)
{
	return ike_timers_next(&core->timers);
}

void ike_tick(struct ike_core *core)
{
	uint64_t now = ike_now(core);
	struct ike_timer *timer;

	while ((timer = ike_timers_due(&core->timers, now)) != NULL)
		ike_due_over(core, container_of(timer, struct ikesa, timer));
}

/* Not one of which only the last answer is left. */
static struct ikesa *living(const struct ike_core *core, uint64_t handle)
{
	struct ikesa *sa = ikesa_find_handle(core, handle);

	return sa && !ike_state_in(sa->state, IKE_OVER) ? sa : NULL;
}

int ike_from_aaa(struct ike_core *core, uint32_t type, const void *body)
{
	const struct msg_auth_verdict *verdict = body;
	const struct msg_auth_signed *sign = body;
	const struct msg_ppk_mixed *mixed = body;
	struct ikesa *sa;

	switch (type) {
	case MSG_AUTH_VERDICT:
		sa = living(core, verdict->ike);
		return sa ? ike_auth_verdict(core, sa, verdict) : 0;
	case MSG_AUTH_SIGNED:
		sa = living(core, sign->ike);
		return sa ? ike_auth_signed(core, sa, sign) : 0;
	case MSG_PPK_MIXED:
		sa = living(core, mixed->ike);
		return sa ? ike_auth_mixed(core, sa, mixed) : 0;
	default:
		return -EPROTO;
	}
}

/* The SA went while flexd made its session: that one has no owner. */
static int orphan(struct ike_core *core, const struct msg_session_begun *begun)
{
	const struct msg_session_end end = {
		.ike = begun->ike,
		.session = begun->session,
		.cause = FG_CAUSE_setup_abandoned,
	};

	core->env.to_broker(core->env.arg, MSG_SESSION_END, &end, sizeof(end));
	return 0;
}

static int session_begun(struct ike_core *core, const struct msg_session_begun *begun)
{
	struct ikesa *sa = living(core, begun->ike);

	return sa ? ike_login_begun(core, sa, begun) : orphan(core, begun);
}

static int session_clear(struct ike_core *core, const struct msg_session_clear *clear)
{
	struct ikesa *sa = ikesa_find_handle(core, clear->ike);

	/* It may have ended, or logged out, while the order was on its way. */
	if (sa && sa->session == clear->session && clear->session)
		ike_close(core, sa, clear->cause);
	return 0;
}

/* Who is not authenticated yet hears nothing, and begins again. */
static void clear_rest(void *core, struct table_link *link)
{
	struct ikesa *sa = sa_of(link);

	if (!sa->session && ike_state_in(sa->state, IKE_IN_SETUP | IKE_AUTHENTICATED))
		ike_close(core, sa, FG_CAUSE_operator_clear);
}

static int peer_moved(struct ike_core *core, const struct msg_peer_moved *moved)
{
	struct ikesa *sa = ikesa_find_handle(core, moved->ike);

	if (!sa || !sa->peer_nat || !ike_state_in(sa->state, IKE_AUTHENTICATED))
		return 0;
	if (sa->mobike)
		ike_mobike_esp_moved(sa, moved);
	else
		sa->path.peer = moved->peer;
	return 0;
}

static int idle(struct ike_core *core, const struct msg_idle *idle)
{
	struct ikesa *sa = ikesa_find_handle(core, idle->ike);

	if (sa && sa->session == idle->session)
		ike_dpd_idle(core, sa, idle);
	return 0;
}

static int locals(struct ike_core *core, const struct msg_locals *locals)
{
	if (locals->count > FG_LOCALS)
		return -EPROTO;
	ike_core_set_locals(core, locals->ip, locals->count);
	return 0;
}

/* A login, a request of the peer or one of ours waits for it. Or nobody does any more: then it is
 * given back, unless the end of the session has done that. */
static int sa_added(struct ike_core *core, const struct msg_sa_added *added)
{
	struct ikesa *sa = living(core, added->ike);

	if (!sa || !sa->session)
		return 0;
	if (sa->session != added->session)
		return -EPROTO;
	if (sa->state == IKE_STATE_INSTALLING)
		return ike_login_added(core, sa, added);
	if (!ike_child_ask_added(core, sa, added) && !ike_child_answer_added(core, sa, added))
		ike_child_stop(core, sa, added->spi_in, 0);
	return 0;
}

static int sa_refused(struct ike_core *core, const struct msg_sa_refused *refused)
{
	struct ikesa *sa = living(core, refused->ike);

	if (!sa || !sa->session)
		return 0;
	if (sa->session != refused->session)
		return -EPROTO;
	if (sa->state == IKE_STATE_INSTALLING)
		return ike_login_sa_refused(core, sa, refused);
	if (!ike_child_answer_refused(core, sa, refused))
		ike_child_ask_refused(core, sa, refused);
	return 0;
}

static int spi_given(struct ike_core *core, const struct msg_spi_given *given)
{
	struct ikesa *sa = living(core, given->ike);

	if (sa && sa->session && sa->session == given->session)
		given->ticket ? ike_child_spi_given(core, sa, given)
			      : ike_child_answer_spi(core, sa, given);
	return 0;
}

static int sa_life(struct ike_core *core, const struct msg_sa_life *life)
{
	struct ikesa *sa = living(core, life->ike);

	if (sa && sa->session == life->session)
		ike_life_limit(core, sa, life);
	return 0;
}

int ike_from_broker(struct ike_core *core, uint32_t type, const void *body)
{
	const struct msg_session_refused *refused = body;
	struct ikesa *sa;

	switch (type) {
	case MSG_SESSION_BEGUN:
		return session_begun(core, body);
	case MSG_SESSION_REFUSED:
		sa = living(core, refused->ike);
		return sa ? ike_login_refused(core, sa, refused) : 0;
	case MSG_SA_ADDED:
		return sa_added(core, body);
	case MSG_SA_REFUSED:
		return sa_refused(core, body);
	case MSG_SPI_GIVEN:
		return spi_given(core, body);
	case MSG_SA_LIFE:
		return sa_life(core, body);
	case MSG_IDLE:
		return idle(core, body);
	case MSG_LOCALS:
		return locals(core, body);
	case MSG_SESSION_CLEAR:
		return session_clear(core, body);
	case MSG_CLEAR_REST:
		table_each(&core->by_spi, clear_rest, core);
		return 0;
	case MSG_PEER_MOVED:
		return peer_moved(core, body);
	case MSG_COOKIE_SECRETS:
		ike_cookie_secrets(core, body);
		return 0;
	default:
		return -EPROTO;
	}
}

static void lost_one(void *core, struct table_link *link)
{
	struct ikesa *sa = sa_of(link);

	if (sa->state == IKE_STATE_VERIFYING || sa->state == IKE_STATE_SIGNING)
		ike_auth_later(core, sa);
}

void ike_aaa_lost(struct ike_core *core)
{
	table_each(&core->by_spi, lost_one, core);
}

static void stop_one(void *core, struct table_link *link)
{
	struct ikesa *sa = sa_of(link);

	if (sa->state != IKE_STATE_DELETING)
		ike_close(core, sa, FG_CAUSE_shutdown);
}

void ike_stop(struct ike_core *core)
{
	core->stopping = true;
	table_each(&core->by_spi, stop_one, core);
}

bool ike_stopped(const struct ike_core *core)
{
	return core->by_spi.count == 0;
}

void ike_count_drop(struct ike_core *core, enum ike_drop drop)
{
	if ((unsigned)drop < MSG_IKE_DROPS)
		core->stats.drop[drop]++;
}
