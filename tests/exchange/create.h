/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of CREATE_CHILD_SA and IKE_FOLLOWUP_KE share: a client that has logged in, and
 * what must hold after a request of it. */
#ifndef EXCHANGE_CREATE_H
#define EXCHANGE_CREATE_H

#include "exchange/exchange.h"

/* clang-format off */
static const char create_conf[] =
	"[gateway]\noutside = eth0\n[ikev2-proposal p]\ngroup = 31 19\n"
	"additional-key-exchange-1 = 20 none\nadditional-key-exchange-2 = 21 none\n"
	"[ipsec-profile f]\ntransform = esp-gcm-256\n" STORY_REST("p") "ipsec-profile = f\n";
/* clang-format on */

static inline struct story *create_up(void)
{
	struct story *s = story_begin(create_conf);
	struct initiator_setup setup;

	gateway_client(&s->gw, &setup);
	setup.proposal.additional.method[0][0] = IKE_GROUP_ECP_384;
	setup.proposal.additional.count[0] = 1;
	setup.proposal.additional.method[1][0] = IKE_GROUP_ECP_521;
	setup.proposal.additional.count[1] = 1;
	setup.pfs = (struct ike_pfs){ .group = { IKE_GROUP_X25519 },
				      .group_count = 1,
				      .additional = setup.proposal.additional,
				      .ke = IKE_GROUP_X25519 };
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	return s;
}

/* One request and its answer; nothing that would follow. */
static inline enum initiator_event create_ask(struct story *s)
{
	enum initiator_event event = INITIATOR_IGNORED;
	struct gateway_datagram d;

	do
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	while (initiator_more(s->in));
	gateway_settle(&s->gw);
	while (gateway_take(&s->gw, &d))
		event = initiator_receive(s->in, d.bytes, d.len);
	return event;
}

/* The IKE SA is over with what it had; its answer can be sent again for a while. */
static inline void create_is_over(struct story *s)
{
	assert_int_equal(s->gw.core->gauge[IKE_STATE_FAILED], 1);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_malformed);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
}

/* It goes on as before: one CHILD SA, the old one, in use; the next request is answered. */
static inline void create_goes_on(struct story *s, unsigned sas)
{
	struct ike_core *core = s->gw.core;
	const struct ikesa *sa = ikesa_find_handle(core, s->gw.session[1].ike);

	assert_int_equal(core->by_spi.count, 1);
	assert_int_equal(sa->state, IKE_STATE_ESTABLISHED);
	assert_int_equal(sa->spi_i, s->in->spi_i);
	assert_null(sa->create);
	assert_null(sa->asked);
	assert_false(sa->busy);
	assert_int_equal(gateway_sas(&s->gw, 1), sas);
	assert_non_null(gateway_opens(&s->gw, s->gw.session[1].spi_in));
	assert_true(initiator_liveness(s->in) > 0);
	assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
}

#endif
