// SPDX-License-Identifier: BSD-2-Clause
/* The public file as a descriptor: flexd opened it, the process that reads it could not. */
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "flexgate.conf"

enum { CONF_FILE_MAX = 16 * 1024 * 1024 };

/* By position, not by the descriptor's offset: other processes read through the same open file. */
static bool read_all(int fd, char *text, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = pread(fd, text + have, size - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

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
	else if (!(text = malloc((size_t)st.st_size)) || !read_all(fd, text, (size_t)st.st_size))
		snprintf(why, cap, NAME ": cannot be read to its end");
	else
		conf = parse_text(text, (size_t)st.st_size, why, cap);
	free(text);
	close(fd);
	return conf;
}
