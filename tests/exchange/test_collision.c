// SPDX-License-Identifier: BSD-2-Clause
/*
 * Both sides act on the same SAs at the same time, RFC 7296 2.8 and 2.25, and what they say to each
 * other is delayed, lost, doubled or overtaken. Two cores, every order of the first few events. At
 * every moment what one side sends to its client must be opened by the other one; at the end both
 * must mean the same SAs, keys included, and hold nothing else.
 */
#include "exchange/pair.h"

#include "ike/child_delete.h"
#include "ike/close.h"
#include "ike/create.h"

#define MAY "additional-key-exchange-1 = 19 none\n"
/* Rekeys may have an additional key exchange, RFC 9370. */
static const char conf[] = PAIR_CONF("group = 31\n" MAY, "set-pfs = 31\n" MAY, "");

/* Retransmissions, what the peer leaves to us, a childless IKE SA: all of that is over by then. */
enum { SETTLED_MS = 150 * 1000, DEPTH_FULL = 7, SEEDS = 2 };

/* --- what a side does --- */

static void rekey_child(struct pair *p, unsigned side)
{
	const struct ike_child *child = pair_child(p, side);

	if (child)
		gateway_life(&p->gw[side], child->spi_in, false);
}

static void delete_child(struct pair *p, unsigned side)
{
	struct ike_child *child = pair_child(p, side);

	if (child)
		ike_child_delete(p->gw[side].core, pair_sa(p, side), child);
}

static void rekey_ike(struct pair *p, unsigned side)
{
	if (pair_sa(p, side))
		ike_want(p->gw[side].core, pair_sa(p, side), IKE_TASK_REKEY_IKE);
}

static void close_ike(struct pair *p, unsigned side)
{
	if (pair_sa(p, side))
		ike_close(p->gw[side].core, pair_sa(p, side), FG_CAUSE_operator_clear);
}

/* --- what becomes of what is said --- */

enum op {
	DELIVER_A, /* the oldest datagram of A arrives */
	DELIVER_B,
	LOSE_A,
	LOSE_B,
	DOUBLE_A, /* it arrives, and once more later */
	DOUBLE_B,
	OVERTAKE_A, /* the second oldest arrives */
	OVERTAKE_B,
	LATER,   /* long enough for a retransmission */
	ACT_B,   /* now B does its part */
	FLEXD_A, /* where flexd lags: it does one thing */
	FLEXD_B,
	OPS,
};

static const char *const op_names[OPS] = {
	"deliver A",  "deliver B",  "lose A", "lose B", "double A",   "double B",
	"overtake A", "overtake B", "later",  "B acts", "flexd of A", "flexd of B",
};

static const struct scenario {
	const char *name;
	void (*a)(struct pair *p, unsigned side);
	void (*b)(struct pair *p, unsigned side);
	/* One of them ends an SA: nothing need be left, but on both sides the same. Otherwise what
	 * was to be rekeyed is, at the end. */
	bool ends;
	bool child, ike;
	unsigned more; /* bit per side: it asks for the additional key exchange */
} scenarios[] = {
	{ "child/child", rekey_child, rekey_child, .child = true },
	{ "child/delete", rekey_child, delete_child, .ends = true },
	{ "delete/delete", delete_child, delete_child, .ends = true },
	{ "IKE/IKE", rekey_ike, rekey_ike, .ike = true },
	{ "IKE/child", rekey_ike, rekey_child, .child = true, .ike = true },
	{ "child/IKE", rekey_child, rekey_ike, .child = true, .ike = true },
	{ "IKE/delete", rekey_ike, delete_child, .ends = true },
	{ "IKE/close", rekey_ike, close_ike, .ends = true },
	{ "child/close", rekey_child, close_ike, .ends = true },
}, followups[] = {
	{ "child+/child+", rekey_child, rekey_child, .child = true, .more = 3 },
	{ "child+/child", rekey_child, rekey_child, .child = true, .more = 1 },
	{ "child/child+", rekey_child, rekey_child, .child = true, .more = 2 },
	{ "child+/delete", rekey_child, delete_child, .ends = true, .more = 1 },
	{ "IKE+/IKE+", rekey_ike, rekey_ike, .ike = true, .more = 3 },
	{ "IKE+/IKE", rekey_ike, rekey_ike, .ike = true, .more = 1 },
	{ "IKE/IKE+", rekey_ike, rekey_ike, .ike = true, .more = 2 },
	{ "IKE+/child+", rekey_ike, rekey_child, .child = true, .ike = true, .more = 3 },
	{ "child+/IKE+", rekey_child, rekey_ike, .child = true, .ike = true, .more = 3 },
	{ "IKE+/delete", rekey_ike, delete_child, .ends = true, .more = 1 },
	{ "IKE+/close", rekey_ike, close_ike, .ends = true, .more = 1 },
	{ "child+/close", rekey_child, close_ike, .ends = true, .more = 1 },
};

struct run {
	const struct scenario *scenario;
	struct pair *p;
	uint64_t seed;
	bool lag; /* flexd is slow on both sides */
	enum op ops[DEPTH_FULL];
	size_t count;
	bool acted; /* B has */
};

static void broken(const struct run *r, const char *what)
{
	char text[512];
	size_t at = (size_t)snprintf(text, sizeof(text), "%s, seed %u:", r->scenario->name,
				     (unsigned)r->seed);

	for (size_t i = 0; i < r->count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %s,", op_names[r->ops[i]]);
	if (r->lag)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " flexd lags,");
	fail_msg("%s: %s", text, what);
}

static void carries(const struct run *r)
{
	if (r->scenario->ends)
		return;
	if (!pair_carries(r->p, PAIR_A))
		broken(r, "what A sends is lost");
	if (!pair_carries(r->p, PAIR_B))
		broken(r, "what B sends is lost");
}

/* False: there is nothing to do it with. */
static bool apply(struct run *r, enum op op)
{
	unsigned side = op == DELIVER_B || op == LOSE_B || op == DOUBLE_B || op == OVERTAKE_B;

	/* One kind of trouble at a time. */
	if (r->lag && op >= LOSE_A && op <= OVERTAKE_B)
		return false;
	switch (op) {
	case DELIVER_A:
	case DELIVER_B:
		return pair_deliver(r->p, side, 0, false);
	case LOSE_A:
	case LOSE_B:
		return pair_lose(r->p, side);
	case DOUBLE_A:
	case DOUBLE_B:
		return pair_deliver(r->p, side, 0, true);
	case OVERTAKE_A:
	case OVERTAKE_B:
		return pair_deliver(r->p, side, 1, false);
	case LATER:
		pair_wait(r->p, IKE_REQUEST_FIRST_MS + 100);
		return true;
	case ACT_B:
		if (r->acted)
			return false;
		r->acted = true;
		r->scenario->b(r->p, PAIR_B);
		pair_settle(r->p, PAIR_B);
		return true;
	case FLEXD_A:
	case FLEXD_B:
		return r->lag && pair_flexd(r->p, op == FLEXD_B);
	default:
		return false;
	}
}

/* What is left on this side, when all is said. */
static void check_side(const struct run *r, unsigned side)
{
	struct gateway *gw = &r->p->gw[side];
	const struct ikesa *sa = pair_sa(r->p, side);
	const struct ike_child *child = pair_child(r->p, side);

	if (gw->strange)
		broken(r, "flexd heard nonsense");
	/* Who loses stops by itself, RFC 9370 2.2.4. */
	if (!r->scenario->ends && gw->core->stats.drop[IKE_DROP_no_series])
		broken(r, "the one that lost went on");
	if (gw->core->by_spi.count != (sa ? 1 : 0))
		broken(r, "an IKE SA is left over");
	if (gateway_sessions(gw) != (sa ? 1 : 0))
		broken(r, "session and IKE SA do not go together");
	if (!sa)
		return;
	if (sa->state != IKE_STATE_ESTABLISHED || sa->create || sa->asked || sa->own || !child)
		broken(r, "the IKE SA is not at rest");
	if (child->next || child->state != IKE_CHILD_INSTALLED || child->heir || child->spare ||
	    child->asked || child->wanted)
		broken(r, "the CHILD SA is not at rest, or not alone");
	if (gateway_sas(gw, 1) != 1)
		broken(r, "flexd has other SAs than one");
}

static void check(const struct run *r)
{
	bool a = pair_sa(r->p, PAIR_A) != NULL, b = pair_sa(r->p, PAIR_B) != NULL;

	check_side(r, PAIR_A);
	check_side(r, PAIR_B);
	if (a != b || (!a && !r->scenario->ends))
		broken(r, "the session ended");
	if (a && (!pair_carries(r->p, PAIR_A) || !pair_carries(r->p, PAIR_B)))
		broken(r, "the two do not mean the same CHILD SA");
	if (a && (pair_sa(r->p, PAIR_A)->spi_i != pair_sa(r->p, PAIR_B)->spi_i ||
		  pair_sa(r->p, PAIR_A)->initiator == pair_sa(r->p, PAIR_B)->initiator))
		broken(r, "the two do not mean the same IKE SA");
	if (r->scenario->child && pair_child(r->p, PAIR_A)->spi_in == r->p->first_spi)
		broken(r, "the CHILD SA is still the old one");
	if (r->scenario->ike && pair_sa(r->p, PAIR_A)->spi_i == r->p->first_ike)
		broken(r, "the IKE SA is still the old one");
}

/* From the beginning. False: the last event cannot be; all before it can. */
static bool play(struct run *r)
{
	bool possible = true;

	pair_open(r->p, conf, conf, r->seed);
	/* Who has made one before asks for one. */
	for (unsigned side = 0; side < PAIR_SIDES; side++)
		if (r->scenario->more & 1u << side)
			pair_sa(r->p, side)->keys.suite.additional[0] = IKE_GROUP_ECP_256;
	r->acted = false;
	r->p->lag = r->lag;
	r->scenario->a(r->p, PAIR_A);
	pair_settle(r->p, PAIR_A);
	for (size_t i = 0; i < r->count && possible; i++) {
		possible = apply(r, r->ops[i]);
		carries(r);
	}
	if (possible) {
		r->p->lag = false;
		if (!r->acted)
			r->scenario->b(r->p, PAIR_B);
		for (unsigned ms = 0; ms < SETTLED_MS; ms += 500) {
			pair_live(r->p, 500);
			carries(r);
		}
		check(r);
	}
	pair_close(r->p);
	return possible;
}

/* This beginning, and every one that goes on from it. Returns how many were played. */
static unsigned explore(struct run *r, size_t depth)
{
	unsigned played = 1;

	if (!play(r))
		return 0;
	if (r->count == depth)
		return played;
	r->count++;
	for (enum op op = 0; op < OPS; op++) {
		r->ops[r->count - 1] = op;
		played += explore(r, depth);
	}
	r->count--;
	return played;
}

static void every_order(const struct scenario *list, size_t count, bool lag, size_t depth)
{
	struct run r = { .p = malloc(sizeof(*r.p)), .lag = lag };

	assert_non_null(r.p);
	for (size_t i = 0; i < count; i++)
		for (r.seed = 1; r.seed <= SEEDS; r.seed++) {
			unsigned played;

			r.scenario = &list[i];
			played = explore(&r, depth);
			print_message("%s, seed %u: %u orders\n", r.scenario->name,
				      (unsigned)r.seed, played);
			assert_true(played > 50);
		}
	free(r.p);
}

static size_t depth(size_t usual)
{
	return getenv("FG_COLLISIONS_FULL") ? DEPTH_FULL : usual;
}

static void test_every_order(void **state)
{
	(void)state;
	every_order(scenarios, COUNT(scenarios), false, depth(4));
}

/* With one more key exchange behind the rekeys of one side or of both. */
static void test_followups(void **state)
{
	(void)state;
	every_order(followups, COUNT(followups), false, depth(4));
}

static void test_followups_slow_flexd(void **state)
{
	(void)state;
	every_order(followups, COUNT(followups), true, depth(4));
}

/* flexd takes its time: what it is asked for comes later than what the peer says next. */
static void test_slow_flexd(void **state)
{
	(void)state;
	every_order(scenarios, COUNT(scenarios), true, depth(5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_slow_flexd),
		cmocka_unit_test(test_followups),
		cmocka_unit_test(test_followups_slow_flexd),
	};

	log_open("test", LOG_LEVEL_ERROR);
	/* Tens of thousands of gateways: their memory is not given back in between. */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
