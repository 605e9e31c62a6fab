/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_SA_INIT, RFC 7296 1.2: algorithms, public values, nonces, NAT detection.
 */
#ifndef IKE_INIT_H
#define IKE_INIT_H

#include "ike/core.h"
#include "ike/rules.h"

/* Row of the rules; sa is NULL, the handler makes it. */
void ike_init_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      const struct ike_arrival *from);
/*
 * The shared secret and the keys, when the first IKE_AUTH comes: who only opens half-open SAs does
 * not make us compute them. IKE_DROP_bad_key: the peer's public value is not valid.
 */
enum ike_drop ike_init_keys(struct ikesa *sa);

#endif
