// SPDX-License-Identifier: BSD-2-Clause
#include "worker/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct opening {
	struct maps *maps;
	const char *directory;
	char *why;
	size_t why_size;
};

static int open_pin(const struct opening *o, const char *name)
{
	char path[512];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", o->directory, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = bpf_obj_get(path);
	if (fd < 0) {
		int error = errno;

		snprintf(o->why, o->why_size, "map %s cannot be opened: %s", path, strerror(error));
		return -error;
	}
	return fd;
}

static int check_map(const struct opening *o, const char *name, int fd, size_t value_size,
		     uint32_t rows)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.value_size == value_size && info.max_entries >= rows)
		return 0;
	snprintf(o->why, o->why_size,
		 "map %s/%s has %u rows of %u bytes, this flexdp needs %u of %zu: another version "
		 "of flexd made it",
		 o->directory, name, info.max_entries, info.value_size, rows, value_size);
	return -EPROTO;
}

/* Array maps of the kernel lie as max_entries values of a size rounded up to 8. */
static int map_array(const struct opening *o, const char *name, size_t value_size, uint64_t rows,
		     int protection, void **out)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t len = (value_size * rows + (size_t)page - 1) / (size_t)page * (size_t)page;
	struct maps *maps = o->maps;
	int fd, result;
	void *p;

	if (rows == 0 || rows > UINT32_MAX)
		return -EINVAL;
	fd = open_pin(o, name);
	if (fd < 0)
		return fd;
	result = check_map(o, name, fd, value_size, (uint32_t)rows);
	if (result == 0) {
		p = mmap(NULL, len, protection, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED) {
			result = -errno;
			snprintf(o->why, o->why_size, "map %s/%s cannot be mapped: %s",
				 o->directory, name, strerror(-result));
		} else {
			maps->area[maps->areas++] = (struct maps_area){ p, len };
			*out = p;
		}
	}
	close(fd);
	return result;
}

static int map_all(const struct opening *o, uint32_t workers)
{
	enum { RO = PROT_READ, RW = PROT_READ | PROT_WRITE };
	struct maps *m = o->maps;
	uint64_t counted = (uint64_t)m->sessions * workers;
	void *conf, *session, *sa, *selector, *hop, *count, *drop;
	int result;

	if ((result = map_array(o, "fg_conf", sizeof(*m->conf), 1, RO, &conf)) ||
	    (result = map_array(o, "fg_session", sizeof(*m->session), m->sessions, RO, &session)) ||
	    (result = map_array(o, "fg_sa", sizeof(*m->sa), m->sas, RW, &sa)) ||
	    (result = map_array(o, "fg_selector", sizeof(*m->selector), m->selectors, RO,
				&selector)) ||
	    (result = map_array(o, "fg_hop", sizeof(*m->hop), FG_HOP_ROWS, RW, &hop)) ||
	    (result = map_array(o, "fg_count_worker", sizeof(*m->count), counted, RW, &count)) ||
	    (result = map_array(o, "fg_drop_worker", sizeof(*m->drop), counted, RW, &drop)))
		return result;
	m->conf = conf;
	m->session = session;
	m->sa = sa;
	m->selector = selector;
	m->hop = hop;
	m->count = count;
	m->drop = drop;
	if (m->conf->abi != FG_ABI) {
		snprintf(o->why, o->why_size, "maps in %s have ABI %u, this flexdp has %u",
			 o->directory, m->conf->abi, FG_ABI);
		return -EPROTO;
	}
	m->xsk_fd = open_pin(o, "fg_xsk");
	return m->xsk_fd < 0 ? m->xsk_fd : 0;
}

int maps_open(struct maps *maps, const struct msg_worker_start *start, char *why, size_t why_size)
{
	const struct opening o = { maps, start->bpf_directory, why, why_size };
	int result;

	memset(maps, 0, sizeof(*maps));
	maps->xsk_fd = -1;
	maps->sessions = start->sessions;
	maps->sas = start->sas;
	maps->selectors = start->selectors;
	snprintf(why, why_size, "maps in %s: out of memory or wrong sizes", o.directory);
	result = map_all(&o, start->workers);
	if (result == 0 && start->workers > 1) {
		maps->sa_lock = calloc(maps->sas, 1);
		result = maps->sa_lock ? 0 : -ENOMEM;
	}
	if (result)
		maps_close(maps);
	return result;
}

void maps_close(struct maps *maps)
{
	for (size_t i = 0; i < maps->areas; i++)
		munmap(maps->area[i].p, maps->area[i].len);
	if (maps->xsk_fd >= 0)
		close(maps->xsk_fd);
	free(maps->sa_lock);
	memset(maps, 0, sizeof(*maps));
	maps->xsk_fd = -1;
}
