/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of the initiator. */
#ifndef SUPPORT_INITIATOR_INTERNAL_H
#define SUPPORT_INITIATOR_INTERNAL_H

#include "support/initiator.h"

/* Room for a message in out, behind the marker where there is one. */
uint8_t *initiator_room(struct initiator *in, size_t *cap);
size_t initiator_finish(struct initiator *in, size_t message_len);
bool initiator_keys(struct initiator *in, const struct ike_message *m);
/* IDi, what goes with it, and AUTH of this round. */
void initiator_put_proof(struct initiator *in, struct ike_writer *w);
/* The gateway is who it says in this answer. */
bool initiator_proved(struct initiator *in, const struct ike_message *m);
/* The answer to IKE_INTERMEDIATE. */
enum initiator_event initiator_intermediate_answer(struct initiator *in,
						   const struct ike_message *m);
/* To CREATE_CHILD_SA or IKE_FOLLOWUP_KE of a rekey. */
enum initiator_event initiator_create_answer(struct initiator *in, const struct ike_message *m);
void initiator_create_end(struct initiator *in);
/* The IKE SA in use, and the one before, change places. */
void initiator_swap(struct initiator *in);
void initiator_old_end(struct initiator *in);

#endif
