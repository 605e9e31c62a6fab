// SPDX-License-Identifier: BSD-2-Clause
/* The gateway's aaa: keys of a table, PPK, trustpoints. */
#include "core/secret.h"
#include "crypto/ppk.h"
#include "crypto/psk_auth.h"
#include "pki/bundle.h"
#include "pki/pki.h"
#include "support/gateway_internal.h"

#include <stdlib.h>

static void pack(int fd, size_t trustpoint, enum pki_kind kind, const void *bytes, size_t len)
{
	struct pki_file file = { .trustpoint = (uint32_t)trustpoint,
				 .kind = (uint8_t)kind,
				 .name = "test",
				 .bytes = bytes,
				 .len = len };

	if (len && pki_bundle_add(fd, &file) < 0)
		gateway_die("a file of a trustpoint is not packed");
}

void gateway_trust(struct gateway *gw, const struct gateway_trust *trust, size_t count)
{
	int fd = pki_bundle_new();
	struct pki *before = gw->pki;
	char why[512] = "";

	if (fd < 0 || count > GATEWAY_TRUSTPOINTS)
		gateway_die("no bundle");
	for (size_t i = 0; i < count; i++) {
		pack(fd, i, PKI_KIND_CA, trust[i].ca, strlen(trust[i].ca));
		pack(fd, i, PKI_KIND_OWN, trust[i].own, trust[i].own ? strlen(trust[i].own) : 0);
		pack(fd, i, PKI_KIND_OCSP, trust[i].ocsp.p, trust[i].ocsp.len);
		pack(fd, i, PKI_KIND_CRL, trust[i].crl.p, trust[i].crl.len);
		gw->own_key[i] = trust[i].key;
	}
	gw->pki = pki_load(fd, gw->conf, 0, gw->wall_s, why, sizeof(why));
	if (!gw->pki)
		gateway_die(why);
	ike_core_set_pki(gw->core, gw->pki);
	pki_free(before);
}

void gateway_add_key(struct gateway *gw, const char *identity, const char *psk)
{
	if (gw->key_count == GATEWAY_KEYS)
		gateway_die("too many keys");
	snprintf(gw->key[gw->key_count].identity, CONF_TEXT_MAX, "%s", identity);
	snprintf(gw->key[gw->key_count].psk, CONF_TEXT_MAX, "%s", psk);
	gw->key_count++;
}

static const char *psk_of(const struct gateway *gw, const struct msg_identity *id)
{
	for (size_t i = 0; i < gw->key_count; i++)
		if (strlen(gw->key[i].identity) == id->len &&
		    memcmp(gw->key[i].identity, id->data, id->len) == 0)
			return gw->key[i].psk;
	return NULL;
}

static void verify(struct gateway *gw, const struct msg_auth_verify *ask, const uint8_t *tail)
{
	struct msg_auth_verdict verdict = { .ike = ask->ike, .reason = MSG_AUTH_OK };
	const char *psk = psk_of(gw, &ask->remote);
	uint8_t auth[PSK_AUTH_MAX];
	size_t len = 0;

	gw->verified++;
	if (!ask->profile[0])
		verdict.reason = MSG_AUTH_NO_PROFILE;
	else if (ask->method != IKE_AUTH_METHOD_SHARED_KEY)
		verdict.reason = MSG_AUTH_METHOD;
	else if (!psk)
		verdict.reason = MSG_AUTH_NO_KEY;
	else if (!psk_auth(ask->prf, psk, strlen(psk), tail, ask->octets_len, auth, &len) ||
		 len != ask->auth_len || !ct_equal(auth, tail + ask->octets_len, len))
		verdict.reason = MSG_AUTH_WRONG;
	else if (ask->own_len && !gw->aaa_apart && !gw->aaa_cannot_sign &&
		 psk_auth(ask->prf, psk, strlen(psk), tail + ask->octets_len + ask->auth_len,
			  ask->own_len, verdict.own, &len))
		verdict.own_len = (uint16_t)len;
	if (ike_from_aaa(gw->core, MSG_AUTH_VERDICT, &verdict) < 0)
		gateway_die("the core refuses a verdict");
}

/* As aaa does: with the key that the name of the trustpoint stands for. */
static bool sign_with_key(const struct gateway *gw, const struct msg_auth_sign *ask,
			  const uint8_t *octets, struct msg_auth_signed *answer)
{
	const struct sign_choice choice = { (enum sign_method)ask->method,
					    (enum sign_scheme)ask->scheme };
	size_t len = 0;

	for (size_t i = 0; i < gw->conf->trustpoint_count; i++)
		if (!strcmp(gw->conf->trustpoints[i].name, ask->trustpoint) && gw->own_key[i] &&
		    !memcmp(pki_own(gw->pki, (int)i)->key_hash, ask->key_hash, MSG_KEY_HASH_LEN) &&
		    sign_auth_make(gw->own_key[i], &choice, octets, ask->octets_len, answer->auth,
				   &len))
			break;
	answer->method = ask->method;
	answer->len = (uint16_t)len;
	return len > 0;
}

static void sign(struct gateway *gw, const struct msg_auth_sign *ask, const uint8_t *octets)
{
	struct msg_auth_signed answer = { .ike = ask->ike, .method = IKE_AUTH_METHOD_SHARED_KEY };
	const char *psk = psk_of(gw, &ask->remote);
	size_t len = 0;

	gw->signatures++;
	_Static_assert((int)PSK_AUTH_MAX <= (int)MSG_AUTH_MAX, "AUTH fits");
	_Static_assert((int)SIGN_AUTH_MAX <= (int)MSG_AUTH_MAX, "a signature fits");
	if (ask->trustpoint[0]) {
		answer.ok = sign_with_key(gw, ask, octets, &answer);
	} else {
		answer.ok = psk && psk_auth(ask->prf, psk, strlen(psk), octets, ask->octets_len,
					    answer.auth, &len);
		answer.len = (uint16_t)len;
	}
	answer.ok = answer.ok && !gw->aaa_cannot_sign;
	if (ike_from_aaa(gw->core, MSG_AUTH_SIGNED, &answer) < 0)
		gateway_die("the core refuses a signature");
}

static void mix(struct gateway *gw, const struct msg_ppk_mix *ask)
{
	struct msg_ppk_mixed answer = { .ike = ask->ike };

	if (ask->id_len > sizeof(ask->id)) {
		gw->strange++;
		return;
	}
	if (gw->ppk_id[0] && strlen(gw->ppk_id) == ask->id_len &&
	    memcmp(gw->ppk_id, ask->id, ask->id_len) == 0) {
		answer.ok = 1;
		memcpy(answer.d, ask->d, sizeof(answer.d));
		memcpy(answer.p_i, ask->p_i, sizeof(answer.p_i));
		memcpy(answer.p_r, ask->p_r, sizeof(answer.p_r));
		ppk_mix(ask->prf, gw->ppk, strlen(gw->ppk), answer.d, ask->key_len);
		ppk_mix(ask->prf, gw->ppk, strlen(gw->ppk), answer.p_i, ask->key_len);
		ppk_mix(ask->prf, gw->ppk, strlen(gw->ppk), answer.p_r, ask->key_len);
	}
	if (ike_from_aaa(gw->core, MSG_PPK_MIXED, &answer) < 0)
		gateway_die("the core refuses a PPK");
}

void gateway_aaa(struct gateway *gw, const struct gateway_message *m)
{
	const struct msg_auth_verify *ask_verify = (const void *)m->bytes;
	const struct msg_auth_sign *ask_sign = (const void *)m->bytes;

	switch (m->type) {
	case MSG_AUTH_VERIFY:
		verify(gw, ask_verify, m->bytes + sizeof(*ask_verify));
		break;
	case MSG_AUTH_SIGN:
		sign(gw, ask_sign, m->bytes + sizeof(*ask_sign));
		break;
	case MSG_PPK_MIX:
		mix(gw, (const void *)m->bytes);
		break;
	default:
		gw->strange++;
	}
}
