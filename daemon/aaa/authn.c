// SPDX-License-Identifier: BSD-2-Clause
#include "aaa/authn.h"

#include "conf/match.h"
#include "core/secret.h"
#include "crypto/psk_auth.h"
#include "crypto/rand.h"

#include <string.h>

enum { DUMMY_KEY_LEN = 32 };

const struct conf_psk *aaa_find_psk(const struct conf *conf, const struct conf_secrets *secrets,
				    const struct conf_profile *profile,
				    const struct msg_identity *remote)
{
	bool ring = !profile->psk[0] && profile->keyring != CONF_NONE;
	const conf_name *names = ring ? conf->keyrings[profile->keyring].psk : &profile->psk;
	size_t count = ring ? conf->keyrings[profile->keyring].psk_count : 1;
	const struct conf_psk *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < count; i++) {
		const struct conf_psk *psk = conf_find_psk(secrets, names[i]);
		int rank;

		if (!psk)
			continue;
		rank = conf_match_rank(&psk->match, remote->type, remote->data, remote->len);
		if (rank > best_rank) {
			best_rank = rank;
			best = psk;
		}
	}
	return best;
}

/* May clients of this profile prove themselves with a pre-shared key in this round? */
static bool takes_psk(const struct conf_profile *profile, uint8_t round)
{
	const struct conf_auths *auths = round ? &profile->auth_second : &profile->auth_remote;

	return conf_auth_set(auths) & CONF_AUTH_PSK;
}

/*
 * Known or unknown, each question walks one keyring, draws one dummy key, computes one AUTH and
 * compares it: what a stranger can measure does not depend on whether we know him.
 */
enum msg_auth_reason aaa_verify(const struct conf *conf, const struct conf_secrets *secrets,
				const struct msg_auth_verify *ask, const uint8_t *octets,
				const uint8_t *auth)
{
	const struct conf_profile *profile = conf_find_profile(conf, ask->profile);
	uint8_t dummy[DUMMY_KEY_LEN], right[PSK_AUTH_MAX], given[PSK_AUTH_MAX] = { 0 };
	const struct conf_psk *psk;
	struct secret key = { .len = sizeof(dummy), .bytes = dummy };
	size_t len = 0;
	bool computed, equal;

	if (ask->method != AAA_SHARED_KEY)
		return MSG_AUTH_METHOD;
	psk = aaa_find_psk(conf, secrets, profile ? profile : &conf->profiles[0], &ask->remote);
	if (!profile)
		psk = NULL;
	computed = crypto_random(dummy, sizeof(dummy));
	if (psk && !conf_psk_remote(psk)->len)
		psk = NULL;
	if (psk)
		key = *conf_psk_remote(psk);
	computed &= psk_auth(ask->prf, key.bytes, key.len, octets, ask->octets_len, right, &len);
	memcpy(given, auth, ask->auth_len < sizeof(given) ? ask->auth_len : sizeof(given));
	equal = ct_equal(right, given, sizeof(given) < len ? sizeof(given) : len);
	equal = equal && computed && len > 0 && ask->auth_len == len;
	wipe(dummy, sizeof(dummy));
	wipe(right, sizeof(right));
	if (!profile)
		return MSG_AUTH_NO_PROFILE;
	if (!takes_psk(profile, ask->round))
		return MSG_AUTH_METHOD;
	if (!psk)
		return MSG_AUTH_NO_KEY;
	return equal ? MSG_AUTH_OK : MSG_AUTH_WRONG;
}

void aaa_sign(const struct conf *conf, const struct conf_secrets *secrets,
	      const struct msg_auth_sign *ask, const uint8_t *octets, struct msg_auth_signed *out)
{
	const struct conf_profile *profile = conf_find_profile(conf, ask->profile);
	const struct conf_psk *psk = profile ? aaa_find_psk(conf, secrets, profile, &ask->remote)
					     : NULL;
	uint8_t auth[PSK_AUTH_MAX];
	size_t len;
	const struct secret *key = psk ? conf_psk_local(psk) : NULL;

	memset(out, 0, sizeof(*out));
	out->ike = ask->ike;
	if (!key || !key->len || conf_auth_set(&profile->auth_local) != CONF_AUTH_PSK ||
	    !psk_auth(ask->prf, key->bytes, key->len, octets, ask->octets_len, auth, &len))
		return;
	out->ok = 1;
	out->method = AAA_SHARED_KEY;
	out->len = (uint16_t)len;
	memcpy(out->auth, auth, len);
}

const char *aaa_reason_text(enum msg_auth_reason reason)
{
	switch (reason) {
	case MSG_AUTH_OK:
		return "accepted";
	case MSG_AUTH_NO_PROFILE:
		return "no profile matches the identity";
	case MSG_AUTH_NO_KEY:
		return "no pre-shared key of the profile is for this identity";
	case MSG_AUTH_WRONG:
		return "wrong pre-shared key";
	case MSG_AUTH_METHOD:
		return "the client used a method that the profile does not take";
	}
	return "unknown reason";
}
