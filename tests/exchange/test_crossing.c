// SPDX-License-Identifier: BSD-2-Clause
/*
 * What crosses in ways that take more than one event on a side: an SA that is closed while its own
 * rekey is out, rekeys of two CHILD SAs at once, a peer that rekeys and deletes nothing.
 */
#include "exchange/pair.h"

#include "ike/child_delete.h"
#include "ike/close.h"
#include "ike/create.h"

enum { SEEDS = 8, SETTLED_MS = 150 * 1000 };

static void close_ike(struct pair *p, unsigned side)
{
	ike_close(p->gw[side].core, pair_sa(p, side), FG_CAUSE_operator_clear);
	pair_settle(p, side);
}

static size_t sas(const struct pair *p, unsigned side)
{
	return p->gw[side].core->by_spi.count;
}

static void nothing_left(const struct pair *p)
{
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		assert_int_equal(sas(p, side), 0);
		assert_int_equal(gateway_sessions(&p->gw[side]), 0);
	}
}

/* The operator ends a session whose IKE SA is being rekeyed: the answer to that makes room for our
 * DELETE. */
static void test_close_behind_rekey(void **state)
{
	struct pair *p = pair_begin(NULL, NULL, 1);

	(void)state;
	pair_rekey_ike(p, PAIR_A);
	close_ike(p, PAIR_A);
	pair_flow(p);
	assert_int_equal(sas(p, PAIR_A), 0);
	pair_live(p, IKE_LINGER_MS);
	nothing_left(p);
	pair_end(p);
}

/*
 * Both rekey the IKE SA. The answer to ours is so late that we close the old one meanwhile, as one
 * that the peer has left to us. Whoever wins, that close goes on by itself.
 */
static void late_answer(uint64_t seed)
{
	struct pair *p = pair_begin(NULL, NULL, seed);
	const struct gateway_datagram *to_a;
	struct ikesa *old = pair_sa(p, PAIR_A);

	pair_rekey_ike(p, PAIR_A);
	pair_rekey_ike(p, PAIR_B);
	assert_true(pair_deliver(p, PAIR_B, 0, false));
	assert_true(pair_deliver(p, PAIR_A, 0, false));
	assert_int_equal(p->wire_count[PAIR_B], 1); /* the answer to ours */
	assert_int_equal(old->state, IKE_STATE_REKEYED);
	gateway_wait(&p->gw[PAIR_A], IKE_LEFT_MS + 1);
	pair_settle(p, PAIR_A);
	assert_int_equal(old->state, IKE_STATE_DELETING);
	to_a = &p->wire[PAIR_B][0];
	gateway_receive(&p->gw[PAIR_A], to_a->bytes, to_a->len, &to_a->peer, &to_a->local);
	pair_settle(p, PAIR_A);
	/* The old one and both new ones, of which one or two go. */
	assert_int_equal(sas(p, PAIR_A), 3);
	assert_int_equal(old->own_task, IKE_TASK_DELETE_IKE);
	pair_live(p, SETTLED_MS);
	assert_int_equal(sas(p, PAIR_A), pair_sa(p, PAIR_A) ? 1 : 0);
	pair_end(p);
}

static void test_late_answer(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		late_answer(seed);
}

/* Both rekey the IKE SA, and the peer deletes what it made of it while we close that, too: there is
 * nothing to be given back. */
static void close_what_lost(uint64_t seed)
{
	struct pair *p = pair_begin(NULL, NULL, seed);
	const struct ikesa *old = pair_sa(p, PAIR_A);

	pair_rekey_ike(p, PAIR_A);
	pair_rekey_ike(p, PAIR_B);
	assert_true(pair_deliver(p, PAIR_B, 0, false)); /* A's answer stands behind its request */
	assert_true(pair_deliver(p, PAIR_A, 0, false));
	assert_true(pair_deliver(p, PAIR_A, 0, false));
	close_ike(p, PAIR_A);
	/* B's answer to A stays on the way, its DELETE arrives. */
	while (pair_deliver(p, PAIR_B, 1, false))
		;
	assert_int_not_equal(old->state, IKE_STATE_DELETING);
	pair_live(p, SETTLED_MS);
	nothing_left(p);
	pair_end(p);
}

static void test_close_what_lost(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		close_what_lost(seed);
}

/* --- two CHILD SAs --- */

static size_t children(const struct pair *p, unsigned side)
{
	size_t n = 0;

	for (const struct ike_child *child = pair_sa(p, side)->child; child; child = child->next) {
		assert_int_equal(child->state, IKE_CHILD_INSTALLED);
		assert_int_equal(child->heir, 0);
		assert_non_null(ike_child_in(pair_sa(p, !side), child->spi_out));
		n++;
	}
	return n;
}

/*
 * Each side rekeys the same CHILD SA. Ours is answered, flexd has it in hand, and our rekey of the
 * other CHILD SA is out when the peer's request comes at last: it has nothing to do with that one.
 */
static void two_children(uint64_t seed)
{
	struct pair *p = pair_begin(NULL, NULL, seed);
	struct ikesa *a = pair_sa(p, PAIR_A);
	__be32 both[2];

	pair_second_child(p);
	both[0] = a->child->spi_in;
	both[1] = a->child->next->spi_in;
	/* The SPIs of both come before the first request is answered. */
	gateway_life(&p->gw[PAIR_A], both[0], false);
	gateway_life(&p->gw[PAIR_A], both[1], false);
	pair_settle(p, PAIR_A);
	gateway_life(&p->gw[PAIR_B], a->own_child, false);
	pair_settle(p, PAIR_B);
	assert_true(pair_deliver(p, PAIR_A, 0, false));
	assert_int_equal(p->wire_count[PAIR_B], 2);
	p->lag = true;
	assert_true(pair_deliver(p, PAIR_B, 1, false));
	assert_non_null(a->create);
	assert_true(pair_deliver(p, PAIR_B, 0, false));
	/* Our next request, and TEMPORARY_FAILURE: flexd need not be asked. */
	assert_int_equal(p->wire_count[PAIR_A], 2);
	p->lag = false;
	pair_live(p, SETTLED_MS);
	assert_int_equal(children(p, PAIR_A), 2);
	assert_int_equal(children(p, PAIR_B), 2);
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		assert_int_equal(gateway_sas(&p->gw[side], 1), 2);
		assert_int_equal(p->gw[side].core->stats.child_expired, 0);
	}
	assert_null(ike_child_in(pair_sa(p, PAIR_A), both[0]));
	assert_null(ike_child_in(pair_sa(p, PAIR_A), both[1]));
	pair_end(p);
}

static void test_two_children(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		two_children(seed);
}

/* The peer's SPI is the same in its answer to our rekey of one CHILD SA and in its own rekey of the
 * other, while flexd has both in hand: each gets what flexd made for it. */
static void test_same_spi(void **state)
{
	struct pair *p = pair_begin(NULL, NULL, 1);
	struct ikesa *a = pair_sa(p, PAIR_A);
	__be32 both[2];

	(void)state;
	pair_second_child(p);
	both[0] = a->child->spi_in;
	both[1] = a->child->next->spi_in;
	gateway_life(&p->gw[PAIR_A], both[0], false);
	pair_settle(p, PAIR_A);
	assert_true(pair_deliver(p, PAIR_A, 0, false));
	p->gw[PAIR_B].next_spi--;
	gateway_life(&p->gw[PAIR_B], both[1], false);
	pair_settle(p, PAIR_B);
	assert_int_equal(p->wire_count[PAIR_B], 2);
	p->lag = true;
	assert_true(pair_deliver(p, PAIR_B, 0, false));
	assert_int_equal(a->child->state, IKE_CHILD_INSTALLING);
	assert_true(pair_deliver(p, PAIR_B, 0, false));
	assert_non_null(a->asked);
	assert_int_equal(a->asked->esp.spi, a->child->spi_out);
	while (pair_flexd(p, PAIR_A))
		;
	assert_null(a->asked);
	for (const struct ike_child *child = a->child; child; child = child->next) {
		assert_int_not_equal(child->state, IKE_CHILD_INSTALLING);
		for (const struct ike_child *other = child->next; other; other = other->next)
			assert_int_not_equal(child->spi_in, other->spi_in);
	}
	pair_end(p);
}

/*
 * Both rekey the IKE SA. In the one that the peer made we delete a CHILD SA, and before that is
 * answered ours takes its place: it is deleted there.
 */
static void delete_between(uint64_t seed)
{
	struct pair *p = pair_begin(NULL, NULL, seed);
	struct ikesa *rival;

	pair_second_child(p);
	pair_rekey_ike(p, PAIR_A);
	pair_rekey_ike(p, PAIR_B);
	assert_true(pair_deliver(p, PAIR_B, 0, false));
	assert_true(pair_deliver(p, PAIR_A, 0, false));
	rival = pair_sa(p, PAIR_A);
	ike_child_delete(p->gw[PAIR_A].core, rival, rival->child);
	pair_settle(p, PAIR_A);
	assert_int_equal(rival->own_task, IKE_TASK_DELETE_CHILD);
	assert_true(pair_deliver(p, PAIR_B, 0, false)); /* the answer to our rekey */
	pair_live(p, SETTLED_MS);
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		assert_int_equal(children(p, side), 1);
		assert_int_equal(gateway_sas(&p->gw[side], 1), 1);
	}
	pair_end(p);
}

static void test_delete_between(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		delete_between(seed);
}

/* --- without end --- */

/* A peer that rekeys the IKE SA again and again and deletes none of them holds two of ours. */
static void test_rekeys_without_delete(void **state)
{
	struct pair *p = pair_begin(NULL, NULL, 1);

	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		pair_rekey_ike(p, PAIR_B);
		pair_deliver(p, PAIR_B, 0, false);
		pair_deliver(p, PAIR_A, 0, false);
		while (pair_lose(p, PAIR_A) || pair_lose(p, PAIR_B))
			;
		assert_in_range(sas(p, PAIR_A), 1, 2);
	}
	pair_end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_behind_rekey),
		cmocka_unit_test(test_late_answer),
		cmocka_unit_test(test_close_what_lost),
		cmocka_unit_test(test_two_children),
		cmocka_unit_test(test_same_spi),
		cmocka_unit_test(test_delete_between),
		cmocka_unit_test(test_rekeys_without_delete),
	};

	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
