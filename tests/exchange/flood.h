/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of cookies and of floods share: a gateway that may demand cookies, and clients
 * from many addresses. */
#ifndef EXCHANGE_FLOOD_H
#define EXCHANGE_FLOOD_H

#include "exchange/exchange.h"

enum { FLOOD_COOKIE_LEN = 48 }; /* a whole answer that asks for one */

static const char flood_conf[] = "[gateway]\noutside = eth0\nhalf-open-limit = 400\n"
				 "half-open-timeout = 30\n%s"
				 "[ikev2-proposal p]\nencryption = aes-gcm-256\nprf = sha256\n"
				 "group = 31 19\n" STORY_REST("p");

static inline void flood_secrets(struct story *s, uint32_t slot)
{
	struct fg_cookie_secrets secrets = { .slot = slot };

	for (uint32_t i = slot - 1; i != slot + 1; i++)
		secrets.key[i & 1][0] = secrets.key[i & 1][1] = 0x5ec2e7 + i;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_COOKIE_SECRETS, &secrets), 0);
}

/* With these keys in [gateway], secrets told, no client yet. */
static inline struct story *flood_begin(const char *keys)
{
	char text[2048];
	struct story *s;

	snprintf(text, sizeof(text), flood_conf, keys);
	s = story_begin(text);
	flood_secrets(s, 7);
	return s;
}

static inline struct initiator *flood_client_at(struct story *s, const char *address, uint16_t port)
{
	struct initiator_setup setup;
	struct initiator *in;

	gateway_client(&s->gw, &setup);
	ip_parse(address, &setup.local.ip);
	setup.local.port = htons(port);
	assert_int_equal(initiator_new(&setup, &in), 0);
	return in;
}

static inline void flood_client(struct story *s)
{
	initiator_free(s->in);
	s->in = flood_client_at(s, "192.0.2.1", 500);
}

static inline void flood_send(struct story *s, const struct initiator *in)
{
	gateway_receive(&s->gw, in->out, in->out_len, &in->peer, &in->local);
}

static inline bool flood_is_cookie(const struct gateway_datagram *d)
{
	return d->len == FLOOD_COOKIE_LEN && d->bytes[18] == IKE_EXCHANGE_IKE_SA_INIT &&
	       memcmp(d->bytes + 28, "\0\0\0\x14\0\0\x40\x06", 8) == 0;
}

/* One first message of somebody who is never seen again. Returns what it was answered with. */
enum got { NOTHING, COOKIE, ANSWERED };

static inline enum got flood_spoof(struct story *s, uint32_t n)
{
	char address[32];
	struct gateway_datagram d;
	struct initiator *in;
	enum got got = NOTHING;

	snprintf(address, sizeof(address), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	in = flood_client_at(s, address, 500);
	in->setup.group = in->group = IKE_GROUP_X25519;
	assert_true(initiator_init(in) > 0);
	flood_send(s, in);
	if (gateway_take(&s->gw, &d)) {
		got = flood_is_cookie(&d) ? COOKIE : ANSWERED;
		assert_true(d.len <= in->out_len);
	}
	initiator_free(in);
	return got;
}

#endif
