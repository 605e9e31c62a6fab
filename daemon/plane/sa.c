// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rows of fg_sa: keys in memory that workers share. A row is written while it is FREE and handed
 * over by its state; it is wiped when it ends and waits at the end of a queue before it is used
 * again. Keys are written in place, so no copy is left to wipe.
 *
 * A pair is named by its inbound row. The SPI of a pair that is to come is a row that is taken and
 * stays FREE.
 */
#include "core/secret.h"
#include "crypto/rand.h"
#include "plane/internal.h"
#include "plane/outer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sas_open(struct plane *plane, struct plane_error *error)
{
	plane->row = calloc(plane->sas, sizeof(*plane->row));
	plane->pair = calloc(plane->sas, sizeof(*plane->pair));
	plane->pair_of = calloc(plane->sessions, sizeof(*plane->pair_of));
	if (!plane->row || !plane->pair || !plane->pair_of ||
	    row_queue_init(&plane->free_sas, 1, plane->sas - 1))
		return plane_fail(error, -ENOMEM, "no memory for %u SAs", plane->sas);
	return 0;
}

void sas_close(struct plane *plane)
{
	row_queue_free(&plane->free_sas);
	free(plane->row);
	free(plane->pair);
	free(plane->pair_of);
}

/* --- rows --- */

static uint32_t row_take(struct plane *plane)
{
	uint32_t number = row_queue_take(&plane->free_sas);

	plane->sas_used += number != 0;
	return number;
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
	wipe((uint8_t *)row + FROM, VERSION - FROM);
	wipe((uint8_t *)row + AFTER, sizeof(*row) - AFTER);
}

/* Wipe a row and give it back; 0 is harmless. */
static void end_row(struct plane *plane, uint32_t number)
{
	if (!number)
		return;
	wipe_row(plane_fg_sa(plane, number));
	plane->row[number] = (struct plane_row){ 0 };
	row_queue_give(&plane->free_sas, number);
	plane->sas_used--;
}

static uint16_t flags_of(bool udp, bool moves, bool esn)
{
	return (uint16_t)((udp ? FG_SA_UDP : 0) | (moves ? FG_SA_MOVES : 0) |
			  (esn ? FG_SA_ESN : 0));
}

static void write_row(struct plane *plane, uint32_t number, const struct plane_sa *sa,
		      const struct msg_esp_key *key, uint32_t selectors)
{
	struct fg_sa *row = plane_fg_sa(plane, number);

	plane->row[number].selectors = selectors;
	row->generation++;
	/* What a worker that was late still did to the empty row. */
	row->seq = row->bytes = row->packets = row->used_ms = 0;
	memset(row->window, 0, sizeof(row->window));
	row->session = sa->session;
	row->suite = sa->suite;
	row->flags = flags_of(sa->udp, sa->moves, sa->esn);
	row->next = 0;
	row->selectors = selectors;
	memcpy(row->salt, key->salt, fg_esp_salt_len(sa->suite));
	memcpy(row->key, key->key, fg_esp_key_len(sa->suite));
	memcpy(row->auth_key, key->auth_key, fg_esp_auth_key_len(sa->suite));
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

/* --- pairs --- */

static uint32_t pair_of(const struct plane *plane, __be32 spi_in)
{
	uint32_t number = ntohl(spi_in) & (plane->sas - 1);

	return spi_in && plane->pair[number].session && plane->row[number].spi == spi_in ? number
											 : 0;
}

int plane_spi_reserve(struct plane *plane, uint32_t session, __be32 *spi_in)
{
	uint32_t number, random;

	if (!session || session >= plane->sessions ||
	    plane_fg_session(plane, session)->state != FG_SESSION_UP)
		return -ENOENT;
	if (!crypto_random(&random, sizeof(random)))
		return -EIO;
	number = row_take(plane);
	if (!number)
		return -ENOSPC;
	plane->pair[number] = (struct plane_pair){ .session = session,
						   .next = plane->pair_of[session] };
	plane->pair_of[session] = number;
	*spi_in = outer_spi(random, number, plane->sas - 1);
	plane_fg_sa(plane, number)->spi = plane->row[number].spi = *spi_in;
	return 0;
}

static void pair_mute(struct plane *plane, uint32_t number)
{
	struct plane_pair *pair = &plane->pair[number];
	uint32_t selectors = plane->row[pair->out].selectors;

	if (!pair->out)
		return;
	flow_remove(plane, pair->session, pair->out);
	end_row(plane, pair->out);
	selectors_give(plane, selectors);
	pair->out = 0;
}

static void pair_end(struct plane *plane, uint32_t number)
{
	struct plane_pair *pair = &plane->pair[number];
	uint32_t selectors = plane->row[number].selectors;
	uint32_t *at = &plane->pair_of[pair->session];

	pair_mute(plane, number);
	for (uint32_t i = *at; i; i = plane->pair[i].next)
		if (plane->pair[i].replaces == number)
			plane->pair[i].replaces = 0;
	while (*at != number)
		at = &plane->pair[*at].next;
	*at = pair->next;
	*pair = (struct plane_pair){ 0 };
	end_row(plane, number);
	selectors_give(plane, selectors);
}

void sas_end(struct plane *plane, uint32_t session)
{
	while (plane->pair_of[session])
		pair_end(plane, plane->pair_of[session]);
}

void plane_sa_mute(struct plane *plane, __be32 spi_in)
{
	pair_mute(plane, pair_of(plane, spi_in));
}

void plane_sa_del(struct plane *plane, __be32 spi_in)
{
	uint32_t number = pair_of(plane, spi_in);

	if (number)
		pair_end(plane, number);
}

void plane_sa_use(struct plane *plane, __be32 spi_in)
{
	const struct plane_pair *pair = &plane->pair[pair_of(plane, spi_in)];

	if (pair->out && !flow_has(plane, pair->session, pair->out))
		flow_add(plane, pair->session, pair->out, plane->pair[pair->replaces].out);
}

/* --- a new one --- */

/* The last quarter of the rows is for first logins and rekeys: what a client wants beside the SA
 * that it has may be refused, those may not. */
static bool is_too_many(const struct plane *plane, const struct plane_sa *sa)
{
	bool has_one = false;

	for (uint32_t at = plane->pair_of[sa->session]; at; at = plane->pair[at].next)
		has_one |= plane->pair[at].out != 0;
	return has_one && !pair_of(plane, sa->replaces) && plane->sas_used >= plane->sas / 4 * 3;
}

static int check(const struct plane *plane, const struct plane_sa *sa, struct plane_error *error)
{
	uint32_t number = pair_of(plane, sa->spi_in);
	const struct fg_session *session;

	if (!sa->session || sa->session >= plane->sessions ||
	    plane_fg_session(plane, sa->session)->state != FG_SESSION_UP)
		return plane_fail(error, -ENOENT, "no session %u in the plane", sa->session);
	session = plane_fg_session(plane, sa->session);
	if (ip_is4(&session->local) != ip_is4(&session->peer))
		return plane_fail(error, -EINVAL,
				  "session %u: outer addresses are of different families",
				  sa->session);
	if (!fg_esp_key_len(sa->suite))
		return plane_fail(error, -EINVAL, "session %u: ESP suite %u is unknown",
				  sa->session, sa->suite);
	if (sa->spi_in &&
	    (!number || plane->pair[number].session != sa->session || plane->pair[number].added))
		return plane_fail(error, -EINVAL, "session %u did not reserve this SPI",
				  sa->session);
	if (is_too_many(plane, sa))
		return plane_fail(error, -ENOSPC,
				  "%u of %u SAs of the plane are in use: no additional ones",
				  plane->sas_used, plane->sas);
	return 0;
}

/* The session as templates see it. */
static uint16_t template_of(const struct fg_session *session, bool udp, uint8_t outer[FG_OUTER_MAX])
{
	struct endpoint local = { .ip = session->local, .port = session->local_port };
	struct endpoint peer = { .ip = session->peer, .port = session->peer_port };

	memset(outer, 0, FG_OUTER_MAX);
	return outer_template(outer, &local, &peer, udp);
}

static void install(struct plane *plane, const struct plane_sa *sa, __be32 spi_in, uint32_t out,
		    uint32_t selectors)
{
	uint32_t number = pair_of(plane, spi_in);
	struct fg_sa *row[2] = { plane_fg_sa(plane, number), plane_fg_sa(plane, out) };
	struct plane_pair *pair = &plane->pair[number];
	uint8_t outer[FG_OUTER_MAX];
	uint16_t len = template_of(plane_fg_session(plane, sa->session), sa->udp, outer);

	write_row(plane, number, sa, sa->in, selectors);
	write_row(plane, out, sa, sa->out, selectors);
	row[0]->spi = spi_in;
	row[1]->spi = sa->spi_out;
	write_outer(row[1], outer, len);
	__atomic_store_n(&row[0]->state, FG_SA_IN, __ATOMIC_RELEASE);
	__atomic_store_n(&row[1]->state, FG_SA_OUT, __ATOMIC_RELEASE);
	pair->added = true;
	pair->out = out;
	pair->replaces = pair_of(plane, sa->replaces);
	if (plane->pair[pair->replaces].session != sa->session)
		pair->replaces = 0;
	if (sa->use_now)
		plane_sa_use(plane, spi_in);
}

int plane_sa_add(struct plane *plane, const struct plane_sa *sa, __be32 *spi_in,
		 struct plane_error *error)
{
	int code = check(plane, sa, error);
	uint32_t selectors, out;

	if (code)
		return code;
	code = selectors_take(plane, sa, &selectors, error);
	if (code)
		return code;
	*spi_in = sa->spi_in;
	out = row_take(plane);
	code = out ? 0 : -ENOSPC;
	if (!code && !*spi_in)
		code = plane_spi_reserve(plane, sa->session, spi_in);
	if (code) {
		end_row(plane, out);
		selectors_give(plane, selectors);
		return plane_fail(error, code,
				  code == -ENOSPC ? "all %u SAs of the plane are in use"
						  : "the kernel gives no random bytes",
				  plane->sas);
	}
	selectors_share(plane, selectors); /* a reference for each row */
	install(plane, sa, *spi_in, out, selectors);
	return 0;
}

bool plane_sa_state(const struct plane *plane, __be32 spi_in, struct plane_sa_state *state)
{
	uint32_t number = pair_of(plane, spi_in);
	const struct plane_pair *pair = &plane->pair[number];
	const struct fg_sa *in = plane_fg_sa(plane, number), *out = plane_fg_sa(plane, pair->out);

	*state = (struct plane_sa_state){ 0 };
	if (!number)
		return false;
	state->in_bytes = __atomic_load_n(&in->bytes, __ATOMIC_RELAXED);
	state->in_packets = __atomic_load_n(&in->packets, __ATOMIC_RELAXED);
	state->in_seq = __atomic_load_n(&in->seq, __ATOMIC_RELAXED);
	state->in_used_ms = __atomic_load_n(&in->used_ms, __ATOMIC_RELAXED);
	if (!pair->out)
		return true;
	state->in_use = flow_has(plane, pair->session, pair->out);
	state->out_bytes = __atomic_load_n(&out->bytes, __ATOMIC_RELAXED);
	state->out_seq = __atomic_load_n(&out->seq, __ATOMIC_RELAXED);
	state->out_used_ms = __atomic_load_n(&out->used_ms, __ATOMIC_RELAXED);
	return true;
}

/* --- movement --- */

static void set_path(struct fg_sa *row, const struct plane_path *path)
{
	row->flags = flags_of(path->udp, path->moves, row->flags & FG_SA_ESN);
}

int plane_session_move(struct plane *plane, uint32_t id, const struct plane_path *path)
{
	uint8_t outer[FG_OUTER_MAX] = { 0 };
	struct fg_session *session;
	uint16_t len;

	if (!id || id >= plane->sessions)
		return -ENOENT;
	session = plane_fg_session(plane, id);
	if (session->state != FG_SESSION_UP)
		return -ENOENT;
	len = outer_template(outer, &path->local, &path->peer, path->udp);
	if (!len)
		return -EAFNOSUPPORT;
	session->peer = path->peer.ip;
	session->peer_port = path->peer.port;
	session->local = path->local.ip;
	session->local_port = path->local.port;
	for (uint32_t at = plane->pair_of[id]; at; at = plane->pair[at].next) {
		const struct plane_pair *pair = &plane->pair[at];

		if (pair->added)
			set_path(plane_fg_sa(plane, at), path);
		if (pair->out) {
			set_path(plane_fg_sa(plane, pair->out), path);
			write_outer(plane_fg_sa(plane, pair->out), outer, len);
		}
	}
	return 0;
}
