/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checked secrets file: keys that sections of the public file name. Read-only once
 * conf_secrets_parse() returned it; it owns all it points to.
 */
#ifndef CONF_SECRETS_H
#define CONF_SECRETS_H

#include "conf/conf.h"
#include "core/secret.h"

/* [psk NAME] of the secrets file. */
struct conf_psk {
	conf_name name;
	struct conf_match match; /* identity = ... ; which peers use it */
	struct secret key;       /* of both sides; without it one for each, or for one alone */
	struct secret key_local, key_remote;
};

/* What we prove ourselves with, and what the client does; len 0: there is none. */
static inline const struct secret *conf_psk_local(const struct conf_psk *psk)
{
	return psk->key.len ? &psk->key : &psk->key_local;
}

static inline const struct secret *conf_psk_remote(const struct conf_psk *psk)
{
	return psk->key.len ? &psk->key : &psk->key_remote;
}

/* [ppk NAME], a post-quantum pre-shared key, RFC 8784. */
struct conf_ppk {
	conf_name name;
	struct conf_ppk_id {
		uint16_t len;
		uint8_t data[CONF_NAME_MAX];
	} id; /* what the client calls it; the name unless given */
	struct secret key;
};

struct conf_secrets {
	struct conf_ppk *ppks;
	size_t ppk_count;
	struct conf_psk *psks;
	size_t psk_count;
};

/* By the name of the section, NULL: there is none. */
const struct conf_psk *conf_find_psk(const struct conf_secrets *secrets, const char *name);
const struct conf_ppk *conf_find_ppk(const struct conf_secrets *secrets, const char *name);

/* Checks every reference of conf's keyrings and profiles, and that each key is there for the side
 * that a profile wants to prove with it. Returns the object, or NULL with at least one error. */
struct conf_secrets *conf_secrets_parse(FILE *in, const char *name, const struct conf *conf,
					struct conf_errors *errors);
void conf_secrets_free(struct conf_secrets *secrets);

#endif
