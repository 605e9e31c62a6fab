// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the keys of one section say together, and sections against each other. A section with an
 * error of its own is left out: what would follow from it helps nobody.
 */
#include "conf/build.h"
#include "conf/match.h"
#include "conf/value.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { ENCR_AES_CBC = 12, IPV6_MTU_MIN = 1280, IPV4_TCP_HEADERS = 40 };

static struct conf_object *sound(const struct conf_build *b, const char *section, size_t index)
{
	struct conf_object *object = conf_build_find(b, section, index);

	return object && !object->bad ? object : NULL;
}

/* Outside, inside and the pair to the kernel share the ports of the data plane. */
static void check_ports(struct conf_build *b, const struct conf_gateway *gateway,
			struct conf_object *object)
{
	size_t ports = gateway->outside_count + 1;

	for (size_t i = 0; i < gateway->inside_count; i++) {
		bool shared = false;

		for (size_t o = 0; o < gateway->outside_count; o++)
			shared |= !strcmp(gateway->inside[i], gateway->outside[o]);
		ports += !shared;
	}
	if (ports > FG_PORTS)
		conf_build_error(b, object, gateway->inside_count ? "inside" : "outside", 0,
				 "%zu devices in all; there may be %d", ports - 1, FG_PORTS - 1);
}

static void check_proposal(struct conf_build *b, struct conf_proposal *proposal,
			   struct conf_object *object)
{
	for (size_t i = 0; i < proposal->encryption_count; i++) {
		if (proposal->encryption[i].id == ENCR_AES_CBC)
			return;
	}
	if (conf_build_given(b, object, "integrity"))
		conf_build_error(b, object, "integrity", 0,
				 "ciphers other than aes-cbc have their own integrity; leave this "
				 "key out or add an aes-cbc cipher");
	memset(proposal->integrity, 0, sizeof(proposal->integrity));
	proposal->integrity_count = 0;
}

/* --- pools --- */

/* The whole prefix, without the addresses that routers and broadcasts use. */
static void default_range(struct conf_pool *pool)
{
	struct fg_ip first = pool->net.ip, last = conf_net_last(&pool->net);

	if (pool->net.len <= (pool->is4 ? 30 : 126)) {
		first = ip_add(&first, 1);
		if (pool->is4)
			last.w[3] = htonl(ntohl(last.w[3]) - 1);
	}
	pool->range[0].first = first;
	pool->range[0].last = last;
	pool->range_count = 1;
}

static bool in_net(const struct conf_pool *pool, const struct fg_ip *first,
		   const struct fg_ip *last)
{
	return ip_is4(first) == pool->is4 && ip_in_prefix(first, &pool->net.ip, pool->net.len) &&
	       ip_in_prefix(last, &pool->net.ip, pool->net.len);
}

static void check_ranges(struct conf_build *b, const struct conf_pool *pool,
			 struct conf_object *object)
{
	char net[IP_TEXT_MAX + 4];

	conf_net_text(&pool->net, net, sizeof(net));
	for (size_t i = 0; i < pool->range_count; i++) {
		if (!in_net(pool, &pool->range[i].first, &pool->range[i].last))
			conf_build_error(b, object, "range", i, "lies outside the prefix %s", net);
		for (size_t j = 0; j < i; j++) {
			if (ip_compare(&pool->range[i].first, &pool->range[j].last) <= 0 &&
			    ip_compare(&pool->range[j].first, &pool->range[i].last) <= 0)
				conf_build_error(b, object, "range", i,
						 "overlaps the range in line %u",
						 conf_build_line(b, object, "range", j));
		}
	}
	for (size_t i = 0; i < pool->exclude_count; i++) {
		if (!in_net(pool, &pool->exclude[i].first, &pool->exclude[i].last))
			conf_build_error(b, object, "exclude", i, "lies outside the prefix %s",
					 net);
	}
}

/* Step over the exclusions from the start of each range: is there an address behind them? */
static bool leases_any(const struct conf_pool *pool)
{
	for (size_t r = 0; r < pool->range_count; r++) {
		struct fg_ip at = pool->range[r].first;
		size_t e = 0;

		while (e < pool->exclude_count) {
			if (ip_compare(&at, &pool->exclude[e].first) < 0 ||
			    ip_compare(&at, &pool->exclude[e].last) > 0) {
				e++;
				continue;
			}
			if (ip_compare(&pool->exclude[e].last, &pool->range[r].last) >= 0)
				break;
			at = ip_add(&pool->exclude[e].last, 1);
			e = 0;
		}
		if (e == pool->exclude_count)
			return true;
	}
	return false;
}

static void check_pool(struct conf_build *b, struct conf_pool *pool, struct conf_object *object)
{
	pool->is4 = ip_is4(&pool->net.ip);
	if (!pool->range_count)
		default_range(pool);
	if (!conf_build_given(b, object, "client-prefix-length")) {
		pool->client_prefix_len = pool->is4 ? 0 : 128;
	} else if (pool->is4) {
		conf_build_error(b, object, "client-prefix-length", 0,
				 "is for IPv6 pools; IPv4 has netmask in the "
				 "[ikev2-authorization-policy]");
	} else if (pool->client_prefix_len < pool->net.len) {
		conf_build_error(b, object, "client-prefix-length", 0,
				 "is shorter than that of the pool's prefix; expected %u to 128",
				 pool->net.len);
	}
	check_ranges(b, pool, object);
	if (!object->bad && !leases_any(pool))
		conf_build_error(b, object, "exclude", 0, "leaves no address to lease");
}

/* Each prefix is one route to the clients. */
static void check_overlap(struct conf_build *b, const struct conf *conf, size_t index,
			  struct conf_object *object)
{
	char net[IP_TEXT_MAX + 4];

	for (size_t i = 0; i < index; i++) {
		const struct conf_object *other = sound(b, "pool", i);

		if (other && conf_nets_overlap(&conf->pools[i].net, &conf->pools[index].net))
			conf_build_error(b, object, "prefix", 0, "overlaps %s of [pool %s]",
					 conf_net_text(&conf->pools[i].net, net, sizeof(net)),
					 conf->pools[i].name);
	}
}

/* A client with an address of the gateway's own would never get an answer. */
static void check_local(struct conf_build *b, const struct conf_gateway *gateway,
			const struct conf_pool *pool, struct conf_object *object)
{
	char ip[IP_TEXT_MAX];

	for (size_t i = 0; i < gateway->local_count; i++) {
		if (ip_in_prefix(&gateway->local[i], &pool->net.ip, pool->net.len))
			conf_build_error(b, object, "prefix", 0,
					 "holds %s, a local-address of [gateway]",
					 ip_text(&gateway->local[i], ip));
	}
}

/* --- authorization policies --- */

static void check_pool_family(struct conf_build *b, const struct conf *conf, int pool, bool want4,
			      struct conf_object *object)
{
	if (pool == CONF_NONE || !sound(b, "pool", (size_t)pool))
		return;
	if (conf->pools[pool].is4 != want4)
		conf_build_error(b, object, want4 ? "pool" : "ipv6-pool", 0,
				 "[pool %s] is an %s pool; name it in %s", conf->pools[pool].name,
				 want4 ? "IPv6" : "IPv4", want4 ? "ipv6-pool" : "pool");
}

static bool is_split(const struct conf_told *told, const char *domain)
{
	for (size_t i = 0; i < told->split_dns_count; i++)
		if (!strcasecmp(told->split_dns[i], domain))
			return true;
	return false;
}

/* What could never be sent helps nobody. */
static void check_told(struct conf_build *b, const struct conf *conf, const struct conf_told *told,
		       struct conf_object *object)
{
	const struct conf_private *numbers = &conf->private_attributes;
	const struct {
		const char *key;
		bool set;
		uint16_t number;
	} rows[] = {
		{ "configuration-url", told->configuration_url[0], numbers->configuration_url },
		{ "configuration-version", told->configuration_version,
		  numbers->configuration_version },
		{ "smartcard-removal-disconnect", told->smartcard_removal_disconnect,
		  numbers->smartcard_removal_disconnect },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].set && !rows[i].number)
			conf_build_error(b, object, rows[i].key, 0,
					 "has no public number; write the one of your clients in "
					 "[private-attributes]");
	for (size_t i = 0; i < told->anchor_count; i++)
		if (!is_split(told, told->anchor[i].domain))
			conf_build_error(b, object, "dnssec-trust-anchor", i,
					 "%s is no domain of split-dns", told->anchor[i].domain);
}

/* What a mangler makes of an identity is compared without regard to case: conf_authorize(). */
static void check_policy_name(struct conf_build *b, const struct conf *conf,
			      const struct conf_authorization_policy *policy,
			      struct conf_object *object)
{
	const struct conf_authorization_policy *other = conf->policies;

	for (; conf->mangler_count && other < policy; other++)
		if (!strcasecmp(other->name, policy->name))
			conf_build_error(b, object, NULL, 0,
					 "differs from %s in case alone, which a name mangler does "
					 "not see",
					 other->name);
}

static void check_policy(struct conf_build *b, const struct conf *conf,
			 const struct conf_authorization_policy *policy, struct conf_object *object)
{
	check_policy_name(b, conf, policy, object);
	if (!conf_build_given(b, object, "pool") && !conf_build_given(b, object, "ipv6-pool"))
		conf_build_error(b, object, "pool", 0,
				 "is missing; expected pool or ipv6-pool or both");
	check_told(b, conf, &policy->told, object);
	check_pool_family(b, conf, policy->pool, true, object);
	check_pool_family(b, conf, policy->pool6, false, object);
	if (policy->netmask && !conf_build_given(b, object, "pool"))
		conf_build_error(b, object, "netmask", 0, "is for IPv4; this policy has no pool");
	for (size_t i = 0; i < policy->subnet_count; i++) {
		const char *pool = ip_is4(&policy->subnets[i].ip) ? "pool" : "ipv6-pool";

		if (!conf_build_given(b, object, pool))
			conf_build_error(b, object, "route-set-remote", i,
					 "no client can use this network: the policy has no %s",
					 pool);
	}
}

/* --- trustpoints --- */

static void check_trustpoint(struct conf_build *b, struct conf_trustpoint *trustpoint,
			     struct conf_object *object)
{
	bool ours = trustpoint->certificate[0], key = trustpoint->private_key[0];

	if (object->index == CONF_TRUSTPOINTS_MAX)
		conf_build_error(b, object, NULL, 0, "one too many; there may be %d",
				 CONF_TRUSTPOINTS_MAX);
	if (ours != key)
		conf_build_error(b, object, ours ? "certificate" : "private-key", 0,
				 "needs %s as well", ours ? "private-key" : "certificate");
	if (trustpoint->ocsp_response[0] && !ours)
		conf_build_error(b, object, "ocsp-response", 0,
				 "is about a certificate of ours, and there is none");
	if (!conf_build_given(b, object, "revocation-check"))
		trustpoint->revocation = trustpoint->crl_count ? CONF_REVOCATION_CRL
							       : CONF_REVOCATION_NONE;
	else if (trustpoint->revocation != CONF_REVOCATION_NONE && !trustpoint->crl_count)
		conf_build_error(b, object, "revocation-check", 0,
				 "needs a crl to check with; name its file or directory");
	else if (trustpoint->revocation == CONF_REVOCATION_NONE && trustpoint->crl_count)
		conf_build_error(b, object, "crl", 0,
				 "would not be looked at: revocation-check is none");
}

static void check_trust(struct conf_build *b, const struct conf *conf,
			const struct conf_profile *profile, struct conf_object *object)
{
	for (size_t i = 0; i < profile->trust_count; i++) {
		const struct conf_trust *trust = &profile->trust[i];
		const struct conf_trustpoint *trustpoint;

		if (trust->trustpoint == CONF_NONE ||
		    !sound(b, "pki-trustpoint", (size_t)trust->trustpoint))
			continue;
		trustpoint = &conf->trustpoints[trust->trustpoint];
		if (trust->use == CONF_TRUST_SIGN && !trustpoint->certificate[0])
			conf_build_error(b, object, "pki-trustpoint", i,
					 "[pki-trustpoint %s] has no certificate to sign with",
					 trustpoint->name);
	}
}

/* --- templates and profiles --- */

static void check_mangler(struct conf_build *b, const struct conf_mangler *mangler,
			  struct conf_object *object)
{
	if (!mangler->fqdn && !mangler->email && !mangler->dn && !mangler->eap.how)
		conf_build_error(b, object, "fqdn", 0,
				 "is missing, as is any other row: no identity would give a name");
	else if (!mangler->fqdn && !mangler->email && !mangler->dn)
		conf_build_error(b, object, "eap", 0,
				 "stands alone, and no profile of this version knows EAP");
}

static void check_template(struct conf_build *b, const struct conf_virtual_template *template,
			   struct conf_object *object)
{
	if (template->mss > 1 && template->mss + IPV4_TCP_HEADERS > template->mtu)
		conf_build_error(b, object, "tcp-adjust-mss", 0,
				 "%u does not fit in an mtu of %u; expected at most %d",
				 template->mss, template->mtu, template->mtu - IPV4_TCP_HEADERS);
}

static void check_mtu(struct conf_build *b, const struct conf *conf,
		      const struct conf_profile *profile)
{
	const struct conf_virtual_template *template = &conf->templates[profile->virtual_template];
	struct conf_object *object = sound(b, "virtual-template",
					   (size_t)profile->virtual_template);
	bool ipv6 = false;

	for (size_t i = 0; i < conf->policy_count; i++)
		ipv6 |= conf->policies[i].pool6 != CONF_NONE && conf_may_authorize(profile, i);
	if (object && template->mtu < IPV6_MTU_MIN && ipv6)
		conf_build_error(
			b, object, "mtu", 0,
			"%u is too small for the IPv6 clients of [ikev2-profile %s]; expected "
			"at least %d",
			template->mtu, profile->name, IPV6_MTU_MIN);
}

static void check_profile(struct conf_build *b, struct conf *conf, size_t index,
			  struct conf_object *object)
{
	struct conf_profile *profile = &conf->profiles[index];

	conf_check_match(b, conf, index, object);
	check_trust(b, conf, profile, object);
	conf_check_auth(b, conf, profile, object);
	conf_check_life(b, conf, profile, object);
	if (profile->ppk_required && profile->ppk_count == 0)
		conf_build_error(b, object, "ppk-required", 0,
				 "wants a key and there is none; name one in ppk");
	if (profile->virtual_template != CONF_NONE && profile->authorization_policy != CONF_NONE)
		check_mtu(b, conf, profile);
}

/* set-pfs: "none" is the list without a group. */
static void check_pfs(struct conf_build *b, struct conf_ipsec_profile *profile,
		      struct conf_object *object)
{
	size_t groups = 0;

	for (size_t i = 0; i < profile->pfs_count; i++)
		groups += profile->pfs[i] != 0;
	if (groups == 0)
		profile->pfs_count = 0;
	else if (groups != profile->pfs_count)
		conf_build_error(b, object, "set-pfs", 0,
				 "has none beside groups; a rekey has a key exchange or has not");
}

static void put_suite(struct conf_ipsec_profile *profile, uint16_t suite)
{
	if (profile->esn != CONF_ESN_NO)
		profile->suite[profile->suite_count++] = suite | CONF_ESP_ESN;
	if (profile->esn != CONF_ESN_REQUIRE)
		profile->suite[profile->suite_count++] = suite;
}

/* As they can be chosen: a suite with and without extended sequence numbers is two, and what is
 * weak stands last, wherever it was written. */
static void order_suites(struct conf_ipsec_profile *profile)
{
	uint16_t suite[FG_ESP_SUITE_MAX];
	size_t count = profile->suite_count;

	_Static_assert(sizeof(profile->suite) == 2 * sizeof(suite), "room for both");
	memcpy(suite, profile->suite, sizeof(suite));
	profile->suite_count = 0;
	for (int weak = 0; weak <= 1; weak++)
		for (size_t i = 0; i < count; i++)
			if (conf_legacy_suite(suite[i]) == weak)
				put_suite(profile, suite[i]);
}

static void check_ipsec(struct conf_build *b, struct conf_ipsec_profile *profile,
			struct conf_object *object)
{
	conf_check_legacy_suites(b, profile, object);
	order_suites(profile);
	check_pfs(b, profile, object);
	conf_check_pfs_methods(b, profile, object);
}

void conf_check(struct conf_build *b, struct conf *conf)
{
	for (size_t i = 0; i < b->object_count; i++) {
		struct conf_object *object = &b->objects[i];
		const char *section = object->row->name;

		if (object->bad)
			continue;
		if (!strcmp(section, "gateway")) {
			check_ports(b, &conf->gateway, object);
			conf_check_redirect(b, &conf->gateway, &conf->gateway.redirect, object);
		} else if (!strcmp(section, "ikev2-proposal")) {
			conf_check_legacy(b, &conf->proposals[object->index], object);
			check_proposal(b, &conf->proposals[object->index], object);
			conf_check_methods(b, &conf->proposals[object->index].additional, object);
		} else if (!strcmp(section, "ipsec-profile"))
			check_ipsec(b, &conf->ipsec_profiles[object->index], object);
		else if (!strcmp(section, "pool"))
			check_pool(b, &conf->pools[object->index], object);
		else if (!strcmp(section, "virtual-template"))
			check_template(b, &conf->templates[object->index], object);
		else if (!strcmp(section, "pki-trustpoint"))
			check_trustpoint(b, &conf->trustpoints[object->index], object);
		else if (!strcmp(section, "ikev2-name-mangler"))
			check_mangler(b, &conf->manglers[object->index], object);
		else if (!strcmp(section, "pki-certificate-map"))
			conf_check_cert_map(b, &conf->cert_maps[object->index], object);
	}
	/* These look at the results of the first round. */
	for (size_t i = 0; i < b->object_count; i++) {
		struct conf_object *object = &b->objects[i];
		const char *section = object->row->name;

		if (object->bad)
			continue;
		if (!strcmp(section, "pool")) {
			check_overlap(b, conf, object->index, object);
			check_local(b, &conf->gateway, &conf->pools[object->index], object);
		} else if (!strcmp(section, "ikev2-authorization-policy"))
			check_policy(b, conf, &conf->policies[object->index], object);
		else if (!strcmp(section, "ikev2-profile"))
			check_profile(b, conf, object->index, object);
	}
}
