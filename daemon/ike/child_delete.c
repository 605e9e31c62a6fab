// SPDX-License-Identifier: BSD-2-Clause
#include "ike/child_delete.h"

#include "ike/create.h"
#include "ike/task.h"

void ike_child_retire(struct ike_child *child)
{
	child->state = IKE_CHILD_DELETING;
	child->wanted = IKE_WANT(IKE_TASK_DELETE_CHILD);
	for (int i = 0; i < IKE_CHILD_DUES; i++)
		child->due_ms[i] = IKE_NEVER;
}

void ike_child_delete(struct ike_core *core, struct ikesa *sa, struct ike_child *child)
{
	ike_child_retire(child);
	ike_child_rearm(core, sa);
	ike_want_next(core, sa);
}

bool ike_child_delete_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	(void)core;
	ike_put_delete(w, IKE_PROTOCOL_ESP, &sa->own_child, 1);
	return true;
}

/* Whatever the answer says, it is gone on the other side. */
bool ike_child_delete_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m)
{
	struct ike_child *child = ike_child_in(sa, sa->own_child);

	(void)m;
	if (child) {
		if (!child->stopped)
			ike_child_stop(core, sa, child->spi_in, IKE_DRAIN_MS);
		ike_child_free(core, sa, child);
	}
	ike_child_gone(core, sa);
	return true;
}

/* --- the last one goes, the first one comes --- */

static bool comes(const struct ike_create *create)
{
	return create && !create->ike;
}

void ike_child_gone(struct ike_core *core, struct ikesa *sa)
{
	if (sa->state != IKE_STATE_ESTABLISHED || comes(sa->create) || comes(sa->asked))
		return;
	for (const struct ike_child *child = sa->child; child; child = child->next)
		if (child->state != IKE_CHILD_DELETING)
			return;
	/* The session has its grace period: the client may ask for another one. */
	if (ike_move(core, sa, IKE_STATE_CHILDLESS))
		ike_due_at(core, sa, IKE_DUE_STATE, ike_now(core) + IKE_CHILDLESS_MS);
}

void ike_child_first(struct ike_core *core, struct ikesa *sa)
{
	sa->child_cause = 0;
	if (sa->state == IKE_STATE_CHILDLESS && ike_move(core, sa, IKE_STATE_ESTABLISHED))
		ike_due_at(core, sa, IKE_DUE_STATE, IKE_NEVER);
}
