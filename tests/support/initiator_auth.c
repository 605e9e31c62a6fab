// SPDX-License-Identifier: BSD-2-Clause
/*
 * How the test initiator proves itself in each round of IKE_AUTH, and what it takes of the gateway.
 */
#include "core/secret.h"
#include "crypto/psk_auth.h"
#include "support/initiator_internal.h"

static const char *identity_of(const struct initiator *in)
{
	return in->round ? in->setup.identity2 : in->setup.identity;
}

static size_t id_body(const struct initiator *in, uint8_t *body, size_t cap)
{
	struct wr wr = wr_of(body, cap);

	wr_u8(&wr, in->setup.id_type);
	wr_zero(&wr, 3);
	wr_bytes(&wr, identity_of(in), strlen(identity_of(in)));
	return wr.failed ? 0 : wr.len;
}

/* prf(prf(psk, pad), octets) over our or the gateway's side. */
static bool psk_data(const struct initiator *in, bool ours, struct ike_bytes id, const char *psk,
		     uint8_t auth[PSK_AUTH_MAX], size_t *len)
{
	struct ike_bytes message = ours ? (struct ike_bytes){ in->init, in->init_len }
					: (struct ike_bytes){ in->init_answer,
							      in->init_answer_len };
	struct ike_bytes nonce = ours ? (struct ike_bytes){ in->nr, in->nr_len }
				      : (struct ike_bytes){ in->ni, in->ni_len };
	uint8_t octets[INITIATOR_DATAGRAM_MAX + IKE_NONCE_MAX + IKE_KEY_MAX];
	struct wr wr = wr_of(octets, sizeof(octets));

	return ike_auth_octets(&wr, &in->keys, ours, message, nonce, id) &&
	       psk_auth(in->keys.suite.prf, psk, strlen(psk), octets, wr.len, auth, len);
}

static void put_note(struct ike_writer *w, uint16_t type)
{
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, type, NULL, 0);
}

static void put_psk(struct initiator *in, struct ike_writer *w, struct ike_bytes id)
{
	const struct initiator_setup *setup = &in->setup;
	uint8_t auth[PSK_AUTH_MAX] = { 0 };
	size_t len = 0;

	if (!psk_data(in, true, id, in->round ? setup->psk2 : setup->psk, auth, &len))
		w->wr.failed = true;
	if (setup->knobs & INITIATOR_BAD_AUTH)
		auth[0] ^= 1;
	ike_put_auth(w,
		     setup->knobs & INITIATOR_RSA_AUTH ? IKE_AUTH_METHOD_RSA
						       : IKE_AUTH_METHOD_SHARED_KEY,
		     auth, len);
}

void initiator_put_proof(struct initiator *in, struct ike_writer *w)
{
	const struct initiator_setup *setup = &in->setup;
	bool more = in->round == 0 && setup->identity2[0];
	uint8_t id[4 + CONF_TEXT_MAX];
	size_t id_len = id_body(in, id, sizeof(id));

	for (int i = 0; i < (setup->knobs & INITIATOR_TWO_IDS ? 2 : 1); i++)
		ike_put_id(w, IKE_PAYLOAD_IDI, setup->id_type, identity_of(in),
			   strlen(identity_of(in)));
	if (more)
		put_note(w, IKE_NOTIFY_MULTIPLE_AUTH_SUPPORTED);
	if (more || setup->knobs & INITIATOR_ANOTHER)
		put_note(w, IKE_NOTIFY_ANOTHER_AUTH_FOLLOWS);
	if (setup->knobs & INITIATOR_EAP_ONLY)
		put_note(w, IKE_NOTIFY_EAP_ONLY_AUTHENTICATION);
	if (!(setup->knobs & INITIATOR_NO_AUTH))
		put_psk(in, w, (struct ike_bytes){ id, id_len });
}

bool initiator_proved(const struct initiator *in, const struct ike_message *m)
{
	const char *psk = in->setup.psk_gateway[0] ? in->setup.psk_gateway : in->setup.psk;
	uint8_t auth[PSK_AUTH_MAX];
	size_t len;

	return ike_count(m, IKE_PAYLOAD_IDR) && ike_count(m, IKE_PAYLOAD_AUTH) &&
	       m->auth.method == IKE_AUTH_METHOD_SHARED_KEY &&
	       psk_data(in, false, m->id_r.body, psk, auth, &len) && len == m->auth.data.len &&
	       ct_equal(auth, m->auth.data.p, len);
}
