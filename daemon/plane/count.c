// SPDX-License-Identifier: BSD-2-Clause
/* Counters: BPF counts per CPU, each worker in its own rows; a reader sums. */
#include "plane/internal.h"

#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>

/* Sum `words` 64-bit counters over CPUs and workers; in both maps they lie in one order. */
static void sum(const struct plane *plane, enum plane_map per_cpu, enum plane_map per_worker,
		uint32_t id, uint64_t *total, size_t words)
{
	const uint64_t *worker = plane->memory[per_worker].p;
	uint64_t *cpu = calloc((size_t)plane->cpus * words, sizeof(*cpu));

	memset(total, 0, words * sizeof(*total));
	if (cpu && bpf_map_lookup_elem(plane->fd[per_cpu], &id, cpu) == 0) {
		for (size_t i = 0; i < (size_t)plane->cpus * words; i++)
			total[i % words] += cpu[i];
	}
	free(cpu);
	for (uint32_t w = 0; w < plane->workers; w++) {
		const uint64_t *row = worker + ((size_t)w * plane->sessions + id) * words;

		for (size_t i = 0; i < words; i++)
			total[i] += __atomic_load_n(&row[i], __ATOMIC_RELAXED);
	}
}

static void clear(const struct plane *plane, enum plane_map per_cpu, enum plane_map per_worker,
		  uint32_t id, size_t words)
{
	uint64_t *worker = plane->memory[per_worker].p;
	uint64_t *zero = calloc((size_t)plane->cpus * words, sizeof(*zero));

	if (zero)
		bpf_map_update_elem(plane->fd[per_cpu], &id, zero, BPF_ANY);
	free(zero);
	for (uint32_t w = 0; w < plane->workers; w++)
		memset(worker + ((size_t)w * plane->sessions + id) * words, 0,
		       words * sizeof(*worker));
}

enum {
	COUNT_WORDS = sizeof(struct fg_count) / sizeof(uint64_t),
	DROP_WORDS = sizeof(struct fg_drop) / sizeof(uint64_t),
};

void count_clear(struct plane *plane, uint32_t id)
{
	clear(plane, PLANE_fg_count, PLANE_fg_count_worker, id, COUNT_WORDS);
	clear(plane, PLANE_fg_drop, PLANE_fg_drop_worker, id, DROP_WORDS);
}

void plane_count(const struct plane *plane, uint32_t id, struct fg_count *count)
{
	memset(count, 0, sizeof(*count));
	if (id < plane->sessions)
		sum(plane, PLANE_fg_count, PLANE_fg_count_worker, id, (uint64_t *)count,
		    COUNT_WORDS);
}

void plane_drops(const struct plane *plane, uint32_t id, struct fg_drop *drops)
{
	memset(drops, 0, sizeof(*drops));
	if (id < plane->sessions)
		sum(plane, PLANE_fg_drop, PLANE_fg_drop_worker, id, (uint64_t *)drops, DROP_WORDS);
}
