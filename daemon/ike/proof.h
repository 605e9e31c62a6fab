/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How identities are proven in IKE_AUTH, RFC 7296 2.15 and 3.8. Whatever the method, AUTH covers
 * the same octets. Pre-shared keys and private keys lie in aaa, which is asked; certificates of
 * clients are judged here, where no long-term secret is.
 */
#ifndef IKE_PROOF_H
#define IKE_PROOF_H

#include "conf/match.h"
#include "crypto/sign.h"
#include "ike/core.h"
#include "ike/exchange.h"

/* The hashes of SIGNATURE_HASH_ALGORITHMS (RFC 7427 4) that we understand in a signature. */
enum {
	IKE_PROOF_HASHES = 1 << SIGN_HASH_SHA256 | 1 << SIGN_HASH_SHA384 | 1 << SIGN_HASH_SHA512 |
			   1 << SIGN_HASH_IDENTITY,
};

/* Why somebody is refused, for the operator: a sentence whose subject "it" is the client. */
struct ike_why {
	char text[512];
};

/*
 * The octets that AUTH of one side covers, with room for `tail` bytes behind them. Free wr->p.
 * False: no memory; nothing is to be freed.
 */
bool ike_proof_octets(const struct ikesa *sa, bool of_peer, struct ike_bytes id_body, size_t tail,
		      struct wr *wr);

/* --- the client's --- */

/*
 * What the certificate of a client that signs says, for the choice of its profile. It leads to a
 * trustpoint of some profile; whether to one of the profile that is chosen ike_proof_check()
 * judges. NULL: it showed none, or none of use. Give it back with pki_cert_free(); fields borrows
 * from it.
 */
struct pki_cert *ike_proof_look(struct ike_core *core, const struct ike_message *m,
				struct conf_cert_fields *fields);

/* The question to aaa whether AUTH of this round proves `who`; it asks for our own AUTH as well,
 * where a shared key makes that. Returns 0 or -errno. */
int ike_proof_ask(struct ike_core *core, const struct ikesa *sa, const struct msg_identity *who,
		  const struct ike_message *m);
/* Is the method one that signs, RFC 7296 3.8? */
bool ike_proof_signs(uint8_t method);
/*
 * Does a signature prove `who`? The chain leads to a trustpoint of the profile, the key in it made
 * AUTH with a method and a hash that were agreed, and the certificate is for this identity. False:
 * why.
 */
bool ike_proof_check(struct ike_core *core, const struct ikesa *sa, const struct msg_identity *who,
		     const struct ike_message *m, struct ike_why *why);

/* --- ours: own.c --- */

/* How we prove ourselves to one client. */
struct ike_own {
	struct conf_identity id;   /* IDr */
	conf_name trustpoint;      /* whose key signs, "": the pre-shared key does */
	struct sign_choice choice; /* with a trustpoint */
	uint8_t key_hash[MSG_KEY_HASH_LEN];
	uint8_t *certs; /* our chain as it goes into CERT payloads, so that a reload does no harm */
	size_t certs_len;
	bool none; /* there is no way that both sides may use */
};

/* Choose by the profile and by what the first request says: CERTREQ, IDr. */
void ike_own_choose(const struct ike_core *core, const struct ikesa *sa,
		    const struct conf_profile *profile, const struct ike_message *m,
		    struct ike_own *own);
/* Does IDr of the first request name the identity-local of this profile? Only with an IDr. */
bool ike_own_is_wanted(const struct ike_core *core, const struct conf_profile *profile,
		       const struct ike_message *m);
void ike_own_free(struct ike_own *own);
/* The octets that our AUTH covers. Free wr->p. False: no memory; nothing is to be freed. */
bool ike_own_octets(const struct ikesa *sa, const struct ike_own *own, struct wr *wr);
/* Have aaa make our AUTH. Returns 0 or -errno. */
int ike_own_sign(struct ike_core *core, const struct ikesa *sa, const struct ike_own *own);
/* IDr, CERT and AUTH: they begin the answer to a client that is who it says. */
void ike_own_put(const struct ike_own *own, const struct msg_auth_signed *sign,
		 struct ike_writer *w);
/* In the answer to IKE_SA_INIT: whose certificates we want, and which hashes we know if the client
 * named its own. `room`: bytes that the list of authorities may take. */
void ike_own_announce(const struct ike_core *core, const struct ikesa *sa, size_t room,
		      struct ike_writer *w);

/* Every trustpoint that some profile judges clients by, each once, at most cap. Returns how many.
 */
size_t ike_judges(const struct conf *conf, int *list, size_t cap);
/* Trustpoints of a profile for one use, in its order. Returns how many. */
size_t ike_trustpoints(const struct conf_profile *profile, enum conf_trust_use use,
		       int list[CONF_LIST_MAX]);

#endif
