// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams as a whole: header, chain, what may stand in clear text. */
#include "bytes.h"

#include "ike/names.h"

#include <stdio.h>

/* An IKE_SA_INIT request of strongSwan 5.9.8 with its default proposals. */
static const char strongswan_init[] =
	"8e906709d4fb023f000000000000000021202208000000000000037c220002bc02000148010100220300000c"
	"0100000c800e00800300000c0100000c800e00c00300000c0100000c800e01000300000c0100000d800e0080"
	"0300000c0100000d800e00c00300000c0100000d800e01000300000c01000017800e00800300000c01000017"
	"800e00c00300000c01000017800e01000300000c01000018800e00800300000c01000018800e00c00300000c"
	"01000018800e01000300000801000003030000080300000c030000080300000d030000080300000e03000008"
	"030000020300000802000005030000080200000603000008020000070300000802000002030000080400001f"
	"0300000804000020030000080400001303000008040000140300000804000015030000080400001c03000008"
	"0400001d030000080400001e030000080400000f030000080400001003000008040000110300000804000012"
	"000000080400000e00000170020100240300000c01000014800e00800300000c01000014800e00c00300000c"
	"01000014800e01000300000c01000010800e00800300000c01000010800e00c00300000c01000010800e0100"
	"030000080100001c0300000c01000013800e00800300000c01000013800e00c00300000c01000013800e0100"
	"0300000c01000012800e00800300000c01000012800e00c00300000c01000012800e01000300000c0100000f"
	"800e00800300000c0100000f800e00c00300000c0100000f800e01000300000c0100000e800e00800300000c"
	"0100000e800e00c00300000c0100000e800e0100030000080200000503000008020000060300000802000007"
	"0300000802000002030000080400001f03000008040000200300000804000013030000080400001403000008"
	"04000015030000080400001c030000080400001d030000080400001e030000080400000f0300000804000010"
	"03000008040000110300000804000012000000080400000e28000028001f0000995543fe82f7401db7257018"
	"3cf54500c4b5e55e6467153dcbd6862cef03aa4a29000024075d0ec52c65010a9addce35fe537b24126ee759"
	"3b3908dbc6cd6ec87d611d9a2900001c000040041203a5cd9dfb46bfa1534849f19a27eaaf695f002900001c"
	"0000400525aa66df0fc7e2459b4d46f7e809efc3229a0c5a290000080000402e290000100000402f00020003"
	"000400050000000800004016";

static void header_round_trip(void **state)
{
	struct ike_header in = { .spi_i = 0x1122334455667788,
				 .spi_r = 0x99aabbccddeeff00,
				 .next = IKE_PAYLOAD_SK,
				 .version = IKE_VERSION,
				 .exchange = IKE_EXCHANGE_INFORMATIONAL,
				 .flags = IKE_FLAG_RESPONSE,
				 .message_id = 0x01020304,
				 .length = 28 };
	struct ike_header out;
	uint8_t buf[IKE_HEADER_LEN];
	struct wr wr = wr_of(buf, sizeof(buf));
	struct rd rd = rd_of(buf, sizeof(buf));

	(void)state;
	ike_header_write(&wr, &in);
	assert_int_equal(wr.len, IKE_HEADER_LEN);
	assert_memory_equal(
		buf, hex("1122334455667788 99aabbccddeeff00 2e 20 25 20 01020304 0000001c").p,
		IKE_HEADER_LEN);
	assert_true(ike_header_read(&rd, &out));
	assert_int_equal(out.spi_i, in.spi_i);
	assert_int_equal(out.spi_r, in.spi_r);
	assert_int_equal(out.next, in.next);
	assert_int_equal(out.exchange, in.exchange);
	assert_int_equal(out.flags, in.flags);
	assert_int_equal(out.message_id, in.message_id);
	assert_int_equal(out.length, in.length);
}

static void strongswan_request(void **state)
{
	struct bytes d = hex(strongswan_init);
	static struct ike_message m;
	char text[IKE_PAYLOADS_TEXT_MAX];

	(void)state;
	assert_int_equal(ike_parse_clear(d.p, d.len, &m), IKE_DROP_NONE);
	assert_int_equal(m.header.exchange, IKE_EXCHANGE_IKE_SA_INIT);
	assert_int_equal(m.header.flags, IKE_FLAG_INITIATOR);
	assert_string_equal(ike_payloads_text(&m, text),
			    "SA KE Nonce N(NAT_DETECTION_SOURCE_IP) "
			    "N(NAT_DETECTION_DESTINATION_IP) N(IKEV2_FRAGMENTATION_SUPPORTED) "
			    "N(SIGNATURE_HASH_ALGORITHMS) N(REDIRECT_SUPPORTED)");
	assert_int_equal(m.sa.proposal_count, 2);
	assert_int_equal(m.sa.proposal[0].count, 34);
	assert_int_equal(m.sa.proposal[1].count, 36);
	assert_int_equal(m.ke.group, IKE_GROUP_X25519);
	assert_int_equal(m.ke.value.len, 32);
	assert_int_equal(m.nonce.len, 32);
	assert_int_equal(m.notify_count, 5);
	assert_int_equal(ike_find_notify(&m, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP)->data.len, 20);
	assert_non_null(ike_find_notify(&m, IKE_NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED));
}

/* Cut anywhere it is not a message, whether the length field says so or not. */
static void every_truncation(void **state)
{
	struct bytes d = hex(strongswan_init);
	static struct ike_message m;

	(void)state;
	for (size_t len = 0; len < d.len; len++) {
		uint8_t *cut = malloc(len + 1);
		enum ike_drop drop;

		assert_non_null(cut);
		memcpy(cut, d.p, len);
		drop = ike_parse_clear(cut, len, &m);
		assert_int_equal(drop, len < IKE_HEADER_LEN ? IKE_DROP_short_message
							    : IKE_DROP_bad_length);
		if (len >= IKE_HEADER_LEN) {
			struct wr wr = { .p = cut, .len = len, .cap = len };

			wr_patch_be32(&wr, IKE_LENGTH_AT, (uint32_t)len);
			assert_int_equal(ike_parse_clear(cut, len, &m), IKE_DROP_bad_payload);
		}
		free(cut);
	}
}

/* Every single byte wrong in every way that one bit can be: never a crash, always a named result.
 */
static void every_flipped_bit(void **state)
{
	struct bytes d = hex(strongswan_init);
	static struct ike_message m;

	(void)state;
	for (size_t bit = 0; bit < d.len * 8; bit++) {
		enum ike_drop drop;

		d.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		drop = ike_parse_clear(d.p, d.len, &m);
		assert_string_not_equal(ike_drop_name(drop), "unknown");
		d.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void header_rules(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		int drop;
	} cases[] = {
		{ "as it is", 0, 1, IKE_DROP_NONE },
		{ "minor version 15", 17, 0x2f, IKE_DROP_NONE },
		{ "major version 1", 17, 0x10, IKE_DROP_bad_version },
		{ "major version 3", 17, 0x30, IKE_DROP_bad_version },
		{ "reserved flags", 19, 0xff, IKE_DROP_NONE },
		{ "unknown exchange is for others to judge", 18, 0xf0, IKE_DROP_NONE },
		{ "length one more", 27, 29, IKE_DROP_bad_length },
		{ "length one less", 27, 27, IKE_DROP_bad_length },
		{ "length huge", 24, 0xff, IKE_DROP_bad_length },
		{ "first payload without bytes", 16, IKE_PAYLOAD_SA, IKE_DROP_bad_payload },
	};
	const struct bytes none = { .len = 0 };
	static struct ike_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes d = datagram(IKE_PAYLOAD_NONE, &none);
		int drop;

		d.p[cases[i].at] = cases[i].value;
		drop = (int)ike_parse_clear(d.p, d.len, &m);
		if (drop != cases[i].drop)
			fail_msg("%s: %s", cases[i].name, ike_drop_name((enum ike_drop)drop));
	}
}

static void initiator_spi_zero(void **state)
{
	const struct bytes none = { .len = 0 };
	struct bytes d = datagram(IKE_PAYLOAD_NONE, &none);
	static struct ike_message m;

	(void)state;
	memset(d.p, 0, 8);
	assert_int_equal(ike_parse_clear(d.p, d.len, &m), IKE_DROP_bad_spi);
}

struct payload {
	uint8_t type, flags;
	const char *body;
};

/* What stands in clear text: chains of up to four payloads. */
static const struct chain_row {
	const char *name;
	struct payload p[4];
	int drop;
	uint8_t culprit, critical;
	unsigned unknown;
} chains[] = {
	/* clang-format off */
	{ "nonce and vendor", { { 40, 0, "11*16" }, { 43, 0, "01" } }, IKE_DROP_NONE, 0, 0, 0 },
	{ "IDi in clear",     { { 35, 0, "02 000000 61" } }, IKE_DROP_misplaced_payload, 35, 0, 0 },
	{ "IDr in clear",     { { 36, 0, "02 000000 61" } }, IKE_DROP_misplaced_payload, 36, 0, 0 },
	{ "CERT in clear",    { { 37, 0, "04 00" } }, IKE_DROP_misplaced_payload, 37, 0, 0 },
	{ "CERTREQ in clear", { { 38, 0, "04 00*20" } }, IKE_DROP_NONE, 0, 0, 0 },
	{ "AUTH in clear",    { { 39, 0, "02 000000 55*32" } }, IKE_DROP_misplaced_payload, 39, 0, 0 },
	{ "DELETE in clear",  { { 42, 0, "01 00 0000" } }, IKE_DROP_misplaced_payload, 42, 0, 0 },
	{ "TSi in clear",     { { 44, 0, "" } }, IKE_DROP_misplaced_payload, 44, 0, 0 },
	{ "TSr in clear",     { { 45, 0, "" } }, IKE_DROP_misplaced_payload, 45, 0, 0 },
	{ "CP in clear",      { { 47, 0, "01 000000" } }, IKE_DROP_misplaced_payload, 47, 0, 0 },
	{ "EAP in clear",     { { 48, 0, "03 01 0004" } }, IKE_DROP_misplaced_payload, 48, 0, 0 },
	{ "SK empty",         { { 46, 0, "" } }, IKE_DROP_bad_payload, 46, 0, 0 },
	{ "unknown",          { { 200, 0, "aabb" }, { 40, 0, "11*16" } }, IKE_DROP_NONE, 0, 0, 1 },
	{ "unknown twice",    { { 200, 0, "" }, { 49, 0, "" } }, IKE_DROP_NONE, 0, 0, 2 },
	{ "unknown, reserved bits", { { 200, 0x7f, "" } }, IKE_DROP_NONE, 0, 0, 1 },
	{ "unknown critical", { { 40, 0, "11*16" }, { 200, 0x80, "" } }, IKE_DROP_critical_payload, 0, 200, 0 },
	{ "IKEv1 SA critical", { { 1, 0x80, "" } }, IKE_DROP_critical_payload, 0, 1, 0 },
	{ "known critical",   { { 40, 0x80, "11*16" } }, IKE_DROP_NONE, 0, 0, 0 },
	{ "second is bad",    { { 40, 0, "11*16" }, { 34, 0, "" } }, IKE_DROP_bad_payload, 34, 0, 0 },
	/* clang-format on */
};

static void clear_chains(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(chains); i++) {
		const struct chain_row *row = &chains[i];
		struct bytes all = { .len = 0 };
		static struct ike_message m;
		struct bytes d;
		int drop;

		for (size_t k = 0; k < 4 && row->p[k].type; k++)
			add_payload(&all, k < 3 ? row->p[k + 1].type : IKE_PAYLOAD_NONE,
				    row->p[k].flags, row->p[k].body);
		d = datagram(row->p[0].type, &all);
		drop = (int)ike_parse_clear(d.p, d.len, &m);
		if (drop != row->drop || m.culprit != row->culprit || m.critical != row->critical ||
		    m.unknown != row->unknown)
			fail_msg("%s: %s, culprit %u, critical %u, unknown %u", row->name,
				 ike_drop_name((enum ike_drop)drop), m.culprit, m.critical,
				 m.unknown);
	}
}

static void chain_lengths(void **state)
{
	static const struct {
		const char *name;
		const char *payloads; /* the first is a Nonce */
		int drop;
	} cases[] = {
		{ "right", "00000014 11*16", IKE_DROP_NONE },
		{ "trailing byte", "00000014 11*16 00", IKE_DROP_bad_payload },
		{ "trailing payload", "00000014 11*16 00000005 01", IKE_DROP_bad_payload },
		{ "length 0", "00000000 11*16", IKE_DROP_bad_payload },
		{ "length 3", "00000003 11*16", IKE_DROP_bad_payload },
		{ "length 4", "00000004", IKE_DROP_bad_nonce },
		{ "length beyond", "00000015 11*16", IKE_DROP_bad_payload },
		{ "length 65535", "0000ffff 11*16", IKE_DROP_bad_payload },
		{ "next without bytes", "2b000014 11*16", IKE_DROP_bad_payload },
		{ "next with half a header", "2b000014 11*16 0000", IKE_DROP_bad_payload },
		{ "header cut", "000000", IKE_DROP_bad_payload },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes all = hex(cases[i].payloads);
		struct bytes d = datagram(IKE_PAYLOAD_NONCE, &all);
		static struct ike_message m;
		int drop = (int)ike_parse_clear(d.p, d.len, &m);

		if (drop != cases[i].drop)
			fail_msg("%s: %s", cases[i].name, ike_drop_name((enum ike_drop)drop));
	}
}

/* SK ends the chain, whatever it names as next; bytes behind it are not allowed. */
static void sk_is_last(void **state)
{
	struct bytes all = { .len = 0 };
	static struct ike_message m;
	struct bytes d;

	(void)state;
	add_payload(&all, IKE_PAYLOAD_SK, 0, "00 00 4000");
	add_payload(&all, IKE_PAYLOAD_IDI, 0, "ee*40");
	d = datagram(IKE_PAYLOAD_NOTIFY, &all);
	assert_int_equal(ike_parse_clear(d.p, d.len, &m), IKE_DROP_NONE);
	assert_int_equal(m.sk.len, 40);
	assert_int_equal(m.sk_first, IKE_PAYLOAD_IDI);
	assert_int_equal(ike_count(&m, IKE_PAYLOAD_IDI), 0);

	add_payload(&all, IKE_PAYLOAD_NONE, 0, "01");
	d = datagram(IKE_PAYLOAD_NOTIFY, &all);
	assert_int_equal(ike_parse_clear(d.p, d.len, &m), IKE_DROP_bad_payload);
}

/* A repeated payload is checked and counted; the first one is what counts. */
static void repeated(void **state)
{
	struct bytes all = { .len = 0 };
	static struct ike_message m;
	struct bytes d;

	(void)state;
	add_payload(&all, IKE_PAYLOAD_NONCE, 0, "11*16");
	add_payload(&all, IKE_PAYLOAD_NONE, 0, "22*16");
	d = datagram(IKE_PAYLOAD_NONCE, &all);
	assert_int_equal(ike_parse_clear(d.p, d.len, &m), IKE_DROP_NONE);
	assert_int_equal(ike_count(&m, IKE_PAYLOAD_NONCE), 2);
	assert_int_equal(m.nonce.p[0], 0x11);

	all.len = 0;
	for (int i = 0; i < 300; i++)
		add_payload(&all, i < 299 ? IKE_PAYLOAD_VENDOR : IKE_PAYLOAD_NONE, 0, "01");
	d = datagram(IKE_PAYLOAD_VENDOR, &all);
	assert_int_equal(ike_parse_clear(d.p, d.len, &m), IKE_DROP_NONE);
	assert_int_equal(ike_count(&m, IKE_PAYLOAD_VENDOR), 255);
}

static void names(void **state)
{
	struct ike_name room;
	char text[IKE_SPI_TEXT_MAX];

	(void)state;
	assert_string_equal(ike_exchange_name(34, &room), "IKE_SA_INIT");
	assert_string_equal(ike_exchange_name(99, &room), "exchange 99?");
	assert_string_equal(ike_payload_name(44, &room), "TSi");
	assert_string_equal(ike_payload_name(200, &room), "payload 200?");
	assert_string_equal(ike_notify_name(24, &room), "AUTHENTICATION_FAILED");
	assert_string_equal(ike_notify_name(16000, &room), "error notify 16000?");
	assert_string_equal(ike_notify_name(65535, &room), "status notify 65535?");
	assert_string_equal(ike_transform_id_name(4, 31, &room), "x25519");
	assert_string_equal(ike_transform_id_name(1, 11, &room), "NULL");
	assert_string_equal(ike_transform_id_name(12, 36, &room), "ML-KEM-768");
	assert_string_equal(ike_transform_id_name(13, 1, &room), "transform 1?");
	assert_string_equal(ike_transform_name(3, &room), "INTEG");
	assert_string_equal(ike_cfg_name(1, &room), "CFG_REQUEST");
	assert_string_equal(ike_attr_name(13, &room), "INTERNAL_IP4_SUBNET");
	assert_string_equal(ike_attr_name(28672, &room), "UNITY_BANNER");
	assert_string_equal(ike_attr_name(28800, &room), "attribute 28800?");
	assert_string_equal(ike_id_name(2, &room), "ID_FQDN");
	assert_string_equal(ike_protocol_name(3, &room), "ESP");
	assert_string_equal(ike_auth_method_name(2, &room), "Shared Key Message Integrity Code");
	assert_string_equal(ike_ts_name(8, &room), "TS_IPV6_ADDR_RANGE");
	assert_string_equal(ike_cert_name(4, &room), "X.509 certificate");
	assert_string_equal(ike_cert_name(99, &room), "certificate encoding 99?");
	assert_string_equal(ike_hash_name(3, &room), "SHA2_384");
	assert_string_equal(ike_hash_name(9, &room), "hash algorithm 9?");
	assert_string_equal(ike_drop_name(IKE_DROP_bad_nonce), "bad_nonce");
	assert_string_equal(ike_drop_text(IKE_DROP_NONE), "not dropped");
	assert_true(ike_notify_known(16390));
	assert_false(ike_notify_known(2));
	assert_string_equal(ike_spi_text(0x0102, text), "0x0000000000000102");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_round_trip),
		cmocka_unit_test(strongswan_request),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(every_flipped_bit),
		cmocka_unit_test(header_rules),
		cmocka_unit_test(initiator_spi_zero),
		cmocka_unit_test(clear_chains),
		cmocka_unit_test(chain_lengths),
		cmocka_unit_test(sk_is_last),
		cmocka_unit_test(repeated),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
