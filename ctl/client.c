// SPDX-License-Identifier: BSD-2-Clause
#include "client.h"

#include <errno.h>
#include <flexgate/ctl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char *connect_hint(int err)
{
	switch (err) {
	case ENOENT:
		return "is flexd running? (systemctl status flexd) does it use another run-directory? "
		       "(--socket PATH)";
	case ECONNREFUSED:
		return "flexd has ended without removing its socket; start it again";
	case EACCES:
	case EPERM:
		return "only root may talk to flexd; run flexctl as root";
	case EAGAIN:
		return "flexd hangs, or is busy with many callers (journalctl -u flexd)";
	default:
		return NULL;
	}
}

int ctl_connect(const char *path, struct ctl_error *error)
{
	const struct timeval patience = { .tv_sec = CTL_CONNECT_TIMEOUT_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		ctl_fail(error, NULL, "--socket: the path has more than %zu bytes",
			 sizeof(addr.sun_path) - 1);
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* A flexd that hangs accepts nobody: connect() would wait for ever. */
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	err = errno;
	if (fd >= 0)
		close(fd);
	ctl_fail(error, connect_hint(err), "cannot reach flexd at %s: %s", path, strerror(err));
	return -1;
}

static bool send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool send_request(int fd, const char *command, const json_t *args, struct ctl_error *error)
{
	json_t *request = json_pack("{s:s, s:O}", "command", command, "args", args);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	bool ok = false;

	json_decref(request);
	if (!text)
		ctl_fail(error, NULL, "out of memory");
	else if (strlen(text) + 1 > FG_CTL_REQUEST_MAX)
		ctl_fail(error, NULL, "the arguments are longer than %d bytes", FG_CTL_REQUEST_MAX);
	else if (!send_all(fd, text, strlen(text)) || !send_all(fd, "\n", 1))
		ctl_fail(error, NULL, "flexd closed the connection: %s", strerror(errno));
	else
		ok = true;
	free(text);
	return ok;
}

/* Received text that is not yet taken as lines. */
struct inbox {
	char *data;
	size_t start, len, cap; /* data[start .. len) is unread */
};

/* Wait for more. 1: there is, 0: the end, -1: error is set. */
static int inbox_fill(struct inbox *in, int fd, int timeout_ms, struct ctl_error *error)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;
	int r;

	if (in->start) {
		memmove(in->data, in->data + in->start, in->len - in->start);
		in->len -= in->start;
		in->start = 0;
	}
	if (in->len == in->cap) {
		char *bigger = in->cap < CTL_LINE_MAX ? realloc(in->data, in->cap + 65536) : NULL;

		if (!bigger) {
			ctl_fail(error, NULL, "flexd sent a line of more than %d bytes",
				 CTL_LINE_MAX);
			return -1;
		}
		in->data = bigger;
		in->cap += 65536;
	}
	r = poll(&p, 1, timeout_ms);
	if (r < 0) { /* a signal that somebody waits for: Ctrl-C */
		ctl_fail(error, NULL, "waiting for flexd: %s", strerror(errno));
		return -1;
	}
	if (r == 0) {
		ctl_fail(error, "its log tells what it is doing (journalctl -u flexd)",
			 "flexd did not answer within %d seconds", CTL_ANSWER_TIMEOUT_S);
		return -1;
	}
	n = read(fd, in->data + in->len, in->cap - in->len);
	if (n < 0) {
		ctl_fail(error, NULL, "flexd: %s", strerror(errno));
		return -1;
	}
	in->len += (size_t)n;
	return n > 0;
}

/* The next line without its end; NULL when it is not whole yet. */
static const char *inbox_line(struct inbox *in, size_t *len)
{
	const char *line = in->data + in->start, *end;

	if (in->start == in->len)
		return NULL;
	end = memchr(line, '\n', in->len - in->start);
	if (!end)
		return NULL;
	*len = (size_t)(end - line);
	in->start += *len + 1;
	return line;
}

static enum ctl_exit end_of_answer(const json_t *end, struct ctl_error *error)
{
	const char *text = json_string_value(json_object_get(end, "error"));
	const char *hint = json_string_value(json_object_get(end, "hint"));

	if (json_is_true(json_object_get(end, "ok")))
		return CTL_OK;
	ctl_fail(error, hint, "%s", text ? text : "flexd refused without saying why");
	return CTL_REFUSED;
}

/* One line of the answer. False: it was the last, and *result says how it ended. */
static bool take_line(const char *line, size_t len, const struct ctl_taker *taker,
		      enum ctl_exit *result, struct ctl_error *error)
{
	json_t *object = json_loadb(line, len, 0, NULL), *row, *end;

	row = json_object_get(object, "row");
	end = json_object_get(object, "end");
	if (json_is_object(row)) {
		taker->row(taker->arg, row);
	} else if (json_is_object(end)) {
		*result = end_of_answer(end, error);
	} else {
		ctl_fail(error, "is something else listening on this socket?",
			 "the answer is not one of flexd's");
		*result = CTL_UNREACHED;
		end = json_null();
	}
	json_decref(object);
	return !end;
}

enum ctl_exit ctl_follow(int fd, const char *command, const json_t *args,
			 const struct ctl_taker *taker, struct ctl_error *error)
{
	struct inbox in = { 0 };
	enum ctl_exit result = CTL_UNREACHED;
	const char *line;
	size_t len;
	int more;

	if (!send_request(fd, command, args, error))
		return CTL_UNREACHED;
	for (;;) {
		line = inbox_line(&in, &len);
		if (line) {
			if (!take_line(line, len, taker, &result, error))
				break;
			continue;
		}
		more = inbox_fill(&in, fd, taker->timeout_ms, error);
		if (more < 0)
			break;
		if (more == 0) {
			ctl_fail(error, "its log tells why (journalctl -u flexd)",
				 "flexd closed the connection in the middle of its answer");
			break;
		}
	}
	free(in.data);
	return result;
}

static void append(void *arg, json_t *row)
{
	json_array_append(arg, row);
}

enum ctl_exit ctl_exchange(int fd, const char *command, const json_t *args, json_t *rows,
			   struct ctl_error *error)
{
	const struct ctl_taker taker = { .row = append,
					 .arg = rows,
					 .timeout_ms = CTL_ANSWER_TIMEOUT_S * 1000 };

	return ctl_follow(fd, command, args, &taker, error);
}
