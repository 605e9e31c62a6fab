/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of ikeload: a load of IKEv2 clients with pre-shared keys. */
#ifndef TOOLS_IKELOAD_H
#define TOOLS_IKELOAD_H

#include "support/initiator.h"

#include <event2/event.h>

enum { COUNT_MAX = 100000, REASONS_MAX = 32 };

struct options {
	struct fg_ip gateway;
	struct fg_ip source, source_last; /* zero: the kernel's choice */
	const char *prefix, *suffix, *psk;
	unsigned count, parallel;
	unsigned hold_s, timeout_s, deadline_s;
	bool want4, want6;
	bool nat, logout, json;
};

enum phase { WAITING, LOGGING_IN, UP, LOGGING_OUT, OVER };

struct load;

struct client {
	struct load *load;
	unsigned number;
	enum phase phase;
	int fd;
	struct event *readable, *timer;
	struct initiator *in;
	uint8_t last[INITIATOR_DATAGRAM_MAX]; /* to be sent again */
	size_t last_len;
	unsigned tries;
	uint64_t begun_us;
};

struct load {
	struct options options;
	struct event_base *base;
	struct client *clients;
	unsigned begun, open; /* open: logging in just now */
	unsigned up, failed, logged_out, deleted, over;
	uint64_t *latency_us; /* one per success */
	uint64_t first_us, last_up_us;
	struct {
		char name[64];
		unsigned count;
	} reason[REASONS_MAX];
	unsigned reasons;
};

uint64_t now_us(void);
/* Returns false when the client cannot even begin; it counts as failed then. */
bool client_begin(struct client *client);
void client_logout(struct client *client);
void client_free(struct client *client);

/* Of the load: a login succeeded, or anything failed, or a client is done. */
void load_up(struct client *client);
void load_failed(struct client *client, const char *reason);
void load_over(struct client *client);

#endif
