/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The private keys of our trustpoints, and signatures with them. A key is used for a profile that
 * names its trustpoint to sign with and has its kind in authentication-local, and for no other.
 */
#ifndef AAA_KEYS_H
#define AAA_KEYS_H

#include "conf/conf.h"
#include "msg.h"
#include "pki/pki.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aaa_keys;

struct aaa_keys *aaa_keys_new(void);       /* empty; NULL: no memory */
void aaa_keys_free(struct aaa_keys *keys); /* wipes; NULL is harmless */
/* The key of one trustpoint of conf in PEM, and that it belongs to the certificate there. fd is
 * closed. False: why says what is wrong, in one sentence. */
bool aaa_keys_load(struct aaa_keys *keys, int fd, const struct conf *conf, const struct pki *pki,
		   uint32_t trustpoint, char *why, size_t cap);
/* Every trustpoint of conf that should has one? */
bool aaa_keys_complete(const struct aaa_keys *keys, const struct conf *conf, char *why, size_t cap);

/*
 * octets: ask->octets_len bytes. out->ok is 0, and nothing else is set but ike, when the key
 * is not for this profile, no key belongs to the certificate that is meant, or the scheme is not
 * for it. old: the keys that were in force just before, may be NULL.
 */
void aaa_sign_with_key(const struct conf *conf, const struct aaa_keys *keys,
		       const struct aaa_keys *old, const struct msg_auth_sign *ask,
		       const uint8_t *octets, struct msg_auth_signed *out);

#endif
