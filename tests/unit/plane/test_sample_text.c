// SPDX-License-Identifier: BSD-2-Clause
#include "plane/sample_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Pieces of frames. */
#define MACS     2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2
#define IP4_TYPE 0x08, 0
#define IP6_TYPE 0x86, 0xdd
#define VLAN(id) 0x81, 0, 0, id
#define QINQ(id) 0x88, 0xa8, 0, id
#define IP4_ADDR 198, 51, 100, 7, 192, 0, 2, 1
#define IP6_NET  0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define IP6_ADDR IP6_NET, 7, IP6_NET, 1
#define UDP(len) 0x9c, 0x40, 0x11, 0x94, 0, len, 0, 0 /* 40000 -> 4500 */
#define SPI      0x12, 0x34, 0x56, 0x78, 0, 0, 0, 1
#define IP4(words, offset, protocol)                                                               \
	0x40 + words, 0, 0, 60, 0, 0, (offset) >> 8, (offset)&255, 64, protocol, 0, 0, IP4_ADDR
#define IP6(next) 0x60, 0, 0, 0, 0, 24, next, 64, IP6_ADDR

#define BARE    "198.51.100.7 -> 192.0.2.1"
#define PORTS   "198.51.100.7:40000 -> 192.0.2.1:4500"
#define BARE6   "2001:db8::7 -> 2001:db8::1"
#define PORTS6  "[2001:db8::7]:40000 -> [2001:db8::1]:4500"
#define THE_SPI " spi 0x12345678"

/* clang-format off */
static const struct {
	const char *text;
	uint16_t captured;
	uint8_t head[64];
} rows[] = {
	{ PORTS THE_SPI, 64, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ PORTS THE_SPI, 46, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ PORTS, 45, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ PORTS, 38, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ BARE, 37, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ BARE, 34, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ "", 33, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ "", 13, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ "", 0, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } }, /* not captured */
	{ PORTS THE_SPI, 65535, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	/* A keepalive and what fills its frame, IKE, an ordinary port. */
	{ PORTS, 60, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(9), 0xff } },
	{ PORTS, 64, { MACS, IP4_TYPE, IP4(5, 0, 17), UDP(40), 0, 0, 0, 0, 1, 2, 3, 4 } },
	{ "198.51.100.7:0 -> 192.0.2.1:53", 64,
	  { MACS, IP4_TYPE, IP4(5, 0, 17), 0, 0, 0, 53, 0, 40, 0, 0, SPI } },
	/* Plain ESP, another protocol. */
	{ BARE THE_SPI, 64, { MACS, IP4_TYPE, IP4(5, 0, 50), SPI } },
	{ BARE, 64, { MACS, IP4_TYPE, IP4(5, 0, 6), SPI } },
	/* Options; a header shorter than itself, longer than the capture. */
	{ BARE THE_SPI, 64, { MACS, IP4_TYPE, IP4(6, 0, 50), 1, 1, 1, 0, SPI } },
	{ BARE, 64, { MACS, IP4_TYPE, IP4(4, 0, 50), SPI } },
	{ BARE, 64, { MACS, IP4_TYPE, IP4(15, 0, 50), SPI } },
	/* First fragment, later ones. */
	{ PORTS THE_SPI, 64, { MACS, IP4_TYPE, IP4(5, 0x2000, 17), UDP(40), SPI } },
	{ BARE, 64, { MACS, IP4_TYPE, IP4(5, 0x2001, 17), UDP(40), SPI } },
	{ BARE, 64, { MACS, IP4_TYPE, IP4(5, 0x0100, 17), UDP(40), SPI } },
	/* VLAN tags. */
	{ PORTS THE_SPI, 64, { MACS, VLAN(5), IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ PORTS THE_SPI, 64, { MACS, QINQ(5), VLAN(6), IP4_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ "", 65535, { MACS, VLAN(1), VLAN(1), VLAN(1), VLAN(1), VLAN(1), VLAN(1), VLAN(1), VLAN(1),
		    VLAN(1), VLAN(1), VLAN(1), VLAN(1), VLAN(1) } },
	/* IPv6: ESP in UDP lies behind the capture. */
	{ PORTS6, 64, { MACS, IP6_TYPE, IP6(17), UDP(40) } },
	{ BARE6 THE_SPI, 64, { MACS, IP6_TYPE, IP6(50), SPI } },
	{ BARE6, 57, { MACS, IP6_TYPE, IP6(50), SPI } },
	{ BARE6, 64, { MACS, IP6_TYPE, IP6(44), 50, 0, 0, 0 } },
	{ "", 53, { MACS, IP6_TYPE, IP6(50) } },
	/* The type says one version, the header another; no IP at all. */
	{ "", 64, { MACS, IP6_TYPE, IP4(5, 0, 17), UDP(40), SPI } },
	{ "", 64, { MACS, IP4_TYPE, IP6(50), SPI } },
	{ "", 64, { MACS, 0x08, 0x06, 0, 1, 8, 0, 6, 4 } },
};
/* clang-format on */

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fg_event event = { .captured = rows[i].captured };
		char text[SAMPLE_TEXT_MAX];

		memcpy(event.head, rows[i].head, sizeof(event.head));
		if (strcmp(sample_text(&event, text), rows[i].text) != 0)
			fail_msg("row %zu: '%s' instead of '%s'", i, text, rows[i].text);
	}
}

/* The longest addresses there are. */
static void test_longest(void **state)
{
	struct fg_event event = { .captured = 64, .head = { MACS, IP6_TYPE, IP6(17) } };
	char text[SAMPLE_TEXT_MAX + 1];

	(void)state;
	memset(event.head + 22, 0xdd, sizeof(event.head) - 22);
	text[SAMPLE_TEXT_MAX] = 'x';
	sample_text(&event, text);
	assert_int_equal(strlen(text),
			 2 * strlen("[dddd:dddd:dddd:dddd:dddd:dddd:dddd:dddd]:56797") +
				 strlen(" -> "));
	assert_int_equal(text[SAMPLE_TEXT_MAX], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
