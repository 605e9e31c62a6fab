/* SPDX-License-Identifier: BSD-2-Clause */
/* The pinned maps as memory. */
#ifndef WORKER_MAPS_H
#define WORKER_MAPS_H

#include "msg.h"

#include <flexgate/plane.h>
#include <stddef.h>
#include <stdint.h>

struct maps {
	const struct fg_conf *conf;
	const struct fg_session *session;    /* [sessions] */
	struct fg_sa *sa;                    /* [sas] */
	const struct fg_selectors *selector; /* [selectors] */
	struct fg_hop *hop;                  /* [FG_HOP_ROWS] */
	struct fg_count *count;              /* [worker * sessions + session] */
	struct fg_drop *drop;                /* likewise */
	uint32_t sessions, sas, selectors;
	int xsk_fd;
	/* One byte per row of fg_sa, held while a window moves; NULL with one worker. Not in the
	 * map: a lock must not outlive the process that holds it. */
	uint8_t *sa_lock;
	struct maps_area {
		void *p;
		size_t len;
	} area[8];
	size_t areas;
};

/*
 * Open, check against this build's ABI and map. start: how many rows the maps hold, as flexd says.
 * Returns 0, or -errno with one sentence in why.
 */
int maps_open(struct maps *maps, const struct msg_worker_start *start, char *why, size_t why_size);
void maps_close(struct maps *maps);

#endif
