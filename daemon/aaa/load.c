// SPDX-License-Identifier: BSD-2-Clause
#include "aaa/load.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct conf_secrets *aaa_load_secrets(int fd, const struct conf *conf, char *why, size_t cap)
{
	const char *name = conf->gateway.secrets_file;
	struct conf_secrets *secrets = NULL;
	struct conf_errors errors;
	struct stat st;
	FILE *in = NULL;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		snprintf(why, cap, "%s: is not a regular file", name);
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		snprintf(why, cap,
			 "%s: group or others have rights to it (mode %04o); chmod 0600 it", name,
			 (unsigned)st.st_mode & 07777);
	else if (lseek(fd, 0, SEEK_SET) < 0 || !(in = fdopen(fd, "r")))
		snprintf(why, cap, "%s: cannot be read: %s", name, strerror(errno));
	if (!in) {
		close(fd);
		return NULL;
	}
	secrets = conf_secrets_parse(in, name, conf, &errors);
	if (!secrets)
		conf_errors_text(&errors, why, cap);
	fclose(in);
	return secrets;
}
