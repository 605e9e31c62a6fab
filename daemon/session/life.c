// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the workers count in the rows of SAs, looked at once a second, a quarter of the table at a
 * time: 30,000 SAs are some milliseconds. A limit may be overshot by what passes in that second.
 * Without ESN the 32-bit sequence number is a limit that nobody had to configure (RFC 4303 3.3.3).
 */
#include "session/session.h"

#include <errno.h>

#define AREA "session"

bool session_sa_now(const struct session_sa *sa, struct plane_sa_state *now)
{
	*now = (struct plane_sa_state){ 0 };
	return sa->state != SESSION_SA_EXPIRED &&
	       plane_sa_state(sa->session->sessions->setup.plane, sa->spi_in, now);
}

static const char *reached(const struct session_sa *sa, const struct plane_sa_state *now,
			   uint32_t thousandths)
{
	const struct {
		uint64_t limit, in, out;
		const char *what;
	} limits[] = {
		{ sa->life_bytes, now->in_bytes, now->out_bytes, "bytes" },
		{ sa->life_packets, now->in_packets, now->out_seq, "packets" },
		{ sa->esn ? 0 : UINT32_MAX, now->in_seq, now->out_seq, "32-bit sequence numbers" },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		/* Divided first: a limit may be close to 2^64. */
		uint64_t at = limits[i].limit / 1000 * thousandths +
			      limits[i].limit % 1000 * thousandths / 1000;

		if (limits[i].limit && (limits[i].in >= at || limits[i].out >= at))
			return limits[i].what;
	}
	return NULL;
}

static void tell(struct session_sa *sa, bool hard, const char *what)
{
	struct session *session = sa->session;
	struct msg_sa_life tell = {
		.ike = session->ike, .session = session->id, .spi_in = sa->spi_in, .hard = hard
	};

	if (hard)
		log_warn(AREA, "va%u: the SA 0x%08x has carried all the %s of its life",
			 session->id, (unsigned)ntohl(sa->spi_in), what);
	else
		log_debug(AREA, "va%u: the SA 0x%08x nears the end of its %s", session->id,
			  (unsigned)ntohl(sa->spi_in), what);
	sa->soft_told = true;
	if (hard)
		session_expire_sa(sa);
	session->sessions->setup.to_ike(session->sessions->setup.arg, MSG_SA_LIFE, &tell,
					sizeof(tell));
}

static void look_at(struct session_sa *sa)
{
	struct plane_sa_state now;
	const char *what;

	if (sa->state != SESSION_SA_UP || (sa->esn && !sa->life_bytes && !sa->life_packets) ||
	    !session_sa_now(sa, &now))
		return;
	what = reached(sa, &now, 1000);
	if (what)
		tell(sa, true, what);
	else if (!sa->soft_told && (what = reached(sa, &now, sa->soft_at)))
		tell(sa, false, what);
}

void session_life_turn(struct sessions *s)
{
	uint32_t last = s->life_at + (s->max + SESSION_LIFE_TURNS - 1) / SESSION_LIFE_TURNS;

	while (s->life_at < last && s->life_at < s->max) {
		struct session *session = s->rows[s->life_at++];

		/* to_ike may fail, but never ends a session under our hands. */
		for (struct session_sa *sa = session ? session->sas : NULL; sa; sa = sa->next)
			look_at(sa);
	}
	if (s->life_at == s->max)
		s->life_at = 0;
}

static void on_life(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	session_life_turn(arg);
}

int session_life_start(struct sessions *s)
{
	const struct timeval turn = { .tv_usec = SESSION_LIFE_MS * 1000 };

	s->life = event_new(s->setup.base, -1, EV_PERSIST, on_life, s);
	return s->life && event_add(s->life, &turn) == 0 ? 0 : -ENOMEM;
}

/* --- idle times --- */

static void latest(uint64_t *at, uint64_t ms)
{
	if (ms > *at)
		*at = ms;
}

void session_note_use(struct session_sa *sa)
{
	struct plane_sa_state now;

	if (!session_sa_now(sa, &now))
		return;
	latest(&sa->session->in_ms, now.in_used_ms);
	latest(&sa->session->out_ms, now.out_used_ms);
}

static uint32_t since(const struct session *session, uint64_t at)
{
	uint64_t now = clock_ms();

	if (!at)
		at = session->up_ms ? session->up_ms : session->begun_ms;
	if (at > now) /* the workers' clock is a coarse one, ours is not */
		at = now;
	return now - at < UINT32_MAX ? (uint32_t)(now - at) : UINT32_MAX;
}

void session_tell_idle(struct sessions *s, const struct msg_idle_ask *ask)
{
	const struct session *session = session_by_ike(s, ask->ike);
	struct msg_idle answer = { .ike = ask->ike, .session = ask->session };

	if (!session || session->id != ask->session)
		return;
	for (struct session_sa *sa = session->sas; sa; sa = sa->next)
		session_note_use(sa);
	answer.in_ms = since(session, session->in_ms);
	answer.out_ms = since(session, session->out_ms);
	s->setup.to_ike(s->setup.arg, MSG_IDLE, &answer, sizeof(answer));
}
