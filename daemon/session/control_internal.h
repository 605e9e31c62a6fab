/* SPDX-License-Identifier: BSD-2-Clause */
/* The callers of the control socket, between control.c and control_ask.c. */
#ifndef SESSION_CONTROL_INTERNAL_H
#define SESSION_CONTROL_INTERNAL_H

#include "session/control.h"

#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <flexgate/ctl.h>
#include <sys/queue.h>

enum { CTL_OUT_FULL = 64 * 1024 }; /* unsent bytes: a step waits */

struct ctl_client {
	TAILQ_ENTRY(ctl_client) link;
	TAILQ_ENTRY(ctl_client) queue; /* while it waits for ike */
	struct control *control;
	struct bufferevent *bev;
	const struct ctl_command *command; /* NULL: no request yet */
	json_t *args;
	ctl_step *step;
	uint32_t cursor;
	struct ctl_ike ask;
	struct event *patience; /* while the answer comes from somebody else */
	int trace;              /* its slot, -1: it traces nothing */
	uint32_t serial;
	bool queued;
	uint32_t rows;  /* written */
	uint32_t heard; /* of them, when patience was last tried */
	bool done;      /* the last line is written */
};

TAILQ_HEAD(clients, ctl_client);

struct control {
	struct broker *broker;
	struct evconnlistener *listener; /* NULL in tests */
	char path[CONF_TEXT_MAX + sizeof(FG_CTL_SOCKET)];
	struct clients clients, asking; /* asking: the first one's question is with ike */
	size_t count;
	struct ctl_client *tracer[IKE_TRACES];
	uint32_t trace_serial;
	bool asked;  /* ike owes an answer */
	bool orphan; /* to somebody who is gone */
};

/* Drops the connection. */
void ctl_client_free(struct ctl_client *client);

/* --- control_ask.c --- */

/* Its question to ike, or its trace, is over. Harmless when there is none. */
void ctl_leave_ike(struct ctl_client *client);
void ctl_leave_trace(struct ctl_client *client);

#endif
