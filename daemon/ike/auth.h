/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_AUTH, first half: who is it? RFC 7296 1.2 and 2.15. aaa judges the peer's AUTH, then makes
 * ours; login.h goes on from there.
 */
#ifndef IKE_AUTH_H
#define IKE_AUTH_H

#include "ike/core.h"
#include "ike/rules.h"

/* Row of the rules. */
void ike_auth_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      const struct ike_arrival *from);
/* Answers of aaa for an SA that waits for them. Return 0 or -EPROTO. */
int ike_auth_verdict(struct ike_core *core, struct ikesa *sa,
		     const struct msg_auth_verdict *verdict);
int ike_auth_signed(struct ike_core *core, struct ikesa *sa, const struct msg_auth_signed *sign);
/* Nobody is there to ask or to answer: as if the request had not come. */
void ike_auth_later(struct ike_core *core, struct ikesa *sa);

#endif
