// SPDX-License-Identifier: BSD-2-Clause
/* Maps and programs: made by libbpf from the skeletons, sized from the configuration. */
#include "core/log.h"
#include "core/secret.h"
#include "inside.skel.h"
#include "maps.skel.h"
#include "outside.skel.h"
#include "plane/internal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const map_name[PLANE_MAPS] = {
#define PLANE_MAP_NAME(name, question) [PLANE_##name] = #name,
	FG_MAPS(PLANE_MAP_NAME)
#undef PLANE_MAP_NAME
};

/* 0: as declared in bpf/maps.h. */
static uint32_t rows_of(const struct plane *plane, enum plane_map map)
{
	switch (map) {
	case PLANE_fg_session:
	case PLANE_fg_count:
	case PLANE_fg_drop:
	case PLANE_fg_host4:
	case PLANE_fg_host6:
		return plane->sessions;
	case PLANE_fg_sa:
		return plane->sas;
	case PLANE_fg_selector:
		return plane->selectors;
	case PLANE_fg_count_worker:
	case PLANE_fg_drop_worker:
		return plane->workers * plane->sessions;
	case PLANE_fg_route4:
	case PLANE_fg_route6:
		return plane->sessions + 2 * PLANE_ROUTES_MAX;
	default:
		return 0;
	}
}

static int map_memory(struct plane *plane, enum plane_map map, const struct bpf_map *from)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t len = (size_t)bpf_map__value_size(from) * bpf_map__max_entries(from);
	void *p;

	len = (len + page - 1) & ~(page - 1);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, plane->fd[map], 0);
	if (p == MAP_FAILED)
		return -errno;
	plane->memory[map] = (struct plane_map_memory){ .p = p, .len = len };
	return 0;
}

static int open_maps(struct plane *plane, struct plane_error *error)
{
	char path[CONF_TEXT_MAX + 32];

	plane->maps = fg_maps__open();
	if (!plane->maps)
		return plane_fail(error, -errno, "cannot read the built-in BPF maps: %s",
				  strerror(errno));
	for (enum plane_map m = 0; m < PLANE_MAPS; m++) {
		struct bpf_map *map = bpf_object__find_map_by_name(plane->maps->obj, map_name[m]);
		uint32_t rows = rows_of(plane, m);

		if (!map)
			return plane_fail(error, -ENOENT, "BPF map %s is not built in",
					  map_name[m]);
		if (rows)
			bpf_map__set_max_entries(map, rows);
		snprintf(path, sizeof(path), "%s/%s", plane->pins, map_name[m]);
		if (bpf_map__set_pin_path(map, path))
			return plane_fail(error, -ENOMEM, "no memory for BPF maps");
	}
	return 0;
}

int load_maps(struct plane *plane, struct plane_error *error)
{
	int code = open_maps(plane, error);

	if (code)
		return code;
	code = fg_maps__load(plane->maps);
	if (code)
		return plane_fail(error, code, "the kernel refuses BPF maps for %u sessions: %s%s",
				  plane->sessions, strerror(-code),
				  code == -EPERM ? " (flexd needs CAP_BPF and CAP_NET_ADMIN: start "
						   "it as root)"
						 : "");
	for (enum plane_map m = 0; m < PLANE_MAPS; m++) {
		struct bpf_map *map = bpf_object__find_map_by_name(plane->maps->obj, map_name[m]);

		plane->fd[m] = bpf_map__fd(map);
		if (bpf_map__map_flags(map) & BPF_F_MMAPABLE)
			code = map_memory(plane, m, map);
		if (code)
			return plane_fail(error, code, "cannot map %s into memory: %s", map_name[m],
					  strerror(-code));
	}
	plane->hops.rows = plane->memory[PLANE_fg_hop].p;
	return 0;
}

void load_close(struct plane *plane)
{
	const enum plane_map secret[] = { PLANE_fg_sa, PLANE_fg_gate };

	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
		const struct plane_map_memory *memory = &plane->memory[secret[i]];

		if (memory->p)
			wipe(memory->p, memory->len);
	}
	for (enum plane_map m = 0; m < PLANE_MAPS; m++) {
		if (plane->memory[m].p)
			munmap(plane->memory[m].p, plane->memory[m].len);
		plane->memory[m] = (struct plane_map_memory){ 0 };
	}
	fg_maps__destroy(plane->maps);
	plane->maps = NULL;
}

/* All programs use the plane's maps instead of their own. */
static int share_maps(const struct plane *plane, struct bpf_object *object)
{
	for (enum plane_map m = 0; m < PLANE_MAPS; m++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, map_name[m]);
		int code = map ? bpf_map__reuse_fd(map, plane->fd[m]) : 0;

		if (code)
			return code;
	}
	return 0;
}

static struct bpf_object *open_outside(const struct plane *plane, struct plane_port *port)
{
	struct fg_outside *program = fg_outside__open();

	if (!program)
		return NULL;
	program->rodata->fg_port = port->number;
	program->rodata->fg_sa_mask = plane->sas - 1;
	program->rodata->fg_inside_too = port->inside;
	program->rodata->fg_answers = guard_answers(plane, port);
	memcpy((void *)(uintptr_t)program->rodata->fg_mac, port->link.mac, 6);
	port->outside_program = program;
	return program->obj;
}

static struct bpf_object *open_inside(struct plane_port *port)
{
	struct fg_inside *program = fg_inside__open();

	if (!program)
		return NULL;
	program->rodata->fg_port = port->number;
	program->rodata->fg_pair = port->pair;
	memcpy((void *)(uintptr_t)program->rodata->fg_mac, port->link.mac, 6);
	port->inside_program = program;
	return program->obj;
}

/* Opened, not loaded: libxdp decides at the attach what kind of program it becomes. */
int load_program(struct plane *plane, struct plane_port *port, struct plane_error *error)
{
	struct bpf_object *object = port->outside ? open_outside(plane, port) : open_inside(port);
	int code;

	if (!object)
		return plane_fail(error, -errno, "cannot read the built-in BPF program: %s",
				  strerror(errno));
	code = share_maps(plane, object);
	if (code)
		return plane_fail(error, code, "BPF programs and maps do not fit each other: %s",
				  strerror(-code));
	port->program = xdp_program__from_bpf_obj(object, "xdp");
	code = (int)libxdp_get_error(port->program);
	if (code) {
		port->program = NULL;
		return plane_fail(error, code, "libxdp does not take the program for %s: %s",
				  port->link.name, strerror(-code));
	}
	return 0;
}
