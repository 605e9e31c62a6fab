/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of ours. The peer's window is one request (RFC 7296 2.3), so what we want to ask waits
 * its turn: a bit per kind, the most urgent goes first, its message is made when it leaves. Some
 * are about one CHILD SA: their bits are the CHILD SA's, and go with it.
 */
#ifndef IKE_TASK_H
#define IKE_TASK_H

#include "ike/core.h"
#include "ike/exchange.h"

/* Most urgent first. */
enum ike_task {
	IKE_TASK_DELETE_IKE,
	IKE_TASK_ROUTABILITY,  /* RFC 4555 3.7 */
	IKE_TASK_ADDRESSES,    /* RFC 4555 3.6 */
	IKE_TASK_FOLLOWUP,     /* before another CREATE_CHILD_SA */
	IKE_TASK_DELETE_CHILD, /* of a CHILD SA */
	IKE_TASK_REKEY_CHILD,  /* of a CHILD SA */
	IKE_TASK_REKEY_IKE,
	IKE_TASK_LIFETIME, /* AUTH_LIFETIME, RFC 4478 */
	IKE_TASK_DPD,
	IKE_TASKS, /* none */
};

#define IKE_WANT(task) (1u << (task))

/* Ask it as soon as no other request of ours is open; a task that waits already is not doubled.
 * The SA may be gone afterwards: a request that cannot be made ends it. */
void ike_want(struct ike_core *core, struct ikesa *sa, enum ike_task task);
/* The same about one of its CHILD SAs; sa->own_child names it when the message is made and when the
 * answer has come. It may be gone by then. */
void ike_want_child(struct ike_core *core, struct ikesa *sa, enum ike_task task,
		    struct ike_child *child);
/* Ask what waits, if nothing is open: after bits were set, or moved here from another SA. */
void ike_want_next(struct ike_core *core, struct ikesa *sa);
/* Nothing that waits is asked any more; a request that is out stays. */
void ike_want_nothing(struct ikesa *sa);
/* Is our request of this kind out, and about this CHILD SA? spi_in 0: about any. */
bool ike_asking(const struct ikesa *sa, enum ike_task task, __be32 spi_in);
/* The peer answered our request: rules.h. Starts the next task. */
void ike_task_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		       const struct ike_arrival *from);
/* "DELETE of the IKE SA", for logs. */
const char *ike_task_name(enum ike_task task);

#endif
