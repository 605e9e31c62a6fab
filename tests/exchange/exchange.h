/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the exchange tests share: a story is a gateway and, mostly, one client. story_end() checks
 * that nothing is left allocated in it and that flexd never heard nonsense.
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/gateway.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The sections behind [gateway] and the proposal of this name. */
#define STORY_REST(proposal)                                                                       \
	"[pool p4]\nprefix = 10.10.0.0/24\n[ikev2-authorization-policy all]\npool = p4\n"          \
	"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n"               \
	"match-identity-remote = fqdn domain example.org\n"                                        \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\nproposal = " proposal            \
	"\naaa-authorization-group = all\nvirtual-template = 1\n"

struct story {
	struct gateway gw;
	struct initiator *in; /* freed by story_end() */
};

static inline struct story *story_begin(const char *conf_text)
{
	struct story *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	gateway_open(&s->gw, conf_text);
	return s;
}

/* No SA, no timer, no session, no source, nothing on the way. */
static inline void story_empty(struct story *s)
{
	const struct ike_core *core = s->gw.core;

	assert_int_equal(core->by_spi.count, 0);
	assert_int_equal(core->by_init.count, 0);
	assert_int_equal(core->by_identity.count, 0);
	assert_int_equal(core->by_handle.count, 0);
	assert_int_equal(core->sources.count, 0);
	assert_int_equal(core->timers.count, 0);
	assert_int_equal(core->half_open, 0);
	for (size_t i = 0; i < IKE_STATES; i++)
		assert_int_equal(core->gauge[i], 0);
	assert_int_equal(gateway_sessions(&s->gw), 0);
	assert_int_equal(s->gw.begun, s->gw.ended);
	assert_int_equal(s->gw.message_count, 0);
	assert_true(ike_next_tick(core) == IKE_NEVER);
}

static inline void story_end(struct story *s)
{
	assert_int_equal(s->gw.strange, 0);
	initiator_free(s->in);
	gateway_close(&s->gw);
	free(s);
}

/* Of all reasons. */
static inline uint64_t story_drops(const struct story *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MSG_IKE_DROPS; i++)
		sum += s->gw.core->stats.drop[i];
	return sum;
}

/* A client with the setup's default that has said nothing yet. */
static inline struct story *story_client(unsigned knobs)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	gateway_client(&s->gw, &setup);
	setup.knobs = knobs;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	return s;
}

/* What the client has just made reaches the gateway. */
static inline void story_send(struct story *s)
{
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
}

/* A client that has logged in. */
static inline struct story *story_up(unsigned knobs)
{
	struct story *s = story_client(knobs);

	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	return s;
}

/* The operator ends this session. */
static inline void story_clear(struct story *s, uint32_t session, uint32_t cause)
{
	const struct gateway_session *one = gateway_session_of(&s->gw, session);
	const struct msg_session_clear order = {
		.ike = one->ike,
		.session = session,
		.cause = cause,
	};

	assert_int_equal(ike_from_broker(s->gw.core, MSG_SESSION_CLEAR, &order), 0);
	gateway_settle(&s->gw);
}

#endif
