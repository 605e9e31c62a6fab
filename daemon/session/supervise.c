// SPDX-License-Identifier: BSD-2-Clause
/*
 * The handshake with each child, and what one child's life means for the others. A child goes up
 * the stages of child_stage by what it says; supervise_step() sends what has become possible.
 */
#include "session/broker.h"
#include "session/control.h"
#include "session/notify.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define AREA         "process"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BODY(type)   sizeof(struct type), sizeof(struct type)
#define NOTHING      0, 0

enum { DEMAND_MAX_MS = 60 * 1000 };

/* --- what flexd says --- */

/* A descriptor of its own for the child; fd stays ours. */
static int send_file(struct child *child, uint32_t type, const void *body, size_t len, int fd)
{
	int copy = file_reopen(fd), error;

	if (copy < 0)
		return copy;
	error = child_send(child, type, body, len, copy);
	close(copy);
	return error;
}

static int send_keys(struct child *child, const struct pki_files *files)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < CONF_TRUSTPOINTS_MAX; i++) {
		struct msg_key_prepare m = { .trustpoint = i };

		if (files->key[i] >= 0)
			error = send_file(child, MSG_KEY_PREPARE, &m, sizeof(m), files->key[i]);
	}
	return error;
}

int supervise_send_conf(struct child *child, const struct conf_files *files)
{
	int error = send_file(child, MSG_CONF_PREPARE, NULL, 0, files->conf);

	if (!error)
		error = send_file(child, MSG_PKI_PREPARE, NULL, 0, files->pki.bundle);
	if (!error && child->role == CHILD_AAA)
		error = send_keys(child, &files->pki);
	if (!error && child->role == CHILD_AAA)
		error = send_file(child, MSG_SECRETS_PREPARE, NULL, 0, files->secrets);
	child->owes_prepared += !error;
	return error;
}

static int send_worker_start(struct child *child)
{
	struct msg_worker_start start;

	memset(&start, 0, sizeof(start));
	plane_worker_start(child->broker->plane, &start);
	start.log_level = child->broker->conf->gateway.log_level;
	return child_send(child, MSG_WORKER_START, &start, sizeof(start), -1);
}

static int send_sockets(struct child *child)
{
	const struct ike_sockets *sockets = &child->broker->sockets;
	int error = 0;

	for (size_t i = 0; !error && i < sockets->count; i++) {
		struct msg_socket m = { .local = sockets->at[i].local };

		error = child_send(child, MSG_SOCKET, &m, sizeof(m), sockets->at[i].fd);
	}
	return error;
}

void supervise_send_locals(void *arg)
{
	struct broker *broker = arg;
	struct msg_locals m = { 0 };

	m.count = (uint32_t)plane_locals(broker->plane, m.ip, FG_LOCALS);
	supervise_to_ike(broker, MSG_LOCALS, &m, sizeof(m));
}

/* --- what a child says --- */

static int on_hello(void *arg, const struct ipc_message *message)
{
	struct child *child = arg;

	(void)message;
	if (child->stage != CHILD_HELLO)
		return -EPROTO;
	if (child->role == CHILD_WORKER) {
		child_set_stage(child, CHILD_STARTING);
		return send_worker_start(child);
	}
	child_set_stage(child, CHILD_PREPARING);
	return supervise_send_conf(child, &child->broker->files);
}

static int on_prepared(void *arg, const struct ipc_message *message)
{
	struct child *child = arg;
	const struct msg_conf_prepared *answer = message->body;
	int error;

	if (!msg_text_ok(answer->why, sizeof(answer->why)) || child->owes_prepared == 0)
		return -EPROTO;
	child->owes_prepared--;
	if (child->stage == CHILD_READY) {
		/* Or it is about a file that was given up before it had looked at it. */
		if (child->owes_prepared == 0)
			reload_prepared(child, answer);
		return 0;
	}
	if (child->stage != CHILD_PREPARING)
		return -EPROTO;
	if (!answer->ok) {
		log_error(AREA, "%s refuses the configuration: %s", child_name(child), answer->why);
		child_disown(child);
		return 0;
	}
	error = child_send(child, MSG_CONF_COMMIT, NULL, 0, -1);
	if (!error && child->role == CHILD_IKE)
		error = send_sockets(child);
	if (error)
		return 0; /* the channel says so itself */
	child_set_stage(child, CHILD_PREPARED);
	supervise_step(child->broker);
	return 0;
}

static int on_ready(void *arg, const struct ipc_message *message)
{
	struct child *child = arg;

	(void)message;
	if (child->stage != CHILD_STARTING)
		return -EPROTO;
	child_set_stage(child, CHILD_READY);
	if (child->role == CHILD_IKE) {
		supervise_send_locals(child->broker);
		cookies_tell(child->broker);
	}
	if (child->broker->phase == BROKER_RUNNING)
		log_info(AREA, "%s works again, process %d", child_name(child),
			 (int)child->proc.pid);
	supervise_step(child->broker);
	return 0;
}

static int on_worker_info(void *arg, const struct ipc_message *message)
{
	struct child *child = arg;
	const struct msg_worker_info *info = message->body;

	if (!msg_text_ok(info->crypto, sizeof(info->crypto)) || info->workers > MSG_WORKERS_MAX)
		return -EPROTO;
	child->broker->worker_info = *info;
	return 0;
}

static int on_hop_want(void *arg, const struct ipc_message *message)
{
	struct child *child = arg;
	const struct msg_hop_want *want = message->body;

	if (child->stage != CHILD_READY)
		return -EPROTO;
	plane_hop_want(child->broker->plane, &want->dst);
	return 0;
}

static int on_moved(void *arg, const struct ipc_message *message)
{
	struct child *child = arg;

	return child->stage == CHILD_READY ? session_moved(child->broker->sessions, message->body)
					   : -EPROTO;
}

static int from_ike(void *arg, const struct ipc_message *message)
{
	struct child *child = arg;

	return child->stage == CHILD_READY
		       ? session_from_ike(child->broker->sessions, message->type, message->body)
		       : -EPROTO;
}

static int answer_from_ike(void *arg, const struct ipc_message *message)
{
	struct child *child = arg;

	return control_from_ike(child->broker->control, message->type, message->body);
}

/* What is demanded longer than this was not asked for by an honest ike. */
static int on_cookie_demand(void *arg, const struct ipc_message *message)
{
	const struct msg_cookie_demand *demand = message->body;
	struct child *child = arg;

	if (child->stage != CHILD_READY || demand->ms > DEMAND_MAX_MS)
		return -EPROTO;
	plane_guard_demand(child->broker->plane, demand->ms);
	return 0;
}

/* aaa may be dying, or only the channel broke, which nobody else can see. */
static int on_aaa_lost(void *arg, const struct ipc_message *message)
{
	struct child *ike = arg;

	(void)message;
	if (!ike->has_channel)
		return -EPROTO;
	ike->has_channel = false;
	supervise_step(ike->broker);
	return 0;
}

/* clang-format off */
const struct ipc_rule child_worker_rules[] = {
	{ MSG_HELLO,         "HELLO",         NOTHING,                 on_hello,         false },
	{ MSG_WORKER_INFO,   "WORKER_INFO",   BODY(msg_worker_info),   on_worker_info,   false },
	{ MSG_READY,         "READY",         NOTHING,                 on_ready,         false },
	{ MSG_HOP_WANT,      "HOP_WANT",      BODY(msg_hop_want),      on_hop_want,      false },
	{ MSG_MOVED,         "MOVED",         BODY(msg_moved),         on_moved,         false },
};
const struct ipc_rule child_aaa_rules[] = {
	{ MSG_HELLO,         "HELLO",         NOTHING,                 on_hello,         false },
	{ MSG_CONF_PREPARED, "CONF_PREPARED", BODY(msg_conf_prepared), on_prepared,      false },
	{ MSG_READY,         "READY",         NOTHING,                 on_ready,         false },
};
const struct ipc_rule child_ike_rules[] = {
	{ MSG_HELLO,         "HELLO",         NOTHING,                 on_hello,         false },
	{ MSG_CONF_PREPARED, "CONF_PREPARED", BODY(msg_conf_prepared), on_prepared,      false },
	{ MSG_READY,         "READY",         NOTHING,                 on_ready,         false },
	{ MSG_SESSION_BEGIN, "SESSION_BEGIN", BODY(msg_session_begin), from_ike,         false },
	{ MSG_SPI_ASK,       "SPI_ASK",       BODY(msg_spi_ask),       from_ike,         false },
	{ MSG_SA_ADD,        "SA_ADD",        BODY(msg_sa_add),        from_ike,         false },
	{ MSG_SA_USE,        "SA_USE",        BODY(msg_sa_use),        from_ike,         false },
	{ MSG_SA_DEL,        "SA_DEL",        BODY(msg_sa_del),        from_ike,         false },
	{ MSG_IDLE_ASK,      "IDLE_ASK",      BODY(msg_idle_ask),      from_ike,         false },
	{ MSG_SESSION_MOVE,  "SESSION_MOVE",  BODY(msg_session_move),  from_ike,         false },
	{ MSG_SESSION_END,   "SESSION_END",   BODY(msg_session_end),   from_ike,         false },
	{ MSG_IKE_SA_ROW,    "IKE_SA_ROW",    BODY(msg_ike_sa_row),    answer_from_ike,  false },
	{ MSG_IKE_TALLY,     "IKE_TALLY",     BODY(msg_ike_tally),     answer_from_ike,  false },
	{ MSG_IKE_TRACE_LINE, "IKE_TRACE_LINE", BODY(msg_ike_trace_line), answer_from_ike,  false },
	{ MSG_ALGORITHM_ROW, "ALGORITHM_ROW", BODY(msg_algorithm_row), answer_from_ike,  false },
	{ MSG_PKI_ROW,       "PKI_ROW",       BODY(msg_pki_row),       answer_from_ike,  false },
	{ MSG_IKE_STATS,     "IKE_STATS",     BODY(msg_ike_stats),     answer_from_ike,  false },
	{ MSG_COOKIE_DEMAND, "COOKIE_DEMAND", BODY(msg_cookie_demand), on_cookie_demand, false },
	{ MSG_AAA_LOST,      "AAA_LOST",      NOTHING,                 on_aaa_lost,      false },
};
/* clang-format on */
const size_t child_worker_rule_count = COUNT(child_worker_rules);
const size_t child_aaa_rule_count = COUNT(child_aaa_rules);
const size_t child_ike_rule_count = COUNT(child_ike_rules);

/* --- what follows --- */

/* ike and aaa speak without flexd: a new pair whenever one of them is new. */
static void connect_pair(struct child *ike, struct child *aaa)
{
	int pair[2], error;

	if (ike->stage < CHILD_PREPARED || aaa->stage < CHILD_PREPARED ||
	    (ike->has_channel && aaa->has_channel))
		return;
	error = ipc_pair(pair);
	if (error) {
		log_error(AREA, "ike and aaa cannot be connected: %s", strerror(-error));
		return;
	}
	ike->has_channel = child_send(ike, MSG_AAA_CHANNEL, NULL, 0, pair[0]) == 0;
	aaa->has_channel = child_send(aaa, MSG_AAA_CHANNEL, NULL, 0, pair[1]) == 0;
	close(pair[0]);
	close(pair[1]);
}

static void start_work(struct child *child)
{
	if (child->stage == CHILD_PREPARED && child->has_channel &&
	    child_send(child, MSG_START, NULL, 0, -1) == 0)
		child_set_stage(child, CHILD_STARTING);
}

static void announce(struct broker *broker)
{
	char text[128];

	broker->phase = BROKER_RUNNING;
	if (control_open(broker, &broker->control)) {
		supervise_fail(broker);
		return;
	}
	snprintf(text, sizeof(text), "READY=1\nSTATUS=%u sessions at most",
		 broker->conf->gateway.max_sessions - 1);
	notify_systemd(text);
	log_info(AREA,
		 "FlexGate " FG_VERSION
		 " ready: IKE sockets %zu, workers %u (%s), sessions at most %u",
		 broker->sockets.count, broker->worker_info.workers, broker->worker_info.crypto,
		 broker->conf->gateway.max_sessions - 1);
}

void supervise_step(struct broker *broker)
{
	struct child *worker = &broker->child[CHILD_WORKER], *aaa = &broker->child[CHILD_AAA],
		     *ike = &broker->child[CHILD_IKE];

	if (broker->phase == BROKER_STOPPING)
		return;
	connect_pair(ike, aaa);
	start_work(aaa);
	/* At the start nobody hears the network before everything behind it works; later a client
	 * may well log in while flexdp is on its way back. */
	if (aaa->stage == CHILD_READY &&
	    (worker->stage == CHILD_READY || broker->phase == BROKER_RUNNING))
		start_work(ike);
	if (broker->phase == BROKER_STARTING && worker->stage == CHILD_READY &&
	    aaa->stage == CHILD_READY && ike->stage == CHILD_READY)
		announce(broker);
}

void supervise_lost(struct child *child)
{
	struct broker *broker = child->broker;

	reload_abort(broker, "a process ended in the middle of it");
	if (child->role == CHILD_IKE) {
		control_ike_lost(broker->control);
		sessions_end_all(broker->sessions, broker->phase == BROKER_STOPPING
							   ? FG_CAUSE_shutdown
							   : FG_CAUSE_ike_died);
	}
}

void supervise_fail(struct broker *broker)
{
	broker->status = 1;
	if (broker->phase != BROKER_STOPPING)
		broker_stop(broker);
}

int supervise_to_ike(void *arg, uint32_t type, const void *body, size_t len)
{
	struct broker *broker = arg;
	struct child *ike = &broker->child[CHILD_IKE];

	return ike->stage == CHILD_READY ? child_send(ike, type, body, len, -1) : -EPIPE;
}
