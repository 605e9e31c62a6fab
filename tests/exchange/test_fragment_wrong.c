// SPDX-License-Identifier: BSD-2-Clause
/* Fragments that a peer or a stranger makes wrongly, too many of them, and those that never end. */
#include "exchange/fragments.h"

/* A fragment of another exchange with the number of one that is under way. */
static void test_two_exchanges(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(1280, 576, 900, all);
	struct ike_header other = initiator_header(s->in, IKE_EXCHANGE_IKE_INTERMEDIATE);

	(void)state;
	assert_int_equal(all->count, 3);
	send_one(s, all, 0);
	{
		uint8_t bytes[64] = { 0 }, out[200];
		size_t len = ike_seal_fragment(s->in->sk_out, &other, IKE_PAYLOAD_NONE, 2, 3,
					       (struct ike_bytes){ bytes, sizeof(bytes) }, out,
					       sizeof(out));

		gateway_receive(&s->gw, out, len, &s->in->peer, &s->in->local);
	}
	assert_int_equal(drops(s, IKE_DROP_fragment_total), 1);
	for (size_t i = 1; i < all->count; i++)
		send_one(s, all, i);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	free(all);
	log_out(s);
}

/* One byte or two of the clear part of fragment 2 of 4, after fragment 1. */
static const struct {
	const char *what;
	size_t at;
	uint8_t high, low;
	enum ike_drop drop;
} forged[] = {
	{ "number 0", NUMBER_AT, 0, 0, IKE_DROP_bad_fragment },
	{ "number above the total", NUMBER_AT, 0, 5, IKE_DROP_bad_fragment },
	{ "number 65535", NUMBER_AT, 0xff, 0xff, IKE_DROP_bad_fragment },
	{ "total 0", TOTAL_AT, 0, 0, IKE_DROP_bad_fragment },
	{ "total below the number", TOTAL_AT, 0, 1, IKE_DROP_bad_fragment },
	{ "total below the others", TOTAL_AT, 0, 3, IKE_DROP_fragment_total },
	{ "total above the others, not proven", TOTAL_AT, 0, 5, IKE_DROP_auth_failed },
	{ "total 65535", TOTAL_AT, 0xff, 0xff, IKE_DROP_fragment_limit },
	{ "the number of one that is here", NUMBER_AT, 0, 1, IKE_DROP_fragment_again },
	{ "the number of another one", NUMBER_AT, 0, 3, IKE_DROP_auth_failed },
	{ "payload shorter than its header", PAYLOAD_AT + 2, 0, 3, IKE_DROP_bad_payload },
	{ "payload of a header alone", PAYLOAD_AT + 2, 0, 4, IKE_DROP_bad_fragment },
	{ "payload without anything sealed", PAYLOAD_AT + 2, 0, 8, IKE_DROP_bad_fragment },
	{ "payload too long", PAYLOAD_AT + 2, 0xff, 0xff, IKE_DROP_bad_payload },
	{ "message shorter than it is", LENGTH_AT + 2, 0, 40, IKE_DROP_bad_length },
	{ "a bit of what is sealed", SEALED_AT + 30, 0, 0, IKE_DROP_auth_failed },
	{ "another exchange", EXCHANGE_AT, IKE_EXCHANGE_INFORMATIONAL, IKE_FLAG_INITIATOR,
	  IKE_DROP_bad_exchange },
};

/* Nothing of a forged fragment stays, and the message arrives all the same. */
static void test_forged(void **state)
{
	struct pieces *all = malloc(sizeof(*all));

	(void)state;
	for (size_t i = 0; i < COUNT(forged); i++) {
		struct story *s = at_auth(1280, 576, 1500, all);
		uint8_t bad[1600];
		size_t held, len = all->piece[1].len;

		send_one(s, all, 0);
		held = s->gw.core->fragments_held;
		memcpy(bad, all->piece[1].bytes, len);
		bad[forged[i].at] = forged[i].high;
		bad[forged[i].at + 1] = forged[i].low;
		gateway_receive(&s->gw, bad, len, &s->in->peer, &s->in->local);
		if (drops(s, forged[i].drop) != 1)
			print_message("%s: not counted as %s\n", forged[i].what,
				      ike_drop_name(forged[i].drop));
		assert_int_equal(drops(s, forged[i].drop), 1);
		assert_int_equal(story_drops(s), 1);
		assert_int_equal(s->gw.core->fragments_held, held);
		assert_int_equal(s->gw.out_count, 0);
		for (size_t k = 1; k < all->count; k++)
			send_one(s, all, k);
		deliver_all(s);
		assert_int_equal(s->in->state, INITIATOR_UP);
		log_out(s);
	}
	free(all);
}

/* A stranger can name the SPIs, but he cannot make us keep a byte. */
static void test_unauthenticated_is_never_kept(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(1280, 576, 1500, all);

	(void)state;
	for (size_t n = 0; n < 1000; n++) {
		uint8_t bad[1600];

		memcpy(bad, all->piece[n % 4].bytes, all->piece[n % 4].len);
		bad[SEALED_AT + n % 100] ^= (uint8_t)(1 + n % 255);
		gateway_receive(&s->gw, bad, all->piece[n % 4].len, &s->in->peer, &s->in->local);
		assert_int_equal(s->gw.core->fragments_held, 0);
	}
	assert_int_equal(drops(s, IKE_DROP_auth_failed), 1000);
	for (size_t k = 0; k < all->count; k++)
		send_one(s, all, k);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	free(all);
	log_out(s);
}

/* The client sends fragments although we did not agree to it. */
static void test_not_agreed(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(0, 576, 1500, all);

	(void)state;
	s->in->fragments = true;
	assert_true(initiator_auth(s->in) > 0);
	take_pieces(s, all);
	assert_int_equal(all->count, 4);
	for (size_t i = 0; i < all->count; i++)
		send_one(s, all, i);
	assert_int_equal(drops(s, IKE_DROP_misplaced_payload), all->count);
	assert_int_equal(s->gw.core->fragments_held, 0);
	assert_int_equal(s->gw.out_count, 0);
	free(all);
	story_end(s);
}

/* A larger total begins anew, 2.6; what had come of the smaller one counts no more. */
static void test_larger_total(void **state)
{
	struct pieces *all = malloc(sizeof(*all)), *more = malloc(sizeof(*more));
	struct story *s = at_auth(1280, 1280, 3000, all);

	(void)state;
	for (size_t i = 0; i + 1 < all->count; i++)
		send_one(s, all, i);
	s->in->setup.fragment_mtu = 576;
	assert_true(initiator_auth(s->in) > 0);
	take_pieces(s, more);
	assert_true(more->count > all->count);
	send_one(s, more, 0);
	/* The last of the old division comes late. */
	send_one(s, all, all->count - 1);
	assert_int_equal(drops(s, IKE_DROP_fragment_total), 1);
	assert_int_equal(s->gw.out_count, 0);
	for (size_t i = 1; i < more->count; i++)
		send_one(s, more, i);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	free(all);
	free(more);
	log_out(s);
}

/* First in fragments of which one is lost, then whole; first whole and lost, then in fragments. */
static void test_mixed(void **state)
{
	struct pieces *all = malloc(sizeof(*all)), *whole = malloc(sizeof(*whole));
	struct story *s = at_auth(1280, 576, 900, all);

	(void)state;
	send_one(s, all, 0);
	s->in->fragments = false;
	assert_true(initiator_auth(s->in) > 0);
	take_pieces(s, whole);
	assert_int_equal(whole->count, 1);
	s->in->fragments = true;
	send_one(s, whole, 0);
	assert_int_equal(s->gw.core->fragments_held, 0);
	assert_int_equal(s->gw.out_count, 1);
	/* It does not see the answer and comes back in fragments. */
	s->gw.out_count = 0;
	for (size_t i = 0; i < all->count; i++)
		send_one(s, all, i);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_int_equal(s->gw.begun, 1);
	free(all);
	free(whole);
	log_out(s);
}

/* What one client holds is bounded, in bytes and in time; a message that is too long never gets in
 * the way of the next. */
static void test_bounds(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(1500, 1500, 0, all);
	uint8_t bytes[1024] = { 0 };
	struct ike_header header;
	size_t kept = 0;

	(void)state;
	header = initiator_header(s->in, IKE_EXCHANGE_IKE_AUTH);
	for (uint16_t i = 1; i <= 200; i++) {
		uint8_t out[1200];
		size_t len = ike_seal_fragment(s->in->sk_out, &header, IKE_PAYLOAD_VENDOR, i, 200,
					       (struct ike_bytes){ bytes, sizeof(bytes) }, out,
					       sizeof(out));

		gateway_receive(&s->gw, out, len, &s->in->peer, &s->in->local);
		kept += drops(s, IKE_DROP_fragment_limit) == 0;
	}
	assert_true(kept > 20 && s->gw.core->fragments_held <= IKE_WHOLE_SETUP_MAX);
	assert_int_equal(drops(s, IKE_DROP_fragment_limit), 200 - kept);
	/* The real one came whole. */
	send_one(s, all, 0);
	assert_int_equal(s->gw.core->fragments_held, 0);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	free(all);
	log_out(s);
}

/* As if all memory for fragments were taken. */
static void test_bound_of_all(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(576, 576, 1500, all);

	(void)state;
	s->gw.core->fragments_held = IKE_FRAGMENTS_HELD;
	send_one(s, all, 0);
	assert_int_equal(drops(s, IKE_DROP_fragment_limit), 1);
	assert_int_equal(s->gw.core->fragments_held, IKE_FRAGMENTS_HELD);
	s->gw.core->fragments_held = 0;
	for (size_t i = 0; i < all->count; i++)
		send_one(s, all, i);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	free(all);
	log_out(s);
}

/* An established client whose message stays incomplete. */
static void test_time(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(576, 576, 900, all);
	uint8_t bytes[256] = { 0 }, out[400];
	struct ike_header header;
	size_t len;

	(void)state;
	for (size_t i = 0; i < all->count; i++)
		send_one(s, all, i);
	deliver_all(s);
	assert_int_equal(s->in->state, INITIATOR_UP);
	/* The deadline of the login's fragments is over with them. */
	gateway_wait(&s->gw, IKE_FRAGMENTS_MS / 2);
	header = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	for (uint16_t number = 1; number <= 2; number++) {
		len = ike_seal_fragment(s->in->sk_out, &header, IKE_PAYLOAD_VENDOR, number, 3,
					(struct ike_bytes){ bytes, sizeof(bytes) }, out,
					sizeof(out));
		gateway_receive(&s->gw, out, len, &s->in->peer, &s->in->local);
		assert_true(s->gw.core->fragments_held > number * sizeof(bytes));
		/* Another fragment buys no time. */
		gateway_wait(&s->gw, number == 1 ? IKE_FRAGMENTS_MS - 1 : 1);
	}
	assert_int_equal(s->gw.core->fragments_held, 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	free(all);
	log_out(s);
}

/* A half-open client that stops in the middle goes with all that it sent. */
static void test_abandoned(void **state)
{
	struct pieces *all = malloc(sizeof(*all));
	struct story *s = at_auth(576, 576, 900, all);

	(void)state;
	send_one(s, all, 0);
	assert_true(s->gw.core->fragments_held > 0);
	gateway_wait(&s->gw, 31 * 1000);
	assert_int_equal(s->gw.core->fragments_held, 0);
	story_empty(s);
	free(all);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_exchanges),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_unauthenticated_is_never_kept),
		cmocka_unit_test(test_not_agreed),
		cmocka_unit_test(test_larger_total),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bound_of_all),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
