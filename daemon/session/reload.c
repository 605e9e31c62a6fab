// SPDX-License-Identifier: BSD-2-Clause
/*
 * A new configuration, everywhere or nowhere: flexd reads and checks it, ike and aaa read the same
 * text and say whether they can, the plane takes it, then all are told to use it. Whatever fails
 * on the way leaves the old one in force.
 */
#include "session/broker.h"
#include "session/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AREA "reload"

enum { PREPARE_MS = 10 * 1000 };

static const enum child_role readers[] = { CHILD_AAA, CHILD_IKE };
enum { READERS = sizeof(readers) / sizeof(readers[0]) };

struct reload {
	struct broker *broker;
	struct conf *conf;
	struct conf_files files;
	struct lease_pools *pools;
	struct event *timer;
	bool waiting[CHILDREN];
	reload_done *done; /* NULL: nobody waits */
	void *arg;
};

static void reload_free(struct reload *reload)
{
	if (reload->timer)
		event_free(reload->timer);
	lease_pools_free(reload->pools);
	conf_files_close(&reload->files);
	conf_free(reload->conf);
	free(reload);
}

static void tell(reload_done *done, void *arg, bool ok, const char *text)
{
	if (ok)
		log_info(AREA, "%s", text);
	else
		log_error(AREA, "nothing changed: %s", text);
	notify_systemd(ok ? "STATUS=configuration reloaded" : "STATUS=reload refused, see the log");
	if (done)
		done(arg, ok, text);
}

static void finish(struct reload *reload, bool ok, const char *text)
{
	reload_done *done = reload->done;
	void *arg = reload->arg;
	struct broker *broker = reload->broker;

	if (!ok)
		for (size_t i = 0; i < READERS; i++)
			child_send(&broker->child[readers[i]], MSG_CONF_ABORT, NULL, 0, -1);
	broker->reload = NULL;
	reload_free(reload);
	tell(done, arg, ok, text);
}

static void commit(struct reload *reload)
{
	struct broker *broker = reload->broker;
	struct conf *old = broker->conf;
	struct conf_files old_files = broker->files;
	struct plane_error error = { "" };
	char text[CONF_TEXT_MAX + 128];

	if (plane_set_conf(broker->plane, reload->conf, &error)) {
		finish(reload, false, error.why);
		return;
	}
	for (size_t i = 0; i < READERS; i++)
		child_send(&broker->child[readers[i]], MSG_CONF_COMMIT, NULL, 0, -1);
	broker->conf = reload->conf;
	broker->files = reload->files;
	sessions_set_conf(broker->sessions, broker->conf, reload->pools);
	log_set_level(broker->conf->gateway.log_level);
	reload->conf = old;
	reload->files = old_files;
	reload->pools = NULL;
	snprintf(text, sizeof(text), "%s is in force; sessions that stay: %u", broker->conf_path,
		 broker->sessions->count);
	finish(reload, true, text);
}

void reload_prepared(struct child *child, const struct msg_conf_prepared *answer)
{
	struct reload *reload = child->broker->reload;
	char text[sizeof(answer->why) + 32];

	if (!reload || !reload->waiting[child->role])
		return; /* the answer to one that was given up */
	reload->waiting[child->role] = false;
	if (!answer->ok) {
		snprintf(text, sizeof(text), "%s: %s", child_name(child), answer->why);
		finish(reload, false, text);
		return;
	}
	for (size_t i = 0; i < READERS; i++)
		if (reload->waiting[readers[i]])
			return;
	commit(reload);
}

/* What the watch has found was judged by nobody: it is to try again. */
void reload_abort(struct broker *broker, const char *why)
{
	if (!broker->reload)
		return;
	broker->watch.tried = broker->watch.of;
	finish(broker->reload, false, why);
}

void reload_forget(struct broker *broker, const void *arg)
{
	if (broker->reload && broker->reload->arg == arg)
		broker->reload->done = NULL;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct broker *broker = arg;
	char why[64] = "";

	(void)fd;
	(void)what;
	for (size_t i = 0; i < READERS; i++)
		if (broker->reload->waiting[readers[i]])
			snprintf(why, sizeof(why), "%s did not answer within %d s",
				 child_name(&broker->child[readers[i]]), PREPARE_MS / 1000);
	reload_abort(broker, why);
}

/* Read and check here. False: text says why not. */
static bool prepare(struct reload *reload, bool renew, char *text, size_t cap)
{
	struct broker *broker = reload->broker;
	struct conf_errors errors;
	const char *fixed;

	if (renew)
		reload->conf = conf_files_renew(&broker->files, broker->conf_path, &reload->files,
						&errors);
	else
		reload->conf = conf_files_read(broker->conf_path, &reload->files, &errors);
	if (!reload->conf) {
		conf_errors_text(&errors, text, cap);
		return false;
	}
	fixed = conf_needs_restart(broker->conf, reload->conf);
	if (fixed) {
		snprintf(text, cap, "%s", fixed);
		return false;
	}
	reload->pools = lease_pools_new(reload->conf);
	reload->timer = evtimer_new(broker->base, on_timer, broker);
	if (!reload->pools || !reload->timer) {
		snprintf(text, cap, "out of memory");
		return false;
	}
	return true;
}

static bool children_listen(const struct broker *broker)
{
	for (size_t i = 0; i < READERS; i++)
		if (broker->child[readers[i]].stage != CHILD_READY)
			return false;
	return true;
}

bool reload_possible(const struct broker *broker)
{
	return !broker->reload && broker->phase == BROKER_RUNNING && children_listen(broker);
}

static void start(struct broker *broker, bool renew, reload_done *done, void *arg)
{
	const struct timeval limit = { .tv_sec = PREPARE_MS / 1000 };
	char text[sizeof(((struct conf_error *)0)->text) + 64];
	struct reload *reload;

	if (broker->reload) {
		tell(done, arg, false, "another reload is under way; try again");
		return;
	}
	if (broker->phase != BROKER_RUNNING || !children_listen(broker)) {
		tell(done, arg, false, "a process is being started; try again");
		return;
	}
	reload = calloc(1, sizeof(*reload));
	if (!reload) {
		tell(done, arg, false, "out of memory");
		return;
	}
	*reload = (struct reload){
		.broker = broker, .files = CONF_FILES_NONE, .done = done, .arg = arg
	};
	broker->reload = reload;
	if (!prepare(reload, renew, text, sizeof(text))) {
		broker->reload = NULL;
		reload_free(reload);
		tell(done, arg, false, text);
		return;
	}
	evtimer_add(reload->timer, &limit);
	for (size_t i = 0; i < READERS; i++) {
		reload->waiting[readers[i]] = true;
		if (supervise_send_conf(&broker->child[readers[i]], &reload->files)) {
			reload_abort(broker, "a process cannot be reached");
			return;
		}
	}
}

void reload_start(struct broker *broker, reload_done *done, void *arg)
{
	start(broker, false, done, arg);
}

void reload_renew(struct broker *broker)
{
	start(broker, true, NULL, NULL);
}

void reload_from_signal(struct broker *broker)
{
	reload_start(broker, NULL, NULL);
}
