// SPDX-License-Identifier: BSD-2-Clause
/*
 * Additional key exchanges behind CREATE_CHILD_SA, RFC 9370 2.2.4, without a collision: what is
 * agreed, by whoever asks; a series that stops half way; what else comes meanwhile.
 */
#include "exchange/pair.h"

#include "ike/child_delete.h"
#include "ike/close.h"
#include "ike/create.h"
#include "ike/followup.h"

/* clang-format off */
#define CONF(proposal, ipsec) PAIR_CONF("group = 31\n" proposal, ipsec, "")
#define ONE   "additional-key-exchange-1 = 19\n"
#define THREE ONE "additional-key-exchange-3 = 20\nadditional-key-exchange-7 = 21\n"
#define MAY   "additional-key-exchange-1 = 19 none\n"
#define PFS   "set-pfs = 31\n"
/* clang-format on */

enum { SETTLED_MS = 150 * 1000 };

/* As after a login with one. */
static void knows(struct pair *p, unsigned side)
{
	pair_sa(p, side)->keys.suite.additional[0] = IKE_GROUP_ECP_256;
}

static size_t count(const uint16_t *method)
{
	size_t n = 0;

	for (size_t i = 0; i < CONF_ADDITIONAL_MAX; i++)
		n += method[i] != 0;
	return n;
}

/* --- what is agreed --- */

static const struct {
	const char *name, *ours, *theirs;
	bool knows;  /* we have made one before */
	int methods; /* in the new one; -1: the rekey is refused */
} agreements[] = {
	{ "none", CONF("", PFS), CONF("", PFS), false, 0 },
	{ "one", CONF(ONE, PFS ONE), CONF(ONE, PFS ONE), false, 1 },
	{ "three", CONF(THREE, PFS THREE), CONF(THREE, PFS THREE), false, 3 },
	{ "we may, the other can", CONF(MAY, PFS MAY), CONF(MAY, PFS MAY), false, 0 },
	{ "the same, and it did", CONF(MAY, PFS MAY), CONF(MAY, PFS MAY), true, 1 },
	{ "the other cannot", CONF(MAY, PFS MAY), CONF("", PFS), true, 0 },
	{ "we insist, the other cannot", CONF(ONE, PFS ONE), CONF("", PFS), true, -1 },
	{ "the other insists, we cannot", CONF("", PFS), CONF(ONE, PFS ONE), true, -1 },
	{ "no set-pfs there: as for the IKE SA", CONF(MAY, PFS MAY), CONF(MAY, ""), true, 1 },
};

static void test_child(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(agreements); i++) {
		struct pair *p = pair_begin(agreements[i].ours, agreements[i].theirs, 5);
		__be32 first = pair_child(p, PAIR_A)->spi_in;
		uint64_t rekeys = p->gw[PAIR_A].core->stats.child_rekeys;
		int methods = agreements[i].methods;

		print_message("%s\n", agreements[i].name);
		if (agreements[i].knows)
			knows(p, PAIR_A);
		pair_rekey_child(p, PAIR_A);
		pair_live(p, 1000);
		pair_both_carry(p);
		assert_int_equal(pair_child(p, PAIR_A)->spi_in != first, methods >= 0);
		assert_int_equal(p->gw[PAIR_A].core->stats.rekey_failed, methods < 0);
		for (unsigned side = 0; methods >= 0 && side < PAIR_SIDES; side++) {
			assert_int_equal(count(pair_child(p, side)->additional), methods);
			assert_int_equal(p->gw[side].core->stats.child_rekeys, rekeys + 1);
			assert_int_equal(gateway_sas(&p->gw[side], 1), 1);
		}
		/* The other one goes on as it was. */
		if (methods > 0) {
			pair_rekey_child(p, PAIR_B);
			pair_live(p, 1000);
			pair_both_carry(p);
			assert_int_equal(count(pair_child(p, PAIR_A)->additional), methods);
			assert_int_equal(p->gw[PAIR_A].core->stats.child_rekeys, rekeys + 2);
		}
		pair_end(p);
	}
}

/* The new keys hold on both sides: another rekey goes through them. */
static void test_ike(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(agreements); i++) {
		struct pair *p = pair_begin(agreements[i].ours, agreements[i].theirs, 5);
		int methods = agreements[i].methods;

		print_message("%s\n", agreements[i].name);
		if (agreements[i].knows)
			knows(p, PAIR_A);
		pair_rekey_ike(p, PAIR_A);
		pair_live(p, IKE_LINGER_MS + 1000);
		assert_int_equal(pair_sa(p, PAIR_A)->spi_i != p->first_ike, methods >= 0);
		assert_int_equal(p->gw[PAIR_A].core->stats.rekey_failed, methods < 0);
		for (unsigned side = 0; methods >= 0 && side < PAIR_SIDES; side++) {
			assert_int_equal(count(pair_sa(p, side)->keys.suite.additional), methods);
			assert_int_equal(p->gw[side].core->by_spi.count, 1);
		}
		if (methods >= 0) {
			pair_rekey_ike(p, PAIR_B);
			pair_live(p, IKE_LINGER_MS + 1000);
			assert_int_equal(p->gw[PAIR_A].core->stats.ike_rekeys, 2);
			assert_int_equal(p->gw[PAIR_A].core->by_spi.count, 1);
		}
		pair_both_carry(p);
		pair_end(p);
	}
}

/* --- half way --- */

static const char insists[] = CONF(THREE, PFS THREE);

static const struct kind {
	const char *name;
	void (*rekey)(struct pair *p, unsigned side);
} kinds[] = { { "child", pair_rekey_child }, { "IKE", pair_rekey_ike } };

/* A's rekey, with so many of its messages answered. */
static struct pair *half_way(const struct kind *kind, unsigned answered)
{
	struct pair *p = pair_begin(insists, insists, 5);

	kind->rekey(p, PAIR_A);
	for (unsigned n = 0; n < answered; n++) {
		assert_true(pair_deliver(p, PAIR_A, 0, false));
		assert_true(pair_deliver(p, PAIR_B, 0, false));
	}
	return p;
}

/* Neither side has the new SA before the last exchange, nor has flexd. */
static void nothing_yet(struct pair *p)
{
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		assert_int_equal(p->gw[side].core->by_spi.count, 1);
		assert_null(pair_child(p, side)->next);
		assert_int_equal(pair_sa(p, side)->state, IKE_STATE_ESTABLISHED);
	}
	pair_both_carry(p);
}

static void at_rest(struct pair *p)
{
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		assert_int_equal(p->gw[side].core->by_spi.count, 1);
		assert_null(pair_child(p, side)->next);
		assert_null(pair_sa(p, side)->create);
		assert_null(pair_sa(p, side)->asked);
		assert_int_equal(gateway_sas(&p->gw[side], 1), 1);
	}
	pair_both_carry(p);
}

/* The peer forgets: it says so, the old SA goes on, and the rekey is tried again. */
static void test_state_lost(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++)
		for (unsigned answered = 1; answered < 4; answered++) {
			struct pair *p = half_way(&kinds[k], answered);
			struct gateway *b = &p->gw[PAIR_B];

			nothing_yet(p);
			ike_followup_over(b->core, pair_sa(p, PAIR_B));
			pair_flow(p);
			assert_int_equal(b->core->stats.drop[IKE_DROP_no_series], 1);
			nothing_yet(p);
			assert_null(pair_sa(p, PAIR_A)->create);
			assert_int_equal(gateway_sas(b, 1), 1);
			pair_live(p, SETTLED_MS);
			at_rest(p);
			assert_true(pair_child(p, PAIR_A)->spi_in != p->first_spi ||
				    pair_sa(p, PAIR_A)->spi_i != p->first_ike);
			pair_end(p);
		}
}

/* A peer that does not go on holds what it asked for a minute, no longer. */
static void test_timeout(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		struct pair *p = half_way(&kinds[k], 2);
		struct gateway *b = &p->gw[PAIR_B];

		assert_int_equal(gateway_sas(b, 1), k == 0 ? 2 : 1); /* one is reserved */
		gateway_wait(b, IKE_FOLLOWUP_MS - 1);
		assert_non_null(pair_sa(p, PAIR_B)->asked);
		gateway_wait(b, 1);
		gateway_settle(b);
		assert_null(pair_sa(p, PAIR_B)->asked);
		assert_int_equal(gateway_sas(b, 1), 1);
		assert_int_equal(pair_sa(p, PAIR_B)->state, IKE_STATE_ESTABLISHED);
		pair_end(p);
	}
}

/* The old SA ends meanwhile, by either side: nothing is left of the series. */
static void test_ended_meanwhile(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++)
		for (unsigned row = 0; row < 4; row++) {
			struct pair *p = half_way(&kinds[k], 2);
			unsigned side = row & 1;
			struct gateway *gw = &p->gw[side];

			if (row & 2)
				ike_close(gw->core, pair_sa(p, side), FG_CAUSE_operator_clear);
			else
				ike_child_delete(gw->core, pair_sa(p, side), pair_child(p, side));
			pair_live(p, SETTLED_MS);
			for (unsigned s = 0; s < PAIR_SIDES; s++) {
				const struct ikesa *sa = pair_sa(p, s);

				assert_int_equal(p->gw[s].core->by_spi.count, sa ? 1 : 0);
				assert_int_equal(gateway_sessions(&p->gw[s]), sa ? 1 : 0);
			}
			pair_end(p);
		}
}

/* Dead peer detection, a packet lost, one that comes twice: the series goes on. */
static void test_among_others(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		struct pair *p = half_way(&kinds[k], 2);

		ike_want(p->gw[PAIR_B].core, pair_sa(p, PAIR_B), IKE_TASK_DPD);
		pair_settle(p, PAIR_B);
		assert_true(pair_deliver(p, PAIR_B, 0, false));
		assert_true(pair_lose(p, PAIR_A));
		pair_wait(p, IKE_REQUEST_FIRST_MS + 100);
		assert_true(pair_deliver(p, PAIR_A, 0, true));
		assert_true(pair_deliver(p, PAIR_A, 0, false));
		pair_live(p, SETTLED_MS);
		at_rest(p);
		assert_int_equal(p->gw[PAIR_B].core->stats.drop[IKE_DROP_no_series], 0);
		pair_end(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child),           cmocka_unit_test(test_ike),
		cmocka_unit_test(test_state_lost),      cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_ended_meanwhile), cmocka_unit_test(test_among_others),
	};

	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
