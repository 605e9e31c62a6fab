// SPDX-License-Identifier: BSD-2-Clause
#include "aaa/load.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct conf_secrets *aaa_load_secrets(int fd, const struct conf *conf, char *why, size_t cap)
{
	const char *name = conf->gateway.secrets_file;
	FILE *in = lseek(fd, 0, SEEK_SET) < 0 ? NULL : fdopen(fd, "r");
	struct conf_secrets *secrets;
	struct conf_errors errors;

	if (!in) {
		snprintf(why, cap, "%s: cannot be read: %s", name, strerror(errno));
		close(fd);
		return NULL;
	}
	secrets = conf_secrets_parse(in, name, conf, &errors);
	if (!secrets)
		conf_errors_text(&errors, why, cap);
	fclose(in);
	return secrets;
}
