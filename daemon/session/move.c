// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client that is elsewhere: by its own word, which ike has authenticated and tested (RFC 4555),
 * or because a NAT before it gave it another address or port, which its packets show (RFC
 * 7296 2.23). All its SAs follow at once; inbound ones are known by their SPI and take packets from
 * anywhere.
 */
#include "session/session.h"

#include <errno.h>

#define AREA "session"

static bool follow(struct sessions *s, struct session *session, const struct plane_path *path)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX], local[IP_TEXT_MAX];
	bool elsewhere = !ip_equal(&session->local.ip, &path->local.ip);

	if (plane_session_move(s->setup.plane, session->id, path)) {
		log_error(AREA, "va%u: the data plane cannot follow the client to %s", session->id,
			  endpoint_text(&path->peer, to));
		return false;
	}
	log_info(AREA, "va%u moved from %s to %s%s%s%s", session->id,
		 endpoint_text(&session->peer, from), endpoint_text(&path->peer, to),
		 elsewhere ? ", it reaches us by " : "",
		 elsewhere ? endpoint_text(&path->local, local) : "",
		 session->udp == path->udp ? ""
		 : path->udp               ? ", ESP in UDP from now on"
					   : ", plain ESP from now on");
	session->moves++;
	session->peer = path->peer;
	session->local = path->local;
	session->udp = path->udp;
	return true;
}

void session_move(struct sessions *s, const struct msg_session_move *move)
{
	struct session *session = session_by_ike(s, move->ike);
	const struct plane_path path = { .peer = move->peer,
					 .local = move->local,
					 .udp = move->udp,
					 .moves = move->udp && move->peer_behind_nat };

	if (!session || session->id != move->session || session->state == SESSION_ENDING)
		return;
	if (follow(s, session, &path))
		session->peer_behind_nat = move->peer_behind_nat;
}

/*
 * Only a client behind a NAT moves like this, and only within its address family. The address is
 * what stands in its packet: one to which nothing can be sent is the client's fault, not flexdp's.
 */
int session_moved(struct sessions *s, const struct msg_moved *moved)
{
	struct session *session = session_by_id(s, moved->session);
	struct msg_peer_moved tell = { .peer = moved->peer };
	struct plane_path path = { .peer = moved->peer, .udp = true, .moves = true };

	if (moved->session == 0 || moved->session >= s->max)
		return -EPROTO;
	if (!session || session->state != SESSION_UP || !session->peer_behind_nat ||
	    !session->udp || !session_endpoint_ok(&moved->peer) || moved->generation == 0 ||
	    plane_generation(s->setup.plane, session->id) != moved->generation ||
	    ip_is4(&session->peer.ip) != ip_is4(&moved->peer.ip) ||
	    endpoint_equal(&session->peer, &moved->peer))
		return 0;
	path.local = session->local;
	tell.was = session->peer;
	if (!follow(s, session, &path))
		return 0;
	tell.ike = session->ike;
	s->setup.to_ike(s->setup.arg, MSG_PEER_MOVED, &tell, sizeof(tell));
	return 0;
}
