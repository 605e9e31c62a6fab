// SPDX-License-Identifier: BSD-2-Clause
/*
 * Forged, changed and repeated messages for an SA that is there: nobody hurts it.
 */
#include "exchange/hostile.h"

/* --- nobody hurts an established session --- */

static void still_up(struct story *s)
{
	uint32_t id = s->in->next_id;

	s->gw.out_count = 0;
	assert_true(initiator_liveness(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->next_id, id + 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
}

/* Each bit of a request flipped on the way: nothing happens, and the true one is answered. */
static void test_every_bit_flipped(void **state)
{
	(void)state;
	for (int up = 0; up < 2; up++) {
		struct story *s = up ? story_up(0) : story_client(0);
		uint8_t message[INITIATOR_DATAGRAM_MAX];
		struct snapshot before, after;
		size_t len;

		if (!up) {
			assert_true(initiator_init(s->in) > 0);
			story_send(s);
			initiator_receive(s->in, s->gw.out[0].bytes, s->gw.out[0].len);
			s->gw.out_count = 0;
		}
		len = up ? initiator_liveness(s->in) : initiator_auth(s->in);
		memcpy(message, s->in->out, len);
		before = look(s);
		for (size_t bit = 0; bit < len * 8; bit++) {
			message[bit / 8] ^= (uint8_t)(1 << bit % 8);
			gateway_receive(&s->gw, message, len, &s->in->peer, &s->in->local);
			message[bit / 8] ^= (uint8_t)(1 << bit % 8);
			s->gw.out_count = 0;
			after = look(s);
			/* The minor version and reserved flags mean nothing, but are covered by
			 * the ICV all the same. */
			assert_memory_equal(&before, &after, sizeof(before));
		}
		if (up) {
			still_up(s);
		} else {
			gateway_talk(&s->gw, s->in);
			assert_int_equal(s->in->state, INITIATOR_UP);
		}
		story_end(s);
	}
}

enum forged { F_DELETE, F_AUTH_FAILED, F_INVALID_SYNTAX, F_EMPTY, F_INIT_ANSWER, F_KINDS };

/* In clear text, with the right SPIs, from the right address. */
static size_t forge(const struct story *s, enum forged kind, uint8_t exchange, uint8_t flags,
		    uint32_t id, uint8_t *out, size_t cap)
{
	const struct ike_header header = { .spi_i = s->in->spi_i,
					   .spi_r = s->in->spi_r,
					   .version = IKE_VERSION,
					   .exchange = exchange,
					   .flags = flags,
					   .message_id = id };
	struct ike_writer w;

	ike_begin(&w, out, cap, &header);
	if (kind == F_DELETE)
		ike_put_delete(&w, IKE_PROTOCOL_IKE, NULL, 0);
	if (kind == F_AUTH_FAILED)
		ike_put_notify(&w, 0, NULL, 0, IKE_NOTIFY_AUTHENTICATION_FAILED, NULL, 0);
	if (kind == F_INVALID_SYNTAX)
		ike_put_notify(&w, 0, NULL, 0, IKE_NOTIFY_INVALID_SYNTAX, NULL, 0);
	if (kind == F_INIT_ANSWER)
		ike_put_nonce(&w, s->in->ni, s->in->ni_len);
	return ike_finish(&w);
}

static void test_clear_text_hurts_nobody(void **state)
{
	static const uint8_t exchanges[] = { IKE_EXCHANGE_IKE_SA_INIT, IKE_EXCHANGE_IKE_AUTH,
					     IKE_EXCHANGE_CREATE_CHILD_SA,
					     IKE_EXCHANGE_INFORMATIONAL, 99 };
	struct story *s = story_up(0);
	struct snapshot before = look(s), after;
	uint8_t message[256];

	(void)state;
	for (size_t i = 0; i < COUNT(exchanges); i++)
		for (enum forged kind = 0; kind < F_KINDS; kind++)
			for (unsigned flags = 0; flags < 64; flags += 8)
				for (uint32_t id = 0; id < 4; id++) {
					size_t len = forge(s, kind, exchanges[i], (uint8_t)flags,
							   id, message, sizeof(message));
					uint64_t all = story_drops(s);

					gateway_receive(&s->gw, message, len, &s->in->peer,
							&s->in->local);
					assert_int_equal(story_drops(s), all + 1);
					assert_int_equal(s->gw.out_count, 0);
					after = look(s);
					assert_memory_equal(&before, &after, sizeof(before));
				}
	still_up(s);
	story_end(s);
}

static void test_clear_text_counter(void **state)
{
	struct story *s = story_up(0);
	uint8_t message[256];
	size_t len = forge(s, F_DELETE, IKE_EXCHANGE_INFORMATIONAL, IKE_FLAG_INITIATOR, 2, message,
			   sizeof(message));

	(void)state;
	refused(s, "DELETE in the clear", message, len, &s->in->peer, &s->in->local,
		IKE_DROP_misplaced_payload, 0);
	len = forge(s, F_AUTH_FAILED, IKE_EXCHANGE_INFORMATIONAL, IKE_FLAG_INITIATOR, 2, message,
		    sizeof(message));
	refused(s, "error in the clear", message, len, &s->in->peer, &s->in->local,
		IKE_DROP_clear_after_init, 0);
	still_up(s);
	story_end(s);
}

/* IKE_SA_INIT of the established SA again: from there nothing; from elsewhere one half-open SA of
 * its own, which goes. */
static void test_init_replayed(void **state)
{
	struct story *s = story_up(0);
	struct endpoint elsewhere = s->in->local;

	(void)state;
	refused(s, "IKE_SA_INIT again", s->in->init, s->in->init_len, &s->in->peer, &s->in->local,
		IKE_DROP_old_message_id, 0);
	elsewhere.port = htons(4711);
	for (int i = 0; i < 3; i++) {
		gateway_receive(&s->gw, s->in->init, s->in->init_len, &s->in->peer, &elsewhere);
		assert_int_equal(s->gw.core->half_open, 1);
	}
	still_up(s);
	gateway_wait(&s->gw, 30000);
	assert_int_equal(s->gw.core->half_open, 0);
	still_up(s);
	story_end(s);
}

/* While half-open: another IKE_SA_INIT under the same SPI does not replace the first. */
static void test_init_changed(void **state)
{
	struct story *s = story_client(0);
	uint8_t other[INITIATOR_DATAGRAM_MAX];
	size_t len;

	(void)state;
	len = initiator_init(s->in);
	memcpy(other, s->in->out, len);
	story_send(s);
	s->gw.out_count = 0;
	other[len - 1] ^= 1;
	refused(s, "changed", other, len, &s->in->peer, &s->in->local, IKE_DROP_different_request,
		0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	story_end(s);
}

/* SPIs that are nobody's, or of two different SAs. */
static void test_unknown_spi(void **state)
{
	struct story *s = story_up(0);

	(void)state;
	assert_true(initiator_liveness(s->in) > 0);
	s->in->out[7] ^= 1;
	refused(s, "initiator SPI", s->in->out, s->in->out_len, &s->in->peer, &s->in->local,
		IKE_DROP_unknown_ike_spi, 0);
	s->in->out[7] ^= 1;
	s->in->out[15] ^= 1;
	refused(s, "responder SPI", s->in->out, s->in->out_len, &s->in->peer, &s->in->local,
		IKE_DROP_unknown_ike_spi, 0);
	still_up(s);
	story_end(s);
}

/* Sealed by the client itself, but not in this state. */
static void test_wrong_state(void **state)
{
	struct story *s = story_up(0);
	const struct ike_header again = initiator_header(s->in, IKE_EXCHANGE_IKE_AUTH);
	struct ike_header answer = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	uint8_t bytes[64];
	struct ike_writer w;

	(void)state;
	ike_begin_inner(&w, bytes, sizeof(bytes));
	assert_true(initiator_seal(s->in, &again, &w) > 0);
	refused(s, "IKE_AUTH twice", s->in->out, s->in->out_len, &s->in->peer, &s->in->local,
		IKE_DROP_bad_exchange, 0);
	answer.flags |= IKE_FLAG_RESPONSE;
	answer.message_id = 0;
	assert_true(initiator_seal(s->in, &answer, &w) > 0);
	refused(s, "an answer to nothing", s->in->out, s->in->out_len, &s->in->peer, &s->in->local,
		IKE_DROP_unexpected_response, 0);
	still_up(s);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_bit_flipped),
		cmocka_unit_test(test_clear_text_hurts_nobody),
		cmocka_unit_test(test_clear_text_counter),
		cmocka_unit_test(test_init_replayed),
		cmocka_unit_test(test_init_changed),
		cmocka_unit_test(test_unknown_spi),
		cmocka_unit_test(test_wrong_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
