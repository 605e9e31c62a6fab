/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INFORMATIONAL requests of the peer, RFC 7296 1.4: it deletes, tells, or asks whether we live.
 */
#ifndef IKE_INFO_H
#define IKE_INFO_H

#include "ike/core.h"
#include "ike/rules.h"

/* Row of the rules. */
void ike_info_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      const struct ike_arrival *from);

/* Error notifies in a message of the peer, for the operator. */
void ike_info_log(struct ike_core *core, const struct ikesa *sa, const struct ike_message *m);

#endif
