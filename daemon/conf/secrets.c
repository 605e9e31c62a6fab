// SPDX-License-Identifier: BSD-2-Clause
/* The secrets file. No message of this file says anything of a key but where it is. */
#include "conf/secrets.h"

#include "conf/build.h"

#include <stdlib.h>
#include <string.h>

enum { PPK_MIN = 32 }; /* bytes, RFC 8784 section 6 */

const struct conf_psk *conf_find_psk(const struct conf_secrets *secrets, const char *name)
{
	for (size_t i = 0; i < secrets->psk_count; i++) {
		if (!strcmp(secrets->psks[i].name, name))
			return &secrets->psks[i];
	}
	return NULL;
}

/* Two keys of a ring for the same clients: the second would never be tried. */
static void check_twins(struct conf_build *b, const struct conf_secrets *secrets,
			const struct conf_keyring *ring, size_t index)
{
	const struct conf_psk *psk = conf_find_psk(secrets, ring->psk[index]);

	for (size_t i = 0; i < index; i++) {
		const struct conf_psk *other = conf_find_psk(secrets, ring->psk[i]);
		struct conf_object *object;

		if (!other || memcmp(&psk->match, &other->match, sizeof(psk->match)))
			continue;
		object = conf_build_find(b, "psk", (size_t)(psk - secrets->psks));
		conf_build_error(b, object, "identity", 0,
				 "is that of [psk %s] too, and [ikev2-keyring %s] holds both",
				 other->name, ring->name);
	}
}

static void check_keyring(struct conf_build *b, const struct conf_secrets *secrets,
			  const struct conf_keyring *ring)
{
	for (size_t i = 0; i < ring->psk_count; i++) {
		const struct conf_psk *psk = conf_find_psk(secrets, ring->psk[i]);
		const struct conf_object *object;

		if (!psk) {
			if (!b->refused)
				conf_error(b->errors, 0,
					   "[psk %s] is missing; [ikev2-keyring %s] names it",
					   ring->psk[i], ring->name);
			continue;
		}
		object = conf_build_find(b, "psk", (size_t)(psk - secrets->psks));
		if (!object->bad)
			check_twins(b, secrets, ring, i);
	}
}

/* key, or key-local and key-remote, or one of these two. */
static void check_keys(struct conf_build *b, const struct conf_psk *psk, struct conf_object *object)
{
	bool local = conf_build_given(b, object, "key-local");
	bool remote = conf_build_given(b, object, "key-remote");

	if (object->bad)
		return;
	if (!psk->key.len && !local && !remote && !object->unread)
		conf_build_error(b, object, "key", 0,
				 "is missing; expected text, or 0x and pairs of hex digits");
	else if (psk->key.len && (local || remote))
		conf_build_error(b, object, local ? "key-local" : "key-remote", 0,
				 "key is given too, and is that of both sides; keep one form");
}

/* The key that a side of the profile needs. */
static void check_use(struct conf_build *b, const struct conf_secrets *secrets,
		      const struct conf_profile *profile, const char *name)
{
	const struct conf_psk *psk = conf_find_psk(secrets, name);
	unsigned remote = conf_auth_set(&profile->auth_remote) |
			  conf_auth_set(&profile->auth_second);
	struct conf_object *object;

	if (!psk)
		return;
	object = conf_build_find(b, "psk", (size_t)(psk - secrets->psks));
	if (object->bad)
		return;
	if (conf_auth_set(&profile->auth_local) & CONF_AUTH_PSK && !conf_psk_local(psk)->len)
		conf_build_error(b, object, "key-local", 0,
				 "is missing; the gateway proves itself with it in "
				 "[ikev2-profile %s]",
				 profile->name);
	else if (remote & CONF_AUTH_PSK && !conf_psk_remote(psk)->len)
		conf_build_error(b, object, "key-remote", 0,
				 "is missing; clients prove themselves with it in "
				 "[ikev2-profile %s]",
				 profile->name);
}

static void check_profile(struct conf_build *b, const struct conf_secrets *secrets,
			  const struct conf *conf, const struct conf_profile *profile)
{
	if (profile->psk[0] && !conf_find_psk(secrets, profile->psk) && !b->refused)
		conf_error(b->errors, 0, "[psk %s] is missing; [ikev2-profile %s] names it",
			   profile->psk, profile->name);
	if (profile->psk[0])
		check_use(b, secrets, profile, profile->psk);
	else if (profile->keyring != CONF_NONE)
		for (size_t i = 0; i < conf->keyrings[profile->keyring].psk_count; i++)
			check_use(b, secrets, profile, conf->keyrings[profile->keyring].psk[i]);
}

const struct conf_ppk *conf_find_ppk(const struct conf_secrets *secrets, const char *name)
{
	for (size_t i = 0; i < secrets->ppk_count; i++)
		if (!strcmp(secrets->ppks[i].name, name))
			return &secrets->ppks[i];
	return NULL;
}

static void check_ppk(struct conf_build *b, struct conf_ppk *ppk, struct conf_object *object)
{
	if (object->bad)
		return;
	if (!ppk->id.len) {
		ppk->id.len = (uint16_t)strlen(ppk->name);
		memcpy(ppk->id.data, ppk->name, ppk->id.len);
	}
	if (ppk->key.len < PPK_MIN)
		conf_build_error(b, object, "key", 0, "is shorter than %d bytes", PPK_MIN);
}

/* Each is there, and a client's name for one means one. */
static void check_ppks(struct conf_build *b, const struct conf_secrets *secrets,
		       const struct conf_profile *profile)
{
	for (size_t i = 0; i < profile->ppk_count; i++) {
		const struct conf_ppk *ppk = conf_find_ppk(secrets, profile->ppk[i]);

		if (!ppk && !b->refused)
			conf_error(b->errors, 0, "[ppk %s] is missing; [ikev2-profile %s] names it",
				   profile->ppk[i], profile->name);
		for (size_t k = 0; ppk && k < i; k++) {
			const struct conf_ppk *other = conf_find_ppk(secrets, profile->ppk[k]);

			if (other && !memcmp(&ppk->id, &other->id, sizeof(ppk->id)))
				conf_build_error(
					b, conf_build_find(b, "ppk", (size_t)(ppk - secrets->ppks)),
					"id", 0,
					"is that of [ppk %s] too, and [ikev2-profile %s] names both",
					other->name, profile->name);
		}
	}
}

/* What one section says, then what sections say of each other. */
static void check(struct conf_build *b, struct conf_secrets *secrets, const struct conf *conf)
{
	for (size_t i = 0; i < secrets->psk_count; i++)
		check_keys(b, &secrets->psks[i], conf_build_find(b, "psk", i));
	for (size_t i = 0; i < conf->keyring_count; i++)
		check_keyring(b, secrets, &conf->keyrings[i]);
	for (size_t i = 0; i < secrets->ppk_count; i++)
		check_ppk(b, &secrets->ppks[i], conf_build_find(b, "ppk", i));
	for (size_t i = 0; i < conf->profile_count; i++) {
		check_profile(b, secrets, conf, &conf->profiles[i]);
		check_ppks(b, secrets, &conf->profiles[i]);
	}
}

struct conf_secrets *conf_secrets_parse(FILE *in, const char *name, const struct conf *conf,
					struct conf_errors *errors)
{
	struct conf_secrets *secrets = calloc(1, sizeof(*secrets));
	struct conf_build build = { .sections = conf_secret_sections,
				    .section_count = conf_secret_section_count,
				    .root = secrets,
				    .secret = true,
				    .errors = errors };

	memset(errors, 0, sizeof(*errors));
	snprintf(errors->file, sizeof(errors->file), "%s", name);
	if (!secrets) {
		conf_error(errors, 0, "out of memory");
		return NULL;
	}
	conf_build_read(&build, in);
	if (!build.no_memory)
		check(&build, secrets, conf);
	conf_build_free(&build);
	conf_errors_sort(errors);
	if (errors->count) {
		conf_secrets_free(secrets);
		return NULL;
	}
	return secrets;
}

void conf_secrets_free(struct conf_secrets *secrets)
{
	if (!secrets)
		return;
	for (size_t i = 0; i < secrets->psk_count; i++) {
		secret_free(&secrets->psks[i].key);
		secret_free(&secrets->psks[i].key_local);
		secret_free(&secrets->psks[i].key_remote);
	}
	for (size_t i = 0; i < secrets->ppk_count; i++)
		secret_free(&secrets->ppks[i].key);
	free(secrets->ppks);
	free(secrets->psks);
	free(secrets);
}
