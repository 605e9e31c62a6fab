/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Additional key exchanges behind a CREATE_CHILD_SA, RFC 9370 2.2.4: each in an IKE_FOLLOWUP_KE,
 * with a link to the one before that only the responder understands. The new SA is made when the
 * last one is through. Of each side one such series may be under way in an IKE SA: sa->create,
 * sa->asked.
 */
#ifndef IKE_FOLLOWUP_H
#define IKE_FOLLOWUP_H

#include "ike/core.h"
#include "ike/create.h"

struct ike_writer;

/* Is a key exchange of it still to be made? */
bool ike_series_more(struct ike_create *create);
/* Wipes. */
void ike_series_end(struct ike_series *series);

/* --- the peer asks --- */

/* Row of the rules: IKE_FOLLOWUP_KE. */
void ike_followup_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			  const struct ike_arrival *from);
/* The answer that is being made says that it goes on, or that it is the last: a new link, a
 * deadline for the peer. False: no randomness or no memory. */
bool ike_followup_expect(struct ike_core *core, struct ikesa *sa, struct ike_create *create);
/* KE payload of an IKE_FOLLOWUP_KE, and the link if it goes on. */
void ike_followup_put(struct ike_create *create, struct ike_writer *w);
/* IKE_DUE_FOLLOWUP: the peer does not go on. */
void ike_followup_over(struct ike_core *core, struct ikesa *sa);

/* --- we ask --- */

enum ike_progress {
	IKE_PROGRESS_DONE,  /* every key exchange is made */
	IKE_PROGRESS_NEXT,  /* the next IKE_FOLLOWUP_KE is wanted */
	IKE_PROGRESS_WRONG, /* the answer makes no sense */
};
/* What an answer, to CREATE_CHILD_SA or IKE_FOLLOWUP_KE and without an error, means for the series.
 */
enum ike_progress ike_followup_take(struct ike_create *create, const struct ike_message *m);
/* sa->create goes on with the next one. */
void ike_followup_want(struct ikesa *sa, struct ike_create *create);
/* Rows of the tasks. */
bool ike_followup_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_followup_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);

#endif
