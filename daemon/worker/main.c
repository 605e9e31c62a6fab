// SPDX-License-Identifier: BSD-2-Clause
/*
 * flexdp: the crypto workers of the AF_XDP plane. flexd starts it with a channel on descriptor 3
 * and tells it what to open; it opens maps and sockets, gives up every right, and runs one thread
 * per worker. It holds SA keys and reads packets from the outside network.
 */
#include "core/ipc.h"
#include "core/log.h"
#include "core/proc.h"
#include "core/sandbox.h"
#include "core/secret.h"
#include "msg.h"
#include "worker/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { START_TIMEOUT_MS = 10000 };

/* clang-format off */
static const struct sandbox_call calls[] = {
	{ "poll",               "a worker without work sleeps until a socket or the end wakes it" },
	{ "sendto",             "wake the kernel for transmission; messages to flexd" },
	{ "recvfrom",           "wake a zero-copy driver for reception" },
	{ "sendmmsg",           "messages to flexd" },
	{ "recvmmsg",           "messages from flexd" },
	{ "read",               "notes from the workers to the main thread" },
	{ "epoll_wait",         "the main thread's loop" },
	{ "epoll_pwait",        "the same, as some C libraries spell it" },
	{ "epoll_ctl",          "the main thread's loop" },
	{ "clone",              "start the worker threads" },
	{ "clone3",             "newer C libraries try it first" },
	{ "set_robust_list",    "thread start" },
	{ "rseq",               "thread start" },
	{ "getsockopt",         "what the kernel dropped; ring sizes when a socket is given up" },
};
/* clang-format on */

struct flexdp {
	struct event_base *base;
	struct ipc *flexd;
	struct msg_worker_start start;
	struct maps maps;
	struct worker worker[MSG_WORKERS_MAX];
	uint32_t opened;
	int notes[2], stop[2];
};

static int on_start(void *arg, const struct ipc_message *message)
{
	struct flexdp *dp = arg;

	memcpy(&dp->start, message->body, sizeof(dp->start));
	if (!msg_text_ok(dp->start.bpf_directory, sizeof(dp->start.bpf_directory)) ||
	    !msg_text_ok(dp->start.run_directory, sizeof(dp->start.run_directory)) ||
	    !msg_text_ok(dp->start.user, sizeof(dp->start.user)))
		return -EPROTO;
	log_set_level((enum log_level)dp->start.log_level);
	return 0;
}

static const struct ipc_rule rules[] = {
	{ MSG_WORKER_START, "WORKER_START", sizeof(struct msg_worker_start),
	  sizeof(struct msg_worker_start), on_start, false },
};

static void on_broken(void *arg, const char *why)
{
	struct flexdp *dp = arg;

	log_info("worker", "leaving: %s", why);
	event_base_loopbreak(dp->base);
}

static void on_note(evutil_socket_t fd, short what, void *arg)
{
	struct flexdp *dp = arg;
	struct note note;

	(void)what;
	while (read(fd, &note, sizeof(note)) == sizeof(note)) {
		if (note.kind == NOTE_HOP_WANT) {
			struct msg_hop_want want = { .dst = note.dst };

			ipc_send(dp->flexd, MSG_HOP_WANT, &want, sizeof(want), NULL, 0, -1);
		} else {
			struct msg_moved moved = { .session = note.session,
						   .generation = note.generation,
						   .peer = note.peer };

			ipc_send(dp->flexd, MSG_MOVED, &moved, sizeof(moved), NULL, 0, -1);
		}
	}
}

/* Everything that needs rights. */
static int open_plane(struct flexdp *dp, char *why, size_t why_size)
{
	const struct msg_worker_start *start = &dp->start;
	int result;

	if (start->workers == 0 || start->workers > MSG_WORKERS_MAX) {
		snprintf(why, why_size, "%u workers: 1 to %d", start->workers, MSG_WORKERS_MAX);
		return -EINVAL;
	}
	result = maps_open(&dp->maps, start, why, why_size);
	while (result == 0 && dp->opened < start->workers) {
		result = worker_open(&dp->worker[dp->opened], start, &dp->maps, dp->opened, why,
				     why_size);
		if (result == 0)
			dp->opened++;
	}
	return result;
}

static int send_info(struct flexdp *dp)
{
	const struct worker *first = &dp->worker[0];
	struct msg_worker_info info = { .workers = dp->opened,
					.zero_copy = first->rings.zero_copy,
					.frames = first->rings.frames[0].count +
						  first->rings.frames[1].count };

	snprintf(info.crypto, sizeof(info.crypto), "%s", first->crypto->text);
	log_info("worker", "%u workers, crypto %s, %u frames each, %s", info.workers, info.crypto,
		 info.frames, info.zero_copy ? "zero copy" : "copy mode");
	return ipc_send(dp->flexd, MSG_WORKER_INFO, &info, sizeof(info), NULL, 0, -1);
}

static void *nothing(void *arg)
{
	return arg;
}

/* With its first thread the C library installs a signal handler, which the filter would not allow
 * any more. Returns once that thread has left the process, or -errno. */
static int make_first_thread(void)
{
	const struct timespec pause = { 0, 1000 * 1000 };
	struct stat task = { 0 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
		return -EAGAIN;
	for (int i = 0; i < 1000; i++) {
		if (stat("/proc/self/task", &task) == 0 && task.st_nlink <= 3)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

static int confine(const struct flexdp *dp, char *why, size_t why_size)
{
	char root[CONF_TEXT_MAX + 8];
	const struct sandbox sandbox = {
		.user = dp->start.user,
		.root = root,
		.calls = calls,
		.call_count = sizeof(calls) / sizeof(calls[0]),
	};
	const char *reason = "a first thread cannot be made";
	int result = make_first_thread();

	snprintf(root, sizeof(root), "%s/empty", dp->start.run_directory);
	if (result == 0)
		result = sandbox_enter(&sandbox, &reason);
	if (result)
		snprintf(why, why_size, "rights cannot be given up: %s", reason);
	return result;
}

static int run_workers(struct flexdp *dp, char *why, size_t why_size)
{
	for (uint32_t i = 0; i < dp->opened; i++) {
		int result = worker_run(&dp->worker[i], dp->notes[1], dp->stop[0]);

		if (result) {
			snprintf(why, why_size, "worker %u cannot be started: %s", i,
				 strerror(-result));
			return result;
		}
	}
	return 0;
}

static int serve(struct flexdp *dp, char *why, size_t why_size)
{
	struct event *note;
	int result = open_plane(dp, why, why_size);

	if (result)
		return result;
	note = event_new(dp->base, dp->notes[0], EV_READ | EV_PERSIST, on_note, dp);
	snprintf(why, why_size, "out of memory, or the channel to flexd broke");
	if (!note || event_add(note, NULL) || send_info(dp)) {
		result = -ENOMEM;
		goto out;
	}
	result = confine(dp, why, why_size);
	if (result == 0)
		result = run_workers(dp, why, why_size);
	if (result == 0)
		result = ipc_send(dp->flexd, MSG_READY, NULL, 0, NULL, 0, -1);
	if (result == 0)
		event_base_dispatch(dp->base);
out:
	if (note)
		event_free(note);
	return result;
}

static void stop(struct flexdp *dp)
{
	/* The end of file wakes every worker. */
	close(dp->stop[1]);
	for (uint32_t i = 0; i < dp->opened; i++)
		worker_close(&dp->worker[i]);
	maps_close(&dp->maps);
}

/* Not by flexd: it gives no words, and a channel. */
static int by_hand(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version"))) {
		printf("flexdp %s (map ABI %d)\n", FG_VERSION, FG_ABI);
		return 0;
	}
	fputs("flexdp is started by flexd; flexdp -V shows the version\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct flexdp dp;
	const struct ipc_events events = { .rules = rules,
					   .rule_count = sizeof(rules) / sizeof(rules[0]),
					   .arg = &dp,
					   .broken = on_broken };
	char why[512] = "flexdp is started by flexd";
	int result;

	if (argc > 1 || fcntl(PROC_CHANNEL_FD, F_GETFD) < 0)
		return by_hand(argc, argv);
	proc_set_name("flexdp");
	log_open("flexdp", LOG_LEVEL_INFO);
	signal(SIGPIPE, SIG_IGN);
	/* Ctrl-C in a terminal reaches every process; flexd decides who ends when. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	dp.maps.xsk_fd = -1;
	dp.base = event_base_new();
	if (!dp.base || secret_harden_process() || pipe2(dp.notes, O_NONBLOCK | O_CLOEXEC) ||
	    pipe2(dp.stop, O_CLOEXEC)) {
		log_error("worker", "no memory or descriptors to begin with");
		return 1;
	}
	result = ipc_new(dp.base, PROC_CHANNEL_FD, &events, &dp.flexd);
	if (result == 0)
		result = ipc_send(dp.flexd, MSG_HELLO, NULL, 0, NULL, 0, -1);
	if (result == 0)
		result = ipc_wait(dp.flexd, MSG_WORKER_START, START_TIMEOUT_MS);
	if (result == 0)
		result = serve(&dp, why, sizeof(why));
	if (result)
		log_error("worker", "%s", why);
	stop(&dp);
	ipc_free(dp.flexd);
	event_base_free(dp.base);
	return result ? 1 : 0;
}
