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

bool session_endpoint_ok(const struct endpoint *ep)
{
	return ep->port != 0 && !ip_is_zero(&ep->ip) && (!ip_is4(&ep->ip) || ip_to4(&ep->ip) != 0);
}

static bool begin_ok(const struct msg_session_begin *ask)
{
	return ask->ike != 0 && msg_text_ok(ask->profile, sizeof(ask->profile)) &&
	       msg_text_ok(ask->ike_suite, sizeof(ask->ike_suite)) &&
	       ask->remote.len <= sizeof(ask->remote.data) && session_endpoint_ok(&ask->peer) &&
	       session_endpoint_ok(&ask->local) &&
	       ip_is4(&ask->peer.ip) == ip_is4(&ask->local.ip) && ask->peer_behind_nat <= 1 &&
	       ask->local_behind_nat <= 1 && ask->want4 <= 1 && ask->want6 <= 1;
}

static int on_begin(struct sessions *s, const void *body)
{
	if (!begin_ok(body))
		return -EPROTO;
	session_begin(s, body);
	return 0;
}

static bool selectors_ok(const struct msg_selector *s, uint32_t count)
{
	if (count == 0 || count > MSG_SELECTORS_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (ip_is4(&s[i].first) != ip_is4(&s[i].last) ||
		    ip_compare(&s[i].first, &s[i].last) > 0)
			return false;
	return true;
}

/* The answers would go to nobody, or the order is for no session that can be. */
static bool addressed(const struct sessions *s, uint64_t ike, uint32_t session)
{
	return ike != 0 && session != 0 && session < s->max;
}

static int on_spi_ask(struct sessions *s, const void *body)
{
	const struct msg_spi_ask *ask = body;

	if (!addressed(s, ask->ike, ask->session))
		return -EPROTO;
	session_ask_spi(s, ask);
	return 0;
}

static int on_sa_add(struct sessions *s, const void *body)
{
	const struct msg_sa_add *ask = body;

	if (!addressed(s, ask->ike, ask->session) || fg_esp_key_len(ask->suite) == 0 ||
	    ask->udp > 1 || ask->esn > 1 || ask->use_now > 1 ||
	    ntohl(ask->spi_out) < SPI_RESERVED || !selectors_ok(ask->client, ask->client_count) ||
	    !selectors_ok(ask->net, ask->net_count) || !msg_text_ok(ask->ts, sizeof(ask->ts)))
		return -EPROTO;
	session_add_sa(s, ask);
	return 0;
}

static int on_sa_use(struct sessions *s, const void *body)
{
	const struct msg_sa_use *order = body;

	if (!addressed(s, order->ike, order->session) || order->spi_in == 0)
		return -EPROTO;
	session_use_sa(s, order);
	return 0;
}

static int on_sa_del(struct sessions *s, const void *body)
{
	const struct msg_sa_del *order = body;

	if (!addressed(s, order->ike, order->session) || order->spi_in == 0)
		return -EPROTO;
	session_del_sa(s, order);
	return 0;
}

static int on_idle_ask(struct sessions *s, const void *body)
{
	const struct msg_idle_ask *ask = body;

	if (!addressed(s, ask->ike, ask->session))
		return -EPROTO;
	session_tell_idle(s, ask);
	return 0;
}

static int on_move(struct sessions *s, const void *body)
{
	const struct msg_session_move *move = body;

	if (!addressed(s, move->ike, move->session) || move->udp > 1 || move->peer_behind_nat > 1 ||
	    !session_endpoint_ok(&move->peer) || !session_endpoint_ok(&move->local) ||
	    ip_is4(&move->peer.ip) != ip_is4(&move->local.ip))
		return -EPROTO;
	session_move(s, move);
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
		return on_sa_use(s, body);
	case MSG_SA_DEL:
		return on_sa_del(s, body);
	case MSG_IDLE_ASK:
		return on_idle_ask(s, body);
	case MSG_SESSION_MOVE:
		return on_move(s, body);
	case MSG_SESSION_END:
		return on_end(s, body);
	default:
		return -EPROTO;
	}
}
