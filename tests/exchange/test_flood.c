// SPDX-License-Identifier: BSD-2-Clause
/*
 * Floods of IKE_SA_INIT against the daemon alone: half-open SAs bounded, memory flat, error
 * notifies few, what is forged, and real clients all the while.
 */
#include "exchange/flood.h"

/* --- the flood --- */

/* Ten thousand that are never seen again, a real client after every hundred of them: each gets in,
 * and there is no more memory in use at the end than after the first thousand. */
static void test_flood(void **state)
{
	struct story *s = flood_begin("cookie-challenge = 20\n");
	size_t before = 0, used = 0;

	(void)state;
	for (uint32_t n = 0; n < 10000; n++) {
		flood_spoof(s, n);
		assert_true(s->gw.core->half_open <= 20);
		/* And the answers to the last ten logouts. */
		assert_true(s->gw.core->by_spi.count <= 20 + 11);
		if (n % 100 == 50) {
			struct initiator *in = flood_client_at(s, "192.0.2.1",
							       (uint16_t)(1000 + n));

			assert_int_equal(gateway_login(&s->gw, in), INITIATOR_UP);
			assert_int_equal(in->cookies, 1);
			initiator_delete(in);
			gateway_talk(&s->gw, in);
			initiator_free(in);
			gateway_wait(&s->gw, IKE_LINGER_MS / 10);
		}
		used = mallinfo2().uordblks;
		if (n == 1000)
			before = used;
	}
	/* A sanitizer's allocator tells nothing here: both are 0. */
	assert_true(used <= before + 32 * 1024);
	assert_true(s->gw.core->stats.cookies_sent > 9000);
	gateway_wait(&s->gw, 60000);
	assert_int_equal(s->gw.core->by_spi.count, 0);
	assert_int_equal(s->gw.core->sources.count, 0);
	story_end(s);
}

/* Cookies turned off: only the budget is left, and holds. */
static void test_never(void **state)
{
	struct story *s = flood_begin("cookie-challenge = never\n");

	(void)state;
	for (uint32_t n = 0; n < 1000; n++)
		assert_int_equal(flood_spoof(s, n), n < 400 ? ANSWERED : NOTHING);
	assert_int_equal(s->gw.core->half_open, 400);
	assert_int_equal(s->gw.core->stats.cookies_sent, 0);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.demands, 0);
	story_end(s);
}

/* Wrong groups from everywhere use up the error notifies; who guessed wrong, too, proves itself and
 * is told the group. */
static void test_errors(void **state)
{
	struct story *s = flood_begin("");
	unsigned told = 0, cookies = 0;

	(void)state;
	for (uint16_t n = 0; n < 200; n++) {
		struct initiator *in = flood_client_at(s, "10.0.0.1", (uint16_t)(1000 + n));
		struct gateway_datagram d;

		in->group = 14;
		assert_true(initiator_init(in) > 0);
		flood_send(s, in);
		if (gateway_take(&s->gw, &d)) {
			cookies += flood_is_cookie(&d);
			told += !flood_is_cookie(&d);
			assert_true(d.len <= in->out_len);
		}
		initiator_free(in);
	}
	assert_int_equal(told, IKE_REJECT_BURST);
	assert_int_equal(cookies, 200 - IKE_REJECT_BURST);
	flood_client(s);
	s->in->group = 14;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_int_equal(s->in->cookies, 1);
	story_end(s);
}

/* An answer that would be longer than its request is not sent to an address that is not proven;
 * where the operator wants no cookies it is. */
static void test_longer_than_asked(void **state)
{
	(void)state;
	for (int never = 0; never < 2; never++) {
		struct story *s = flood_begin(never ? "cookie-challenge = never\n" : "");
		struct gateway_datagram d;

		flood_client(s);
		s->in->setup.knobs = INITIATOR_NO_NAT_DETECTION;
		s->in->setup.proposal.encryption_count = s->in->setup.proposal.group_count = 1;
		s->in->ni_len = 16;
		assert_true(initiator_init(s->in) > 0);
		flood_send(s, s->in);
		assert_true(gateway_take(&s->gw, &d));
		assert_int_equal(flood_is_cookie(&d), !never);
		assert_int_equal(d.len > s->in->out_len, never);
		assert_int_equal(s->gw.core->half_open, never);
		assert_int_equal(initiator_receive(s->in, d.bytes, d.len),
				 never ? INITIATOR_STEP : INITIATOR_RETRY);
		if (never)
			initiator_auth(s->in);
		else
			initiator_init(s->in);
		gateway_talk(&s->gw, s->in);
		assert_int_equal(s->in->state, INITIATOR_UP);
		assert_int_equal(s->in->cookies, !never);
		story_end(s);
	}
}

/* --- forged IKE_AUTH for a half-open SA, RFC 8019 4.7 --- */

static void forge_auth(struct story *s, unsigned times)
{
	struct gateway_datagram d;

	assert_true(initiator_init(s->in) > 0);
	flood_send(s, s->in);
	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_STEP);
	assert_true(initiator_auth(s->in) > 0);
	for (unsigned i = 0; i < times; i++) {
		s->in->out[s->in->out_len - 1] ^= 1;
		flood_send(s, s->in);
		s->in->out[s->in->out_len - 1] ^= 1;
		assert_int_equal(s->gw.out_count, 0);
	}
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_auth_failed], times);
}

static void test_forged(void **state)
{
	struct story *s = flood_begin("");
	struct ikesa *sa;

	(void)state;
	flood_client(s);
	forge_auth(s, IKE_FORGED_MAX - 1);
	sa = ikesa_find(s->gw.core, s->in->spi_r);
	assert_non_null(sa);
	/* The keys are there, and what made them is gone: nobody makes us do it twice. */
	assert_true(sa->keyed);
	assert_null(sa->opening->dh);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->state, INITIATOR_UP);
	/* Later nobody counts: an established SA outlives any number of them. */
	assert_true(initiator_liveness(s->in) > 0);
	for (unsigned i = 0; i < 3 * IKE_FORGED_MAX; i++) {
		s->in->out[s->in->out_len - 1] ^= 1;
		flood_send(s, s->in);
		s->in->out[s->in->out_len - 1] ^= 1;
	}
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_forged_limit], 0);
	story_end(s);
}

static void test_forged_too_often(void **state)
{
	struct story *s = flood_begin("");

	(void)state;
	flood_client(s);
	forge_auth(s, IKE_FORGED_MAX);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_forged_limit], 1);
	story_empty(s);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_unknown_ike_spi], 1);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),  cmocka_unit_test(test_never),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_longer_than_asked),
		cmocka_unit_test(test_forged), cmocka_unit_test(test_forged_too_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
