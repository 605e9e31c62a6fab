// SPDX-License-Identifier: BSD-2-Clause
/* What times IKE SAs and names them: the heap of deadlines, SPIs; the reading of CFG_REQUEST. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/core.h"
#include "ike/cp.h"
#include "ike/timer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MANY = 1000 };

struct thing {
	int number;
	struct ike_timer timer;
};

/* Set, moved, cleared in a mixed order: they come due in the order of time. */
static void test_timers(void **state)
{
	struct ike_timers timers = { 0 };
	struct thing *things = calloc(MANY, sizeof(*things));
	struct ike_timer *due;
	uint64_t last = 0;
	size_t count = 0;

	(void)state;
	assert_true(ike_timers_next(&timers) == IKE_NEVER);
	assert_null(ike_timers_due(&timers, IKE_NEVER));
	assert_true(ike_timers_reserve(&timers, MANY));
	for (uint64_t i = 0; i < MANY; i++)
		ike_timer_set(&timers, &things[i].timer, i * 7919 % 10007);
	for (uint64_t i = 0; i < MANY; i += 3)
		ike_timer_set(&timers, &things[i].timer, 20000 - i);
	for (uint64_t i = 0; i < MANY; i += 5)
		ike_timer_set(&timers, &things[i].timer, IKE_NEVER);
	ike_timer_set(&timers, &things[0].timer, IKE_NEVER);
	assert_int_equal(timers.count, MANY - MANY / 5);
	assert_null(ike_timers_due(&timers, ike_timers_next(&timers) - 1));
	while ((due = ike_timers_due(&timers, 20000)) != NULL) {
		assert_true(due->at_ms >= last);
		assert_int_equal(due->place, 0);
		last = due->at_ms;
		count++;
	}
	assert_int_equal(count, MANY - MANY / 5);
	assert_int_equal(timers.count, 0);
	ike_timers_free(&timers);
	free(things);
}

/* The heap against a plain array, with moves and removals in the middle. */
static void test_timers_against_a_model(void **state)
{
	struct ike_timers timers = { 0 };
	struct thing things[50] = { 0 };
	uint32_t random = 1;

	(void)state;
	assert_true(ike_timers_reserve(&timers, COUNT(things)));
	for (int round = 0; round < 20000; round++) {
		struct thing *thing;
		uint64_t least = IKE_NEVER;

		random = random * 1664525 + 1013904223;
		thing = &things[(random >> 16) % COUNT(things)];
		ike_timer_set(&timers, &thing->timer,
			      random >> 30 ? random >> 8 & 0xfff : IKE_NEVER);
		for (size_t i = 0; i < COUNT(things); i++)
			if (things[i].timer.place && things[i].timer.at_ms < least)
				least = things[i].timer.at_ms;
		assert_true(ike_timers_next(&timers) == least);
	}
	ike_timers_free(&timers);
}

/* --- SPIs --- */

static const uint64_t *spi_next;

static bool next_spi(void *arg, void *p, size_t len)
{
	(void)arg;
	if (len != sizeof(*spi_next) || *spi_next == UINT64_MAX)
		return false;
	memcpy(p, spi_next++, len);
	return true;
}

static uint64_t no_time(void *arg)
{
	(void)arg;
	return 0;
}

/* Never 0, never one that is there; without randomness none. */
static void test_spis(void **state)
{
	static const uint64_t random[] = { 1, 2, 3, 4, 5, 0, 77, 77, 0, 78, UINT64_MAX };
	static const struct conf conf = { .gateway.half_open_limit = 10 };
	const struct ike_env env = { .now_ms = no_time, .random = next_spi };
	const struct ike_path path = { 0 };
	struct ike_core *core;
	struct ikesa *a, *b;

	(void)state;
	spi_next = random;
	assert_int_equal(ike_core_new(&env, &conf, &core), 0);
	a = ikesa_new(core, false, 1, 0, &path);
	b = ikesa_new(core, true, 0, 2, &path);
	assert_int_equal(a->spi_r, 77);
	assert_int_equal(b->spi_i, 78);
	assert_int_equal(b->spi_r, 2);
	assert_ptr_equal(ikesa_find(core, 77), a);
	assert_null(ikesa_new(core, false, 3, 0, &path));
	assert_null(ikesa_new(core, true, 77, 3, &path));
	assert_int_equal(core->by_spi.count, 2);
	ikesa_free(core, a);
	assert_null(ikesa_find(core, 77));
	ike_core_free(core);
}

/* --- CFG_REQUEST --- */

static const struct {
	uint8_t type;
	uint16_t attr;
	size_t len;
	struct ike_cp_ask ask;
	bool hint4, hint6;
} asks[] = {
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP4_ADDRESS,
	  0,
	  { .request = true, .want4 = true },
	  0,
	  0 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP4_ADDRESS,
	  4,
	  { .request = true, .want4 = true },
	  1,
	  0 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP4_ADDRESS,
	  3,
	  { .request = true, .want4 = true },
	  0,
	  0 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP6_ADDRESS,
	  0,
	  { .request = true, .want6 = true },
	  0,
	  0 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP6_ADDRESS,
	  16,
	  { .request = true, .want6 = true },
	  0,
	  1 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP6_ADDRESS,
	  17,
	  { .request = true, .want6 = true },
	  0,
	  1 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP6_ADDRESS,
	  15,
	  { .request = true, .want6 = true },
	  0,
	  0 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP4_DNS,
	  0,
	  { .request = true, .standard = 1 << IKE_ATTR_INTERNAL_IP4_DNS },
	  0,
	  0 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP6_DNS,
	  0,
	  { .request = true, .standard = 1 << IKE_ATTR_INTERNAL_IP6_DNS },
	  0,
	  0 },
	{ IKE_CFG_REQUEST,
	  IKE_ATTR_INTERNAL_IP4_NETMASK,
	  0,
	  { .request = true, .standard = 1 << IKE_ATTR_INTERNAL_IP4_NETMASK },
	  0,
	  0 },
	/* A router asks for things that are no addresses. */
	{ IKE_CFG_REQUEST, IKE_ATTR_APPLICATION_VERSION, 17, { .request = true }, 0, 0 },
	{ IKE_CFG_REQUEST, 28672, 0, { .request = true }, 0, 0 },
	{ IKE_CFG_SET, IKE_ATTR_INTERNAL_IP4_ADDRESS, 4, { 0 }, 0, 0 },
	{ IKE_CFG_REPLY, IKE_ATTR_INTERNAL_IP4_ADDRESS, 4, { 0 }, 0, 0 },
};

static void test_cp_read(void **state)
{
	static const uint8_t value[20] = { 10, 1, 2, 3, 5 };

	(void)state;
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct ike_message *m = calloc(1, sizeof(*m));
		struct ike_cp_ask ask;

		m->count[IKE_PAYLOAD_CP] = 1;
		m->cp.type = asks[i].type;
		m->cp.count = 1;
		m->cp.attr[0].type = asks[i].attr;
		m->cp.attr[0].value.p = value;
		m->cp.attr[0].value.len = asks[i].len;
		ike_cp_read(m, &ask);
		assert_int_equal(ask.request, asks[i].ask.request);
		assert_int_equal(ask.want4, asks[i].ask.want4);
		assert_int_equal(ask.want6, asks[i].ask.want6);
		for (uint16_t attr = 0; attr < 64; attr++)
			assert_int_equal(ike_cp_asks(&ask, attr),
					 asks[i].ask.request && attr == asks[i].attr);
		assert_int_equal(ip_to4(&ask.hint4), asks[i].hint4 ? htonl(0x0a010203) : 0);
		assert_int_equal(ip_is_zero(&ask.hint6), !asks[i].hint6);
		m->count[IKE_PAYLOAD_CP] = 0;
		ike_cp_read(m, &ask);
		assert_false(ask.request);
		free(m);
	}
}

static void test_cp_reply(void **state)
{
	struct msg_session_begun begun = { .inner4 = htonl(0x0a000007),
					   .netmask4 = htonl(0xffffff00),
					   .prefix6 = 128,
					   .subnet_count = 2 };
	struct conf conf = { 0 };
	struct conf_authorization_policy policy = { .dns_count = 2 };
	struct ike_cp_ask ask = { .request = true,
				  .want4 = true,
				  .standard = 1 << IKE_ATTR_INTERNAL_IP4_NETMASK |
					      1 << IKE_ATTR_INTERNAL_IP4_DNS };
	struct ike_message *m = calloc(1, sizeof(*m));
	uint8_t bytes[512];
	struct ike_writer w;

	(void)state;
	ip_parse("10.0.0.1", &policy.dns[0]);
	ip_parse("2001:db8::53", &policy.dns[1]);
	ip_parse("10.1.0.0", &begun.subnets[0].ip);
	begun.subnets[0].len = 16;
	ip_parse("2001:db8:1::", &begun.subnets[1].ip);
	begun.subnets[1].len = 48;
	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_cp_reply(&w, &ask, &begun, &conf, &policy);
	assert_false(w.wr.failed);
	assert_int_equal(ike_parse_inner(w.first, bytes, w.wr.len, m), IKE_DROP_NONE);
	assert_int_equal(m->cp.type, IKE_CFG_REPLY);
	/* Address, netmask, one DNS server, one subnet: IPv4 only, it has no IPv6 address. */
	assert_int_equal(m->cp.count, 4);
	assert_non_null(ike_find_attr(m, IKE_ATTR_INTERNAL_IP4_ADDRESS));
	assert_non_null(ike_find_attr(m, IKE_ATTR_INTERNAL_IP4_NETMASK));
	assert_non_null(ike_find_attr(m, IKE_ATTR_INTERNAL_IP4_DNS));
	assert_non_null(ike_find_attr(m, IKE_ATTR_INTERNAL_IP4_SUBNET));

	/* The other family alone. */
	ask = (struct ike_cp_ask){ .request = true, .want4 = true, .want6 = true };
	begun.inner4 = 0;
	ip_parse("2001:db8:2::7", &begun.inner6);
	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_cp_reply(&w, &ask, &begun, &conf, &policy);
	memset(m, 0, sizeof(*m));
	assert_int_equal(ike_parse_inner(w.first, bytes, w.wr.len, m), IKE_DROP_NONE);
	assert_int_equal(m->cp.count, 2);
	assert_non_null(ike_find_attr(m, IKE_ATTR_INTERNAL_IP6_ADDRESS));
	assert_non_null(ike_find_attr(m, IKE_ATTR_INTERNAL_IP6_SUBNET));

	ask.request = false;
	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_cp_reply(&w, &ask, &begun, &conf, &policy);
	assert_int_equal(w.wr.len, 0);
	free(m);
}

/* --- the beginning --- */

static uint64_t no_clock(void *arg)
{
	(void)arg;
	return 0;
}

static bool random_for_a_while(void *arg, void *out, size_t len)
{
	int *left = arg;

	memset(out, 0x5a, len);
	return (*left)-- > 0;
}

/* A core whose tables are half made is taken away again. */
static void test_no_random(void **state)
{
	static const struct conf conf;

	(void)state;
	for (int enough = 0; enough <= 5; enough++) {
		int left = enough;
		const struct ike_env env = { .arg = &left,
					     .now_ms = no_clock,
					     .random = random_for_a_while };
		struct ike_core *core = NULL;

		assert_int_equal(ike_core_new(&env, &conf, &core), enough == 5 ? 0 : -EIO);
		assert_int_equal(core != NULL, enough == 5);
		ike_core_free(core);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers),   cmocka_unit_test(test_timers_against_a_model),
		cmocka_unit_test(test_spis),     cmocka_unit_test(test_cp_read),
		cmocka_unit_test(test_cp_reply), cmocka_unit_test(test_no_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
