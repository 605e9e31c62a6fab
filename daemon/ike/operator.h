/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an operator asks of ike, by way of flexd: rows at the pace of the channel, and traces.
 */
#ifndef IKE_OPERATOR_H
#define IKE_OPERATOR_H

#include "core/ipc.h"
#include "ike/core.h"

#include <event2/event.h>

enum { IKE_SHOWS_MAX = 16 }; /* questions at once: flexd serves no more callers than that */

struct ike_operator {
	struct ipc *flexd;     /* borrowed */
	struct ike_core *core; /* borrowed, NULL before START */
	struct event *pause;
	uint32_t show[IKE_SHOWS_MAX]; /* enum msg_ike_what, in their order */
	unsigned shows;
	size_t slot; /* how far the first of them is */
	uint32_t serial[IKE_TRACES];
};

/* Returns 0 or -ENOMEM. */
int ike_operator_open(struct ike_operator *op, struct event_base *base, struct ipc *flexd);
void ike_operator_close(struct ike_operator *op);
/* MSG_IKE_SHOW and MSG_IKE_TRACE, of the right size. Return 0 or -EPROTO. */
int ike_operator_show(struct ike_operator *op, const struct msg_ike_show *show);
int ike_operator_trace(struct ike_operator *op, const struct msg_ike_trace *trace);
/* A line of a trace, for the core's env. Lost while flexd does not keep up. */
void ike_operator_line(struct ike_operator *op, uint32_t slot, const char *line);

#endif
