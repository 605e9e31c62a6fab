// SPDX-License-Identifier: BSD-2-Clause
/* The channel to aaa, which flexd brings and brings again when one of its ends is new. */
#include "core/log.h"
#include "ike/process_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define AREA         "ike"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int from_aaa(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	int error = p->core ? ike_from_aaa(p->core, message->type, message->body) : -EPROTO;

	process_settle(p);
	return error;
}

/* clang-format off */
static const struct ipc_rule aaa_rules[] = {
	{ MSG_AUTH_VERDICT, "AUTH_VERDICT", sizeof(struct msg_auth_verdict),
	  sizeof(struct msg_auth_verdict), from_aaa, false },
	{ MSG_AUTH_SIGNED, "AUTH_SIGNED", sizeof(struct msg_auth_signed),
	  sizeof(struct msg_auth_signed), from_aaa, false },
	{ MSG_PPK_MIXED, "PPK_MIXED", sizeof(struct msg_ppk_mixed), sizeof(struct msg_ppk_mixed),
	  from_aaa, false },
};
/* clang-format on */

static void aaa_gone(struct process *p)
{
	ipc_free(p->aaa);
	p->aaa = NULL;
	if (p->core)
		ike_aaa_lost(p->core);
}

static void aaa_broken(void *arg, const char *why)
{
	struct process *p = arg;

	log_warn(AREA, "nobody can log in until aaa is back: its channel is closed: %s", why);
	aaa_gone(p);
	ipc_send(p->flexd, MSG_AAA_LOST, NULL, 0, NULL, 0, -1);
	process_settle(p);
}

int process_aaa_channel(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	const struct ipc_events events = {
		.rules = aaa_rules, .rule_count = COUNT(aaa_rules), .arg = p, .broken = aaa_broken
	};
	int error;

	if (message->fd < 0)
		return -EPROTO;
	aaa_gone(p);
	error = ipc_new(p->base, message->fd, &events, &p->aaa);
	if (error) {
		log_error(AREA, "the channel to aaa cannot be used: %s", strerror(-error));
		close(message->fd);
		process_leave(p, 1);
	}
	process_settle(p);
	return 0;
}
