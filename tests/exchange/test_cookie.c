// SPDX-License-Identifier: BSD-2-Clause
/*
 * Cookies against the daemon alone, as where XDP does not answer: made, returned, refused, and when
 * they are demanded. RFC 7296 2.6.
 */
#include "exchange/flood.h"

/* --- a cookie --- */

static void test_always(void **state)
{
	struct story *s = flood_begin("cookie-challenge = always\n");
	const struct msg_ike_stats *stats = &s->gw.core->stats;
	struct gateway_datagram lost;

	(void)state;
	flood_client(s);
	assert_true(initiator_init(s->in) > 0);
	flood_send(s, s->in);
	/* This one is lost; nothing is kept of it. */
	assert_true(gateway_take(&s->gw, &lost) && flood_is_cookie(&lost));
	assert_int_equal(s->gw.core->by_spi.count, 0);
	assert_int_equal(s->gw.core->sources.count, 0);
	assert_int_equal(stats->cookies_sent, 1);
	assert_int_equal(stats->drop[IKE_DROP_no_cookie], 1);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_int_equal(s->in->cookies, 1);
	assert_int_equal(stats->cookies_accepted, 1);
	assert_int_equal(stats->cookies_wrong, 0);
	assert_int_equal(s->gw.demands, 0); /* XDP has it from the configuration */
	story_end(s);
}

/* Also to port 4500, and under IPv6. */
static void test_always_elsewhere(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct story *s = flood_begin("cookie-challenge = always\n");

		flood_client(s);
		s->in->peer.port = s->in->local.port = htons(FG_NATT_PORT);
		if (v6) {
			ip_parse("2001:db8::7", &s->in->local.ip);
			ip_parse("2001:db8::1", &s->in->peer.ip);
		}
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		assert_int_equal(s->in->cookies, 1);
		story_end(s);
	}
}

/* What may not differ between the request that got the cookie and the one that returns it. */
static void test_wrong(void **state)
{
	enum change {
		ADDRESS,
		PORT,
		SPI,
		NONCE,
		MAC,
		SLOT_LATER,
		TWO_SLOTS_LATER,
		SECOND,
		CHANGES
	};

	(void)state;
	for (int change = 0; change < CHANGES; change++) {
		struct story *s = flood_begin("cookie-challenge = always\n");
		const struct msg_ike_stats *stats = &s->gw.core->stats;
		struct gateway_datagram d;
		bool good = change == SLOT_LATER;

		flood_client(s);
		assert_true(initiator_init(s->in) > 0);
		flood_send(s, s->in);
		assert_true(gateway_take(&s->gw, &d) && flood_is_cookie(&d));
		assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_RETRY);
		switch (change) {
		case ADDRESS:
			s->in->local.ip = ip_add(&s->in->local.ip, 1);
			break;
		case PORT:
			s->in->local.port = htons(501);
			break;
		case SPI:
			s->in->spi_i ^= 1;
			break;
		case NONCE:
			s->in->ni[31] ^= 1;
			break;
		case MAC:
			s->in->cookie[11] ^= 1;
			break;
		case SLOT_LATER:
		case TWO_SLOTS_LATER:
			flood_secrets(s, change == SLOT_LATER ? 8 : 9);
			break;
		case SECOND:
			s->in->cookie_len = 0;
			break;
		}
		assert_true(initiator_init(s->in) > 0);
		flood_send(s, s->in);
		assert_true(gateway_take(&s->gw, &d));
		if (flood_is_cookie(&d) == good)
			fail_msg("change %d: answered with %zu bytes", change, d.len);
		assert_int_equal(stats->cookies_accepted, good);
		assert_int_equal(stats->cookies_wrong, !good && change != SECOND);
		assert_int_equal(s->gw.core->by_spi.count, good);
		/* RFC 7296 2.6: as if it had brought none, so it gets another one, and in. */
		if (!good) {
			assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_RETRY);
			assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		}
		story_end(s);
	}
}

/* RFC 7296 2.6.1: a cookie, then another group: the cookie is still good, one round less. */
static void test_cookie_and_group(void **state)
{
	struct story *s = flood_begin("cookie-challenge = always\n");
	const struct msg_ike_stats *stats = &s->gw.core->stats;

	(void)state;
	flood_client(s);
	s->in->setup.proposal.group[0] = 14;
	s->in->setup.proposal.group[1] = 19;
	s->in->setup.proposal.group_count = 2;
	s->in->group = 14;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_int_equal(stats->init_requests, 3);
	assert_int_equal(stats->cookies_sent, 1);
	assert_int_equal(stats->cookies_accepted, 2);
	assert_int_equal(stats->drop[IKE_DROP_bad_group], 1);
	story_end(s);
}

/* A cookie from a gateway with the same secrets that demands one: XDP. */
static void cookie_from_xdp(struct initiator *in)
{
	struct story *xdp = flood_begin("cookie-challenge = always\n");
	struct gateway_datagram d;

	assert_true(initiator_init(in) > 0);
	flood_send(xdp, in);
	assert_true(gateway_take(&xdp->gw, &d) && flood_is_cookie(&d));
	assert_int_equal(initiator_receive(in, d.bytes, d.len), INITIATOR_RETRY);
	story_end(xdp);
}

/* A cookie that nobody here demanded: good or not, the client gets in. */
static void test_unasked(void **state)
{
	(void)state;
	for (int good = 0; good < 2; good++) {
		struct story *s = flood_begin("");
		const struct msg_ike_stats *stats = &s->gw.core->stats;

		flood_client(s);
		if (good) {
			cookie_from_xdp(s->in);
		} else {
			memset(s->in->cookie, 1, 12);
			s->in->cookie_len = 12;
		}
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		assert_int_equal(stats->cookies_sent, 0);
		assert_int_equal(stats->cookies_accepted, good);
		assert_int_equal(stats->cookies_wrong, !good);
		story_end(s);
	}
}

/* Our answer is lost, and the repetition meets a demand in XDP: the client must not be shut out by
 * the half-open SA that it does not know of. */
static void test_demand_between(void **state)
{
	struct story *s = flood_begin("");
	struct gateway_datagram d;

	(void)state;
	flood_client(s);
	assert_true(initiator_init(s->in) > 0);
	flood_send(s, s->in);
	assert_true(gateway_take(&s->gw, &d) && !flood_is_cookie(&d));
	cookie_from_xdp(s->in);
	assert_true(initiator_init(s->in) > 0);
	flood_send(s, s->in);
	assert_true(gateway_take(&s->gw, &d) && !flood_is_cookie(&d));
	assert_int_equal(s->gw.core->half_open, 1);
	assert_int_equal(s->gw.core->by_spi.count, 1);
	/* Again: the same answer. Once more with something else in it: no. */
	flood_send(s, s->in);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	assert_true(gateway_take(&s->gw, &d));
	s->in->setup.knobs |= INITIATOR_NO_NAT_DETECTION;
	assert_true(initiator_init(s->in) > 0);
	flood_send(s, s->in);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_different_request], 1);
	assert_int_equal(s->gw.out_count, 0);
	s->in->setup.knobs = 0;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	story_end(s);
}

/* Without a good cookie the first request of an SPI stands, as before. */
static void test_no_cookie_replaces_nothing(void **state)
{
	struct story *s = flood_begin("");
	struct gateway_datagram d;

	(void)state;
	flood_client(s);
	assert_true(initiator_init(s->in) > 0);
	flood_send(s, s->in);
	assert_true(gateway_take(&s->gw, &d));
	memset(s->in->cookie, 1, 12);
	s->in->cookie_len = 12;
	assert_true(initiator_init(s->in) > 0);
	flood_send(s, s->in);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_different_request], 1);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->half_open, 1);
	story_end(s);
}

/* --- when it is demanded --- */

static void test_threshold(void **state)
{
	struct story *s = flood_begin("cookie-challenge = 10\n");
	uint32_t n = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(flood_spoof(s, n++), ANSWERED);
	for (int i = 0; i < 50; i++)
		assert_int_equal(flood_spoof(s, n++), COOKIE);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.demands, 1);
	gateway_wait(&s->gw, IKE_COOKIE_TELL_MS);
	assert_int_equal(flood_spoof(s, n++), COOKIE);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.demands, 2);
	/* Nobody comes for a while: the reason is still there. */
	gateway_wait(&s->gw, IKE_COOKIE_DEMAND_MS + 1);
	assert_int_equal(flood_spoof(s, n++), COOKIE);
	/* The half-open SAs are given up: the demand is over, but not before its time. */
	gateway_wait(&s->gw, 18999);
	assert_int_equal(s->gw.core->half_open, 0);
	assert_int_equal(flood_spoof(s, n++), ANSWERED);
	story_end(s);
}

/* It goes on until half of them are gone. */
static void test_hysteresis(void **state)
{
	struct story *s = flood_begin("cookie-challenge = 10\n");
	uint32_t n = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(flood_spoof(s, n++), ANSWERED);
	gateway_wait(&s->gw, 25000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(flood_spoof(s, n++), ANSWERED);
	assert_int_equal(flood_spoof(s, n++), COOKIE);
	gateway_wait(&s->gw, 5000);
	assert_int_equal(s->gw.core->half_open, 5);
	assert_int_equal(flood_spoof(s, n++), COOKIE);
	gateway_wait(&s->gw, IKE_COOKIE_DEMAND_MS - 1);
	assert_int_equal(flood_spoof(s, n++), COOKIE);
	gateway_wait(&s->gw, 15001);
	assert_int_equal(s->gw.core->half_open, 0);
	assert_int_equal(flood_spoof(s, n++), ANSWERED);
	story_end(s);
}

/* However much the operator asks for, half of the budget is for who proved himself. */
static void test_half_of_the_budget(void **state)
{
	struct story *s = flood_begin("cookie-challenge = 100000\n");
	unsigned answered = 0;

	(void)state;
	for (uint32_t n = 0; n < 1000; n++)
		answered += flood_spoof(s, n) == ANSWERED;
	assert_int_equal(answered, 200);
	flood_client(s);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	story_end(s);
}

/* One address that is claimed too often pays alone; its owner gets in all the same. */
static void test_one_source(void **state)
{
	struct story *s = flood_begin("cookie-challenge = 1000\n");
	struct gateway_datagram d;
	unsigned cookies = 0;

	(void)state;
	for (uint16_t i = 0; i < 200; i++) {
		struct initiator *in = flood_client_at(s, "192.0.2.1", (uint16_t)(2000 + i));

		assert_true(initiator_init(in) > 0);
		flood_send(s, in);
		assert_true(gateway_take(&s->gw, &d));
		cookies += flood_is_cookie(&d);
		initiator_free(in);
	}
	/* A quarter of 400 is its share, half of that without a proof. */
	assert_int_equal(cookies, 150);
	assert_int_equal(flood_spoof(s, 1), ANSWERED);
	assert_int_equal(s->gw.demands, 0);
	flood_client(s);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_int_equal(s->in->cookies, 1);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_always),
		cmocka_unit_test(test_always_elsewhere),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_cookie_and_group),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_demand_between),
		cmocka_unit_test(test_no_cookie_replaces_nothing),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_hysteresis),
		cmocka_unit_test(test_half_of_the_budget),
		cmocka_unit_test(test_one_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
