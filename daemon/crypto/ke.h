/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One key exchange by its method (transform type 4 and 6 to 12; RFC 9370): with Diffie-Hellman both
 * sides send a public value, with ML-KEM the initiator sends an encapsulation key and the responder
 * a ciphertext. To who uses it there is no difference: a value goes, a value comes, both have a
 * secret.
 */
#ifndef CRYPTO_KE_H
#define CRYPTO_KE_H

#include "crypto/dh.h"
#include "crypto/mlkem.h"

enum {
	KE_VALUE_MAX = MLKEM_KEY_MAX, /* bytes of the longest KE payload's value */
	KE_SECRET_MAX = DH_SECRET_MAX,
};

/* What the responder of an exchange has to send, and what both have in common afterwards. Wipe it.
 */
struct ke_answer {
	uint8_t value[KE_VALUE_MAX];
	size_t value_len;
	uint8_t secret[KE_SECRET_MAX];
	size_t secret_len;
};

/* Is the method there, with the library in use? */
bool ke_known(uint16_t method);
/* Bytes of the value that the initiator or the responder sends, 0: no such method. */
size_t ke_value_len(uint16_t method, bool from_initiator);

/* The responder's whole part. False, and answer wiped: the initiator's value is no value of this
 * method, or the library failed. */
bool ke_respond(uint16_t method, const uint8_t *value, size_t len, struct ke_answer *answer);

/* The initiator's part: begin, send ke_value(), finish with what the responder answered. */
struct ke;

/* Returns 0, -ENOTSUP when there is no such method, or -errno. */
int ke_begin(uint16_t method, struct ke **out);
uint16_t ke_method(const struct ke *ke);
/* ke_value_len() bytes, valid as long as ke. */
const uint8_t *ke_value(const struct ke *ke);
/* secret takes KE_SECRET_MAX bytes; wipe it. False, secret_len 0 and secret all zero: not a value
 * of this method. */
bool ke_finish(struct ke *ke, const uint8_t *value, size_t len, uint8_t *secret,
	       size_t *secret_len);
void ke_free(struct ke *ke); /* wipes; NULL is harmless */

#endif
