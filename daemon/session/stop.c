// SPDX-License-Identifier: BSD-2-Clause
/*
 * The end of flexd in steps of bounded time: ike says DELETE to its peers, then the sessions end,
 * then the processes: by the end of their channel, by SIGTERM, by SIGKILL.
 */
#include "session/broker.h"
#include "session/control.h"
#include "session/notify.h"

#include <signal.h>

#define AREA "stop"

enum stop_step { STOP_GOODBYE = 1, STOP_CHANNELS, STOP_TERM, STOP_KILL };

enum { GOODBYE_MS = 2000, PATIENCE_MS = 500 };

static void kill_all(struct broker *broker, int signal)
{
	for (int i = 0; i < CHILDREN; i++)
		if (broker->child[i].proc.pid > 0)
			kill(broker->child[i].proc.pid, signal);
}

static void wait_ms(struct broker *broker, unsigned ms)
{
	struct timeval tv = clock_timeval(ms);

	event_add(broker->stop_timer, &tv);
}

static void leave_if_gone(struct broker *broker)
{
	if (children_gone(broker))
		event_base_loopbreak(broker->base);
}

static void end_children(struct broker *broker)
{
	if (broker->stop_step >= STOP_CHANNELS)
		return;
	broker->stop_step = STOP_CHANNELS;
	sessions_end_all(broker->sessions, FG_CAUSE_shutdown);
	for (int i = 0; i < CHILDREN; i++) {
		child_disown(&broker->child[i]);
		event_del(broker->child[i].deadline); /* the steps here end it */
	}
	wait_ms(broker, PATIENCE_MS);
	leave_if_gone(broker);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct broker *broker = arg;

	(void)fd;
	(void)what;
	switch (broker->stop_step) {
	case STOP_GOODBYE:
		log_warn(AREA, "ike did not finish its goodbyes within %d s", GOODBYE_MS / 1000);
		end_children(broker);
		return;
	case STOP_CHANNELS:
		broker->stop_step = STOP_TERM;
		kill_all(broker, SIGTERM);
		wait_ms(broker, PATIENCE_MS);
		return;
	default:
		broker->stop_step = STOP_KILL;
		kill_all(broker, SIGKILL);
	}
}

static void stop_now(struct broker *broker)
{
	log_warn(AREA, "told again: stopping at once");
	end_children(broker);
	broker->stop_step = STOP_KILL;
	kill_all(broker, SIGKILL);
}

void broker_stop(struct broker *broker)
{
	struct child *ike = &broker->child[CHILD_IKE];

	if (broker->phase == BROKER_STOPPING) {
		stop_now(broker);
		return;
	}
	broker->phase = BROKER_STOPPING;
	notify_systemd("STOPPING=1");
	log_info(AREA, "stopping, %u sessions", broker->sessions->count);
	reload_abort(broker, "flexd stops");
	control_close(broker->control);
	broker->control = NULL;
	for (int i = 0; i < CHILDREN; i++)
		event_del(broker->child[i].restart);
	broker->stop_timer = evtimer_new(broker->base, on_timer, broker);
	if (!broker->stop_timer) {
		stop_now(broker);
		return;
	}
	broker->stop_step = STOP_GOODBYE;
	if (ike->stage == CHILD_READY && child_send(ike, MSG_STOP, NULL, 0, -1) == 0)
		wait_ms(broker, GOODBYE_MS);
	else
		end_children(broker);
}

void stop_child_gone(struct child *child)
{
	if (child->role == CHILD_IKE)
		end_children(child->broker);
	leave_if_gone(child->broker);
}
