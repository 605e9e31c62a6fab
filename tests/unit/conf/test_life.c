// SPDX-License-Identifier: BSD-2-Clause
/* What keeps a session alive, lets it move or sends it elsewhere: dpd, nat-keepalive, mobike,
 * uniqueness, session-limit, redirect. */
#include "text.h"

#define GW   "[gateway]\noutside = e\n"
#define IN_P "[ikev2-profile p] "
#define PROF "[ikev2-profile p]\nmatch-identity-remote = fqdn p\n"
#define DPD  "off or SECONDS RETRY on-demand|periodic, e.g. 30 5 on-demand"

/* clang-format off */
static const struct bad_row rows[] = {
	{ GW "dpd = 9 5 periodic\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '9 5 periodic' has no seconds from 10 to 3600 in front; "
	  "expected " DPD },
	{ GW "dpd = 3601 5 periodic\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '3601 5 periodic' has no seconds from 10 to 3600 in front; "
	  "expected " DPD },
	{ GW "dpd = 30\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '30' has no seconds from 10 to 3600 in front; expected " DPD },
	{ GW "dpd = -30 5 periodic\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '-30 5 periodic' has no seconds from 10 to 3600 in front; "
	  "expected " DPD },
	{ GW "dpd = 99999999999 5 periodic\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '99999999999 5 periodic' has no seconds from 10 to 3600 in front; "
	  "expected " DPD },
	{ GW "dpd = 30 1 periodic\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '30 1 periodic' has no seconds between retries, 2 to 60, in the middle; "
	  "expected " DPD },
	{ GW "dpd = 30 61 on-demand\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '30 61 on-demand' has no seconds between retries, 2 to 60, in the middle; "
	  "expected " DPD },
	{ GW "dpd = 30 periodic\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '30 periodic' has no seconds between retries, 2 to 60, in the middle; "
	  "expected " DPD },
	{ GW "dpd = 30 5 often\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '30 5 often' does not end with on-demand or periodic; expected " DPD },
	{ GW "dpd = 30 5 periodic now\n" NO_GATEWAY, 3,
	  "[gateway] dpd: '30 5 periodic now' does not end with on-demand or periodic; "
	  "expected " DPD },
	{ PROF "dpd = on\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] dpd: 'on' has no seconds from 10 to 3600 in front; expected " DPD },
	{ GW "nat-keepalive = 4\n" NO_GATEWAY, 3,
	  "[gateway] nat-keepalive: '4' is out of range; expected off or seconds from 5 to 3600" },
	{ GW "nat-keepalive = 3601\n" NO_GATEWAY, 3,
	  "[gateway] nat-keepalive: '3601' is out of range; "
	  "expected off or seconds from 5 to 3600" },
	{ PROF "nat-keepalive = on\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] nat-keepalive: 'on' is not a number; "
	  "expected off or seconds from 5 to 3600" },
	{ GW "redirect = on\n" NO_GATEWAY, 3,
	  "[gateway] redirect: 'on' does not begin with init; "
	  "expected off, or init or auth and address A or fqdn NAME" },
	{ GW "redirect = init\n" NO_GATEWAY, 3,
	  "[gateway] redirect: 'init' does not begin with init; "
	  "expected off, or init or auth and address A or fqdn NAME" },
	{ GW "redirect = init here\n" NO_GATEWAY, 3,
	  "[gateway] redirect: 'init here' does not begin with the kind of identity; "
	  "expected off, or init or auth and address A or fqdn NAME" },
	{ GW "redirect = init address 192.0.2.300\n" NO_GATEWAY, 3,
	  "[gateway] redirect: 'init address 192.0.2.300' is not an address; "
	  "expected off, or init or auth and address A or fqdn NAME" },
	{ GW "redirect = init address 224.0.0.1\n" NO_GATEWAY, 3,
	  "[gateway] redirect: 'init address 224.0.0.1' is not the address of a host; "
	  "expected off, or init or auth and address A or fqdn NAME" },
	{ GW "redirect = auth fqdn a..b\n" NO_GATEWAY, 3,
	  "[gateway] redirect: 'auth fqdn a..b' has no host name behind the word; "
	  "expected off, or init or auth and address A or fqdn NAME" },
	{ GW "redirect = auth email a@b.c\n" NO_GATEWAY, 3,
	  "[gateway] redirect: 'auth email a@b.c' names no address and no fqdn; "
	  "expected off, or init or auth and address A or fqdn NAME" },
	{ GW "redirect = auth key-id x\n" NO_GATEWAY, 3,
	  "[gateway] redirect: 'auth key-id x' names no address and no fqdn; "
	  "expected off, or init or auth and address A or fqdn NAME" },
	{ GW "local-address = 192.0.2.1 192.0.2.2\nredirect = init address 192.0.2.2\n" NO_GATEWAY, 4,
	  "[gateway] redirect: leads to a local-address of this gateway" },
	{ PROF "redirect = init fqdn a.b\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] redirect: 'init fqdn a.b' does not begin with auth; "
	  "expected off, or auth and address A or fqdn NAME" },
	{ PROF "uniqueness = never\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] uniqueness: 'never' is not known here; "
	  "expected replace, keep or reject" },
	{ PROF "uniqueness = reject\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] uniqueness: reject never rejects without a session-limit" },
	{ PROF "session-limit = 0\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] session-limit: '0' is out of range; "
	  "expected unlimited or a number from 1 to 65535" },
	{ PROF "session-limit = 65536\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] session-limit: '65536' is out of range; "
	  "expected unlimited or a number from 1 to 65535" },
	{ PROF "mobike = maybe\n" PROFILE_BODY NO_PROFILE, 3,
	  "[ikev2-profile p] mobike: 'maybe' is not known here; expected on, unverified or off" },
};
/* clang-format on */

static void test_errors(void **state)
{
	bool all = true;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors = { 0 };

		assert_null(parse_text(rows[i].text, &errors));
		all &= bad_row_holds(&rows[i], &errors, "t.conf");
	}
	assert_true(all);
}

static void assert_dpd(const struct conf_dpd *dpd, unsigned interval, unsigned retry, bool demand)
{
	assert_int_equal(dpd->interval_s, interval);
	assert_int_equal(dpd->retry_s, retry);
	assert_int_equal(dpd->on_demand, demand);
}

static void test_defaults(void **state)
{
	struct conf *conf = parse_good(ALL);
	const struct conf_profile *p = &conf->profiles[0];

	(void)state;
	assert_dpd(&conf->gateway.dpd, 60, 10, false);
	assert_dpd(&p->dpd, 60, 10, false);
	assert_int_equal(p->nat_keepalive_s, 20);
	assert_int_equal(conf->gateway.redirect.mode, CONF_REDIRECT_OFF);
	assert_int_equal(p->redirect.mode, CONF_REDIRECT_OFF);
	assert_int_equal(p->uniqueness, CONF_UNIQUE_REPLACE);
	assert_int_equal(p->session_limit, 0);
	assert_int_equal(p->mobike, CONF_MOBIKE_ON);
	conf_free(conf);
}

/* A profile has the gateway's values unless it gives its own, `off` among them. */
static void test_inherited(void **state)
{
	struct conf *conf = parse_good(
		GW "dpd = 10\t2  on-demand\nnat-keepalive = 5\n"
		   "redirect = auth fqdn gw2.example.org\n" PROF
		   "dpd = off\nnat-keepalive = off\nredirect = off\nuniqueness = reject\n"
		   "session-limit = 3\nmobike = unverified\n" PROFILE_BODY PROFILE
		   "[ikev2-profile q]\nmatch-identity-remote = fqdn q\ndpd = 3600 60 periodic\n"
		   "redirect = auth address 2001:db8::9\nuniqueness = keep\nsession-limit = 65535\n"
		   "mobike = off\n" PROFILE_BODY POOLS POLICY TEMPLATE KEYRING);
	const struct conf_profile *p = conf_find_profile(conf, "p");
	const struct conf_profile *q = conf_find_profile(conf, "q");
	const struct conf_profile *prof = conf_find_profile(conf, "prof");

	(void)state;
	assert_dpd(&prof->dpd, 10, 2, true);
	assert_int_equal(prof->nat_keepalive_s, 5);
	assert_int_equal(prof->redirect.mode, CONF_REDIRECT_AUTH);
	assert_int_equal(prof->redirect.to.type, CONF_ID_FQDN);
	assert_int_equal(prof->redirect.to.len, strlen("gw2.example.org"));
	assert_memory_equal(prof->redirect.to.data, "gw2.example.org", prof->redirect.to.len);
	assert_dpd(&p->dpd, 0, 0, false);
	assert_int_equal(p->nat_keepalive_s, 0);
	assert_int_equal(p->redirect.mode, CONF_REDIRECT_OFF);
	assert_int_equal(p->uniqueness, CONF_UNIQUE_REJECT);
	assert_int_equal(p->session_limit, 3);
	assert_int_equal(p->mobike, CONF_MOBIKE_UNVERIFIED);
	assert_dpd(&q->dpd, 3600, 60, false);
	assert_int_equal(q->redirect.to.type, CONF_ID_IPV6);
	assert_int_equal(q->uniqueness, CONF_UNIQUE_KEEP);
	assert_int_equal(q->session_limit, 65535);
	assert_int_equal(q->mobike, CONF_MOBIKE_OFF);
	conf_free(conf);
}

/* IKE_SA_INIT knows no profile: what the gateway says for it is not a profile's. */
static void test_redirect_init(void **state)
{
	struct conf *conf = parse_good(GW "redirect = init address 192.0.2.9\n" NO_GATEWAY);

	(void)state;
	assert_int_equal(conf->gateway.redirect.mode, CONF_REDIRECT_INIT);
	assert_int_equal(conf->gateway.redirect.to.type, CONF_ID_IPV4);
	assert_int_equal(conf->profiles[0].redirect.mode, CONF_REDIRECT_OFF);
	conf_free(conf);
}

static const struct {
	uint8_t type;
	const char *from, *to;
} folds[] = {
	{ CONF_ID_FQDN, "A.Example.ORG", "a.example.org" },
	{ CONF_ID_EMAIL, "Alice@Example.ORG", "Alice@example.org" },
	{ CONF_ID_EMAIL, "A@b@C", "A@b@c" },
	{ CONF_ID_KEY_ID, "Key", "Key" },
	{ CONF_ID_IPV4, "AAAA", "AAAA" },
	{ 9, "DN", "DN" },
};

static void test_fold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		uint8_t data[32];
		size_t len = strlen(folds[i].from);

		memcpy(data, folds[i].from, len);
		conf_identity_fold(folds[i].type, data, len);
		assert_memory_equal(data, folds[i].to, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),    cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_inherited), cmocka_unit_test(test_redirect_init),
		cmocka_unit_test(test_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
