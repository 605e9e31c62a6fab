// SPDX-License-Identifier: BSD-2-Clause
/*
 * How the test initiator proves itself in each round of IKE_AUTH, and what it takes of the gateway.
 */
#include "core/secret.h"
#include "crypto/ppk.h"
#include "crypto/psk_auth.h"
#include "support/initiator_internal.h"

#include <openssl/x509.h>

/* The body of IDi of this round. */
static size_t id_body(const struct initiator *in, uint8_t *body, size_t cap)
{
	const struct initiator_setup *setup = &in->setup;
	const char *identity = in->round ? setup->identity2 : setup->identity;
	size_t len = in->round == 0 && setup->identity_len ? setup->identity_len : strlen(identity);
	struct wr wr = wr_of(body, cap);

	wr_u8(&wr, setup->id_type);
	wr_zero(&wr, 3);
	wr_bytes(&wr, identity, len);
	return wr.failed ? 0 : wr.len;
}

enum { OCTETS_MAX = INITIATOR_DATAGRAM_MAX + IKE_NONCE_MAX + IKE_KEY_MAX + IKE_INTAUTH_MAX };

/* What AUTH of our or the gateway's side covers. */
static bool octets_of(const struct initiator *in, bool ours, struct ike_bytes id, uint8_t *octets,
		      size_t *len)
{
	struct ike_bytes message = ours ? (struct ike_bytes){ in->init, in->init_len }
					: (struct ike_bytes){ in->init_answer,
							      in->init_answer_len };
	struct ike_bytes nonce = ours ? (struct ike_bytes){ in->nr, in->nr_len }
				      : (struct ike_bytes){ in->ni, in->ni_len };
	struct wr wr = wr_of(octets, OCTETS_MAX);
	bool ok = ike_auth_octets(&wr, &in->keys, ours, message, nonce, id);

	ike_intauth_put(&in->intermediate, in->keys.prf_len, &wr);
	*len = wr.len;
	return ok;
}

static void put_note(struct ike_writer *w, uint16_t type)
{
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, type, NULL, 0);
}

static bool psk_auth_data(const struct initiator *in, const uint8_t *octets, size_t octets_len,
			  uint8_t *method, uint8_t *auth, size_t *len)
{
	const char *psk = in->round ? in->setup.psk2 : in->setup.psk;

	*method = in->setup.knobs & INITIATOR_RSA_AUTH ? IKE_AUTH_METHOD_RSA
						       : IKE_AUTH_METHOD_SHARED_KEY;
	return psk_auth(in->keys.suite.prf, psk, strlen(psk), octets, octets_len, auth, len);
}

static bool signature_data(const struct initiator *in, const uint8_t *octets, size_t octets_len,
			   uint8_t *method, uint8_t *auth, size_t *len)
{
	const struct sign_peer peer = { .hashes = in->hashes,
					.pss = in->setup.pss,
					.flags = in->setup.sha1 ? SIGN_LEGACY : 0 };
	struct sign_choice choice = in->setup.choice;

	if (choice.method == 0 && !sign_choose(sign_key_type(in->setup.key), &peer, &choice))
		return false;
	*method = (uint8_t)choice.method;
	return sign_auth_make(in->setup.key, &choice, octets, octets_len, auth, len);
}

static void put_auth(struct initiator *in, struct ike_writer *w, struct ike_bytes id)
{
	const struct initiator_setup *setup = &in->setup;
	uint8_t octets[OCTETS_MAX], auth[SIGN_AUTH_MAX + 64] = { 0 }, method = 0;
	bool certificate = setup->key && !setup->key_unused && in->round == 0;
	size_t octets_len, len = 0;

	_Static_assert((int)SIGN_AUTH_MAX > (int)PSK_AUTH_MAX, "room for both");
	if (!octets_of(in, !(setup->knobs & INITIATOR_REFLECT), id, octets, &octets_len) ||
	    !(certificate ? signature_data : psk_auth_data)(in, octets, octets_len, &method, auth,
							    &len))
		w->wr.failed = true;
	if (setup->knobs & INITIATOR_BAD_AUTH)
		auth[len - 1] ^= 1;
	if (setup->change_auth)
		setup->change_auth(&method, auth, &len);
	ike_put_auth(w, method, auth, len);
}

static void put_certificates(const struct initiator *in, struct ike_writer *w)
{
	const struct initiator_setup *setup = &in->setup;

	for (size_t i = 0; setup->key && i < setup->chain_count; i++)
		ike_put_cert(w, IKE_CERT_X509_SIGNATURE, setup->chain[i].p, setup->chain[i].len);
	if (setup->certreq)
		ike_put_certreq(w, setup->authorities, setup->authority_count);
	if (setup->certreq_ocsp) {
		ike_payload_open(w, IKE_PAYLOAD_CERTREQ);
		wr_u8(&w->wr, IKE_CERT_OCSP_CONTENT);
		ike_payload_close(w);
	}
	if (setup->idr_type)
		ike_put_id(w, IKE_PAYLOAD_IDR, setup->idr_type, setup->idr, setup->idr_len);
}

/* RFC 8784: which PPK, AUTH without it, and then the keys with it. */
static void put_ppk(struct initiator *in, struct ike_writer *w, struct ike_bytes id)
{
	const struct initiator_setup *setup = &in->setup;
	size_t ppk_len = strlen(setup->ppk), octets_len, len = 0;
	uint8_t octets[OCTETS_MAX], auth[PSK_AUTH_MAX], name[1 + CONF_NAME_MAX] = { 2 };

	if (!in->ppk_agreed || in->ppk_mixed)
		return;
	memcpy(name + 1, setup->ppk_id, strlen(setup->ppk_id));
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_PPK_IDENTITY, name,
		       1 + strlen(setup->ppk_id));
	if (!octets_of(in, true, id, octets, &octets_len) ||
	    !psk_auth(in->keys.suite.prf, setup->psk, strlen(setup->psk), octets, octets_len, auth,
		      &len))
		w->wr.failed = true;
	if (setup->ppk_optional)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_NO_PPK_AUTH, auth, len);
	in->without_ppk = in->keys;
	in->ppk_mixed =
		ppk_mix(in->keys.suite.prf, setup->ppk, ppk_len, in->keys.d, in->keys.prf_len) &&
		ppk_mix(in->keys.suite.prf, setup->ppk, ppk_len, in->keys.p_i, in->keys.prf_len) &&
		ppk_mix(in->keys.suite.prf, setup->ppk, ppk_len, in->keys.p_r, in->keys.prf_len);
}

void initiator_put_proof(struct initiator *in, struct ike_writer *w)
{
	const struct initiator_setup *setup = &in->setup;
	bool more = in->round == 0 && setup->identity2[0];
	uint8_t id[4 + CONF_TEXT_MAX];
	size_t id_len = id_body(in, id, sizeof(id));

	for (int i = 0; i < (setup->knobs & INITIATOR_TWO_IDS ? 2 : 1); i++) {
		ike_payload_open(w, IKE_PAYLOAD_IDI);
		wr_bytes(&w->wr, id, id_len);
		ike_payload_close(w);
	}
	if (in->round == 0)
		put_certificates(in, w);
	if (more)
		put_note(w, IKE_NOTIFY_MULTIPLE_AUTH_SUPPORTED);
	if (more || setup->knobs & INITIATOR_ANOTHER)
		put_note(w, IKE_NOTIFY_ANOTHER_AUTH_FOLLOWS);
	if (setup->knobs & INITIATOR_EAP_ONLY)
		put_note(w, IKE_NOTIFY_EAP_ONLY_AUTHENTICATION);
	put_ppk(in, w, (struct ike_bytes){ id, id_len });
	if (!(setup->knobs & INITIATOR_NO_AUTH))
		put_auth(in, w, (struct ike_bytes){ id, id_len });
}

/* --- the gateway's proof --- */

static bool psk_right(const struct initiator *in, const uint8_t *octets, size_t octets_len,
		      const struct ike_auth *given)
{
	const char *psk = in->setup.psk_gateway[0] ? in->setup.psk_gateway : in->setup.psk;
	uint8_t auth[PSK_AUTH_MAX];
	size_t len;

	return psk_auth(in->keys.suite.prf, psk, strlen(psk), octets, octets_len, auth, &len) &&
	       len == given->data.len && ct_equal(auth, given->data.p, len);
}

/* By the key of the first certificate; whether the chain is good is for the test to say. */
static bool signature_right(struct initiator *in, const struct ike_message *m,
			    const uint8_t *octets, size_t octets_len)
{
	const uint8_t *p = in->gateway_cert;
	const char *why;
	struct sign_key *key;
	uint8_t *spki = NULL;
	X509 *x509;
	int len;
	bool right;

	if (m->cert_count == 0 || m->cert[0].data.len > sizeof(in->gateway_cert))
		return false;
	in->gateway_cert_len = m->cert[0].data.len;
	memcpy(in->gateway_cert, m->cert[0].data.p, in->gateway_cert_len);
	x509 = d2i_X509(NULL, &p, (long)in->gateway_cert_len);
	len = x509 ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki) : 0;
	key = len > 0 ? sign_key_from_spki(spki, (size_t)len, &why) : NULL;
	right = key && sign_auth_check(key, (enum sign_method)m->auth.method, in->setup.hashes,
				       in->setup.sha1 ? SIGN_LEGACY : 0, octets, octets_len,
				       m->auth.data.p, m->auth.data.len, &in->gateway_scheme);
	sign_key_free(key);
	OPENSSL_free(spki);
	X509_free(x509);
	return right;
}

bool initiator_proved(struct initiator *in, const struct ike_message *m)
{
	uint8_t octets[OCTETS_MAX];
	size_t len;

	/* The gateway went without it. */
	if (in->ppk_mixed && !ike_find_notify(m, IKE_NOTIFY_PPK_IDENTITY)) {
		in->keys = in->without_ppk;
		in->ppk_mixed = false;
	}
	if (!ike_count(m, IKE_PAYLOAD_IDR) || !ike_count(m, IKE_PAYLOAD_AUTH) ||
	    !octets_of(in, false, m->id_r.body, octets, &len))
		return false;
	in->gateway_method = m->auth.method;
	return m->auth.method == IKE_AUTH_METHOD_SHARED_KEY ? psk_right(in, octets, len, &m->auth)
							    : signature_right(in, m, octets, len);
}
