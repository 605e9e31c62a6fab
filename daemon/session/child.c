// SPDX-License-Identifier: BSD-2-Clause
/* One child process: its start, its channel, the time it may take, its end. */
#include "session/broker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define AREA "process"

enum {
	OWES_MS = 10 * 1000, /* for each answer of the handshake */
	END_ALONE_MS = 200,  /* between the end of its channel and SIGKILL */
};

static const char *const ike_argv[] = { "flexd: ike", "--role", "ike", NULL };
static const char *const aaa_argv[] = { "flexd: aaa", "--role", "aaa", NULL };
static const char *const worker_argv[] = { "flexdp", NULL };

static const struct {
	const char *name;
	const char *const *argv;
	const struct ipc_rule *rules;
	const size_t *rule_count;
} roles[CHILDREN] = {
	[CHILD_WORKER] = { "flexdp", worker_argv, child_worker_rules, &child_worker_rule_count },
	[CHILD_AAA] = { "aaa", aaa_argv, child_aaa_rules, &child_aaa_rule_count },
	[CHILD_IKE] = { "ike", ike_argv, child_ike_rules, &child_ike_rule_count },
};

static const char *const owed[] = {
	[CHILD_HELLO] = "come to life",
	[CHILD_PREPARING] = "read its configuration",
	[CHILD_STARTING] = "give up its rights and begin",
};

const char *child_name(const struct child *child)
{
	return roles[child->role].name;
}

static void set_timer(struct event *timer, unsigned ms)
{
	struct timeval tv = clock_timeval(ms);

	event_add(timer, &tv);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct child *child = arg;

	(void)fd;
	(void)what;
	if (child->proc.pid == 0)
		return;
	if (child->ipc)
		log_error(AREA, "%s did not %s within %d s", child_name(child), owed[child->stage],
			  OWES_MS / 1000);
	kill(child->proc.pid, SIGKILL);
	child_disown(child);
}

static void on_restart(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	child_start(arg);
}

int child_init(struct child *child, struct broker *broker, enum child_role role)
{
	*child = (struct child){ .broker = broker, .role = role };
	child->proc.name = roles[role].name;
	child->proc.path = role == CHILD_WORKER ? broker->worker_path : "/proc/self/exe";
	child->proc.argv = roles[role].argv;
	child->deadline = evtimer_new(broker->base, on_deadline, child);
	child->restart = evtimer_new(broker->base, on_restart, child);
	return child->deadline && child->restart ? 0 : -ENOMEM;
}

void child_free(struct child *child)
{
	if (child->deadline)
		event_free(child->deadline);
	if (child->restart)
		event_free(child->restart);
	ipc_free(child->ipc);
	child->deadline = child->restart = NULL;
	child->ipc = NULL;
}

static void on_broken(void *arg, const char *why)
{
	struct child *child = arg;

	if (child->broker->phase == BROKER_STOPPING)
		log_debug(AREA, "%s: %s", child_name(child), why);
	else
		log_warn(AREA, "%s: %s", child_name(child), why);
	child_disown(child);
}

static void restart_later(struct child *child)
{
	unsigned delay = proc_restart_delay(&child->proc, clock_ms());

	set_timer(child->restart, delay);
}

int child_start(struct child *child)
{
	struct ipc_events events = { .rules = roles[child->role].rules,
				     .rule_count = *roles[child->role].rule_count,
				     .arg = child,
				     .broken = on_broken };
	int channel = -1, error = proc_start(&child->proc, &channel);

	if (!error) {
		error = ipc_new(child->broker->base, channel, &events, &child->ipc);
		if (error) {
			close(channel);
			kill(child->proc.pid, SIGKILL);
		}
	}
	if (error) {
		log_error(AREA, "%s (%s) cannot be started: %s", child_name(child),
			  child->proc.path, strerror(-error));
		if (child->proc.pid == 0 && child->broker->phase == BROKER_RUNNING)
			restart_later(child);
		return error;
	}
	log_debug(AREA, "%s is process %d", child_name(child), (int)child->proc.pid);
	child_set_stage(child, CHILD_HELLO);
	return 0;
}

int child_send(struct child *child, uint32_t type, const void *body, size_t len, int fd)
{
	return child->ipc ? ipc_send(child->ipc, type, body, len, NULL, 0, fd) : -EPIPE;
}

void child_set_stage(struct child *child, enum child_stage stage)
{
	child->stage = stage;
	if (stage == CHILD_HELLO || stage == CHILD_PREPARING || stage == CHILD_STARTING)
		set_timer(child->deadline, OWES_MS);
	else
		event_del(child->deadline);
}

void child_disown(struct child *child)
{
	if (!child->ipc)
		return;
	ipc_free(child->ipc);
	child->ipc = NULL;
	child_set_stage(child, CHILD_DOWN);
	child->has_channel = false;
	child->owes_prepared = 0;
	/* It ends by itself when it has read the end of the channel; its status tells more then. */
	if (child->proc.pid)
		set_timer(child->deadline, END_ALONE_MS);
	supervise_lost(child);
}

static void child_gone(struct child *child, int status)
{
	struct broker *broker = child->broker;
	char text[80];

	child->proc.pid = 0;
	event_del(child->deadline);
	proc_status_text(status, text, sizeof(text));
	if (broker->phase == BROKER_STOPPING) {
		log_debug(AREA, "%s: %s", child_name(child), text);
		child_disown(child);
		stop_child_gone(child);
		return;
	}
	if (broker->phase == BROKER_STARTING) {
		log_error(AREA, "%s ended during the start (%s); its line above says why",
			  child_name(child), text);
		child_disown(child);
		supervise_fail(broker);
		return;
	}
	log_error(AREA, "%s ended (%s), restarting in %u ms", child_name(child), text,
		  proc_restart_delay(&child->proc, clock_ms()));
	child_disown(child);
	restart_later(child);
}

void children_reap(struct broker *broker)
{
	for (int i = 0; i < CHILDREN; i++) {
		struct child *child = &broker->child[i];
		int status;

		if (child->proc.pid > 0 &&
		    waitpid(child->proc.pid, &status, WNOHANG) == child->proc.pid)
			child_gone(child, status);
	}
}

bool children_gone(const struct broker *broker)
{
	for (int i = 0; i < CHILDREN; i++)
		if (broker->child[i].proc.pid > 0)
			return false;
	return true;
}
