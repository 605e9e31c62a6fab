// SPDX-License-Identifier: BSD-2-Clause
/*
 * authentication-local, authentication-remote and what they need. A key that no method would use is
 * an error: it would give a wrong idea of how safe the profile is.
 */
#include "conf/build.h"

static void check_local(struct conf_build *b, const struct conf_profile *profile,
			struct conf_object *object)
{
	unsigned set = conf_auth_set(&profile->auth_local);

	if (set & CONF_AUTH_PSK && set != CONF_AUTH_PSK)
		conf_build_error(
			b, object, "authentication-local", 0,
			"pre-share stands alone; a gateway that has a certificate shows it");
}

static bool can_sign(const struct conf *conf, const struct conf_profile *profile)
{
	for (size_t i = 0; i < profile->trust_count; i++)
		if (profile->trust[i].use & CONF_TRUST_SIGN &&
		    conf->trustpoints[profile->trust[i].trustpoint].certificate[0])
			return true;
	return false;
}

static bool can_verify(const struct conf_profile *profile)
{
	for (size_t i = 0; i < profile->trust_count; i++)
		if (profile->trust[i].use & CONF_TRUST_VERIFY)
			return true;
	return false;
}

/* What one side says must have a trustpoint that it is signed with, or judged by. */
static void check_signatures(struct conf_build *b, const struct conf *conf,
			     const struct conf_profile *profile, struct conf_object *object)
{
	unsigned local = conf_auth_set(&profile->auth_local) & CONF_AUTH_SIGNATURES;
	unsigned remote = (conf_auth_set(&profile->auth_remote) |
			   conf_auth_set(&profile->auth_second)) &
			  CONF_AUTH_SIGNATURES;

	if (local && !can_sign(conf, profile))
		conf_build_error(b, object, "pki-trustpoint", 0,
				 "authentication-local needs one with a certificate to sign with");
	else if (remote && !can_verify(profile))
		conf_build_error(b, object, "pki-trustpoint", 0,
				 "authentication-remote needs one to judge clients by");
	else if (!local && !remote && profile->trust_count)
		conf_build_error(b, object, "pki-trustpoint", 0,
				 "neither side of this profile authenticates by a signature");
	if (profile->rsa_sha1 && !((local | remote) & CONF_AUTH_RSA))
		conf_build_error(b, object, "rsa-sig-sha1", 0,
				 "neither side of this profile authenticates by rsa-sig");
	if (!local && profile->local.type == CONF_ID_DN && profile->local.len == 0)
		conf_build_error(b, object, "identity-local", 0,
				 "dn is the subject of the gateway's certificate, and this profile "
				 "shows none");
}

/* One source of pre-shared keys where there is a use for one. */
static void check_psk(struct conf_build *b, const struct conf_profile *profile,
		      struct conf_object *object)
{
	bool wanted = (conf_auth_set(&profile->auth_local) | conf_auth_set(&profile->auth_remote) |
		       conf_auth_set(&profile->auth_second)) &
		      CONF_AUTH_PSK;
	bool ring = conf_build_given(b, object, "keyring-local");
	bool psk = conf_build_given(b, object, "psk");

	if (wanted && !ring && !psk)
		conf_build_error(b, object, "keyring-local", 0,
				 "is missing; pre-share expects the name of an existing "
				 "[ikev2-keyring], or psk");
	else if (ring && psk)
		conf_build_error(b, object, "psk", 0,
				 "keyring-local is given too; keep one of the two");
	else if (!wanted && (ring || psk))
		conf_build_error(b, object, ring ? "keyring-local" : "psk", 0,
				 "neither side of this profile authenticates by pre-share");
}

void conf_check_auth(struct conf_build *b, const struct conf *conf,
		     const struct conf_profile *profile, struct conf_object *object)
{
	if (!object->bad)
		check_local(b, profile, object);
	if (!object->bad)
		check_signatures(b, conf, profile, object);
	if (!object->bad)
		check_psk(b, profile, object);
}
