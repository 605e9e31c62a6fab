/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of a benchmark: smallest, middle and largest, and what disturbed them. */
#ifndef BENCH_STAT_H
#define BENCH_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { BENCH_RUNS_MAX = 31 };

struct runs {
	double value[BENCH_RUNS_MAX];
	size_t count;
};

void runs_add(struct runs *runs, double value);
double runs_min(const struct runs *runs);
double runs_median(const struct runs *runs);
double runs_max(const struct runs *runs);

uint64_t bench_now_ns(void);
/* Run this thread on one CPU. Returns 0 or -errno. */
int bench_pin(pid_t tid, unsigned cpu);
/* Time that the hypervisor took from a CPU, in ms since boot. */
uint64_t bench_steal_ms(unsigned cpu);
/* CPU time of every thread of a process, in ns; 0 when it is gone. */
uint64_t bench_cpu_ns(pid_t pid);

/*
 * One line of JSON on stdout, read by tests/bench/run: goal 0 means that there is none. raw is the
 * limit that value is compared with, in the same unit.
 */
void bench_report(const char *id, const char *name, const char *unit, const struct runs *ratio,
		  const struct runs *value, const struct runs *raw, double goal, double steal_ms,
		  bool generator_limit);

#endif
