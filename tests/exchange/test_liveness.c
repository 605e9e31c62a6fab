// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client that says nothing: is it asked, how often, and when is it given up? And what keeps the
 * way through NATs open, or follows it.
 */
#include "exchange/exchange.h"

#define LIFE_CONF(lines)                                                                           \
	"[gateway]\noutside = eth0\n[pool p4]\nprefix = 10.10.0.0/24\n"                            \
	"[ikev2-authorization-policy all]\npool = p4\n[virtual-template 1]\n"                      \
	"[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n" lines                               \
	"match-identity-remote = fqdn domain example.org\n"                                        \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\n"                                \
	"aaa-authorization-group = all\nvirtual-template = 1\n"

#define PERIODIC  LIFE_CONF("dpd = 40 7 periodic\n")
#define ON_DEMAND LIFE_CONF("dpd = 40 7 on-demand\n")

enum {
	INTERVAL_MS = 40 * 1000,
	RETRY_MS = 7 * 1000,
	JITTER_MS = INTERVAL_MS / IKE_DPD_JITTER,
	NEVER = -1,
};

static struct story *up(const char *conf, unsigned knobs, const struct initiator_notify *in_init,
			const struct initiator_notify *in_auth)
{
	struct story *s = story_begin(conf);
	struct initiator_setup setup;

	gateway_client(&s->gw, &setup);
	setup.knobs = knobs;
	if (in_init)
		memcpy(setup.in_init, in_init, sizeof(setup.in_init));
	if (in_auth)
		memcpy(setup.in_auth, in_auth, sizeof(setup.in_auth));
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	s->gw.idle_in_ms = s->gw.idle_out_ms = UINT32_MAX;
	return s;
}

/* Lets time pass until something is sent; returns after how long, NEVER: not within `ms`. */
static int64_t wait_sent(struct story *s, uint64_t ms)
{
	uint64_t begun = s->gw.now_ms;
	size_t sent = s->gw.sent;

	while (s->gw.now_ms < begun + ms) {
		gateway_wait(&s->gw, 100);
		if (s->gw.sent > sent)
			return (int64_t)(s->gw.now_ms - begun);
	}
	return NEVER;
}

/* The oldest datagram reaches the client, whose answer reaches us. */
static void answer(struct story *s)
{
	struct gateway_datagram d;

	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_ANSWER);
	assert_int_equal(s->in->answer.header.exchange, IKE_EXCHANGE_INFORMATIONAL);
	assert_int_equal(s->in->answer.sk_first, IKE_PAYLOAD_NONE);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
}

static void test_periodic(void **state)
{
	struct story *s = up(PERIODIC, 0, NULL, NULL);

	(void)state;
	for (unsigned round = 1; round <= 4; round++) {
		int64_t after = wait_sent(s, 2 * INTERVAL_MS);

		assert_true(after >= INTERVAL_MS && after <= INTERVAL_MS + JITTER_MS + 100);
		answer(s);
		assert_int_equal(s->gw.core->stats.dpd_requests, round);
		assert_int_equal(gateway_sessions(&s->gw), 1);
	}
	story_end(s);
}

/* Two that came at once are not asked at once for long. */
static void test_jitter(void **state)
{
	struct story *s = up(PERIODIC, 0, NULL, NULL);
	unsigned different = 0;
	int64_t last = 0;

	(void)state;
	for (unsigned round = 0; round < 6; round++) {
		int64_t after = wait_sent(s, 2 * INTERVAL_MS);

		different += after != last;
		last = after;
		answer(s);
	}
	assert_true(different >= 4);
	story_end(s);
}

/* ESP came lately: flexd knows, and the client is left alone until the interval is over. */
static void test_esp_heard(void **state)
{
	struct story *s = up(PERIODIC, 0, NULL, NULL);

	(void)state;
	s->gw.idle_in_ms = INTERVAL_MS - 10 * 1000;
	assert_int_equal(wait_sent(s, 10 * INTERVAL_MS), NEVER);
	/* Asked again when that much is over, not before. */
	assert_in_range(s->gw.idle_asked, 20, 45);
	s->gw.idle_in_ms = INTERVAL_MS;
	assert_true(wait_sent(s, 2 * INTERVAL_MS) != NEVER);
	answer(s);
	story_end(s);
}

/* The client itself says something from time to time: nobody is asked. */
static void test_ike_heard(void **state)
{
	struct story *s = up(PERIODIC, 0, NULL, NULL);

	(void)state;
	for (unsigned round = 0; round < 6; round++) {
		gateway_wait(&s->gw, INTERVAL_MS - 1000);
		assert_int_equal(s->gw.out_count, 0);
		assert_true(initiator_liveness(s->in) > 0);
		gateway_talk(&s->gw, s->in);
	}
	assert_int_equal(s->gw.core->stats.dpd_requests, 0);
	assert_int_equal(s->gw.idle_asked, 0);
	story_end(s);
}

/* What somebody repeats is not a sign of life. */
static void test_replay_is_no_life(void **state)
{
	struct story *s = up(PERIODIC, 0, NULL, NULL);
	uint8_t old[INITIATOR_DATAGRAM_MAX];
	size_t len = initiator_liveness(s->in);

	(void)state;
	memcpy(old, s->in->out, len);
	gateway_talk(&s->gw, s->in);
	gateway_wait(&s->gw, INTERVAL_MS - 1000);
	gateway_receive(&s->gw, old, len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.out_count, 1);
	s->gw.out_count = 0;
	assert_true(wait_sent(s, 1000 + JITTER_MS + 100) != NEVER);
	answer(s);
	story_end(s);
}

/* IKE_DPD_TRIES times, RETRY apart, the same bytes; then the session is over, for a cause of its
 * own. */
static void test_vanished(void **state)
{
	struct story *s = up(PERIODIC, 0, NULL, NULL);

	(void)state;
	assert_true(wait_sent(s, 2 * INTERVAL_MS) != NEVER);
	for (unsigned tries = 1; tries < IKE_DPD_TRIES; tries++) {
		assert_in_range(wait_sent(s, 2 * RETRY_MS), RETRY_MS - 100, RETRY_MS + 100);
		assert_int_equal(s->gw.out_count, tries + 1);
		assert_memory_equal(s->gw.out[tries].bytes, s->gw.out[0].bytes, s->gw.out[0].len);
	}
	assert_int_equal(gateway_sessions(&s->gw), 1);
	assert_int_equal(wait_sent(s, 2 * RETRY_MS), NEVER);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_dead_peer);
	assert_int_equal(s->gw.core->stats.dpd_requests, 1);
	story_empty(s);
	story_end(s);
}

/* One answer in time, to any of the tries, and it lives. */
static void test_answers_late(void **state)
{
	(void)state;
	for (unsigned lost = 1; lost < IKE_DPD_TRIES; lost++) {
		struct story *s = up(PERIODIC, 0, NULL, NULL);
		struct gateway_datagram d;

		assert_true(wait_sent(s, 2 * INTERVAL_MS) != NEVER);
		for (unsigned i = 0; i < lost; i++) {
			assert_true(gateway_take(&s->gw, &d));
			assert_true(wait_sent(s, 2 * RETRY_MS) != NEVER);
		}
		answer(s);
		assert_int_equal(wait_sent(s, INTERVAL_MS - 1000), NEVER);
		assert_int_equal(gateway_sessions(&s->gw), 1);
		story_end(s);
	}
}

/* An answer that nobody sealed does not save it. */
static void test_forged_answer(void **state)
{
	struct story *s = up(PERIODIC, 0, NULL, NULL);
	struct gateway_datagram d;

	(void)state;
	assert_true(wait_sent(s, 2 * INTERVAL_MS) != NEVER);
	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_ANSWER);
	s->in->out[s->in->out_len - 1] ^= 1;
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_auth_failed], 1);
	gateway_wait(&s->gw, (IKE_DPD_TRIES + 1) * RETRY_MS);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_dead_peer);
	story_empty(s);
	story_end(s);
}

static const struct {
	const char *conf;
	uint32_t in_ms, out_ms;
	bool asked;
} demands[] = {
	{ ON_DEMAND, UINT32_MAX, UINT32_MAX, false }, /* nothing either way */
	{ ON_DEMAND, UINT32_MAX, 1000, true },        /* we send and hear nothing */
	{ ON_DEMAND, 90 * 1000, 80 * 1000, true },    /* sent after it was heard last */
	{ ON_DEMAND, 80 * 1000, 90 * 1000, false },   /* it spoke last */
	{ ON_DEMAND, 1000, 500, false },              /* heard lately */
	{ PERIODIC, UINT32_MAX, UINT32_MAX, true },
	{ PERIODIC, 80 * 1000, 90 * 1000, true },
	{ LIFE_CONF("dpd = off\n"), UINT32_MAX, 0, false },
};

static void test_on_demand(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(demands); i++) {
		struct story *s = up(demands[i].conf, 0, NULL, NULL);

		s->gw.idle_in_ms = demands[i].in_ms;
		s->gw.idle_out_ms = demands[i].out_ms;
		if ((wait_sent(s, 3 * INTERVAL_MS) != NEVER) != demands[i].asked)
			fail_msg("row %zu", i);
		story_end(s);
	}
}

/* What we sent last was answered, if only by IKE: nothing is owed. */
static void test_on_demand_ike_heard(void **state)
{
	struct story *s = up(ON_DEMAND, 0, NULL, NULL);

	(void)state;
	s->gw.idle_in_ms = 3 * INTERVAL_MS;
	s->gw.idle_out_ms = 2 * INTERVAL_MS;
	assert_true(initiator_liveness(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(wait_sent(s, INTERVAL_MS + JITTER_MS + 1000), NEVER);
	assert_int_equal(s->gw.idle_asked, 1);
	story_end(s);
}

/* RFC 4555 3.11: a client that may be changing its network has five minutes. */
static void test_mobike_patience(void **state)
{
	static const struct initiator_notify mobike[INITIATOR_NOTIFIES] = {
		{ .type = IKE_NOTIFY_MOBIKE_SUPPORTED }
	};
	struct story *s = up(PERIODIC, 0, NULL, mobike);
	uint64_t begun;

	(void)state;
	assert_true(wait_sent(s, 2 * INTERVAL_MS) != NEVER);
	begun = s->gw.now_ms;
	gateway_wait(&s->gw, IKE_MOBIKE_PATIENCE_MS - 200);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	while (gateway_sessions(&s->gw) && s->gw.now_ms < begun + IKE_MOBIKE_PATIENCE_MS + RETRY_MS)
		gateway_wait(&s->gw, 100);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_dead_peer);
	story_empty(s);
	story_end(s);
}

/* The operator does not wait for it: a goodbye is given up like any request. */
static void test_clear_while_asking(void **state)
{
	static const struct initiator_notify mobike[INITIATOR_NOTIFIES] = {
		{ .type = IKE_NOTIFY_MOBIKE_SUPPORTED }
	};
	struct story *s = up(PERIODIC, 0, NULL, mobike);
	struct msg_session_clear order = { .ike = s->gw.session[1].ike,
					   .session = 1,
					   .cause = FG_CAUSE_operator_clear };

	(void)state;
	assert_true(wait_sent(s, 2 * INTERVAL_MS) != NEVER);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_SESSION_CLEAR, &order), 0);
	gateway_wait(&s->gw, IKE_REQUEST_PATIENCE_MS + RETRY_MS);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_operator_clear);
	story_empty(s);
	story_end(s);
}

/* An answer of flexd about a session that is another one's by now. */
static void test_idle_of_another(void **state)
{
	struct story *s = up(PERIODIC, 0, NULL, NULL);
	struct msg_idle idle = { .ike = s->gw.session[1].ike, .session = 2, .in_ms = UINT32_MAX };

	(void)state;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_IDLE, &idle), 0);
	idle.ike ^= 1;
	idle.session = 1;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_IDLE, &idle), 0);
	assert_int_equal(s->gw.out_count, 0);
	story_end(s);
}

/* --- NATs --- */

/* NAT_DETECTION of a client between whom and us everything is translated. */
#define NATS                                                                                       \
	{                                                                                          \
		{ .type = IKE_NOTIFY_NAT_DETECTION_SOURCE_IP, .len = 20 },                         \
		{                                                                                  \
			.type = IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP, .len = 20                 \
		}                                                                                  \
	}

static const struct {
	const char *lines;
	bool local_nat;
	unsigned every_s; /* 0: none are sent */
} keepalives[] = {
	{ LIFE_CONF("dpd = off\n"), true, 20 },
	{ LIFE_CONF("dpd = off\nnat-keepalive = 5\n"), true, 5 },
	{ LIFE_CONF("dpd = off\nnat-keepalive = off\n"), true, 0 },
	{ LIFE_CONF("dpd = off\n"), false, 0 },
};

static void test_keepalives(void **state)
{
	static const struct initiator_notify nats[INITIATOR_NOTIFIES] = NATS;

	(void)state;
	for (size_t i = 0; i < COUNT(keepalives); i++) {
		struct story *s = up(keepalives[i].lines,
				     keepalives[i].local_nat
					     ? INITIATOR_NO_NAT_DETECTION | INITIATOR_FAKE_NAT
					     : INITIATOR_FAKE_NAT,
				     keepalives[i].local_nat ? nats : NULL, NULL);
		unsigned want = keepalives[i].every_s ? 120 / keepalives[i].every_s : 0;

		s->gw.out_count = 0;
		gateway_wait(&s->gw, 120 * 1000);
		if (want)
			assert_int_equal(s->gw.out_count, want);
		else
			assert_int_equal(s->gw.out_count, 0);
		for (size_t k = 0; k < s->gw.out_count; k++) {
			assert_int_equal(s->gw.out[k].len, 1);
			assert_int_equal(s->gw.out[k].bytes[0], 0xff);
			assert_int_equal(s->gw.out[k].local.port, htons(FG_NATT_PORT));
		}
		assert_int_equal(s->gw.core->stats.nat_keepalives, s->gw.out_count);
		story_end(s);
	}
}

static bool path_is(struct story *s, const struct endpoint *peer)
{
	const struct ikesa *sa = ikesa_find(s->gw.core, s->in->spi_r);

	return sa && ip_equal(&sa->path.peer.ip, &peer->ip) && sa->path.peer.port == peer->port;
}

/* The mapping changed, RFC 7296 2.23: a new proven message moves a client behind a NAT, and no
 * other. What was said before, said again from elsewhere, is answered there and moves nobody. */
static void test_rebinding(void **state)
{
	static const unsigned knobs[] = { INITIATOR_FAKE_NAT, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(knobs); i++) {
		struct story *s = up(LIFE_CONF("dpd = off\n"), knobs[i], NULL, NULL);
		struct endpoint before = s->in->local, thief = before;
		uint8_t old[INITIATOR_DATAGRAM_MAX];
		size_t len;

		s->in->local.port = htons(31234);
		len = initiator_liveness(s->in);
		memcpy(old, s->in->out, len);
		gateway_talk(&s->gw, s->in);
		assert_true(path_is(s, knobs[i] ? &s->in->local : &before));

		ip_parse("198.18.0.66", &thief.ip);
		for (unsigned again = 0; again < IKE_RESENDS_MAX + 10; again++)
			gateway_receive(&s->gw, old, len, &s->in->peer, &thief);
		assert_int_equal(s->gw.out_count, IKE_RESENDS_MAX);
		assert_true(path_is(s, knobs[i] ? &s->in->local : &before));
		/* Spoiled, and so not proven. */
		len = initiator_liveness(s->in);
		s->in->out[len - 1] ^= 1;
		gateway_receive(&s->gw, s->in->out, len, &s->in->peer, &thief);
		assert_true(path_is(s, knobs[i] ? &s->in->local : &before));
		story_end(s);
	}
}

/* --- what else a client says about the SA in IKE_AUTH --- */

static void test_window(void **state)
{
	static const struct initiator_notify says[INITIATOR_NOTIFIES] = {
		{ .type = IKE_NOTIFY_SET_WINDOW_SIZE, .len = 4, .data = { 0, 0, 0, 5 } }
	};
	static const uint8_t one[4] = { 0, 0, 0, 1 };
	struct story *s = up(NULL, 0, NULL, says);
	const struct ike_notify *window = ike_find_notify(&s->in->answer,
							  IKE_NOTIFY_SET_WINDOW_SIZE);

	(void)state;
	assert_non_null(window);
	assert_int_equal(window->data.len, sizeof(one));
	assert_memory_equal(window->data.p, one, sizeof(one));
	/* Beyond it: not answered, and counted. */
	s->in->next_id++;
	assert_true(initiator_liveness(s->in) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_ahead_message_id], 1);
	s->in->next_id--;
	assert_true(initiator_liveness(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->next_id, 3);
	story_end(s);
}

/* Transport mode, TFC padding, fragments: a tunnel, and none of them is echoed. */
static void test_not_agreed(void **state)
{
	static const struct initiator_notify says[INITIATOR_NOTIFIES] = {
		{ .type = IKE_NOTIFY_USE_TRANSPORT_MODE },
		{ .type = IKE_NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED },
		{ .type = IKE_NOTIFY_NON_FIRST_FRAGMENTS_ALSO },
	};
	struct story *s = up(NULL, 0, NULL, says);

	(void)state;
	assert_int_equal(s->in->answer.notify_count, 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_periodic),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_esp_heard),
		cmocka_unit_test(test_ike_heard),
		cmocka_unit_test(test_replay_is_no_life),
		cmocka_unit_test(test_vanished),
		cmocka_unit_test(test_answers_late),
		cmocka_unit_test(test_forged_answer),
		cmocka_unit_test(test_on_demand),
		cmocka_unit_test(test_on_demand_ike_heard),
		cmocka_unit_test(test_mobike_patience),
		cmocka_unit_test(test_clear_while_asking),
		cmocka_unit_test(test_idle_of_another),
		cmocka_unit_test(test_keepalives),
		cmocka_unit_test(test_rebinding),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_not_agreed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
