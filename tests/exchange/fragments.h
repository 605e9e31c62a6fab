/* SPDX-License-Identifier: BSD-2-Clause */
/* A client whose messages leave in fragments, RFC 7383, each to be sent, kept or changed. */
#ifndef EXCHANGE_FRAGMENTS_H
#define EXCHANGE_FRAGMENTS_H

#include "exchange/exchange.h"

enum {
	PIECES_MAX = 64,
	EXCHANGE_AT = 18,
	LENGTH_AT = 24,
	PAYLOAD_AT = IKE_HEADER_LEN,
	NUMBER_AT = IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN,
	TOTAL_AT = NUMBER_AT + 2,
	SEALED_AT = TOTAL_AT + 2,
};

/* A message of the client as it leaves. */
struct pieces {
	size_t count;
	struct {
		size_t len;
		uint8_t bytes[2400];
	} piece[PIECES_MAX];
};

/* mtu, client_mtu: longest IP datagrams of both sides, 0: that side knows no fragments. */
static inline struct story *with_client(unsigned mtu, uint16_t client_mtu, size_t padding)
{
	char text[1024], number[16];
	struct initiator_setup setup;
	struct story *s;

	snprintf(number, sizeof(number), mtu ? "%u" : "off", mtu);
	snprintf(text, sizeof(text),
		 "[gateway]\noutside = eth0\nfragmentation-mtu = %s\n[ikev2-proposal p]\n%s",
		 number, STORY_REST("p"));
	s = story_begin(text);
	s->gw.subnets = CONF_NETS_MAX;
	gateway_client(&s->gw, &setup);
	setup.fragment_mtu = client_mtu;
	setup.padding = padding;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	return s;
}

static inline void send_one(struct story *s, const struct pieces *all, size_t i)
{
	gateway_receive(&s->gw, all->piece[i].bytes, all->piece[i].len, &s->in->peer,
			&s->in->local);
	gateway_settle(&s->gw);
}

static inline void take_pieces(struct story *s, struct pieces *all)
{
	all->count = 0;
	do {
		assert_true(all->count < PIECES_MAX);
		assert_true(s->in->out_len <= sizeof(all->piece[0].bytes));
		all->piece[all->count].len = s->in->out_len;
		memcpy(all->piece[all->count].bytes, s->in->out, s->in->out_len);
		all->count++;
	} while (initiator_more(s->in));
}

static inline void deliver_all(struct story *s)
{
	struct gateway_datagram d;

	while (gateway_take(&s->gw, &d))
		initiator_receive(s->in, d.bytes, d.len);
}

/* IKE_SA_INIT is over; the client's IKE_AUTH is in its pieces. */
static inline struct story *at_auth(unsigned mtu, uint16_t client_mtu, size_t padding,
				    struct pieces *all)
{
	struct story *s = with_client(mtu, client_mtu, padding);

	assert_true(initiator_init(s->in) > 0);
	take_pieces(s, all);
	send_one(s, all, 0);
	deliver_all(s);
	assert_true(initiator_auth(s->in) > 0);
	take_pieces(s, all);
	return s;
}

static inline uint64_t drops(const struct story *s, enum ike_drop drop)
{
	return s->gw.core->stats.drop[drop];
}

static inline void log_out(struct story *s)
{
	struct pieces all;

	assert_int_equal(s->gw.core->fragments_held, 0);
	s->gw.out_count = 0;
	assert_true(initiator_delete(s->in) > 0);
	take_pieces(s, &all);
	send_one(s, &all, 0);
	assert_int_equal(gateway_sessions(&s->gw), 0);
	s->gw.out_count = 0;
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* Is the datagram a fragment of `total`, and none longer than mtu allows? */
static inline void assert_fragment(const struct gateway_datagram *d, size_t total, unsigned mtu)
{
	struct ike_message m;

	assert_true(d->len <= mtu - 20 - 8);
	assert_int_equal(ike_parse_clear(d->bytes, d->len, &m), IKE_DROP_NONE);
	assert_int_equal(m.fragments, total);
}

#endif
