// SPDX-License-Identifier: BSD-2-Clause
/* Rows of fg_session. A row is complete before its state says so, and dead before it is emptied. */
#include "core/log.h"
#include "plane/internal.h"
#include "plane/outer.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

static uint64_t boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void set_state(struct fg_session *row, uint32_t state)
{
	__atomic_store_n(&row->state, state, __ATOMIC_RELEASE);
}

/* The generation stays: by it a worker knows the next owner from this one. */
static void empty(struct fg_session *row)
{
	uint32_t generation = row->generation;

	set_state(row, FG_SESSION_FREE);
	memset(row, 0, sizeof(*row));
	row->generation = generation;
}

static int add_hosts(const struct plane *plane, uint32_t id, const struct fg_session *row)
{
	int code = 0;

	if (row->inner4)
		code = bpf_map_update_elem(plane->fd[PLANE_fg_host4], &row->inner4, &id,
					   BPF_NOEXIST);
	if (code || ip_is_zero(&row->inner6))
		return code;
	code = bpf_map_update_elem(plane->fd[PLANE_fg_host6], &row->inner6, &id, BPF_NOEXIST);
	if (code && row->inner4)
		bpf_map_delete_elem(plane->fd[PLANE_fg_host4], &row->inner4);
	return code;
}

int plane_session_add(struct plane *plane, uint32_t id, const struct plane_session *session,
		      struct plane_error *error)
{
	struct fg_session *row;
	int code;

	if (!id || id >= plane->sessions)
		return plane_fail(error, -EINVAL, "session %u is not in the plane's range 1 to %u",
				  id, plane->sessions - 1);
	row = plane_fg_session(plane, id);
	if (row->state != FG_SESSION_FREE)
		return plane_fail(error, -EEXIST, "session %u is in use in the plane", id);
	/* Not when the last owner ended: a worker may have counted for it once more. */
	count_clear(plane, id);
	row->generation++;
	row->inner4 = session->inner4;
	row->inner6 = session->inner6;
	row->mtu = session->mtu;
	row->mss4 = session->mss4;
	row->mss6 = session->mss6;
	row->peer = session->peer.ip;
	row->peer_port = session->peer.port;
	row->local = session->local.ip;
	row->local_port = session->local.port;
	row->begun_ns = boot_ns();
	set_state(row, FG_SESSION_UP);
	code = add_hosts(plane, id, row);
	if (code) {
		empty(row);
		return plane_fail(error, code,
				  "session %u: the kernel does not take its inner address: %s", id,
				  code == -EEXIST ? "another session holds it" : strerror(-code));
	}
	return 0;
}

void plane_session_del(struct plane *plane, uint32_t id)
{
	struct fg_session *row;

	if (!id || id >= plane->sessions)
		return;
	row = plane_fg_session(plane, id);
	if (row->state == FG_SESSION_FREE)
		return;
	set_state(row, FG_SESSION_ENDING);
	sas_end(plane, id);
	if (row->inner4)
		bpf_map_delete_elem(plane->fd[PLANE_fg_host4], &row->inner4);
	if (!ip_is_zero(&row->inner6))
		bpf_map_delete_elem(plane->fd[PLANE_fg_host6], &row->inner6);
	empty(row);
}

uint32_t plane_generation(const struct plane *plane, uint32_t id)
{
	const struct fg_session *row;

	if (!id || id >= plane->sessions)
		return 0;
	row = plane_fg_session(plane, id);
	return row->state == FG_SESSION_FREE ? 0 : row->generation;
}
