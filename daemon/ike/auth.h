/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_AUTH, first half: who is it? A round is one identity of the client and its proof, RFC
 * 7296 1.2 and 2.15; a profile may want a second one, RFC 4739. We prove ourselves in the first.
 * After the last round login.h goes on.
 *
 * EAP, RFC 7296 2.16, would be a round that begins without AUTH: until there is one it is refused.
 */
#ifndef IKE_AUTH_H
#define IKE_AUTH_H

#include "ike/core.h"
#include "ike/rules.h"

struct ike_writer;

/* Into the answer to IKE_SA_INIT m: which ways to authenticate we know beyond RFC 7296. Notes what
 * the client announced. */
void ike_auth_announce(const struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		       struct ike_writer *w);

/* Rows of the rules: the first round, which says what the client wants, and a further one. */
void ike_auth_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      const struct ike_arrival *from);
void ike_auth_round(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		    const struct ike_arrival *from);
/* Answers of aaa for an SA that waits for them. Return 0 or -EPROTO. */
int ike_auth_verdict(struct ike_core *core, struct ikesa *sa,
		     const struct msg_auth_verdict *verdict);
int ike_auth_mixed(struct ike_core *core, struct ikesa *sa, const struct msg_ppk_mixed *mixed);
int ike_auth_signed(struct ike_core *core, struct ikesa *sa, const struct msg_auth_signed *sign);
/* Nobody is there to ask or to answer: as if the request had not come. */
void ike_auth_later(struct ike_core *core, struct ikesa *sa);

#endif
