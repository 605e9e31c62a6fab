// SPDX-License-Identifier: BSD-2-Clause
#include "ike/liveness.h"

#include "ike/nat.h"
#include "ike/task.h"

/* RFC 3948 2.3 */
static const uint8_t nat_keepalive[] = { 0xff };

static struct conf_dpd dpd_of(const struct ike_core *core, const struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);

	return profile ? profile->dpd : core->conf->gateway.dpd;
}

static uint64_t keepalive_ms(const struct ike_core *core, const struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);

	return 1000ull * (profile ? profile->nat_keepalive_s : core->conf->gateway.nat_keepalive_s);
}

/* A little later for each, so that those who came at once are not asked at once. */
static uint64_t jitter(struct ike_core *core, uint64_t ms)
{
	uint16_t r = 0;

	core->env.random(core->env.arg, &r, sizeof(r));
	return ms + ms / IKE_DPD_JITTER * r / UINT16_MAX;
}

static void dpd_in(struct ike_core *core, struct ikesa *sa, uint64_t ms)
{
	ike_due_at(core, sa, IKE_DUE_DPD, ike_now(core) + jitter(core, ms));
}

/* Without DPD the deadline stays: a reload may bring it. */
static void wait_again(struct ike_core *core, struct ikesa *sa, const struct conf_dpd *dpd)
{
	dpd_in(core, sa, dpd->interval_s ? dpd->interval_s * 1000ull : IKE_DPD_LOOK_MS);
}

void ike_liveness_begin(struct ike_core *core, struct ikesa *sa)
{
	struct conf_dpd dpd = dpd_of(core, sa);

	sa->heard_ms = ike_now(core);
	wait_again(core, sa, &dpd);
	ike_keepalive_begin(core, sa);
}

/* Silence of IKE says little: what counts is whether the client sent anything proven at all. */
void ike_dpd_due(struct ike_core *core, struct ikesa *sa)
{
	const struct msg_idle_ask ask = { .ike = sa->handle, .session = sa->session };
	struct conf_dpd dpd = dpd_of(core, sa);
	uint64_t interval_ms = dpd.interval_s * 1000ull, silent = ike_now(core) - sa->heard_ms;

	if (!ike_state_in(sa->state, IKE_AUTHENTICATED))
		return;
	/* A request that is out already asks the same question. */
	if (!dpd.interval_s || sa->own) {
		wait_again(core, sa, &dpd);
		return;
	}
	if (silent < interval_ms) {
		dpd_in(core, sa, interval_ms - silent);
		return;
	}
	wait_again(core, sa, &dpd);
	if (!sa->session || core->env.to_broker(core->env.arg, MSG_IDLE_ASK, &ask, sizeof(ask)) < 0)
		ike_want(core, sa, IKE_TASK_DPD);
}

void ike_dpd_idle(struct ike_core *core, struct ikesa *sa, const struct msg_idle *idle)
{
	struct conf_dpd dpd = dpd_of(core, sa);
	uint64_t interval_ms = dpd.interval_s * 1000ull, silent = ike_now(core) - sa->heard_ms;

	if (!dpd.interval_s || sa->own || !ike_state_in(sa->state, IKE_AUTHENTICATED))
		return;
	if (silent > idle->in_ms)
		silent = idle->in_ms;
	if (silent < interval_ms) {
		dpd_in(core, sa, interval_ms - silent);
		return;
	}
	/* On demand: a client to which nothing was sent since may sleep. */
	if (dpd.on_demand && idle->out_ms >= silent)
		return;
	ike_want(core, sa, IKE_TASK_DPD);
}

bool ike_dpd_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	(void)sa;
	(void)w;
	core->stats.dpd_requests++;
	return true;
}

bool ike_dpd_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	struct conf_dpd dpd = dpd_of(core, sa);

	(void)m;
	wait_again(core, sa, &dpd);
	return true;
}

void ike_keepalive_begin(struct ike_core *core, struct ikesa *sa)
{
	uint64_t ms = keepalive_ms(core, sa);
	bool behind = sa->local_nat && sa->path.local.port == htons(FG_NATT_PORT);

	ike_due_at(core, sa, IKE_DUE_KEEPALIVE,
		   behind ? ike_now(core) + (ms ? ms : IKE_KEEPALIVE_LOOK_MS) : IKE_NEVER);
}

/* One byte per interval, whatever else is sent: asking what ESP did would cost more. */
void ike_keepalive_due(struct ike_core *core, struct ikesa *sa)
{
	if (!ike_state_in(sa->state, IKE_AUTHENTICATED))
		return;
	if (keepalive_ms(core, sa)) {
		core->env.send(core->env.arg, nat_keepalive, sizeof(nat_keepalive), &sa->path.local,
			       &sa->path.peer);
		core->stats.nat_keepalives++;
	}
	ike_keepalive_begin(core, sa);
}

/* --- patience --- */

static uint64_t dpd_retry_ms(const struct ike_core *core, const struct ikesa *sa)
{
	struct conf_dpd dpd = dpd_of(core, sa);

	return (dpd.retry_s ? dpd.retry_s : 1) * 1000ull;
}

uint64_t ike_retry_ms(const struct ike_core *core, const struct ikesa *sa)
{
	unsigned doublings = sa->own_tries - 1;

	if (sa->own_task == IKE_TASK_DPD)
		return dpd_retry_ms(core, sa);
	return (uint64_t)IKE_REQUEST_FIRST_MS
	       << (doublings < IKE_REQUEST_DOUBLINGS ? doublings : IKE_REQUEST_DOUBLINGS);
}

/* A client that moves is given time to find another way, RFC 4555 3.11; not to be told goodbye. */
uint64_t ike_patience_ms(const struct ike_core *core, const struct ikesa *sa)
{
	uint64_t ms = sa->own_task == IKE_TASK_DPD ? IKE_DPD_TRIES * dpd_retry_ms(core, sa)
						   : IKE_REQUEST_PATIENCE_MS;

	if (sa->mobike && sa->state != IKE_STATE_DELETING && ms < IKE_MOBIKE_PATIENCE_MS)
		return IKE_MOBIKE_PATIENCE_MS;
	return ms;
}
