// SPDX-License-Identifier: BSD-2-Clause
/* What template and policy make of a virtual-access. */
#include "setup.h"

static void test_mss(void **state)
{
	static const struct {
		uint16_t mtu, mss, mss4, mss6;
	} rows[] = {
		{ 1400, 1, 1360, 1340 },                                /* auto */
		{ 1400, 0, 0, 0 },                                      /* off */
		{ 1400, 1200, 1200, 1200 }, { 1400, 1350, 1350, 1340 }, /* IPv6 keeps its longer
									   header */
		{ 1400, 1360, 1360, 1340 }, { 576, 1, 536, 516 },       { 9000, 1, 8960, 8940 },
		{ 9000, 500, 500, 500 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_virtual_template t = { .number = 3,
						   .mtu = rows[i].mtu,
						   .mss = rows[i].mss };
		struct virtual_access access;

		virtual_access_derive(&t, &access);
		assert_int_equal(access.template_number, 3);
		assert_int_equal(access.mtu, rows[i].mtu);
		assert_int_equal(access.mss4, rows[i].mss4);
		assert_int_equal(access.mss6, rows[i].mss6);
	}
}

static void expect_text(const struct conf *conf, const char *profile, __be32 inner4,
			const char *inner6, const char *expected)
{
	const struct conf_profile *p = conf_find_profile(conf, profile);
	struct virtual_access access;
	struct fg_ip six = { 0 };
	char *text;

	if (inner6)
		assert_true(ip_parse(inner6, &six));
	virtual_access_derive(&conf->templates[p->virtual_template], &access);
	text = virtual_access_text(conf, p, &conf->policies[p->authorization_policy], &access, 17,
				   inner4, &six);
	assert_string_equal(text, expected);
	free(text);
}

static void test_text(void **state)
{
	struct conf *conf = conf_of(CONF_HEAD("5") CONF_POOLS CONF_REST);

	(void)state;
	expect_text(conf, "both", inet_addr("10.0.0.10"), "2001:db8:10::1",
		    "interface virtual-access 17\n virtual-template 7\n ip unnumbered eth1\n"
		    " mtu 1400\n ip tcp adjust-mss 1360\n ipv6 tcp adjust-mss 1340\n"
		    " peer ip address 10.0.0.10 pool four\n peer ip netmask 255.255.255.0\n"
		    " peer ipv6 address 2001:db8:10::1/64 pool six\n dns 192.0.2.53\n"
		    " route set remote ipv4 10.9.0.0/16\n crypto ikev2 profile both\n"
		    " crypto ipsec profile default\n aaa authorization group both\n");
	conf->templates[0].mss = 0;
	conf->templates[0].unnumbered[0] = '\0';
	expect_text(conf, "only4", inet_addr("10.0.0.12"), NULL,
		    "interface virtual-access 17\n virtual-template 7\n mtu 1400\n"
		    " peer ip address 10.0.0.12 pool four\n route set remote any\n"
		    " crypto ikev2 profile only4\n crypto ipsec profile default\n"
		    " aaa authorization group only4\n");
	/* A client that asked for IPv6 only is told nothing of IPv4. */
	expect_text(conf, "both", 0, "2001:db8:10::1",
		    "interface virtual-access 17\n virtual-template 7\n mtu 1400\n"
		    " peer ipv6 address 2001:db8:10::1/64 pool six\n dns 192.0.2.53\n"
		    " route set remote ipv4 10.9.0.0/16\n crypto ikev2 profile both\n"
		    " crypto ipsec profile default\n aaa authorization group both\n");
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_mss),
					    cmocka_unit_test(test_text) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
