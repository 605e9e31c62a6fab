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

enum { FAKE_ROWS = 4096, FAKE_SAS = 256 };

/* Calls of plane_count(). */
static unsigned fake_counted __attribute__((unused));

struct fake_sa {
	bool used, added, muted;
	__be32 spi_in;
	struct plane_sa sa; /* of a reserved one only the session */
	struct plane_sa_state state;
};

struct plane {
	struct {
		bool used, udp, moves;
		uint32_t generation;
		uint32_t sas_ever;
		struct plane_session session;
	} row[FAKE_ROWS];
	struct fake_sa sa[FAKE_SAS];
	uint32_t rows, sas;
	bool fail_session, fail_spi, fail_moved, fail_conf;
	int fail_sa;           /* 0, or what plane_sa_add() says */
	struct fg_count count; /* of every session */
	struct fg_event sample[4];
	size_t samples;
	const struct conf *conf;
	struct fg_cookie_secrets secrets;
	uint32_t demanded_ms;
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
	for (size_t i = 0; i < FAKE_SAS; i++)
		if (plane->sa[i].used && plane->sa[i].sa.session == id)
			fail_msg("va%u leaves an SA behind", id);
}

/* NULL: there is none. */
static inline struct fake_sa *fake_sa(struct plane *plane, __be32 spi_in)
{
	for (size_t i = 0; i < FAKE_SAS; i++)
		if (plane->sa[i].used && plane->sa[i].spi_in == spi_in)
			return &plane->sa[i];
	return NULL;
}

/* The first SPI of session 2 is 0x1002, its next one 0x11002. */
int plane_spi_reserve(struct plane *plane, uint32_t session, __be32 *spi_in)
{
	struct fake_sa *sa = plane->sa;

	assert_true(plane->row[session].used);
	if (plane->fail_spi)
		return -ENOSPC;
	while (sa->used)
		assert_true(++sa < plane->sa + FAKE_SAS);
	*spi_in = htonl(0x1000 + session + 0x10000 * plane->row[session].sas_ever++);
	*sa = (struct fake_sa){ .used = true, .spi_in = *spi_in, .sa.session = session };
	plane->sas++;
	return 0;
}

int plane_sa_add(struct plane *plane, const struct plane_sa *add, __be32 *spi_in,
		 struct plane_error *error)
{
	struct fake_sa *sa;

	assert_true(plane->row[add->session].used);
	if (plane->fail_sa) {
		snprintf(error->why, sizeof(error->why), "the fake plane refuses");
		return plane->fail_sa;
	}
	*spi_in = add->spi_in;
	if (!*spi_in && plane_spi_reserve(plane, add->session, spi_in))
		return -ENOSPC;
	sa = fake_sa(plane, *spi_in);
	assert_true(sa && !sa->added && sa->sa.session == add->session);
	sa->added = true;
	sa->sa = *add;
	if (add->use_now)
		plane_sa_use(plane, *spi_in);
	return 0;
}

void plane_sa_use(struct plane *plane, __be32 spi_in)
{
	struct fake_sa *sa = fake_sa(plane, spi_in), *old;

	assert_true(sa && sa->added && !sa->muted);
	if (sa->state.in_use)
		return;
	old = fake_sa(plane, sa->sa.replaces);
	if (old)
		old->state.in_use = false;
	sa->state.in_use = true;
}

void plane_sa_mute(struct plane *plane, __be32 spi_in)
{
	struct fake_sa *sa = fake_sa(plane, spi_in);

	assert_true(sa && sa->added && !sa->muted);
	sa->muted = true;
	sa->state.in_use = false;
}

void plane_sa_del(struct plane *plane, __be32 spi_in)
{
	struct fake_sa *sa = fake_sa(plane, spi_in);

	if (!sa)
		return;
	*sa = (struct fake_sa){ 0 };
	plane->sas--;
}

bool plane_sa_state(const struct plane *plane, __be32 spi_in, struct plane_sa_state *state)
{
	const struct fake_sa *sa = fake_sa((struct plane *)(uintptr_t)plane, spi_in);

	*state = sa ? sa->state : (struct plane_sa_state){ 0 };
	return sa != NULL;
}

int plane_session_move(struct plane *plane, uint32_t session, const struct plane_path *path)
{
	assert_true(plane->row[session].used);
	if (plane->fail_moved)
		return -EIO;
	plane->row[session].session.peer = path->peer;
	plane->row[session].session.local = path->local;
	plane->row[session].udp = path->udp;
	plane->row[session].moves = path->moves;
	return 0;
}

void plane_hop_want(struct plane *plane, const struct fg_ip *dst)
{
	(void)plane;
	(void)dst;
}

void plane_guard_secrets(struct plane *plane, const struct fg_cookie_secrets *secrets)
{
	plane->secrets = *secrets;
}

void plane_guard_demand(struct plane *plane, uint32_t ms)
{
	plane->demanded_ms = ms;
}

void plane_guard(const struct plane *plane, struct plane_guard *guard)
{
	*guard = (struct plane_guard){ .requests = 70,
				       .cookies_sent = 60,
				       .cookies_accepted = 50,
				       .cookies_wrong = 40,
				       .demanded = plane->demanded_ms > 0 };
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

size_t plane_locals(const struct plane *plane, struct fg_ip *out, size_t cap)
{
	(void)plane;
	if (cap == 0)
		return 0;
	out[0] = ip_from4(htonl(0xc0000201));
	return 1;
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
				    .pin_directory = "/sys/fs/bpf/flexgate/v2",
				    .reason = "a test" };
}

#endif
