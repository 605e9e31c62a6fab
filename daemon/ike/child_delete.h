/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * We delete CHILD SAs, RFC 7296 1.4.1; and what it means for the IKE SA that the last one goes or
 * the first one comes, whoever deletes or makes it.
 */
#ifndef IKE_CHILD_DELETE_H
#define IKE_CHILD_DELETE_H

#include "ike/core.h"

struct ike_message;
struct ike_writer;

/* DELETE it as soon as our window allows. The SA may be gone afterwards. */
void ike_child_delete(struct ike_core *core, struct ikesa *sa, struct ike_child *child);
/* It is only to be deleted from now on. The caller calls ike_child_rearm() and ike_want_next(). */
void ike_child_retire(struct ike_child *child);
/* Rows of the tasks. */
bool ike_child_delete_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_child_delete_answered(struct ike_core *core, struct ikesa *sa,
			       const struct ike_message *m);

/* It left the list: without another one, or one on its way, the IKE SA is childless. */
void ike_child_gone(struct ike_core *core, struct ikesa *sa);
/* One came: an IKE SA that was childless is no more. */
void ike_child_first(struct ike_core *core, struct ikesa *sa);

#endif
