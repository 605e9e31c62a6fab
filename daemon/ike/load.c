// SPDX-License-Identifier: BSD-2-Clause
#include "ike/load.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "flexgate.conf"

enum { SIZE_MAX_OF_FILE = 16 * 1024 * 1024 };

/* From its start by position: the offset of the open file is shared with other processes. */
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

static struct conf *parse(char *text, size_t size, char *why, size_t cap)
{
	struct conf_errors errors;
	struct conf *conf;
	FILE *in = fmemopen(text, size, "r");

	if (!in) {
		snprintf(why, cap, NAME ": out of memory");
		return NULL;
	}
	conf = conf_parse(in, NAME, &errors);
	if (!conf)
		snprintf(why, cap, "%.500s", errors.first[0].text);
	fclose(in);
	return conf;
}

struct conf *ike_load_conf(int fd, char *why, size_t cap)
{
	struct conf *conf = NULL;
	char *text = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 1 ||
	    st.st_size > SIZE_MAX_OF_FILE)
		snprintf(why, cap, NAME ": expected a regular file of 1 byte to 16 MiB");
	else if (!(text = malloc((size_t)st.st_size)) || !read_all(fd, text, (size_t)st.st_size))
		snprintf(why, cap, NAME ": cannot be read to its end");
	else
		conf = parse(text, (size_t)st.st_size, why, cap);
	free(text);
	close(fd);
	return conf;
}
