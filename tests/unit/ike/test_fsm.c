// SPDX-License-Identifier: BSD-2-Clause
/*
 * States of an IKE SA and the table of what may come when: every cell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/core.h"
#include "ike/rules.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
/* One row per state we are in, one letter per state that comes: x is allowed. */
static const char moves[IKE_STATES][IKE_STATES + 1] = {
	/*                          NHVSRBIECKDFD */
	[IKE_STATE_NEW] =         ".x.....xxx...",
	[IKE_STATE_HALF_OPEN] =   "..x........x.",
	[IKE_STATE_VERIFYING] =   ".x.xxx..x..x.",
	[IKE_STATE_SIGNING] =     ".x..xx..x..x.",
	[IKE_STATE_NEXT_ROUND] =  "..x........x.",
	[IKE_STATE_BEGINNING] =   "......x.x..x.",
	[IKE_STATE_INSTALLING] =  ".......xx..x.",
	[IKE_STATE_ESTABLISHED] = "........xxxxx",
	[IKE_STATE_CHILDLESS] =   ".......x.xxxx",
	[IKE_STATE_REKEYED] =     ".......xx.xxx",
	[IKE_STATE_DELETING] =    "...........xx",
	[IKE_STATE_FAILED] =      ".............",
	[IKE_STATE_DELETED] =     ".............",
};
/* clang-format on */

static void test_every_move(void **state)
{
	(void)state;
	for (unsigned from = 0; from < IKE_STATES; from++)
		for (unsigned to = 0; to < IKE_STATES; to++) {
			struct ike_core core = { 0 };
			struct ikesa sa = { .state = from, .spi_r = 1 };
			bool allowed = moves[from][to] == 'x';

			assert_int_equal(table_init(&core.sources, 0), 0);
			core.gauge[from] = 1;
			core.half_open = ike_state_in(from, IKE_IN_BUDGET);
			assert_int_equal(ike_move_allowed(from, to), allowed);
			assert_int_equal(ike_move(&core, &sa, to), allowed);
			assert_int_equal(sa.state, allowed ? to : from);
			for (unsigned i = 0; i < IKE_STATES; i++)
				assert_int_equal(core.gauge[i], i == sa.state);
			assert_int_equal(core.half_open, ike_state_in(sa.state, IKE_IN_BUDGET));
			ikesa_count(&core, &sa, -1);
			assert_int_equal(core.sources.count, 0);
			table_free(&core.sources);
		}
}

static void test_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < IKE_STATES; i++) {
		assert_non_null(ike_state_name(i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(ike_state_name(i), ike_state_name(j));
	}
	assert_string_equal(ike_state_name(IKE_STATES), "no state");
	assert_false(ike_move_allowed(IKE_STATES, IKE_STATE_NEW));
	assert_false(ike_move_allowed(IKE_STATE_NEW, IKE_STATES));
}

/* --- rules --- */

enum {
	LIVING = IKE_IN(IKE_STATE_ESTABLISHED) | IKE_IN(IKE_STATE_CHILDLESS) |
		 IKE_IN(IKE_STATE_REKEYED) | IKE_IN(IKE_STATE_DELETING),
};

/* Which exchange may come in which state, requests and responses. */
static const struct {
	uint8_t exchange;
	bool response;
	uint32_t states;
} cells[] = {
	{ IKE_EXCHANGE_IKE_SA_INIT, false, IKE_IN(IKE_STATE_NEW) },
	{ IKE_EXCHANGE_IKE_SA_INIT, true, 0 },
	{ IKE_EXCHANGE_IKE_AUTH, false,
	  IKE_IN(IKE_STATE_HALF_OPEN) | IKE_IN(IKE_STATE_NEXT_ROUND) },
	{ IKE_EXCHANGE_IKE_AUTH, true, 0 },
	{ IKE_EXCHANGE_CREATE_CHILD_SA, false, LIVING },
	{ IKE_EXCHANGE_CREATE_CHILD_SA, true, LIVING },
	{ IKE_EXCHANGE_INFORMATIONAL, false, LIVING },
	{ IKE_EXCHANGE_INFORMATIONAL, true, LIVING },
	{ IKE_EXCHANGE_IKE_INTERMEDIATE, false, IKE_IN(IKE_STATE_HALF_OPEN) },
	{ IKE_EXCHANGE_IKE_INTERMEDIATE, true, 0 },
	{ IKE_EXCHANGE_IKE_SESSION_RESUME, false, 0 },
	{ 0, false, 0 },
	{ 255, true, 0 },
};

static void test_every_cell(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cells); i++)
		for (unsigned s = 0; s < IKE_STATES; s++) {
			const struct ike_rule *rule = ike_rule_find(cells[i].exchange,
								    cells[i].response, s);

			assert_int_equal(rule != NULL, ike_state_in(s, cells[i].states));
		}
}

/* Each row leads where the state machine lets it, and seals what comes after IKE_SA_INIT. */
static void test_rows_make_sense(void **state)
{
	(void)state;
	for (size_t i = 0; i < ike_rule_count; i++) {
		const struct ike_rule *rule = &ike_rules[i];

		assert_non_null(rule->handle);
		assert_non_null(rule->story);
		assert_int_equal(rule->sealed, rule->exchange != IKE_EXCHANGE_IKE_SA_INIT);
		for (unsigned s = 0; s < IKE_STATES && rule->next != IKE_STATE_SAME; s++)
			if (ike_state_in(s, rule->states))
				assert_true(ike_move_allowed(s, rule->next));
		for (size_t j = 0; j < rule->expect_count; j++)
			assert_true(rule->expect[j].min <= rule->expect[j].max);
	}
}

/* Every payload type in every number of 0, 1, 2 added to a message that is right. */
static void test_every_payload(void **state)
{
	(void)state;
	for (size_t i = 0; i < ike_rule_count; i++) {
		const struct ike_rule *rule = &ike_rules[i];
		struct ike_message right = { 0 };
		uint8_t culprit;

		for (size_t j = 0; j < rule->expect_count; j++)
			right.count[rule->expect[j].type] = rule->expect[j].min;
		assert_int_equal(ike_rule_check(rule, &right, &culprit), IKE_DROP_NONE);
		assert_int_equal(culprit, IKE_PAYLOAD_NONE);
		for (uint8_t type = IKE_PAYLOAD_SA; type <= IKE_PAYLOAD_EAP; type++) {
			enum ike_drop want[3] = { IKE_DROP_NONE, IKE_DROP_misplaced_payload,
						  IKE_DROP_misplaced_payload };

			for (size_t j = 0; j < rule->expect_count; j++)
				if (rule->expect[j].type == type) {
					want[0] = rule->expect[j].min ? IKE_DROP_missing_payload
								      : IKE_DROP_NONE;
					want[1] = IKE_DROP_NONE;
					want[2] = rule->expect[j].max < 2
							  ? IKE_DROP_repeated_payload
							  : IKE_DROP_NONE;
				}
			for (uint8_t count = 0; count < 3; count++) {
				struct ike_message m = right;

				m.count[type] = count;
				assert_int_equal(ike_rule_check(rule, &m, &culprit), want[count]);
				assert_int_equal(culprit, want[count] ? type : IKE_PAYLOAD_NONE);
			}
		}
	}
}

/* Before SK is opened nothing may stand beside it. */
static void test_clear_payloads(void **state)
{
	const struct ike_rule *init = ike_rule_find(IKE_EXCHANGE_IKE_SA_INIT, false, IKE_STATE_NEW);
	const struct ike_rule *info = ike_rule_find(IKE_EXCHANGE_INFORMATIONAL, false,
						    IKE_STATE_ESTABLISHED);
	uint8_t culprit;

	(void)state;
	for (uint8_t type = IKE_PAYLOAD_SA; type <= IKE_PAYLOAD_EAP; type++) {
		struct ike_message alone = { 0 }, beside = { 0 };
		bool sk = type == IKE_PAYLOAD_SK;

		alone.count[type] = beside.count[type] = 1;
		beside.count[IKE_PAYLOAD_SK] = 1;
		assert_int_equal(ike_rule_clear(init, &alone, &culprit), IKE_DROP_NONE);
		assert_int_equal(ike_rule_clear(info, &alone, &culprit),
				 sk ? IKE_DROP_NONE : IKE_DROP_clear_after_init);
		assert_int_equal(ike_rule_clear(info, &beside, &culprit),
				 sk ? IKE_DROP_NONE : IKE_DROP_misplaced_payload);
		assert_int_equal(culprit, sk ? IKE_PAYLOAD_NONE : type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_move),    cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_cell),    cmocka_unit_test(test_rows_make_sense),
		cmocka_unit_test(test_every_payload), cmocka_unit_test(test_clear_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
