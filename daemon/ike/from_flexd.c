// SPDX-License-Identifier: BSD-2-Clause
/* What flexd orders: files to prepare and to use, sockets, the start, what became of sessions. */
#include "core/clock.h"
#include "core/log.h"
#include "core/sandbox.h"
#include "ike/process_internal.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AREA         "ike"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct sandbox_call calls[] = {
	{ "epoll_wait",    "the loop waits for datagrams, channels and deadlines" },
	{ "epoll_pwait",   "the same, as libc may call it" },
	{ "epoll_ctl",     "a new channel to aaa" },
	{ "recvmmsg",      "datagrams of peers, messages of flexd and aaa" },
	{ "sendmmsg",      "answers to them" },
	{ "fcntl",         "a channel that came is made non-blocking" },
	{ "fstat",         "size of a new configuration, and of new certificates, at a reload" },
	{ "newfstatat",    "the same, as libc may call it" },
	{ "pread64",       "the new configuration, the new certificates" },
};
/* clang-format on */

/* --- configuration and trustpoints --- */

void process_forget_next(struct process *p)
{
	pki_free(p->next_pki);
	conf_free(p->next_conf);
	p->next_pki = NULL;
	p->next_conf = NULL;
	p->why[0] = '\0';
}

static int on_conf_prepare(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;

	if (message->fd < 0)
		return -EPROTO;
	process_forget_next(p);
	p->next_conf = conf_load(message->fd, p->why, sizeof(p->why));
	return 0;
}

/* Ends the preparation, so this answers for both files. */
static int on_pki_prepare(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	struct msg_conf_prepared answer = { 0 };

	if (message->fd < 0)
		return -EPROTO;
	if (p->next_conf && !p->next_pki)
		p->next_pki = pki_load(message->fd, p->next_conf, 0, (int64_t)time(NULL), p->why,
				       sizeof(p->why));
	else
		close(message->fd);
	answer.ok = p->next_pki != NULL;
	if (!answer.ok) {
		snprintf(answer.why, sizeof(answer.why), "%s",
			 p->why[0] ? p->why : "trustpoints came before the configuration");
		process_forget_next(p);
	}
	ipc_send(p->flexd, MSG_CONF_PREPARED, &answer, sizeof(answer), NULL, 0, -1);
	return 0;
}

static int on_conf_commit(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	const char *warning;

	(void)message;
	if (!p->next_pki)
		return -EPROTO;
	if (p->core && ike_core_set_conf(p->core, p->next_conf) < 0) {
		/* Two processes with different configurations: better start again. */
		log_error(AREA, "out of memory for the new configuration");
		process_leave(p, 1);
		return 0;
	}
	if (p->core)
		ike_core_set_pki(p->core, p->next_pki);
	pki_free(p->pki);
	conf_free(p->conf);
	p->pki = p->next_pki;
	p->conf = p->next_conf;
	p->next_pki = NULL;
	p->next_conf = NULL;
	log_set_level(p->conf->gateway.log_level);
	for (size_t i = 0; (warning = pki_warning(p->pki, i)) != NULL; i++)
		log_warn("pki", "%s", warning);
	return 0;
}

static int on_conf_abort(void *arg, const struct ipc_message *message)
{
	(void)message;
	process_forget_next(arg);
	return 0;
}

/* --- start and stop --- */

static int on_socket(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	const struct msg_socket *socket = message->body;
	char where[IP_TEXT_MAX];
	int error;

	if (message->fd < 0)
		return -EPROTO;
	if (p->core) { /* confined: too late to prepare it */
		close(message->fd);
		return -EPROTO;
	}
	error = ike_net_add(p->net, message->fd, &socket->local);
	if (error) {
		log_error(AREA, "the socket %s cannot be used: %s",
			  endpoint_text(&socket->local, where), strerror(-error));
		close(message->fd);
		process_leave(p, 1);
	}
	return 0;
}

/* Returns false after saying why. */
static bool confine(const struct process *p)
{
	char empty[CONF_TEXT_MAX + 8];
	const struct sandbox sandbox = {
		.user = p->conf->gateway.user_ike,
		.root = empty,
		.calls = calls,
		.call_count = COUNT(calls),
	};
	const char *why = "";

	snprintf(empty, sizeof(empty), "%s/empty", p->conf->gateway.run_directory);
	if (sandbox_enter(&sandbox, &why) == 0)
		return true;
	log_error(AREA, "rights cannot be given up (user %s, directory %s): %s", sandbox.user,
		  empty, why);
	return false;
}

static int on_start(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	const struct ike_env env = process_env(p);

	(void)message;
	if (!p->conf || p->core)
		return -EPROTO;
	/* Another list of devices takes a restart. */
	for (size_t i = 0; i < p->conf->gateway.outside_count; i++)
		p->outside[i] = if_nametoindex(p->conf->gateway.outside[i]);
	if (!confine(p)) {
		process_leave(p, 1);
		return 0;
	}
	if (ike_core_new(&env, p->conf, &p->core) < 0) {
		log_error(AREA, "the core cannot be made: no memory or no randomness");
		process_leave(p, 1);
		return 0;
	}
	ike_core_set_pki(p->core, p->pki);
	p->operator.core = p->core;
	log_info(AREA, "ready, %zu sockets", ike_net_sockets(p->net));
	ipc_send(p->flexd, MSG_READY, NULL, 0, NULL, 0, -1);
	return 0;
}

static int on_stop(void *arg, const struct ipc_message *message)
{
	const struct timeval limit = clock_timeval(IKE_STOP_MS);
	struct process *p = arg;

	(void)message;
	if (!p->core) {
		process_leave(p, 0);
		return 0;
	}
	ike_stop(p->core);
	event_add(p->end, &limit);
	process_settle(p);
	return 0;
}

/* --- what became of questions, and what an operator asks --- */

static int from_flexd(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	int error = p->core ? ike_from_broker(p->core, message->type, message->body) : -EPROTO;

	process_settle(p);
	return error;
}

static int on_show(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;

	return ike_operator_show(&p->operator, message->body);
}

static int on_trace(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;

	return ike_operator_trace(&p->operator, message->body);
}

#define FIXED(type) sizeof(struct type), sizeof(struct type)
#define NOTHING     0, 0

/* clang-format off */
const struct ipc_rule process_flexd_rules[] = {
	{ MSG_CONF_PREPARE,    "CONF_PREPARE",    NOTHING, on_conf_prepare, true },
	{ MSG_PKI_PREPARE,     "PKI_PREPARE",     NOTHING, on_pki_prepare, true },
	{ MSG_CONF_COMMIT,     "CONF_COMMIT",     NOTHING, on_conf_commit, false },
	{ MSG_CONF_ABORT,      "CONF_ABORT",      NOTHING, on_conf_abort, false },
	{ MSG_SOCKET,          "SOCKET",          FIXED(msg_socket), on_socket, true },
	{ MSG_AAA_CHANNEL,     "AAA_CHANNEL",     NOTHING, process_aaa_channel, true },
	{ MSG_START,           "START",           NOTHING, on_start, false },
	{ MSG_SESSION_BEGUN,   "SESSION_BEGUN",   FIXED(msg_session_begun), from_flexd, false },
	{ MSG_SESSION_REFUSED, "SESSION_REFUSED", FIXED(msg_session_refused), from_flexd, false },
	{ MSG_SA_ADDED,        "SA_ADDED",        FIXED(msg_sa_added), from_flexd, false },
	{ MSG_SA_REFUSED,      "SA_REFUSED",      FIXED(msg_sa_refused), from_flexd, false },
	{ MSG_SPI_GIVEN,       "SPI_GIVEN",       FIXED(msg_spi_given), from_flexd, false },
	{ MSG_SA_LIFE,         "SA_LIFE",         FIXED(msg_sa_life), from_flexd, false },
	{ MSG_IDLE,            "IDLE",            FIXED(msg_idle), from_flexd, false },
	{ MSG_LOCALS,          "LOCALS",          FIXED(msg_locals), from_flexd, false },
	{ MSG_SESSION_CLEAR,   "SESSION_CLEAR",   FIXED(msg_session_clear), from_flexd, false },
	{ MSG_CLEAR_REST,      "CLEAR_REST",      NOTHING, from_flexd, false },
	{ MSG_PEER_MOVED,      "PEER_MOVED",      FIXED(msg_peer_moved), from_flexd, false },
	{ MSG_COOKIE_SECRETS,  "COOKIE_SECRETS",  FIXED(fg_cookie_secrets), from_flexd, false },
	{ MSG_IKE_SHOW,        "IKE_SHOW",        FIXED(msg_ike_show), on_show, false },
	{ MSG_IKE_TRACE,       "IKE_TRACE",       FIXED(msg_ike_trace), on_trace, false },
	{ MSG_STOP,            "STOP",            NOTHING, on_stop, false },
};
/* clang-format on */
const size_t process_flexd_rule_count = COUNT(process_flexd_rules);
