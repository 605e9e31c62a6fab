// SPDX-License-Identifier: BSD-2-Clause
#include "ike/close.h"

#include "ike/create.h"
#include "ike/task.h"

#include <stdlib.h>

void ike_session_end(struct ike_core *core, struct ikesa *sa, uint32_t cause)
{
	const struct msg_session_end end = {
		.ike = sa->handle,
		.session = sa->session,
		.cause = cause,
	};

	ike_child_free_all(sa);
	/* What the peer asked for is not answered any more. A request of ours that is out stays:
	 * its answer may bring an IKE SA that has to be deleted. */
	ike_create_free(sa->asked);
	sa->asked = NULL;
	free(sa->grant);
	sa->grant = NULL;
	if (!sa->session)
		return;
	sa->session = 0;
	/* Without flexd there is no session left to end. */
	core->env.to_broker(core->env.arg, MSG_SESSION_END, &end, sizeof(end));
}

void ike_destroy(struct ike_core *core, struct ikesa *sa, uint32_t cause)
{
	ike_session_end(core, sa, cause);
	ikesa_free(core, sa);
}

void ike_close(struct ike_core *core, struct ikesa *sa, uint32_t cause)
{
	ike_session_end(core, sa, cause);
	if (!ike_state_in(sa->state, IKE_AUTHENTICATED) ||
	    !ike_move(core, sa, IKE_STATE_DELETING)) {
		ikesa_free(core, sa);
		return;
	}
	table_del(&core->by_identity, &sa->by_identity);
	for (enum ike_due due = 0; due < IKE_DUES; due++)
		if (due != IKE_DUE_RESEND && due != IKE_DUE_FRAGMENTS)
			ike_due_at(core, sa, due, IKE_NEVER);
	ike_want_nothing(sa);
	/* What is open goes first, but the goodbye does not wait for a client that may be moving.
	 */
	sa->own_until_ms = ike_now(core) + IKE_REQUEST_PATIENCE_MS;
	ike_want(core, sa, IKE_TASK_DELETE_IKE);
}

bool ike_close_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	(void)sa;
	ike_put_delete(w, IKE_PROTOCOL_IKE, NULL, 0);
	core->stats.deletes++;
	return true;
}

/* Whatever the answer says, it is done. */
bool ike_close_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	(void)m;
	ikesa_free(core, sa);
	return false;
}

void ike_linger(struct ike_core *core, struct ikesa *sa, enum ike_state state, uint32_t cause)
{
	ike_session_end(core, sa, cause);
	if (!ike_move(core, sa, state)) {
		ikesa_free(core, sa);
		return;
	}
	table_del(&core->by_identity, &sa->by_identity);
	ike_create_free(sa->create);
	sa->create = NULL;
	ikesa_forget_keys(sa);
	for (enum ike_due due = 0; due < IKE_DUES; due++)
		ike_due_at(core, sa, due, IKE_NEVER);
	ike_due_at(core, sa, IKE_DUE_STATE, ike_now(core) + IKE_LINGER_MS);
}

void ike_fail_data(struct ike_core *core, struct ikesa *sa, uint16_t notify, const void *data,
		   size_t len, uint32_t cause)
{
	if (ike_answer_notify(core, sa, notify, data, len))
		ike_linger(core, sa, IKE_STATE_FAILED, cause);
	else
		ike_destroy(core, sa, cause);
}

void ike_fail(struct ike_core *core, struct ikesa *sa, uint16_t notify, uint32_t cause)
{
	ike_fail_data(core, sa, notify, NULL, 0, cause);
}

void ike_state_over(struct ike_core *core, struct ikesa *sa)
{
	char who[IKESA_TEXT_MAX];

	if (sa->state == IKE_STATE_CHILDLESS) {
		log_info("ike", "%s: no CHILD SA for too long, closing", ikesa_text(sa, who));
		ike_close(core, sa, sa->child_cause ? sa->child_cause : FG_CAUSE_childless);
	} else if (sa->state == IKE_STATE_REKEYED) {
		/* The peer leaves deleting it to us. */
		ike_close(core, sa, FG_CAUSE_replaced);
	} else {
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
	}
}
