// SPDX-License-Identifier: BSD-2-Clause
/*
 * How sessions end: by the client, by the operator, by the gateway's stop.
 */
#include "exchange/exchange.h"

/* What the gateway sends now goes to the client, and its answers back. */
static void pass_on(struct story *s)
{
	struct gateway_datagram d;

	while (gateway_take(&s->gw, &d)) {
		s->in->out_len = 0;
		if (initiator_receive(s->in, d.bytes, d.len) == INITIATOR_ANSWER)
			gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer,
					&s->in->local);
		gateway_settle(&s->gw);
	}
}

/* --- the client --- */

static void test_client_deletes_child(void **state)
{
	struct story *s = story_up(0);
	const struct ike_delete *deleted;

	(void)state;
	assert_true(initiator_delete_child(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	/* Answered with our SPI of the pair. */
	assert_int_equal(s->in->answer.delete_count, 1);
	deleted = &s->in->answer.deletes[0];
	assert_int_equal(deleted->protocol, IKE_PROTOCOL_ESP);
	assert_int_equal(deleted->spi_count, 1);
	assert_memory_equal(deleted->spis.p, &s->in->spi_out, sizeof(s->in->spi_out));
	/* The session waits for another one, but not for long. */
	assert_int_equal(gateway_sas(&s->gw, 1), 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_CHILDLESS], 1);
	gateway_wait(&s->gw, IKE_CHILDLESS_MS);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_childless);
	pass_on(s);
	assert_int_equal(s->in->state, INITIATOR_CLOSED);
	story_empty(s);
	story_end(s);
}

static void test_client_deletes_a_child_that_is_not(void **state)
{
	struct story *s = story_up(0);

	(void)state;
	s->in->spi_in ^= htonl(1);
	assert_true(initiator_delete_child(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->answer.delete_count, 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

static const struct {
	uint16_t notify;
	bool later; /* not in the exchange behind IKE_AUTH */
	bool ends;
} complaints[] = {
	{ IKE_NOTIFY_AUTHENTICATION_FAILED, false, true },
	{ IKE_NOTIFY_INVALID_SYNTAX, false, true },
	{ IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, false, true },
	{ IKE_NOTIFY_NO_PROPOSAL_CHOSEN, false, false },
	{ IKE_NOTIFY_INITIAL_CONTACT, false, false },
	{ IKE_NOTIFY_AUTHENTICATION_FAILED, true, false },
};

/* RFC 7296 2.21.2: a client that does not believe us ends the IKE SA by saying so. */
static void test_client_does_not_accept_us(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(complaints); i++) {
		struct story *s = story_up(0);

		if (complaints[i].later) {
			assert_true(initiator_liveness(s->in) > 0);
			gateway_talk(&s->gw, s->in);
		}
		assert_true(initiator_complain(s->in, complaints[i].notify) > 0);
		gateway_talk(&s->gw, s->in);
		assert_int_equal(gateway_sessions(&s->gw), complaints[i].ends ? 0 : 1);
		if (complaints[i].ends) {
			assert_int_equal(s->gw.session[1].ended, FG_CAUSE_peer_delete);
			gateway_wait(&s->gw, IKE_LINGER_MS);
			story_empty(s);
		}
		story_end(s);
	}
}

/* --- the operator --- */

static void test_clear(void **state)
{
	struct story *s = story_up(0);

	(void)state;
	story_clear(s, 1, FG_CAUSE_operator_clear);
	/* The session is over at once, the IKE SA when the client has answered. */
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_operator_clear);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
	pass_on(s);
	assert_int_equal(s->in->state, INITIATOR_CLOSED);
	story_empty(s);
	story_end(s);
}

/* The client is gone: five tries, doubling, and that is it. */
static void test_clear_unanswered(void **state)
{
	static const unsigned at_s[IKE_REQUEST_TRIES] = { 0, 1, 3, 7, 15 };
	struct story *s = story_up(0);
	uint64_t begun = s->gw.now_ms;

	(void)state;
	story_clear(s, 1, FG_CAUSE_operator_clear);
	for (unsigned i = 0; i < IKE_REQUEST_TRIES; i++) {
		gateway_wait(&s->gw, begun + at_s[i] * 1000 - s->gw.now_ms);
		assert_int_equal(s->gw.out_count, i + 1);
		assert_memory_equal(s->gw.out[i].bytes, s->gw.out[0].bytes, s->gw.out[0].len);
	}
	gateway_wait(&s->gw, 15999);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
	gateway_wait(&s->gw, 1);
	assert_int_equal(s->gw.out_count, IKE_REQUEST_TRIES);
	story_empty(s);
	story_end(s);
}

/* An answer under another message ID than our request's is none. */
static void test_wrong_answer(void **state)
{
	struct story *s = story_up(0);
	struct ike_header header;
	uint8_t bytes[16];
	struct ike_writer w;

	(void)state;
	story_clear(s, 1, FG_CAUSE_operator_clear);
	assert_null(ikesa_find(s->gw.core, s->in->spi_r)->child);
	ike_begin_inner(&w, bytes, sizeof(bytes));
	header = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	header.flags |= IKE_FLAG_RESPONSE;
	header.message_id = 1;
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_unexpected_response], 1);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
	header.message_id = 0;
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	story_empty(s);
	story_end(s);
}

/* Both sides delete at once: each answers the other. */
static void test_both_delete(void **state)
{
	struct story *s = story_up(0);
	struct gateway_datagram ours;

	(void)state;
	story_clear(s, 1, FG_CAUSE_operator_clear);
	assert_true(gateway_take(&s->gw, &ours));
	assert_true(initiator_delete(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->next_id, 3);
	assert_int_equal(initiator_receive(s->in, ours.bytes, ours.len), INITIATOR_ANSWER);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_operator_clear);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* An order for a session that is not this SA's, or not any more. */
static void test_clear_of_another(void **state)
{
	struct story *s = story_up(0);
	struct msg_session_clear order = { .ike = s->gw.session[1].ike, .session = 2, .cause = 2 };

	(void)state;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_SESSION_CLEAR, &order), 0);
	order.session = 1;
	order.ike ^= 1;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_SESSION_CLEAR, &order), 0);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

/* Another client, which has got no farther than IKE_SA_INIT. */
static struct initiator *half_open(struct story *s)
{
	struct initiator_setup setup;
	struct initiator *half;

	gateway_client(&s->gw, &setup);
	assert_int_equal(initiator_new(&setup, &half), 0);
	assert_true(initiator_init(half) > 0);
	gateway_receive(&s->gw, half->out, half->out_len, &half->peer, &half->local);
	assert_int_equal(s->gw.core->half_open, 1);
	s->gw.out_count = 0;
	return half;
}

/* What has no session, at the operator's word: who is not known yet hears nothing. */
static void test_clear_rest(void **state)
{
	struct story *s = story_up(0);
	struct initiator *half = half_open(s);

	(void)state;
	assert_int_equal(ike_from_broker(s->gw.core, MSG_CLEAR_REST, NULL), 0);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->half_open, 0);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	initiator_free(half);
	story_end(s);

	/* Who was refused a session, but is authenticated, is told. */
	s = story_client(0);
	s->gw.refuse_begin = FG_CAUSE_no_address;
	gateway_login(&s->gw, s->in);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_CHILDLESS], 1);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_CLEAR_REST, NULL), 0);
	/* Once: what is on its way out is let go. */
	assert_int_equal(ike_from_broker(s->gw.core, MSG_CLEAR_REST, NULL), 0);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_DELETING], 1);
	assert_int_equal(s->gw.out_count, 1);
	pass_on(s);
	assert_int_equal(s->in->state, INITIATOR_CLOSED);
	story_empty(s);
	story_end(s);
}

static void test_stop(void **state)
{
	struct story *s = story_up(INITIATOR_FAKE_NAT);
	struct initiator *half = half_open(s); /* goes without a word */

	(void)state;
	ike_stop(s->gw.core);
	assert_int_equal(s->gw.out_count, 1);
	assert_false(ike_stopped(s->gw.core));
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_shutdown);
	/* Nobody new. */
	half->spi_i ^= 2;
	assert_true(initiator_init(half) > 0);
	gateway_receive(&s->gw, half->out, half->out_len, &half->peer, &half->local);
	assert_int_equal(s->gw.out_count, 1);
	pass_on(s);
	assert_true(ike_stopped(s->gw.core));
	story_empty(s);
	initiator_free(half);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_deletes_child),
		cmocka_unit_test(test_client_deletes_a_child_that_is_not),
		cmocka_unit_test(test_client_does_not_accept_us),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_clear_unanswered),
		cmocka_unit_test(test_wrong_answer),
		cmocka_unit_test(test_both_delete),
		cmocka_unit_test(test_clear_of_another),
		cmocka_unit_test(test_clear_rest),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
