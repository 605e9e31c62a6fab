/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane without a control plane: maps filled by hand with one session, the XDP programs on
 * the devices of the lab, and flexdp, told over its channel what flexd would tell it.
 */
#ifndef BENCH_GATEWAY_H
#define BENCH_GATEWAY_H

#include "lab.h"

#include <event2/event.h>
#include <flexgate/plane.h>

struct fg_maps;
struct fg_outside;
struct fg_inside;
struct ipc;

enum { GATEWAY_SESSION = 1, GATEWAY_SA_IN = 2, GATEWAY_SA_OUT = 3, GATEWAY_ROWS = 64 };

struct gateway {
	struct fg_maps *maps;
	struct fg_outside *outside;
	struct fg_inside *inside, *pair;
	struct fg_conf *conf; /* the maps, as memory */
	struct fg_session *session;
	struct fg_sa *sa;
	struct fg_hop *hop;
	struct event_base *base;
	struct ipc *channel;
	pid_t worker;
	pid_t napi[3];
	char crypto[64];
};

void gateway_open(struct gateway *g, const struct lab *lab, const char *flexdp);
int gateway_sa_fd(const struct gateway *g);
void gateway_close(struct gateway *g);
/* CPU time of the worker and of the NAPI threads of its devices. */
uint64_t gateway_cpu_ns(const struct gateway *g);
/* Sum of all drops by reason, for a figure that looks wrong. */
void gateway_print_drops(const struct gateway *g);
/* The row as the client holds it: sends what GATEWAY_SA_IN receives. */
void gateway_client_row(const struct gateway *g, struct fg_sa *row);

#endif
