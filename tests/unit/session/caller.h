/* SPDX-License-Identifier: BSD-2-Clause */
/* A caller of the control socket: asks, and reads the rows. */
#ifndef TESTS_SESSION_CALLER_H
#define TESTS_SESSION_CALLER_H

#include "play.h"

#include <jansson.h>
#include <sys/socket.h>

static inline int call(struct play *p)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(control_take(p->broker.control, pair[0]), 0);
	return pair[1];
}

/* Everything until the end; the caller's to free. */
static inline char *hear_all(struct play *p, int fd)
{
	size_t len = 0, cap = 1 << 16;
	char *text = malloc(cap);
	ssize_t n;

	for (int quiet = 0; quiet < 200;) {
		play_turn(p);
		n = recv(fd, text + len, cap - len - 1, MSG_DONTWAIT);
		if (n == 0)
			break;
		if (n < 0) {
			quiet++;
			continue;
		}
		quiet = 0;
		len += (size_t)n;
		if (cap - len < 4096)
			text = realloc(text, cap *= 2);
	}
	text[len] = '\0';
	close(fd);
	play_turn(p);
	return text;
}

static inline char *ask_raw(struct play *p, const char *request, size_t len)
{
	int fd = call(p);

	assert_int_equal(send(fd, request, len, 0), (ssize_t)len);
	return hear_all(p, fd);
}

/* A caller who has asked and waits for what hear_all() hears. */
static inline int call_with(struct play *p, const char *request)
{
	int fd = call(p);
	char line[1024];

	snprintf(line, sizeof(line), "%s\n", request);
	assert_int_equal(send(fd, line, strlen(line), 0), (ssize_t)strlen(line));
	play_turn(p);
	return fd;
}

static inline char *ask(struct play *p, const char *request)
{
	return hear_all(p, call_with(p, request));
}

/* Rows of an answer; *end is its last line's object. Both are the caller's. */
static inline json_t *rows_of(char *text, json_t **end)
{
	json_t *rows = json_array(), *line;
	char *save = NULL;

	*end = NULL;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		assert_null(*end); /* nothing behind the end */
		line = json_loads(l, 0, NULL);
		assert_non_null(line);
		if (json_object_get(line, "row"))
			json_array_append(rows, json_object_get(line, "row"));
		else
			*end = json_incref(json_object_get(line, "end"));
		json_decref(line);
	}
	assert_non_null(*end);
	free(text);
	return rows;
}

/* The rows of an answer that ends well. */
static inline json_t *hear_good(struct play *p, int fd)
{
	json_t *end, *rows = rows_of(hear_all(p, fd), &end);

	if (!json_is_true(json_object_get(end, "ok")))
		fail_msg("%s", json_string_value(json_object_get(end, "error")));
	json_decref(end);
	return rows;
}

static inline json_t *good(struct play *p, const char *request)
{
	return hear_good(p, call_with(p, request));
}

static inline void bad(struct play *p, char *answer, const char *what)
{
	json_t *end, *rows = rows_of(answer, &end);
	const char *error = json_string_value(json_object_get(end, "error"));

	assert_int_equal(json_array_size(rows), 0);
	assert_true(json_is_false(json_object_get(end, "ok")));
	if (!error || !strstr(error, what))
		fail_msg("'%s' instead of '%s'", error, what);
	json_decref(rows);
	json_decref(end);
	assert_int_equal(control_clients(p->broker.control), 0);
}

static inline const char *field(const json_t *rows, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(rows, i), key));
}

static inline json_int_t number(const json_t *rows, size_t i, const char *key)
{
	return json_integer_value(json_object_get(json_array_get(rows, i), key));
}

#endif
