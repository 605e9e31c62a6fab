/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The peer rekeys the IKE SA, RFC 7296 1.3.2.
 */
#ifndef IKE_REKEY_ANSWER_H
#define IKE_REKEY_ANSWER_H

#include "ike/core.h"

struct ike_message;

void ike_rekey_answer(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);
/* The last key exchange of its series is made. */
void ike_rekey_answer_last(struct ike_core *core, struct ikesa *sa);

/* The SPI of the peer in an IKE proposal of CREATE_CHILD_SA; 0: it is not one. */
uint64_t ike_rekey_spi(const struct ike_proposal *proposal);

#endif
