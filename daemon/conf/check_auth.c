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

/* A signature is judged by a trustpoint. */
static void check_signatures(struct conf_build *b, const struct conf_auths *auths, const char *key,
			     struct conf_object *object)
{
	for (size_t i = 0; i < auths->count; i++)
		if (auths->method[i] & CONF_AUTH_SIGNATURES)
			conf_build_error(b, object, key, i,
					 "needs a trustpoint, which this version has not");
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
	(void)conf;
	check_local(b, profile, object);
	if (object->bad)
		return;
	check_signatures(b, &profile->auth_local, "authentication-local", object);
	check_signatures(b, &profile->auth_remote, "authentication-remote", object);
	check_signatures(b, &profile->auth_second, "authentication-remote-second", object);
	check_psk(b, profile, object);
}
