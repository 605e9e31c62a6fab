// SPDX-License-Identifier: BSD-2-Clause
#include "ike/mobike.h"

#include "core/secret.h"
#include "ike/close.h"
#include "ike/exchange.h"
#include "ike/liveness.h"
#include "ike/task.h"

#include <stdlib.h>

static bool path_equal(const struct ike_path *a, const struct ike_path *b)
{
	return endpoint_equal(&a->peer, &b->peer) && endpoint_equal(&a->local, &b->local);
}

/* --- our addresses in a message --- */

static void put_address(struct ike_writer *w, const struct fg_ip *ip)
{
	__be32 in4 = ip_to4(ip);

	if (ip_is4(ip))
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS,
			       &in4, sizeof(in4));
	else
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS,
			       ip->w, sizeof(ip->w));
}

/* Ours, without the one that the client uses; returns how many. One that it has not chosen is named
 * though this very message comes from there: clients look at the list. */
static size_t put_others(const struct ike_core *core, const struct ikesa *sa, struct ike_writer *w)
{
	const struct fg_ip *source = &sa->path.local.ip;
	bool chosen = !sa->mobike || ip_equal(&sa->mobike->proven.local.ip, source);
	size_t n = 0;

	for (size_t i = 0; i < core->local_count; i++) {
		if (chosen && ip_equal(&core->local[i], source))
			continue;
		put_address(w, &core->local[i]);
		n++;
	}
	return n;
}

/* --- IKE_AUTH --- */

struct ike_mobike *ike_mobike_read(const struct ike_message *m)
{
	return ike_find_notify(m, IKE_NOTIFY_MOBIKE_SUPPORTED)
		       ? calloc(1, sizeof(struct ike_mobike))
		       : NULL;
}

/* Source and destination address, then both ports: 4.2.6, as the sender believes them. */
bool ike_mobike_no_nat(const struct ike_message *m, const struct ike_path *path)
{
	const struct ike_notify *notify = ike_find_notify(m, IKE_NOTIFY_NO_NATS_ALLOWED);
	bool is4 = ip_is4(&path->peer.ip);
	size_t len = is4 ? sizeof(__be32) : sizeof(struct fg_ip);
	uint8_t seen[36];
	struct wr wr = wr_of(seen, sizeof(seen));

	if (!notify)
		return true;
	wr_bytes(&wr, is4 ? &path->peer.ip.w[3] : path->peer.ip.w, len);
	wr_bytes(&wr, is4 ? &path->local.ip.w[3] : path->local.ip.w, len);
	wr_bytes(&wr, &path->peer.port, sizeof(path->peer.port));
	wr_bytes(&wr, &path->local.port, sizeof(path->local.port));
	return !wr.failed && notify->data.len == wr.len &&
	       memcmp(notify->data.p, seen, wr.len) == 0;
}

void ike_mobike_begin(struct ike_core *core, struct ikesa *sa, struct ike_mobike *mobike,
		      struct ike_writer *w)
{
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_MOBIKE_SUPPORTED, NULL, 0);
	put_others(core, sa, w);
	mobike->proven = sa->path;
	mobike->nat = (struct ike_nat){ .peer = sa->peer_nat, .local = sa->local_nat };
	sa->mobike = mobike;
}

/* --- moving --- */

static enum conf_mobike policy(const struct ike_core *core, const struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);

	return profile ? profile->mobike : CONF_MOBIKE_ON;
}

/* An address of a pool is one that we lend: a tunnel to it would lead into itself. */
static bool acceptable(const struct ike_core *core, const struct ike_path *path)
{
	for (size_t i = 0; i < core->conf->pool_count; i++) {
		const struct conf_net *net = &core->conf->pools[i].net;

		if (ip_is4(&net->ip) == ip_is4(&path->peer.ip) &&
		    ip_in_prefix(&path->peer.ip, &net->ip, net->len))
			return false;
	}
	return true;
}

/* A rekey of the IKE SA overtakes what the client says in the old one: that is about the new one.
 * NULL: it is gone. */
static struct ikesa *with_login(const struct ike_core *core, struct ikesa *sa)
{
	while (sa && sa->heir)
		sa = ikesa_find(core, sa->heir);
	return sa;
}

static void refuse(struct ike_core *core, const struct ikesa *sa, const struct ike_path *path,
		   uint16_t notify, struct ike_writer *w)
{
	char who[IKESA_TEXT_MAX], where[IP_TEXT_MAX];
	struct ike_name room;

	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, notify, NULL, 0);
	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("ike", "%s: does not move to %s: %s", ikesa_text(sa, who),
			 endpoint_text(&path->peer, where), ike_notify_name(notify, &room));
}

/* 3.5. The addresses of the IP header count, not what anybody writes: they pass NATs. */
static bool update(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		   const struct ike_path *path, struct ike_writer *w)
{
	struct ike_nat nat = ike_nat_read(m, path);

	if (policy(core, sa) == CONF_MOBIKE_OFF || !acceptable(core, path)) {
		refuse(core, sa, path, IKE_NOTIFY_UNACCEPTABLE_ADDRESSES, w);
		return false;
	}
	sa->path = *path;
	sa->mobike->moves++;
	if (nat.came)
		sa->mobike->nat = nat;
	return true;
}

static void echo_cookie2(const struct ike_message *m, struct ike_writer *w)
{
	const struct ike_notify *cookie2 = ike_find_notify(m, IKE_NOTIFY_COOKIE2);

	if (cookie2)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_COOKIE2, cookie2->data.p,
			       cookie2->data.len);
}

bool ike_mobike_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			const struct ike_arrival *from, struct ike_writer *w)
{
	struct ikesa *login = with_login(core, sa);
	bool moved = false;

	if (!login || !login->mobike)
		return false;
	if (!ike_mobike_no_nat(m, &from->path)) {
		refuse(core, sa, &from->path, IKE_NOTIFY_UNEXPECTED_NAT_DETECTED, w);
	} else if (ike_find_notify(m, IKE_NOTIFY_UPDATE_SA_ADDRESSES) &&
		   ike_state_in(login->state, IKE_AUTHENTICATED)) {
		moved = update(core, login, m, &from->path, w);
		/* Our DELETE of the old one goes there, too. */
		if (moved)
			sa->path = from->path;
	}
	/* 3.8: whoever asks what we see is told. */
	if (ike_find_notify(m, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP))
		ike_nat_put(w, sa, &from->path);
	echo_cookie2(m, w);
	return moved;
}

/* The client is there: everything of it goes there. */
static void commit(struct ike_core *core, struct ikesa *sa)
{
	struct ike_mobike *mobike = sa->mobike;
	bool same = path_equal(&mobike->proven, &sa->path) && mobike->nat.peer == sa->peer_nat &&
		    mobike->nat.local == sa->local_nat;
	char who[IKESA_TEXT_MAX], was[IP_TEXT_MAX];
	struct msg_session_move move = { .ike = sa->handle, .session = sa->session };

	if (same)
		return;
	log_info("ike", "%s: moved from %s", ikesa_text(sa, who),
		 endpoint_text(&mobike->proven.peer, was));
	core->stats.moves++;
	mobike->proven = sa->path;
	sa->peer_nat = mobike->nat.peer;
	sa->local_nat = mobike->nat.local;
	ike_keepalive_begin(core, sa);
	move.udp = ike_nat_udp(sa);
	move.peer_behind_nat = sa->peer_nat;
	move.peer = sa->path.peer;
	move.local = sa->path.local;
	/* Without flexd there is no session left to move. */
	if (sa->session)
		core->env.to_broker(core->env.arg, MSG_SESSION_MOVE, &move, sizeof(move));
}

/*
 * The check keeps a client from pointing its traffic at somebody else. It is needless where only
 * the port changed, and the operator may trust the clients, RFC 4555 3.7. A request that is open
 * goes to the new address at once, 3.5; the check must wait for its answer.
 */
void ike_mobike_moved(struct ike_core *core, struct ikesa *sa)
{
	if (sa->own)
		ike_request_again(core, sa);
	if (sa->heir) {
		sa = with_login(core, sa);
		if (sa->own)
			ike_request_again(core, sa);
	}
	if (policy(core, sa) == CONF_MOBIKE_UNVERIFIED ||
	    ip_equal(&sa->path.peer.ip, &sa->mobike->proven.peer.ip))
		commit(core, sa);
	else
		ike_want(core, sa, IKE_TASK_ROUTABILITY);
}

bool ike_routability_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	struct ike_mobike *mobike = sa->mobike;

	if (!mobike || path_equal(&sa->path, &mobike->proven))
		return false;
	if (!core->env.random(core->env.arg, mobike->cookie2, sizeof(mobike->cookie2)))
		w->wr.failed = true;
	mobike->asked = mobike->moves;
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_COOKIE2, mobike->cookie2,
		       sizeof(mobike->cookie2));
	return true;
}

/* 3.7: another value than ours closes the IKE SA. An answer to a request that went to more than one
 * address does not say which of them works: it is asked again. */
bool ike_routability_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	const struct ike_notify *cookie2 = ike_find_notify(m, IKE_NOTIFY_COOKIE2);
	struct ike_mobike *mobike = sa->mobike;
	char who[IKESA_TEXT_MAX];

	if (!cookie2 || cookie2->data.len != sizeof(mobike->cookie2) ||
	    !ct_equal(cookie2->data.p, mobike->cookie2, sizeof(mobike->cookie2))) {
		log_info("ike", "%s: closed: it does not return our COOKIE2", ikesa_text(sa, who));
		ike_close(core, sa, FG_CAUSE_not_there);
		return false;
	}
	if (mobike->asked == mobike->moves)
		commit(core, sa);
	else
		ike_want(core, sa, IKE_TASK_ROUTABILITY);
	return true;
}

void ike_routability_retry(struct ike_core *core, struct ikesa *sa)
{
	struct ike_mobike *mobike = sa->mobike;
	char who[IKESA_TEXT_MAX], where[IP_TEXT_MAX];

	if (sa->own_tries < IKE_ROUTABILITY_TRIES || path_equal(&sa->path, &mobike->proven))
		return;
	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("ike", "%s: does not answer there; asked again at %s", ikesa_text(sa, who),
			 endpoint_text(&mobike->proven.peer, where));
	sa->path = mobike->proven;
	mobike->nat = (struct ike_nat){ .peer = sa->peer_nat, .local = sa->local_nat };
	mobike->moves++;
}

/* --- they have changed --- */

/* In the place of one that is gone; NULL: it is there, or there is none of its family. */
static const struct fg_ip *replacement(const struct ike_core *core, const struct fg_ip *gone)
{
	const struct fg_ip *other = NULL;

	for (size_t i = core->local_count; i-- > 0;) {
		if (ip_equal(&core->local[i], gone))
			return NULL;
		if (ip_is4(&core->local[i]) == ip_is4(gone))
			other = &core->local[i];
	}
	return other;
}

/* The client chooses; until it has, what we say leaves from an address that we have. */
void ike_mobike_locals(struct ike_core *core, struct ikesa *sa)
{
	const struct fg_ip *other = replacement(core, &sa->path.local.ip);

	if (other) {
		sa->path.local.ip = *other;
		if (sa->own)
			ike_request_again(core, sa);
	}
	ike_want(core, sa, IKE_TASK_ADDRESSES);
}

bool ike_addresses_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	if (!sa->mobike)
		return false;
	if (put_others(core, sa, w) == 0)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_NO_ADDITIONAL_ADDRESSES,
			       NULL, 0);
	return true;
}

bool ike_addresses_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	(void)core;
	(void)sa;
	(void)m;
	return true;
}

void ike_mobike_esp_moved(struct ikesa *sa, const struct msg_peer_moved *moved)
{
	struct endpoint *proven = &sa->mobike->proven.peer;
	bool checking = !path_equal(&sa->path, &sa->mobike->proven);

	/* Said before flexd heard of the newest move, which it obeys since. */
	if (!endpoint_equal(proven, &moved->was))
		return;
	*proven = moved->peer;
	if (!checking)
		sa->path.peer = moved->peer;
}
