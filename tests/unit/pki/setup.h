/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration with trustpoints, and the files that they name, in memory. */
#ifndef TESTS_PKI_SETUP_H
#define TESTS_PKI_SETUP_H

#include "conf/conf.h"
#include "pki/bundle.h"
#include "pki/pki.h"
#include "support/ca.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 24 * 60 * 60 };
/* The time of all tests: 2027-01-15. */
#define NOW ((int64_t)1800000000)

#define CONF_HEAD "[gateway]\noutside = eth0\n"
#define CONF_TAIL                                                                                  \
	"[pool v4]\nprefix = 10.0.0.0/24\n[ikev2-authorization-policy p]\npool = v4\n"             \
	"[virtual-template 1]\n[ikev2-keyring r]\npsk = a\n"                                       \
	"[ikev2-profile p]\nmatch-identity-remote = any\nidentity-local = fqdn gw.example.org\n"   \
	"authentication-local = pre-share\nauthentication-remote = pre-share\n"                    \
	"keyring-local = r\naaa-authorization-group = p\nvirtual-template = 1\n"

static inline struct conf *conf_of(const char *trustpoints)
{
	char text[4096];
	struct conf_errors errors;
	struct conf *conf;
	FILE *in;

	snprintf(text, sizeof(text), CONF_HEAD "%s" CONF_TAIL, trustpoints);
	in = fmemopen(text, strlen(text), "r");
	assert_non_null(in);
	conf = conf_parse(in, "t.conf", &errors);
	fclose(in);
	if (!conf)
		fail_msg("%s", errors.first[0].text);
	return conf;
}

static inline void pack(int fd, uint32_t trustpoint, uint8_t kind, const char *name,
			const void *bytes, size_t len)
{
	struct pki_file file = {
		.trustpoint = trustpoint, .kind = kind, .bytes = bytes, .len = len
	};

	snprintf(file.name, sizeof(file.name), "%s", name);
	assert_int_equal(pki_bundle_add(fd, &file), 0);
}

static inline void pack_certs(int fd, uint32_t trustpoint, uint8_t kind, const char *name,
			      const struct ca_cert *const *certs, size_t count)
{
	char *pem = ca_pem(certs, count);

	pack(fd, trustpoint, kind, name, pem, strlen(pem));
	free(pem);
}

static inline struct pki *load_good(int fd, const struct conf *conf)
{
	char why[512] = "";
	struct pki *pki = pki_load(fd, conf, 0, NOW, why, sizeof(why));

	if (!pki)
		fail_msg("%s", why);
	return pki;
}

#endif
