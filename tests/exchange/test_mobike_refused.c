// SPDX-License-Identifier: BSD-2-Clause
/* RFC 4555: what is copied, forged, malformed or not allowed moves nobody. */
#include "exchange/mobike.h"

/* --- who may not move it --- */

/* COOKIE2 missing or another: the IKE SA is closed, RFC 4555 3.7. */
static void test_wrong_cookie2(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 3; kind++) {
		struct story *s = up(NULL, NULL, 0);

		go(s, OTHER4, 4500);
		s->in->setup.knobs = kind == 0 ? INITIATOR_NO_COOKIE2 : INITIATOR_WRONG_COOKIE2;
		assert_true(make_update(s) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_int_equal(deliver(s), INITIATOR_ANSWER);
		send_out(s);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		assert_int_equal(s->gw.session[1].ended, FG_CAUSE_not_there);
		assert_int_equal(deliver(s), INITIATOR_ANSWER);
		assert_int_equal(s->in->state, INITIATOR_CLOSED);
		send_out(s);
		story_empty(s);
		story_end(s);
	}
}

/* Somebody on the way copies the update and sends it from elsewhere, before or after the original:
 * the traffic goes where COOKIE2 is answered, or stays. */
static void test_copied(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct story *s = up(NULL, NULL, 0);
		struct endpoint thief = { .port = htons(4500) };
		struct gateway_datagram d;

		ip_parse("198.18.0.66", &thief.ip);
		go(s, OTHER4, 4500);
		assert_true(make_update(s) > 0);
		if (first)
			gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &thief);
		send_out(s);
		if (!first)
			gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &thief);
		gateway_settle(&s->gw);
		while (gateway_take(&s->gw, &d)) {
			/* What goes to the thief reaches nobody who could answer it. */
			if (ip_equal(&d.peer.ip, &thief.ip))
				continue;
			s->in->out_len = 0;
			if (initiator_receive(s->in, d.bytes, d.len) == INITIATOR_ANSWER)
				send_out(s);
		}
		assert_true(traffic_at(s, first ? "192.0.2.1" : OTHER4, 4500));
		story_end(s);
	}
}

/* An old update once more from another place: its message ID is long answered. */
static void test_replayed(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct endpoint thief = { .port = htons(4500) };
	uint8_t old[INITIATOR_DATAGRAM_MAX];
	size_t len;

	(void)state;
	ip_parse("198.18.0.66", &thief.ip);
	go(s, OTHER4, 4500);
	len = make_update(s);
	memcpy(old, s->in->out, len);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	go(s, OTHER6, 4500);
	move(s);
	gateway_receive(&s->gw, old, len, &s->in->peer, &thief);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_old_message_id], 1);
	assert_true(traffic_at(s, OTHER6, 4500));
	assert_int_equal(sa_of(s)->mobike->moves, 2);
	story_end(s);
}

/* In clear text: dropped and counted, whatever it says. */
static void test_clear_text(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	uint8_t message[128] = { 0 };
	struct endpoint from = s->in->local;
	struct ike_writer w;

	(void)state;
	ip_parse(OTHER4, &from.ip);
	ike_begin(&w, message + IKE_MARKER_LEN, sizeof(message) - IKE_MARKER_LEN, &header);
	ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_UPDATE_SA_ADDRESSES, NULL, 0);
	gateway_receive(&s->gw, message, ike_finish(&w) + IKE_MARKER_LEN, &s->in->peer, &from);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_clear_after_init], 1);
	assert_int_equal(sa_of(s)->mobike->moves, 0);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	story_end(s);
}

/* Any other message from a new address is answered there and changes nothing, RFC 4555 3.8: the
 * client may be testing a path. Also behind a NAT. */
static void test_other_messages_do_not_move(void **state)
{
	static const unsigned knobs[] = { 0, INITIATOR_FAKE_NAT };

	(void)state;
	for (size_t i = 0; i < COUNT(knobs); i++) {
		struct story *s = up(NULL, NULL, knobs[i]);

		go(s, OTHER4, 4500);
		assert_true(initiator_liveness(s->in) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		assert_int_equal(s->gw.out_count, 0);
		ip_parse("192.0.2.1", &s->in->local.ip);
		assert_true(ip_equal(&sa_of(s)->path.peer.ip, &s->in->local.ip));
		story_end(s);
	}
}

/* The address that we lent it ourselves, or another one of a pool: its tunnel would go into itself.
 */
static void test_unacceptable(void **state)
{
	static const char *const inside[] = { "10.10.0.1", "10.10.0.200", "2001:db8:10::5" };

	(void)state;
	for (size_t i = 0; i < COUNT(inside); i++) {
		struct story *s = up(NULL, NULL, 0);

		go(s, inside[i], 4500);
		assert_true(make_update(s) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_UNACCEPTABLE_ADDRESSES));
		assert_int_equal(s->gw.out_count, 0);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		/* It is not over: another address is taken. */
		go(s, OTHER4, 4500);
		move(s);
		assert_true(traffic_at(s, OTHER4, 4500));
		story_end(s);
	}
}

/* --- NO_NATS_ALLOWED, COOKIE2 --- */

/* As the client believes its path; `wrong`: a NAT has changed the byte at this place. */
static struct initiator_notify no_nats(const struct story *s, int wrong)
{
	struct initiator_notify n = { .type = IKE_NOTIFY_NO_NATS_ALLOWED };
	bool is4 = ip_is4(&s->in->local.ip);
	struct wr wr = wr_of(n.data, sizeof(n.data));
	size_t len = is4 ? 4 : 16, skip = is4 ? 3 : 0;

	wr_bytes(&wr, s->in->local.ip.w + skip, len);
	wr_bytes(&wr, s->in->peer.ip.w + skip, len);
	wr_bytes(&wr, &s->in->local.port, 2);
	wr_bytes(&wr, &s->in->peer.port, 2);
	n.len = (uint16_t)wr.len;
	if (wrong >= 0)
		n.data[wrong] ^= 1;
	return n;
}

static void test_no_nats_allowed(void **state)
{
	static const char *const to[] = { OTHER4, OTHER6 };

	(void)state;
	for (size_t i = 0; i < COUNT(to); i++) {
		struct story *s = up(NULL, NULL, 0);
		struct initiator_notify n[2] = { UPDATE };
		size_t len;

		go(s, to[i], 4500);
		len = no_nats(s, -1).len;
		for (int wrong = 0; wrong < (int)len; wrong++) {
			n[1] = no_nats(s, wrong);
			assert_true(initiator_inform(s->in, n, 2) > 0);
			send_out(s);
			assert_int_equal(deliver(s), INITIATOR_ANSWERED);
			assert_non_null(ike_find_notify(&s->in->answer,
							IKE_NOTIFY_UNEXPECTED_NAT_DETECTED));
			assert_int_equal(sa_of(s)->mobike->moves, 0);
		}
		n[1] = no_nats(s, -1);
		assert_true(initiator_inform(s->in, n, 2) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_null(ike_find_error(&s->in->answer));
		assert_int_equal(deliver(s), INITIATOR_ANSWER);
		send_out(s);
		assert_true(traffic_at(s, to[i], 4500));
		story_end(s);
	}
}

/* In IKE_AUTH it ends the login. */
static void test_no_nats_in_auth(void **state)
{
	(void)state;
	for (int wrong = -1; wrong < 12; wrong += 5) {
		struct story *s = story_begin(NULL);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		s->in->setup.in_auth[0] = no_nats(s, wrong);
		gateway_login(&s->gw, s->in);
		if (wrong < 0) {
			assert_int_equal(s->in->state, INITIATOR_UP);
		} else {
			assert_int_equal(s->in->state, INITIATOR_REFUSED);
			assert_int_equal(s->in->refusal, IKE_NOTIFY_UNEXPECTED_NAT_DETECTED);
			assert_int_equal(s->gw.begun, 0);
		}
		story_end(s);
	}
}

static void test_cookie2_echoed(void **state)
{
	static const uint16_t lengths[] = { 8, 33, 64 };

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct story *s = up(NULL, NULL, 0);
		struct initiator_notify n = { .type = IKE_NOTIFY_COOKIE2, .len = lengths[i] };
		const struct ike_notify *echo;

		memset(n.data, 0x5a + (int)i, n.len);
		assert_true(initiator_inform(s->in, &n, 1) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		echo = ike_find_notify(&s->in->answer, IKE_NOTIFY_COOKIE2);
		assert_non_null(echo);
		assert_int_equal(echo->data.len, n.len);
		assert_memory_equal(echo->data.p, n.data, n.len);
		story_end(s);
	}
}

/* Malformed and proven: INVALID_SYNTAX, and the end of the IKE SA, RFC 7296 2.21.3. */
static const struct initiator_notify malformed[] = {
	{ .type = IKE_NOTIFY_UPDATE_SA_ADDRESSES, .len = 1 },
	{ .type = IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, .len = 3 },
	{ .type = IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, .len = 16 },
	{ .type = IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS, .len = 15 },
	{ .type = IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS, .len = 0 },
	{ .type = IKE_NOTIFY_NO_ADDITIONAL_ADDRESSES, .len = 4 },
	{ .type = IKE_NOTIFY_COOKIE2, .len = 7 },
	{ .type = IKE_NOTIFY_COOKIE2, .len = 65 },
	{ .type = IKE_NOTIFY_NO_NATS_ALLOWED, .len = 11 },
	{ .type = IKE_NOTIFY_NO_NATS_ALLOWED, .len = 13 },
	{ .type = IKE_NOTIFY_NO_NATS_ALLOWED, .len = 37 },
	{ .type = IKE_NOTIFY_SET_WINDOW_SIZE, .len = 3 },
	{ .type = IKE_NOTIFY_SET_WINDOW_SIZE, .len = 5 },
};

static void test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		struct story *s = up(NULL, NULL, 0);

		go(s, OTHER4, 4500);
		assert_true(initiator_inform(s->in, &malformed[i], 1) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_INVALID_SYNTAX));
		assert_int_equal(s->gw.core->stats.drop[IKE_DROP_bad_payload], 1);
		assert_int_equal(s->gw.session[1].ended, FG_CAUSE_malformed);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		gateway_wait(&s->gw, IKE_LINGER_MS);
		story_empty(s);
		story_end(s);
	}
}

/* --- ESP of a client behind a NAT --- */

/* The mapping changed: ESP says so, and our requests go there too. While a move is being checked
 * they go to where it is checked. */
static void test_esp_moves(void **state)
{
	struct story *s = up(NULL, NULL, INITIATOR_FAKE_NAT);
	struct msg_peer_moved moved = { .ike = s->gw.session[1].ike };
	struct gateway_datagram d;

	(void)state;
	moved.was = sa_of(s)->path.peer;
	moved.peer = s->in->local;
	moved.peer.port = htons(31000);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_PEER_MOVED, &moved), 0);
	assert_int_equal(sa_of(s)->path.peer.port, htons(31000));
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	moved.was = moved.peer;
	moved.peer.port = htons(32000);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_PEER_MOVED, &moved), 0);
	assert_true(ip_equal(&sa_of(s)->path.peer.ip, &s->in->local.ip));
	assert_int_equal(sa_of(s)->mobike->proven.peer.port, htons(32000));
	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4500));
	/* What flexd said before it heard of that: it has left that place meanwhile, and so have
	 * our requests, or a client that is there would be taken for dead. */
	moved.was = moved.peer;
	moved.peer.port = htons(33000);
	assert_int_equal(ike_from_broker(s->gw.core, MSG_PEER_MOVED, &moved), 0);
	assert_int_equal(sa_of(s)->path.peer.port, htons(4500));
	assert_true(ip_equal(&sa_of(s)->path.peer.ip, &s->in->local.ip));
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_cookie2),
		cmocka_unit_test(test_copied),
		cmocka_unit_test(test_replayed),
		cmocka_unit_test(test_clear_text),
		cmocka_unit_test(test_other_messages_do_not_move),
		cmocka_unit_test(test_unacceptable),
		cmocka_unit_test(test_no_nats_allowed),
		cmocka_unit_test(test_no_nats_in_auth),
		cmocka_unit_test(test_cookie2_echoed),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_esp_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
