// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which profile a peer belongs to. What a peer says is compared, never looked up: there are few
 * profiles, and the closest match wins wherever it stands.
 */
#include "conf/match.h"

#include "conf/dn.h"
#include "conf/value.h"

#include <string.h>
#include <strings.h>

enum {
	/* Below one step of the identity's rank. */
	HAS_OUTSIDE = 1,
	HAS_LOCAL = 2,
	IS_WANTED = 4,
	FILTERS = 8,
};

bool conf_identity_is(const struct conf_identity *id, uint8_t type, const uint8_t *data, size_t len)
{
	size_t caseless;

	if (id->type != type)
		return false;
	if (type == CONF_ID_DN)
		return conf_dn_match(id->data, id->len, data, len, NULL);
	if (id->len != len)
		return false;
	caseless = conf_caseless_from(type, data, len);
	return !memcmp(id->data, data, caseless) &&
	       !strncasecmp((const char *)id->data + caseless, (const char *)data + caseless,
			    len - caseless);
}

/* a.example.org lies in the domain example.org, xexample.org does not; of a mail address the whole
 * part behind the '@' is the domain. */
static bool is_in_domain(const struct conf_identity *domain, uint8_t type, const uint8_t *data,
			 size_t len)
{
	char before = type == CONF_ID_EMAIL ? '@' : '.';

	if (domain->type != type || len < domain->len + 2u || memchr(data, '\0', len))
		return false;
	data += len - domain->len;
	return data[-1] == before &&
	       !strncasecmp((const char *)domain->data, (const char *)data, domain->len);
}

bool conf_identity_ip(uint8_t type, const uint8_t *data, size_t len, struct fg_ip *ip)
{
	struct in6_addr in6;
	__be32 v4;

	if (type == CONF_ID_IPV4 && len == sizeof(v4)) {
		memcpy(&v4, data, sizeof(v4));
		*ip = ip_from4(v4);
		return true;
	}
	if (type != CONF_ID_IPV6 || len != sizeof(in6))
		return false;
	memcpy(&in6, data, sizeof(in6));
	*ip = ip_from6(&in6);
	return !ip_is4(ip); /* ::ffff:a.b.c.d is no way into an IPv4 network */
}

static bool is_in_net(const struct conf_net *net, uint8_t type, const uint8_t *data, size_t len)
{
	struct fg_ip ip;

	return conf_identity_ip(type, data, len, &ip) && ip_is4(&ip) == ip_is4(&net->ip) &&
	       ip_in_prefix(&ip, &net->ip, net->len);
}

/* How many attributes of the name are more than "*". */
static int name_rank(const struct conf_identity *pattern, const uint8_t *data, size_t len)
{
	unsigned exact = 0;

	if (!conf_dn_match(pattern->data, pattern->len, data, len, &exact))
		return 0;
	return CONF_RANK_DOMAIN + (int)exact;
}

int conf_match_rank(const struct conf_match *match, uint8_t type, const uint8_t *data, size_t len)
{
	if (type == CONF_ID_ANYCONNECT)
		type = CONF_ID_KEY_ID;
	switch (match->kind) {
	case CONF_MATCH_ANY:
		return CONF_RANK_ANY;
	case CONF_MATCH_NET:
		return is_in_net(&match->net, type, data, len) ? CONF_RANK_NET + match->net.len : 0;
	case CONF_MATCH_DOMAIN:
		if (match->identity.type == CONF_ID_DN)
			return type == CONF_ID_DN ? name_rank(&match->identity, data, len) : 0;
		return is_in_domain(&match->identity, type, data, len)
			       ? CONF_RANK_DOMAIN + match->identity.len
			       : 0;
	case CONF_MATCH_EXACT:
		return conf_identity_is(&match->identity, type, data, len) ? CONF_RANK_EXACT : 0;
	}
	return 0;
}

/* The best of match identity and match certificate, 0: none fits. */
static int who_rank(const struct conf *conf, const struct conf_profile *profile,
		    const struct conf_peer *peer)
{
	int best = 0;

	for (size_t i = 0; i < profile->match_count; i++) {
		int rank = conf_match_rank(&profile->match[i], peer->id_type, peer->id,
					   peer->id_len);

		if (rank > best)
			best = rank;
	}
	for (size_t i = 0; peer->cert && best < CONF_RANK_CERT && i < profile->cert_map_count; i++)
		if (conf_cert_map_fits(&conf->cert_maps[profile->cert_map[i]], peer->cert))
			best = CONF_RANK_CERT;
	return best;
}

bool conf_profile_is_here(const struct conf_profile *profile, const struct fg_ip *local,
			  const char *outside)
{
	bool local_fits = profile->match_local_count == 0;
	bool outside_fits = profile->match_outside_count == 0;

	for (size_t i = 0; i < profile->match_local_count; i++)
		local_fits |= ip_equal(&profile->match_local[i], local);
	for (size_t i = 0; outside && i < profile->match_outside_count; i++)
		outside_fits |= !strcmp(profile->match_outside[i], outside);
	return local_fits && outside_fits;
}

const struct conf_profile *conf_match_profile(const struct conf *conf, const struct conf_peer *peer)
{
	const struct conf_profile *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < conf->profile_count; i++) {
		const struct conf_profile *profile = &conf->profiles[i];
		int rank = who_rank(conf, profile, peer) * FILTERS;

		if (rank == 0 || !conf_profile_is_here(profile, &peer->local, peer->outside))
			continue;
		rank += (peer->wants && peer->wants(peer->arg, profile) ? IS_WANTED : 0) +
			(profile->match_local_count ? HAS_LOCAL : 0) +
			(profile->match_outside_count ? HAS_OUTSIDE : 0);
		if (rank > best_rank) {
			best_rank = rank;
			best = profile;
		}
	}
	return best;
}

const struct conf_profile *conf_find_profile(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->profile_count; i++) {
		if (!strcmp(conf->profiles[i].name, name))
			return &conf->profiles[i];
	}
	return NULL;
}
