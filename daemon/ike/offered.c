// SPDX-License-Identifier: BSD-2-Clause
#include "ike/offered.h"

#include "crypto/fetch.h"
#include "crypto/ke.h"
#include "crypto/sign.h"
#include "ike/proof.h"

#include <stdio.h>

static bool among(const uint16_t *list, size_t count, uint16_t id)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

static bool offers_cipher(const struct conf_proposal *p, const struct ike_algorithm *a)
{
	for (size_t i = 0; i < p->encryption_count; i++)
		if (p->encryption[i].id == a->id && p->encryption[i].key_bits == a->key_bits)
			return true;
	return false;
}

static bool offers_additional(const struct conf_proposal *p, const struct ike_algorithm *a)
{
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++)
		if (among(p->additional.method[n], p->additional.count[n], a->id))
			return true;
	return false;
}

static bool offers(const struct conf_proposal *p, const struct ike_algorithm *a)
{
	switch (a->type) {
	case IKE_TRANSFORM_ENCR:
		return offers_cipher(p, a);
	case IKE_TRANSFORM_INTEG:
		return among(p->integrity, p->integrity_count, a->id);
	case IKE_TRANSFORM_PRF:
		return among(p->prf, p->prf_count, a->id);
	case IKE_TRANSFORM_DH:
		return among(p->group, p->group_count, a->id);
	default:
		return offers_additional(p, a);
	}
}

static const char *kind_of(uint8_t type)
{
	switch (type) {
	case IKE_TRANSFORM_ENCR:
		return "encryption";
	case IKE_TRANSFORM_INTEG:
		return "integrity";
	case IKE_TRANSFORM_PRF:
		return "prf";
	case IKE_TRANSFORM_DH:
		return "group";
	default:
		return "additional-key-exchange";
	}
}

/* A name more in the list; what does not fit is left out whole. */
static void add_name(struct msg_algorithm_row *row, const char *name)
{
	size_t used = strlen(row->offered);

	if (used + strlen(name) + 2 < sizeof(row->offered))
		snprintf(row->offered + used, sizeof(row->offered) - used, "%s%s", used ? " " : "",
			 name);
}

static bool there(const struct ike_algorithm *a)
{
	return (a->type != IKE_TRANSFORM_DH && a->type != IKE_TRANSFORM_ADDKE1) || ke_known(a->id);
}

static struct msg_algorithm_row row_of(const char *kind, const char *name, bool known)
{
	struct msg_algorithm_row row = { 0 };

	snprintf(row.kind, sizeof(row.kind), "%s", kind);
	snprintf(row.name, sizeof(row.name), "%s", name);
	snprintf(row.library, sizeof(row.library), "%s", known ? crypto_library() : "");
	return row;
}

/* Does the profile take a client that signs so? */
static bool takes(const struct conf_profile *profile, enum sign_scheme scheme)
{
	unsigned set = conf_auth_set(&profile->auth_remote) | conf_auth_set(&profile->auth_second);

	if (scheme == SIGN_RSA_SHA1 && !profile->rsa_sha1)
		return false;
	for (enum sign_key_type type = SIGN_KEY_NONE + 1; type < SIGN_KEY_TYPES; type++)
		if (sign_scheme_fits(scheme, type) && set & pki_key_auth(type))
			return true;
	return false;
}

static void signatures(const struct ike_core *core,
		       void (*row)(void *arg, const struct msg_algorithm_row *row), void *arg)
{
	for (enum sign_scheme scheme = SIGN_NONE + 1; scheme < SIGN_SCHEMES; scheme++) {
		struct msg_algorithm_row one = row_of("signature", sign_scheme_text(scheme), true);

		for (size_t i = 0; i < core->conf->profile_count; i++)
			if (takes(&core->conf->profiles[i], scheme))
				add_name(&one, core->conf->profiles[i].name);
		row(arg, &one);
	}
}

void ike_offered(const struct ike_core *core,
		 void (*row)(void *arg, const struct msg_algorithm_row *row), void *arg)
{
	struct ike_algorithm a;

	for (size_t i = 0; ike_algorithm_at(i, &a); i++) {
		struct msg_algorithm_row one = row_of(kind_of(a.type), a.text, there(&a));

		for (size_t k = 0; k < core->proposal_count; k++)
			if (offers(core->proposals[k], &a))
				add_name(&one, core->proposals[k]->name);
		row(arg, &one);
	}
	signatures(core, row, arg);
}
