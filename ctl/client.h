/* SPDX-License-Identifier: BSD-2-Clause */
/* The flexctl end of the control socket, include/flexgate/ctl.h. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "command.h"

enum { CTL_ANSWER_TIMEOUT_S = 15, CTL_CONNECT_TIMEOUT_S = 3, CTL_LINE_MAX = 1 << 20 };

/* Returns a connected socket, or -1 with what to do about it. */
int ctl_connect(const char *path, struct ctl_error *error);

/*
 * Send one request and append the rows of its answer. fd stays open. CTL_UNREACHED when the answer
 * is cut off, late or no answer at all.
 */
enum ctl_exit ctl_exchange(int fd, const char *command, const json_t *args, json_t *rows,
			   struct ctl_error *error);

/* Who gets the rows as they come, and how long flexd may be silent (-1: for ever). */
struct ctl_taker {
	void (*row)(void *arg, json_t *row); /* borrowed */
	void *arg;
	int timeout_ms;
};

enum ctl_exit ctl_follow(int fd, const char *command, const json_t *args,
			 const struct ctl_taker *taker, struct ctl_error *error);

#endif
