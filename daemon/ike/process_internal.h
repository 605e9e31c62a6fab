/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process around the core: process.c has its loop, from_flexd.c and from_aaa.c what comes over
 * the two channels.
 */
#ifndef IKE_PROCESS_INTERNAL_H
#define IKE_PROCESS_INTERNAL_H

#include "core/ipc.h"
#include "ike/core.h"
#include "ike/net.h"
#include "ike/operator.h"

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

/* The loop ends after this turn with that exit status. */
void process_leave(struct process *p, int status);
/* After everything that may have moved a deadline or ended the last SA. arg: the process. */
void process_settle(void *arg);
struct ike_env process_env(struct process *p);

/* --- from_flexd.c --- */

extern const struct ipc_rule process_flexd_rules[];
extern const size_t process_flexd_rule_count;
void process_forget_next(struct process *p);

/* --- from_aaa.c --- */

/* MSG_AAA_CHANNEL. */
int process_aaa_channel(void *arg, const struct ipc_message *message);

#endif
