// SPDX-License-Identifier: BSD-2-Clause
/* Name manglers: each kind of identity and each form, and the policy that a name leads to. */
#include "conf/dn.h"
#include "conf/match.h"
#include "text.h"

static const struct {
	const char *mangler;
	uint8_t type;                /* 0: what the client said in EAP */
	const char *identity, *name; /* NULL: none */
} cases[] = {
	{ "fqdn = all\n", CONF_ID_FQDN, "a.example.org", "a.example.org" },
	{ "fqdn = domain\n", CONF_ID_FQDN, "a.example.org", "example.org" },
	{ "fqdn = hostname\n", CONF_ID_FQDN, "a.example.org", "a" },
	{ "fqdn = hostname\n", CONF_ID_FQDN, "localhost", NULL },
	{ "fqdn = domain\n", CONF_ID_FQDN, "localhost", NULL },
	{ "fqdn = domain\n", CONF_ID_FQDN, "a.", NULL },
	{ "fqdn = hostname\n", CONF_ID_FQDN, ".a", NULL },
	{ "fqdn = all\n", CONF_ID_FQDN, "a b", NULL }, /* no name of a section */
	{ "fqdn = all\n", CONF_ID_FQDN, "", NULL },
	{ "fqdn = all\n", CONF_ID_EMAIL, "a@b", NULL }, /* another kind of identity */
	{ "email = all\n", CONF_ID_EMAIL, "bob@example.org", "bob@example.org" },
	{ "email = domain\n", CONF_ID_EMAIL, "bob@example.org", "example.org" },
	{ "email = username\n", CONF_ID_EMAIL, "bob@example.org", "bob" },
	{ "email = username\n", CONF_ID_EMAIL, "bob", NULL },
	{ "email = username\nfqdn = hostname\n", CONF_ID_FQDN, "a.b", "a" },
	{ "dn = common-name\n", CONF_ID_DN, "CN=bob, OU=staff, O=Example, C=DE", "bob" },
	{ "dn = organization-unit\n", CONF_ID_DN, "CN=bob, OU=staff, O=Example, C=DE", "staff" },
	{ "dn = organization\n", CONF_ID_DN, "CN=bob, OU=staff, O=Example, C=DE", "Example" },
	{ "dn = country\n", CONF_ID_DN, "CN=bob, OU=staff, O=Example, C=DE", "DE" },
	{ "dn = locality\n", CONF_ID_DN, "CN=bob, L=Bonn, ST=NW", "Bonn" },
	{ "dn = state\n", CONF_ID_DN, "CN=bob, L=Bonn, ST=NW", "NW" },
	{ "dn = domain\n", CONF_ID_DN, "CN=bob, DC=example, DC=org", "example" },
	{ "dn = locality\n", CONF_ID_DN, "CN=bob, O=Example", NULL },
	{ "dn = common-name\n", CONF_ID_DN, "CN=bob b, O=Example", NULL },
	/* Of several the most specific. */
	{ "dn = organization-unit\n", CONF_ID_DN, "CN=bob, OU=a, OU=b", "a" },
	{ "fqdn = all\n", CONF_ID_KEY_ID, "group", NULL },
	{ "fqdn = all\n", CONF_ID_IPV4, "\xc0\1\2\1", NULL },
	{ "fqdn = all\neap = all\n", 0, "bob", "bob" },
	{ "fqdn = all\neap = prefix delimiter @\n", 0, "bob@example.org", "bob" },
	{ "fqdn = all\neap = suffix delimiter @\n", 0, "bob@example.org", "example.org" },
	{ "fqdn = all\neap = suffix delimiter \\\n", 0, "CORP\\bob", "bob" },
	{ "fqdn = all\neap = prefix delimiter /\n", 0, "corp/bob", "corp" },
	{ "fqdn = all\neap = prefix delimiter .\n", 0, "bob.x.y", "bob" },
	{ "fqdn = all\neap = prefix delimiter @\n", 0, "bob", NULL },
	{ "fqdn = all\n", 0, "bob", NULL },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint8_t *id = (const uint8_t *)cases[i].identity;
		size_t len = strlen(cases[i].identity);
		const char *why;
		uint8_t der[512];
		struct conf *conf;
		char text[1024];
		conf_name name;
		bool got;

		snprintf(text, sizeof(text), "[ikev2-name-mangler m]\n%s" ALL, cases[i].mangler);
		conf = parse_good(text);
		if (cases[i].type == CONF_ID_DN) {
			assert_true(conf_dn_read(cases[i].identity, der, sizeof(der), &len, &why));
			id = der;
		}
		got = cases[i].type ? conf_mangle(conf->manglers, cases[i].type, id, len, name)
				    : conf_mangle_eap(conf->manglers, id, len, name);
		if (got != (cases[i].name != NULL) || (got && strcmp(name, cases[i].name)))
			fail_msg("%s of %s: %s", cases[i].mangler, cases[i].identity,
				 got ? name : "none");
		conf_free(conf);
	}
}

static void test_policies(void **state)
{
	static const char text[] = "[ikev2-name-mangler m]\nfqdn = domain\n"
				   "[ikev2-profile prof]\nmatch-identity-remote = any\n"
				   "aaa-authorization-name-mangler = m\n" PROFILE_BODY
				   "[ikev2-authorization-policy Staff]\npool = v4\n" NO_PROFILE;
	struct conf *conf = parse_good(text);
	const struct conf_profile *p = &conf->profiles[0];

	(void)state;
#define POLICY_OF(id)                                                                              \
	conf_authorize(conf, p, CONF_ID_FQDN, (const uint8_t *)id, sizeof(id) - 1)->name
	assert_string_equal(POLICY_OF("a.staff"), "Staff");
	assert_string_equal(POLICY_OF("a.other"), "pol");
	assert_string_equal(POLICY_OF("staff"), "pol");
	assert_true(conf_may_authorize(p, 0) && conf_may_authorize(p, 1));
	conf_free(conf);

	conf = parse_good(ALL);
	p = &conf->profiles[0];
	assert_string_equal(POLICY_OF("a.staff"), "pol");
	assert_false(conf_may_authorize(p, 1));
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
