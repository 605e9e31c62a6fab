/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Child processes: started by fork and exec of a role, each with a channel to the parent on file
 * descriptor PROC_CHANNEL_FD; watched; restarted with growing pauses. A child is confined
 * by sandbox.h before it reads anything from outside.
 */
#ifndef CORE_PROC_H
#define CORE_PROC_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROC_CHANNEL_FD = 3 };

struct proc {
	const char *name;        /* "ike": shown as "flexd: ike" */
	const char *path;        /* program, e.g. /proc/self/exe */
	const char *const *argv; /* NULL-terminated, argv[0] is what ps shows */
	pid_t pid;               /* 0: not running; proc_start() sets it, who reaps it clears it */
	/* proc_start() keeps these: */
	uint32_t restarts;
	uint32_t early_deaths; /* in a row */
	uint64_t started_ms;   /* CLOCK_MONOTONIC, 0: never */
};

/*
 * Fork and exec; on success *channel is the parent's end (close-on-exec, non-blocking). No other
 * descriptor above 2 is inherited, standard input is /dev/null, signals are as at birth, and the
 * child is killed when the calling thread ends. Returns 0 or -errno, also what exec said.
 */
int proc_start(struct proc *proc, int *channel);
/* Milliseconds to wait before the next start: 100 ms doubled per early death, 10 s at most;
 * back to 100 ms after a minute of life. */
unsigned proc_restart_delay(const struct proc *proc, uint64_t now_ms);
/* "killed by signal 9", "exit status 1". Returns buf. */
const char *proc_status_text(int status, char *buf, size_t cap);

/* Standard input, output and error are open from here on, if only to /dev/null: the next file would
 * be one of them otherwise, and log lines would go into it. First of all. */
void proc_open_standard(void);
/* The name that ps -o comm and the kernel's log show; exec of /proc/self/exe leaves "exe" there. */
void proc_set_name(const char *name);

#endif
