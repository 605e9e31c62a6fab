// SPDX-License-Identifier: BSD-2-Clause
/*
 * RFC 4555: a client that moves. What is lost, repeated or late on the way moves nothing that
 * should stay.
 */
#include "exchange/mobike.h"

#include "ike/close.h"
#include "ike/task.h"

/* --- negotiation --- */

static void test_negotiated(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	const struct ike_notify *other = ike_find_notify(&s->in->answer,
							 IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS);
	struct fg_ip ip;

	(void)state;
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_MOBIKE_SUPPORTED));
	/* Our other address, not the one in use. */
	assert_non_null(other);
	ip_parse(GATEWAY6, &ip);
	assert_memory_equal(other->data.p, ip.w, sizeof(ip.w));
	assert_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS));
	assert_non_null(sa_of(s)->mobike);
	story_end(s);
}

static void test_not_negotiated(void **state)
{
	static const struct initiator_notify none[INITIATOR_NOTIFIES] = { { 0 } };
	static const struct initiator_notify says[INITIATOR_NOTIFIES] = { SUPPORTED };
	static const struct {
		const char *conf;
		const struct initiator_notify *says;
	} rows[] = { { NULL, none }, { MOBIKE_CONF("off"), says } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = up(rows[i].conf, rows[i].says, 0);

		assert_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_MOBIKE_SUPPORTED));
		assert_null(sa_of(s)->mobike);
		/* It says that it moved all the same: an answer, and nothing else. */
		go(s, OTHER4, 4500);
		assert_true(make_update(s) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		assert_int_equal(s->in->answer.notify_count, 0);
		assert_int_equal(s->gw.out_count, 0);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		story_end(s);
	}
}

/* The client's other addresses are taken note of by nobody, and move nothing. */
static void test_additional_addresses(void **state)
{
	static const struct initiator_notify says[INITIATOR_NOTIFIES] = {
		SUPPORTED,
		{ .type = IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, .len = 4, .data = { 10, 0, 0, 1 } },
		{ .type = IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS, .len = 16, .data = { 0x20, 1 } },
	};
	static const struct initiator_notify told[] = {
		{ .type = IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, .len = 4, .data = { 10, 0, 0, 2 } },
		{ .type = IKE_NOTIFY_NO_ADDITIONAL_ADDRESSES },
	};
	struct story *s = up(NULL, says, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		assert_true(initiator_inform(s->in, &told[i], 1) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	}
	assert_int_equal(sa_of(s)->mobike->moves, 0);
	story_end(s);
}

/* Ours change: every client that speaks MOBIKE is told, once. */
static void test_our_addresses(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct fg_ip locals[2] = { ip_from4(htonl(0xc6336401)), ip_from4(htonl(0xc6336409)) };
	const struct ike_notify *notify;

	(void)state;
	ike_core_set_locals(s->gw.core, locals, 2);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	notify = ike_find_notify(&s->in->answer, IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS);
	assert_non_null(notify);
	assert_memory_equal(notify->data.p, &locals[1].w[3], 4);
	send_out(s);
	ike_core_set_locals(s->gw.core, locals, 2);
	assert_int_equal(s->gw.out_count, 0);
	ike_core_set_locals(s->gw.core, locals, 1);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_NO_ADDITIONAL_ADDRESSES));
	send_out(s);
	assert_null(sa_of(s)->own);
	story_end(s);
}

/* The one that the client uses is gone: it is told from another one, which stands in the list, and
 * traffic goes there when it says so. */
static void test_our_address_gone(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	const struct fg_ip other = ip_from4(htonl(0xc6336409));
	const struct ike_notify *notify;
	struct gateway_datagram d;

	(void)state;
	ike_want(s->gw.core, sa_of(s), IKE_TASK_DPD);
	s->gw.out_count = 0; /* from where we are no more */
	ike_core_set_locals(s->gw.core, &other, 1);
	s->in->peer.ip = other;
	assert_true(gateway_take(&s->gw, &d));
	assert_true(ip_equal(&d.local.ip, &other));
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_ANSWER);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	notify = ike_find_notify(&s->in->answer, IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS);
	assert_non_null(notify);
	assert_memory_equal(notify->data.p, &other.w[3], 4);
	send_out(s);
	assert_false(ip_equal(&s->gw.session[1].local.ip, &other));
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_true(ip_equal(&s->gw.session[1].local.ip, &other));
	story_end(s);
}

/* --- moving --- */

static const struct {
	const char *to;
	unsigned port;
	unsigned knobs;
	bool udp;
} moves[] = {
	{ OTHER4, 4500, 0, false },
	{ OTHER4, 5555, 0, false },
	{ OTHER6, 4500, 0, false },
	{ OTHER4, 4500, INITIATOR_FAKE_NAT, true },
	{ OTHER6, 9999, INITIATOR_FAKE_NAT, true },
};

/* Either family; the SA's encapsulation follows NAT detection; back again. */
static void test_moves(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(moves); i++) {
		struct story *s = up(NULL, NULL, 0);
		struct gateway_session *one = &s->gw.session[1];

		assert_false(one->udp);
		go(s, moves[i].to, moves[i].port);
		s->in->setup.knobs = moves[i].knobs;
		move(s);
		assert_true(traffic_at(s, moves[i].to, moves[i].port));
		assert_int_equal(one->udp, moves[i].udp);
		assert_int_equal(one->peer_behind_nat, moves[i].udp);
		assert_true(ip_equal(&one->local.ip, &s->in->peer.ip));
		assert_int_equal(s->gw.core->stats.moves, 1);
		go(s, "192.0.2.1", 4500);
		s->in->setup.knobs = 0;
		move(s);
		assert_true(traffic_at(s, "192.0.2.1", 4500));
		assert_false(one->udp);
		assert_int_equal(s->gw.core->stats.moves, 2);
		story_end(s);
	}
}

/* Only the port is new: no check is needed, RFC 4555 3.7 is about addresses. */
static void test_new_port(void **state)
{
	struct story *s = up(NULL, NULL, 0);

	(void)state;
	go(s, "192.0.2.1", 7777);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_true(traffic_at(s, "192.0.2.1", 7777));
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(s->gw.out_count, 0);
	story_end(s);
}

/* mobike = unverified: at once. */
static void test_unverified(void **state)
{
	struct story *s = up(MOBIKE_CONF("unverified"), NULL, 0);

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4500));
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(s->gw.out_count, 0);
	story_end(s);
}

/* Nothing is proven before the answer to our COOKIE2: the traffic stays. */
static void test_check_first(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	const struct ike_notify *cookie2;

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	cookie2 = ike_find_notify(&s->in->answer, IKE_NOTIFY_COOKIE2);
	assert_non_null(cookie2);
	assert_int_equal(cookie2->data.len, IKE_COOKIE2_LEN);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4500));
	story_end(s);
}

/* The check is lost, or its answer: sent again, the same bytes, and then the traffic follows. */
static void test_check_lost(void **state)
{
	(void)state;
	for (unsigned lost = 1; lost < IKE_ROUTABILITY_TRIES; lost++) {
		struct story *s = up(NULL, NULL, 0);

		go(s, OTHER6, 4500);
		assert_true(make_update(s) > 0);
		send_out(s);
		assert_int_equal(deliver(s), INITIATOR_ANSWERED);
		for (unsigned i = 0; i < lost; i++) {
			struct gateway_datagram d;

			assert_true(gateway_take(&s->gw, &d));
			gateway_wait(&s->gw, (uint64_t)IKE_REQUEST_FIRST_MS << i);
			assert_memory_equal(s->gw.out[0].bytes, d.bytes, d.len);
		}
		assert_int_equal(deliver(s), INITIATOR_ANSWER);
		send_out(s);
		assert_true(traffic_at(s, OTHER6, 4500));
		story_end(s);
	}
}

/* The client moves while the IKE SA is rekeyed: its UPDATE_SA_ADDRESSES comes in the old one, which
 * waits for its DELETE, or ours of it is out. */
static void moves_in_the_old_one(bool closing)
{
	struct story *s = up(MOBIKE_CONF("on"), NULL, 0);
	struct ikesa *old = sa_of(s);
	struct endpoint local = s->in->local;
	uint8_t update[INITIATOR_DATAGRAM_MAX];
	size_t len;

	s->in->next_id++;
	go(s, OTHER4, 4501);
	len = make_update(s);
	assert_true(len > 0);
	memcpy(update, s->in->out, len);
	s->in->next_id--;
	s->in->local = local;
	assert_true(initiator_rekey_ike(s->in) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_REKEYED);
	assert_int_equal(old->state, IKE_STATE_REKEYED);
	if (closing)
		ike_close(s->gw.core, old, FG_CAUSE_replaced);
	s->gw.out_count = 0;
	go(s, OTHER4, 4501);
	gateway_receive(&s->gw, update, len, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
	/* The answer, our DELETE once more, and the check in the new one. */
	assert_int_equal(s->gw.out_count, closing ? 3 : 2);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	if (closing)
		assert_int_equal(deliver(s), INITIATOR_IGNORED);
	assert_false(traffic_at(s, OTHER4, 4501));
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4501));
	assert_int_equal(s->gw.core->stats.moves, 1);
	story_end(s);
}

static void test_moves_in_the_old_one(void **state)
{
	(void)state;
	moves_in_the_old_one(false);
	moves_in_the_old_one(true);
}

/* The answer to the update is lost: its repetition is answered again, and moves nothing twice. */
static void test_update_repeated(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct gateway_datagram answer, check;

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_true(gateway_take(&s->gw, &answer));
	assert_true(gateway_take(&s->gw, &check));
	send_out(s);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	assert_int_equal(sa_of(s)->mobike->moves, 1);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(s->gw.out_count, 0);
	assert_int_equal(initiator_receive(s->in, check.bytes, check.len), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, OTHER4, 4500));
	story_end(s);
}

/* It moves on before it is checked: what proves the first address does not prove the second. */
static void test_moves_on(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct gateway_datagram first;

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_true(gateway_take(&s->gw, &first));
	go(s, OTHER6, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	/* The open check follows it, but was sent to both: asked again with another COOKIE2. */
	assert_int_equal(s->gw.out_count, 1);
	assert_memory_equal(s->gw.out[0].bytes, first.bytes, first.len);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	assert_int_equal(s->gw.out_count, 1);
	assert_memory_not_equal(s->gw.out[0].bytes, first.bytes, first.len);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_true(traffic_at(s, OTHER6, 4500));
	assert_int_equal(s->gw.core->stats.moves, 1);
	story_end(s);
}

/* Back to where its traffic still goes, while we check another place: nothing has changed. */
static void test_goes_back(void **state)
{
	struct story *s = up(NULL, NULL, 0);

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	s->gw.out_count = 0;
	go(s, "192.0.2.1", 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	assert_int_equal(deliver(s), INITIATOR_ANSWERED);
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_int_equal(s->gw.out_count, 0);
	assert_null(sa_of(s)->own);
	assert_int_equal(s->gw.core->stats.moves, 0);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	story_end(s);
}

/* Nobody answers at the new address: the old one is tried, and everything goes on there. */
static void test_not_there(void **state)
{
	struct story *s = up(NULL, NULL, 0);
	struct gateway_datagram d;

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	go(s, "192.0.2.1", 4500);
	gateway_wait(&s->gw, 15 * 1000);
	while (s->gw.out_count > 1)
		assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(deliver(s), INITIATOR_ANSWER);
	send_out(s);
	assert_null(sa_of(s)->own);
	assert_true(traffic_at(s, "192.0.2.1", 4500));
	assert_int_equal(s->gw.core->stats.moves, 0);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

/* RFC 4555 3.11: five minutes; then it is gone. */
static void test_gone(void **state)
{
	struct story *s = up(NULL, NULL, 0);

	(void)state;
	go(s, OTHER4, 4500);
	assert_true(make_update(s) > 0);
	send_out(s);
	gateway_wait(&s->gw, IKE_MOBIKE_PATIENCE_MS - 1);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	gateway_wait(&s->gw, 16 * 1000);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_unanswered);
	story_empty(s);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_negotiated),
		cmocka_unit_test(test_not_negotiated),
		cmocka_unit_test(test_additional_addresses),
		cmocka_unit_test(test_our_addresses),
		cmocka_unit_test(test_our_address_gone),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_new_port),
		cmocka_unit_test(test_unverified),
		cmocka_unit_test(test_check_first),
		cmocka_unit_test(test_check_lost),
		cmocka_unit_test(test_moves_in_the_old_one),
		cmocka_unit_test(test_update_repeated),
		cmocka_unit_test(test_moves_on),
		cmocka_unit_test(test_goes_back),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
