// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages in fragments, RFC 7383, both ways: every order, lost, doubled, repeated, divided anew,
 * and what a peer or a stranger may do wrong with them.
 */
#include "exchange/exchange.h"

#include "ike/exchange.h"

enum {
	PIECES_MAX = 64,
	EXCHANGE_AT = 18,
	LENGTH_AT = 24,
	PAYLOAD_AT = IKE_HEADER_LEN,
	NUMBER_AT = IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN,
	TOTAL_AT = NUMBER_AT + 2,
	SEALED_AT = TOTAL_AT + 2,
};

/* A message of the client as it leaves. */
struct pieces {
	size_t count;
	struct {
		size_t len;
		uint8_t bytes[2400];
	} piece[PIECES_MAX];
};

/* mtu, client_mtu: longest IP datagrams of both sides, 0: that side knows no fragments. */
static struct story *with_client(unsigned mtu, uint16_t client_mtu, size_t padding)
{
	char text[1024], number[16];
	struct initiator_setup setup;
	struct story *s;

	snprintf(number, sizeof(number), mtu ? "%u" : "off", mtu);
	snprintf(text, sizeof(text),
		 "[gateway]\noutside = eth0\nfragmentation-mtu = %s\n[ikev2-proposal p]\n%s",
		 number, STORY_REST("p"));
	s = story_begin(text);
	s->gw.subnets = CONF_NETS_MAX;
	gateway_client(&s->gw, &setup);
	setup.fragment_mtu = client_mtu;
	setup.padding = padding;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	return s;
}

static void send_one(struct story *s, const struct pieces *all, size_t i)
{
	gateway_receive(&s->gw, all->piece[i].bytes, all->piece[i].len, &s->in->peer,
			&s->in->local);
	gateway_settle(&s->gw);
}

static void take_pieces(struct story *s, struct pieces *all)
{
	all->count = 0;
	do {
		assert_true(all->count < PIECES_MAX);
		assert_true(s->in->out_len <= sizeof(all->piece[0].bytes));
		all->piece[all->count].len = s->in->out_len;
		memcpy(all->piece[all->count].bytes, s->in->out, s->in->out_len);
		all->count++;
	} while (initiator_more(s->in));
}

static void deliver_all(struct story *s)
{
	struct gateway_datagram d;

	while (gateway_take(&s->gw, &d))
		initiator_receive(s->in, d.bytes, d.len);
}

/* IKE_SA_INIT is over; the client's IKE_AUTH is in its pieces. */
static struct story *at_auth(unsigned mtu, uint16_t client_mtu, size_t padding, struct pieces *all)
{
	struct story *s = with_client(mtu, client_mtu, padding);

	assert_true(initiator_init(s->in) > 0);
	take_pieces(s, all);
	send_one(s, all, 0);
	deliver_all(s);
	assert_true(initiator_auth(s->in) > 0);
	take_pieces(s, all);
	return s;
}

static uint64_t drops(const struct story *s, enum ike_drop drop)
{
	return s->gw.core->stats.drop[drop];
}

static uint64_t all_drops(const struct story *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MSG_IKE_DROPS; i++)
		sum += drops(s, i);
	return sum;
}

static void log_out(struct story *s)
{
	struct pieces all;

	assert_int_equal(s->gw.core->fragments_held, 0);
	s->gw.out_count = 0;
	assert_true(initiator_delete(s->in) > 0);
	take_pieces(s, &all);
	send_one(s, &all, 0);
	assert_int_equal(gateway_sessions(&s->gw), 0);
	s->gw.out_count = 0;
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* Is the datagram a fragment of `total`, and none longer than mtu allows? */
static void assert_fragment(const struct gateway_datagram *d, size_t total, unsigned mtu)
{
	struct ike_message m;

	assert_true(d->len <= mtu - 20 - 8);
	assert_int_equal(ike_parse_clear(d->bytes, d->len, &m), IKE_DROP_NONE);
	assert_int_equal(m.fragments, total);
}

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
		assert_int_equal(all_drops(s), 0);
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
	assert_int_equal(all_drops(s), 0);
	s->in->next_id++;
	s->gw.out_count = 0;
	log_out(s);
}

/* --- wrong --- */

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
		assert_int_equal(all_drops(s), 1);
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
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_negotiated),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_repeated_refused),
		cmocka_unit_test(test_repeated_while_busy),
		cmocka_unit_test(test_both_at_once),
		cmocka_unit_test(test_two_exchanges),
		cmocka_unit_test(test_divided_anew),
		cmocka_unit_test(test_repeated_forged),
		cmocka_unit_test(test_own_request),
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
