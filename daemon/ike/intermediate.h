/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_INTERMEDIATE (RFC 9242) between IKE_SA_INIT and IKE_AUTH: each exchange carries one
 * additional key exchange (RFC 9370 2.2.2) and changes the keys of all that follows. What both
 * sides said in it enters AUTH, so that nobody on the way can leave one out.
 */
#ifndef IKE_INTERMEDIATE_H
#define IKE_INTERMEDIATE_H

#include "ike/core.h"
#include "ike/rules.h"

/* Row of the rules. */
void ike_intermediate_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			      const struct ike_arrival *from);
/* Has every additional key exchange that IKE_SA_INIT agreed on been made? */
bool ike_intermediate_complete(struct ikesa *sa);

#endif
