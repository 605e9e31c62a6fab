// SPDX-License-Identifier: BSD-2-Clause
#include "ike/process.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/proc.h"
#include "core/secret.h"
#include "crypto/rand.h"
#include "crypto/selftest.h"
#include "ike/process_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define AREA         "ike"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void process_leave(struct process *p, int status)
{
	p->status = status;
	event_base_loopbreak(p->base);
}

/* --- the core's env --- */

static uint64_t env_now(void *arg)
{
	(void)arg;
	return clock_ms();
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

struct ike_env process_env(struct process *p)
{
	return (struct ike_env){
		.arg = p,
		.now_ms = env_now,
		.wall_s = env_wall,
		.random = env_random,
		.send = env_send,
		.to_aaa = env_to_aaa,
		.to_broker = env_to_broker,
		.trace = env_trace,
	};
}

/* --- the loop --- */

void process_settle(void *arg)
{
	struct process *p = arg;
	uint64_t at, now = clock_ms(), wait;
	struct timeval tv;

	if (!p->core)
		return;
	if (p->core->stopping && ike_stopped(p->core)) {
		process_leave(p, 0);
		return;
	}
	at = ike_next_tick(p->core);
	if (at == IKE_NEVER) {
		event_del(p->timer);
		return;
	}
	wait = at > now ? at - now : 0;
	tv = clock_timeval(wait);
	event_add(p->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	(void)fd;
	(void)what;
	ike_tick(p->core);
	process_settle(p);
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

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	process_leave(arg, 0);
}

/* Sessions are flexd's: without it nothing here means anything. */
static void flexd_broken(void *arg, const char *why)
{
	log_debug(AREA, "ends: the channel to flexd is closed: %s", why);
	process_leave(arg, 0);
}

static int run(struct process *p)
{
	const struct ipc_events events = { .rules = process_flexd_rules,
					   .rule_count = process_flexd_rule_count,
					   .arg = p,
					   .broken = flexd_broken };
	const struct ike_net_events net_events = { .arg = p,
						   .received = on_datagram,
						   .settled = process_settle };
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
	process_forget_next(p);
	pki_free(p->pki);
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
	signal(SIGPIPE, SIG_IGN); /* whoever reads the log may go */
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
