// SPDX-License-Identifier: BSD-2-Clause
/*
 * Floods of IKE_SA_INIT against the daemon alone, as where XDP does not answer: cookies demanded
 * and returned, half-open SAs bounded, memory flat, what is forged, and real clients all the while.
 */
#include "exchange/exchange.h"

enum { ANSWER = 48 };

static const char conf_text[] = "[gateway]\noutside = eth0\nhalf-open-limit = 400\n"
				"half-open-timeout = 30\n%s"
				"[ikev2-proposal p]\nencryption = aes-gcm-256\nprf = sha256\n"
				"group = 31 19\n" STORY_REST("p");

static void tell_secrets(struct story *s, uint32_t slot)
{
	struct fg_cookie_secrets secrets = { .slot = slot };

	for (uint32_t i = slot - 1; i != slot + 1; i++)
		secrets.key[i & 1][0] = secrets.key[i & 1][1] = 0x5ec2e7 + i;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_COOKIE_SECRETS, &secrets), 0);
}

/* With these keys in [gateway], secrets told, no client yet. */
static struct story *begin(const char *keys)
{
	char text[2048];
	struct story *s;

	snprintf(text, sizeof(text), conf_text, keys);
	s = story_begin(text);
	tell_secrets(s, 7);
	return s;
}

static struct initiator *client_at(struct story *s, const char *address, uint16_t port)
{
	struct initiator_setup setup;
	struct initiator *in;

	gateway_client(&s->gw, &setup);
	ip_parse(address, &setup.local.ip);
	setup.local.port = htons(port);
	assert_int_equal(initiator_new(&setup, &in), 0);
	return in;
}

static void client(struct story *s)
{
	initiator_free(s->in);
	s->in = client_at(s, "192.0.2.1", 500);
}

static void send_out(struct story *s, const struct initiator *in)
{
	gateway_receive(&s->gw, in->out, in->out_len, &in->peer, &in->local);
}

static bool is_cookie(const struct gateway_datagram *d)
{
	return d->len == ANSWER && d->bytes[18] == IKE_EXCHANGE_IKE_SA_INIT &&
	       memcmp(d->bytes + 28, "\0\0\0\x14\0\0\x40\x06", 8) == 0;
}

/* One first message of somebody who is never seen again. Returns what it was answered with. */
enum got { NOTHING, COOKIE, ANSWERED };

static enum got spoof(struct story *s, uint32_t n)
{
	char address[32];
	struct gateway_datagram d;
	struct initiator *in;
	enum got got = NOTHING;

	snprintf(address, sizeof(address), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	in = client_at(s, address, 500);
	in->setup.group = in->group = IKE_GROUP_X25519;
	assert_true(initiator_init(in) > 0);
	send_out(s, in);
	if (gateway_take(&s->gw, &d)) {
		got = is_cookie(&d) ? COOKIE : ANSWERED;
		assert_true(d.len <= in->out_len);
	}
	initiator_free(in);
	return got;
}

/* --- a cookie --- */

static void test_always(void **state)
{
	struct story *s = begin("cookie-challenge = always\n");
	const struct msg_ike_stats *stats = &s->gw.core->stats;
	struct gateway_datagram lost;

	(void)state;
	client(s);
	assert_true(initiator_init(s->in) > 0);
	send_out(s, s->in);
	/* This one is lost; nothing is kept of it. */
	assert_true(gateway_take(&s->gw, &lost) && is_cookie(&lost));
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
		struct story *s = begin("cookie-challenge = always\n");

		client(s);
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
		struct story *s = begin("cookie-challenge = always\n");
		const struct msg_ike_stats *stats = &s->gw.core->stats;
		struct gateway_datagram d;
		bool good = change == SLOT_LATER;

		client(s);
		assert_true(initiator_init(s->in) > 0);
		send_out(s, s->in);
		assert_true(gateway_take(&s->gw, &d) && is_cookie(&d));
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
			tell_secrets(s, change == SLOT_LATER ? 8 : 9);
			break;
		case SECOND:
			s->in->cookie_len = 0;
			break;
		}
		assert_true(initiator_init(s->in) > 0);
		send_out(s, s->in);
		assert_true(gateway_take(&s->gw, &d));
		if (is_cookie(&d) == good)
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
	struct story *s = begin("cookie-challenge = always\n");
	const struct msg_ike_stats *stats = &s->gw.core->stats;

	(void)state;
	client(s);
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
	struct story *xdp = begin("cookie-challenge = always\n");
	struct gateway_datagram d;

	assert_true(initiator_init(in) > 0);
	send_out(xdp, in);
	assert_true(gateway_take(&xdp->gw, &d) && is_cookie(&d));
	assert_int_equal(initiator_receive(in, d.bytes, d.len), INITIATOR_RETRY);
	story_end(xdp);
}

/* A cookie that nobody here demanded: good or not, the client gets in. */
static void test_unasked(void **state)
{
	(void)state;
	for (int good = 0; good < 2; good++) {
		struct story *s = begin("");
		const struct msg_ike_stats *stats = &s->gw.core->stats;

		client(s);
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
	struct story *s = begin("");
	struct gateway_datagram d;

	(void)state;
	client(s);
	assert_true(initiator_init(s->in) > 0);
	send_out(s, s->in);
	assert_true(gateway_take(&s->gw, &d) && !is_cookie(&d));
	cookie_from_xdp(s->in);
	assert_true(initiator_init(s->in) > 0);
	send_out(s, s->in);
	assert_true(gateway_take(&s->gw, &d) && !is_cookie(&d));
	assert_int_equal(s->gw.core->half_open, 1);
	assert_int_equal(s->gw.core->by_spi.count, 1);
	/* Again: the same answer. Once more with something else in it: no. */
	send_out(s, s->in);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	assert_true(gateway_take(&s->gw, &d));
	s->in->setup.knobs |= INITIATOR_NO_NAT_DETECTION;
	assert_true(initiator_init(s->in) > 0);
	send_out(s, s->in);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_different_request], 1);
	assert_int_equal(s->gw.out_count, 0);
	s->in->setup.knobs = 0;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	story_end(s);
}

/* Without a good cookie the first request of an SPI stands, as before. */
static void test_no_cookie_replaces_nothing(void **state)
{
	struct story *s = begin("");
	struct gateway_datagram d;

	(void)state;
	client(s);
	assert_true(initiator_init(s->in) > 0);
	send_out(s, s->in);
	assert_true(gateway_take(&s->gw, &d));
	memset(s->in->cookie, 1, 12);
	s->in->cookie_len = 12;
	assert_true(initiator_init(s->in) > 0);
	send_out(s, s->in);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_different_request], 1);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->half_open, 1);
	story_end(s);
}

/* --- when it is demanded --- */

static void test_threshold(void **state)
{
	struct story *s = begin("cookie-challenge = 10\n");
	uint32_t n = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(spoof(s, n++), ANSWERED);
	for (int i = 0; i < 50; i++)
		assert_int_equal(spoof(s, n++), COOKIE);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.demands, 1);
	gateway_wait(&s->gw, IKE_COOKIE_TELL_MS);
	assert_int_equal(spoof(s, n++), COOKIE);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.demands, 2);
	/* Nobody comes for a while: the reason is still there. */
	gateway_wait(&s->gw, IKE_COOKIE_DEMAND_MS + 1);
	assert_int_equal(spoof(s, n++), COOKIE);
	/* The half-open SAs are given up: the demand is over, but not before its time. */
	gateway_wait(&s->gw, 18999);
	assert_int_equal(s->gw.core->half_open, 0);
	assert_int_equal(spoof(s, n++), ANSWERED);
	story_end(s);
}

/* It goes on until half of them are gone. */
static void test_hysteresis(void **state)
{
	struct story *s = begin("cookie-challenge = 10\n");
	uint32_t n = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(spoof(s, n++), ANSWERED);
	gateway_wait(&s->gw, 25000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(spoof(s, n++), ANSWERED);
	assert_int_equal(spoof(s, n++), COOKIE);
	gateway_wait(&s->gw, 5000);
	assert_int_equal(s->gw.core->half_open, 5);
	assert_int_equal(spoof(s, n++), COOKIE);
	gateway_wait(&s->gw, IKE_COOKIE_DEMAND_MS - 1);
	assert_int_equal(spoof(s, n++), COOKIE);
	gateway_wait(&s->gw, 15001);
	assert_int_equal(s->gw.core->half_open, 0);
	assert_int_equal(spoof(s, n++), ANSWERED);
	story_end(s);
}

/* However much the operator asks for, half of the budget is for who proved himself. */
static void test_half_of_the_budget(void **state)
{
	struct story *s = begin("cookie-challenge = 100000\n");
	unsigned answered = 0;

	(void)state;
	for (uint32_t n = 0; n < 1000; n++)
		answered += spoof(s, n) == ANSWERED;
	assert_int_equal(answered, 200);
	client(s);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	story_end(s);
}

/* One address that is claimed too often pays alone; its owner gets in all the same. */
static void test_one_source(void **state)
{
	struct story *s = begin("cookie-challenge = 1000\n");
	struct gateway_datagram d;
	unsigned cookies = 0;

	(void)state;
	for (uint16_t i = 0; i < 200; i++) {
		struct initiator *in = client_at(s, "192.0.2.1", (uint16_t)(2000 + i));

		assert_true(initiator_init(in) > 0);
		send_out(s, in);
		assert_true(gateway_take(&s->gw, &d));
		cookies += is_cookie(&d);
		initiator_free(in);
	}
	/* A quarter of 400 is its share, half of that without a proof. */
	assert_int_equal(cookies, 150);
	assert_int_equal(spoof(s, 1), ANSWERED);
	assert_int_equal(s->gw.demands, 0);
	client(s);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_int_equal(s->in->cookies, 1);
	story_end(s);
}

/* --- the flood --- */

/* Ten thousand that are never seen again, a real client after every hundred of them: each gets in,
 * and there is no more memory in use at the end than after the first thousand. */
static void test_flood(void **state)
{
	struct story *s = begin("cookie-challenge = 20\n");
	size_t before = 0, used = 0;

	(void)state;
	for (uint32_t n = 0; n < 10000; n++) {
		spoof(s, n);
		assert_true(s->gw.core->half_open <= 20);
		/* And the answers to the last ten logouts. */
		assert_true(s->gw.core->by_spi.count <= 20 + 11);
		if (n % 100 == 50) {
			struct initiator *in = client_at(s, "192.0.2.1", (uint16_t)(1000 + n));

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
	struct story *s = begin("cookie-challenge = never\n");

	(void)state;
	for (uint32_t n = 0; n < 1000; n++)
		assert_int_equal(spoof(s, n), n < 400 ? ANSWERED : NOTHING);
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
	struct story *s = begin("");
	unsigned told = 0, cookies = 0;

	(void)state;
	for (uint16_t n = 0; n < 200; n++) {
		struct initiator *in = client_at(s, "10.0.0.1", (uint16_t)(1000 + n));
		struct gateway_datagram d;

		in->group = 14;
		assert_true(initiator_init(in) > 0);
		send_out(s, in);
		if (gateway_take(&s->gw, &d)) {
			cookies += is_cookie(&d);
			told += !is_cookie(&d);
			assert_true(d.len <= in->out_len);
		}
		initiator_free(in);
	}
	assert_int_equal(told, IKE_REJECT_BURST);
	assert_int_equal(cookies, 200 - IKE_REJECT_BURST);
	client(s);
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
		struct story *s = begin(never ? "cookie-challenge = never\n" : "");
		struct gateway_datagram d;

		client(s);
		s->in->setup.knobs = INITIATOR_NO_NAT_DETECTION;
		s->in->setup.proposal.encryption_count = s->in->setup.proposal.group_count = 1;
		s->in->ni_len = 16;
		assert_true(initiator_init(s->in) > 0);
		send_out(s, s->in);
		assert_true(gateway_take(&s->gw, &d));
		assert_int_equal(is_cookie(&d), !never);
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
	send_out(s, s->in);
	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_STEP);
	assert_true(initiator_auth(s->in) > 0);
	for (unsigned i = 0; i < times; i++) {
		s->in->out[s->in->out_len - 1] ^= 1;
		send_out(s, s->in);
		s->in->out[s->in->out_len - 1] ^= 1;
		assert_int_equal(s->gw.out_count, 0);
	}
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_auth_failed], times);
}

static void test_forged(void **state)
{
	struct story *s = begin("");
	struct ikesa *sa;

	(void)state;
	client(s);
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
		send_out(s, s->in);
		s->in->out[s->in->out_len - 1] ^= 1;
	}
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_forged_limit], 0);
	story_end(s);
}

static void test_forged_too_often(void **state)
{
	struct story *s = begin("");

	(void)state;
	client(s);
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
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_longer_than_asked),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_forged_too_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
