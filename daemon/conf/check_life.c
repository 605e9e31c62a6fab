// SPDX-License-Identifier: BSD-2-Clause
/* How long sessions live and where clients are sent: a profile against [gateway]. */
#include "conf/build.h"

/* What a profile does not say it has from [gateway]. */
static void inherit(const struct conf_build *b, const struct conf_gateway *gateway,
		    struct conf_profile *profile, const struct conf_object *object)
{
	if (!conf_build_given(b, object, "dpd"))
		profile->dpd = gateway->dpd;
	if (!conf_build_given(b, object, "nat-keepalive"))
		profile->nat_keepalive_s = gateway->nat_keepalive_s;
	if (!conf_build_given(b, object, "redirect") &&
	    gateway->redirect.mode == CONF_REDIRECT_AUTH)
		profile->redirect = gateway->redirect;
}

static void check_uniqueness(struct conf_build *b, const struct conf_profile *profile,
			     struct conf_object *object)
{
	if (profile->uniqueness == CONF_UNIQUE_REJECT && !profile->session_limit)
		conf_build_error(b, object, "uniqueness", 0,
				 "reject never rejects without a session-limit");
}

/* A client that was sent to the address it came to would never get in. */
void conf_check_redirect(struct conf_build *b, const struct conf_gateway *gateway,
			 const struct conf_redirect *redirect, struct conf_object *object)
{
	struct fg_ip to;

	if (redirect->mode == CONF_REDIRECT_OFF || !conf_build_given(b, object, "redirect") ||
	    !conf_identity_ip((uint8_t)redirect->to.type, redirect->to.data, redirect->to.len, &to))
		return;
	for (size_t i = 0; i < gateway->local_count; i++) {
		if (ip_equal(&gateway->local[i], &to))
			conf_build_error(b, object, "redirect", 0,
					 "leads to a local-address of this gateway");
	}
}

void conf_check_life(struct conf_build *b, const struct conf *conf, struct conf_profile *profile,
		     struct conf_object *object)
{
	check_uniqueness(b, profile, object);
	conf_check_redirect(b, &conf->gateway, &profile->redirect, object);
	inherit(b, &conf->gateway, profile, object);
}
