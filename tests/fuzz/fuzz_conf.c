// SPDX-License-Identifier: BSD-2-Clause
/*
 * The public configuration: any bytes give an object or at least one error, never both. What an
 * object promises to those who use it is checked: indices inside their arrays, ranges inside their
 * prefixes.
 */
#include "conf/match.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_index(int index, size_t count)
{
	must(index >= 0 && (size_t)index < count);
}

static void check_pools(const struct conf *conf)
{
	for (size_t i = 0; i < conf->pool_count; i++) {
		const struct conf_pool *pool = &conf->pools[i];

		must(pool->range_count > 0 && pool->range_count <= CONF_LIST_MAX);
		must(pool->is4 == ip_is4(&pool->net.ip));
		for (size_t r = 0; r < pool->range_count; r++) {
			must(ip_compare(&pool->range[r].first, &pool->range[r].last) <= 0);
			must(ip_in_prefix(&pool->range[r].first, &pool->net.ip, pool->net.len));
			must(ip_in_prefix(&pool->range[r].last, &pool->net.ip, pool->net.len));
		}
	}
}

static void check_policies(const struct conf *conf)
{
	for (size_t i = 0; i < conf->policy_count; i++) {
		const struct conf_authorization_policy *policy = &conf->policies[i];

		must(policy->pool != CONF_NONE || policy->pool6 != CONF_NONE);
		if (policy->pool != CONF_NONE) {
			check_index(policy->pool, conf->pool_count);
			must(conf->pools[policy->pool].is4);
		}
		if (policy->pool6 != CONF_NONE) {
			check_index(policy->pool6, conf->pool_count);
			must(!conf->pools[policy->pool6].is4);
		}
	}
}

static void check_profiles(const struct conf *conf)
{
	must(conf->profile_count > 0);
	for (size_t i = 0; i < conf->profile_count; i++) {
		const struct conf_profile *p = &conf->profiles[i];

		check_index(p->keyring, conf->keyring_count);
		check_index(p->ipsec_profile, conf->ipsec_profile_count);
		check_index(p->authorization_policy, conf->policy_count);
		check_index(p->virtual_template, conf->template_count);
		must(p->match_count > 0 && p->proposal_count > 0 && p->local.len > 0);
		for (size_t n = 0; n < p->proposal_count; n++)
			check_index(p->proposal[n], conf->proposal_count);
		must(conf_find_profile(conf, p->name) == p);
		/* A profile's own exact identity leads to it: no other may have the same. */
		for (size_t m = 0; m < p->match_count; m++) {
			const struct conf_identity *id = &p->match[m].identity;

			const struct conf_peer peer = { .id_type = (uint8_t)id->type,
							.id = id->data,
							.id_len = id->len };

			if (p->match[m].kind == CONF_MATCH_EXACT)
				must(conf_match_profile(conf, &peer) == p);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_errors errors;
	struct conf *conf;
	FILE *in;

	if (!size)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	must(in != NULL);
	conf = conf_parse(in, "fuzz.conf", &errors);
	fclose(in);
	must((conf == NULL) == (errors.count > 0));
	if (conf) {
		must(conf->gateway.outside_count > 0 && conf->gateway.max_sessions >= 2);
		check_pools(conf);
		check_policies(conf);
		check_profiles(conf);
		must(conf_needs_restart(conf, conf) == NULL);
	}
	for (size_t i = 0; i < errors.count && i < 16; i++)
		must(!strncmp(errors.first[i].text, "fuzz.conf:", 10) &&
		     !strpbrk(errors.first[i].text, "\n\r\x1b"));
	conf_free(conf);
	return 0;
}
