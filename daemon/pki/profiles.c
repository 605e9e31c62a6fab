// SPDX-License-Identifier: BSD-2-Clause
/* Profiles that their own certificate does not fit: each file is right, and no client gets in. */
#include "crypto/sign_key.h"
#include "pki/internal.h"

enum conf_auth pki_key_auth(enum sign_key_type type)
{
	switch (type) {
	case SIGN_KEY_RSA:
	case SIGN_KEY_RSA_PSS:
		return CONF_AUTH_RSA;
	case SIGN_KEY_P256:
	case SIGN_KEY_P384:
	case SIGN_KEY_P521:
		return CONF_AUTH_ECDSA;
	default:
		return CONF_AUTH_EDDSA;
	}
}

/* identity-local is not what the certificate says. RFC 7296 lets them differ; clients as a rule do
 * not. */
static void warn_of_identity(struct pki *pki, const struct conf_profile *profile,
			     const struct pki_trustpoint *tp)
{
	const struct conf_identity *local = &profile->local;
	X509 *ours = sk_X509_value(tp->own_x509, 0);
	const char *why;
	struct sign_key *key = sign_key_of(X509_get0_pubkey(ours), false, &why);
	struct pki_cert *cert = key ? pki_cert_new(ours, key) : NULL;
	char identity[PKI_TEXT_MAX];

	if (cert && !pki_proves_identity(cert, (uint8_t)local->type, local->data, local->len))
		pki_warn(pki,
			 "[ikev2-profile %s]: identity-local %s does not stand in the certificate "
			 "of [pki-trustpoint %s]; clients that compare them refuse the gateway",
			 profile->name,
			 conf_identity_text((uint8_t)local->type, local->data, local->len, identity,
					    sizeof(identity)),
			 tp->name);
	pki_cert_free(cert);
}

void pki_warn_of_profile(struct pki *pki, const struct conf_profile *profile)
{
	unsigned set = conf_auth_set(&profile->auth_local) & CONF_AUTH_SIGNATURES;
	bool subject = profile->local.type == CONF_ID_DN && profile->local.len == 0;
	bool able = false;

	for (size_t i = 0; i < profile->trust_count; i++) {
		const struct pki_trustpoint *tp = &pki->trustpoint[profile->trust[i].trustpoint];

		if (!(profile->trust[i].use & CONF_TRUST_SIGN) || tp->own.type == SIGN_KEY_NONE ||
		    !(pki_key_auth(tp->own.type) & set))
			continue;
		able = true;
		if (!subject)
			warn_of_identity(pki, profile, tp);
	}
	if (set && !able)
		pki_warn(pki,
			 "[ikev2-profile %s]: none of its trustpoints has a key for "
			 "authentication-local; nobody can log in",
			 profile->name);
}
