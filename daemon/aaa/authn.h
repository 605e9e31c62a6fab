/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AUTH with pre-shared keys, RFC 7296 2.15: pure functions over configuration, secrets and the
 * question. The key of a client is the profile's own, or that of the profile's keyring whose
 * identity matches closest (conf_match_rank), among equals the first of the ring; it has a part for
 * each direction.
 */
#ifndef AAA_AUTHN_H
#define AAA_AUTHN_H

#include "conf/secrets.h"
#include "msg.h"

enum { AAA_SHARED_KEY = 2 }; /* the method, RFC 7296 3.8 */

/*
 * octets: ask->octets_len bytes, auth: ask->auth_len bytes. An unknown profile or identity costs
 * the same computation with a random key and is told apart only in the reason, which is for the
 * operator's log and must not reach the peer.
 */
enum msg_auth_reason aaa_verify(const struct conf *conf, const struct conf_secrets *secrets,
				const struct msg_auth_verify *ask, const uint8_t *octets,
				const uint8_t *auth);

/* octets: ask->octets_len bytes. out->ok is 0, and nothing else is set but ike, when profile or key
 * is not there. */
void aaa_sign(const struct conf *conf, const struct conf_secrets *secrets,
	      const struct msg_auth_sign *ask, const uint8_t *octets, struct msg_auth_signed *out);

/* The key for this identity, of the profile or its keyring; NULL: none matches. */
const struct conf_psk *aaa_find_psk(const struct conf *conf, const struct conf_secrets *secrets,
				    const struct conf_profile *profile,
				    const struct msg_identity *remote);

/* Words for the log. */
const char *aaa_reason_text(enum msg_auth_reason reason);

#endif
