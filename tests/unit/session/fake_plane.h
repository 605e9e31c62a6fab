/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plane that keeps a table instead of maps, refuses what a test tells it to, and fails the test
 * when it is used wrongly. It stands in for daemon/plane: include it once per program.
 */
#ifndef TESTS_SESSION_FAKE_PLANE_H
#define TESTS_SESSION_FAKE_PLANE_H

#include "plane/plane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

enum { FAKE_ROWS = 4096 };

/* Calls of plane_count(). */
static unsigned fake_counted __attribute__((unused));

struct plane {
	struct {
		bool used, has_sa;
		uint32_t generation;
		struct plane_session session;
		struct plane_sa sa;
		__be32 spi_in;
	} row[FAKE_ROWS];
	uint32_t rows, sas;
	bool fail_session, fail_sa, fail_moved, fail_conf;
	struct fg_count count; /* of every session */
	struct fg_event sample[4];
	size_t samples;
	const struct conf *conf;
};

int plane_open(struct event_base *base, const struct conf *conf, struct plane **out,
	       struct plane_error *error)
{
	(void)base;
	(void)conf;
	(void)out;
	(void)error;
	fail_msg("no test opens a plane");
	return -EINVAL;
}

void plane_close(struct plane *plane)
{
	(void)plane;
	fail_msg("no test closes a plane");
}

int plane_set_conf(struct plane *plane, const struct conf *conf, struct plane_error *error)
{
	if (plane->fail_conf) {
		snprintf(error->why, sizeof(error->why), "the fake plane refuses");
		return -EIO;
	}
	plane->conf = conf;
	return 0;
}

void plane_worker_start(const struct plane *plane, struct msg_worker_start *start)
{
	(void)plane;
	start->workers = 1;
}

int plane_session_add(struct plane *plane, uint32_t id, const struct plane_session *session,
		      struct plane_error *error)
{
	assert_in_range(id, 1, FAKE_ROWS - 1);
	assert_false(plane->row[id].used);
	if (plane->fail_session) {
		snprintf(error->why, sizeof(error->why), "the fake plane refuses");
		return -EIO;
	}
	plane->row[id].used = true;
	plane->row[id].generation++;
	plane->row[id].session = *session;
	plane->rows++;
	return 0;
}

void plane_session_del(struct plane *plane, uint32_t id)
{
	assert_true(plane->row[id].used);
	plane->row[id].used = false;
	plane->rows--;
	if (plane->row[id].has_sa)
		plane->sas--;
	plane->row[id].has_sa = false;
}

int plane_sa_add(struct plane *plane, const struct plane_sa *sa, __be32 *spi_in,
		 struct plane_error *error)
{
	assert_true(plane->row[sa->session].used);
	if (plane->fail_sa) {
		snprintf(error->why, sizeof(error->why), "the fake plane refuses");
		return -EIO;
	}
	plane->sas += !plane->row[sa->session].has_sa;
	plane->row[sa->session].has_sa = true;
	plane->row[sa->session].sa = *sa;
	*spi_in = plane->row[sa->session].spi_in = htonl(0x1000 + sa->session);
	return 0;
}

int plane_peer_moved(struct plane *plane, uint32_t session, const struct endpoint *peer)
{
	assert_true(plane->row[session].used);
	if (plane->fail_moved)
		return -EIO;
	plane->row[session].session.peer = *peer;
	return 0;
}

void plane_hop_want(struct plane *plane, const struct fg_ip *dst)
{
	(void)plane;
	(void)dst;
}

void plane_count(const struct plane *plane, uint32_t id, struct fg_count *count)
{
	(void)id;
	fake_counted++;
	*count = plane->count;
}

void plane_drops(const struct plane *plane, uint32_t id, struct fg_drop *drops)
{
	(void)plane;
	memset(drops, 0, sizeof(*drops));
	drops->spoofed = id + 1;
}

size_t plane_samples(const struct plane *plane, struct fg_event *out, size_t cap)
{
	assert_in_range(plane->samples, 0, cap);
	memcpy(out, plane->sample, plane->samples * sizeof(*out));
	return plane->samples;
}

uint32_t plane_generation(const struct plane *plane, uint32_t id)
{
	return plane->row[id].used ? plane->row[id].generation : 0;
}

size_t plane_ports(const struct plane *plane, struct plane_port_info *out, size_t cap)
{
	(void)plane;
	assert_true(cap > 0);
	out[0] = (struct plane_port_info){
		.name = "eth0", .role = "outside", .mode = "native", .queues = 1, .mtu = 1500
	};
	return 1;
}

void plane_info(const struct plane *plane, struct plane_info *out)
{
	*out = (struct plane_info){ .abi = FG_ABI,
				    .sessions_max = FAKE_ROWS,
				    .sas_used = plane->sas,
				    .pin_directory = "/sys/fs/bpf/flexgate/v1",
				    .reason = "a test" };
}

#endif
