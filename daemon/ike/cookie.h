/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stateless cookie of RFC 7296 2.6: who brings one is where it says it is. XDP asks for the
 * same cookie before a datagram gets here (bpf/guard.h); this is the word that counts, and the only
 * one where XDP does not answer. How a cookie is made stands in bpf/cookie.h.
 */
#ifndef IKE_COOKIE_H
#define IKE_COOKIE_H

#include "ike/core.h"
#include "ike/rules.h"

/* From flexd: from now on these. Before the first ones no cookie is demanded. */
void ike_cookie_secrets(struct ike_core *core, const struct fg_cookie_secrets *secrets);
/* Notes in from->proven whether the IKE_SA_INIT brought a good one. A wrong one is as none: the RFC
 * wants it ignored. */
void ike_cookie_check(struct ike_core *core, struct ike_arrival *from);
/* May one be asked for at all? */
bool ike_cookie_possible(const struct ike_core *core);
/* Must an IKE_SA_INIT from there bring one? Tells flexd, so that XDP asks for it as well. */
bool ike_cookie_demanded(struct ike_core *core, const struct fg_ip *peer);
/* Answer with a cookie, which takes 48 bytes: an IKE_SA_INIT with a nonce is never shorter. One
 * whose nonce cannot be found is not answered. */
void ike_cookie_ask(struct ike_core *core, const struct ike_arrival *from);

#endif
