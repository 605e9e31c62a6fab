// SPDX-License-Identifier: BSD-2-Clause
/* What callers ask of ike: one question at a time in the order of the askers, and traces. */
#include "session/control_internal.h"

#include <errno.h>
#include <event2/buffer.h>

enum {
	/* Bytes of rows that cannot be held back: of a caller who does not read. */
	ROWS_MAX = 64 * 1024 * 1024,
};

static void no_ike(struct ctl_client *client)
{
	ctl_fail(client, "try again; flexctl show plane shows the processes",
		 "the ike process is not running at the moment");
}

static void ask_next(struct control *control)
{
	struct ctl_client *client;
	struct msg_ike_show show;

	while (!control->asked && (client = TAILQ_FIRST(&control->asking))) {
		show = (struct msg_ike_show){ .what = client->ask.what };
		control->asked = supervise_to_ike(control->broker, MSG_IKE_SHOW, &show,
						  sizeof(show)) == 0;
		if (!control->asked)
			no_ike(client);
	}
}

void ctl_ask_ike(struct ctl_client *client, const struct ctl_ike *ask)
{
	client->ask = *ask;
	client->queued = true;
	TAILQ_INSERT_TAIL(&client->control->asking, client, queue);
	ask_next(client->control);
}

void ctl_leave_ike(struct ctl_client *client)
{
	struct control *control = client->control;

	if (!client->queued)
		return;
	if (control->asked && !control->orphan && TAILQ_FIRST(&control->asking) == client)
		control->orphan = true;
	TAILQ_REMOVE(&control->asking, client, queue);
	client->queued = false;
}

/* --- rows of ike --- */

static bool sa_ok(const void *body)
{
	const struct msg_ike_sa_row *row = body;

	return msg_text_ok(row->state, sizeof(row->state)) &&
	       msg_text_ok(row->profile, sizeof(row->profile)) &&
	       msg_text_ok(row->suite, sizeof(row->suite)) &&
	       msg_text_ok(row->client, sizeof(row->client)) &&
	       msg_text_ok(row->vendors, sizeof(row->vendors)) &&
	       msg_text_ok(row->proof, sizeof(row->proof)) &&
	       msg_text_ok(row->agreed, sizeof(row->agreed)) &&
	       msg_text_ok(row->asking, sizeof(row->asking)) &&
	       row->remote.len <= sizeof(row->remote.data) &&
	       row->ours.len <= sizeof(row->ours.data);
}

static bool tally_ok(const void *body)
{
	const struct msg_ike_tally *tally = body;

	return msg_text_ok(tally->name, sizeof(tally->name)) && tally->kind <= MSG_TALLY_NOTIFY;
}

static bool pki_ok(const void *body)
{
	const struct msg_pki_row *row = body;

	return msg_text_ok(row->trustpoint, sizeof(row->trustpoint)) &&
	       msg_text_ok(row->what, sizeof(row->what)) &&
	       msg_text_ok(row->subject, sizeof(row->subject)) &&
	       msg_text_ok(row->issuer, sizeof(row->issuer)) &&
	       msg_text_ok(row->key, sizeof(row->key)) &&
	       msg_text_ok(row->status, sizeof(row->status));
}

static bool algorithm_ok(const void *body)
{
	const struct msg_algorithm_row *row = body;

	return msg_text_ok(row->kind, sizeof(row->kind)) &&
	       msg_text_ok(row->name, sizeof(row->name)) &&
	       msg_text_ok(row->library, sizeof(row->library)) &&
	       msg_text_ok(row->offered, sizeof(row->offered));
}

static const struct row_kind {
	uint32_t type;
	enum msg_ike_what what; /* the question that it answers */
	bool (*ok)(const void *body);
} row_kinds[] = {
	{ MSG_IKE_SA_ROW, MSG_SHOW_SAS, sa_ok },
	{ MSG_IKE_TALLY, MSG_SHOW_TALLIES, tally_ok },
	{ MSG_PKI_ROW, MSG_SHOW_PKI, pki_ok },
	{ MSG_ALGORITHM_ROW, MSG_SHOW_CRYPTO, algorithm_ok },
};

/* Who gets the rows that ike says now; NULL: he is gone. */
static struct ctl_client *asker(const struct control *control)
{
	return control->orphan ? NULL : TAILQ_FIRST(&control->asking);
}

/* ike cannot be held back: a caller who does not read what it says goes. */
static void bound(struct ctl_client *client)
{
	if (!client || evbuffer_get_length(bufferevent_get_output(client->bev)) <= ROWS_MAX)
		return;
	log_warn("control", "a caller of '%s' reads too slowly and is let go",
		 client->command->name);
	ctl_client_free(client);
}

static int take_row(struct control *control, const struct row_kind *kind, const void *body)
{
	struct ctl_client *client;

	if (!kind->ok(body))
		return -EPROTO;
	if (!control)
		return 0;
	if (!control->asked)
		return -EPROTO;
	client = asker(control);
	if (client && client->ask.what == kind->what)
		client->ask.row(client, body);
	bound(client);
	return 0;
}

static int take_stats(struct control *control, const struct msg_ike_stats *stats)
{
	struct ctl_client *client;

	if (!control)
		return 0;
	if (!control->asked)
		return -EPROTO;
	client = asker(control);
	control->asked = control->orphan = false;
	if (client && client->ask.stats)
		client->ask.stats(client, stats);
	else if (client)
		ctl_ok(client);
	ask_next(control);
	return 0;
}

/* --- traces of ike --- */

void ctl_leave_trace(struct ctl_client *client)
{
	struct control *control = client->control;
	struct msg_ike_trace none = { .slot = (uint32_t)client->trace };

	if (client->trace < 0)
		return;
	control->tracer[client->trace] = NULL;
	client->trace = -1;
	supervise_to_ike(control->broker, MSG_IKE_TRACE, &none, sizeof(none));
}

void ctl_trace(struct ctl_client *client, struct msg_ike_trace *trace)
{
	struct control *control = client->control;

	while (trace->slot < IKE_TRACES && control->tracer[trace->slot])
		trace->slot++;
	if (trace->slot == IKE_TRACES) {
		ctl_fail(client, "end one of them", "%d traces run already", IKE_TRACES);
		return;
	}
	trace->serial = ++control->trace_serial;
	if (supervise_to_ike(control->broker, MSG_IKE_TRACE, trace, sizeof(*trace))) {
		no_ike(client);
		return;
	}
	client->trace = (int)trace->slot;
	client->serial = trace->serial;
	control->tracer[trace->slot] = client;
}

/* A caller who does not read loses lines, and nobody else does. */
static int take_trace(struct control *control, const struct msg_ike_trace_line *line)
{
	struct ctl_client *client;

	if (line->slot >= IKE_TRACES || !msg_text_ok(line->text, sizeof(line->text)))
		return -EPROTO;
	client = control ? control->tracer[line->slot] : NULL;
	if (client && client->serial == line->serial &&
	    evbuffer_get_length(bufferevent_get_output(client->bev)) < CTL_OUT_FULL)
		ctl_trace_row(client, line->text);
	return 0;
}

/* --- all that ike says --- */

int control_from_ike(struct control *control, uint32_t type, const void *body)
{
	for (size_t i = 0; i < sizeof(row_kinds) / sizeof(row_kinds[0]); i++)
		if (row_kinds[i].type == type)
			return take_row(control, &row_kinds[i], body);
	if (type == MSG_IKE_STATS)
		return take_stats(control, body);
	return type == MSG_IKE_TRACE_LINE ? take_trace(control, body) : -EPROTO;
}

static void traces_lost(struct control *control)
{
	for (int i = 0; i < IKE_TRACES; i++) {
		struct ctl_client *client = control->tracer[i];

		if (!client)
			continue;
		control->tracer[i] = NULL;
		client->trace = -1;
		ctl_fail(client, "begin again", "the ike process has ended");
	}
}

void control_ike_lost(struct control *control)
{
	if (!control)
		return;
	traces_lost(control);
	control->asked = control->orphan = false;
	ask_next(control); /* which fails for each */
}
