// SPDX-License-Identifier: BSD-2-Clause
/* Messages in fragments, RFC 7383, both ways: every order, lost, doubled, repeated, divided anew.
 */
#include "exchange/fragments.h"

#include "ike/exchange.h"
#include "ike/task.h"

/* --- the way it should be --- */

/* Logins with every size, over both families; each datagram of ours is as small as it should be. */
static void test_sizes(void **state)
{
	static const struct {
		unsigned mtu, client_mtu;
		bool ipv6, cbc;
	} rows[] = {
		{ 256, 256, false, false },  { 256, 256, true, false },
		{ 300, 576, false, true },   { 576, 576, false, false },
		{ 576, 1280, true, true },   { 1280, 300, false, false },
		{ 1280, 1280, true, false }, { 1500, 1500, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = with_client(rows[i].mtu, (uint16_t)rows[i].client_mtu, 2000);
		unsigned headers = (rows[i].ipv6 ? 40 : 20) + 8;
		struct gateway_datagram d;
		struct pieces all;
		size_t fragments = 0;

		if (rows[i].ipv6) {
			ip_parse("2001:db8::1", &s->in->local.ip);
			ip_parse("2001:db8::2", &s->in->peer.ip);
		}
		if (rows[i].cbc) {
			s->in->setup.proposal.encryption[0] = s->in->setup.proposal.encryption[1];
			s->in->setup.proposal.encryption_count = 1;
		}
		assert_true(initiator_init(s->in) > 0);
		take_pieces(s, &all);
		send_one(s, &all, 0);
		deliver_all(s);
		assert_true(initiator_auth(s->in) > 0);
		take_pieces(s, &all);
		assert_true(all.count >= 2000 / rows[i].client_mtu);
		for (size_t k = 0; k < all.count; k++) {
			assert_true(all.piece[k].len <= rows[i].client_mtu - headers);
			send_one(s, &all, k);
		}
		for (; gateway_take(&s->gw, &d); fragments++) {
			assert_true(d.len <= rows[i].mtu - headers);
			initiator_receive(s->in, d.bytes, d.len);
		}
		assert_int_equal(s->in->state, INITIATOR_UP);
		assert_int_equal(s->in->subnet_count, CONF_NETS_MAX);
		assert_true(fragments >= 1000 / rows[i].mtu);
		assert_int_equal(story_drops(s), 0);
		log_out(s);
	}
}

/* Only when both sides said so; else every message goes whole. */
static void test_negotiated(void **state)
{
	static const struct {
		unsigned mtu;
		uint16_t client_mtu;
	} rows[] = { { 0, 576 }, { 576, 0 }, { 0, 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pieces *all = malloc(sizeof(*all));
		struct story *s = at_auth(rows[i].mtu, rows[i].client_mtu, 1000, all);

		assert_false(s->in->fragments);
		assert_int_equal(all->count, 1);
		send_one(s, all, 0);
		assert_int_equal(s->gw.out_count, 1);
		assert_true(s->gw.out[0].len > 576);
		deliver_all(s);
		assert_int_equal(s->in->state, INITIATOR_UP);
		free(all);
		log_out(s);
	}
}

/* Each order of four fragments, each fragment twice: one answer, and it is the right one. */
static void test_orders(void **state)
{
	struct pieces *all = malloc(sizeof(*all));

	(void)state;
	for (unsigned order = 0; order < 4 * 3 * 2; order++) {
		struct story *s = at_auth(1280, 576, 1500, all);
		size_t left[4] = { 0, 1, 2, 3 };
		unsigned pick = order;

		assert_int_equal(all->count, 4);
		for (size_t n = 4; n > 0; n--) {
			size_t at = pick % n, i = left[at];

			pick /= (unsigned)n;
			memmove(&left[at], &left[at + 1], (n - at - 1) * sizeof(left[0]));
			send_one(s, all, i);
			assert_int_equal(s->gw.out_count > 0, n == 1);
			if (n == 1)
				break;
			send_one(s, all, i);
			assert_int_equal(drops(s, IKE_DROP_fragment_again), 4 - n + 1);
		}
		assert_int_equal(s->gw.begun, 1);
		deliver_all(s);
		assert_int_equal(s->in->state, INITIATOR_UP);
		log_out(s);
	}
	free(all);
}

/* One fragment is lost; the client sends all of them again. */
static void test_lost(void **state)
{
	struct pieces *all = malloc(sizeof(*all));

	(void)state;
	for (size_t lost = 0; lost < 4; lost++) {
		struct story *s = at_auth(1280, 576, 1500, all);

		for (size_t i = 0; i < all->count; i++)
			if (i != lost)
				send_one(s, all, i);
		assert_int_equal(s->gw.out_count, 0);
		assert_true(s->gw.core->fragments_held > 1000);
		for (size_t i = 0; i < all->count && s->gw.out_count == 0; i++)
			send_one(s, all, i);
		assert_int_equal(drops(s, IKE_DROP_fragment_again), lost);
		deliver_all(s);
		assert_int_equal(s->in->state, INITIATOR_UP);
		log_out(s);
	}
	free(all);
}

/* --- again --- */

/* RFC 7383 2.6.1: of a repeated request only fragment 1 makes the answer go out once more. */
static void test_repeated(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(576, 576, 1500, all);
	size_t answer;

	(void)state;
	for (size_t i = 0; i < all->count; i++)
		send_one(s, all, i);
	answer = s->gw.out_count;
	assert_true(answer >= 2);
	for (size_t i = 0; i < all->count; i++) {
		s->gw.out_count = 0;
		send_one(s, all, i);
		assert_int_equal(s->gw.out_count, i == 0 ? answer : 0);
	}
	assert_int_equal(drops(s, IKE_DROP_fragment_again), all->count - 1);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	send_one(s, all, 0);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_int_equal(s->gw.begun, 1);
	free(all);
	log_out(s);
}

/* Refused, and the keys are gone: fragment 1 is known by its bytes, whatever came after it. */
static void test_repeated_refused(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = with_client(576, 576, 1500);

	(void)state;
	s->in->setup.knobs = INITIATOR_BAD_AUTH;
	assert_true(initiator_init(s->in) > 0);
	take_pieces(s, all);
	send_one(s, all, 0);
	deliver_all(s);
	assert_true(initiator_auth(s->in) > 0);
	take_pieces(s, all);
	assert_true(all->count > 2);
	for (size_t i = 0; i < all->count; i++)
		send_one(s, all, i);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_FAILED], 1);
	s->gw.out_count = 0;
	send_one(s, all, 0);
	assert_int_equal(s->gw.out_count, 1);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	free(all);
	story_end(s);
}

/* While aaa or flexd is asked: silence. */
static void test_repeated_while_busy(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(576, 576, 1500, all);

	(void)state;
	for (size_t i = 0; i < all->count; i++)
		gateway_receive(&s->gw, all->piece[i].bytes, all->piece[i].len, &s->in->peer,
				&s->in->local);
	for (size_t i = 0; i < all->count; i++)
		gateway_receive(&s->gw, all->piece[i].bytes, all->piece[i].len, &s->in->peer,
				&s->in->local);
	assert_int_equal(drops(s, IKE_DROP_busy), 1);
	assert_int_equal(drops(s, IKE_DROP_fragment_again), all->count - 1);
	gateway_settle(&s->gw);
	assert_int_equal(s->gw.begun, 1);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	free(all);
	log_out(s);
}

/* The answer did not arrive, perhaps because it was too long for the path: the client repeats its
 * request in smaller fragments, 2.5.2, and gets an answer in smaller ones. */
static void test_divided_anew(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(1280, 1280, 1500, all);
	struct gateway_datagram d;
	size_t small = 0;

	(void)state;
	for (size_t i = 0; i < all->count; i++)
		send_one(s, all, i);
	assert_int_equal(s->gw.out_count, 1);
	assert_true(s->gw.out[0].len > 576);
	s->gw.out_count = 0;
	s->in->setup.fragment_mtu = 400;
	assert_true(initiator_auth(s->in) > 0);
	take_pieces(s, all);
	assert_true(all->count > 3);
	for (size_t i = all->count; i-- > 0;)
		send_one(s, all, i);
	assert_int_equal(drops(s, IKE_DROP_different_request), 0);
	assert_int_equal(s->gw.out_count, 3);
	while (gateway_take(&s->gw, &d)) {
		assert_fragment(&d, 3, IKE_MTU_SMALL4);
		small += initiator_receive(s->in, d.bytes, d.len) == INITIATOR_DONE;
	}
	assert_int_equal(small, 1);
	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_int_equal(s->gw.begun, 1);
	free(all);
	log_out(s);
}

/* Somebody else's fragment 1 under the number of an answered request. */
static void test_repeated_forged(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(576, 576, 1500, all);

	(void)state;
	for (size_t i = 0; i < all->count; i++)
		send_one(s, all, i);
	deliver_all(s);
	all->piece[0].bytes[SEALED_AT + 20] ^= 1;
	send_one(s, all, 0);
	assert_int_equal(drops(s, IKE_DROP_different_request), 1);
	assert_int_equal(s->gw.out_count, 0);
	free(all);
	log_out(s);
}

/* A request of ours that nobody answers is divided after its first retransmission; its number and
 * its content stay. */
static void test_own_request(void **state)
{
	struct pieces all;
	struct story *s = at_auth(1280, 1280, 0, &all);
	struct gateway_datagram d;
	struct ike_draft draft;
	struct ikesa *sa;
	enum initiator_event event = INITIATOR_IGNORED;

	(void)state;
	send_one(s, &all, 0);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	sa = ikesa_find(s->gw.core, s->in->spi_r);
	assert_non_null(sa);
	ike_draft_begin(&draft);
	ike_payload_open(&draft.w, IKE_PAYLOAD_VENDOR);
	wr_zero(&draft.w.wr, 1000);
	ike_payload_close(&draft.w);
	assert_int_equal(ike_request(s->gw.core, sa, IKE_EXCHANGE_INFORMATIONAL, &draft), 0);
	assert_int_equal(s->gw.out_count, 1);
	assert_true(s->gw.out[0].len > 1000);
	s->gw.out_count = 0;
	gateway_wait(&s->gw, IKE_REQUEST_FIRST_MS);
	assert_int_equal(s->gw.out_count, 3);
	while (gateway_take(&s->gw, &d)) {
		assert_fragment(&d, 3, IKE_MTU_SMALL4);
		event = initiator_receive(s->in, d.bytes, d.len);
	}
	assert_int_equal(event, INITIATOR_ANSWER);
	assert_int_equal(s->in->answer.vendor_count, 1);
	assert_int_equal(s->in->answer.vendor[0].len, 1000);
	gateway_talk(&s->gw, s->in);
	assert_null(sa->own);
	log_out(s);
}

/* Half of a Vendor ID of zeros. response: IKE_FLAG_RESPONSE, or 0 for a request. */
static void send_part(struct story *s, struct ike_header header, uint8_t response, uint16_t number)
{
	uint8_t bytes[300] = { 0 }, out[600];
	struct wr wr = wr_of(bytes, sizeof(bytes));
	size_t len;

	header.flags |= response;
	if (number == 1) {
		wr_be16(&wr, IKE_PAYLOAD_NONE << 8);
		wr_be16(&wr, 2 * sizeof(bytes));
	}
	len = ike_seal_fragment(s->in->sk_out, &header, IKE_PAYLOAD_VENDOR, number, 2,
				(struct ike_bytes){ bytes, sizeof(bytes) }, out, sizeof(out));
	gateway_receive(&s->gw, out, len, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
}

/* The client's request and its answer to one of ours come in fragments, each between the others. */
static void test_both_at_once(void **state)
{
	struct pieces all;
	struct story *s = at_auth(1280, 1280, 0, &all);
	struct ike_header request, answer;
	struct ike_draft draft;
	struct ikesa *sa;

	(void)state;
	send_one(s, &all, 0);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	sa = ikesa_find(s->gw.core, s->in->spi_r);
	ike_draft_begin(&draft);
	assert_int_equal(ike_request(s->gw.core, sa, IKE_EXCHANGE_INFORMATIONAL, &draft), 0);
	s->gw.out_count = 0;
	request = answer = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	answer.message_id = sa->own_next;
	send_part(s, request, 0, 1);
	send_part(s, answer, IKE_FLAG_RESPONSE, 1);
	send_part(s, request, 0, 2);
	assert_int_equal(s->gw.out_count, 1);
	assert_non_null(sa->own);
	send_part(s, answer, IKE_FLAG_RESPONSE, 2);
	assert_null(sa->own);
	assert_int_equal(story_drops(s), 0);
	s->in->next_id++;
	s->gw.out_count = 0;
	log_out(s);
}

/* A whole request in fragments leaves the deadline of our answer's, which never is complete. */
static void test_half_an_answer(void **state)
{
	struct pieces all;
	struct story *s = at_auth(1280, 1280, 0, &all);
	struct ike_header request, answer;
	struct ike_draft draft;
	struct ikesa *sa;

	(void)state;
	send_one(s, &all, 0);
	deliver_all(s);
	sa = ikesa_find(s->gw.core, s->in->spi_r);
	ike_draft_begin(&draft);
	assert_int_equal(ike_request(s->gw.core, sa, IKE_EXCHANGE_INFORMATIONAL, &draft), 0);
	request = answer = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	answer.message_id = sa->own_next;
	send_part(s, answer, IKE_FLAG_RESPONSE, 1);
	send_part(s, request, 0, 1);
	send_part(s, request, 0, 2);
	assert_true(s->gw.core->fragments_held > 0);
	gateway_wait(&s->gw, IKE_FRAGMENTS_MS);
	assert_int_equal(s->gw.core->fragments_held, 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

/* A short request that comes twice, and a short one of ours that nobody answers, say nothing about
 * the path: the size stays. */
static void test_short_ones_lost(void **state)
{
	struct pieces all;
	struct story *s = at_auth(1280, 1280, 0, &all);
	struct ikesa *sa;

	(void)state;
	send_one(s, &all, 0);
	deliver_all(s);
	sa = ikesa_find(s->gw.core, s->in->spi_r);
	assert_true(initiator_liveness(s->in) > 0);
	for (int i = 0; i < 2; i++)
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.out_count, 2);
	assert_int_equal(sa->fragment_mtu, 1280);
	ike_want(s->gw.core, sa, IKE_TASK_DPD);
	gateway_wait(&s->gw, 10 * 1000);
	assert_true(sa->own_tries > 1);
	assert_int_equal(sa->fragment_mtu, 1280);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_negotiated),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_repeated_refused),
		cmocka_unit_test(test_repeated_while_busy),
		cmocka_unit_test(test_divided_anew),
		cmocka_unit_test(test_repeated_forged),
		cmocka_unit_test(test_own_request),
		cmocka_unit_test(test_both_at_once),
		cmocka_unit_test(test_half_an_answer),
		cmocka_unit_test(test_short_ones_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
