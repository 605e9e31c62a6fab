/* SPDX-License-Identifier: BSD-2-Clause */
/* One worker: a thread, its sockets, its crypto, its share of the counters. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "worker/forward.h"
#include "worker/rings.h"

#include <pthread.h>

struct worker {
	struct rings rings;
	struct forward forward;
	struct crypto *crypto;
	uint32_t index;
	int note_fd; /* where notes go, a pipe that does not block; borrowed */
	int stop_fd; /* readable: stop; borrowed */
	uint64_t swept_ms, missed_ms;
	pthread_t thread;
	bool running;
};

/* Everything that needs rights. Returns 0, or -errno with one sentence in why; then it is closed
 * already. */
int worker_open(struct worker *worker, const struct msg_worker_start *start,
		const struct maps *maps, uint32_t index, char *why, size_t why_size);
/* Returns 0 or -errno. */
int worker_run(struct worker *worker, int note_fd, int stop_fd);
/* stop_fd is readable: wait for the thread, wipe keys, close sockets. */
void worker_close(struct worker *worker);

#endif
