// SPDX-License-Identifier: BSD-2-Clause
/*
 * The only place that acquires for a session, in FlexVPN's order: authorisation, addresses,
 * virtual-access, data plane; SAs follow in sa.c. Whatever fails, session_end() releases what there
 * is.
 */
#include "conf/match.h"
#include "session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AREA "session"

static void refuse(struct sessions *s, uint64_t ike, enum fg_cause cause)
{
	struct msg_session_refused answer = { .ike = ike, .cause = cause };

	s->refused++;
	s->setup.to_ike(s->setup.arg, MSG_SESSION_REFUSED, &answer, sizeof(answer));
}

static struct session *session_new(struct sessions *s, const struct msg_session_begin *ask)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->sessions = s;
	session->ike = ask->ike;
	session->id_type = ask->remote.type;
	session->id_len = ask->remote.len;
	session->identity = malloc(ask->remote.len + 1u);
	session->profile = strdup(ask->profile);
	session->ike_suite = strdup(ask->ike_suite);
	session->peer = ask->peer;
	session->local = ask->local;
	session->peer_behind_nat = ask->peer_behind_nat;
	session->begun_ms = clock_ms();
	if (session->identity)
		memcpy(session->identity, ask->remote.data, ask->remote.len);
	session->id = session->identity && session->profile && session->ike_suite
			      ? session_take_id(s)
			      : 0;
	if (session->id == 0) {
		free(session->identity);
		free(session->profile);
		free(session->ike_suite);
		free(session);
		return NULL;
	}
	s->rows[session->id] = session;
	s->count++;
	table_add(&s->by_ike, &session->by_ike, session->ike);
	return session;
}

static bool lend(struct sessions *s, const struct session *session, int pool,
		 const struct fg_ip *hint, struct fg_ip *ip)
{
	struct lease_ask ask = { .pool = (size_t)pool,
				 .id_type = session->id_type,
				 .id = session->identity,
				 .id_len = session->id_len,
				 .hint = *hint };
	int error = lease_take(s->leases, &ask, ip);

	if (error)
		log_warn(AREA, "va%u: [pool %s] has no address: %s", session->id,
			 s->setup.conf->pools[pool].name,
			 error == -ENOSPC ? "all are lent" : strerror(-error));
	return error == 0;
}

/* What the client asked for and the policy has; a pool that is empty ends the login. */
static bool lend_addresses(struct sessions *s, struct session *session,
			   const struct conf_authorization_policy *policy,
			   const struct msg_session_begin *ask)
{
	struct fg_ip ip;

	if (ask->want4 && policy->pool != CONF_NONE) {
		if (!lend(s, session, policy->pool, &ask->hint4, &ip))
			return false;
		session->inner4 = ip_to4(&ip);
	}
	if (ask->want6 && policy->pool6 != CONF_NONE &&
	    !lend(s, session, policy->pool6, &ask->hint6, &session->inner6))
		return false;
	return session->inner4 || !ip_is_zero(&session->inner6);
}

static bool enter_plane(struct sessions *s, struct session *session)
{
	struct plane_session row = { .inner4 = session->inner4,
				     .inner6 = session->inner6,
				     .mtu = session->access.mtu,
				     .mss4 = session->access.mss4,
				     .mss6 = session->access.mss6,
				     .peer = session->peer,
				     .local = session->local };
	struct plane_error error = { "" };

	if (plane_session_add(s->setup.plane, session->id, &row, &error)) {
		log_error(AREA, "va%u: the data plane refused it: %s", session->id, error.why);
		return false;
	}
	session->in_plane = true;
	return true;
}

static enum fg_cause acquire(struct sessions *s, struct session *session,
			     const struct msg_session_begin *ask)
{
	const struct conf *conf = s->setup.conf;
	/* It names a policy and a template, or the configuration would not be in force. */
	const struct conf_profile *profile = conf_find_profile(conf, ask->profile);
	const struct conf_authorization_policy *policy;

	if (!profile)
		return FG_CAUSE_no_policy;
	policy = conf_authorize(conf, profile, session->id_type, session->identity,
				session->id_len);
	if (!lend_addresses(s, session, policy, ask))
		return FG_CAUSE_no_address;
	virtual_access_derive(&conf->templates[profile->virtual_template], &session->access);
	session->derived = virtual_access_text(conf, profile, policy, &session->access, session->id,
					       session->inner4, &session->inner6);
	if (!session->derived || !enter_plane(s, session))
		return FG_CAUSE_plane_failed;
	return FG_CAUSE_NONE;
}

/* Of the configuration that acquire() has just used. */
static int say_begun(struct sessions *s, const struct session *session)
{
	const struct conf *conf = s->setup.conf;
	const struct conf_profile *profile = conf_find_profile(conf, session->profile);
	const struct conf_authorization_policy *policy = conf_authorize(
		conf, profile, session->id_type, session->identity, session->id_len);
	struct msg_session_begun answer = { .ike = session->ike,
					    .session = session->id,
					    .inner4 = session->inner4,
					    .inner6 = session->inner6,
					    .flow_limit = policy->flow_limit,
					    .session_lifetime_s = policy->session_lifetime_s,
					    .subnet_count = (uint32_t)policy->subnet_count };

	if (session->inner4)
		answer.netmask4 = policy->netmask;
	if (!ip_is_zero(&session->inner6))
		answer.prefix6 = conf->pools[policy->pool6].client_prefix_len;
	memcpy(answer.subnets, policy->subnets, sizeof(answer.subnets));
	return s->setup.to_ike(s->setup.arg, MSG_SESSION_BEGUN, &answer, sizeof(answer));
}

static void log_begun(const struct session *session)
{
	char identity[160], peer[IP_TEXT_MAX], four[IP_TEXT_MAX] = "", six[IP_TEXT_MAX] = "";
	struct fg_ip ip = ip_from4(session->inner4);

	if (session->inner4)
		ip_text(&ip, four);
	if (!ip_is_zero(&session->inner6))
		ip_text(&session->inner6, six);
	log_info(AREA, "va%u %s begun: profile %s, %s%s%s, from %s%s", session->id,
		 session_identity(session->id_type, session->identity, session->id_len, identity,
				  sizeof(identity)),
		 session->profile, four, four[0] && six[0] ? " and " : "", six,
		 endpoint_text(&session->peer, peer),
		 session->peer_behind_nat ? " behind a NAT" : "");
}

void session_begin(struct sessions *s, const struct msg_session_begin *ask)
{
	struct session *session = session_by_ike(s, ask->ike);
	enum fg_cause cause;

	if (session) {
		log_error(AREA, "va%u: ike began it twice", session->id);
		session_end(s, session, FG_CAUSE_bad_message);
		refuse(s, ask->ike, FG_CAUSE_bad_message);
		return;
	}
	session = session_new(s, ask);
	if (!session) {
		log_warn(AREA, "a login is refused: %s (%u sessions)",
			 s->free_count ? "out of memory" : "max-sessions is reached", s->count);
		refuse(s, ask->ike, FG_CAUSE_too_many_sessions);
		return;
	}
	cause = acquire(s, session, ask);
	if (cause != FG_CAUSE_NONE) {
		session_end(s, session, cause);
		refuse(s, ask->ike, cause);
		return;
	}
	session_set_state(session, SESSION_BEGUN);
	s->begun++;
	log_begun(session);
	/* Without ike there is nobody to end it: its death ends all, this one it never heard of. */
	if (say_begun(s, session))
		session_end(s, session, FG_CAUSE_ike_died);
}
