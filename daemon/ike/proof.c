// SPDX-License-Identifier: BSD-2-Clause
#include "ike/proof.h"

#include "ike/login.h"

#include <errno.h>
#include <stdlib.h>

bool ike_proof_octets(const struct ikesa *sa, bool of_peer, struct ike_bytes id_body, size_t tail,
		      struct wr *wr)
{
	const struct ike_opening *opening = sa->opening;
	const struct ike_packet *packet = of_peer ? opening->request : opening->answer;
	const struct ike_bytes message = { packet->bytes + IKE_MARKER_LEN, packet->len };
	const struct ike_bytes ni = { opening->ni, opening->ni_len };
	const struct ike_bytes nr = { opening->nr, sizeof(opening->nr) };
	size_t cap = packet->len + IKE_NONCE_MAX + IKE_KEY_MAX + tail;
	uint8_t *bytes = malloc(cap);

	*wr = wr_of(bytes, cap);
	if (bytes && ike_auth_octets(wr, &sa->keys, of_peer, message, of_peer ? nr : ni, id_body))
		return true;
	free(bytes);
	return false;
}

int ike_proof_ask(struct ike_core *core, const struct ikesa *sa, const struct msg_identity *who,
		  const struct ike_message *m)
{
	struct msg_auth_verify verify = {
		.ike = sa->handle,
		.remote = *who,
		.peer = sa->path.peer,
		.method = m->auth.method,
		.round = (uint8_t)sa->login->round,
		.prf = sa->keys.suite.prf,
		.auth_len = (uint32_t)m->auth.data.len,
	};
	struct wr wr;
	int error;

	memcpy(verify.profile, sa->profile, sizeof(verify.profile));
	if (!ike_proof_octets(sa, true, m->id_i.body, m->auth.data.len, &wr))
		return -ENOMEM;
	verify.octets_len = (uint32_t)wr.len;
	wr_bytes(&wr, m->auth.data.p, m->auth.data.len);
	error = core->env.to_aaa(core->env.arg, MSG_AUTH_VERIFY, &verify, sizeof(verify), wr.p,
				 wr.len);
	free(wr.p);
	return error;
}

/* The body of our IDr, RFC 7296 3.5. */
static struct ike_bytes idr_body(const struct conf_identity *id, uint8_t *body, size_t cap)
{
	struct wr wr = wr_of(body, cap);

	wr_u8(&wr, (uint8_t)id->type);
	wr_zero(&wr, 3);
	wr_bytes(&wr, id->data, id->len);
	return (struct ike_bytes){ wr.p, wr.len };
}

int ike_proof_sign(struct ike_core *core, struct ikesa *sa, const struct conf_profile *profile)
{
	struct msg_auth_sign sign = {
		.ike = sa->handle,
		.remote = sa->remote,
		.prf = sa->keys.suite.prf,
		.method = IKE_AUTH_METHOD_SHARED_KEY,
	};
	uint8_t id[4 + CONF_TEXT_MAX];
	struct wr wr;
	int error;

	memcpy(sign.profile, sa->profile, sizeof(sign.profile));
	sa->login->local = profile->local;
	if (!ike_proof_octets(sa, false, idr_body(&profile->local, id, sizeof(id)), 0, &wr))
		return -ENOMEM;
	sign.octets_len = (uint32_t)wr.len;
	error = core->env.to_aaa(core->env.arg, MSG_AUTH_SIGN, &sign, sizeof(sign), wr.p, wr.len);
	free(wr.p);
	return error;
}

void ike_proof_put(const struct ikesa *sa, struct ike_draft *draft)
{
	const struct ike_login *login = sa->login;

	ike_put_id(&draft->w, IKE_PAYLOAD_IDR, (uint8_t)login->local.type, login->local.data,
		   login->local.len);
	ike_put_auth(&draft->w, login->sign.method, login->sign.auth, login->sign.len);
}
