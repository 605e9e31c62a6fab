// SPDX-License-Identifier: BSD-2-Clause
#include "session/control_internal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define AREA "control"

enum {
	OUT_LOW = 16 * 1024, /* a step that waited goes on here */
	BACKLOG = 16,
};

/* --- clients --- */

void ctl_client_free(struct ctl_client *client)
{
	struct control *control = client->control;

	ctl_leave_ike(client);
	ctl_leave_trace(client);
	reload_forget(control->broker, client);
	TAILQ_REMOVE(&control->clients, client, link);
	control->count--;
	bufferevent_free(client->bev);
	if (client->patience)
		event_free(client->patience);
	json_decref(client->args);
	free(client);
}

static void wait_patiently(struct ctl_client *client)
{
	struct timeval wait = clock_timeval(client->control->broker->answer_ms);

	client->heard = client->rows;
	evtimer_add(client->patience, &wait);
}

/* Who hangs must not keep the caller's place as well. */
static void on_impatient(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_client *client = arg;

	(void)fd;
	(void)what;
	if (client->step || client->trace >= 0)
		return; /* its pace is the caller's, or the client's that is followed */
	if (client->rows != client->heard) {
		wait_patiently(client); /* it is a long answer */
		return;
	}
	reload_forget(client->control->broker, client);
	ctl_fail(client, "flexctl show plane shows the processes, the log what they do",
		 "the answer to '%s' did not come in time", client->command->name);
}

static void start_patience(struct ctl_client *client)
{
	client->patience = evtimer_new(client->control->broker->base, on_impatient, client);
	if (client->patience)
		wait_patiently(client);
}

static void write_line(struct ctl_client *client, json_t *line)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

	json_decref(line);
	if (text) {
		evbuffer_add(out, text, strlen(text));
		evbuffer_add(out, "\n", 1);
	}
	free(text);
}

void ctl_set_text(json_t *row, const char *key, const char *text)
{
	char *safe = text && text[0] ? strdup(text) : NULL;

	for (char *p = safe; p && *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	if (safe)
		json_object_set_new(row, key, json_string(safe));
	free(safe);
}

void ctl_set_number(json_t *row, const char *key, uint64_t number)
{
	json_object_set_new(row, key, json_integer((json_int_t)number));
}

void ctl_row(struct ctl_client *client, json_t *row)
{
	if (client->done) {
		json_decref(row);
		return;
	}
	write_line(client, json_pack("{s:o}", "row", row));
	client->rows++;
}

bool ctl_has_rows(const struct ctl_client *client)
{
	return client->rows != 0;
}

static void finish(struct ctl_client *client, json_t *end)
{
	if (client->done) {
		json_decref(end);
		return;
	}
	write_line(client, json_pack("{s:o}", "end", end));
	client->done = true;
	client->step = NULL;
	ctl_leave_ike(client);
	/* on_write() is called when everything is sent. */
	bufferevent_setwatermark(client->bev, EV_WRITE, 0, 0);
}

void ctl_ok(struct ctl_client *client)
{
	finish(client, json_pack("{s:b}", "ok", 1));
}

void ctl_fail(struct ctl_client *client, const char *hint, const char *format, ...)
{
	char text[640], safe[1024];
	json_t *end;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* A request may have put anything into it; JSON is UTF-8. */
	log_safe(text, strlen(text), safe, sizeof(safe));
	end = json_pack("{s:b, s:s}", "ok", 0, "error", safe);
	if (hint)
		json_object_set_new(end, "hint", json_string(hint));
	finish(client, end);
}

static void pump(struct ctl_client *client)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);

	while (client->step && evbuffer_get_length(out) < CTL_OUT_FULL)
		client->step(client, &client->cursor);
}

void ctl_steps(struct ctl_client *client, ctl_step *step)
{
	client->step = step;
	bufferevent_setwatermark(client->bev, EV_WRITE, OUT_LOW, 0);
	pump(client);
}

struct broker *ctl_broker(const struct ctl_client *client)
{
	return client->control->broker;
}

const char *ctl_text(const struct ctl_client *client, const char *argument)
{
	return json_string_value(json_object_get(client->args, argument));
}

bool ctl_flag(const struct ctl_client *client, const char *argument)
{
	return json_is_true(json_object_get(client->args, argument));
}

/* --- requests --- */

static bool same_type(json_type wanted, const json_t *value)
{
	return wanted == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == wanted;
}

/* Every argument is one that the command knows, of the right type. */
static bool check_arguments(struct ctl_client *client, const struct ctl_command *command)
{
	const char *key;
	json_t *value;

	json_object_foreach(client->args, key, value)
	{
		size_t i = 0;

		while (command->arguments[i] && strcmp(command->arguments[i], key) != 0)
			i++;
		if (!command->arguments[i]) {
			ctl_fail(client, "flexctl help shows what there is",
				 "'%s' has no argument '%.64s'", command->name, key);
			return false;
		}
		if (!same_type(command->types[i], value)) {
			ctl_fail(client, NULL, "argument '%s' of '%s' must be %s", key,
				 command->name,
				 command->types[i] == JSON_TRUE ? "true or false" : "text");
			return false;
		}
	}
	return true;
}

static const struct ctl_command *find_command(const char *name)
{
	for (size_t i = 0; i < ctl_command_count; i++)
		if (strcmp(ctl_commands[i].name, name) == 0)
			return &ctl_commands[i];
	return NULL;
}

static void take_request(struct ctl_client *client, const char *line, size_t len)
{
	json_error_t error;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	json_t *args = json_object_get(request, "args");
	const char *name = json_string_value(json_object_get(request, "command"));

	if (!request) {
		ctl_fail(client, NULL, "the request is not JSON: %s", error.text);
	} else if (!name || (args && !json_is_object(args)) ||
		   json_object_size(request) != (args ? 2u : 1u)) {
		ctl_fail(client, NULL,
			 "a request is {\"command\": \"...\", \"args\": {...}} and nothing else");
	} else {
		client->command = find_command(name);
		client->args = json_incref(args);
		if (!client->command)
			ctl_fail(client, "flexctl and flexd may be of different versions",
				 "there is no command '%.64s'", name);
		else if (check_arguments(client, client->command))
			client->command->run(client);
		if (!client->done)
			start_patience(client);
	}
	json_decref(request);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct ctl_client *client = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	const struct timeval stalled = { .tv_sec = FG_CTL_TIMEOUT_S };
	size_t len, held = evbuffer_get_length(in);
	char *line;

	if (client->command || client->done) {
		evbuffer_drain(in, held); /* one request per connection */
		return;
	}
	line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
	if (!line && held < FG_CTL_REQUEST_MAX)
		return;
	bufferevent_set_timeouts(bev, NULL, &stalled);
	if (!line || len >= FG_CTL_REQUEST_MAX)
		ctl_fail(client, NULL, "the request is longer than %d bytes", FG_CTL_REQUEST_MAX);
	else
		take_request(client, line, len);
	free(line);
	evbuffer_drain(in, evbuffer_get_length(in));
}

static void on_write(struct bufferevent *bev, void *arg)
{
	struct ctl_client *client = arg;

	pump(client);
	if (client->done && evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		ctl_client_free(client);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct ctl_client *client = arg;

	(void)bev;
	if ((what & BEV_EVENT_TIMEOUT) && (what & BEV_EVENT_READING) && !client->done) {
		bufferevent_enable(bev, EV_READ);
		ctl_fail(client, NULL, "no request came within %d s", FG_CTL_TIMEOUT_S);
		return;
	}
	/* A caller that has closed its writing side may still read; one that is gone gives an error
	 * when we write. */
	if ((what & BEV_EVENT_EOF) && client->trace < 0 && (client->command || client->done) &&
	    !(what & BEV_EVENT_ERROR)) {
		bufferevent_disable(bev, EV_READ);
		return;
	}
	ctl_client_free(client);
}

int control_take(struct control *control, int fd)
{
	const struct timeval silent = { .tv_sec = FG_CTL_TIMEOUT_S };
	struct ctl_client *client = calloc(1, sizeof(*client));

	if (!client)
		return -ENOMEM;
	client->control = control;
	client->trace = -1;
	client->bev = bufferevent_socket_new(control->broker->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev) {
		free(client);
		return -ENOMEM;
	}
	TAILQ_INSERT_TAIL(&control->clients, client, link);
	control->count++;
	bufferevent_setcb(client->bev, on_read, on_write, on_event, client);
	bufferevent_setwatermark(client->bev, EV_READ, 0, 2 * FG_CTL_REQUEST_MAX);
	bufferevent_set_timeouts(client->bev, &silent, &silent);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	return 0;
}

size_t control_clients(const struct control *control)
{
	return control ? control->count : 0;
}

/* --- the listener --- */

static bool may_talk(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == 0;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
		      int len, void *arg)
{
	static const char busy[] = "{\"end\":{\"ok\":false,\"error\":\"too many callers at once\","
				   "\"hint\":\"try again\"}}\n";
	static const char stranger[] =
		"{\"end\":{\"ok\":false,\"error\":\"only root may talk to flexd\","
		"\"hint\":\"run flexctl as root\"}}\n";
	struct control *control = arg;
	const char *refusal = NULL;

	(void)listener;
	(void)from;
	(void)len;
	if (!may_talk(fd))
		refusal = stranger;
	else if (control->count >= FG_CTL_CLIENTS)
		refusal = busy;
	if (!refusal && control_take(control, fd) == 0)
		return;
	if (refusal && send(fd, refusal, strlen(refusal), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug(AREA, "a caller left before it was refused");
	close(fd);
}

static int listen_on(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
	mode_t mask;

	if (fd < 0)
		return -errno;
	memcpy(at.sun_path, path, strlen(path));
	unlink(path); /* of a dead predecessor: the lock says that nobody uses it */
	mask = umask(0117);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0)
		error = -errno;
	umask(mask);
	if (error)
		close(fd);
	return error ? error : fd;
}

int control_open(struct broker *broker, struct control **out)
{
	struct control *control = calloc(1, sizeof(*control));
	int fd;

	if (!control)
		return -ENOMEM;
	control->broker = broker;
	TAILQ_INIT(&control->clients);
	TAILQ_INIT(&control->asking);
	snprintf(control->path, sizeof(control->path), "%s/" FG_CTL_SOCKET, broker->run.path);
	fd = listen_on(control->path);
	if (fd >= 0) {
		control->listener = evconnlistener_new(
			broker->base, on_accept, control,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
		if (!control->listener) {
			close(fd);
			fd = -ENOMEM;
		}
	}
	if (fd < 0) {
		log_error(AREA, "%s cannot be opened: %s", control->path, strerror(-fd));
		free(control);
		return fd;
	}
	*out = control;
	return 0;
}

void control_close(struct control *control)
{
	struct ctl_client *client;
	struct evbuffer *out;

	if (!control)
		return;
	evconnlistener_free(control->listener);
	unlink(control->path);
	while ((client = TAILQ_FIRST(&control->clients))) {
		if (client->command && !client->done)
			ctl_fail(client, NULL, "flexd stops");
		/* What the socket takes at once is all that still goes. The bufferevent lets nobody
		 * else write from its buffer, until told. */
		out = bufferevent_get_output(client->bev);
		evbuffer_unfreeze(out, 1);
		evbuffer_write(out, bufferevent_getfd(client->bev));
		ctl_client_free(client);
	}
	free(control);
}
