// SPDX-License-Identifier: BSD-2-Clause
/* What a command does: ask flexd, or do without it. */
#include "args.h"
#include "client.h"
#include "docs.h"

#include <errno.h>
#include <flexgate/plane.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_CONFIG "/etc/flexgate/flexgate.conf"

enum ctl_exit ctl_run_ask(const struct ctl_call *call, json_t *rows, struct ctl_error *error)
{
	int fd = ctl_connect(call->socket, error);
	enum ctl_exit result;

	if (fd < 0)
		return CTL_UNREACHED;
	result = ctl_exchange(fd, call->command->words, call->args, rows, error);
	close(fd);
	return result;
}

enum ctl_exit ctl_written(enum ctl_exit result)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return result;
	fprintf(stderr, "flexctl: cannot write: %s\n", strerror(errno));
	return result == CTL_OK ? CTL_REFUSED : result;
}

static void print_live(void *arg, json_t *row)
{
	const struct ctl_call *call = arg;
	json_t *value;
	const char *key, *gap = "";

	if (call->json) {
		json_dumpf(row, stdout, JSON_COMPACT);
	} else {
		json_object_foreach(row, key, value)
		{
			printf("%s%s", gap, json_string_value(value));
			gap = "  ";
		}
	}
	putchar('\n');
	/* Whoever reads it, a pipe too, reads it now. */
	if (fflush(stdout))
		exit(ctl_written(CTL_OK));
}

enum ctl_exit ctl_run_live(const struct ctl_call *call, json_t *rows, struct ctl_error *error)
{
	const struct ctl_taker taker = { .row = print_live, .arg = (void *)call, .timeout_ms = -1 };
	int fd = ctl_connect(call->socket, error);
	enum ctl_exit result;

	(void)rows;
	if (fd < 0)
		return CTL_UNREACHED;
	/* Nothing may come for long, of one who is mistyped for ever. */
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "waiting for messages of %s; Ctrl-C ends\n",
			json_string_value(json_object_get(call->args, "whom")));
	result = ctl_follow(fd, call->command->words, call->args, &taker, error);
	close(fd);
	return result;
}

/* flexd beside this program; else the one that PATH finds. */
static void flexd_path(char *buf, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", buf, cap - sizeof("flexd"));
	char *slash;

	if (n > 0) {
		buf[n] = '\0';
		slash = strrchr(buf, '/');
		if (slash) {
			memcpy(slash + 1, "flexd", sizeof("flexd"));
			if (access(buf, X_OK) == 0)
				return;
		}
	}
	snprintf(buf, cap, "flexd");
}

/* Start `flexd -n file` with its output in a pipe. Returns the end to read, NULL with error set. */
static FILE *start_check(const char *file, pid_t *pid, struct ctl_error *error)
{
	char path[PATH_MAX];
	int ends[2];

	flexd_path(path, sizeof(path));
	if (pipe(ends) < 0) {
		ctl_fail(error, NULL, "pipe: %s", strerror(errno));
		return NULL;
	}
	*pid = fork();
	if (*pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execlp(path, "flexd", "-n", file, (char *)NULL);
		dprintf(STDERR_FILENO, "cannot run %s: %s\n", path, strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	if (*pid < 0) {
		close(ends[0]);
		ctl_fail(error, NULL, "fork: %s", strerror(errno));
		return NULL;
	}
	return fdopen(ends[0], "r");
}

/* The daemon's own check, so that both cannot differ: its lines are the rows. */
enum ctl_exit ctl_run_check(const struct ctl_call *call, json_t *rows, struct ctl_error *error)
{
	const char *file = json_string_value(json_object_get(call->args, "file"));
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	pid_t pid;
	int status = 0;
	FILE *out;

	file = file ? file : DEFAULT_CONFIG;
	out = start_check(file, &pid, error);
	if (!out)
		return CTL_UNREACHED;
	while ((n = getline(&line, &cap, out)) >= 0) {
		if (n && line[n - 1] == '\n')
			line[n - 1] = '\0';
		json_array_append_new(rows, json_pack("{s:s}", "line", line));
	}
	free(line);
	fclose(out);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return CTL_OK;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		ctl_fail(error, "install flexd beside flexctl or put it on PATH",
			 "flexd -n did not run");
		return CTL_UNREACHED;
	}
	ctl_fail(error, NULL, "%s is not a valid configuration", file);
	return CTL_REFUSED;
}

enum ctl_exit ctl_run_version(const struct ctl_call *call, json_t *rows, struct ctl_error *error)
{
	json_array_append_new(rows, json_pack("{s:s, s:s, s:i}", "name", "flexctl", "version",
					      FG_VERSION, "abi", FG_ABI));
	return ctl_run_ask(call, rows, error);
}

enum ctl_exit ctl_run_help(const struct ctl_call *call, json_t *rows, struct ctl_error *error)
{
	json_t *words = json_object_get(call->args, "words");
	const struct ctl_command *about = NULL, *begun = NULL;
	const char *list[16];
	size_t i, used = 0, count = json_array_size(words);
	char *text = NULL, *line, *save = NULL;
	size_t len;
	FILE *out;

	for (i = 0; i < count && i < sizeof(list) / sizeof(list[0]); i++)
		list[i] = json_string_value(json_array_get(words, i));
	if (count)
		about = ctl_find(list, i, &used, &begun, error);
	if (count && !about && !begun)
		return CTL_USAGE;
	out = open_memstream(&text, &len);
	if (!out) {
		ctl_fail(error, NULL, "out of memory");
		return CTL_USAGE;
	}
	if (about)
		ctl_docs_command(out, about);
	else
		ctl_docs_help(out, begun, used);
	fclose(out);
	/* Empty lines count: strtok_r() would swallow them. */
	for (line = text; line && *line; line = save) {
		save = line + strcspn(line, "\n");
		if (*save)
			*save++ = '\0';
		json_array_append_new(rows, json_pack("{s:s}", "line", line));
	}
	free(text);
	return CTL_OK;
}
