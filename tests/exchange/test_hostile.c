// SPDX-License-Identifier: BSD-2-Clause
/*
 * Malformed messages, of strangers and of a client that has the keys: what was sent, what comes
 * back, which counter moved, and that nothing else did.
 */
#include "exchange/hostile.h"

#include "crypto/dh.h"

enum { VERSION_AT = 17, EXCHANGE_AT = 18, FLAGS_AT = 19, ID_AT = 20, LENGTH_AT = 24 };

/* --- the header of a first message --- */

static const struct {
	const char *what;
	size_t at;
	uint8_t value;
	enum ike_drop drop;
	uint16_t notify;
} headers[] = {
	{ "version 1", VERSION_AT, 0x10, IKE_DROP_bad_version, 0 },
	{ "version 0", VERSION_AT, 0x00, IKE_DROP_bad_version, 0 },
	{ "version 3", VERSION_AT, 0x30, IKE_DROP_bad_version, IKE_NOTIFY_INVALID_MAJOR_VERSION },
	{ "longer than it is", LENGTH_AT + 2, 0xff, IKE_DROP_bad_length, 0 },
	{ "shorter than it is", LENGTH_AT + 3, 28, IKE_DROP_bad_length, 0 },
	{ "responder SPI", 8, 1, IKE_DROP_bad_spi, 0 },
	{ "an answer", FLAGS_AT, IKE_FLAG_INITIATOR | IKE_FLAG_RESPONSE,
	  IKE_DROP_unexpected_response, 0 },
	{ "an answer to a responder", FLAGS_AT, IKE_FLAG_RESPONSE, IKE_DROP_unexpected_response,
	  0 },
	{ "not from an initiator", FLAGS_AT, 0, IKE_DROP_bad_flags, 0 },
	{ "message ID 1", ID_AT + 3, 1, IKE_DROP_ahead_message_id, 0 },
	{ "no exchange", EXCHANGE_AT, 0, IKE_DROP_bad_spi, 0 },
	{ "IKE_AUTH without a responder SPI", EXCHANGE_AT, IKE_EXCHANGE_IKE_AUTH, IKE_DROP_bad_spi,
	  0 },
	{ "payload of length 0", IKE_HEADER_LEN + 3, 0, IKE_DROP_bad_payload, 0 },
	{ "a first payload that is none", 16, IKE_PAYLOAD_NONE, IKE_DROP_bad_payload, 0 },
	{ "SK with something behind it", 16, IKE_PAYLOAD_SK, IKE_DROP_bad_payload, 0 },
	{ "IDi in the clear", 16, IKE_PAYLOAD_IDI, IKE_DROP_misplaced_payload, 0 },
};

static void test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct story *s = story_client(0);

		assert_true(initiator_init(s->in) > 0);
		s->in->out[headers[i].at] = headers[i].value;
		if (headers[i].at == IKE_HEADER_LEN + 3)
			s->in->out[headers[i].at - 1] = 0;
		refused(s, headers[i].what, s->in->out, s->in->out_len, &s->in->peer, &s->in->local,
			headers[i].drop, headers[i].notify);
		story_empty(s);
		story_end(s);
	}
}

/* Every length from nothing on, and the initiator's SPI zero. */
static void test_cut(void **state)
{
	struct story *s = story_client(0);
	size_t len;

	(void)state;
	len = initiator_init(s->in);
	for (size_t cut = 0; cut < len; cut++)
		refused(s, "cut", s->in->out, cut, &s->in->peer, &s->in->local,
			cut < IKE_HEADER_LEN ? IKE_DROP_short_message : IKE_DROP_bad_length, 0);
	memset(s->in->out, 0, 8);
	refused(s, "SPI 0", s->in->out, len, &s->in->peer, &s->in->local, IKE_DROP_bad_spi, 0);
	story_empty(s);
	story_end(s);
}

/* The notify would be longer than what asked for it. */
static void test_never_longer_than_asked(void **state)
{
	struct story *s = story_client(0);
	uint8_t header[IKE_HEADER_LEN] = { 0, 0, 0, 0, 0, 0, 0, 1 };

	(void)state;
	header[VERSION_AT] = 0x30;
	header[EXCHANGE_AT] = IKE_EXCHANGE_IKE_SA_INIT;
	header[FLAGS_AT] = IKE_FLAG_INITIATOR;
	header[LENGTH_AT + 3] = sizeof(header);
	refused(s, "version 3, header only", header, sizeof(header), &s->in->peer, &s->in->local,
		IKE_DROP_bad_version, 0);
	story_end(s);
}

/* What port 4500 gets that is no IKE. */
static void test_not_ike(void **state)
{
	static const struct {
		const char *what;
		uint8_t bytes[32];
		size_t len;
	} rows[] = {
		{ "keepalive", { 0xff }, 1 },
		{ "nothing", { 0 }, 0 },
		{ "ESP", { 0xc0, 0, 0, 1, 0, 0, 0, 1 }, 32 },
		{ "half a marker", { 0, 0 }, 2 },
	};
	struct story *s = story_client(0);

	(void)state;
	s->in->peer.port = htons(FG_NATT_PORT);
	for (size_t i = 0; i < COUNT(rows); i++)
		refused(s, rows[i].what, rows[i].bytes, rows[i].len, &s->in->peer, &s->in->local,
			IKE_DROP_esp_on_ike_socket, 0);
	story_end(s);
}

/* flexd takes a peer without a port for nonsense and ends who names it: no message may bring one
 * in, not even one of a client that proves who it is. */
static void test_from_port_0(void **state)
{
	struct story *s = story_client(0);
	struct gateway_datagram answer;
	struct endpoint nowhere;

	(void)state;
	nowhere = s->in->local;
	nowhere.port = 0;
	assert_true(initiator_init(s->in) > 0);
	refused(s, "IKE_SA_INIT from port 0", s->in->out, s->in->out_len, &s->in->peer, &nowhere,
		IKE_DROP_no_way_back, 0);
	story_send(s);
	assert_true(gateway_take(&s->gw, &answer));
	assert_int_equal(initiator_receive(s->in, answer.bytes, answer.len), INITIATOR_STEP);
	assert_true(initiator_auth(s->in) > 0);
	refused(s, "IKE_AUTH from port 0", s->in->out, s->in->out_len, &s->in->peer, &nowhere,
		IKE_DROP_no_way_back, 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->state, INITIATOR_UP);
	story_end(s);
}

/* --- payloads of a first message --- */

enum part { SA, KE, NONCE, NOTIFY, STRANGE, CRITICAL, PARTS = 8 };

static void put_part(struct story *s, struct ike_writer *w, enum part part, size_t nonce_len,
		     size_t ke_len)
{
	const struct conf_proposal *ours = &s->in->setup.proposal;
	uint8_t nonce[300] = { 0 }, ke[300] = { 9 };
	struct ike_sa offer = { 0 };

	switch (part) {
	case SA:
		ike_offer_sa(&ours, 1, NULL, &offer);
		ike_put_sa(w, &offer);
		break;
	case KE:
		ike_put_ke(w, IKE_GROUP_X25519, ke, ke_len);
		break;
	case NONCE:
		ike_put_nonce(w, nonce, nonce_len);
		break;
	case NOTIFY:
		ike_put_notify(w, 0, NULL, 0, IKE_NOTIFY_COOKIE, nonce, 8);
		break;
	default:
		ike_payload_open(w, 200);
		if (part == CRITICAL)
			w->wr.p[w->open_at + 1] = IKE_CRITICAL;
		ike_payload_close(w);
	}
}

static const struct {
	const char *what;
	enum part parts[PARTS];
	size_t count, nonce_len, ke_len;
	enum ike_drop drop;
	uint16_t notify;
} payloads[] = {
	{ "no SA", { KE, NONCE }, 2, 32, 32, IKE_DROP_missing_payload, 0 },
	{ "no KE", { SA, NONCE }, 2, 32, 32, IKE_DROP_missing_payload, 0 },
	{ "no nonce", { SA, KE }, 2, 32, 32, IKE_DROP_missing_payload, 0 },
	{ "nothing", { SA }, 0, 32, 32, IKE_DROP_missing_payload, 0 },
	{ "two SAs", { SA, SA, KE, NONCE }, 4, 32, 32, IKE_DROP_repeated_payload, 0 },
	{ "two KEs", { SA, KE, KE, NONCE }, 4, 32, 32, IKE_DROP_repeated_payload, 0 },
	{ "two nonces", { SA, KE, NONCE, NONCE }, 4, 32, 32, IKE_DROP_repeated_payload, 0 },
	{ "nonce of 15", { SA, KE, NONCE }, 3, 15, 32, IKE_DROP_bad_nonce, 0 },
	{ "nonce of 257", { SA, KE, NONCE }, 3, 257, 32, IKE_DROP_bad_nonce, 0 },
	{ "KE too short", { SA, KE, NONCE }, 3, 32, 31, IKE_DROP_bad_key, 0 },
	{ "KE too long", { SA, KE, NONCE }, 3, 32, 33, IKE_DROP_bad_key, 0 },
	{ "KE empty", { SA, KE, NONCE }, 3, 32, 0, IKE_DROP_bad_payload, 0 },
	{ "critical",
	  { SA, KE, CRITICAL, NONCE },
	  4,
	  32,
	  32,
	  IKE_DROP_critical_payload,
	  IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD },
};

static size_t build(struct story *s, size_t row, uint8_t *out, size_t cap)
{
	const struct ike_header header = { .spi_i = s->in->spi_i,
					   .version = IKE_VERSION,
					   .exchange = IKE_EXCHANGE_IKE_SA_INIT,
					   .flags = IKE_FLAG_INITIATOR };
	struct ike_writer w;

	ike_begin(&w, out, cap, &header);
	for (size_t i = 0; i < payloads[row].count; i++)
		put_part(s, &w, payloads[row].parts[i], payloads[row].nonce_len,
			 payloads[row].ke_len);
	return ike_finish(&w);
}

static void test_payloads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(payloads); i++) {
		struct story *s = story_client(0);
		uint8_t message[2048];
		size_t len = build(s, i, message, sizeof(message));

		assert_true(len > 0);
		refused(s, payloads[i].what, message, len, &s->in->peer, &s->in->local,
			payloads[i].drop, payloads[i].notify);
		story_empty(s);
		story_end(s);
	}
}

/* Unknown payloads and a cookie that nobody asked for do no harm. */
static void test_harmless_payloads(void **state)
{
	static const enum part parts[] = { NOTIFY, SA, STRANGE, KE, NONCE, STRANGE };
	struct story *s = story_client(0);
	const struct ike_header header = { .spi_i = s->in->spi_i,
					   .version = IKE_VERSION | 7,
					   .exchange = IKE_EXCHANGE_IKE_SA_INIT,
					   .flags = IKE_FLAG_INITIATOR | 0xc7 };
	uint8_t message[2048];
	struct ike_writer w;
	size_t len;

	(void)state;
	ike_begin(&w, message, sizeof(message), &header);
	for (size_t i = 0; i < COUNT(parts); i++)
		put_part(s, &w, parts[i], 32, 32);
	len = ike_finish(&w);
	gateway_receive(&s->gw, message, len, &s->in->peer, &s->in->local);
	assert_int_equal(story_drops(s), 0);
	assert_int_equal(s->gw.core->half_open, 1);
	assert_true(s->gw.out[0].len <= len);
	story_end(s);
}

/* Error notifies to strangers: at most so many, whoever asks. */
static void test_rejects_are_limited(void **state)
{
	struct story *s = story_client(0);
	struct ike_core *core = s->gw.core;

	(void)state;
	assert_true(initiator_init(s->in) > 0);
	s->in->out[VERSION_AT] = 0x30;
	for (unsigned i = 0; i < 100; i++) {
		s->in->local.ip = ip_add(&s->in->local.ip, 1);
		story_send(s);
	}
	assert_int_equal(s->gw.out_count, IKE_REJECT_BURST);
	assert_int_equal(core->stats.drop[IKE_DROP_init_rate], 100 - IKE_REJECT_BURST);
	gateway_wait(&s->gw, 1000);
	for (unsigned i = 0; i < 100; i++)
		story_send(s);
	assert_int_equal(s->gw.out_count, IKE_REJECT_BURST + IKE_REJECT_PER_S);
	story_empty(s);
	story_end(s);
}

/* A public value that is no key shows only when the secret is needed. */
static void test_bad_public_value(void **state)
{
	static const uint16_t groups[] = { 31, 19, 20, 21, 14 };

	(void)state;
	for (size_t i = 0; i < COUNT(groups); i++) {
		struct story *s = story_begin(NULL);
		struct initiator_setup setup;
		uint8_t sealed[64] = { 0 };
		struct ikesa *sa;

		gateway_client(&s->gw, &setup);
		setup.knobs = INITIATOR_BAD_PUBLIC;
		setup.group = groups[i];
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_true(initiator_init(s->in) > 0);
		story_send(s);
		assert_int_equal(s->gw.core->half_open, 1);
		sa = ikesa_find_init(s->gw.core, s->in->spi_i, &s->in->local);
		assert_non_null(sa);
		struct wr wr = wr_of(sealed, sizeof(sealed));
		const struct ike_header header = { .spi_i = sa->spi_i,
						   .spi_r = sa->spi_r,
						   .next = IKE_PAYLOAD_SK,
						   .version = IKE_VERSION,
						   .exchange = IKE_EXCHANGE_IKE_AUTH,
						   .flags = IKE_FLAG_INITIATOR,
						   .message_id = 1,
						   .length = sizeof(sealed) };

		ike_header_write(&wr, &header);
		wr_u8(&wr, IKE_PAYLOAD_IDI);
		wr_u8(&wr, 0);
		wr_be16(&wr, sizeof(sealed) - IKE_HEADER_LEN);
		gateway_receive(&s->gw, sealed, sizeof(sealed), &s->in->peer, &s->in->local);
		assert_int_equal(s->gw.core->stats.drop[IKE_DROP_bad_key], 1);
		story_empty(s);
		story_end(s);
	}
}

/* --- inside SK, by a client that has the keys but not the right --- */

static const struct {
	const char *what;
	unsigned knobs;
	enum ike_drop drop;
	uint16_t notify;
} auths[] = {
	{ "no TS", INITIATOR_NO_TS, IKE_DROP_missing_payload, IKE_NOTIFY_INVALID_SYNTAX },
	{ "two IDi", INITIATOR_TWO_IDS, IKE_DROP_repeated_payload, IKE_NOTIFY_INVALID_SYNTAX },
	{ "EAP", INITIATOR_EAP_PAYLOAD, IKE_DROP_misplaced_payload, IKE_NOTIFY_INVALID_SYNTAX },
	{ "cut", INITIATOR_BAD_INNER, IKE_DROP_bad_payload, IKE_NOTIFY_INVALID_SYNTAX },
};

static void test_malformed_auth(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(auths); i++) {
		struct story *s = story_client(auths[i].knobs);

		gateway_login(&s->gw, s->in);
		assert_int_equal(s->in->state, INITIATOR_REFUSED);
		assert_int_equal(s->in->refusal, auths[i].notify);
		assert_int_equal(s->gw.core->stats.drop[auths[i].drop], 1);
		assert_int_equal(story_drops(s), 1);
		assert_int_equal(s->gw.verified, 0);
		gateway_wait(&s->gw, IKE_LINGER_MS);
		story_empty(s);
		story_end(s);
	}
}

/* Unknown and critical: the setup fails, an established SA lives on. */
static void test_critical_inside(void **state)
{
	struct story *s = story_client(0);
	const struct ike_notify *notify;

	(void)state;
	assert_true(initiator_init(s->in) > 0);
	story_send(s);
	initiator_receive(s->in, s->gw.out[0].bytes, s->gw.out[0].len);
	s->gw.out_count = 0;
	s->in->setup.knobs |= INITIATOR_CRITICAL;
	assert_true(initiator_auth(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->in->refusal, IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);

	s = story_up(0);
	s->in->setup.knobs |= INITIATOR_CRITICAL;
	assert_true(initiator_liveness(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	notify = ike_find_notify(&s->in->answer, IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_non_null(notify);
	assert_int_equal(notify->data.len, 1);
	assert_int_equal(notify->data.p[0], 200);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	story_end(s);
}

/* RFC 7296 2.21.3: INVALID_SYNTAX ends the SA. */
static void test_malformed_when_up(void **state)
{
	struct story *s = story_up(0);
	const struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	uint8_t bytes[64];
	struct ike_writer w;

	(void)state;
	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_put_nonce(&w, s->in->ni, 20);
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	gateway_talk(&s->gw, s->in);
	assert_non_null(ike_find_notify(&s->in->answer, IKE_NOTIFY_INVALID_SYNTAX));
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_malformed);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_never_longer_than_asked),
		cmocka_unit_test(test_not_ike),
		cmocka_unit_test(test_from_port_0),
		cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_harmless_payloads),
		cmocka_unit_test(test_rejects_are_limited),
		cmocka_unit_test(test_bad_public_value),
		cmocka_unit_test(test_malformed_auth),
		cmocka_unit_test(test_critical_inside),
		cmocka_unit_test(test_malformed_when_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
