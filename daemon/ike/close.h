/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ends of an IKE SA and of what hangs on it. After each of these but ike_session_end() the SA may
 * be gone: the caller does not look at it again.
 */
#ifndef IKE_CLOSE_H
#define IKE_CLOSE_H

#include "ike/core.h"

struct ike_message;
struct ike_writer;

/* Tell flexd that the session is over, once; the CHILD SAs go with it. */
void ike_session_end(struct ike_core *core, struct ikesa *sa, uint32_t cause);
/* Without a word to the peer. */
void ike_destroy(struct ike_core *core, struct ikesa *sa, uint32_t cause);
/* DELETE to an authenticated peer, sent again until it is answered; others are destroyed. */
void ike_close(struct ike_core *core, struct ikesa *sa, uint32_t cause);
/* The end after the last answer: FAILED or DELETED, keys wiped, the answer kept for a while. */
void ike_linger(struct ike_core *core, struct ikesa *sa, enum ike_state state, uint32_t cause);
/* Answer the open request with this error notify alone; then FAILED. */
void ike_fail(struct ike_core *core, struct ikesa *sa, uint16_t notify, uint32_t cause);
void ike_fail_data(struct ike_core *core, struct ikesa *sa, uint16_t notify, const void *data,
		   size_t len, uint32_t cause);
/* IKE_DUE_STATE: the SA was too long in its state. */
void ike_state_over(struct ike_core *core, struct ikesa *sa);
/* IKE_TASK_DELETE_IKE */
bool ike_close_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_close_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);

#endif
