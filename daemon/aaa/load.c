// SPDX-License-Identifier: BSD-2-Clause
#include "aaa/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONF_FILE_MAX = 16 * 1024 * 1024 };

static void say_first(const struct conf_errors *errors, char *why, size_t cap)
{
	if (errors->count > 1)
		snprintf(why, cap, "%.400s (and %zu more)", errors->first[0].text,
			 errors->count - 1);
	else
		snprintf(why, cap, "%.500s", errors->first[0].text);
}

/* By position, not by the descriptor's offset: other processes read through the same open file. */
static char *read_whole(int fd, size_t size)
{
	char *text = malloc(size + 1);
	size_t have = 0;

	while (text && have < size) {
		ssize_t n = pread(fd, text + have, size - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	if (text && have < size) {
		free(text);
		return NULL;
	}
	return text;
}

static struct conf *parse_text(char *text, size_t size, char *why, size_t cap)
{
	FILE *in = fmemopen(text, size, "r");
	struct conf_errors errors;
	struct conf *conf;

	if (!in) {
		snprintf(why, cap, "flexgate.conf: out of memory");
		return NULL;
	}
	conf = conf_parse(in, "flexgate.conf", &errors);
	if (!conf)
		say_first(&errors, why, cap);
	fclose(in);
	return conf;
}

struct conf *aaa_load_conf(int fd, char *why, size_t cap)
{
	struct conf *conf = NULL;
	struct stat st;
	char *text;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		snprintf(why, cap, "flexgate.conf: is not a regular file");
	} else if (st.st_size < 1 || st.st_size > CONF_FILE_MAX) {
		snprintf(why, cap, "flexgate.conf: has %lld bytes; expected 1 to %d",
			 (long long)st.st_size, CONF_FILE_MAX);
	} else {
		text = read_whole(fd, (size_t)st.st_size);
		if (text)
			conf = parse_text(text, (size_t)st.st_size, why, cap);
		else
			snprintf(why, cap, "flexgate.conf: cannot be read to its end");
		free(text);
	}
	close(fd);
	return conf;
}

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
		say_first(&errors, why, cap);
	fclose(in);
	return secrets;
}
