// SPDX-License-Identifier: BSD-2-Clause
/*
 * The SAs of a session. The first makes it UP; others come in a rekey, in which both carry packets
 * until ike deletes the old one, or beside it with other selectors. What ike may hold at once is
 * bounded here, whatever it says.
 */
#include "crypto/rand.h"
#include "session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AREA "session"

static struct session_sa *find(const struct session *session, __be32 spi_in)
{
	struct session_sa *sa = session->sas;

	while (sa && sa->spi_in != spi_in)
		sa = sa->next;
	return spi_in ? sa : NULL;
}

/* NULL: it is gone, or goes, or ike speaks of another client's. */
static struct session *standing(const struct sessions *s, uint64_t ike, uint32_t id)
{
	struct session *session = session_by_ike(s, ike);

	return session && session->id == id && session->state != SESSION_ENDING ? session : NULL;
}

static void sa_end(struct session_sa *sa)
{
	struct session *session = sa->session;
	struct session_sa **at = &session->sas;

	session_note_use(sa);
	if (sa->state != SESSION_SA_EXPIRED)
		plane_sa_del(session->sessions->setup.plane, sa->spi_in);
	while (*at != sa)
		at = &(*at)->next;
	*at = sa->next;
	session->sa_count--;
	if (sa->drain)
		event_free(sa->drain);
	free(sa->ts);
	free(sa);
}

void session_end_sas(struct session *session)
{
	while (session->sas)
		sa_end(session->sas);
}

/* Under a full table what is only draining makes room, the oldest first. */
static bool has_room(struct session *session)
{
	struct session_sa *oldest = NULL;

	if (session->sa_count < SESSION_SAS_MAX)
		return true;
	for (struct session_sa *sa = session->sas; sa; sa = sa->next)
		if (sa->state == SESSION_SA_DRAINING)
			oldest = sa;
	if (oldest)
		sa_end(oldest);
	return oldest != NULL;
}

/* soft_at: between 80 and 90 %, so that not every client of a morning rekeys at once. */
static struct session_sa *sa_new(struct session *session)
{
	struct session_sa *sa = has_room(session) ? calloc(1, sizeof(*sa)) : NULL;
	uint8_t random = 0;

	if (!sa)
		return NULL;
	crypto_random(&random, sizeof(random)); /* without them it is 80 % */
	sa->session = session;
	sa->soft_at = 800 + random % 101;
	sa->made_ms = clock_ms();
	sa->next = session->sas;
	session->sas = sa;
	session->sa_count++;
	return sa;
}

/* --- a reserved SPI --- */

static __be32 reserve(struct sessions *s, struct session *session)
{
	struct session_sa *sa = sa_new(session);

	if (!sa) {
		log_warn(AREA, "va%u: no SPI for another SA: it has %u", session->id,
			 session->sa_count);
		return 0;
	}
	if (plane_spi_reserve(s->setup.plane, session->id, &sa->spi_in) == 0)
		return sa->spi_in;
	log_warn(AREA, "va%u: no SPI for another SA: the data plane has none", session->id);
	sa_end(sa);
	return 0;
}

void session_ask_spi(struct sessions *s, const struct msg_spi_ask *ask)
{
	struct session *session = standing(s, ask->ike, ask->session);
	struct msg_spi_given answer = { .ike = ask->ike,
					.session = ask->session,
					.ticket = ask->ticket };

	if (session)
		answer.spi_in = reserve(s, session);
	s->setup.to_ike(s->setup.arg, MSG_SPI_GIVEN, &answer, sizeof(answer));
}

/* --- a new SA --- */

static void refuse(struct sessions *s, const struct msg_sa_add *ask, enum fg_cause cause)
{
	struct msg_sa_refused answer = {
		.ike = ask->ike, .session = ask->session, .spi_out = ask->spi_out, .cause = cause
	};

	s->setup.to_ike(s->setup.arg, MSG_SA_REFUSED, &answer, sizeof(answer));
}

/* Returns 0, or -errno as plane_sa_add(). */
static int install(struct sessions *s, struct session_sa *sa, const struct msg_sa_add *ask)
{
	struct session *session = sa->session;
	const struct session_sa *old = find(session, ask->replaces);
	struct plane_sa row = { .session = session->id,
				.suite = ask->suite,
				.udp = ask->udp,
				.moves = session->peer_behind_nat && ask->udp,
				.esn = ask->esn,
				.use_now = ask->use_now,
				.spi_in = ask->spi_in,
				.spi_out = ask->spi_out,
				.replaces = ask->replaces,
				.in = &ask->in,
				.out = &ask->out,
				.client = ask->client,
				.net = ask->net,
				.client_count = ask->client_count,
				.net_count = ask->net_count };
	struct plane_error error = { "out of memory" };
	int code = -ENOMEM;

	sa->ts = strdup(ask->ts);
	if (sa->ts)
		code = plane_sa_add(s->setup.plane, &row, &sa->spi_in, &error);
	if (code) {
		log_error(AREA, "va%u: the SA could not be installed: %s", session->id, error.why);
		return code;
	}
	sa->state = SESSION_SA_UP;
	sa->spi_out = ask->spi_out;
	sa->replaces = ask->replaces;
	sa->suite = ask->suite;
	sa->esn = ask->esn;
	sa->life_bytes = ask->life_bytes;
	sa->life_packets = ask->life_packets;
	sa->rekeys = old ? old->rekeys + 1 : 0;
	session->rekeys += old != NULL;
	session->udp = ask->udp;
	return 0;
}

/* The pair that takes it: the one whose SPI was reserved, or a new one. */
static enum fg_cause add(struct sessions *s, struct session *session, const struct msg_sa_add *ask,
			 struct session_sa **out)
{
	struct session_sa *sa = ask->spi_in ? find(session, ask->spi_in) : sa_new(session);
	int code;

	if (!sa || sa->state != SESSION_SA_RESERVED) {
		log_warn(AREA, "va%u: no further SA: %s", session->id,
			 sa || ask->spi_in ? "its SPI is not a reserved one" : "it has too many");
		return FG_CAUSE_sa_failed;
	}
	code = install(s, sa, ask);
	if (code) {
		sa_end(sa);
		return code == -E2BIG || code == -EINVAL ? FG_CAUSE_ts_unacceptable
							 : FG_CAUSE_sa_failed;
	}
	*out = sa;
	return FG_CAUSE_NONE;
}

void session_add_sa(struct sessions *s, const struct msg_sa_add *ask)
{
	struct session *session = session_by_ike(s, ask->ike);
	struct msg_sa_added answer = { .ike = ask->ike,
				       .session = ask->session,
				       .spi_out = ask->spi_out };
	struct session_sa *sa = NULL;
	enum fg_cause cause;

	/* It may have ended while the message was under way. */
	if (!session || session->state == SESSION_ENDING) {
		refuse(s, ask, session ? session->cause : FG_CAUSE_sa_failed);
		return;
	}
	if (session->id != ask->session) {
		log_error(AREA, "va%u: ike asks for an SA of va%u in its name", session->id,
			  ask->session);
		session_end(s, session, FG_CAUSE_bad_message);
		refuse(s, ask, FG_CAUSE_bad_message);
		return;
	}
	cause = add(s, session, ask, &sa);
	if (cause != FG_CAUSE_NONE) {
		/* Without its first SA it is nothing. */
		if (session->state != SESSION_UP)
			session_end(s, session, cause);
		refuse(s, ask, cause);
		return;
	}
	if (session_set_state(session, SESSION_UP))
		session->up_ms = sa->made_ms;
	answer.spi_in = sa->spi_in;
	if (s->setup.to_ike(s->setup.arg, MSG_SA_ADDED, &answer, sizeof(answer)))
		session_end(s, session, FG_CAUSE_ike_died);
}

void session_use_sa(struct sessions *s, const struct msg_sa_use *order)
{
	struct session *session = standing(s, order->ike, order->session);
	const struct session_sa *sa = session ? find(session, order->spi_in) : NULL;

	if (sa && sa->state == SESSION_SA_UP)
		plane_sa_use(s->setup.plane, sa->spi_in);
}

/* --- its end --- */

/* If it still carries what goes to the client, one that replaces it takes over now at the latest:
 * traffic must not fall between the two. */
static void hand_over(struct session_sa *old)
{
	struct plane *plane = old->session->sessions->setup.plane;
	struct plane_sa_state now;

	if (!session_sa_now(old, &now) || !now.in_use)
		return;
	for (struct session_sa *sa = old->session->sas; sa; sa = sa->next)
		if (sa->state == SESSION_SA_UP && sa->replaces == old->spi_in) {
			plane_sa_use(plane, sa->spi_in);
			return;
		}
}

static void on_drained(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	sa_end(arg);
}

static void drain(struct session_sa *sa, uint32_t ms)
{
	struct sessions *s = sa->session->sessions;
	struct timeval wait = clock_timeval(ms < SESSION_DRAIN_MAX_MS ? ms : SESSION_DRAIN_MAX_MS);

	sa->drain = evtimer_new(s->setup.base, on_drained, sa);
	if (!sa->drain || evtimer_add(sa->drain, &wait)) {
		sa_end(sa);
		return;
	}
	sa->state = SESSION_SA_DRAINING;
	session_note_use(sa);
	plane_sa_mute(s->setup.plane, sa->spi_in);
}

void session_del_sa(struct sessions *s, const struct msg_sa_del *order)
{
	struct session *session = standing(s, order->ike, order->session);
	struct session_sa *sa = session ? find(session, order->spi_in) : NULL;

	if (!sa || sa->state == SESSION_SA_DRAINING)
		return;
	hand_over(sa);
	if (sa->state == SESSION_SA_UP && order->drain_ms)
		drain(sa, order->drain_ms);
	else
		sa_end(sa);
}

void session_expire_sa(struct session_sa *sa)
{
	session_note_use(sa);
	plane_sa_del(sa->session->sessions->setup.plane, sa->spi_in);
	sa->state = SESSION_SA_EXPIRED;
}
