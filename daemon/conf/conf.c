// SPDX-License-Identifier: BSD-2-Clause
#include "conf/conf.h"

#include "conf/build.h"

#include <stdlib.h>
#include <string.h>

struct conf *conf_parse(FILE *in, const char *name, struct conf_errors *errors)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	struct conf_build build = { .sections = conf_public_sections,
				    .section_count = conf_public_section_count,
				    .root = conf,
				    .errors = errors };

	memset(errors, 0, sizeof(*errors));
	snprintf(errors->file, sizeof(errors->file), "%s", name);
	if (!conf) {
		conf_error(errors, 0, "out of memory");
		return NULL;
	}
	conf_build_read(&build, in);
	if (!build.no_memory)
		conf_check(&build, conf);
	conf_build_free(&build);
	conf_errors_sort(errors);
	if (errors->count) {
		conf_free(conf);
		return NULL;
	}
	return conf;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	free(conf->proposals);
	free(conf->ipsec_profiles);
	free(conf->pools);
	free(conf->policies);
	free(conf->templates);
	free(conf->keyrings);
	free(conf->trustpoints);
	free(conf->cert_maps);
	free(conf->manglers);
	free(conf->profiles);
	free(conf);
}

/* What is bound, attached, allocated or dropped once, at the start. */
#define FIXED(field, key)                                                                          \
	{                                                                                          \
		offsetof(struct conf_gateway, field), sizeof(((struct conf_gateway *)0)->field),   \
			"[gateway] " key " changed; restart flexd to use it"                       \
	}

const char *conf_needs_restart(const struct conf *now, const struct conf *next)
{
	/* clang-format off */
	static const struct {
		size_t at, size;
		const char *why;
	} fixed[] = {
		FIXED(outside, "outside"),
		FIXED(inside, "inside"),
		FIXED(local, "local-address"),
		FIXED(workers, "workers"),
		FIXED(max_sessions, "max-sessions"),
		FIXED(xdp_mode, "xdp-mode"),
		FIXED(flood_guard, "flood-guard"),
		FIXED(crypto, "crypto"),
		FIXED(run_directory, "run-directory"),
		FIXED(bpf_directory, "bpf-directory"),
		FIXED(secrets_file, "secrets-file"),
		FIXED(user_ike, "user-ike"),
		FIXED(user_aaa, "user-aaa"),
		FIXED(user_worker, "user-worker"),
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (memcmp((const char *)&now->gateway + fixed[i].at,
			   (const char *)&next->gateway + fixed[i].at, fixed[i].size))
			return fixed[i].why;
	}
	return NULL;
}
