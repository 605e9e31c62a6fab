// SPDX-License-Identifier: BSD-2-Clause
#include "ike/life.h"

#include "ike/child_ask.h"
#include "ike/child_delete.h"
#include "ike/client.h"
#include "ike/close.h"
#include "ike/create.h"
#include "ike/names.h"
#include "ike/task.h"

/* Any number below `range`; without randomness 0, which is as good as any. */
static uint64_t any_below(const struct ike_core *core, uint64_t range)
{
	uint64_t n = 0;

	if (!core->env.random(core->env.arg, &n, sizeof(n)))
		n = 0;
	return range ? n % range : 0;
}

/* When we rekey what lives so long: somewhere in the eighth that begins at three quarters. What is
 * left then is time for retries and for a peer that is away for a moment. */
static uint64_t soft_ms(const struct ike_core *core, uint64_t life_ms)
{
	return life_ms / 4 * 3 + any_below(core, life_ms / 8);
}

/* Clients that refuse a rekey of ours do it themselves: it is theirs to be in time. */
static bool only_client(const struct ikesa *sa)
{
	return sa->peer_nat && ike_client_has(sa, IKE_CLIENT_NO_REKEY_BEHIND_NAT);
}

static bool client_first(const struct ikesa *sa)
{
	return ike_client_has(sa, IKE_CLIENT_REKEYS_FIRST);
}

/* Soft and hard limit of what begins now and lives so long. */
static void limits(const struct ike_core *core, const struct ikesa *sa, uint64_t life_ms,
		   uint64_t *soft, uint64_t *hard)
{
	uint64_t now = ike_now(core);

	*hard = now + life_ms;
	*soft = now + soft_ms(core, life_ms);
	if (client_first(sa))
		*soft = now + life_ms / 8 * 7 + any_below(core, life_ms / 16);
	if (only_client(sa)) {
		/* Its own clock may be slower than ours is strict. */
		*hard = now + 2 * life_ms;
		*soft = IKE_NEVER;
	}
}

void ike_life_child(struct ike_core *core, struct ikesa *sa, struct ike_child *child)
{
	const struct conf_ipsec_profile *ipsec = ike_ipsec_profile_of(core, sa);
	uint64_t life_ms = (uint64_t)(ipsec ? ipsec->life_s : IKE_LIFE_CHILD_S) * 1000;

	limits(core, sa, life_ms, &child->due_ms[IKE_CHILD_SOFT], &child->due_ms[IKE_CHILD_HARD]);
	ike_child_rearm(core, sa);
}

void ike_life_ike(struct ike_core *core, struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);
	uint64_t life_ms = (uint64_t)(profile ? profile->life_s : IKE_LIFE_IKE_S) * 1000;
	uint64_t soft, hard;

	limits(core, sa, life_ms, &soft, &hard);
	ike_due_at(core, sa, IKE_DUE_REKEY, soft);
	ike_due_at(core, sa, IKE_DUE_EXPIRE, hard);
}

void ike_life_session(struct ike_core *core, struct ikesa *sa, uint32_t seconds)
{
	ike_due_at(core, sa, IKE_DUE_SESSION,
		   seconds ? ike_now(core) + (uint64_t)seconds * 1000 : IKE_NEVER);
}

void ike_life_put(struct ike_writer *w, uint32_t seconds)
{
	uint8_t data[4];
	struct wr wr = wr_of(data, sizeof(data));

	wr_be32(&wr, seconds);
	if (seconds)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_AUTH_LIFETIME, data,
			       sizeof(data));
}

void ike_life_refused(struct ikesa *sa, uint64_t at_ms)
{
	/* It has been told of the session's lifetime at the login, or of an earlier end. */
	if (at_ms >= sa->due_ms[IKE_DUE_SESSION] || (sa->reauth_ms && at_ms >= sa->reauth_ms))
		return;
	sa->reauth_ms = at_ms;
	sa->wanted |= IKE_WANT(IKE_TASK_LIFETIME);
}

bool ike_life_tell_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	uint64_t now = ike_now(core);

	if (!ike_state_in(sa->state, IKE_IN_USE) || sa->reauth_ms < now + 1000)
		return false;
	ike_life_put(w, (uint32_t)((sa->reauth_ms - now) / 1000));
	return true;
}

/* Who does not know it says nothing. */
bool ike_life_told(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	(void)core;
	(void)sa;
	(void)m;
	return true;
}

void ike_life_volume(const struct ike_core *core, const struct ikesa *sa, struct msg_sa_add *add)
{
	const struct conf_ipsec_profile *ipsec = ike_ipsec_profile_of(core, sa);

	add->life_bytes = ipsec ? (uint64_t)ipsec->life_kb * 1024 : 0;
	add->life_packets = ipsec ? ipsec->life_packets : 0;
}

/* The n-th pause: 10, 20, 40, 60, 60 .. seconds, and a part of it at random; shorter where the hard
 * limit is near. */
static uint64_t pause_ms(const struct ike_core *core, unsigned n, uint64_t hard_ms)
{
	uint64_t now = ike_now(core), left = hard_ms > now ? hard_ms - now : 0;
	uint64_t pause = n < 3 ? (uint64_t)IKE_RETRY_MS << n : 6 * (uint64_t)IKE_RETRY_MS;

	if (pause > left / 4)
		pause = left / 4;
	if (pause < IKE_RETRY_MIN_MS)
		pause = IKE_RETRY_MIN_MS;
	return pause + any_below(core, pause / 2);
}

void ike_life_again(struct ike_core *core, struct ike_child *child)
{
	child->state = IKE_CHILD_INSTALLED;
	child->due_ms[IKE_CHILD_SOFT] = ike_now(core) + pause_ms(core, child->failures,
								 child->due_ms[IKE_CHILD_HARD]);
	if (child->failures < UINT8_MAX)
		child->failures++;
}

void ike_life_ike_again(struct ike_core *core, struct ikesa *sa)
{
	ike_due_at(core, sa, IKE_DUE_REKEY,
		   ike_now(core) + pause_ms(core, sa->rekey_failures, sa->due_ms[IKE_DUE_EXPIRE]));
	if (sa->rekey_failures < UINT8_MAX)
		sa->rekey_failures++;
}

void ike_life_give_up(struct ikesa *sa, struct ike_child *child, uint16_t notify)
{
	child->due_ms[IKE_CHILD_SOFT] = IKE_NEVER;
	child->refused = notify;
	if (ike_child_count(sa) == 1)
		ike_life_refused(sa, child->due_ms[IKE_CHILD_HARD]);
}

void ike_life_left(struct ike_core *core, struct ikesa *sa, struct ike_child *child)
{
	child->due_ms[IKE_CHILD_SOFT] = IKE_NEVER;
	ike_child_due_at(core, sa, child, IKE_CHILD_LEFT, ike_now(core) + IKE_LEFT_MS);
}

/* --- limits are reached --- */

/* What goes to the client takes the new one, whether the peer has deleted the old one or not. */
static void use_heir(struct ike_core *core, struct ikesa *sa, const struct ike_child *child)
{
	const struct ike_child *heir = ike_child_in(sa, child->heir);

	if (heir && heir->state != IKE_CHILD_INSTALLING)
		ike_child_use(core, sa, heir);
}

/* Nothing goes through it any more. */
static void expire(struct ike_core *core, struct ikesa *sa, struct ike_child *child)
{
	char who[IKESA_TEXT_MAX];
	struct ike_name room;

	log_info("ike", "%s: a CHILD SA has reached its lifetime without a rekey%s%s, deleting it",
		 ikesa_text(sa, who), child->refused ? ", which the client refused with " : "",
		 child->refused ? ike_notify_name(child->refused, &room) : "");
	sa->child_cause = child->refused ? FG_CAUSE_rekey_refused : FG_CAUSE_child_lifetime;
	core->stats.child_expired++;
	use_heir(core, sa, child);
	if (!child->stopped)
		ike_child_stop(core, sa, child->spi_in, 0);
	child->stopped = true;
	ike_child_delete(core, sa, child);
}

/* The peer left what it replaced: the new one is used, and we delete the old one ourselves. */
static void left(struct ike_core *core, struct ikesa *sa, struct ike_child *child)
{
	use_heir(core, sa, child);
	ike_child_delete(core, sa, child);
}

void ike_life_limit(struct ike_core *core, struct ikesa *sa, const struct msg_sa_life *life)
{
	struct ike_child *child = ike_child_in(sa, life->spi_in);

	if (!child || child->state == IKE_CHILD_DELETING)
		return;
	if (life->hard) {
		expire(core, sa, child);
	} else if (child->state == IKE_CHILD_INSTALLED && !only_client(sa)) {
		child->due_ms[IKE_CHILD_SOFT] = IKE_NEVER;
		ike_child_rearm(core, sa);
		ike_child_rekey(core, sa, child);
	}
}

static struct ike_child *earliest(const struct ikesa *sa, enum ike_child_due *due)
{
	struct ike_child *first = NULL;

	for (struct ike_child *child = sa->child; child; child = child->next)
		for (enum ike_child_due i = 0; i < IKE_CHILD_DUES; i++)
			if (!first || child->due_ms[i] < first->due_ms[*due]) {
				first = child;
				*due = i;
			}
	return first;
}

/* One at a time: it may change the list, or end the IKE SA. */
void ike_life_child_due(struct ike_core *core, struct ikesa *sa)
{
	enum ike_child_due due = 0;
	struct ike_child *child = earliest(sa, &due);

	if (!child || child->due_ms[due] > ike_now(core)) {
		ike_child_rearm(core, sa);
		return;
	}
	child->due_ms[due] = IKE_NEVER;
	ike_child_rearm(core, sa);
	switch (due) {
	case IKE_CHILD_SOFT:
		ike_child_rekey(core, sa, child);
		break;
	case IKE_CHILD_HARD:
		expire(core, sa, child);
		break;
	default:
		left(core, sa, child);
	}
}

void ike_life_rekey_due(struct ike_core *core, struct ikesa *sa)
{
	if (ike_state_in(sa->state, IKE_IN_USE))
		ike_want(core, sa, IKE_TASK_REKEY_IKE);
}

void ike_life_over(struct ike_core *core, struct ikesa *sa)
{
	uint16_t refused = sa->rekey_refused;
	char who[IKESA_TEXT_MAX];
	struct ike_name room;

	log_info("ike", "%s: the IKE SA has reached its lifetime without a rekey%s%s, closing",
		 ikesa_text(sa, who), refused ? ", which the client refused with " : "",
		 refused ? ike_notify_name(refused, &room) : "");
	ike_close(core, sa, refused ? FG_CAUSE_rekey_refused : FG_CAUSE_lifetime);
}

/* RFC 4478 2: a client that wanted to stay has authenticated again by now, in an IKE SA of its own.
 */
void ike_life_session_over(struct ike_core *core, struct ikesa *sa)
{
	char who[IKESA_TEXT_MAX];

	log_info("ike", "%s: session-lifetime is over, closing", ikesa_text(sa, who));
	ike_close(core, sa, FG_CAUSE_session_lifetime);
}
