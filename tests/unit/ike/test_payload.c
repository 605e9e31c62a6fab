// SPDX-License-Identifier: BSD-2-Clause
/* One row per form of a payload body: what comes of it when it stands alone inside SK. */
#include "bytes.h"

#include <stdio.h>

enum {
	OK = IKE_DROP_NONE,
	BAD = IKE_DROP_bad_payload,
	BAD_ID = IKE_DROP_identity_invalid,
	BAD_NONCE = IKE_DROP_bad_nonce,
};

static const struct row {
	const char *name;
	uint8_t type;
	const char *body;
	int drop;
} rows[] = {
	/* clang-format off */
	{ "ke x25519",                 IKE_PAYLOAD_KE, "001f 0000 aa*32", OK },
	{ "ke reserved bits ignored",  IKE_PAYLOAD_KE, "001f ffff aa*32", OK },
	{ "ke one byte of value",      IKE_PAYLOAD_KE, "001f 0000 aa", OK },
	{ "ke without value",          IKE_PAYLOAD_KE, "001f 0000", BAD },
	{ "ke cut in reserved",        IKE_PAYLOAD_KE, "001f 00", BAD },
	{ "ke cut in group",           IKE_PAYLOAD_KE, "00", BAD },
	{ "ke empty",                  IKE_PAYLOAD_KE, "", BAD },

	{ "nonce 15",                  IKE_PAYLOAD_NONCE, "11*15", BAD_NONCE },
	{ "nonce 16",                  IKE_PAYLOAD_NONCE, "11*16", OK },
	{ "nonce 256",                 IKE_PAYLOAD_NONCE, "11*256", OK },
	{ "nonce 257",                 IKE_PAYLOAD_NONCE, "11*257", BAD_NONCE },
	{ "nonce empty",               IKE_PAYLOAD_NONCE, "", BAD_NONCE },

	{ "id ipv4",                   IKE_PAYLOAD_IDI, "01 000000 c0000201", OK },
	{ "id ipv4 of 3",              IKE_PAYLOAD_IDI, "01 000000 c00002", BAD_ID },
	{ "id ipv4 of 5",              IKE_PAYLOAD_IDI, "01 000000 c000020100", BAD_ID },
	{ "id ipv6",                   IKE_PAYLOAD_IDI, "05 000000 20010db8 00*12", OK },
	{ "id ipv6 of 15",             IKE_PAYLOAD_IDI, "05 000000 00*15", BAD_ID },
	{ "id fqdn",                   IKE_PAYLOAD_IDR, "02 000000 67772e65", OK },
	{ "id fqdn with NUL",          IKE_PAYLOAD_IDR, "02 000000 677700", BAD_ID },
	{ "id fqdn with LF",           IKE_PAYLOAD_IDR, "02 000000 67770a", BAD_ID },
	{ "id email with DEL",         IKE_PAYLOAD_IDI, "03 000000 61407f", BAD_ID },
	{ "id key-id any byte",        IKE_PAYLOAD_IDI, "0b 000000 00ff0a", OK },
	{ "id reserved bits ignored",  IKE_PAYLOAD_IDI, "0b ffffff 61", OK },
	{ "id of an unknown type",     IKE_PAYLOAD_IDI, "c9 000000 2a244179", OK },
	{ "id of 255",                 IKE_PAYLOAD_IDI, "0b 000000 61*255", OK },
	{ "id of 256",                 IKE_PAYLOAD_IDI, "0b 000000 61*256", BAD_ID },
	{ "id without data",           IKE_PAYLOAD_IDI, "0b 000000", BAD_ID },
	{ "id cut in reserved",        IKE_PAYLOAD_IDI, "0b 0000", BAD_ID },
	{ "id empty",                  IKE_PAYLOAD_IDI, "", BAD_ID },

	{ "auth shared key",           IKE_PAYLOAD_AUTH, "02 000000 55*32", OK },
	{ "auth without data",         IKE_PAYLOAD_AUTH, "02 000000", BAD },
	{ "auth cut",                  IKE_PAYLOAD_AUTH, "02 00", BAD },
	{ "auth empty",                IKE_PAYLOAD_AUTH, "", BAD },

	{ "cert",                      IKE_PAYLOAD_CERT, "04 3082", OK },
	{ "cert without data",         IKE_PAYLOAD_CERT, "04", BAD },
	{ "cert empty",                IKE_PAYLOAD_CERT, "", BAD },
	{ "certreq, any authority",    IKE_PAYLOAD_CERTREQ, "04", OK },
	{ "certreq, two authorities",  IKE_PAYLOAD_CERTREQ, "04 aa*20 bb*20", OK },
	{ "certreq, half an authority", IKE_PAYLOAD_CERTREQ, "04 aa*30", BAD },
	{ "certreq, other encoding",   IKE_PAYLOAD_CERTREQ, "0e aa*30", OK },
	{ "certreq empty",             IKE_PAYLOAD_CERTREQ, "", BAD },

	{ "notify plain",              IKE_PAYLOAD_NOTIFY, "00 00 4000", OK },
	{ "notify with data",          IKE_PAYLOAD_NOTIFY, "00 00 4004 ab*20", OK },
	{ "notify with SPI",           IKE_PAYLOAD_NOTIFY, "03 04 4009 00001000", OK },
	{ "notify SPI beyond the end", IKE_PAYLOAD_NOTIFY, "03 04 4009 000010", BAD },
	{ "notify SPI of 255",         IKE_PAYLOAD_NOTIFY, "03 ff 4009 00*254", BAD },
	{ "notify cut in type",        IKE_PAYLOAD_NOTIFY, "00 00 40", BAD },
	{ "notify empty",              IKE_PAYLOAD_NOTIFY, "", BAD },

	{ "delete IKE",                IKE_PAYLOAD_DELETE, "01 00 0000", OK },
	{ "delete IKE with SPI size",  IKE_PAYLOAD_DELETE, "01 08 0001 00*8", BAD },
	{ "delete IKE trailing bytes", IKE_PAYLOAD_DELETE, "01 00 0000 00", BAD },
	{ "delete two ESP",            IKE_PAYLOAD_DELETE, "03 04 0002 00001000 00001001", OK },
	{ "delete ESP one missing",    IKE_PAYLOAD_DELETE, "03 04 0002 00001000", BAD },
	{ "delete ESP one too many",   IKE_PAYLOAD_DELETE, "03 04 0001 00001000 00001001", BAD },
	{ "delete ESP SPI size 8",     IKE_PAYLOAD_DELETE, "03 08 0001 00*8", BAD },
	{ "delete ESP SPI size 0",     IKE_PAYLOAD_DELETE, "03 00 ffff", BAD },
	{ "delete 65535 of nothing",   IKE_PAYLOAD_DELETE, "03 04 ffff", BAD },
	{ "delete cut",                IKE_PAYLOAD_DELETE, "03 04 00", BAD },

	{ "vendor",                    IKE_PAYLOAD_VENDOR, "464c4558", OK },
	{ "vendor empty",              IKE_PAYLOAD_VENDOR, "", BAD },

	{ "ts v4",                     IKE_PAYLOAD_TSI, "01 000000 07 00 0010 0000 ffff 00*4 ff*4", OK },
	{ "ts v6",                     IKE_PAYLOAD_TSR, "01 000000 08 00 0028 0000 ffff 00*16 ff*16", OK },
	{ "ts v4 and v6",              IKE_PAYLOAD_TSI, "02 000000 07 00 0010 0000 ffff 00*4 ff*4"
						       " 08 00 0028 0000 ffff 00*16 ff*16", OK },
	{ "ts v4 with length of v6",   IKE_PAYLOAD_TSI, "01 000000 07 00 0028 0000 ffff 00*16 ff*16", BAD },
	{ "ts v6 with length of v4",   IKE_PAYLOAD_TSI, "01 000000 08 00 0010 0000 ffff 00*4 ff*4", BAD },
	{ "ts unknown type",           IKE_PAYLOAD_TSI, "01 000000 0a 00 0006 abcd", OK },
	{ "ts unknown type length 3",  IKE_PAYLOAD_TSI, "01 000000 0a 00 0003", BAD },
	{ "ts unknown type length 0",  IKE_PAYLOAD_TSI, "01 000000 0a 00 0000", BAD },
	{ "ts selectors overlap",      IKE_PAYLOAD_TSI, "02 000000 0a 00 0002 0004", BAD },
	{ "ts none",                   IKE_PAYLOAD_TSI, "00 000000", BAD },
	{ "ts count says one more",    IKE_PAYLOAD_TSI, "02 000000 07 00 0010 0000 ffff 00*4 ff*4", BAD },
	{ "ts count says one less",    IKE_PAYLOAD_TSI, "01 000000 07 00 0010 0000 ffff 00*4 ff*4"
						       " 07 00 0010 0000 ffff 00*4 ff*4", BAD },
	{ "ts cut in addresses",       IKE_PAYLOAD_TSI, "01 000000 07 00 0010 0000 ffff 00*4 ff*3", BAD },
	{ "ts cut in header",          IKE_PAYLOAD_TSI, "01 0000", BAD },
	{ "ts empty",                  IKE_PAYLOAD_TSR, "", BAD },

	{ "cp request, two empty",     IKE_PAYLOAD_CP, "01 000000 0001 0000 0003 0000", OK },
	{ "cp without attributes",     IKE_PAYLOAD_CP, "01 000000", OK },
	{ "cp reserved bit of type",   IKE_PAYLOAD_CP, "01 000000 8001 0000", OK },
	{ "cp odd length of address",  IKE_PAYLOAD_CP, "01 000000 0001 0003 0a0000", OK },
	{ "cp value cut",              IKE_PAYLOAD_CP, "02 000000 0001 0004 0a0000", BAD },
	{ "cp length cut",             IKE_PAYLOAD_CP, "01 000000 0001 00", BAD },
	{ "cp type cut",               IKE_PAYLOAD_CP, "01 000000 00", BAD },
	{ "cp header cut",             IKE_PAYLOAD_CP, "01 0000", BAD },
	{ "cp empty",                  IKE_PAYLOAD_CP, "", BAD },

	{ "eap success",               IKE_PAYLOAD_EAP, "03 01 0004", OK },
	{ "eap length too long",       IKE_PAYLOAD_EAP, "03 01 0005", BAD },
	{ "eap length too short",      IKE_PAYLOAD_EAP, "03 01 0004 00", BAD },
	{ "eap cut",                   IKE_PAYLOAD_EAP, "03 01 00", BAD },

	{ "sk inside sk",              IKE_PAYLOAD_SK, "00*32", IKE_DROP_misplaced_payload },
	/* clang-format on */
};

static void every_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct ike_message m;
		uint8_t *held;
		int drop = (int)parse_inner_body(rows[i].type, rows[i].body, &m, &held);

		if (drop != rows[i].drop)
			fail_msg("%s: %s", rows[i].name, ike_drop_name((enum ike_drop)drop));
		assert_int_equal(m.culprit, drop == OK ? 0 : rows[i].type);
		assert_int_equal(ike_count(&m, rows[i].type), 1);
		free(held);
	}
}

/* A payload whose length reaches beyond the end, for every shorter end. */
static void every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes all = { .len = 0 };

		add_payload(&all, IKE_PAYLOAD_NONE, 0, rows[i].body);
		for (size_t len = 0; len < all.len; len++) {
			static struct ike_message m;
			uint8_t *cut = malloc(len ? len : 1);

			assert_non_null(cut);
			memcpy(cut, all.p, len);
			memset(&m, 0, sizeof(m));
			if (ike_parse_inner(rows[i].type, cut, len, &m) != IKE_DROP_bad_payload)
				fail_msg("%s cut to %zu", rows[i].name, len);
			free(cut);
		}
	}
}

static void values_are_read(void **state)
{
	static struct ike_message m;
	uint8_t *held;

	(void)state;
	parse_inner_body(IKE_PAYLOAD_KE, "001f 0000 aabbcc", &m, &held);
	assert_int_equal(m.ke.group, IKE_GROUP_X25519);
	assert_int_equal(m.ke.value.len, 3);
	assert_int_equal(m.ke.value.p[2], 0xcc);
	free(held);

	parse_inner_body(IKE_PAYLOAD_IDR, "02 010203 6777", &m, &held);
	assert_int_equal(m.id_r.type, IKE_ID_FQDN);
	assert_int_equal(m.id_r.data.len, 2);
	assert_int_equal(m.id_r.body.len, 6);
	assert_memory_equal(m.id_r.body.p, "\x02\x01\x02\x03gw", 6);
	assert_int_equal(m.id_i.data.len, 0);
	free(held);

	parse_inner_body(IKE_PAYLOAD_AUTH, "02 000000 0102", &m, &held);
	assert_int_equal(m.auth.method, IKE_AUTH_METHOD_SHARED_KEY);
	assert_memory_equal(m.auth.data.p, "\x01\x02", 2);
	free(held);

	parse_inner_body(IKE_PAYLOAD_CERT, "04 3082", &m, &held);
	assert_int_equal(m.cert_count, 1);
	assert_int_equal(m.cert[0].encoding, IKE_CERT_X509_SIGNATURE);
	assert_memory_equal(m.cert[0].data.p, "\x30\x82", 2);
	assert_int_equal(m.certreq_count, 0);
	free(held);

	parse_inner_body(IKE_PAYLOAD_CERTREQ, "04 aa*40", &m, &held);
	assert_int_equal(m.certreq_count, 1);
	assert_int_equal(m.certreq[0].data.len, 2 * IKE_AUTHORITY_LEN);
	assert_int_equal(m.cert_count, 0);
	free(held);

	parse_inner_body(IKE_PAYLOAD_NOTIFY, "03 04 4009 00001000 07", &m, &held);
	assert_int_equal(m.notify_count, 1);
	assert_int_equal(m.notify[0].protocol, IKE_PROTOCOL_ESP);
	assert_memory_equal(m.notify[0].spi.p, "\0\0\x10\0", 4);
	assert_int_equal(m.notify[0].data.len, 1);
	assert_ptr_equal(ike_find_notify(&m, IKE_NOTIFY_REKEY_SA), &m.notify[0]);
	assert_null(ike_find_notify(&m, IKE_NOTIFY_COOKIE));
	assert_null(ike_find_error(&m));
	free(held);

	parse_inner_body(IKE_PAYLOAD_DELETE, "03 04 0002 00001000 00001001", &m, &held);
	assert_int_equal(m.delete_count, 1);
	assert_int_equal(m.deletes[0].spi_count, 2);
	assert_int_equal(m.deletes[0].spis.len, 8);
	free(held);

	parse_inner_body(IKE_PAYLOAD_CP, "01 000000 8001 0004 0a000007 001c 0000", &m, &held);
	assert_int_equal(m.cp.type, IKE_CFG_REQUEST);
	assert_int_equal(m.cp.count, 2);
	assert_int_equal(ike_find_attr(&m, IKE_ATTR_INTERNAL_IP4_ADDRESS)->value.len, 4);
	assert_null(ike_find_attr(&m, IKE_ATTR_INTERNAL_IP4_DNS));
	free(held);
}

static void hashes_are_read(void **state)
{
	static const struct {
		const char *body;
		uint32_t set;
	} cases[] = {
		{ "00 00 402f 0002 0003 0004 0005", 0x3c },
		{ "00 00 402f 0001 0001", 0x02 },
		{ "00 00 402f", 0 },
		{ "00 00 402f 0000 0006 00ff 8002", 0 }, /* unknown ones */
		{ "00 00 402f 0002 00", 0x04 },          /* half a number */
	};
	static struct ike_message m;
	uint8_t *held;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse_inner_body(IKE_PAYLOAD_NOTIFY, cases[i].body, &m, &held),
				 OK);
		assert_int_equal(
			ike_hashes_read(ike_find_notify(&m, IKE_NOTIFY_SIGNATURE_HASH_ALGORITHMS)),
			cases[i].set);
		free(held);
	}
	assert_int_equal(ike_hashes_read(NULL), 0);
}

/* An unknown error is an error; an unknown status type is counted and forgotten. */
static void unknown_notifies(void **state)
{
	static struct ike_message m;
	uint8_t *held;

	(void)state;
	assert_int_equal(parse_inner_body(IKE_PAYLOAD_NOTIFY, "00 00 3fff", &m, &held), OK);
	assert_int_equal(ike_find_error(&m)->type, 0x3fff);
	free(held);
	assert_int_equal(parse_inner_body(IKE_PAYLOAD_NOTIFY, "00 00 fff0", &m, &held), OK);
	assert_int_equal(m.notify_count, 0);
	assert_int_equal(m.notify_ignored, 1);
	free(held);
}

static void selectors_are_read(void **state)
{
	static const struct {
		const char *selectors;
		unsigned count, ignored;
	} cases[] = {
		{ "01 000000 07 06 0010 0050 01bb 0a000001 0a0000ff", 1, 0 },
		{ "01 000000 07 06 0010 ffff 0000 0a000001 0a0000ff", 1, 0 }, /* OPAQUE */
		{ "01 000000 07 06 0010 01bb 0050 0a000001 0a0000ff", 0, 1 }, /* ports reversed */
		{ "01 000000 07 00 0010 0000 ffff 0a0000ff 0a000001", 0,
		  1 },                                 /* addresses reversed */
		{ "01 000000 0a 00 0006 abcd", 0, 1 }, /* unknown type */
		{ "01 000000 08 00 0028 0000 ffff 00*10 ffff 0a000001 00*10 ffff 0a000001", 0, 1 },
		{ "01 000000 08 00 0028 0000 ffff 00*16 00*10 ffff 0a000001", 0, 1 },
	};
	static struct ike_message m;
	uint8_t *held;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse_inner_body(IKE_PAYLOAD_TSI, cases[i].selectors, &m, &held),
				 OK);
		assert_int_equal(m.ts_i.count, cases[i].count);
		assert_int_equal(m.ts_i.ignored, cases[i].ignored);
		assert_int_equal(m.ts_r.count, 0);
		free(held);
	}
	parse_inner_body(IKE_PAYLOAD_TSR, cases[0].selectors, &m, &held);
	assert_int_equal(m.ts_r.selector[0].protocol, 6);
	assert_int_equal(m.ts_r.selector[0].port_first, 80);
	assert_int_equal(m.ts_r.selector[0].port_last, 443);
	assert_int_equal(ip_to4(&m.ts_r.selector[0].first), htonl(0x0a000001));
	assert_int_equal(ip_to4(&m.ts_r.selector[0].last), htonl(0x0a0000ff));
	free(held);
}

/* More than there is room for: checked, ignored, counted. */
static void lists_are_bounded(void **state)
{
	const int notifies = IKE_NOTIFIES_MAX + 5, vendors = IKE_VENDORS_MAX + 3,
		  deletes = IKE_DELETES_MAX + 2, certs = IKE_CERTS_MAX + 4,
		  requests = IKE_CERTREQS_MAX + 6;
	struct bytes all = { .len = 0 };
	static struct ike_message m;

	(void)state;
	for (int i = 1; i <= notifies; i++)
		add_payload(&all, i < notifies ? IKE_PAYLOAD_NOTIFY : IKE_PAYLOAD_VENDOR, 0,
			    "00 00 4004 01*20");
	for (int i = 1; i <= vendors; i++)
		add_payload(&all, i < vendors ? IKE_PAYLOAD_VENDOR : IKE_PAYLOAD_DELETE, 0, "01");
	for (int i = 1; i <= deletes; i++)
		add_payload(&all, i < deletes ? IKE_PAYLOAD_DELETE : IKE_PAYLOAD_CERT, 0,
			    "01 00 0000");
	for (int i = 1; i <= certs; i++)
		add_payload(&all, i < certs ? IKE_PAYLOAD_CERT : IKE_PAYLOAD_CERTREQ, 0, "04 30");
	for (int i = 1; i <= requests; i++)
		add_payload(&all, i < requests ? IKE_PAYLOAD_CERTREQ : IKE_PAYLOAD_NONE, 0, "04");
	memset(&m, 0, sizeof(m));
	assert_int_equal(ike_parse_inner(IKE_PAYLOAD_NOTIFY, all.p, all.len, &m), OK);
	assert_int_equal(m.notify_count, IKE_NOTIFIES_MAX);
	assert_int_equal(m.notify_ignored, 5);
	assert_int_equal(m.vendor_count, IKE_VENDORS_MAX);
	assert_int_equal(m.delete_count, IKE_DELETES_MAX);
	assert_int_equal(m.cert_count, IKE_CERTS_MAX);
	assert_int_equal(m.certreq_count, IKE_CERTREQS_MAX);
	assert_int_equal(m.ignored, 3 + 2 + 4 + 6);
}

static void attributes_and_selectors_are_bounded(void **state)
{
	char text[8192] = "01 000000";
	static struct ike_message m;
	uint8_t *held;

	(void)state;
	for (int i = 0; i < IKE_ATTRS_MAX + 7; i++)
		strncat(text, " 0001 0000", sizeof(text) - strlen(text) - 1);
	assert_int_equal(parse_inner_body(IKE_PAYLOAD_CP, text, &m, &held), OK);
	assert_int_equal(m.cp.count, IKE_ATTRS_MAX);
	assert_int_equal(m.cp.ignored, 7);
	free(held);

	snprintf(text, sizeof(text), "%02x 000000", IKE_SELECTORS_MAX + 4);
	for (int i = 0; i < IKE_SELECTORS_MAX + 4; i++)
		strncat(text, " 07 00 0010 0000 ffff 00*4 ff*4", sizeof(text) - strlen(text) - 1);
	assert_int_equal(parse_inner_body(IKE_PAYLOAD_TSI, text, &m, &held), OK);
	assert_int_equal(m.ts_i.count, IKE_SELECTORS_MAX);
	assert_int_equal(m.ts_i.ignored, 4);
	free(held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(hashes_are_read),
		cmocka_unit_test(unknown_notifies),
		cmocka_unit_test(selectors_are_read),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(attributes_and_selectors_are_bounded),
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
