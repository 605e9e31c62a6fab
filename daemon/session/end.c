// SPDX-License-Identifier: BSD-2-Clause
/* The only place that releases what a session holds: the reverse of begin.c, whatever is there. */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>

#define AREA "session"

static const char *bytes_text(uint64_t bytes, char *buf, size_t cap)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		snprintf(buf, cap, "%u B", (unsigned)bytes);
		return buf;
	}
	for (; value >= 999.95 && unit < 3; unit++)
		value /= 1000;
	snprintf(buf, cap, "%.1f %s", value, units[unit]);
	return buf;
}

static const char *time_text(uint64_t seconds, char *buf, size_t cap)
{
	if (seconds < 60)
		snprintf(buf, cap, "%us", (unsigned)seconds);
	else if (seconds < 3600)
		snprintf(buf, cap, "%um%us", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
	else
		snprintf(buf, cap, "%lluh%um", (unsigned long long)(seconds / 3600),
			 (unsigned)(seconds / 60 % 60));
	return buf;
}

/* A session that never began was refused; ike says so to the client, here is why. */
static void log_end(const struct sessions *s, const struct session *session)
{
	char identity[160], up[32], in[32], out[32];
	struct fg_count count = { 0 };

	session_identity(session->id_type, session->identity, session->id_len, identity,
			 sizeof(identity));
	if (session->state == SESSION_NEW) {
		log_warn(AREA, "%s refused: %s", identity, session_cause_text(session->cause));
		return;
	}
	if (session->in_plane)
		plane_count(s->setup.plane, session->id, &count);
	log_info(AREA, "va%u %s ended: %s (%s, %s in, %s out)", session->id, identity,
		 session_cause_text(session->cause),
		 time_text((clock_ms() - session->begun_ms) / 1000, up, sizeof(up)),
		 bytes_text(count.rx_bytes, in, sizeof(in)),
		 bytes_text(count.tx_bytes, out, sizeof(out)));
}

void session_end(struct sessions *s, struct session *session, enum fg_cause cause)
{
	struct fg_ip four = ip_from4(session->inner4);

	if (session->cause == FG_CAUSE_NONE)
		session->cause = cause;
	log_end(s, session);
	session_set_state(session, SESSION_ENDED);
	if (session->give_up)
		event_free(session->give_up);
	session_end_sas(session);
	if (session->in_plane)
		plane_session_del(s->setup.plane, session->id);
	if (!ip_is_zero(&session->inner6))
		lease_release(s->leases, &session->inner6);
	if (session->inner4)
		lease_release(s->leases, &four);
	table_del(&s->by_ike, &session->by_ike);
	s->rows[session->id] = NULL;
	s->count--;
	session_give_id(s, session->id);
	free(session->derived);
	free(session->ike_suite);
	free(session->profile);
	free(session->identity);
	free(session);
}

static void on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct session *session = arg;

	(void)fd;
	(void)what;
	log_warn(AREA, "va%u: ike did not say goodbye to the client in time", session->id);
	session_end(session->sessions, session, session->cause);
}

void session_clear(struct sessions *s, struct session *session, enum fg_cause cause)
{
	struct msg_session_clear order = { .ike = session->ike,
					   .session = session->id,
					   .cause = cause };
	struct timeval wait = clock_timeval(s->setup.clear_timeout_ms);

	if (!session_set_state(session, SESSION_ENDING))
		return; /* under way already, with the cause of that time */
	session->cause = cause;
	session->give_up = evtimer_new(s->setup.base, on_give_up, session);
	if (!session->give_up || evtimer_add(session->give_up, &wait) ||
	    s->setup.to_ike(s->setup.arg, MSG_SESSION_CLEAR, &order, sizeof(order)))
		session_end(s, session, cause);
}

void sessions_end_all(struct sessions *s, enum fg_cause cause)
{
	for (uint32_t id = 1; id < s->max && s->count > 0; id++)
		if (s->rows[id])
			session_end(s, s->rows[id], cause);
}
