// SPDX-License-Identifier: BSD-2-Clause
#include "stat.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void runs_add(struct runs *runs, double value)
{
	size_t i = runs->count;

	if (runs->count == BENCH_RUNS_MAX)
		return;
	for (; i > 0 && runs->value[i - 1] > value; i--)
		runs->value[i] = runs->value[i - 1];
	runs->value[i] = value;
	runs->count++;
}

double runs_min(const struct runs *runs)
{
	return runs->count ? runs->value[0] : 0;
}

double runs_median(const struct runs *runs)
{
	return runs->count ? runs->value[runs->count / 2] : 0;
}

double runs_max(const struct runs *runs)
{
	return runs->count ? runs->value[runs->count - 1] : 0;
}

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int bench_pin(pid_t tid, unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(tid, sizeof(set), &set))
		return -errno;
	/* Other work on the machine disturbs less; without the right to it, it disturbs. */
	setpriority(PRIO_PROCESS, (id_t)tid, -20);
	return 0;
}

uint64_t bench_steal_ms(unsigned cpu)
{
	FILE *in = fopen("/proc/stat", "r");
	uint64_t v[8] = { 0 }, result = 0;
	char line[512];
	unsigned n;

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line,
			   "cpu%u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			   " %" SCNu64 " %" SCNu64 " %" SCNu64,
			   &n, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) == 9 &&
		    n == cpu)
			result = v[7] * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
	if (in)
		fclose(in);
	return result;
}

uint64_t bench_cpu_ns(pid_t pid)
{
	char path[64], line[128];
	struct dirent *entry;
	uint64_t sum = 0, ns;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		char file[128];
		FILE *in;

		/* ".." holds a schedstat, too. */
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "/proc/%d/task/%.16s/schedstat", (int)pid,
			 entry->d_name);
		in = fopen(file, "r");
		if (in && fgets(line, sizeof(line), in) && sscanf(line, "%" SCNu64, &ns) == 1)
			sum += ns;
		if (in)
			fclose(in);
	}
	if (dir)
		closedir(dir);
	return sum;
}

static json_t *of_runs(const struct runs *runs)
{
	return json_pack("{s:f,s:f,s:f,s:i}", "min", runs_min(runs), "median", runs_median(runs),
			 "max", runs_max(runs), "runs", (int)runs->count);
}

void bench_report(const char *id, const char *name, const char *unit, const struct runs *ratio,
		  const struct runs *value, const struct runs *raw, double goal, double steal_ms,
		  bool generator_limit)
{
	json_t *row = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:f,s:f,s:b}", "id", id, "name", name,
				"unit", unit, "ratio", of_runs(ratio), "value", of_runs(value),
				"raw", of_runs(raw), "goal", goal, "steal_ms", steal_ms,
				"generator_limit", generator_limit);

	json_dumpf(row, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(row);
}
