// SPDX-License-Identifier: BSD-2-Clause
/* The proof of the gateway's own identity: which, with what, and how it goes into the messages. */
#include "ike/login.h"
#include "ike/proof.h"
#include "pki/pki.h"

#include <errno.h>
#include <stdlib.h>

/* --- chosen --- */

/* Trustpoints that the profile signs with, in the order of its methods. */
static size_t candidates(const struct ike_core *core, const struct conf_profile *profile,
			 int list[CONF_LIST_MAX])
{
	int all[CONF_LIST_MAX];
	size_t all_count = ike_trustpoints(profile, CONF_TRUST_SIGN, all), count = 0;

	for (size_t m = 0; core->pki && m < profile->auth_local.count; m++)
		for (size_t i = 0; i < all_count; i++) {
			enum sign_key_type type = pki_own(core->pki, all[i])->type;

			if (type != SIGN_KEY_NONE &&
			    pki_key_auth(type) == profile->auth_local.method[m])
				list[count++] = all[i];
		}
	return count;
}

/* The identity is the subject of our certificate, which identity-local leaves open. */
static bool by_subject(const struct conf_profile *profile)
{
	return profile->local.type == CONF_ID_DN && profile->local.len == 0;
}

/* Of several subjects the one that the client asks for. False: it is none of ours, all stay. */
static bool asked_for(const struct ike_core *core, const struct ike_message *m, int *list,
		      size_t *count)
{
	struct crypto_chunk idr = { m->id_r.data.p, m->id_r.data.len };

	if (!ike_count(m, IKE_PAYLOAD_IDR) || m->id_r.type != IKE_ID_DER_ASN1_DN)
		return false;
	for (size_t i = 0; i < *count; i++)
		if (pki_dn_equal(pki_own(core->pki, list[i])->subject, idr)) {
			list[0] = list[i];
			*count = 1;
			return true;
		}
	return false;
}

bool ike_own_is_wanted(const struct ike_core *core, const struct conf_profile *profile,
		       const struct ike_message *m)
{
	int list[CONF_LIST_MAX];
	size_t count;

	if (!by_subject(profile))
		return conf_identity_is(&profile->local, m->id_r.type, m->id_r.data.p,
					m->id_r.data.len);
	count = candidates(core, profile, list);
	return asked_for(core, m, list, &count);
}

static void put_cert(struct wr *wr, uint8_t encoding, struct crypto_chunk cert)
{
	wr_u8(wr, encoding);
	wr_be32(wr, (uint32_t)cert.len);
	wr_bytes(wr, cert.p, cert.len);
}

/* RFC 4806 3: who wants the OCSP response says so by a CERTREQ of that kind. */
static bool wants_ocsp(const struct ike_message *m)
{
	for (size_t i = 0; i < m->certreq_count; i++)
		if (m->certreq[i].encoding == IKE_CERT_OCSP_CONTENT)
			return true;
	return false;
}

static bool keep_certs(const struct pki_own *from, bool ocsp, struct ike_own *own)
{
	enum { HEAD = 1 + 4 };
	size_t cap = HEAD + from->ocsp.len;
	struct wr wr;

	for (size_t i = 0; i < from->count; i++)
		cap += HEAD + from->chain[i].len;
	own->certs = malloc(cap);
	if (!own->certs)
		return false;
	wr = wr_of(own->certs, cap);
	for (size_t i = 0; i < from->count; i++)
		put_cert(&wr, IKE_CERT_X509_SIGNATURE, from->chain[i]);
	if (ocsp && from->ocsp.len)
		put_cert(&wr, IKE_CERT_OCSP_CONTENT, from->ocsp);
	own->certs_len = wr.len;
	return !wr.failed;
}

/* The authorities of all CERTREQs for X.509 behind each other. Returns how many. */
static size_t authorities_of(const struct ike_message *m, uint8_t *hashes, size_t cap)
{
	struct wr wr = wr_of(hashes, cap);

	for (size_t i = 0; i < m->certreq_count; i++) {
		const struct ike_cert *request = &m->certreq[i];

		if (request->encoding == IKE_CERT_X509_SIGNATURE &&
		    request->data.len <= cap - wr.len)
			wr_bytes(&wr, request->data.p, request->data.len);
	}
	return wr.len / IKE_AUTHORITY_LEN;
}

static bool choose_trustpoint(const struct ike_core *core, const struct ikesa *sa,
			      const struct conf_profile *profile, const struct ike_message *m,
			      struct ike_own *own)
{
	enum { AUTHORITIES_MAX = 256 };
	const struct sign_peer peer = { .hashes = sa->opening->hashes,
					.flags = profile->rsa_sha1 ? SIGN_LEGACY : 0 };
	uint8_t hashes[AUTHORITIES_MAX * IKE_AUTHORITY_LEN];
	size_t hash_count = authorities_of(m, hashes, sizeof(hashes));
	int list[CONF_LIST_MAX], chosen;
	size_t count = candidates(core, profile, list);
	const struct pki_own *from;

	if (by_subject(profile))
		asked_for(core, m, list, &count);
	if (count == 0)
		return false;
	chosen = pki_choose(core->pki, list, count, hashes, hash_count, &peer, &own->choice);
	if (chosen == CONF_NONE)
		return false;
	from = pki_own(core->pki, chosen);
	memcpy(own->trustpoint, core->conf->trustpoints[chosen].name, sizeof(own->trustpoint));
	memcpy(own->key_hash, from->key_hash, sizeof(own->key_hash));
	if (by_subject(profile)) {
		if (from->subject.len > sizeof(own->id.data))
			return false;
		own->id.len = (uint16_t)from->subject.len;
		memcpy(own->id.data, from->subject.p, from->subject.len);
	}
	return keep_certs(from, wants_ocsp(m), own);
}

void ike_own_choose(const struct ike_core *core, const struct ikesa *sa,
		    const struct conf_profile *profile, const struct ike_message *m,
		    struct ike_own *own)
{
	_Static_assert((int)MSG_KEY_HASH_LEN == (int)PKI_KEY_HASH_LEN &&
			       (int)IKE_AUTHORITY_LEN == (int)PKI_KEY_HASH_LEN,
		       "one hash");

	*own = (struct ike_own){ .id = profile->local };
	if (!(conf_auth_set(&profile->auth_local) & CONF_AUTH_PSK))
		own->none = !choose_trustpoint(core, sa, profile, m, own);
}

void ike_own_free(struct ike_own *own)
{
	free(own->certs);
	*own = (struct ike_own){ 0 };
}

/* --- signed --- */

/* The body of our IDr, RFC 7296 3.5. */
static struct ike_bytes idr_body(const struct conf_identity *id, uint8_t *body, size_t cap)
{
	struct wr wr = wr_of(body, cap);

	wr_u8(&wr, (uint8_t)id->type);
	wr_zero(&wr, 3);
	wr_bytes(&wr, id->data, id->len);
	return (struct ike_bytes){ wr.p, wr.len };
}

bool ike_own_octets(const struct ikesa *sa, const struct ike_own *own, struct wr *wr)
{
	uint8_t id[4 + CONF_TEXT_MAX];

	return ike_proof_octets(sa, false, idr_body(&own->id, id, sizeof(id)), 0, wr);
}

int ike_own_sign(struct ike_core *core, const struct ikesa *sa, const struct ike_own *own)
{
	struct msg_auth_sign sign = {
		.ike = sa->handle,
		.remote = sa->remote,
		.prf = sa->keys.suite.prf,
		.method = IKE_AUTH_METHOD_SHARED_KEY,
	};
	struct wr wr;
	int error;

	memcpy(sign.profile, sa->profile, sizeof(sign.profile));
	if (own->trustpoint[0]) {
		sign.method = (uint8_t)own->choice.method;
		sign.scheme = (uint8_t)own->choice.scheme;
		memcpy(sign.trustpoint, own->trustpoint, sizeof(sign.trustpoint));
		memcpy(sign.key_hash, own->key_hash, sizeof(sign.key_hash));
	}
	if (!ike_own_octets(sa, own, &wr))
		return -ENOMEM;
	sign.octets_len = (uint32_t)wr.len;
	error = core->env.to_aaa(core->env.arg, MSG_AUTH_SIGN, &sign, sizeof(sign), wr.p, wr.len);
	free(wr.p);
	return error;
}

/* --- written --- */

void ike_own_put(const struct ike_own *own, const struct msg_auth_signed *sign,
		 struct ike_writer *w)
{
	struct rd rd = rd_of(own->certs, own->certs_len);
	const uint8_t *cert;
	uint8_t encoding;
	uint32_t len;

	ike_put_id(w, IKE_PAYLOAD_IDR, (uint8_t)own->id.type, own->id.data, own->id.len);
	while (rd_u8(&rd, &encoding) && rd_be32(&rd, &len) && rd_bytes(&rd, &cert, len))
		ike_put_cert(w, encoding, cert, len);
	ike_put_auth(w, sign->method, sign->auth, sign->len);
}

void ike_own_announce(const struct ike_core *core, const struct ikesa *sa, size_t room,
		      struct ike_writer *w)
{
	enum { TRUSTPOINTS_MAX = 64, AUTHORITIES_MAX = 64 };
	uint8_t hashes[AUTHORITIES_MAX][IKE_AUTHORITY_LEN];
	int list[TRUSTPOINTS_MAX];
	size_t count = core->pki ? ike_judges(core->conf, list, TRUSTPOINTS_MAX) : 0, len;

	if (sa->opening->hashes)
		ike_put_hashes(w, IKE_PROOF_HASHES);
	if (count == 0)
		return;
	len = pki_authorities(core->pki, list, count, hashes[0], sizeof(hashes));
	/* An answer is no longer than its request: rather any authority than all of ours. */
	ike_put_certreq(w, hashes, len <= room ? len / IKE_AUTHORITY_LEN : 0);
}
