// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/table.h"

#include <stdlib.h>

enum { MANY = 1000 };

struct thing {
	int number;
	struct table_link link;
};

static void take_out(void *table, struct table_link *link)
{
	table_del(table, link);
}

/* 1000 things with 250 different hashes through several sizes of the table, half taken out. */
static void test_table(void **state)
{
	struct table table;
	struct thing *things = calloc(MANY, sizeof(*things));
	size_t found = 0;

	(void)state;
	assert_int_equal(table_init(&table, 7), 0);
	assert_null(table_find(&table, 3));
	for (int i = 0; i < MANY; i++) {
		things[i].number = i;
		table_add(&table, &things[i].link, (uint64_t)(i % 250) << 4);
		table_add(&table, &things[i].link, 3);
	}
	assert_int_equal(table.count, MANY);
	assert_null(table_find(&table, 3));
	for (int i = 0; i < MANY; i += 2)
		table_del(&table, &things[i].link);
	table_del(&table, &things[0].link);
	assert_int_equal(table.count, MANY / 2);
	for (struct table_link *l = table_find(&table, 5 << 4); l; l = table_more(l)) {
		struct thing *thing = container_of(l, struct thing, link);

		assert_int_equal(thing->number % 250, 5);
		found++;
	}
	assert_int_equal(found, MANY / 250);
	table_each(&table, take_out, &table);
	assert_int_equal(table.count, 0);
	assert_null(table_find(&table, 5 << 4));
	assert_null(table_find(&table, 4 << 4));
	assert_null(table_find(&table, 5));
	table_free(&table);
	free(things);
}

static void test_hash_depends_on_seed_and_length(void **state)
{
	struct table a = { .seed = 1 }, b = { .seed = 2 };
	uint8_t bytes[8] = { 0 };

	(void)state;
	assert_true(table_hash(&a, bytes, 8) != table_hash(&b, bytes, 8));
	assert_true(table_hash(&a, bytes, 8) != table_hash(&a, bytes, 7));
	assert_true(table_hash(&a, bytes, 8) == table_hash(&a, bytes, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_hash_depends_on_seed_and_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
