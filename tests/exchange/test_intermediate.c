// SPDX-License-Identifier: BSD-2-Clause
/*
 * Additional key exchanges in IKE_INTERMEDIATE (RFC 9242, RFC 9370): made in order, repeated, lost,
 * in fragments, left out, wrong, and taken out of the messages by somebody on the way.
 */
#include "exchange/exchange.h"

#include "crypto/ke.h"

static struct story *with_client(const char *ours, const uint16_t *methods, size_t count,
				 uint16_t mtu)
{
	char text[2048];
	struct initiator_setup setup;
	struct story *s;

	snprintf(text, sizeof(text),
		 "[gateway]\noutside = eth0\nfragmentation-mtu = %u\n[ikev2-proposal p]\n%s%s",
		 mtu ? mtu : 1280, ours, STORY_REST("p"));
	s = story_begin(text);
	gateway_client(&s->gw, &setup);
	setup.fragment_mtu = mtu;
	for (size_t i = 0; i < count; i++) {
		setup.proposal.additional.method[i][0] = methods[i];
		setup.proposal.additional.count[i] = 1;
	}
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	return s;
}

static const char two[] = "additional-key-exchange-1 = ecp256 none\n"
			  "additional-key-exchange-2 = modp2048 none\n";
static const uint16_t both[] = { IKE_GROUP_ECP_256, IKE_GROUP_MODP_2048 };

static void send_all(struct story *s)
{
	do
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	while (initiator_more(s->in));
	gateway_settle(&s->gw);
}

static enum initiator_event take_all(struct story *s)
{
	enum initiator_event event = INITIATOR_IGNORED;
	struct gateway_datagram d;

	while (gateway_take(&s->gw, &d))
		event = initiator_receive(s->in, d.bytes, d.len);
	return event;
}

/* IKE_SA_INIT is over. */
static struct story *opened(const char *ours, const uint16_t *methods, size_t count, uint16_t mtu)
{
	struct story *s = with_client(ours, methods, count, mtu);

	assert_true(initiator_init(s->in) > 0);
	send_all(s);
	assert_int_equal(take_all(s), INITIATOR_STEP);
	return s;
}

static void assert_up(struct story *s)
{
	const struct gateway_session *session = &s->gw.session[1];

	assert_int_equal(s->in->state, INITIATOR_UP);
	assert_memory_equal(&session->in, &s->in->key_out, sizeof(session->in));
	assert_memory_equal(&session->out, &s->in->key_in, sizeof(session->out));
	assert_true(initiator_delete(s->in) > 0);
	send_all(s);
	assert_int_equal(take_all(s), INITIATOR_ANSWERED);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

static void assert_refused(struct story *s, uint16_t notify, enum ike_drop drop)
{
	assert_int_equal(take_all(s), INITIATOR_DONE);
	assert_int_equal(s->in->state, INITIATOR_REFUSED);
	assert_int_equal(s->in->refusal, notify);
	if (drop)
		assert_int_equal(s->gw.core->stats.drop[drop], 1);
	assert_int_equal(s->gw.begun, 0);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_FAILED], 1);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* None, one, two, whole and in fragments; ML-KEM where the library has it. */
static void test_login(void **state)
{
	static const struct {
		const char *ours;
		uint16_t methods[2];
		size_t count;
		uint16_t mtu;
	} rows[] = {
		{ two, { 0 }, 0, 0 },
		{ two, { IKE_GROUP_ECP_256 }, 1, 0 },
		{ two, { IKE_GROUP_ECP_256, IKE_GROUP_MODP_2048 }, 2, 0 },
		{ two, { IKE_GROUP_ECP_256, IKE_GROUP_MODP_2048 }, 2, 300 },
		{ "", { IKE_GROUP_ML_KEM_768 }, 1, 0 },
		{ "", { IKE_GROUP_ML_KEM_512 }, 1, 576 },
		{ "", { IKE_GROUP_ML_KEM_1024 }, 1, 256 },
		{ "additional-key-exchange-1 = mlkem768\nadditional-key-exchange-2 = mlkem1024\n",
		  { IKE_GROUP_ML_KEM_768, IKE_GROUP_ML_KEM_1024 },
		  2,
		  1280 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s;
		bool there = true;

		for (size_t k = 0; k < rows[i].count; k++)
			there &= ke_known(rows[i].methods[k]);
		if (!there)
			continue;
		s = with_client(rows[i].ours, rows[i].methods, rows[i].count, rows[i].mtu);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		assert_int_equal(s->in->intermediate.count, rows[i].count);
		for (size_t k = 0; k < rows[i].count; k++)
			assert_int_equal(s->in->keys.suite.additional[k], rows[i].methods[k]);
		assert_up(s);
	}
}

/* Each message lost once, each answer lost once: the same answer again, the keys change once. */
static void test_repeated(void **state)
{
	(void)state;
	for (unsigned lost = 0; lost < 3; lost++) {
		struct story *s = opened(two, both, 2, 0);

		for (unsigned step = 0; step < 3; step++) {
			struct gateway_datagram first;
			uint8_t request[4096];
			size_t len;

			len = initiator_step(s->in);
			memcpy(request, s->in->out, len);
			send_all(s);
			if (step == lost) {
				assert_true(gateway_take(&s->gw, &first));
				gateway_receive(&s->gw, request, len, &s->in->peer, &s->in->local);
				gateway_settle(&s->gw);
				assert_int_equal(s->gw.out_count, 1);
				assert_int_equal(s->gw.out[0].len, first.len);
				assert_memory_equal(s->gw.out[0].bytes, first.bytes, first.len);
			}
			take_all(s);
		}
		assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
		assert_up(s);
	}
}

/* The answer was too long for the path: the request comes in smaller fragments, under the keys that
 * were in force; so does the answer. */
static void test_divided_anew(void **state)
{
	static const char big[] = "additional-key-exchange-1 = modp4096\n";
	static const uint16_t method[] = { IKE_GROUP_MODP_4096 };
	struct story *s = opened(big, method, 1, 1280);
	struct crypto_sk *before;
	struct ike_packet *small;

	(void)state;
	assert_true(initiator_step(s->in) > 0);
	before = s->in->sk_out;
	send_all(s);
	assert_int_equal(s->gw.out_count, 1);
	s->gw.out_count = 0;
	small = ike_packet_seal(before, &s->in->said_header, s->in->said_first,
				(struct ike_bytes){ s->in->said, s->in->said_len }, 300);
	for (struct ike_packet *p = small; p; p = p->next)
		gateway_receive(&s->gw, p->bytes + IKE_MARKER_LEN, p->len, &s->in->peer,
				&s->in->local);
	ike_packet_free(small);
	assert_int_equal(s->gw.core->stats.retransmits_answered, 1);
	assert_int_equal(s->gw.out_count, 2);
	assert_int_equal(take_all(s), INITIATOR_STEP);
	assert_true(initiator_step(s->in) > 0);
	send_all(s);
	take_all(s);
	assert_up(s);
}

/* --- wrong --- */

static void test_left_out(void **state)
{
	(void)state;
	for (unsigned made = 0; made < 2; made++) {
		struct story *s = opened(two, both, 2, 0);

		if (made) {
			assert_true(initiator_step(s->in) > 0);
			send_all(s);
			assert_int_equal(take_all(s), INITIATOR_STEP);
		}
		assert_true(initiator_auth(s->in) > 0);
		send_all(s);
		assert_refused(s, IKE_NOTIFY_AUTHENTICATION_FAILED, 0);
	}
}

/* A request with this KE, or none. */
static void send_ke(struct story *s, uint16_t group, const uint8_t *value, size_t len)
{
	const struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_IKE_INTERMEDIATE);
	uint8_t bytes[2048];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	if (len)
		ike_put_ke(&w, group, value, len);
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	send_all(s);
}

static void test_wrong_ke(void **state)
{
	static const uint8_t zero[1600];
	static const struct {
		uint16_t group;
		size_t len;
	} rows[] = {
		{ IKE_GROUP_MODP_2048, 256 }, /* that of the second round */
		{ IKE_GROUP_X25519, 32 },     /* that of IKE_SA_INIT */
		{ IKE_GROUP_ECP_256, 64 },    /* not on the curve */
		{ IKE_GROUP_ECP_256, 63 },    { IKE_GROUP_ML_KEM_768, 1184 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct story *s = opened(two, both, 2, 0);

		send_ke(s, rows[i].group, zero, rows[i].len);
		assert_refused(s, IKE_NOTIFY_INVALID_SYNTAX, 0);
	}
}

/* A value that is right for the method that is due, under the number of another. */
static void test_other_method(void **state)
{
	struct story *s = opened(two, both, 2, 0);
	struct ke *ke = NULL;

	(void)state;
	assert_int_equal(ke_begin(IKE_GROUP_ECP_256, &ke), 0);
	send_ke(s, IKE_GROUP_X25519, ke_value(ke), ke_value_len(IKE_GROUP_ECP_256, true));
	assert_refused(s, IKE_NOTIFY_INVALID_SYNTAX, 0);
	ke_free(ke);
}

/* An unknown payload in the clear before SK: elsewhere it is passed over, IntAuth has no place for
 * it. */
static void test_clear_before(void **state)
{
	enum { UNKNOWN = 200, AAD = IKE_HEADER_LEN + 2 * IKE_PAYLOAD_HEADER_LEN };
	struct story *s = opened(two, both, 2, 0);
	struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_IKE_INTERMEDIATE);
	size_t sealed = crypto_sk_sealed_len(s->in->sk_out, 0);
	uint8_t message[256];
	struct wr wr = wr_of(message, sizeof(message));

	(void)state;
	header.next = UNKNOWN;
	header.length = (uint32_t)(AAD + sealed);
	ike_header_write(&wr, &header);
	wr_be16(&wr, IKE_PAYLOAD_SK << 8);
	wr_be16(&wr, IKE_PAYLOAD_HEADER_LEN);
	wr_be16(&wr, IKE_PAYLOAD_NONE << 8);
	wr_be16(&wr, (uint16_t)(IKE_PAYLOAD_HEADER_LEN + sealed));
	assert_true(crypto_sk_seal(s->in->sk_out, message, sizeof(message), AAD, 0, NULL));
	gateway_receive(&s->gw, message, header.length, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
	assert_refused(s, IKE_NOTIFY_INVALID_SYNTAX, 0);
}

/* Without a key exchange it is answered, counts for IntAuth, and does not replace one; there may
 * not be any number of them. */
static void test_empty(void **state)
{
	struct story *s = opened(two, both, 2, 0);
	unsigned count = 0;

	(void)state;
	for (; count < 64; count++) {
		send_ke(s, 0, NULL, 0);
		if (s->gw.core->gauge[IKE_STATE_FAILED])
			break;
		s->in->next_id++;
		s->gw.out_count = 0;
	}
	assert_int_equal(count, 10);
	s->gw.out_count = 0;
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* IKE_INTERMEDIATE that nobody agreed on; and after everything is made. */
static void test_not_agreed(void **state)
{
	static const uint8_t zero[64];
	struct story *s = opened(two, NULL, 0, 0);

	(void)state;
	send_ke(s, IKE_GROUP_ECP_256, zero, sizeof(zero));
	assert_refused(s, IKE_NOTIFY_INVALID_SYNTAX, 0);
	s = opened(two, NULL, 0, 0);
	send_ke(s, 0, NULL, 0);
	assert_refused(s, IKE_NOTIFY_INVALID_SYNTAX, 0);
	s = opened(two, both, 1, 0);
	assert_true(initiator_step(s->in) > 0);
	send_all(s);
	assert_int_equal(take_all(s), INITIATOR_STEP);
	send_ke(s, IKE_GROUP_MODP_2048, zero, sizeof(zero));
	assert_refused(s, IKE_NOTIFY_INVALID_SYNTAX, 0);
}

/* In the clear it is none, and behind the login it is none either. */
static void test_out_of_place(void **state)
{
	struct story *s = opened(two, both, 2, 0);
	struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_IKE_INTERMEDIATE);
	uint8_t message[64];
	struct ike_writer w;
	size_t len;

	(void)state;
	ike_begin(&w, message, sizeof(message), &header);
	len = ike_finish(&w);
	gateway_receive(&s->gw, message, len, &s->in->peer, &s->in->local);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_clear_after_init], 1);
	for (int step = 0; step < 3; step++) {
		assert_true(initiator_step(s->in) > 0);
		send_all(s);
		take_all(s);
	}
	assert_int_equal(s->in->state, INITIATOR_UP);
	send_ke(s, 0, NULL, 0);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_bad_exchange], 1);
	assert_int_equal(s->gw.out_count, 0);
	assert_up(s);
}

/* Somebody on the way hides that the client can, so that both would go without: the client's AUTH
 * covers what it sent, and it is not what came. */
static void test_stripped(void **state)
{
	static const uint8_t notify[] = { IKE_NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED >> 8,
					  IKE_NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED & 0xff };
	struct story *s = with_client(two, both, 2, 0);
	size_t at = 0;

	(void)state;
	for (int n = 0; n < 2; n++) {
		s->in->setup.proposal.additional.method[n][1] = IKE_GROUP_NONE;
		s->in->setup.proposal.additional.count[n] = 2;
	}
	assert_true(initiator_init(s->in) > 0);
	for (size_t i = 3; i + 2 <= s->in->out_len; i++)
		if (memcmp(s->in->out + i, notify, 2) == 0 && s->in->out[i - 3] == 8)
			at = i;
	assert_true(at > 0);
	s->in->out[at] = 0xff; /* a private status type */
	send_all(s);
	assert_int_equal(take_all(s), INITIATOR_STEP);
	assert_int_equal(s->in->keys.suite.additional[0], 0);
	assert_true(initiator_step(s->in) > 0);
	send_all(s);
	assert_refused(s, IKE_NOTIFY_AUTHENTICATION_FAILED, 0);
}

/* We insist on one and the client offers none. */
static void test_needed(void **state)
{
	static const char needed[] = "additional-key-exchange-1 = ecp256\n";
	struct story *s = with_client(needed, NULL, 0, 0);

	(void)state;
	assert_true(initiator_init(s->in) > 0);
	send_all(s);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_no_proposal], 1);
	assert_int_equal(take_all(s), INITIATOR_DONE);
	assert_int_equal(s->in->refusal, IKE_NOTIFY_NO_PROPOSAL_CHOSEN);
	story_empty(s);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),        cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_divided_anew), cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_wrong_ke),     cmocka_unit_test(test_empty),
		cmocka_unit_test(test_not_agreed),   cmocka_unit_test(test_out_of_place),
		cmocka_unit_test(test_stripped),     cmocka_unit_test(test_needed),
		cmocka_unit_test(test_other_method), cmocka_unit_test(test_clear_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
