// SPDX-License-Identifier: BSD-2-Clause
/*
 * The network between client and gateway loses, doubles, delays and repeats: at every step of a
 * session's life.
 */
#include "exchange/exchange.h"

enum { STEPS = 3 }; /* IKE_SA_INIT, IKE_AUTH, DELETE */

static size_t make(struct story *s, unsigned step)
{
	static size_t (*const makers[STEPS])(struct initiator *) = { initiator_init, initiator_auth,
								     initiator_delete };

	return makers[step](s->in);
}

static void deliver(struct story *s)
{
	struct gateway_datagram d;

	assert_true(gateway_take(&s->gw, &d));
	initiator_receive(s->in, d.bytes, d.len);
}

static void finished(struct story *s)
{
	assert_int_equal(s->gw.begun, 1);
	assert_int_equal(s->gw.core->stats.auth_ok, 1);
	assert_int_equal(gateway_sessions(&s->gw), 0);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_peer_delete);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* The answer of one step is lost: the same request again gets the same bytes again. */
static void test_answer_lost(void **state)
{
	(void)state;
	for (unsigned lost = 0; lost < STEPS; lost++) {
		struct story *s = story_client(0);

		for (unsigned step = 0; step < STEPS; step++) {
			struct gateway_datagram first, again;

			assert_true(make(s, step) > 0);
			story_send(s);
			if (step == lost) {
				assert_true(gateway_take(&s->gw, &first));
				story_send(s);
				assert_int_equal(s->gw.out_count, 1);
				again = s->gw.out[0];
				assert_int_equal(again.len, first.len);
				assert_memory_equal(again.bytes, first.bytes, first.len);
				assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
			}
			deliver(s);
		}
		finished(s);
	}
}

/* Each request arrives twice in a row, and late once more when the next step is over. */
static void test_doubled_and_late(void **state)
{
	struct story *s = story_client(INITIATOR_FAKE_NAT);
	uint8_t old[STEPS][INITIATOR_DATAGRAM_MAX];
	size_t old_len[STEPS];
	struct endpoint old_peer[STEPS], old_local[STEPS];

	(void)state;
	for (unsigned step = 0; step < STEPS; step++) {
		old_len[step] = make(s, step);
		memcpy(old[step], s->in->out, old_len[step]);
		old_peer[step] = s->in->peer;
		old_local[step] = s->in->local;
		story_send(s);
		story_send(s);
		deliver(s);
		deliver(s);
		for (unsigned late = 0; late < step; late++) {
			uint32_t established = s->gw.core->gauge[IKE_STATE_ESTABLISHED];

			gateway_receive(&s->gw, old[late], old_len[late], &old_peer[late],
					&old_local[late]);
			gateway_settle(&s->gw);
			assert_int_equal(s->gw.core->by_spi.count, 1);
			assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], established);
			s->gw.out_count = 0;
		}
	}
	assert_true(s->gw.core->stats.drop[IKE_DROP_old_message_id] >= 2);
	finished(s);
}

/* A request comes again while aaa or flexd is still being asked: no second answer, no second
 * session, and the first one arrives. */
static void test_again_while_busy(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 7; round++) {
		bool apart = round >= 3; /* aaa answers two questions, not one */
		unsigned pending = apart ? round - 3 : round;
		struct story *s = story_client(0);

		s->gw.aaa_apart = apart;
		assert_true(make(s, 0) > 0);
		story_send(s);
		deliver(s);
		assert_true(make(s, 1) > 0);
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
		for (unsigned i = 0; i < pending; i++)
			assert_true(gateway_step(&s->gw));
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
		assert_int_equal(s->gw.core->stats.drop[IKE_DROP_busy], 1);
		assert_int_equal(s->gw.out_count, 0);
		gateway_settle(&s->gw);
		assert_int_equal(s->gw.out_count, 1);
		deliver(s);
		assert_int_equal(s->in->state, INITIATOR_UP);
		assert_true(make(s, 2) > 0);
		story_send(s);
		deliver(s);
		finished(s);
	}
}

/* Requests of the client out of order: what is ahead of the window waits for its retransmission. */
static void test_reordered(void **state)
{
	struct story *s = story_client(0);
	uint8_t first[INITIATOR_DATAGRAM_MAX];
	size_t first_len;

	(void)state;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	first_len = initiator_liveness(s->in);
	memcpy(first, s->in->out, first_len);
	s->in->next_id++;
	assert_true(initiator_delete(s->in) > 0);
	story_send(s);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_ahead_message_id], 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	gateway_receive(&s->gw, first, first_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.out_count, 1);
	story_send(s);
	assert_int_equal(s->gw.out_count, 2);
	finished(s);
}

/* Stored answers go out a limited number of times. */
static void test_resends_are_limited(void **state)
{
	struct story *s = story_client(0);

	(void)state;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_true(initiator_liveness(s->in) > 0);
	for (unsigned i = 0; i < IKE_RESENDS_MAX + 10; i++)
		story_send(s);
	assert_int_equal(s->gw.out_count, IKE_RESENDS_MAX + 1);
	assert_int_equal(s->gw.core->stats.retransmits_answered, IKE_RESENDS_MAX);
	s->gw.out_count = 0;
	s->in->next_id++;
	/* The next request is served all the same. */
	assert_true(initiator_delete(s->in) > 0);
	story_send(s);
	deliver(s);
	finished(s);
}

/* Another request under a message ID that is answered, or being answered. */
static void test_different_request(void **state)
{
	struct story *s = story_client(0);

	(void)state;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_true(initiator_liveness(s->in) > 0);
	story_send(s);
	s->gw.out_count = 0;
	assert_true(initiator_delete(s->in) > 0);
	story_send(s);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_different_request], 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	s->in->next_id++;
	assert_true(initiator_delete(s->in) > 0);
	story_send(s);
	deliver(s);
	finished(s);
}

/* A client that comes from another port, as behind a NAT that forgot: the SA follows it. */
static void test_rebinding(void **state)
{
	struct story *s = story_client(INITIATOR_FAKE_NAT);

	(void)state;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	s->in->local.port = htons(7777);
	assert_true(initiator_liveness(s->in) > 0);
	story_send(s);
	assert_int_equal(s->gw.out_count, 1);
	assert_int_equal(s->gw.out[0].peer.port, htons(7777));
	deliver(s);
	ike_stop(s->gw.core);
	assert_int_equal(s->gw.out_count, 1);
	assert_int_equal(s->gw.out[0].peer.port, htons(7777));
	story_end(s);
}

/* During the setup a client may go to port 4500 without any NAT. */
static void test_float_without_nat(void **state)
{
	struct story *s = story_client(0);

	(void)state;
	assert_true(make(s, 0) > 0);
	story_send(s);
	deliver(s);
	s->in->peer.port = s->in->local.port = htons(FG_NATT_PORT);
	assert_true(make(s, 1) > 0);
	story_send(s);
	deliver(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_int_equal(s->gw.session[1].begin.peer.port, htons(FG_NATT_PORT));
	assert_int_equal(s->gw.session[1].begin.local.port, htons(FG_NATT_PORT));
	assert_false(s->gw.session[1].udp);
	assert_true(make(s, 2) > 0);
	story_send(s);
	deliver(s);
	finished(s);
}

/* Who saw IKE_AUTH sends a copy from elsewhere, before the original: without a NAT the session
 * stays with the client. */
static void test_copy_from_elsewhere(void **state)
{
	struct story *s = story_client(0);
	struct endpoint elsewhere = s->in->local;

	(void)state;
	ip_parse("203.0.113.66", &elsewhere.ip);
	assert_true(make(s, 0) > 0);
	story_send(s);
	deliver(s);
	assert_true(make(s, 1) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &elsewhere);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.out_count, 1);
	s->gw.out_count = 0;
	story_send(s);
	assert_true(ip_equal(&s->gw.out[0].peer.ip, &s->in->local.ip));
	deliver(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_true(ip_equal(&s->gw.session[1].begin.peer.ip, &s->in->local.ip));
	assert_true(make(s, 2) > 0);
	story_send(s);
	deliver(s);
	finished(s);
}

/* The gateway's own address is translated: ESP goes in UDP, the client does not move. */
static void test_gateway_behind_nat(void **state)
{
	struct story *s = story_client(0);
	struct endpoint inner;

	(void)state;
	ip_parse("10.9.9.9", &inner.ip);
	for (unsigned step = 0; step < STEPS; step++) {
		struct gateway_datagram d;

		assert_true(make(s, step) > 0);
		inner.port = s->in->peer.port;
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &inner, &s->in->local);
		gateway_settle(&s->gw);
		assert_true(gateway_take(&s->gw, &d));
		assert_true(ip_equal(&d.local.ip, &inner.ip));
		initiator_receive(s->in, d.bytes, d.len);
	}
	assert_true(s->in->nat_there);
	assert_int_equal(s->in->peer.port, htons(FG_NATT_PORT));
	assert_int_equal(s->gw.session[1].begin.local_behind_nat, 1);
	assert_int_equal(s->gw.session[1].begin.peer_behind_nat, 0);
	assert_true(s->gw.session[1].udp);
	finished(s);
}

/* The answer to a logout is lost while the same client is already back. */
static void test_logout_again_after_login(void **state)
{
	struct story *s = story_client(0);
	struct initiator_setup setup;
	struct initiator *back;

	(void)state;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_true(make(s, 2) > 0);
	story_send(s);
	s->gw.out_count = 0;
	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_INITIAL_CONTACT;
	setup.local.port = htons(1999);
	assert_int_equal(initiator_new(&setup, &back), 0);
	assert_int_equal(gateway_login(&s->gw, back), INITIATOR_UP);
	story_send(s);
	assert_int_equal(s->gw.out_count, 1);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	initiator_free(back);
	story_end(s);
}

/* Without a NAT the answer goes where the request came from, but the SA stays where it was. */
static void test_no_rebinding_without_nat(void **state)
{
	struct story *s = story_client(0);
	struct endpoint home;

	(void)state;
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	home = s->in->local;
	s->in->local.port = htons(7777);
	assert_true(initiator_liveness(s->in) > 0);
	story_send(s);
	assert_int_equal(s->gw.out[0].peer.port, htons(7777));
	deliver(s);
	s->in->local = home;
	/* The gateway's own request goes to the old place. */
	ike_stop(s->gw.core);
	assert_int_equal(s->gw.out[0].peer.port, home.port);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_lost),
		cmocka_unit_test(test_doubled_and_late),
		cmocka_unit_test(test_again_while_busy),
		cmocka_unit_test(test_reordered),
		cmocka_unit_test(test_resends_are_limited),
		cmocka_unit_test(test_different_request),
		cmocka_unit_test(test_rebinding),
		cmocka_unit_test(test_float_without_nat),
		cmocka_unit_test(test_copy_from_elsewhere),
		cmocka_unit_test(test_gateway_behind_nat),
		cmocka_unit_test(test_logout_again_after_login),
		cmocka_unit_test(test_no_rebinding_without_nat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
