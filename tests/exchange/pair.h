/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of two gateways share: support/pair.h with checks. */
#ifndef EXCHANGE_PAIR_H
#define EXCHANGE_PAIR_H

#include "exchange/exchange.h"

#include "ike/task.h"
#include "support/pair.h"

/* Lines of the sections that differ; those of the profile come last. */
#define PAIR_CONF(proposal, ipsec, profile)                                                        \
	"[gateway]\noutside = eth0\n[ikev2-proposal all]\n" proposal "[ipsec-profile all]\n" ipsec \
	"[pool p4]\nprefix = 10.10.0.0/24\n"                                                       \
	"[ikev2-authorization-policy all]\npool = p4\n[virtual-template 1]\n"                      \
	"[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\nmatch-identity-remote = any\n"        \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\nproposal = all\n"                \
	"ipsec-profile = all\naaa-authorization-group = all\nvirtual-template = 1\n" profile

static inline struct pair *pair_begin(const char *conf_a, const char *conf_b, uint64_t seed)
{
	struct pair *p = malloc(sizeof(*p));

	assert_non_null(p);
	pair_open(p, conf_a, conf_b, seed);
	return p;
}

static inline void pair_end(struct pair *p)
{
	for (unsigned side = 0; side < PAIR_SIDES; side++)
		assert_int_equal(p->gw[side].strange, 0);
	pair_close(p);
	free(p);
}

static inline void pair_both_carry(const struct pair *p)
{
	assert_true(pair_carries(p, PAIR_A));
	assert_true(pair_carries(p, PAIR_B));
}

/* This side begins a rekey; its request is on the wire. */
static inline void pair_rekey_child(struct pair *p, unsigned side)
{
	gateway_life(&p->gw[side], pair_child(p, side)->spi_in, false);
	pair_settle(p, side);
}

static inline void pair_rekey_ike(struct pair *p, unsigned side)
{
	ike_want(p->gw[side].core, pair_sa(p, side), IKE_TASK_REKEY_IKE);
	pair_settle(p, side);
}

#endif
