/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flexd itself: it reads no byte from the outside network, starts the processes that do, owns
 * sessions, leases and the data plane, and answers flexctl. Everything runs in one event loop.
 */
#ifndef SESSION_BROKER_H
#define SESSION_BROKER_H

#include "core/ipc.h"
#include "core/proc.h"
#include "session/cookies.h"
#include "session/files.h"
#include "session/session.h"
#include "session/sockets.h"

#include <event2/event.h>

/* In the order of the start: who reads the network comes last. */
enum child_role { CHILD_WORKER, CHILD_AAA, CHILD_IKE, CHILDREN };

enum child_stage {
	CHILD_DOWN,
	CHILD_HELLO,     /* owes HELLO */
	CHILD_PREPARING, /* owes CONF_PREPARED */
	CHILD_PREPARED,  /* waits for START, which waits for others */
	CHILD_STARTING,  /* owes READY */
	CHILD_READY,
};

struct child {
	struct broker *broker;
	enum child_role role;
	struct proc proc;
	struct ipc *ipc; /* NULL: no channel */
	enum child_stage stage;
	bool has_channel;       /* ike and aaa: to each other */
	unsigned owes_prepared; /* answers to CONF_PREPARE */
	struct event *deadline; /* for what it owes, or to end by itself */
	struct event *restart;
};

enum broker_phase { BROKER_STARTING, BROKER_RUNNING, BROKER_STOPPING };

struct reload;
struct control;

/* Of the files that trustpoints name. */
struct watch {
	struct event *timer;
	unsigned every_ms, settle_ms; /* 0: as it is usual */
	uint64_t last;                /* stamp at the last look */
	uint64_t tried;               /* stamp that a reload has been made for */
	uint64_t of;                  /* stamp of the files in force at the last look */
};

struct broker {
	struct event_base *base;
	enum broker_phase phase;
	int status; /* of the process */
	uint64_t started_ms;
	const char *conf_path;
	struct run_directory run;
	struct conf *conf;
	struct conf_files files; /* what conf was read from */
	struct plane *plane;
	struct sessions *sessions;
	struct ike_sockets sockets;
	struct cookies cookies;
	struct child child[CHILDREN];
	int worker; /* flexdp, the program; -1: none */
	char worker_path[32];
	struct msg_worker_info worker_info;
	unsigned answer_ms;    /* flexctl waits so long for what other processes say */
	struct reload *reload; /* NULL: none is under way */
	struct watch watch;
	struct control *control; /* NULL before the start is complete */
	struct event *signals[4];
	size_t signal_count;
	struct event *stop_timer;
	unsigned stop_step;
};

/* Runs until it is told to stop. Returns the exit status. */
int broker_run(const char *conf_path);

/* --- child.c: one process --- */

int child_init(struct child *child, struct broker *broker, enum child_role role);
void child_free(struct child *child);
const char *child_name(const struct child *child);
/* Returns 0 or -errno; after -errno a restart is due when the broker runs. */
int child_start(struct child *child);
int child_send(struct child *child, uint32_t type, const void *body, size_t len, int fd);
void child_set_stage(struct child *child, enum child_stage stage);
/* Close its channel; it gets a moment to end by itself. */
void child_disown(struct child *child);
/* Look which of our processes have ended. */
void children_reap(struct broker *broker);
bool children_gone(const struct broker *broker);

/* --- supervise.c: what follows from a child's life --- */

extern const struct ipc_rule child_worker_rules[], child_aaa_rules[], child_ike_rules[];
extern const size_t child_worker_rule_count, child_aaa_rule_count, child_ike_rule_count;

/* A stage changed: do what has become possible. */
void supervise_step(struct broker *broker);
/* The files for it to prepare, with positions of their own. Returns 0 or -errno. */
int supervise_send_conf(struct child *child, const struct conf_files *files);
/* Where clients reach us, to ike if it is ready. */
void supervise_send_locals(void *broker);
/* Its channel is gone. Called once per life. */
void supervise_lost(struct child *child);
/* The start cannot succeed. */
void supervise_fail(struct broker *broker);
int supervise_to_ike(void *broker, uint32_t type, const void *body, size_t len);

/* --- stop.c --- */

/* Goodbye to the clients, then everything goes; called again: at once. */
void broker_stop(struct broker *broker);
void stop_child_gone(struct child *child);

/* --- reload.c --- */

typedef void reload_done(void *arg, bool ok, const char *text);

/* done is called once, perhaps before this returns. text is one sentence. */
void reload_start(struct broker *broker, reload_done *done, void *arg);
void reload_prepared(struct child *child, const struct msg_conf_prepared *answer);
/* A child died or flexd stops. Harmless when none is under way. */
void reload_abort(struct broker *broker, const char *why);
/* The caller of reload_start() is gone; the reload goes on. */
void reload_forget(struct broker *broker, const void *arg);
void reload_from_signal(struct broker *broker);
/* Only the files of the trustpoints are read anew, the text in force stays. */
void reload_renew(struct broker *broker);
/* False: one would be refused at once. */
bool reload_possible(const struct broker *broker);

/* --- watch.c --- */

/* Returns 0 or -ENOMEM. */
int watch_start(struct broker *broker);
void watch_stop(struct broker *broker); /* harmless when it never began */

#endif
