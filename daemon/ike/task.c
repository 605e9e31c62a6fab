// SPDX-License-Identifier: BSD-2-Clause
#include "ike/task.h"

#include "ike/close.h"
#include "ike/info.h"
#include "ike/liveness.h"
#include "ike/mobike.h"

struct task_row {
	const char *name;
	uint8_t exchange;
	/* The payloads. False: it has become needless meanwhile. */
	bool (*build)(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
	/* The answer, authenticated. False: the SA is gone. */
	bool (*answered)(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);
};

static const struct task_row tasks[IKE_TASKS] = {
	[IKE_TASK_DELETE_IKE] = { "DELETE of the IKE SA", IKE_EXCHANGE_INFORMATIONAL,
				  ike_close_build, ike_close_answered },
	[IKE_TASK_ROUTABILITY] = { "return routability check", IKE_EXCHANGE_INFORMATIONAL,
				   ike_routability_build, ike_routability_answered },
	[IKE_TASK_ADDRESSES] = { "new addresses", IKE_EXCHANGE_INFORMATIONAL, ike_addresses_build,
				 ike_addresses_answered },
	[IKE_TASK_DPD] = { "dead peer detection", IKE_EXCHANGE_INFORMATIONAL, ike_dpd_build,
			   ike_dpd_answered },
};

const char *ike_task_name(enum ike_task task)
{
	return (unsigned)task < IKE_TASKS ? tasks[task].name : "nothing";
}

/* False: the SA is gone. */
static bool start(struct ike_core *core, struct ikesa *sa, enum ike_task task)
{
	struct ike_draft draft;

	sa->wanted &= ~(1u << task);
	ike_draft_begin(&draft);
	if (!tasks[task].build(core, sa, &draft.w))
		return true;
	sa->own_task = task;
	if (ike_request(core, sa, tasks[task].exchange, &draft) == 0)
		return true;
	ike_destroy(core, sa, FG_CAUSE_unanswered);
	return false;
}

static void start_next(struct ike_core *core, struct ikesa *sa)
{
	for (enum ike_task task = 0; task < IKE_TASKS && !sa->own; task++)
		if (sa->wanted & 1u << task && !start(core, sa, task))
			return;
}

void ike_want(struct ike_core *core, struct ikesa *sa, enum ike_task task)
{
	sa->wanted |= 1u << task;
	start_next(core, sa);
}

void ike_want_nothing(struct ikesa *sa)
{
	sa->wanted = 0;
}

void ike_task_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		       const struct ike_arrival *from)
{
	enum ike_task task = sa->own_task;

	(void)from;
	ike_info_log(core, sa, m);
	sa->own_task = IKE_TASKS;
	if ((unsigned)task < IKE_TASKS && tasks[task].answered(core, sa, m))
		start_next(core, sa);
}
