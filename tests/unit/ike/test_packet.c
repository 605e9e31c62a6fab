// SPDX-License-Identifier: BSD-2-Clause
/* Messages as datagrams: whole, in fragments, and divided again. Every cipher of an IKE SA. */
#include "bytes.h"

#include "ike/fragment.h"
#include "ike/keys.h"
#include "ike/packet.h"

#include <stdlib.h>

enum { PAYLOADS_MAX = 5000, FIRST = IKE_PAYLOAD_VENDOR };

static const struct ike_suite suites[] = {
	{ IKE_ENCR_AES_GCM_16,
	  256,
	  IKE_PRF_HMAC_SHA2_256,
	  IKE_INTEG_NONE,
	  IKE_GROUP_X25519,
	  { 0 } },
	{ IKE_ENCR_AES_CBC,
	  128,
	  IKE_PRF_HMAC_SHA2_256,
	  IKE_INTEG_HMAC_SHA2_256_128,
	  IKE_GROUP_X25519,
	  { 0 } },
	{ IKE_ENCR_AES_CBC,
	  256,
	  IKE_PRF_HMAC_SHA2_512,
	  IKE_INTEG_HMAC_SHA2_512_256,
	  IKE_GROUP_X25519,
	  { 0 } },
};

static const struct ike_header header = { .spi_i = 0x1111,
					  .spi_r = 0x2222,
					  .version = IKE_VERSION,
					  .exchange = IKE_EXCHANGE_IKE_AUTH,
					  .flags = IKE_FLAG_RESPONSE,
					  .message_id = 1 };

static struct crypto_sk *sk_of(size_t suite)
{
	const struct ike_bytes nonce = { (const uint8_t *)"a nonce of 16 .. ", 16 };
	struct ike_keys keys;

	assert_true(ike_keys_derive(&suites[suite], nonce, nonce, nonce, 1, 2, &keys));
	return ike_keys_sk(&keys, false);
}

/* Opens each datagram as the peer does; returns how many there were. */
static size_t assert_arrives(struct crypto_sk *sk, const struct ike_packet *packet, size_t max,
			     const uint8_t *payloads, size_t len)
{
	static const uint8_t digest[IKE_DIGEST_LEN];
	struct ike_fragments *set = NULL;
	struct ike_message m;
	size_t held = 0, count = 0, whole_len;
	uint8_t *whole;

	for (const struct ike_packet *p = packet; p; p = p->next, count++) {
		uint8_t copy[PAYLOADS_MAX + 200];
		struct ike_bytes part;

		assert_true(max == 0 || p->len <= max);
		assert_true(p->len <= sizeof(copy));
		memcpy(copy, p->bytes + IKE_MARKER_LEN, p->len);
		assert_int_equal(ike_parse_clear(copy, p->len, &m), IKE_DROP_NONE);
		assert_int_equal(ike_open(sk, copy, &m, &part.p, &part.len), IKE_DROP_NONE);
		assert_int_equal(m.header.message_id, header.message_id);
		assert_int_equal(m.sk_first, count == 0 ? FIRST : IKE_PAYLOAD_NONE);
		if (!packet->next) {
			assert_int_equal(ike_count(&m, IKE_PAYLOAD_SK), 1);
			assert_int_equal(part.len, len);
			assert_memory_equal(part.p, payloads, len);
			return 1;
		}
		/* None is shorter than it must be but the last. */
		assert_true(!p->next || part.len == ike_seal_room(sk, max, true));
		assert_int_equal(m.fragment, count + 1);
		assert_int_equal(ike_fragment_keep(&set, &m, part, digest, IKE_WHOLE_MAX, &held),
				 IKE_DROP_NONE);
	}
	assert_true(ike_fragments_complete(set));
	whole = ike_fragments_join(set, &m, &whole_len);
	assert_int_equal(whole_len, len);
	assert_memory_equal(whole, payloads, len);
	assert_int_equal(m.sk_first, FIRST);
	free(whole);
	ike_fragments_forget(&set);
	assert_int_equal(held, 0);
	return count;
}

/* Every length around the edges, every cipher: no datagram is longer than asked. */
static void test_seal(void **state)
{
	static uint8_t payloads[PAYLOADS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(payloads); i++)
		payloads[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < COUNT(suites); i++) {
		struct crypto_sk *sk = sk_of(i);
		size_t whole = ike_seal_room(sk, 600, false), part = ike_seal_room(sk, 600, true);

		assert_true(whole >= part && part > 400);
		for (size_t len = whole - 40; len < whole + 40; len++) {
			const struct ike_bytes all = { payloads, len };
			struct ike_packet *p = ike_packet_seal(sk, &header, FIRST, all, 600);

			assert_int_equal(assert_arrives(sk, p, 600, payloads, len),
					 len <= whole ? 1 : 2);
			ike_packet_free(p);
		}
		for (size_t len = 0; len <= PAYLOADS_MAX; len += 250) {
			const struct ike_bytes all = { payloads, len };
			struct ike_packet *p = ike_packet_seal(sk, &header, FIRST, all, 0);

			assert_int_equal(assert_arrives(sk, p, 0, payloads, len), 1);
			ike_packet_free(p);
		}
		/* No room for anything. */
		assert_null(ike_packet_seal(sk, &header, FIRST, (struct ike_bytes){ payloads, 500 },
					    60));
		crypto_sk_free(sk);
	}
}

static void test_divide(void **state)
{
	static uint8_t payloads[PAYLOADS_MAX] = { 1, 2, 3 };
	static const size_t from[] = { 0, 1280, 700 };

	(void)state;
	for (size_t i = 0; i < COUNT(suites); i++) {
		for (size_t k = 0; k < COUNT(from); k++) {
			struct crypto_sk *sk = sk_of(i);
			const struct ike_bytes all = { payloads, sizeof(payloads) };
			struct ike_packet *p = ike_packet_seal(sk, &header, FIRST, all, from[k]);
			struct ike_packet *smaller = ike_packet_divide(sk, p, 500);

			assert_true(assert_arrives(sk, smaller, 500, payloads, all.len) > 10);
			/* It is small enough now. */
			assert_null(ike_packet_divide(sk, smaller, 500));
			/* The old one was not touched. */
			assert_true(assert_arrives(sk, p, from[k], payloads, all.len) > 0);
			ike_packet_free(p);
			ike_packet_free(smaller);
			crypto_sk_free(sk);
		}
	}
}

static void test_room(void **state)
{
	struct fg_ip four, six;

	(void)state;
	ip_parse("192.0.2.1", &four);
	ip_parse("2001:db8::1", &six);
	assert_int_equal(ike_packet_room(576, &four), 576 - 20 - 8 - 4);
	assert_int_equal(ike_packet_room(1280, &six), 1280 - 40 - 8 - 4);
	assert_int_equal(ike_packet_room(20, &four), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seal),
		cmocka_unit_test(test_divide),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
