// SPDX-License-Identifier: BSD-2-Clause
/* The public file as a descriptor: flexd opened it, the process that reads it could not. */
#include "conf/conf.h"

#include "core/file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "flexgate.conf"

static struct conf *parse_text(char *text, size_t size, char *why, size_t cap)
{
	FILE *in = fmemopen(text, size, "r");
	struct conf_errors errors;
	struct conf *conf;

	if (!in) {
		snprintf(why, cap, NAME ": out of memory");
		return NULL;
	}
	conf = conf_parse(in, NAME, &errors);
	if (!conf)
		conf_errors_text(&errors, why, cap);
	fclose(in);
	return conf;
}

struct conf *conf_load(int fd, char *why, size_t cap)
{
	struct conf *conf = NULL;
	char *text = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		snprintf(why, cap, NAME ": is not a regular file");
	else if (st.st_size < 1 || st.st_size > CONF_FILE_MAX)
		snprintf(why, cap, NAME ": has %lld bytes; expected 1 to %d", (long long)st.st_size,
			 CONF_FILE_MAX);
	else if (!(text = malloc((size_t)st.st_size)) || !file_read(fd, text, (size_t)st.st_size))
		snprintf(why, cap, NAME ": cannot be read to its end");
	else
		conf = parse_text(text, (size_t)st.st_size, why, cap);
	free(text);
	close(fd);
	return conf;
}
