// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rows of fg_sa: keys in memory that workers share. A row is written while it is FREE and handed
 * over by its state; it is wiped when it ends and waits at the end of a queue before it is used
 * again. Keys are written in place, so no copy is left to wipe.
 */
#include "plane/internal.h"
#include "plane/outer.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static int random32(uint32_t *v)
{
	return getrandom(v, sizeof(*v), 0) == sizeof(*v) ? 0 : -EIO;
}

static void write_key(struct fg_sa *row, const struct msg_esp_key *key, uint16_t suite)
{
	memcpy(row->salt, key->salt, fg_esp_salt_len(suite));
	memcpy(row->key, key->key, fg_esp_key_len(suite));
	memcpy(row->auth_key, key->auth_key, fg_esp_auth_key_len(suite));
}

static struct fg_sa *begin(struct plane *plane, const struct plane_sa *sa, uint32_t *number)
{
	struct fg_sa *row;

	*number = row_queue_take(&plane->free_sas);
	if (!*number)
		return NULL;
	plane->sas_used++;
	row = plane_fg_sa(plane, *number);
	row->generation++;
	row->seq = 0; /* what a worker that was late still did to the empty row */
	memset(row->window, 0, sizeof(row->window));
	row->session = sa->session;
	row->suite = sa->suite;
	row->flags = (uint16_t)((sa->udp ? FG_SA_UDP : 0) | (sa->moves ? FG_SA_MOVES : 0));
	return row;
}

/*
 * Wipe everything but the two numbers by which a worker notices that the row is another one. The
 * generation is raised before the sequence number becomes 0: a worker that stands between looking
 * and taking a number must not seal with its old key under a number that was used.
 */
static void wipe_row(struct fg_sa *row)
{
	enum {
		FROM = offsetof(struct fg_sa, session),
		VERSION = offsetof(struct fg_sa, outer_version),
		AFTER = VERSION + sizeof(row->outer_version),
	};

	__atomic_store_n(&row->state, FG_SA_FREE, __ATOMIC_RELAXED);
	__atomic_store_n(&row->generation, row->generation + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	explicit_bzero((uint8_t *)row + FROM, VERSION - FROM);
	explicit_bzero((uint8_t *)row + AFTER, sizeof(*row) - AFTER);
}

void sa_end(struct plane *plane, uint32_t number)
{
	if (!number || number >= plane->sas)
		return;
	wipe_row(plane_fg_sa(plane, number));
	row_queue_give(&plane->free_sas, number);
	plane->sas_used--;
}

static void write_outer(struct fg_sa *row, const uint8_t *outer, uint16_t len)
{
	uint32_t version = row->outer_version;

	__atomic_store_n(&row->outer_version, version + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(row->outer, outer, FG_OUTER_MAX);
	row->outer_len = len;
	__atomic_store_n(&row->outer_version, version + 2, __ATOMIC_RELEASE);
}

/* The session as templates see it. */
static uint16_t template_of(const struct fg_session *session, bool udp, uint8_t outer[FG_OUTER_MAX])
{
	struct endpoint local = { .ip = session->local, .port = session->local_port };
	struct endpoint peer = { .ip = session->peer, .port = session->peer_port };

	memset(outer, 0, FG_OUTER_MAX);
	return outer_template(outer, &local, &peer, udp);
}

static int check(const struct plane *plane, const struct plane_sa *sa, struct plane_error *error)
{
	if (!sa->session || sa->session >= plane->sessions ||
	    plane_fg_session(plane, sa->session)->state != FG_SESSION_UP)
		return plane_fail(error, -ENOENT, "no session %u in the plane", sa->session);
	if (!fg_esp_key_len(sa->suite))
		return plane_fail(error, -EINVAL, "session %u: ESP suite %u is unknown",
				  sa->session, sa->suite);
	return 0;
}

/* Both rows or none. */
static int begin_both(struct plane *plane, const struct plane_sa *sa, uint32_t number[2],
		      struct fg_sa *row[2])
{
	row[0] = begin(plane, sa, &number[0]);
	row[1] = row[0] ? begin(plane, sa, &number[1]) : NULL;
	if (row[1])
		return 0;
	if (row[0])
		sa_end(plane, number[0]);
	return -ENOSPC;
}

int plane_sa_add(struct plane *plane, const struct plane_sa *sa, __be32 *spi_in,
		 struct plane_error *error)
{
	int code = check(plane, sa, error);
	struct fg_session *session;
	uint32_t number[2], old_in, old_out, random;
	uint8_t outer[FG_OUTER_MAX];
	struct fg_sa *row[2];
	uint16_t outer_len;

	if (code)
		return code;
	session = plane_fg_session(plane, sa->session);
	outer_len = template_of(session, sa->udp, outer);
	if (!outer_len)
		return plane_fail(error, -EINVAL,
				  "session %u: outer addresses are of different families",
				  sa->session);
	if (random32(&random))
		return plane_fail(error, -EIO, "the kernel gives no random bytes");
	code = begin_both(plane, sa, number, row);
	if (code)
		return plane_fail(error, code, "all %u SAs of the plane are in use", plane->sas);

	row[0]->spi = outer_spi(random, number[0], plane->sas - 1);
	write_key(row[0], sa->in, sa->suite);
	row[1]->spi = sa->spi_out;
	write_key(row[1], sa->out, sa->suite);
	write_outer(row[1], outer, outer_len);
	*spi_in = row[0]->spi;
	__atomic_store_n(&row[0]->state, FG_SA_IN, __ATOMIC_RELEASE);
	__atomic_store_n(&row[1]->state, FG_SA_OUT, __ATOMIC_RELEASE);

	old_in = session->sa_in;
	old_out = session->sa_out;
	__atomic_store_n(&session->sa_in, number[0], __ATOMIC_RELEASE);
	__atomic_store_n(&session->sa_out, number[1], __ATOMIC_RELEASE);
	sa_end(plane, old_out);
	sa_end(plane, old_in);
	return 0;
}

int plane_peer_moved(struct plane *plane, uint32_t id, const struct endpoint *peer)
{
	struct fg_session *session;
	uint8_t outer[FG_OUTER_MAX];
	struct fg_session next;
	struct fg_sa *out;
	uint16_t len;

	if (!id || id >= plane->sessions)
		return -ENOENT;
	session = plane_fg_session(plane, id);
	if (session->state != FG_SESSION_UP)
		return -ENOENT;
	next = *session;
	next.peer = peer->ip;
	next.peer_port = peer->port;
	out = plane_fg_sa(plane, session->sa_out);
	if (session->sa_out) {
		len = template_of(&next, out->flags & FG_SA_UDP, outer);
		if (!len)
			return -EAFNOSUPPORT;
		write_outer(out, outer, len);
	}
	session->peer = peer->ip;
	session->peer_port = peer->port;
	return 0;
}
