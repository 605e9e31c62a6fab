// SPDX-License-Identifier: BSD-2-Clause
#include "plane/hop_table.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GENERATION = 7 };

static struct fg_hop rows[FG_HOP_ROWS];
static struct hop_table table;

static int setup(void **state)
{
	(void)state;
	memset(rows, 0, sizeof(rows));
	memset(&table, 0, sizeof(table));
	table.rows = rows;
	return 0;
}

/* The n-th address whose first row is `slot`. */
static struct fg_ip address_in(uint32_t slot, unsigned n)
{
	for (uint32_t i = 1;; i++) {
		struct fg_ip ip = ip_from4(htonl(i));

		if (fg_hop_slot(&ip) == slot && n-- == 0)
			return ip;
	}
}

static uint32_t put(const struct fg_ip *dst, uint32_t used)
{
	struct fg_hop hop = {
		.state = FG_HOP_READY, .dst = *dst, .generation = GENERATION, .used = used
	};
	struct hop_via via = { .ip = *dst, .ifindex = 3 };
	uint32_t row = hop_table_place(&table, dst, GENERATION);

	hop_table_write(&table, row, &hop, &via);
	return row;
}

static void test_free_rows_first(void **state)
{
	uint32_t slot = FG_HOP_ROWS - 3; /* the probes wrap */

	(void)state;
	for (unsigned i = 0; i < FG_HOP_PROBES; i++) {
		struct fg_ip ip = address_in(slot, i);

		assert_int_equal(put(&ip, 100), (slot + i) % FG_HOP_ROWS);
	}
	for (unsigned i = 0; i < FG_HOP_PROBES; i++) {
		struct fg_ip ip = address_in(slot, i);

		assert_int_equal(hop_table_place(&table, &ip, GENERATION),
				 (slot + i) % FG_HOP_ROWS);
	}
	assert_int_equal(hop_table_used(&table, GENERATION), FG_HOP_PROBES);
}

static void test_least_recently_used_gives_way(void **state)
{
	static const uint32_t used[FG_HOP_PROBES] = { 50, 40, 30, 5, 20, 6, 90, 70 };
	struct fg_ip next = address_in(11, FG_HOP_PROBES);

	(void)state;
	for (unsigned i = 0; i < FG_HOP_PROBES; i++) {
		struct fg_ip ip = address_in(11, i);

		put(&ip, used[i]);
	}
	assert_int_equal(hop_table_place(&table, &next, GENERATION), 11 + 3);
	rows[11 + 3].used = 95; /* a worker used it */
	assert_int_equal(hop_table_place(&table, &next, GENERATION), 11 + 5);
	/* The clock's 32 bits wrap after 136 years of seconds; age is a difference. */
	for (unsigned i = 0; i < FG_HOP_PROBES; i++)
		rows[11 + i].used = i;
	rows[11 + 6].used = 0xfffffff0u;
	assert_int_equal(hop_table_place(&table, &next, GENERATION), 11 + 6);
}

static void test_void_rows_are_free(void **state)
{
	struct fg_ip next = address_in(20, FG_HOP_PROBES);

	(void)state;
	for (unsigned i = 0; i < FG_HOP_PROBES; i++) {
		struct fg_ip ip = address_in(20, i);

		put(&ip, 10 - i);
	}
	rows[22].generation = GENERATION - 1;
	assert_int_equal(hop_table_place(&table, &next, GENERATION), 22);
	assert_int_equal(hop_table_used(&table, GENERATION), FG_HOP_PROBES - 1);
}

/* A void row of the same destination must be rewritten, not doubled: workers stop at the first. */
static void test_own_row_even_if_void(void **state)
{
	struct fg_ip first = address_in(30, 0), second = address_in(30, 1);

	(void)state;
	put(&first, 1);
	put(&second, 1);
	assert_int_equal(hop_table_place(&table, &second, GENERATION + 1), 31);
}

static void test_write_counts_versions(void **state)
{
	struct fg_ip ip = address_in(40, 0);
	uint32_t row = put(&ip, 1);

	(void)state;
	assert_int_equal(rows[row].version, 2);
	put(&ip, 2);
	assert_int_equal(rows[row].version, 4);
	assert_int_equal(rows[row].used, 2);
}

static void test_rows_by_neighbour(void **state)
{
	struct fg_ip a = address_in(50, 0), b = address_in(60, 0), gateway = ip_from4(htonl(99));
	struct hop_via via = { .ip = gateway, .ifindex = 3 };

	(void)state;
	put(&a, 1);
	put(&b, 1);
	table.via[50] = table.via[60] = via;
	assert_int_equal(hop_table_next(&table, 0, 3, &gateway, GENERATION), 50);
	assert_int_equal(hop_table_next(&table, 51, 3, &gateway, GENERATION), 60);
	assert_int_equal(hop_table_next(&table, 61, 3, &gateway, GENERATION), FG_HOP_ROWS);
	assert_int_equal(hop_table_next(&table, 0, 4, &gateway, GENERATION), FG_HOP_ROWS);
	assert_int_equal(hop_table_next(&table, 0, 3, &a, GENERATION), FG_HOP_ROWS);
	assert_int_equal(hop_table_next(&table, 0, 3, &gateway, GENERATION + 1), FG_HOP_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_free_rows_first, setup),
		cmocka_unit_test_setup(test_least_recently_used_gives_way, setup),
		cmocka_unit_test_setup(test_void_rows_are_free, setup),
		cmocka_unit_test_setup(test_own_row_even_if_void, setup),
		cmocka_unit_test_setup(test_write_counts_versions, setup),
		cmocka_unit_test_setup(test_rows_by_neighbour, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
