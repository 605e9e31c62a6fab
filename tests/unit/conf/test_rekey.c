// SPDX-License-Identifier: BSD-2-Clause
/* The keys of rekeying and lifetimes: what is taken, what is refused. */
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char rest[] = "[pool p]\nprefix = 10.10.0.0/24\n[virtual-template 1]\n"
			   "[ikev2-keyring ring]\npsk = k\n";

/* %s: keys of [ipsec-profile all], [ikev2-authorization-policy all], [ikev2-profile all]. */
static const char form[] = "[gateway]\noutside = eth0\n%s[ipsec-profile all]\n%s\n"
			   "[ikev2-authorization-policy all]\npool = p\n%s\n[ikev2-profile all]\n"
			   "match-identity-remote = any\nidentity-local = fqdn gw\n"
			   "authentication-local = pre-share\nauthentication-remote = pre-share\n"
			   "keyring-local = ring\nipsec-profile = all\n"
			   "aaa-authorization-group = all\nvirtual-template = 1\n%s\n";

static struct conf *read_conf(const char *ipsec, const char *policy, const char *profile,
			      struct conf_errors *errors)
{
	char text[4096];
	struct conf *conf;
	FILE *in;

	snprintf(text, sizeof(text), form, rest, ipsec, policy, profile);
	in = fmemopen(text, strlen(text), "r");
	assert_non_null(in);
	conf = conf_parse(in, "test.conf", errors);
	fclose(in);
	return conf;
}

static void test_defaults(void **state)
{
	struct conf_errors errors;
	struct conf *conf = read_conf("", "", "", &errors);
	const struct conf_ipsec_profile *ipsec;

	(void)state;
	assert_non_null(conf);
	ipsec = &conf->ipsec_profiles[conf->profiles[0].ipsec_profile];
	assert_int_equal(ipsec->life_s, 3600);
	assert_int_equal(ipsec->life_kb, 0);
	assert_int_equal(ipsec->life_packets, 0);
	assert_int_equal(ipsec->pfs_count, 0);
	assert_int_equal(conf->policies[0].flow_limit, 4);
	assert_int_equal(conf->policies[0].session_lifetime_s, 0);
	assert_int_equal(conf->profiles[0].life_s, 86400);
	conf_free(conf);
}

static void test_values(void **state)
{
	struct conf_errors errors;
	struct conf *conf = read_conf("set-security-association-lifetime-seconds = 20\n"
				      "set-security-association-lifetime-kilobytes = 4294967295\n"
				      "set-security-association-lifetime-packets = 1000\n"
				      "set-pfs = 19 x25519\nadditional-key-exchange-2 = 31 none",
				      "ipsec-flow-limit = 16\nsession-lifetime = 120",
				      "lifetime = 120", &errors);
	const struct conf_ipsec_profile *ipsec;

	(void)state;
	assert_non_null(conf);
	ipsec = &conf->ipsec_profiles[conf->profiles[0].ipsec_profile];
	assert_int_equal(ipsec->life_s, 20);
	assert_true(ipsec->life_kb == 4294967295);
	assert_int_equal(ipsec->life_packets, 1000);
	assert_int_equal(ipsec->pfs_count, 2);
	assert_int_equal(ipsec->pfs[0], 19);
	assert_int_equal(ipsec->pfs[1], 31);
	assert_int_equal(ipsec->additional.count[0], 0);
	assert_int_equal(ipsec->additional.count[1], 2);
	assert_int_equal(ipsec->additional.method[1][0], 31);
	assert_int_equal(ipsec->additional.method[1][1], 0);
	assert_int_equal(conf->policies[0].flow_limit, 16);
	assert_int_equal(conf->policies[0].session_lifetime_s, 120);
	assert_int_equal(conf->profiles[0].life_s, 120);
	conf_free(conf);
}

/* Behind set-pfs as in an [ikev2-proposal]: what there is may follow. none is no word for nothing.
 */
static void test_pfs_methods(void **state)
{
	static const struct {
		const char *ipsec;
		bool any; /* NONE, behind every ML-KEM of the library */
	} rows[] = {
		{ "", false },
		{ "additional-key-exchange-1 = none", false },
		{ "set-pfs = 19", true },
		{ "set-pfs = 19\nadditional-key-exchange-1 = auto", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors;
		struct conf *conf = read_conf(rows[i].ipsec, "", "", &errors);
		const struct conf_additional *additional;

		assert_non_null(conf);
		additional = &conf->ipsec_profiles[conf->profiles[0].ipsec_profile].additional;
		assert_int_equal(additional->count[0] > 0, rows[i].any);
		if (rows[i].any)
			assert_int_equal(additional->method[0][additional->count[0] - 1], 0);
		conf_free(conf);
	}
}

static const struct {
	const char *ipsec, *policy, *profile;
	const char *says; /* in the error */
} wrong[] = {
	{ "set-security-association-lifetime-seconds = 19", "", "", "seconds from 20 to 2592000" },
	{ "set-security-association-lifetime-kilobytes = 1", "", "", "disable or kilobytes" },
	{ "set-security-association-lifetime-packets = 999", "", "", "disable or packets" },
	{ "set-pfs = 2", "", "", "set-pfs" },
	{ "set-pfs = none 19", "", "", "has none beside groups" },
	{ "additional-key-exchange-3 = 31", "", "", "additional-key-exchange-3: follows a key" },
	{ "set-pfs = 19\nadditional-key-exchange-1 = auto 31", "", "", "auto stands alone" },
	{ "", "ipsec-flow-limit = 0", "", "1 to 16" },
	{ "", "session-lifetime = 60", "", "off or seconds from 120 to 25920000" },
	{ "", "", "lifetime = 119", "seconds from 120 to 86400" },
	{ "", "", "lifetime = 86401", "seconds from 120 to 86400" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct conf_errors errors = { 0 };

		assert_null(read_conf(wrong[i].ipsec, wrong[i].policy, wrong[i].profile, &errors));
		assert_int_equal(errors.count, 1);
		if (!strstr(errors.first[0].text, wrong[i].says))
			fail_msg("\"%s\" does not say \"%s\"", errors.first[0].text, wrong[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_pfs_methods),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
