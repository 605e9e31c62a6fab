// SPDX-License-Identifier: BSD-2-Clause
/* Addresses: a pool in the words of the configuration, then steps and what each must give. */
#include "setup.h"

#include "session/lease.h"

static struct conf *pools_conf(const char *pools, const char *max)
{
	char text[4096];

	snprintf(text, sizeof(text), CONF_HEAD("%s") "%s" CONF_REST, max, pools);
	return conf_of(text);
}

static struct leases *leases_of(const struct conf *conf)
{
	struct leases *leases;

	assert_int_equal(leases_new(lease_pools_new(conf), &leases), 0);
	return leases;
}

static const char *take(struct leases *leases, size_t pool, const char *who, const char *hint)
{
	static char text[IP_TEXT_MAX];
	struct lease_ask ask = { .pool = pool,
				 .id_type = CONF_ID_FQDN,
				 .id = (const uint8_t *)who,
				 .id_len = strlen(who) };
	struct fg_ip ip;
	int error;

	if (hint)
		assert_true(ip_parse(hint, &ask.hint));
	error = lease_take(leases, &ask, &ip);
	if (error == -ENOSPC)
		return "none";
	assert_int_equal(error, 0);
	return ip_text(&ip, text);
}

static void give(struct leases *leases, const char *address)
{
	struct fg_ip ip;

	assert_true(ip_parse(address, &ip));
	lease_release(leases, &ip);
}

#define SIX "[pool six]\nprefix = 2001:db8:10::/64\n"

/* Steps: "who" or "who@hint" takes, "-address" gives back. */
static const struct {
	const char *pool;
	size_t index;
	struct {
		const char *step, *gives;
	} steps[12];
} rows[] = {
	/* from the lowest on */
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.12\n" SIX,
	  0,
	  { { "a", "10.0.0.10" },
	    { "b", "10.0.0.11" },
	    { "c", "10.0.0.12" },
	    { "d", "none" },
	    { "-10.0.0.11", NULL },
	    { "d", "10.0.0.11" },
	    { "e", "none" } } },
	/* affinity: back to who had it, others are served around it */
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.12\n" SIX,
	  0,
	  { { "a", "10.0.0.10" },
	    { "b", "10.0.0.11" },
	    { "-10.0.0.10", NULL },
	    { "-10.0.0.11", NULL },
	    { "c", "10.0.0.12" },
	    { "b", "10.0.0.11" },
	    { "a", "10.0.0.10" } } },
	/* the longest free goes to a stranger first */
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.11\n" SIX,
	  0,
	  { { "a", "10.0.0.10" },
	    { "b", "10.0.0.11" },
	    { "-10.0.0.11", NULL },
	    { "-10.0.0.10", NULL },
	    { "c", "10.0.0.11" },
	    { "b", "10.0.0.10" },
	    { "-10.0.0.10", NULL },
	    { "b", "10.0.0.10" } } },
	/* one identity twice */
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.12\n" SIX,
	  0,
	  { { "a", "10.0.0.10" },
	    { "a", "10.0.0.11" },
	    { "-10.0.0.11", NULL },
	    { "a", "10.0.0.11" } } },
	/* the same two come back in either order and ask for what they had */
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.12\n" SIX,
	  0,
	  { { "a", "10.0.0.10" },
	    { "a", "10.0.0.11" },
	    { "-10.0.0.10", NULL },
	    { "-10.0.0.11", NULL },
	    { "a@10.0.0.10", "10.0.0.10" },
	    { "a@10.0.0.10", "10.0.0.11" },
	    { "-10.0.0.11", NULL },
	    { "b@10.0.0.11", "10.0.0.12" },
	    { "a@10.0.0.12", "10.0.0.11" } } },
	/* exclusions, also such that overlap, and ranges out of order */
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.20-10.0.0.23\n"
	  "range = 10.0.0.10-10.0.0.12\nexclude = 10.0.0.11-10.0.0.21\nexclude = 10.0.0.20\n" SIX,
	  0,
	  { { "a", "10.0.0.10" }, { "b", "10.0.0.22" }, { "c", "10.0.0.23" }, { "d", "none" } } },
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.14\n"
	  "exclude = 10.0.0.13\nexclude = 10.0.0.11\n" SIX,
	  0,
	  { { "a", "10.0.0.10" }, { "b", "10.0.0.12" }, { "c", "10.0.0.14" }, { "d", "none" } } },
	/* network and broadcast address, though the range covers them */
	{ "[pool four]\nprefix = 10.0.0.0/30\nrange = 10.0.0.0-10.0.0.3\n" SIX,
	  0,
	  { { "a@10.0.0.0", "10.0.0.1" }, { "b@10.0.0.3", "10.0.0.2" }, { "c", "none" } } },
	{ "[pool four]\nprefix = 10.0.0.4/31\n" SIX,
	  0,
	  { { "a", "10.0.0.4" }, { "b", "10.0.0.5" }, { "c", "none" } } },
	/* hints: free and in the pool; not what another holds or had */
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.20\nexclude = 10.0.0.15\n" SIX,
	  0,
	  { { "a@10.0.0.11", "10.0.0.11" },
	    { "b@10.0.0.11", "10.0.0.10" },
	    { "c@10.0.0.15", "10.0.0.12" },
	    { "d@10.0.0.21", "10.0.0.13" },
	    { "e@10.1.0.1", "10.0.0.14" },
	    { "-10.0.0.11", NULL },
	    { "f@10.0.0.11", "10.0.0.16" },
	    { "a@10.0.0.19", "10.0.0.11" },
	    { "g@2001:db8:10::5", "10.0.0.17" } } },
	/* IPv6: anycast address of the subnet left out, 64 bits to choose from */
	{ "[pool four]\nprefix = 10.0.0.0/24\n[pool six]\nprefix = 2001:db8:10::/64\n"
	  "range = 2001:db8:10::-2001:db8:10::ffff:ffff:ffff:ffff\n",
	  1,
	  { { "a", "2001:db8:10::1" },
	    { "b@2001:db8:10::ffff:ffff:ffff:ffff", "2001:db8:10:0:ffff:ffff:ffff:ffff" },
	    { "c@2001:db8:11::1", "2001:db8:10::2" },
	    { "-2001:db8:10::1", NULL },
	    { "d", "2001:db8:10::3" },
	    { "a", "2001:db8:10::1" } } },
	/* what nobody was lent comes back without harm, also twice */
	{ "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.11\n" SIX,
	  0,
	  { { "-10.0.0.10", NULL },
	    { "a", "10.0.0.10" },
	    { "-10.0.0.10", NULL },
	    { "-10.0.0.10", NULL },
	    { "b", "10.0.0.11" },
	    { "c", "10.0.0.10" },
	    { "d", "none" } } },
};

static void run_row(size_t r)
{
	char pool[1024];
	struct conf *conf;
	struct leases *leases;
	size_t held = 0;

	snprintf(pool, sizeof(pool), "%s", rows[r].pool);
	conf = pools_conf(pool, "64");
	leases = leases_of(conf);
	for (size_t i = 0; rows[r].steps[i].step; i++) {
		char step[64], *hint;
		const char *got;

		snprintf(step, sizeof(step), "%s", rows[r].steps[i].step);
		if (step[0] == '-') {
			give(leases, step + 1);
			continue;
		}
		hint = strchr(step, '@');
		if (hint)
			*hint++ = '\0';
		got = take(leases, rows[r].index, step, hint);
		held += strcmp(got, "none") != 0;
		if (strcmp(got, rows[r].steps[i].gives) != 0)
			fail_msg("row %zu, step %zu (%s): %s instead of %s", r, i,
				 rows[r].steps[i].step, got, rows[r].steps[i].gives);
	}
	assert_true(leases_held(leases) <= held);
	leases_free(leases);
	conf_free(conf);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		run_row(r);
}

static void test_counts(void **state)
{
	struct conf *conf = pools_conf("[pool four]\nprefix = 10.0.0.0/24\n"
				       "exclude = 10.0.0.1-10.0.0.4\n"
				       "[pool six]\nprefix = 2001:db8::/32\n",
				       "64");
	struct leases *leases = leases_of(conf);
	struct lease_count count;

	(void)state;
	take(leases, 0, "a", NULL);
	take(leases, 0, "b", NULL);
	give(leases, "10.0.0.5");
	lease_count(leases, 0, &count);
	assert_int_equal(count.size, 250);
	assert_int_equal(count.held, 1);
	assert_int_equal(count.remembered, 1);
	lease_count(leases, 1, &count);
	assert_true(count.size == UINT64_MAX);
	assert_int_equal(count.held, 0);
	assert_int_equal(leases_held(leases), 1);
	leases_free(leases);
	conf_free(conf);
}

/* Memory is bounded by the sessions there may be, not by the pool; the oldest memories go. */
static void test_memory(void **state)
{
	struct conf *conf = pools_conf("[pool four]\nprefix = 10.0.0.0/8\n" SIX, "4");
	struct leases *leases = leases_of(conf);
	struct lease_count count;
	char who[16], first[IP_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(who, sizeof(who), "u%d", i);
		give(leases, take(leases, 0, who, NULL));
	}
	lease_count(leases, 0, &count);
	assert_int_equal(count.remembered, 8);
	/* The last eight are known; a hint cannot make it more. */
	snprintf(first, sizeof(first), "%s", take(leases, 0, "u999", NULL));
	give(leases, first);
	assert_string_equal(take(leases, 0, "u999", "10.200.0.1"), first);
	assert_string_not_equal(take(leases, 0, "new", "10.200.0.1"), "10.200.0.1");
	lease_count(leases, 0, &count);
	assert_int_equal(count.held + count.remembered, 8);
	leases_free(leases);
	conf_free(conf);
}

static void set_pools(struct leases *leases, struct conf **conf, const char *pools)
{
	struct conf *next = pools_conf(pools, "64");

	leases_set_pools(leases, lease_pools_new(next));
	conf_free(*conf);
	*conf = next;
}

/* Held addresses stay held whatever happens to their pool, and are lent to nobody else. */
static void test_reload(void **state)
{
	struct conf *conf = pools_conf("[pool four]\nprefix = 10.0.0.0/24\n"
				       "range = 10.0.0.10-10.0.0.12\n" SIX,
				       "64");
	struct leases *leases = leases_of(conf);
	struct lease_count count;

	(void)state;
	assert_string_equal(take(leases, 0, "a", NULL), "10.0.0.10");
	assert_string_equal(take(leases, 0, "b", NULL), "10.0.0.11");
	assert_string_equal(take(leases, 0, "c", NULL), "10.0.0.12");
	give(leases, "10.0.0.11");
	give(leases, "10.0.0.12");
	/* Other order, another range: 10 is lost while a holds it, 11 is b's memory, 12 is not. */
	set_pools(leases, &conf,
		  SIX "[pool four]\nprefix = 10.0.0.0/24\nrange = 10.0.0.11\n"
		      "range = 10.0.0.30\n");
	lease_count(leases, 1, &count);
	assert_int_equal(count.held, 0);
	assert_int_equal(count.remembered, 1);
	assert_int_equal(leases_held(leases), 1);
	assert_string_equal(take(leases, 1, "x", NULL), "10.0.0.30");
	assert_string_equal(take(leases, 1, "b", NULL), "10.0.0.11");
	assert_string_equal(take(leases, 1, "y", NULL), "none");
	/* A pool of another name takes the address over together with its holder. */
	set_pools(leases, &conf,
		  "[pool four]\nprefix = 10.1.0.0/24\n" SIX
		  "[pool new]\nprefix = 10.0.0.0/24\nrange = 10.0.0.10-10.0.0.11\n");
	assert_string_equal(take(leases, 2, "z", NULL), "none");
	lease_count(leases, 2, &count);
	assert_int_equal(count.held, 2);
	give(leases, "10.0.0.10");
	assert_string_equal(take(leases, 2, "z", NULL), "10.0.0.10");
	/* Lost and given back: forgotten. */
	set_pools(leases, &conf, "[pool four]\nprefix = 10.1.0.0/24\n" SIX);
	give(leases, "10.0.0.10");
	give(leases, "10.0.0.11");
	give(leases, "10.0.0.30");
	assert_int_equal(leases_held(leases), 0);
	leases_free(leases);
	conf_free(conf);
}

/* Every address of a /20 once, in spite of hints and returns on the way; then nothing. */
static void test_no_address_twice(void **state)
{
	struct conf *conf = pools_conf("[pool four]\nprefix = 10.0.0.0/20\n" SIX, "8192");
	struct leases *leases = leases_of(conf);
	static bool lent[4096];
	char who[16], hint[32];
	struct fg_ip ip;

	(void)state;
	memset(lent, 0, sizeof(lent));
	for (int i = 0; i < 4094; i++) {
		const char *got;
		uint32_t low;

		snprintf(who, sizeof(who), "u%d", i);
		snprintf(hint, sizeof(hint), "10.0.%d.%d", i % 16, i * 7 % 256);
		got = take(leases, 0, who, i % 3 ? hint : NULL);
		assert_true(ip_parse(got, &ip));
		low = ntohl(ip_to4(&ip)) & 0xfff;
		assert_false(lent[low]);
		lent[low] = i % 5 != 0;
		if (i % 5 == 0) {
			give(leases, got);
			assert_string_equal(take(leases, 0, who, NULL), got);
			lent[low] = true;
		}
	}
	assert_string_equal(take(leases, 0, "late", NULL), "none");
	assert_int_equal(leases_held(leases), 4094);
	leases_free(leases);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_no_address_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
