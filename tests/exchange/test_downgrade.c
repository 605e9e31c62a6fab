// SPDX-License-Identifier: BSD-2-Clause
/*
 * Somebody in the middle, and clients that bend the rules: what was agreed about signatures is what
 * is used, and AUTH is worth nothing anywhere else.
 */
#include "exchange/world.h"

/* --- the man in the middle: IKE_SA_INIT is in clear text --- */

/* The message without its notifies of this type, without its other payloads changed. Returns its
 * length. */
static size_t without_notify(const uint8_t *message, size_t len, uint16_t type, uint8_t *out,
			     size_t cap)
{
	struct rd rd = rd_of(message, len);
	struct ike_header header;
	struct ike_writer w;
	uint8_t payload, next = IKE_PAYLOAD_NONE;

	assert_true(ike_header_read(&rd, &header));
	payload = header.next;
	ike_begin(&w, out, cap, &header);
	while (payload != IKE_PAYLOAD_NONE) {
		uint16_t payload_len = 4, notify = 0;
		struct rd body, peek;

		assert_true(rd_u8(&rd, &next) && rd_skip(&rd, 1) && rd_be16(&rd, &payload_len));
		assert_true(rd_sub(&rd, &body, payload_len - 4u));
		peek = body;
		if (payload == IKE_PAYLOAD_NOTIFY)
			assert_true(rd_skip(&peek, 2) && rd_be16(&peek, &notify));
		if (notify != type || payload != IKE_PAYLOAD_NOTIFY) {
			ike_payload_open(&w, payload);
			wr_bytes(&w.wr, body.p, body.left);
			ike_payload_close(&w);
		}
		payload = next;
	}
	return ike_finish(&w);
}

enum { IN_REQUEST = 1, IN_ANSWER = 2 };

/* IKE_SA_INIT with somebody who takes SIGNATURE_HASH_ALGORITHMS out. */
static void stripped_init(struct story *s, unsigned where)
{
	struct gateway_datagram d;
	uint8_t bytes[GATEWAY_DATAGRAM_MAX];
	size_t len;

	assert_true(initiator_init(s->in) > 0);
	len = where & IN_REQUEST
		      ? without_notify(s->in->out, s->in->out_len,
				       IKE_NOTIFY_SIGNATURE_HASH_ALGORITHMS, bytes, sizeof(bytes))
		      : s->in->out_len;
	gateway_receive(&s->gw, where & IN_REQUEST ? bytes : s->in->out, len, &s->in->peer,
			&s->in->local);
	assert_true(gateway_take(&s->gw, &d));
	if (where & IN_ANSWER) {
		len = without_notify(d.bytes, d.len, IKE_NOTIFY_SIGNATURE_HASH_ALGORITHMS, bytes,
				     sizeof(bytes));
		memcpy(d.bytes, bytes, len);
		d.len = len;
	}
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_STEP);
	assert_int_equal(s->in->hashes, 0);
	assert_true(initiator_auth(s->in) > 0);
	gateway_talk(&s->gw, s->in);
}

/* Both then sign in the old way, over messages that are not those of the other side. */
static void test_stripped(void **state)
{
	static const unsigned where[] = { IN_REQUEST, IN_ANSWER, IN_REQUEST | IN_ANSWER };

	(void)state;
	for (size_t i = 0; i < COUNT(where); i++) {
		struct story *s = world_story(world_conf("ecdsa-sig", "ecdsa-sig", ""), P256);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		stripped_init(s, where[i]);
		assert_int_equal(s->in->state, INITIATOR_REFUSED);
		assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
		assert_int_equal(s->gw.begun, 0);
		assert_int_equal(s->gw.core->stats.auth_failed, 1);
		gateway_wait(&s->gw, IKE_LINGER_MS);
		story_empty(s);
		story_end(s);
	}
}

/* A profile that takes SHA-1 loses this guard at the gateway; the client sees it by our AUTH. */
static void test_stripped_with_sha1(void **state)
{
	struct story *s = world_story(world_conf("rsa-sig", "rsa-sig", SHA1), RSA2048);
	struct initiator_setup setup;

	(void)state;
	world_client(s, RSA2048, &setup);
	setup.sha1 = true;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	stripped_init(s, IN_ANSWER);
	assert_int_equal(s->in->state, INITIATOR_REFUSED);
	assert_int_equal(s->in->refusal, 0); /* it is the client that refuses */
	story_end(s);
}

/* --- clients that bend the rules --- */

static void one_more_byte(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	data[(*len)++] = 0;
}

static void one_byte_less(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	(void)data;
	(*len)--;
}

/* A byte more in the AlgorithmIdentifier's place: its length counts it, DER does not. */
static void longer_algorithm(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	memmove(data + data[0] + 2, data + data[0] + 1, *len - data[0] - 1u);
	data[data[0] + 1] = 0;
	data[0]++;
	(*len)++;
}

/* The last byte of an RSA-PSS identifier is the length of the salt. */
static void other_salt(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	(void)len;
	data[data[0]] = 20;
}

/* Some byte of the hash inside the parameters. */
static void other_hash_inside(uint8_t *method, uint8_t *data, size_t *len)
{
	static const uint8_t sha256[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };
	uint8_t *last = NULL;

	(void)method;
	for (size_t i = 0; i + sizeof(sha256) < *len && i < data[0]; i++)
		if (!memcmp(data + i, sha256, sizeof(sha256)))
			last = data + i;
	assert_non_null(last);
	last[sizeof(sha256) - 1] = 3; /* SHA-512 in MGF1, SHA-256 outside */
}

static void as_method_9(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)data;
	(void)len;
	*method = IKE_AUTH_METHOD_ECDSA_256;
}

static void as_method_10(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)data;
	(void)len;
	*method = IKE_AUTH_METHOD_ECDSA_384;
}

static void as_digital(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)data;
	(void)len;
	*method = IKE_AUTH_METHOD_SIGNATURE;
}

static void as_psk(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)data;
	(void)len;
	*method = IKE_AUTH_METHOD_SHARED_KEY;
}

static void as_null(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)data;
	(void)len;
	*method = IKE_AUTH_METHOD_NULL;
}

static void empty_signature(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	*len = data[0] + 1u;
}

static void all_zero(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	memset(data + data[0] + 1, 0, *len - data[0] - 1u);
}

#define WRONG "its signature is wrong, or made in a way that was not agreed"
#define OLDER "it signs by an older method than was agreed"

static const struct {
	const char *what;
	enum key key;
	uint32_t hashes;
	struct sign_choice choice; /* zero: the usual one */
	bool pss;
	unsigned knobs;
	void (*change)(uint8_t *method, uint8_t *data, size_t *len);
	const char *reason;
} bent[] = {
	{ "one bit of the signature",
	  P256,
	  ALL_HASHES,
	  { 0 },
	  false,
	  INITIATOR_BAD_AUTH,
	  NULL,
	  WRONG },
	{ "over what the gateway signs",
	  P256,
	  ALL_HASHES,
	  { 0 },
	  false,
	  INITIATOR_REFLECT,
	  NULL,
	  WRONG },
	{ "trailing byte behind ECDSA", P256, ALL_HASHES, { 0 }, false, 0, one_more_byte, WRONG },
	{ "trailing byte behind RSA", RSA2048, ALL_HASHES, { 0 }, false, 0, one_more_byte, WRONG },
	{ "trailing byte behind Ed25519",
	  ED25519,
	  ALL_HASHES,
	  { 0 },
	  false,
	  0,
	  one_more_byte,
	  WRONG },
	{ "RSA a byte short", RSA2048, ALL_HASHES, { 0 }, false, 0, one_byte_less, WRONG },
	{ "trailing byte in the identifier",
	  P256,
	  ALL_HASHES,
	  { 0 },
	  false,
	  0,
	  longer_algorithm,
	  WRONG },
	{ "no signature at all", P256, ALL_HASHES, { 0 }, false, 0, empty_signature, WRONG },
	{ "zero ECDSA", P256, ALL_HASHES, { 0 }, false, 0, all_zero, WRONG },
	{ "zero RSA", RSA2048, ALL_HASHES, { 0 }, false, 0, all_zero, WRONG },
	{ "PSS, other salt", RSA2048, ALL_HASHES, { 0 }, true, 0, other_salt, WRONG },
	{ "PSS, other hash in MGF1",
	  RSA2048,
	  ALL_HASHES,
	  { 0 },
	  true,
	  0,
	  other_hash_inside,
	  WRONG },
	{ "RFC 7427 that nobody announced",
	  P256,
	  0,
	  { SIGN_METHOD_DIGITAL, SIGN_ECDSA_SHA256 },
	  false,
	  0,
	  NULL,
	  WRONG },
	{ "a hash that we did not announce",
	  RSA2048,
	  ALL_HASHES,
	  { SIGN_METHOD_DIGITAL, SIGN_RSA_SHA1 },
	  false,
	  0,
	  NULL,
	  WRONG },
	{ "SHA-1 without the option",
	  RSA2048,
	  0,
	  { SIGN_METHOD_RSA, SIGN_RSA_SHA1 },
	  false,
	  0,
	  NULL,
	  WRONG },
	{ "the old method where the new one is agreed",
	  P256,
	  ALL_HASHES,
	  { SIGN_METHOD_ECDSA_P256, SIGN_ECDSA_P256_RAW },
	  false,
	  0,
	  NULL,
	  OLDER },
	{ "the method's number changed to 9",
	  P256,
	  ALL_HASHES,
	  { 0 },
	  false,
	  0,
	  as_method_9,
	  OLDER },
	{ "9 as 10", P256, 0, { 0 }, false, 0, as_method_10, WRONG },
	{ "9 as 14", P256, 0, { 0 }, false, 0, as_digital, WRONG },
	{ "the wrong curve's method", P384, 0, { 0 }, false, 0, as_method_9, WRONG },
};

static void test_bent(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bent); i++) {
		struct story *s = world_story(world_conf("ecdsa-sig", AUTH_ALL, ""), P256);
		struct initiator_setup setup;

		world_client(s, bent[i].key, &setup);
		setup.hashes = bent[i].hashes;
		setup.choice = bent[i].choice;
		setup.pss = bent[i].pss;
		setup.knobs = bent[i].knobs;
		setup.change_auth = bent[i].change;
		world_refused(s, &setup, bent[i].reason);
	}
}

/* A signature under a method that is none: aaa, which is asked about all of those, says no. */
static void test_other_methods(void **state)
{
	void (*const changes[])(uint8_t *, uint8_t *, size_t *) = { as_psk, as_null };

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct story *s = world_story(world_conf("ecdsa-sig", "ecdsa-sig", ""), P256);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		setup.change_auth = changes[i];
		world_login(s, &setup);
		assert_int_equal(s->in->state, INITIATOR_REFUSED);
		assert_int_equal(s->in->refusal, IKE_NOTIFY_AUTHENTICATION_FAILED);
		assert_int_equal(s->gw.verified, 1);
		assert_int_equal(s->gw.begun, 0);
		story_end(s);
	}
}

/* AUTH of one login in another one: nonces and SPIs are others. */
static uint8_t kept[SIGN_AUTH_MAX];
static size_t kept_len;

static void keep(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	memcpy(kept, data, *len);
	kept_len = *len;
}

static void replay(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	memcpy(data, kept, kept_len);
	*len = kept_len;
}

static void test_replayed(void **state)
{
	struct story *s = world_story(world_conf("ecdsa-sig", "ecdsa-sig", ""), P256);
	struct initiator_setup setup;

	(void)state;
	world_client(s, P256, &setup);
	setup.change_auth = keep;
	world_login(s, &setup);
	assert_int_equal(s->in->state, INITIATOR_UP);
	world_logout(s);
	s = world_story(world_conf("ecdsa-sig", "ecdsa-sig", ""), P256);
	s->gw.random = 12345;
	world_client(s, P256, &setup);
	setup.change_auth = replay;
	world_refused(s, &setup, WRONG);
}

/* The proof of one, the name of the other; and one's certificate before the other's signature. */
static void test_swapped(void **state)
{
	struct crypto_chunk chain[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct story *s = world_story(world_conf("ecdsa-sig", AUTH_ALL, ""), P256);
		struct initiator_setup setup;

		world_client(s, P256, &setup);
		chain[0] = world.client[i ? P384 : P256].der;
		chain[1] = world.client[P256].der;
		setup.chain = chain;
		setup.chain_count = i + 1u;
		if (i == 0)
			snprintf(setup.identity, sizeof(setup.identity), "b.example.org");
		world_refused(s, &setup,
			      i ? WRONG : "its certificate is not for this identity: CN=client");
	}
}

/* Every byte of AUTH counts. */
static size_t changed_at;

static void change_byte(uint8_t *method, uint8_t *data, size_t *len)
{
	(void)method;
	if (changed_at < *len)
		data[changed_at] ^= 0x10;
	else
		changed_at = SIZE_MAX;
}

static void test_every_byte(void **state)
{
	static const enum key keys[] = { P256, ED25519 };

	(void)state;
	for (size_t k = 0; k < COUNT(keys); k++)
		for (changed_at = 0; changed_at != SIZE_MAX; changed_at++) {
			struct story *s = world_story(world_conf("ecdsa-sig", AUTH_ALL, ""), P256);
			struct initiator_setup setup;

			world_client(s, keys[k], &setup);
			setup.change_auth = change_byte;
			world_login(s, &setup);
			if (s->in->state !=
			    (changed_at == SIZE_MAX ? INITIATOR_UP : INITIATOR_REFUSED))
				fail_msg("byte %zu: state %d", changed_at, s->in->state);
			story_end(s);
			if (changed_at == SIZE_MAX)
				break;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stripped),   cmocka_unit_test(test_stripped_with_sha1),
		cmocka_unit_test(test_bent),       cmocka_unit_test(test_other_methods),
		cmocka_unit_test(test_replayed),   cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, world_make, world_free);
}
