// SPDX-License-Identifier: BSD-2-Clause
/* The secrets file against a fixed public configuration: all keys that are named, or an error. */
#include "conf/secrets.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char public_text[] =
	"[gateway]\noutside = eth0\n[pool v4]\nprefix = 10.0.0.0/24\n"
	"[ikev2-authorization-policy p]\npool = v4\n[virtual-template 1]\n"
	"[ikev2-keyring ring]\npsk = a, b\n[ikev2-profile p]\nmatch-identity-remote = any\n"
	"identity-local = fqdn g\nauthentication-local = pre-share\n"
	"authentication-remote = pre-share\nkeyring-local = ring\naaa-authorization-group = p\n"
	"virtual-template = 1\n";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static const struct conf *public_conf(void)
{
	static struct conf *conf;
	struct conf_errors errors;
	FILE *in;

	if (conf)
		return conf;
	in = fmemopen((void *)(uintptr_t)public_text, sizeof(public_text) - 1, "r");
	conf = conf_parse(in, "public", &errors);
	fclose(in);
	must(conf != NULL);
	return conf;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct conf *conf = public_conf();
	struct conf_secrets *secrets;
	struct conf_errors errors;
	bool a = false, b = false;
	FILE *in;

	if (!size)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	must(in != NULL);
	secrets = conf_secrets_parse(in, "fuzz.conf", conf, &errors);
	fclose(in);
	must((secrets == NULL) == (errors.count > 0));
	for (size_t i = 0; secrets && i < secrets->psk_count; i++) {
		must(secrets->psks[i].key.len > 0);
		a |= !strcmp(secrets->psks[i].name, "a");
		b |= !strcmp(secrets->psks[i].name, "b");
	}
	must(!secrets || (a && b));
	for (size_t i = 0; i < errors.count && i < 16; i++)
		must(!strpbrk(errors.first[i].text, "\n\r\x1b"));
	conf_secrets_free(secrets);
	return 0;
}
