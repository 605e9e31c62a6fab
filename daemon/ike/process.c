// SPDX-License-Identifier: BSD-2-Clause
#include "ike/process.h"

#include "core/ipc.h"
#include "core/log.h"
#include "core/proc.h"
#include "core/sandbox.h"
#include "core/secret.h"
#include "crypto/rand.h"
#include "crypto/selftest.h"
#include "ike/core.h"
#include "ike/net.h"
#include "ike/operator.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AREA         "ike"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct process {
	struct event_base *base;
	struct ipc *flexd, *aaa; /* aaa: NULL until flexd brings the channel */
	struct ike_net *net;
	struct conf *conf, *next_conf; /* next_*: prepared, not yet in use */
	struct pki *pki, *next_pki;
	char why[512];         /* what is wrong with what was prepared */
	struct ike_core *core; /* NULL before START */
	struct ike_operator operator;
	struct event *timer, *end;
	unsigned outside[CONF_LIST_MAX]; /* index of each outside device, 0: there is none */
	int status;
};

/* clang-format off */
static const struct sandbox_call calls[] = {
	{ "epoll_wait",    "the loop waits for datagrams, channels and deadlines" },
	{ "epoll_pwait",   "the same, as libc may call it" },
	{ "epoll_ctl",     "a new channel to aaa, a new socket" },
	{ "recvmmsg",      "datagrams of peers, in batches" },
	{ "sendmmsg",      "answers to them" },
	{ "recvmsg",       "messages of flexd and aaa" },
	{ "sendmsg",       "messages to them" },
	{ "fcntl",         "a channel or socket that came is made non-blocking" },
	{ "getsockname",   "address family of a socket that came" },
	{ "setsockopt",    "a socket that came tells the address that was asked" },
	{ "fstat",         "size of a new configuration, and of new certificates, at a reload" },
	{ "newfstatat",    "the same, as libc may call it" },
	{ "pread64",       "the new configuration, the new certificates" },
};
/* clang-format on */

static void leave(struct process *p, int status)
{
	p->status = status;
	event_base_loopbreak(p->base);
}

/* --- the core's env --- */

static uint64_t env_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int64_t env_wall(void *arg)
{
	(void)arg;
	return (int64_t)time(NULL);
}

static bool env_random(void *arg, void *bytes, size_t len)
{
	(void)arg;
	return crypto_random(bytes, len);
}

static void env_send(void *arg, const void *datagram, size_t len, const struct endpoint *local,
		     const struct endpoint *peer)
{
	struct process *p = arg;

	ike_net_send(p->net, datagram, len, local, peer);
}

static int env_to_aaa(void *arg, uint32_t type, const void *body, size_t len, const void *tail,
		      size_t tail_len)
{
	struct process *p = arg;

	return p->aaa ? ipc_send(p->aaa, type, body, len, tail, tail_len, -1) : -ENOTCONN;
}

static int env_to_broker(void *arg, uint32_t type, const void *body, size_t len)
{
	struct process *p = arg;

	return ipc_send(p->flexd, type, body, len, NULL, 0, -1);
}

static void env_trace(void *arg, uint32_t slot, const char *line)
{
	struct process *p = arg;

	ike_operator_line(&p->operator, slot, line);
}

/* After everything that may have moved a deadline or ended the last SA. */
static void settle(void *arg)
{
	struct process *p = arg;
	uint64_t at, now = env_now(NULL), wait;
	struct timeval tv;

	if (!p->core)
		return;
	if (p->core->stopping && ike_stopped(p->core)) {
		leave(p, 0);
		return;
	}
	at = ike_next_tick(p->core);
	if (at == IKE_NEVER) {
		event_del(p->timer);
		return;
	}
	wait = at > now ? at - now : 0;
	tv = (struct timeval){ .tv_sec = (time_t)(wait / 1000),
			       .tv_usec = (suseconds_t)(wait % 1000 * 1000) };
	event_add(p->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	(void)fd;
	(void)what;
	ike_tick(p->core);
	settle(p);
}

static void on_datagram(void *arg, void *datagram, size_t len, const struct endpoint *local,
			const struct endpoint *peer, unsigned ifindex)
{
	struct ike_path path = { .local = *local, .peer = *peer };
	struct process *p = arg;

	for (uint8_t i = 0; ifindex && i < COUNT(p->outside); i++)
		if (p->outside[i] == ifindex)
			path.outside = i + 1;
	/* Before START there is nobody to read it; the peer will say it again. */
	if (p->core)
		ike_receive(p->core, datagram, len, &path);
}

/* --- aaa --- */

static int from_aaa(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	int error = p->core ? ike_from_aaa(p->core, message->type, message->body) : -EPROTO;

	settle(p);
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
	settle(p);
}

static int on_aaa_channel(void *arg, const struct ipc_message *message)
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
		leave(p, 1);
	}
	settle(p);
	return 0;
}

/* --- flexd: configuration and start --- */

static void forget_next(struct process *p)
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
	forget_next(p);
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
		forget_next(p);
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
		leave(p, 1);
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
	forget_next(arg);
	return 0;
}

static int on_socket(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	const struct msg_socket *socket = message->body;
	char where[IP_TEXT_MAX];
	int error;

	if (message->fd < 0)
		return -EPROTO;
	error = ike_net_add(p->net, message->fd, &socket->local);
	if (error) {
		log_error(AREA, "the socket %s cannot be used: %s",
			  endpoint_text(&socket->local, where), strerror(-error));
		close(message->fd);
		leave(p, 1);
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
	const struct ike_env env = {
		.arg = p,
		.now_ms = env_now,
		.wall_s = env_wall,
		.random = env_random,
		.send = env_send,
		.to_aaa = env_to_aaa,
		.to_broker = env_to_broker,
		.trace = env_trace,
	};

	(void)message;
	if (!p->conf || p->core)
		return -EPROTO;
	/* Another list of devices takes a restart. */
	for (size_t i = 0; i < p->conf->gateway.outside_count; i++)
		p->outside[i] = if_nametoindex(p->conf->gateway.outside[i]);
	if (!confine(p)) {
		leave(p, 1);
		return 0;
	}
	if (ike_core_new(&env, p->conf, &p->core) < 0) {
		log_error(AREA, "the core cannot be made: no memory or no randomness");
		leave(p, 1);
		return 0;
	}
	ike_core_set_pki(p->core, p->pki);
	p->operator.core = p->core;
	log_info(AREA, "ready, %zu sockets", ike_net_sockets(p->net));
	ipc_send(p->flexd, MSG_READY, NULL, 0, NULL, 0, -1);
	return 0;
}

/* --- flexd: sessions --- */

static int from_flexd(void *arg, const struct ipc_message *message)
{
	struct process *p = arg;
	int error = p->core ? ike_from_broker(p->core, message->type, message->body) : -EPROTO;

	settle(p);
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

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	leave(arg, 0);
}

static int on_stop(void *arg, const struct ipc_message *message)
{
	const struct timeval limit = { .tv_sec = IKE_STOP_MS / 1000,
				       .tv_usec = IKE_STOP_MS % 1000 * 1000 };
	struct process *p = arg;

	(void)message;
	if (!p->core) {
		leave(p, 0);
		return 0;
	}
	ike_stop(p->core);
	event_add(p->end, &limit);
	settle(p);
	return 0;
}

#define FIXED(type) sizeof(struct type), sizeof(struct type)
#define NOTHING     0, 0

/* clang-format off */
static const struct ipc_rule flexd_rules[] = {
	{ MSG_CONF_PREPARE,    "CONF_PREPARE",    NOTHING, on_conf_prepare, true },
	{ MSG_PKI_PREPARE,     "PKI_PREPARE",     NOTHING, on_pki_prepare, true },
	{ MSG_CONF_COMMIT,     "CONF_COMMIT",     NOTHING, on_conf_commit, false },
	{ MSG_CONF_ABORT,      "CONF_ABORT",      NOTHING, on_conf_abort, false },
	{ MSG_SOCKET,          "SOCKET",          FIXED(msg_socket), on_socket, true },
	{ MSG_AAA_CHANNEL,     "AAA_CHANNEL",     NOTHING, on_aaa_channel, true },
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
	{ MSG_PEER_MOVED,      "PEER_MOVED",      FIXED(msg_peer_moved), from_flexd, false },
	{ MSG_COOKIE_SECRETS,  "COOKIE_SECRETS",  FIXED(fg_cookie_secrets), from_flexd, false },
	{ MSG_IKE_SHOW,        "IKE_SHOW",        FIXED(msg_ike_show), on_show, false },
	{ MSG_IKE_TRACE,       "IKE_TRACE",       FIXED(msg_ike_trace), on_trace, false },
	{ MSG_STOP,            "STOP",            NOTHING, on_stop, false },
};
/* clang-format on */

/* Sessions are flexd's: without it nothing here means anything. */
static void flexd_broken(void *arg, const char *why)
{
	log_debug(AREA, "ends: the channel to flexd is closed: %s", why);
	leave(arg, 0);
}

static int run(struct process *p)
{
	const struct ipc_events events = { .rules = flexd_rules,
					   .rule_count = COUNT(flexd_rules),
					   .arg = p,
					   .broken = flexd_broken };
	const struct ike_net_events net_events = { .arg = p,
						   .received = on_datagram,
						   .settled = settle };
	int error = ipc_new(p->base, PROC_CHANNEL_FD, &events, &p->flexd);

	if (error) {
		log_error(AREA,
			  "descriptor %d is no channel to flexd: %s; this role is started by flexd",
			  PROC_CHANNEL_FD, strerror(-error));
		return 1;
	}
	p->timer = evtimer_new(p->base, on_timer, p);
	p->end = evtimer_new(p->base, on_end, p);
	if (!p->timer || !p->end || ike_operator_open(&p->operator, p->base, p->flexd) < 0 ||
	    ike_net_new(p->base, &net_events, &p->net) < 0) {
		log_error(AREA, "out of memory");
		return 1;
	}
	ipc_send(p->flexd, MSG_HELLO, NULL, 0, NULL, 0, -1);
	if (event_base_dispatch(p->base) < 0) {
		log_error(AREA, "the event loop failed");
		return 1;
	}
	return p->status;
}

static void end(struct process *p)
{
	struct event *const events[] = { p->timer, p->end };

	ike_operator_close(&p->operator);
	ike_core_free(p->core);
	ike_net_free(p->net);
	ipc_free(p->aaa);
	ipc_free(p->flexd);
	for (size_t i = 0; i < COUNT(events); i++)
		if (events[i])
			event_free(events[i]);
	conf_free(p->next_conf);
	conf_free(p->conf);
	event_base_free(p->base);
}

int ike_main(void)
{
	struct process p = { 0 };
	const char *what;
	int status;

	log_open("ike", LOG_LEVEL_INFO);
	if (secret_harden_process() < 0) {
		log_error(AREA, "core dumps and tracing cannot be turned off: %s", strerror(errno));
		return 1;
	}
	if (!crypto_selftest(&what)) {
		log_error(AREA, "the crypto library fails its self-test: %s", what);
		return 1;
	}
	/* Signals of a terminal reach every process; flexd decides what they mean. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	p.base = event_base_new();
	if (!p.base) {
		log_error(AREA, "no event loop: out of memory");
		return 1;
	}
	status = run(&p);
	end(&p);
	return status;
}
