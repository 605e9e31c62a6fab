// SPDX-License-Identifier: BSD-2-Clause
#include "ike/task.h"

#include "ike/child_ask.h"
#include "ike/child_delete.h"
#include "ike/close.h"
#include "ike/followup.h"
#include "ike/info.h"
#include "ike/life.h"
#include "ike/liveness.h"
#include "ike/mobike.h"
#include "ike/rekey_ask.h"

struct task_row {
	const char *name;
	uint8_t exchange;
	/* The payloads. False: it has become needless meanwhile. */
	bool (*build)(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
	/* The answer, authenticated. False: the SA may be gone. */
	bool (*answered)(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);
};

static const struct task_row tasks[IKE_TASKS] = {
	[IKE_TASK_DELETE_IKE] = { "DELETE of the IKE SA", IKE_EXCHANGE_INFORMATIONAL,
				  ike_close_build, ike_close_answered },
	[IKE_TASK_FOLLOWUP] = { "additional key exchange", IKE_EXCHANGE_IKE_FOLLOWUP_KE,
				ike_followup_build, ike_followup_answered },
	[IKE_TASK_DELETE_CHILD] = { "DELETE of a CHILD SA", IKE_EXCHANGE_INFORMATIONAL,
				    ike_child_delete_build, ike_child_delete_answered },
	[IKE_TASK_REKEY_CHILD] = { "rekey of a CHILD SA", IKE_EXCHANGE_CREATE_CHILD_SA,
				   ike_child_ask_build, ike_child_ask_answered },
	[IKE_TASK_REKEY_IKE] = { "rekey of the IKE SA", IKE_EXCHANGE_CREATE_CHILD_SA,
				 ike_rekey_ask_build, ike_rekey_ask_answered },
	[IKE_TASK_ROUTABILITY] = { "return routability check", IKE_EXCHANGE_INFORMATIONAL,
				   ike_routability_build, ike_routability_answered },
	[IKE_TASK_ADDRESSES] = { "new addresses", IKE_EXCHANGE_INFORMATIONAL, ike_addresses_build,
				 ike_addresses_answered },
	[IKE_TASK_LIFETIME] = { "AUTH_LIFETIME", IKE_EXCHANGE_INFORMATIONAL, ike_life_tell_build,
				ike_life_told },
	[IKE_TASK_DPD] = { "dead peer detection", IKE_EXCHANGE_INFORMATIONAL, ike_dpd_build,
			   ike_dpd_answered },
};

const char *ike_task_name(enum ike_task task)
{
	return (unsigned)task < IKE_TASKS ? tasks[task].name : "nothing";
}

/* False: the SA is gone. */
static bool start(struct ike_core *core, struct ikesa *sa, enum ike_task task, __be32 subject)
{
	struct ike_draft draft;

	ike_draft_begin(&draft);
	sa->own_child = subject;
	if (!tasks[task].build(core, sa, &draft.w))
		return true;
	sa->own_task = task;
	if (ike_request(core, sa, tasks[task].exchange, &draft) == 0)
		return true;
	ike_destroy(core, sa, FG_CAUSE_unanswered);
	return false;
}

/* The first of its CHILD SAs that wants it, which then wants it no more. 0: none. */
static __be32 take_child(struct ikesa *sa, enum ike_task task)
{
	struct ike_child *child = sa->child;

	while (child && !(child->wanted & IKE_WANT(task)))
		child = child->next;
	if (!child)
		return 0;
	child->wanted &= ~IKE_WANT(task);
	return child->spi_in;
}

void ike_want_next(struct ike_core *core, struct ikesa *sa)
{
	__be32 subject;

	for (enum ike_task task = 0; task < IKE_TASKS && !sa->own; task++) {
		bool wanted = sa->wanted & IKE_WANT(task);

		sa->wanted &= ~IKE_WANT(task);
		if (wanted && !start(core, sa, task, 0))
			return;
		while (!sa->own && (subject = take_child(sa, task)) != 0)
			if (!start(core, sa, task, subject))
				return;
	}
}

void ike_want(struct ike_core *core, struct ikesa *sa, enum ike_task task)
{
	sa->wanted |= IKE_WANT(task);
	ike_want_next(core, sa);
}

void ike_want_child(struct ike_core *core, struct ikesa *sa, enum ike_task task,
		    struct ike_child *child)
{
	child->wanted |= IKE_WANT(task);
	ike_want_next(core, sa);
}

void ike_want_nothing(struct ikesa *sa)
{
	sa->wanted = 0;
	for (struct ike_child *child = sa->child; child; child = child->next)
		child->wanted = 0;
}

bool ike_asking(const struct ikesa *sa, enum ike_task task, __be32 spi_in)
{
	return sa->own && sa->own_task == (unsigned)task && (!spi_in || sa->own_child == spi_in);
}

void ike_task_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		       const struct ike_arrival *from)
{
	enum ike_task task = sa->own_task;

	(void)from;
	ike_info_log(core, sa, m);
	sa->own_task = IKE_TASKS;
	if ((unsigned)task >= IKE_TASKS) {
		ike_want_next(core, sa);
		return;
	}
	/* The message ID says which request it answers; another exchange is not an answer to it. */
	if (m->header.exchange != tasks[task].exchange) {
		ike_count_drop(core, IKE_DROP_bad_exchange);
		ike_destroy(core, sa, FG_CAUSE_malformed);
		return;
	}
	if (tasks[task].answered(core, sa, m))
		ike_want_next(core, sa);
}
