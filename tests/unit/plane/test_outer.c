// SPDX-License-Identifier: BSD-2-Clause
#include "plane/outer.h"
#include "plane/row_queue.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct endpoint endpoint(const char *text, uint16_t port)
{
	struct endpoint ep = { .port = htons(port) };

	assert_true(ip_parse(text, &ep.ip));
	return ep;
}

struct row {
	const char *local, *peer;
	bool udp;
	uint16_t len;
	uint8_t bytes[FG_OUTER_MAX];
};

/* clang-format off */
static const struct row rows[] = {
	{ "192.0.2.1", "198.51.100.9", false, 20,
	  { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 50, 0, 0, 192, 0, 2, 1, 198, 51, 100, 9 } },
	{ "192.0.2.1", "198.51.100.9", true, 28,
	  { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 9,
	    0x11, 0x94, 0x9c, 0x40, 0, 0, 0, 0 } },
	{ "2001:db8::1", "2001:db8::2", false, 40,
	  { 0x60, 0, 0, 0, 0, 0, 50, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 } },
	{ "2001:db8::1", "2001:db8::2", true, 48,
	  { 0x60, 0, 0, 0, 0, 0, 17, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	    0x11, 0x94, 0x9c, 0x40, 0, 0, 0, 0 } },
	{ "192.0.2.1", "2001:db8::2", true, 0, { 0 } },
	{ "2001:db8::1", "192.0.2.1", false, 0, { 0 } },
};
/* clang-format on */

static void test_template(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct endpoint local = endpoint(rows[i].local, 4500);
		struct endpoint peer = endpoint(rows[i].peer, 40000);
		uint8_t out[FG_OUTER_MAX] = { 0 };

		assert_int_equal(outer_template(out, &local, &peer, rows[i].udp), rows[i].len);
		assert_memory_equal(out, rows[i].bytes, sizeof(out));
	}
}

static void test_spi(void **state)
{
	static const struct {
		uint32_t random, row, mask, spi;
	} spis[] = {
		{ 0x12345678, 0x2a, 0xff, 0x1234562a },
		{ 0xffffffff, 1, 0x3fff, 0xffffc001 },
		{ 0, 0x1000, 0x3fff, 0x1000 },
		{ 0, 1, 0x3fff, 0x4001 }, /* 0 to 255 are reserved */
		{ 0, 255, 0xff, 0x1ff },
		{ 0, 3, 0xf, 0x103 },
		{ 0xf, 3, 0xf, 0x103 },
		{ 0x100, 255, 0xff, 0x1ff },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spis) / sizeof(spis[0]); i++)
		assert_int_equal(ntohl(outer_spi(spis[i].random, spis[i].row, spis[i].mask)),
				 spis[i].spi);
}

/* Every row once, then in the order in which they came back. */
static void test_queue(void **state)
{
	struct row_queue queue;

	(void)state;
	assert_int_equal(row_queue_init(&queue, 1, 5), 0);
	for (uint32_t i = 1; i <= 5; i++)
		assert_int_equal(row_queue_take(&queue), i);
	assert_int_equal(row_queue_take(&queue), 0);
	row_queue_give(&queue, 4);
	row_queue_give(&queue, 2);
	assert_int_equal(row_queue_take(&queue), 4);
	row_queue_give(&queue, 4);
	row_queue_give(&queue, 1);
	assert_int_equal(row_queue_take(&queue), 2);
	assert_int_equal(row_queue_take(&queue), 4);
	assert_int_equal(row_queue_take(&queue), 1);
	assert_int_equal(row_queue_take(&queue), 0);
	row_queue_free(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template),
		cmocka_unit_test(test_spi),
		cmocka_unit_test(test_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
