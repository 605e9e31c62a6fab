// SPDX-License-Identifier: BSD-2-Clause
#include "ike/operator.h"

#include "ike/offered.h"
#include "ike/trace.h"
#include "pki/show.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum {
	ROWS_PER_TURN = 512,        /* so that the channel's queue stays short */
	UNSENT = IPC_QUEUE_MAX / 8, /* and flexd sets the pace */
	PAUSE_MS = 2,
};

static void send_sa(void *arg, const struct msg_ike_sa_row *row)
{
	struct ike_operator *op = arg;

	ipc_send(op->flexd, MSG_IKE_SA_ROW, row, sizeof(*row), NULL, 0, -1);
}

static void send_tally(void *arg, const struct msg_ike_tally *row)
{
	struct ike_operator *op = arg;

	ipc_send(op->flexd, MSG_IKE_TALLY, row, sizeof(*row), NULL, 0, -1);
}

static void send_algorithm(void *arg, const struct msg_algorithm_row *row)
{
	struct ike_operator *op = arg;

	ipc_send(op->flexd, MSG_ALGORITHM_ROW, row, sizeof(*row), NULL, 0, -1);
}

static void send_pki(void *arg, const struct msg_pki_row *row)
{
	struct ike_operator *op = arg;

	ipc_send(op->flexd, MSG_PKI_ROW, row, sizeof(*row), NULL, 0, -1);
}

/* The rows of the first question. False: there are more. */
static bool send_rows(struct ike_operator *op)
{
	switch (op->show[0]) {
	case MSG_SHOW_SAS:
		return ipc_unsent(op->flexd) <= UNSENT &&
		       ike_rows(op->core, &op->slot, ROWS_PER_TURN, send_sa, op);
	case MSG_SHOW_TALLIES:
		ike_tally_rows(&op->core->tally, send_tally, op);
		return true;
	case MSG_SHOW_CRYPTO:
		ike_offered(op->core, send_algorithm, op);
		return true;
	case MSG_SHOW_PKI:
		if (op->core->pki)
			pki_show(op->core->pki, (int64_t)time(NULL), send_pki, op);
		return true;
	default:
		return true;
	}
}

static void answer(struct ike_operator *op)
{
	const struct timeval pause = { .tv_usec = PAUSE_MS * 1000 };
	struct msg_ike_stats stats;

	while (op->shows > 0) {
		if (!send_rows(op)) {
			event_add(op->pause, &pause);
			return;
		}
		ike_stats(op->core, &stats);
		ipc_send(op->flexd, MSG_IKE_STATS, &stats, sizeof(stats), NULL, 0, -1);
		op->slot = 0;
		op->shows--;
		memmove(op->show, op->show + 1, op->shows * sizeof(op->show[0]));
	}
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	answer(arg);
}

int ike_operator_open(struct ike_operator *op, struct event_base *base, struct ipc *flexd)
{
	*op = (struct ike_operator){ .flexd = flexd };
	op->pause = evtimer_new(base, on_pause_over, op);
	return op->pause ? 0 : -ENOMEM;
}

void ike_operator_close(struct ike_operator *op)
{
	if (op->pause)
		event_free(op->pause);
}

int ike_operator_show(struct ike_operator *op, const struct msg_ike_show *show)
{
	if (!op->core || op->shows == IKE_SHOWS_MAX || show->what > MSG_SHOW_CRYPTO)
		return -EPROTO;
	op->show[op->shows++] = show->what;
	if (op->shows == 1)
		answer(op);
	return 0;
}

int ike_operator_trace(struct ike_operator *op, const struct msg_ike_trace *trace)
{
	if (!op->core || trace->slot >= IKE_TRACES ||
	    !msg_text_ok(trace->whom, sizeof(trace->whom)))
		return -EPROTO;
	op->serial[trace->slot] = trace->serial;
	if (!trace->whom[0])
		ike_trace_end(op->core, trace->slot);
	else if (!ike_trace_begin(op->core, trace->slot, trace->whom))
		ike_operator_line(op, trace->slot, "out of memory: nothing is traced");
	return 0;
}

void ike_operator_line(struct ike_operator *op, uint32_t slot, const char *line)
{
	struct msg_ike_trace_line message = { .slot = slot, .serial = op->serial[slot] };

	if (ipc_unsent(op->flexd) > UNSENT)
		return;
	snprintf(message.text, sizeof(message.text), "%s", line);
	ipc_send(op->flexd, MSG_IKE_TRACE_LINE, &message, sizeof(message), NULL, 0, -1);
}
