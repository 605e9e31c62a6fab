// SPDX-License-Identifier: BSD-2-Clause
#include "session/broker.h"

#include "core/sandbox.h"
#include "core/secret.h"
#include "session/control.h"
#include "session/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define AREA         "start"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	CLEAR_TIMEOUT_MS = 5000,
	ANSWER_MS = 12 * 1000, /* longer than a reload may take, shorter than flexctl waits */
};

/* clang-format off */
/* What flexd keeps once everything is open. Its children start from this set as well. */
static const struct sandbox_capability kept[] = {
	{ CAP_NET_ADMIN,  "routes of the pools, next hops, attaching XDP programs" },
	{ CAP_BPF,        "reading and writing maps" },
	{ CAP_NET_RAW,    "flexdp opens AF_XDP sockets when it is started again" },
	{ CAP_IPC_LOCK,   "flexdp registers its packet memory" },
	{ CAP_SYS_CHROOT, "a child that is started again shuts itself in" },
	{ CAP_SETUID,     "and takes its own user" },
	{ CAP_SETGID,     "and group" },
	{ CAP_SETPCAP,    "and drops all of this from its bounding set" },
	{ CAP_KILL,       "ending a child that hangs: it runs as another user" },
};
/* clang-format on */

/* The program itself, whatever has its name when it is started again: packages are upgraded while
 * flexd runs, and the two must be of one build. */
static int hold_worker(struct broker *broker, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	/* Where its channel will be it would be overwritten. */
	broker->worker = fcntl(fd, F_DUPFD_CLOEXEC, PROC_CHANNEL_FD + 1);
	error = broker->worker < 0 ? -errno : 0;
	close(fd);
	snprintf(broker->worker_path, sizeof(broker->worker_path), "/proc/self/fd/%d",
		 broker->worker);
	return error;
}

/* flexdp beside this program, as built, or in ../lib/flexgate, as installed. */
static int find_worker(struct broker *broker)
{
	static const char *const places[] = { "flexdp", "../lib/flexgate/flexdp" };
	char here[PATH_MAX], path[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);

	if (n <= 0)
		return -errno;
	here[n] = '\0';
	slash = strrchr(here, '/');
	slash[1] = '\0';
	for (size_t i = 0; i < COUNT(places); i++) {
		int len = snprintf(path, sizeof(path), "%s%s", here, places[i]);

		if (len > 0 && (size_t)len < sizeof(path) && access(path, X_OK) == 0)
			return hold_worker(broker, path);
	}
	log_error(AREA, "flexdp is neither in %s nor in %s../lib/flexgate", here, here);
	return -ENOENT;
}

static struct conf *read_conf(struct broker *broker)
{
	struct conf_errors errors;
	struct conf *conf = conf_files_read(broker->conf_path, &broker->files, &errors);

	for (size_t i = 0; !conf && i < errors.count && i < COUNT(errors.first); i++)
		log_error(AREA, "%s", errors.first[i].text);
	return conf;
}

static int open_plane(struct broker *broker)
{
	struct plane_error error = { "" };
	int result = plane_open(broker->base, broker->conf, &broker->plane, &error);

	if (result)
		log_error(AREA, "%s", error.why[0] ? error.why : strerror(-result));
	else
		plane_on_locals(broker->plane, supervise_send_locals, broker);
	return result;
}

static int open_sessions(struct broker *broker)
{
	struct sessions_setup setup = { .base = broker->base,
					.conf = broker->conf,
					.plane = broker->plane,
					.to_ike = supervise_to_ike,
					.arg = broker,
					.clear_timeout_ms = CLEAR_TIMEOUT_MS };
	int error = sessions_new(&setup, &broker->sessions);

	if (error)
		log_error(AREA, "no memory for %u sessions", broker->conf->gateway.max_sessions);
	return error;
}

static int start_children(struct broker *broker)
{
	int error = find_worker(broker);

	for (int i = 0; !error && i < CHILDREN; i++)
		error = child_init(&broker->child[i], broker, (enum child_role)i);
	for (int i = 0; !error && i < CHILDREN; i++)
		error = child_start(&broker->child[i]);
	return error;
}

static int drop_rights(void)
{
	const char *why = "";
	int error = sandbox_keep(kept, COUNT(kept), &why);

	if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		why = "no_new_privs cannot be set";
		error = -errno;
	}
	if (error)
		log_error(AREA, "rights cannot be given up: %s", why);
	return error;
}

/* --- signals --- */

static void on_stop(evutil_socket_t signal, short what, void *arg)
{
	(void)signal;
	(void)what;
	broker_stop(arg);
}

static void on_hangup(evutil_socket_t signal, short what, void *arg)
{
	(void)signal;
	(void)what;
	reload_from_signal(arg);
}

static void on_child(evutil_socket_t signal, short what, void *arg)
{
	(void)signal;
	(void)what;
	children_reap(arg);
}

static int watch_signals(struct broker *broker)
{
	static const struct {
		int signal;
		event_callback_fn call;
	} rows[] = { { SIGTERM, on_stop },
		     { SIGINT, on_stop },
		     { SIGHUP, on_hangup },
		     { SIGCHLD, on_child } };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct event *e = evsignal_new(broker->base, rows[i].signal, rows[i].call, broker);

		if (!e || event_add(e, NULL)) {
			if (e)
				event_free(e);
			log_error(AREA, "out of memory");
			return -ENOMEM;
		}
		broker->signals[broker->signal_count++] = e;
	}
	return 0;
}

/* --- from start to end --- */

static int open_all(struct broker *broker)
{
	broker->conf = read_conf(broker);
	if (!broker->conf)
		return -EINVAL;
	log_set_level(broker->conf->gateway.log_level);
	broker->base = event_base_new();
	if (!broker->base)
		return -ENOMEM;
	if (run_directory_enter(&broker->run, broker->conf->gateway.run_directory) ||
	    watch_signals(broker) || ike_sockets_open(&broker->sockets, &broker->conf->gateway) ||
	    open_plane(broker) || cookies_open(broker) || open_sessions(broker) ||
	    watch_start(broker))
		return -EINVAL;
	return start_children(broker);
}

static void say_balance(const struct broker *broker)
{
	struct plane_info info = { 0 };

	plane_info(broker->plane, &info);
	log_info("stop",
		 "stopped: %u sessions, %zu leases, %u SAs left; %llu sessions began, %llu were "
		 "refused",
		 broker->sessions->count, leases_held(broker->sessions->leases), info.sas_used,
		 (unsigned long long)broker->sessions->begun,
		 (unsigned long long)broker->sessions->refused);
}

static void close_all(struct broker *broker)
{
	for (int i = 0; i < CHILDREN; i++)
		child_free(&broker->child[i]);
	if (broker->sessions) {
		sessions_end_all(broker->sessions, FG_CAUSE_shutdown);
		say_balance(broker);
		sessions_free(broker->sessions);
	}
	cookies_close(broker);
	if (broker->plane)
		plane_close(broker->plane);
	ike_sockets_close(&broker->sockets);
	for (size_t i = 0; i < broker->signal_count; i++)
		event_free(broker->signals[i]);
	if (broker->stop_timer)
		event_free(broker->stop_timer);
	watch_stop(broker);
	if (broker->worker >= 0)
		close(broker->worker);
	run_directory_leave(&broker->run);
	conf_files_close(&broker->files);
	conf_free(broker->conf);
	if (broker->base)
		event_base_free(broker->base);
}

int broker_run(const char *conf_path)
{
	struct broker broker = { .started_ms = clock_ms(),
				 .answer_ms = ANSWER_MS,
				 .conf_path = conf_path,
				 .run.lock = -1,
				 .worker = -1,
				 .files = CONF_FILES_NONE };
	bool started;

	notify_open();
	if (geteuid() != 0) {
		log_error(AREA, "flexd must be started by root; -n FILE checks a configuration");
		return 1;
	}
	if (secret_harden_process())
		log_warn(AREA, "core dumps cannot be forbidden: %s", strerror(errno));
	/* The children are running before the rights go: proc_start() needs none, they need all. */
	started = open_all(&broker) == 0 && drop_rights() == 0;
	if (!started)
		broker.status = 1;
	if (!started && !children_gone(&broker))
		broker_stop(&broker);
	if (started || !children_gone(&broker))
		event_base_dispatch(broker.base);
	close_all(&broker);
	notify_close();
	return broker.status;
}
