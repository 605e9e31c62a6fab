/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual-access is what a client session looks like as an interface: a [virtual-template N] and
 * an [ikev2-authorization-policy], put together at login and kept until the session ends, whatever
 * the configuration says later.
 */
#ifndef SESSION_VIRTUAL_ACCESS_H
#define SESSION_VIRTUAL_ACCESS_H

#include "conf/conf.h"

struct virtual_access {
	uint32_t template_number;
	uint16_t mtu;
	uint16_t mss4, mss6; /* 0: TCP MSS is left alone */
};

void virtual_access_derive(const struct conf_virtual_template *template,
			   struct virtual_access *out);

/* What `show derived-config` prints: lines with newlines, the caller's to free. NULL: no memory. */
char *virtual_access_text(const struct conf *conf, const struct conf_profile *profile,
			  const struct conf_authorization_policy *policy,
			  const struct virtual_access *access, uint32_t id, __be32 inner4,
			  const struct fg_ip *inner6);

#endif
