// SPDX-License-Identifier: BSD-2-Clause
/*
 * What ike and flexdp say, looked at before anything is done. Both read what strangers send, so
 * nothing they say is believed: a field that no honest process sends ends the sender, an order for
 * a session that is not its own ends that session, and what came too late is let be.
 */
#include "session/session.h"

#include <arpa/inet.h>
#include <errno.h>

#define AREA "session"

enum {
	SPI_RESERVED = 256, /* RFC 4303 2.1 */
	CAUSES = 0
#define FG_CAUSE(number, name, text) +1
#include <flexgate/cause.def>
};

static bool endpoint_ok(const struct endpoint *ep)
{
	return ep->port != 0 && !ip_is_zero(&ep->ip) && (!ip_is4(&ep->ip) || ip_to4(&ep->ip) != 0);
}

static bool begin_ok(const struct msg_session_begin *ask)
{
	return ask->ike != 0 && msg_text_ok(ask->profile, sizeof(ask->profile)) &&
	       msg_text_ok(ask->ike_suite, sizeof(ask->ike_suite)) &&
	       ask->remote.len <= sizeof(ask->remote.data) && endpoint_ok(&ask->peer) &&
	       endpoint_ok(&ask->local) && ip_is4(&ask->peer.ip) == ip_is4(&ask->local.ip) &&
	       ask->peer_behind_nat <= 1 && ask->local_behind_nat <= 1 && ask->want4 <= 1 &&
	       ask->want6 <= 1;
}

static int on_begin(struct sessions *s, const void *body)
{
	if (!begin_ok(body))
		return -EPROTO;
	session_begin(s, body);
	return 0;
}

static int on_sa_add(struct sessions *s, const void *body)
{
	const struct msg_sa_add *ask = body;

	if (ask->ike == 0 || ask->session == 0 || ask->session >= s->max ||
	    fg_esp_key_len(ask->suite) == 0 || ask->udp > 1 || ntohl(ask->spi_out) < SPI_RESERVED ||
	    !msg_text_ok(ask->ts, sizeof(ask->ts)))
		return -EPROTO;
	session_add_sa(s, ask);
	return 0;
}

static int on_spi_ask(struct sessions *s, const void *body)
{
	const struct msg_spi_ask *ask = body;
	const struct msg_spi_given none = { .ike = ask->ike,
					    .session = ask->session,
					    .ticket = ask->ticket };

	s->setup.to_ike(s->setup.arg, MSG_SPI_GIVEN, &none, sizeof(none));
	return 0;
}

static int on_end(struct sessions *s, const void *body)
{
	const struct msg_session_end *end = body;
	struct session *session = session_by_ike(s, end->ike);

	if (end->cause == FG_CAUSE_NONE || end->cause > CAUSES)
		return -EPROTO;
	/* flexd may have ended it first; the number may be another client's by now. */
	if (session && session->id == end->session)
		session_end(s, session, (enum fg_cause)end->cause);
	else
		log_debug(AREA, "ike ends va%u, which is gone", end->session);
	return 0;
}

int session_from_ike(struct sessions *s, uint32_t type, const void *body)
{
	switch (type) {
	case MSG_SESSION_BEGIN:
		return on_begin(s, body);
	case MSG_SPI_ASK:
		return on_spi_ask(s, body);
	case MSG_SA_ADD:
		return on_sa_add(s, body);
	case MSG_SA_USE:
	case MSG_SA_DEL:
	case MSG_IDLE_ASK:
	case MSG_SESSION_MOVE:
		return 0; /* a session has one pair and stays where it is */
	case MSG_SESSION_END:
		return on_end(s, body);
	default:
		return -EPROTO;
	}
}

/*
 * Only a client behind a NAT moves like this, and only within its address family. The address is
 * what stands in its packet: one to which nothing can be sent is the client's fault, not flexdp's.
 */
int session_moved(struct sessions *s, const struct msg_moved *moved)
{
	struct session *session = session_by_id(s, moved->session);
	struct msg_peer_moved tell = { .peer = moved->peer };
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX];

	if (moved->session == 0 || moved->session >= s->max)
		return -EPROTO;
	if (!session || session->state != SESSION_UP || !session->peer_behind_nat ||
	    !session->udp || !endpoint_ok(&moved->peer) || moved->generation == 0 ||
	    plane_generation(s->setup.plane, session->id) != moved->generation ||
	    ip_is4(&session->peer.ip) != ip_is4(&moved->peer.ip))
		return 0;
	if (ip_equal(&session->peer.ip, &moved->peer.ip) && session->peer.port == moved->peer.port)
		return 0;
	if (plane_peer_moved(s->setup.plane, session->id, &moved->peer)) {
		log_error(AREA, "va%u: the data plane cannot follow the client to %s", session->id,
			  endpoint_text(&moved->peer, to));
		return 0;
	}
	log_info(AREA, "va%u moved from %s to %s", session->id, endpoint_text(&session->peer, from),
		 endpoint_text(&moved->peer, to));
	session->peer = moved->peer;
	tell.ike = session->ike;
	s->setup.to_ike(s->setup.arg, MSG_PEER_MOVED, &tell, sizeof(tell));
	return 0;
}
