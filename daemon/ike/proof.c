// SPDX-License-Identifier: BSD-2-Clause
#include "ike/proof.h"

#include "ike/login.h"
#include "pki/pki.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool ike_proof_octets(const struct ikesa *sa, bool of_peer, struct ike_bytes id_body, size_t tail,
		      struct wr *wr)
{
	const struct ike_opening *opening = sa->opening;
	const struct ike_packet *packet = of_peer ? opening->request : opening->answer;
	const struct ike_bytes message = { packet->bytes + IKE_MARKER_LEN, packet->len };
	const struct ike_bytes ni = { opening->ni, opening->ni_len };
	const struct ike_bytes nr = { opening->nr, sizeof(opening->nr) };
	size_t cap = packet->len + IKE_NONCE_MAX + IKE_KEY_MAX + IKE_INTAUTH_MAX + tail;
	uint8_t *bytes = malloc(cap);

	*wr = wr_of(bytes, cap);
	if (bytes && ike_auth_octets(wr, &sa->keys, of_peer, message, of_peer ? nr : ni, id_body)) {
		ike_intauth_put(&opening->intermediate, sa->keys.prf_len, wr);
		return true;
	}
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
	const struct ike_own *ours = &sa->login->own;
	struct wr wr, own = { 0 };
	int error = -ENOMEM;

	memcpy(verify.profile, sa->profile, sizeof(verify.profile));
	/* Also when there is no profile: how long it takes says nothing about what we know. */
	if (sa->login->round == 0 && !ours->none && !ours->trustpoint[0] &&
	    !ike_own_octets(sa, ours, &own))
		return -ENOMEM;
	if (ike_proof_octets(sa, true, m->id_i.body, m->auth.data.len + own.len, &wr)) {
		verify.octets_len = (uint32_t)wr.len;
		verify.own_len = (uint32_t)own.len;
		wr_bytes(&wr, m->auth.data.p, m->auth.data.len);
		wr_bytes(&wr, own.p, own.len);
		error = core->env.to_aaa(core->env.arg, MSG_AUTH_VERIFY, &verify, sizeof(verify),
					 wr.p, wr.len);
		free(wr.p);
	}
	free(own.p);
	return error;
}

/* --- signatures --- */

bool ike_proof_signs(uint8_t method)
{
	switch (method) {
	case IKE_AUTH_METHOD_RSA:
	case IKE_AUTH_METHOD_ECDSA_256:
	case IKE_AUTH_METHOD_ECDSA_384:
	case IKE_AUTH_METHOD_ECDSA_521:
	case IKE_AUTH_METHOD_SIGNATURE:
		return true;
	default:
		return false;
	}
}

size_t ike_trustpoints(const struct conf_profile *profile, enum conf_trust_use use,
		       int list[CONF_LIST_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < profile->trust_count; i++)
		if (profile->trust[i].use & use)
			list[count++] = profile->trust[i].trustpoint;
	return count;
}

size_t ike_judges(const struct conf *conf, int *list, size_t cap)
{
	size_t count = 0;

	for (size_t p = 0; p < conf->profile_count; p++) {
		const struct conf_profile *profile = &conf->profiles[p];
		int some[CONF_LIST_MAX];
		size_t some_count = ike_trustpoints(profile, CONF_TRUST_VERIFY, some);

		for (size_t i = 0; i < some_count && count < cap; i++) {
			size_t k = 0;

			while (k < count && list[k] != some[i])
				k++;
			list[k] = some[i];
			count += k == count;
		}
	}
	return count;
}

/* False, for a return. */
static bool no(struct ike_why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool no(struct ike_why *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return false;
}

/* The certificates of a message, the client's own first. CRLs are passed over: ours come from our
 * files. An URL is never followed: RFC 7296 3.6 leaves that to us, and a stranger chose it. */
static size_t chain_of(const struct ike_message *m, struct crypto_chunk chain[PKI_CHAIN_MAX + 1])
{
	size_t count = 0;

	for (size_t i = 0; i < m->cert_count && count <= PKI_CHAIN_MAX; i++)
		if (m->cert[i].encoding == IKE_CERT_X509_SIGNATURE)
			chain[count++] = (struct crypto_chunk){ m->cert[i].data.p,
								m->cert[i].data.len };
	return count;
}

static struct pki_cert *verify(struct ike_core *core, const int *trustpoint, size_t count,
			       const struct ike_message *m, struct ike_why *why)
{
	struct crypto_chunk chain[PKI_CHAIN_MAX + 1];
	size_t chain_count = chain_of(m, chain);
	char where[PKI_TEXT_MAX] = "";
	struct pki_cert *cert = NULL;
	enum pki_verdict verdict;

	if (!core->pki) {
		no(why, "there are no trustpoints to judge its certificate by");
		return NULL;
	}
	verdict = pki_verify(core->pki, trustpoint, count, chain, chain_count,
			     core->env.wall_s(core->env.arg), &cert, where);
	if (verdict != PKI_OK)
		no(why, "its certificate %s%s%s", pki_verdict_text(verdict), where[0] ? ": " : "",
		   where);
	return cert;
}

/* SANs as text. False: there are more than there is room for, and a map that says what must not be
 * among them would be wrong about the rest. */
static bool alt_names(const struct pki_cert *cert, struct conf_cert_fields *fields)
{
	static const uint8_t types[] = { CONF_ID_FQDN, CONF_ID_EMAIL, CONF_ID_IPV4, CONF_ID_IPV6 };
	struct crypto_chunk san;
	struct fg_ip ip;

	for (size_t t = 0; t < sizeof(types); t++)
		for (size_t i = 0; pki_cert_san(cert, types[t], i, &san); i++) {
			char *to = fields->alt_name[fields->alt_name_count];

			if (fields->alt_name_count == CONF_LIST_MAX || san.len >= CONF_TEXT_MAX)
				return false;
			fields->alt_name_count++;
			if (conf_identity_ip(types[t], san.p, san.len, &ip))
				ip_text(&ip, to);
			else
				memcpy(to, san.p, san.len);
		}
	return true;
}

struct pki_cert *ike_proof_look(struct ike_core *core, const struct ike_message *m,
				struct conf_cert_fields *fields)
{
	enum { TRUSTPOINTS_MAX = 64 };
	int list[TRUSTPOINTS_MAX];
	struct pki_cert *cert;
	struct crypto_chunk of;
	struct ike_why why;

	*fields = (struct conf_cert_fields){ 0 };
	if (core->conf->cert_map_count == 0 || !ike_proof_signs(m->auth.method))
		return NULL;
	cert = verify(core, list, ike_judges(core->conf, list, TRUSTPOINTS_MAX), m, &why);
	if (!cert)
		return NULL;
	of = pki_cert_subject(cert);
	fields->subject = of.p;
	fields->subject_len = of.len;
	of = pki_cert_issuer(cert);
	fields->issuer = of.p;
	fields->issuer_len = of.len;
	of = pki_cert_serial(cert);
	fields->serial = of.p;
	fields->serial_len = of.len;
	pki_cert_validity(cert, &fields->not_before, &fields->not_after);
	if (alt_names(cert, fields))
		return cert;
	pki_cert_free(cert);
	return NULL;
}

/*
 * A client that knows RFC 7427, and has seen that we do, signs that way. When it does not, somebody
 * took our announcement out of the answer; our AUTH tells the client, but it is later than its own.
 */
static bool downgraded(const struct ikesa *sa, const struct conf_profile *profile,
		       const struct ike_message *m)
{
	return m->auth.method != IKE_AUTH_METHOD_SIGNATURE &&
	       (sa->opening->hashes & IKE_PROOF_HASHES) && !profile->rsa_sha1;
}

/* Did the key of the certificate make AUTH, in a way that was agreed? */
static bool signed_by(const struct ikesa *sa, const struct conf_profile *profile,
		      const struct ike_message *m, const struct sign_key *key, struct ike_why *why)
{
	/* Without a notify of the client's we sent none either, RFC 7427 4. */
	uint32_t hashes = sa->opening->hashes ? IKE_PROOF_HASHES : 0;
	unsigned flags = profile->rsa_sha1 ? SIGN_LEGACY : 0;
	enum sign_scheme scheme = SIGN_NONE;
	struct ike_name room;
	struct wr wr;
	bool right;

	if (downgraded(sa, profile, m))
		return no(why, "it signs by an older method than was agreed: %s",
			  ike_auth_method_name(m->auth.method, &room));
	if (!ike_proof_octets(sa, true, m->id_i.body, 0, &wr))
		return no(why, "there is no memory to check its signature");
	right = sign_auth_check(key, (enum sign_method)m->auth.method, hashes, flags, wr.p, wr.len,
				m->auth.data.p, m->auth.data.len, &scheme);
	free(wr.p);
	return right ||
	       no(why, "its signature is wrong, or made in a way that was not agreed: %s%s%s",
		  ike_auth_method_name(m->auth.method, &room), scheme ? ", " : "",
		  scheme ? sign_scheme_text(scheme) : "");
}

static bool takes(const struct conf_auths *auths, const struct conf_profile *profile,
		  const struct sign_key *key, struct ike_why *why)
{
	char text[64];

	return conf_auth_set(auths) & pki_key_auth(sign_key_type(key)) ||
	       no(why, "it signs with %s, which profile %s does not take",
		  sign_key_text(key, text, sizeof(text)), profile->name);
}

static bool is_for(const struct pki_cert *cert, const struct msg_identity *who, struct ike_why *why)
{
	char subject[PKI_TEXT_MAX];

	return pki_proves_identity(cert, who->type, who->data, who->len) ||
	       no(why, "its certificate is not for this identity: %s",
		  pki_dn_text(pki_cert_subject(cert), subject, sizeof(subject)));
}

bool ike_proof_check(struct ike_core *core, const struct ikesa *sa, const struct msg_identity *who,
		     const struct ike_message *m, struct ike_why *why)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);
	const struct conf_auths *auths;
	int trustpoint[CONF_LIST_MAX];
	const struct sign_key *key;
	size_t count;
	struct pki_cert *cert;
	bool proven;

	if (!profile)
		return no(why, "no profile matches the identity");
	auths = sa->login->round ? &profile->auth_second : &profile->auth_remote;
	if (!(conf_auth_set(auths) & CONF_AUTH_SIGNATURES))
		return no(why, "it signs, which profile %s does not take", profile->name);
	count = ike_trustpoints(profile, CONF_TRUST_VERIFY, trustpoint);
	cert = verify(core, trustpoint, count, m, why);
	if (!cert)
		return false;
	key = pki_cert_key(cert);
	proven = takes(auths, profile, key, why) && signed_by(sa, profile, m, key, why) &&
		 is_for(cert, who, why);
	pki_cert_free(cert);
	return proven;
}
