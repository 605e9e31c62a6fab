/* SPDX-License-Identifier: BSD-2-Clause */
/* One configuration with two profiles and two keyrings, and its secrets. */
#ifndef TESTS_AAA_SETUP_H
#define TESTS_AAA_SETUP_H

#include "aaa/authn.h"
#include "conf/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define PROFILE(name, match, ring)                                                                 \
	"[ikev2-profile " name "]\nmatch-identity-remote = " match "\n"                            \
	"identity-local = fqdn gw.example.org\nauthentication-local = pre-share\n"                 \
	"authentication-remote = pre-share\nkeyring-local = " ring "\n"                            \
	"aaa-authorization-group = p\nvirtual-template = 1\n"

/* A key of its own, and a second proof. */
#define PROFILE_TWICE                                                                              \
	"[ikev2-profile twice]\nmatch-identity-remote = fqdn domain twice.example.org\n"           \
	"identity-local = fqdn gw.example.org\nauthentication-local = pre-share\n"                 \
	"authentication-remote = pre-share\nauthentication-remote-second = pre-share\n"            \
	"psk = sides\naaa-authorization-group = p\nvirtual-template = 1\n"

#define CONF_BODY                                                                                  \
	"outside = eth0\nuser-aaa = nobody\n[pool v4]\nprefix = 10.0.0.0/24\n"                     \
	"[ikev2-authorization-policy p]\npool = v4\n[virtual-template 1]\n"                        \
	"[ikev2-keyring staff]\npsk = any, domain, alice, net\n"                                   \
	"[ikev2-keyring bob]\npsk = bob\n" PROFILE("staff", "any", "staff")                        \
		PROFILE("bob", "fqdn domain bob.example.org", "bob")

#define CONF_TEXT "[gateway]\n" CONF_BODY PROFILE_TWICE

#define SECRETS_TEXT                                                                               \
	"[psk any]\nidentity = any\nkey = key of any\n"                                            \
	"[psk domain]\nidentity = fqdn domain example.org\nkey = key of domain\n"                  \
	"[psk alice]\nidentity = fqdn alice.example.org\nkey = key of alice\n"                     \
	"[psk net]\nidentity = address 198.51.100.0/24\nkey = key of net\n"                        \
	"[psk sides]\nidentity = fqdn domain twice.example.org\nkey-local = ours\n"                \
	"key-remote = theirs\n"                                                                    \
	"[psk bob]\nidentity = fqdn laptop.bob.example.org\nkey = 0x6b6579206f6620626f62\n"

struct setup {
	struct conf *conf;
	struct conf_secrets *secrets;
};

static inline FILE *text_file(const char *text)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(in);
	return in;
}

static inline void setup_open(struct setup *s)
{
	struct conf_errors errors;
	FILE *in = text_file(CONF_TEXT);

	s->conf = conf_parse(in, "flexgate.conf", &errors);
	fclose(in);
	if (!s->conf)
		fail_msg("%s", errors.first[0].text);
	in = text_file(SECRETS_TEXT);
	s->secrets = conf_secrets_parse(in, "secrets.conf", s->conf, &errors);
	fclose(in);
	if (!s->secrets)
		fail_msg("%s", errors.first[0].text);
}

static inline void setup_close(struct setup *s)
{
	conf_secrets_free(s->secrets);
	conf_free(s->conf);
}

static inline void set_identity(struct msg_identity *id, uint8_t type, const void *data, size_t len)
{
	memset(id, 0, sizeof(*id));
	id->type = type;
	id->len = (uint16_t)len;
	memcpy(id->data, data, len);
}

#endif
