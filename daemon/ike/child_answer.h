/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The peer asks for a CHILD SA: in the place of one that there is (REKEY_SA, RFC 7296 1.3.3) or
 * beside it (1.3.1). flexd installs it before the answer leaves.
 */
#ifndef IKE_CHILD_ANSWER_H
#define IKE_CHILD_ANSWER_H

#include "ike/core.h"

struct ike_message;

void ike_child_answer(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);
/* The last key exchange of its series is made: install what it asks for. */
void ike_child_answer_last(struct ike_core *core, struct ikesa *sa);
/* flexd has answered. False: not a question of ours; nothing was done. The SPI has ticket 0. */
void ike_child_answer_spi(struct ike_core *core, struct ikesa *sa,
			  const struct msg_spi_given *given);
bool ike_child_answer_added(struct ike_core *core, struct ikesa *sa,
			    const struct msg_sa_added *added);
bool ike_child_answer_refused(struct ike_core *core, struct ikesa *sa,
			      const struct msg_sa_refused *refused);

#endif
