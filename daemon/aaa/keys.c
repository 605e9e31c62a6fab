// SPDX-License-Identifier: BSD-2-Clause
#include "aaa/keys.h"

#include "core/file.h"
#include "core/secret.h"
#include "crypto/sign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert((int)MSG_AUTH_MAX >= (int)SIGN_AUTH_MAX, "AUTH data fits its message");
_Static_assert((int)MSG_KEY_HASH_LEN == (int)PKI_KEY_HASH_LEN, "one hash of keys");

struct aaa_keys {
	struct {
		conf_name trustpoint; /* "": none */
		uint8_t hash[MSG_KEY_HASH_LEN];
		struct sign_key *key;
	} at[CONF_TRUSTPOINTS_MAX];
};

struct aaa_keys *aaa_keys_new(void)
{
	return calloc(1, sizeof(struct aaa_keys));
}

void aaa_keys_free(struct aaa_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < CONF_TRUSTPOINTS_MAX; i++)
		sign_key_free(keys->at[i].key);
	free(keys);
}

/* NULL: *why says what is wrong, as a predicate. */
static struct sign_key *read_key(int fd, const char **why)
{
	struct stat st;
	struct sign_key *key = NULL;
	size_t len = fstat(fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
	uint8_t *pem = len && len <= CONF_KEY_FILE_MAX ? malloc(len) : NULL;

	*why = "cannot be read to its end";
	if (pem && file_read(fd, pem, len))
		key = sign_key_from_pem(pem, len, why);
	if (pem)
		wipe(pem, len);
	free(pem);
	return key;
}

bool aaa_keys_load(struct aaa_keys *keys, int fd, const struct conf *conf, const struct pki *pki,
		   uint32_t trustpoint, char *why, size_t cap)
{
	const struct conf_trustpoint *tp = &conf->trustpoints[trustpoint];
	const struct sign_key *public = pki_own_key(pki, (int)trustpoint);
	const char *what;
	struct sign_key *key = read_key(fd, &what);

	close(fd);
	if (key && public && sign_key_match(key, public)) {
		sign_key_free(keys->at[trustpoint].key);
		keys->at[trustpoint].key = key;
		memcpy(keys->at[trustpoint].trustpoint, tp->name, sizeof(tp->name));
		memcpy(keys->at[trustpoint].hash, pki_own(pki, (int)trustpoint)->key_hash,
		       MSG_KEY_HASH_LEN);
		return true;
	}
	if (key)
		snprintf(why, cap, "[pki-trustpoint %s] %.200s is not the key of %.200s", tp->name,
			 tp->private_key, tp->certificate);
	else
		snprintf(why, cap, "[pki-trustpoint %s] %.200s %s", tp->name, tp->private_key,
			 what);
	sign_key_free(key);
	return false;
}

bool aaa_keys_complete(const struct aaa_keys *keys, const struct conf *conf, char *why, size_t cap)
{
	for (size_t i = 0; i < conf->trustpoint_count; i++) {
		if (!conf->trustpoints[i].private_key[0] || keys->at[i].key)
			continue;
		snprintf(why, cap, "[pki-trustpoint %s] its key was not brought",
			 conf->trustpoints[i].name);
		return false;
	}
	return true;
}

/* --- signatures --- */

/* Does the profile name the key's trustpoint to sign with, and prove itself with such keys? */
static bool may_sign(const struct conf *conf, const struct conf_profile *profile, const char *name,
		     const struct sign_key *key)
{
	if (!profile || !(conf_auth_set(&profile->auth_local) & pki_key_auth(sign_key_type(key))))
		return false;
	for (size_t i = 0; i < profile->trust_count; i++) {
		const struct conf_trust *trust = &profile->trust[i];

		if (trust->use & CONF_TRUST_SIGN &&
		    !strcmp(conf->trustpoints[trust->trustpoint].name, name))
			return true;
	}
	return false;
}

static const struct sign_key *find(const struct aaa_keys *keys, const struct msg_auth_sign *ask)
{
	for (size_t i = 0; keys && i < CONF_TRUSTPOINTS_MAX; i++) {
		const uint8_t *hash = keys->at[i].hash;

		if (keys->at[i].key && !strcmp(keys->at[i].trustpoint, ask->trustpoint) &&
		    ct_equal(hash, ask->key_hash, sizeof(ask->key_hash)))
			return keys->at[i].key;
	}
	return NULL;
}

void aaa_sign_with_key(const struct conf *conf, const struct aaa_keys *keys,
		       const struct aaa_keys *old, const struct msg_auth_sign *ask,
		       const uint8_t *octets, struct msg_auth_signed *out)
{
	const struct sign_choice choice = { ask->method, ask->scheme };
	const struct sign_key *key = find(keys, ask);
	uint8_t auth[SIGN_AUTH_MAX];
	size_t len;

	memset(out, 0, sizeof(*out));
	out->ike = ask->ike;
	key = key ? key : find(old, ask);
	if (!key || !may_sign(conf, conf_find_profile(conf, ask->profile), ask->trustpoint, key) ||
	    !sign_auth_make(key, &choice, octets, ask->octets_len, auth, &len))
		return;
	out->ok = 1;
	out->method = ask->method;
	out->len = (uint16_t)len;
	memcpy(out->auth, auth, len);
}
