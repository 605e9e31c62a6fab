// SPDX-License-Identifier: BSD-2-Clause
#include "aaa/ppk.h"

#include "core/secret.h"
#include "crypto/ppk.h"

#include <string.h>

static const struct conf_ppk *find(const struct conf *conf, const struct conf_secrets *secrets,
				   const struct msg_ppk_mix *ask)
{
	const struct conf_profile *profile = conf_find_profile(conf, ask->profile);

	for (size_t i = 0; profile && i < profile->ppk_count; i++) {
		const struct conf_ppk *ppk = conf_find_ppk(secrets, profile->ppk[i]);

		if (ppk && ppk->id.len == ask->id_len &&
		    !memcmp(ppk->id.data, ask->id, ask->id_len))
			return ppk;
	}
	return NULL;
}

void aaa_mix_ppk(const struct conf *conf, const struct conf_secrets *secrets,
		 const struct msg_ppk_mix *ask, struct msg_ppk_mixed *out)
{
	static const uint8_t dummy[32];
	const struct conf_ppk *ppk = find(conf, secrets, ask);
	const uint8_t *key = ppk ? ppk->key.bytes : dummy;
	size_t len = ppk ? ppk->key.len : sizeof(dummy);
	bool ok;

	memset(out, 0, sizeof(*out));
	out->ike = ask->ike;
	memcpy(out->d, ask->d, sizeof(out->d));
	memcpy(out->p_i, ask->p_i, sizeof(out->p_i));
	memcpy(out->p_r, ask->p_r, sizeof(out->p_r));
	ok = ppk_mix(ask->prf, key, len, out->d, ask->key_len) &&
	     ppk_mix(ask->prf, key, len, out->p_i, ask->key_len) &&
	     ppk_mix(ask->prf, key, len, out->p_r, ask->key_len);
	if (ok && ppk) {
		out->ok = 1;
		return;
	}
	wipe(out, sizeof(*out));
	out->ike = ask->ike;
}
