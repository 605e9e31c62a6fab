/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How identities are proven in IKE_AUTH, RFC 7296 2.15 and 3.8. Whatever the method, AUTH covers
 * the same octets. Pre-shared keys and private keys lie in aaa, which is asked.
 */
#ifndef IKE_PROOF_H
#define IKE_PROOF_H

#include "ike/core.h"
#include "ike/exchange.h"

/*
 * The octets that AUTH of one side covers, with room for `tail` bytes behind them. Free wr->p.
 * False: no memory; nothing is to be freed.
 */
bool ike_proof_octets(const struct ikesa *sa, bool of_peer, struct ike_bytes id_body, size_t tail,
		      struct wr *wr);

/* The question to aaa whether AUTH of this round proves `who`. Returns 0 or -errno. */
int ike_proof_ask(struct ike_core *core, const struct ikesa *sa, const struct msg_identity *who,
		  const struct ike_message *m);

/* Have aaa make our AUTH for this profile; sa->login remembers as whom. Returns 0 or -errno. */
int ike_proof_sign(struct ike_core *core, struct ikesa *sa, const struct conf_profile *profile);
/* IDr and AUTH: they begin the answer to a client that is who it says. */
void ike_proof_put(const struct ikesa *sa, struct ike_draft *draft);

#endif
