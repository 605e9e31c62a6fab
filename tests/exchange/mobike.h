/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that speaks MOBIKE, RFC 4555, and moves. */
#ifndef EXCHANGE_MOBIKE_H
#define EXCHANGE_MOBIKE_H

#include "exchange/exchange.h"
#include "ike/mobike.h"

#define MOBIKE_CONF(mode)                                                                          \
	"[gateway]\noutside = eth0\ndpd = off\n[pool p4]\nprefix = 10.10.0.0/24\n"                 \
	"[pool p6]\nprefix = 2001:db8:10::/64\n[ikev2-authorization-policy all]\npool = p4\n"      \
	"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n"               \
	"mobike = " mode "\nmatch-identity-remote = fqdn domain example.org\n"                     \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\n"                                \
	"aaa-authorization-group = all\nvirtual-template = 1\n"

#define SUPPORTED                                                                                  \
	{                                                                                          \
		.type = IKE_NOTIFY_MOBIKE_SUPPORTED                                                \
	}
#define UPDATE                                                                                     \
	{                                                                                          \
		.type = IKE_NOTIFY_UPDATE_SA_ADDRESSES                                             \
	}

static const char OTHER4[] = "203.0.113.7", OTHER6[] = "2001:db8:5::7",
		  GATEWAY6[] = "2001:db8:1::1";

/* Logged in, with MOBIKE unless `extra` says something else, on port 4500. */
static inline struct story *up(const char *conf, const struct initiator_notify *extra,
			       unsigned knobs)
{
	static const struct initiator_notify supported = SUPPORTED;
	struct story *s = story_begin(conf);
	struct fg_ip locals[2] = { ip_from4(htonl(0xc6336401)) };
	struct initiator_setup setup;

	ip_parse(GATEWAY6, &locals[1]);
	ike_core_set_locals(s->gw.core, locals, 2);
	gateway_client(&s->gw, &setup);
	setup.knobs = knobs;
	/* RFC 4555 3.3: with MOBIKE on 4500 from IKE_AUTH on, NAT or not. */
	setup.local.port = setup.peer.port = htons(FG_NATT_PORT);
	memcpy(setup.in_auth, extra ? extra : &supported,
	       (extra ? INITIATOR_NOTIFIES : 1) * sizeof(supported));
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	return s;
}

static inline struct ikesa *sa_of(struct story *s)
{
	struct ikesa *sa = ikesa_find(s->gw.core, s->in->spi_r);

	assert_non_null(sa);
	return sa;
}

static inline void go(struct story *s, const char *local, unsigned port)
{
	ip_parse(local, &s->in->local.ip);
	s->in->local.port = htons((uint16_t)port);
	if (!ip_is4(&s->in->local.ip))
		ip_parse(GATEWAY6, &s->in->peer.ip);
	else
		s->in->peer.ip = ip_from4(htonl(0xc6336401));
}

static inline struct initiator_notify nat_detection(const struct story *s, uint16_t type,
						    const struct endpoint *ep)
{
	struct initiator_notify notify = { .type = type, .len = IKE_NAT_HASH_LEN };

	assert_true(ike_nat_hash(s->in->spi_i, s->in->spi_r, ep, notify.data));
	return notify;
}

/* UPDATE_SA_ADDRESSES with NAT detection as the client believes its addresses. */
static inline size_t make_update(struct story *s)
{
	struct endpoint local = s->in->local;
	struct initiator_notify n[3] = { UPDATE };

	if (s->in->setup.knobs & INITIATOR_FAKE_NAT)
		local.port ^= htons(1);
	n[1] = nat_detection(s, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP, &local);
	n[2] = nat_detection(s, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP, &s->in->peer);
	return initiator_inform(s->in, n, 3);
}

static inline void send_out(struct story *s)
{
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
}

/* The oldest datagram, which must go to where the client is; its answer stands in out. */
static inline enum initiator_event deliver(struct story *s)
{
	struct gateway_datagram d;

	assert_true(gateway_take(&s->gw, &d));
	assert_true(ip_equal(&d.peer.ip, &s->in->local.ip));
	assert_int_equal(d.peer.port, s->in->local.port);
	return initiator_receive(s->in, d.bytes, d.len);
}

static inline bool traffic_at(const struct story *s, const char *peer, unsigned port)
{
	const struct gateway_session *one = &s->gw.session[1];
	struct fg_ip ip;

	ip_parse(peer, &ip);
	return ip_equal(&one->peer.ip, &ip) && one->peer.port == htons((uint16_t)port);
}

/* The whole move: answered, checked, followed. */
static inline void move(struct story *s)
{
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP));
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP));
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_int_equal(s->gw.out_count, 0);
}

#endif
