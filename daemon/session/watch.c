// SPDX-License-Identifier: BSD-2-Clause
/*
 * Renewed certificates, keys and revocation lists are picked up by themselves. Their names are
 * asked for their state every few seconds: that sees a file that was written anew, one that was
 * renamed onto its name, and a link above it that was turned, on every file system; a watch of the
 * kernel's would have to follow each of these by itself. What changed has to stand still for a
 * moment, so that a certificate and its key come together.
 */
#include "session/broker.h"
#include "session/pki_files.h"

#include <errno.h>

#define AREA "pki"

enum { WATCH_MS = 5000, SETTLE_MS = 1000 };

static void again_in(struct broker *broker, unsigned ms)
{
	const struct timeval tv = clock_timeval(ms);

	evtimer_add(broker->watch.timer, &tv);
}

static void look(evutil_socket_t fd, short what, void *arg)
{
	struct broker *broker = arg;
	struct watch *watch = &broker->watch;
	uint64_t stamp = pki_files_stamp(broker->conf);
	bool settled = stamp == watch->last;

	(void)fd;
	(void)what;
	watch->last = stamp;
	if (watch->of != broker->files.pki.stamp) { /* others have been read since */
		watch->of = broker->files.pki.stamp;
		watch->tried = watch->of;
	}
	if (stamp == watch->tried) {
		again_in(broker, watch->every_ms);
		return;
	}
	/* A reload that is under way may have seen it already. */
	if (settled && reload_possible(broker)) {
		log_info(AREA, "files of the trustpoints have changed and are read again");
		watch->tried = stamp;
		reload_renew(broker);
	}
	again_in(broker, watch->settle_ms);
}

int watch_start(struct broker *broker)
{
	struct watch *watch = &broker->watch;

	watch->every_ms = watch->every_ms ? watch->every_ms : WATCH_MS;
	watch->settle_ms = watch->settle_ms ? watch->settle_ms : SETTLE_MS;
	watch->of = watch->tried = watch->last = broker->files.pki.stamp;
	watch->timer = evtimer_new(broker->base, look, broker);
	if (!watch->timer)
		return -ENOMEM;
	again_in(broker, watch->every_ms);
	return 0;
}

void watch_stop(struct broker *broker)
{
	if (broker->watch.timer)
		event_free(broker->watch.timer);
	broker->watch.timer = NULL;
}
