// SPDX-License-Identifier: BSD-2-Clause
/* Which row of the client table fits, and which bytes are which vendor ID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/client.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define V(name)      IKE_CLIENT_BIT(IKE_VENDOR_##name)
#define S(name)      IKE_CLIENT_BIT(IKE_SIGN_##name)

static void test_vendors(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum ike_vendor vendor;
	} rows[] = {
		{ "FLEXVPN-SUPPORTED", 17, IKE_VENDOR_FLEXVPN_SUPPORTED },
		{ "FLEXVPN-SUPPORTED", 16, IKE_VENDORS },   /* cut */
		{ "FLEXVPN-SUPPORTED\0", 18, IKE_VENDORS }, /* with a NUL: another one */
		{ "flexvpn-supported", 17, IKE_VENDORS },
		{ "CISCO-DELETE-REASON", 19, IKE_VENDOR_CISCO_DELETE_REASON },
		{ "CISCO(COPYRIGHT)&Copyright (c) 2009 Cisco Systems, Inc.", 55,
		  IKE_VENDOR_CISCO_COPYRIGHT },
		{ "CISCO-GRE-MODE\2", 15, IKE_VENDOR_CISCO_GRE_MODE },
		{ "\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61\0\0\0\x09", 20,
		  IKE_VENDOR_MS_ISAKMPOAKLEY },
		{ "\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x62\0\0\0\x09", 20,
		  IKE_VENDORS },
		{ "\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb", 16,
		  IKE_VENDOR_STRONGSWAN },
		{ "OE-Libreswan-4.12", 17, IKE_VENDOR_LIBRESWAN },
		{ "OpenIKED-7.2", 12, IKE_VENDOR_OPENIKED },
		{ "", 0, IKE_VENDORS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ike_bytes id = { (const uint8_t *)rows[i].bytes, rows[i].len };

		if (ike_vendor_find(id) != rows[i].vendor)
			fail_msg("row %zu is %s", i, ike_vendor_name(ike_vendor_find(id)));
	}
	assert_string_equal(ike_vendor_name(IKE_VENDOR_FLEXVPN_SUPPORTED), "FLEXVPN-SUPPORTED");
	assert_string_equal(ike_vendor_name(IKE_VENDORS), "unknown vendor ID");
}

static void test_rows(void **state)
{
	static const struct {
		uint32_t vendors, signs;
		const char *name;
	} rows[] = {
		{ 0, 0, "other" },
		{ V(MS_ISAKMPOAKLEY) | V(MS_CGA), 0, "Windows" },
		{ 0, S(ADDRESS) | S(MICROSOFT), "Windows" },
		{ V(FLEXVPN_SUPPORTED) | V(CISCO_DELETE_REASON) | V(CISCO_VPN_REV_02), 0,
		  "IOS router" },
		{ V(FLEXVPN_SUPPORTED), 0, "other" }, /* strongSwan can be told to say this */
		{ V(FLEXVPN_SUPPORTED), S(MESSAGE_ID_SYNC), "strongSwan" },
		{ 0, S(ADDRESS) | S(DHCP) | S(DNS_DOMAIN), "macOS or iOS" },
		{ 0, S(ADDRESS) | S(VERSION), "Android" },
		{ 0, S(ADDRESS) | S(VERSION) | S(UNITY), "other" },
		{ V(CISCO_ANYCONNECT_EAP), S(ADDRESS) | S(UNITY), "AnyConnect" },
		{ ~0u, ~0u, "Windows" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(ike_client_find(rows[i].vendors, rows[i].signs)->name,
				    rows[i].name);
}

/* The last row takes everybody and asks for nothing; whoever gets something done has a reason. */
static void test_table(void **state)
{
	const struct ike_client *last = &ike_clients[ike_client_count - 1];

	(void)state;
	assert_int_equal(last->vendors | last->signs | last->without | last->flags, 0);
	for (size_t i = 0; i < ike_client_count; i++) {
		assert_non_null(ike_clients[i].name);
		assert_true(!ike_clients[i].flags || ike_clients[i].why);
		assert_int_equal(ike_clients[i].remedy != NULL,
				 !strcmp(ike_clients[i].name, "Windows"));
		assert_true(ike_clients[i].vendors || ike_clients[i].signs ||
			    &ike_clients[i] == last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vendors),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
