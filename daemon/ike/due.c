// SPDX-License-Identifier: BSD-2-Clause
#include "ike/due.h"

#include "ike/close.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/life.h"
#include "ike/liveness.h"
#include "ike/sealed.h"

/* Each may end the SA. */
static void (*const handlers[IKE_DUES])(struct ike_core *core, struct ikesa *sa) = {
	[IKE_DUE_STATE] = ike_state_over,
	[IKE_DUE_RESEND] = ike_request_retry,
	[IKE_DUE_FOLLOWUP] = ike_followup_over,
	[IKE_DUE_FRAGMENTS] = ike_fragments_over,
	[IKE_DUE_CHILD] = ike_life_child_due,
	[IKE_DUE_REKEY] = ike_life_rekey_due,
	[IKE_DUE_EXPIRE] = ike_life_over,
	[IKE_DUE_SESSION] = ike_life_session_over,
	[IKE_DUE_DPD] = ike_dpd_due,
	[IKE_DUE_KEEPALIVE] = ike_keepalive_due,
};

static enum ike_due earliest(const struct ikesa *sa)
{
	enum ike_due first = 0;

	for (enum ike_due due = 1; due < IKE_DUES; due++)
		if (sa->due_ms[due] < sa->due_ms[first])
			first = due;
	return first;
}

void ike_due_at(struct ike_core *core, struct ikesa *sa, enum ike_due due, uint64_t at_ms)
{
	sa->due_ms[due] = at_ms;
	ike_timer_set(&core->timers, &sa->timer, sa->due_ms[earliest(sa)]);
}

void ike_due_over(struct ike_core *core, struct ikesa *sa)
{
	enum ike_due due = earliest(sa);
	bool over = sa->due_ms[due] <= ike_now(core);

	/* The timer starts again for what is left, before the handler may free the SA. */
	ike_due_at(core, sa, due, over ? IKE_NEVER : sa->due_ms[due]);
	if (over)
		handlers[due](core, sa);
}
