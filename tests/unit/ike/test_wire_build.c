// SPDX-License-Identifier: BSD-2-Clause
/* What the builders write is what the parser reads; known bytes where the RFC draws them. */
#include "bytes.h"

#include <stdio.h>

static struct fg_ip ip(const char *text)
{
	struct fg_ip out;

	assert_true(ip_parse(text, &out));
	return out;
}

static void clear_message(void **state)
{
	const struct ike_header header = { .spi_i = 1,
					   .spi_r = 2,
					   .version = IKE_VERSION,
					   .exchange = IKE_EXCHANGE_IKE_SA_INIT,
					   .flags = IKE_FLAG_RESPONSE };
	static struct ike_message m;
	static struct ike_sa sa;
	uint8_t buf[1024], nonce[32], ke[32];
	struct ike_writer w;
	size_t len;

	(void)state;
	memset(nonce, 0x4e, sizeof(nonce));
	memset(ke, 0x6b, sizeof(ke));
	ike_sa_add_proposal(&sa, 3, IKE_PROTOCOL_IKE, NULL, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 256);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_PRF, IKE_PRF_HMAC_SHA2_256, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_DH, IKE_GROUP_X25519, 0);
	ike_begin(&w, buf, sizeof(buf), &header);
	ike_put_sa(&w, &sa);
	ike_put_ke(&w, IKE_GROUP_X25519, ke, sizeof(ke));
	ike_put_nonce(&w, nonce, sizeof(nonce));
	ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP, ke, 20);
	ike_put_vendor(&w, "FLEXVPN-SUPPORTED", 17);
	len = ike_finish(&w);
	assert_int_equal(len, 28 + 4 + 36 + 8 + 32 + 4 + 32 + 8 + 20 + 4 + 17);

	assert_int_equal(ike_parse_clear(buf, len, &m), IKE_DROP_NONE);
	assert_int_equal(m.header.flags, IKE_FLAG_RESPONSE);
	assert_int_equal(m.sa.proposal_count, 1);
	assert_int_equal(m.sa.proposal[0].number, 3);
	assert_memory_equal(m.sa.transform, sa.transform, 3 * sizeof(sa.transform[0]));
	assert_int_equal(m.ke.group, IKE_GROUP_X25519);
	assert_memory_equal(m.ke.value.p, ke, 32);
	assert_memory_equal(m.nonce.p, nonce, 32);
	assert_int_equal(m.notify[0].data.len, 20);
	assert_memory_equal(m.vendor[0].p, "FLEXVPN-SUPPORTED", 17);
}

static void without_payloads(void **state)
{
	const struct ike_header header = { .spi_i = 1, .version = IKE_VERSION, .next = 99 };
	static struct ike_message m;
	uint8_t buf[64];
	struct ike_writer w;

	(void)state;
	ike_begin(&w, buf, sizeof(buf), &header);
	assert_int_equal(ike_finish(&w), IKE_HEADER_LEN);
	assert_int_equal(ike_parse_clear(buf, IKE_HEADER_LEN, &m), IKE_DROP_NONE);
	assert_int_equal(m.header.next, IKE_PAYLOAD_NONE);
}

/* RFC 7296 3.6 and 3.7, RFC 7427 4. */
static void certificates(void **state)
{
	static const uint8_t authorities[2][IKE_AUTHORITY_LEN] = { { 1 }, { 2 } };
	static struct ike_message m;
	uint8_t buf[256];
	struct ike_writer w;

	(void)state;
	ike_begin_inner(&w, buf, sizeof(buf));
	ike_put_cert(&w, IKE_CERT_X509_SIGNATURE, "leaf", 4);
	ike_put_cert(&w, IKE_CERT_OCSP_CONTENT, "fresh", 5);
	ike_put_certreq(&w, authorities, COUNT(authorities));
	ike_put_certreq(&w, NULL, 0);
	ike_put_hashes(&w, 1u << IKE_HASH_SHA2_256 | 1u << IKE_HASH_IDENTITY);
	assert_false(w.wr.failed);
	memset(&m, 0, sizeof(m));
	assert_int_equal(ike_parse_inner(w.first, buf, w.wr.len, &m), IKE_DROP_NONE);
	assert_int_equal(m.cert_count, 2);
	assert_memory_equal(m.cert[0].data.p, "leaf", 4);
	assert_int_equal(m.cert[1].encoding, IKE_CERT_OCSP_CONTENT);
	assert_int_equal(m.cert[1].data.len, 5);
	assert_int_equal(m.certreq_count, 2);
	assert_int_equal(m.certreq[0].data.len, sizeof(authorities));
	assert_memory_equal(m.certreq[0].data.p, authorities, sizeof(authorities));
	assert_int_equal(m.certreq[1].data.len, 0);
	assert_int_equal(m.notify_count, 1);
	assert_memory_equal(m.notify[0].data.p, "\0\2\0\5", 4);
}

/* Bytes as RFC 7296 3.3 and 3.10 draw them. */
static void known_bytes(void **state)
{
	const struct ike_header header = { .spi_i = 0x1111111111111111, .version = IKE_VERSION };
	static struct ike_sa sa;
	struct bytes want = hex(
		"1111111111111111 0000000000000000 21 20 00 00 00000000 00000070"
		"29 00 004c 02 00 002c 01 01 00 04 0300000c0100000c800e0100 0300000802000007"
		"030000080300000e 0000000804000010"
		"00 00 001c 02 03 04 02 c0ffee00 0300000801 00001c 0000000805000000"
		"00 00 0008 00 00 0007");
	uint8_t buf[256];
	struct ike_writer w;
	size_t len;

	(void)state;
	ike_sa_add_proposal(&sa, 1, IKE_PROTOCOL_IKE, NULL, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_ENCR, IKE_ENCR_AES_CBC, 256);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_PRF, IKE_PRF_HMAC_SHA2_512, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_INTEG, IKE_INTEG_HMAC_SHA2_512_256, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_DH, IKE_GROUP_MODP_4096, 0);
	ike_sa_add_proposal(&sa, 2, IKE_PROTOCOL_ESP, "\xc0\xff\xee\x00", 4);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_ENCR, IKE_ENCR_CHACHA20_POLY1305, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_ESN, IKE_ESN_NO, 0);
	ike_begin(&w, buf, sizeof(buf), &header);
	ike_put_sa(&w, &sa);
	ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_INVALID_SYNTAX, NULL, 0);
	len = ike_finish(&w);
	assert_int_equal(len, want.len);
	assert_memory_equal(buf, want.p, len);
}

static void inner_payloads(void **state)
{
	const __be32 spis[2] = { htonl(0x1000), htonl(0x1001) };
	static struct ike_message m;
	static struct ike_ts ts_i, ts_r;
	uint8_t buf[1024], value[40];
	struct fg_ip v6 = ip("2001:db8::5");
	struct ike_writer w;

	(void)state;
	memset(value, 0x77, sizeof(value));
	ts_i.selector[0] = (struct ike_selector){ .first = ip("10.0.0.1"),
						  .last = ip("10.0.0.1"),
						  .port_last = 65535 };
	ts_i.count = 1;
	ts_r.selector[0] = (struct ike_selector){ .first = ip("192.0.2.0"),
						  .last = ip("192.0.2.255"),
						  .protocol = 6,
						  .port_first = 80,
						  .port_last = 81 };
	ts_r.selector[1] = (struct ike_selector){ .first = ip("2001:db8::"),
						  .last = ip("2001:db8::ffff"),
						  .port_last = 65535 };
	ts_r.count = 2;
	ike_begin_inner(&w, buf, sizeof(buf));
	ike_put_id(&w, IKE_PAYLOAD_IDI, IKE_ID_FQDN, "alice", 5);
	ike_put_id(&w, IKE_PAYLOAD_IDR, IKE_ID_RFC822_ADDR, "gw@x", 4);
	ike_put_auth(&w, IKE_AUTH_METHOD_SHARED_KEY, value, 32);
	ike_cp_open(&w, IKE_CFG_REPLY);
	ike_cp_ip4(&w, IKE_ATTR_INTERNAL_IP4_ADDRESS, htonl(0x0a000001));
	ike_cp_ip6_prefix(&w, IKE_ATTR_INTERNAL_IP6_ADDRESS, &v6, 128);
	ike_cp_ip6(&w, IKE_ATTR_INTERNAL_IP6_DNS, &v6);
	ike_cp_ip4_subnet(&w, htonl(0x0a010000), 16);
	ike_cp_ip4_subnet(&w, 0, 0);
	ike_cp_attr(&w, IKE_ATTR_INTERNAL_IP4_DNS, NULL, 0);
	ike_payload_close(&w);
	ike_put_ts(&w, IKE_PAYLOAD_TSI, &ts_i);
	ike_put_ts(&w, IKE_PAYLOAD_TSR, &ts_r);
	ike_put_delete(&w, IKE_PROTOCOL_IKE, NULL, 0);
	ike_put_delete(&w, IKE_PROTOCOL_ESP, spis, 2);
	ike_put_notify(&w, IKE_PROTOCOL_ESP, &spis[0], 4, IKE_NOTIFY_INVALID_SELECTORS, value, 3);
	assert_false(w.wr.failed);
	assert_int_equal(w.first, IKE_PAYLOAD_IDI);

	memset(&m, 0, sizeof(m));
	assert_int_equal(ike_parse_inner(w.first, buf, w.wr.len, &m), IKE_DROP_NONE);
	assert_int_equal(m.id_i.type, IKE_ID_FQDN);
	assert_memory_equal(m.id_i.body.p, "\x02\0\0\0alice", 9);
	assert_memory_equal(m.id_r.data.p, "gw@x", 4);
	assert_int_equal(m.auth.method, IKE_AUTH_METHOD_SHARED_KEY);
	assert_memory_equal(m.auth.data.p, value, 32);
	assert_int_equal(m.cp.type, IKE_CFG_REPLY);
	assert_int_equal(m.cp.count, 6);
	assert_memory_equal(m.cp.attr[0].value.p, "\x0a\0\0\x01", 4);
	assert_int_equal(m.cp.attr[1].value.len, 17);
	assert_int_equal(m.cp.attr[1].value.p[16], 128);
	assert_memory_equal(m.cp.attr[2].value.p, v6.w, 16);
	assert_memory_equal(m.cp.attr[3].value.p, "\x0a\x01\0\0\xff\xff\0\0", 8);
	assert_memory_equal(m.cp.attr[4].value.p, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(m.cp.attr[5].value.len, 0);
	assert_int_equal(m.ts_i.count, 1);
	assert_true(ip_equal(&m.ts_i.selector[0].first, &ts_i.selector[0].first));
	assert_int_equal(m.ts_i.selector[0].port_last, 65535);
	assert_int_equal(m.ts_r.count, 2);
	assert_int_equal(m.ts_r.selector[0].protocol, 6);
	assert_int_equal(m.ts_r.selector[0].port_last, 81);
	assert_true(ip_equal(&m.ts_r.selector[1].last, &ts_r.selector[1].last));
	assert_int_equal(m.delete_count, 2);
	assert_int_equal(m.deletes[1].spi_count, 2);
	assert_int_equal(ike_find_error(&m)->type, IKE_NOTIFY_INVALID_SELECTORS);
	assert_int_equal(ike_find_error(&m)->data.len, 3);
}

/* A message that does not fit, wherever the room ends, is no message. */
static void every_lack_of_room(void **state)
{
	const struct ike_header header = { .spi_i = 1, .version = IKE_VERSION };
	static struct ike_sa sa;
	uint8_t nonce[16] = { 0 };

	(void)state;
	ike_sa_add_proposal(&sa, 1, IKE_PROTOCOL_IKE, NULL, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 256);
	for (size_t cap = 0; cap <= 28 + 24 + 20; cap++) {
		uint8_t *small = malloc(cap ? cap : 1);
		struct ike_writer w;

		assert_non_null(small);
		ike_begin(&w, small, cap, &header);
		ike_put_sa(&w, &sa);
		ike_put_nonce(&w, nonce, sizeof(nonce));
		assert_int_equal(ike_finish(&w), cap < 28 + 24 + 20 ? 0 : 28 + 24 + 20);
		free(small);
	}
}

static void limits_of_lists(void **state)
{
	static struct ike_sa sa, many;
	uint8_t buf[64];
	struct ike_writer w;

	(void)state;
	assert_false(ike_sa_add_transform(&sa, IKE_TRANSFORM_DH, 31, 0));
	assert_false(ike_sa_add_proposal(&sa, 1, IKE_PROTOCOL_IKE, buf, IKE_SPI_MAX + 1));
	for (int i = 0; i < IKE_PROPOSALS_MAX; i++)
		assert_true(ike_sa_add_proposal(&sa, 1, IKE_PROTOCOL_IKE, NULL, 0));
	assert_false(ike_sa_add_proposal(&sa, 1, IKE_PROTOCOL_IKE, NULL, 0));
	for (int i = 0; i < IKE_TRANSFORMS_MAX; i++)
		assert_true(ike_sa_add_transform(&sa, IKE_TRANSFORM_DH, 31, 0));
	assert_false(ike_sa_add_transform(&sa, IKE_TRANSFORM_DH, 31, 0));

	/* The count of transforms is one byte on the wire. */
	static uint8_t big[8192];

	ike_sa_add_proposal(&many, 1, IKE_PROTOCOL_IKE, NULL, 0);
	for (int i = 0; i < 256; i++)
		ike_sa_add_transform(&many, IKE_TRANSFORM_DH, 31, 0);
	ike_begin_inner(&w, big, sizeof(big));
	ike_put_sa(&w, &many);
	assert_true(w.wr.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_message),   cmocka_unit_test(without_payloads),
		cmocka_unit_test(certificates),    cmocka_unit_test(known_bytes),
		cmocka_unit_test(inner_payloads),  cmocka_unit_test(every_lack_of_room),
		cmocka_unit_test(limits_of_lists),
	};

	return cmocka_run_group_tests_name("wire build", tests, NULL, NULL);
}
