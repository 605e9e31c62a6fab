// SPDX-License-Identifier: BSD-2-Clause
/* Who a profile is for: what its match keys say together, and against other profiles. */
#include "conf/build.h"

#include <string.h>

/* Do both look for clients at the same places? The order in the file does not matter. */
static bool same_places(const struct conf_profile *a, const struct conf_profile *b)
{
	if (a->match_local_count != b->match_local_count ||
	    a->match_outside_count != b->match_outside_count)
		return false;
	for (size_t i = 0; i < a->match_local_count; i++) {
		size_t j = 0;

		while (j < b->match_local_count &&
		       !ip_equal(&a->match_local[i], &b->match_local[j]))
			j++;
		if (j == b->match_local_count)
			return false;
	}
	for (size_t i = 0; i < a->match_outside_count; i++) {
		size_t j = 0;

		while (j < b->match_outside_count &&
		       strcmp(a->match_outside[i], b->match_outside[j]) != 0)
			j++;
		if (j == b->match_outside_count)
			return false;
	}
	return true;
}

static bool same_identity(const struct conf_identity *a, const struct conf_identity *b)
{
	return a->type == b->type && a->len == b->len &&
	       (a->len == 0 || conf_identity_is(a, (uint8_t)b->type, b->data, b->len));
}

/* A match that stands twice would make the second one void, unless clients can ask for it by the
 * gateway's identity in it. */
static void check_matches(struct conf_build *b, const struct conf *conf, size_t index,
			  struct conf_object *object)
{
	const struct conf_profile *mine = &conf->profiles[index];

	for (size_t p = 0; p < index; p++) {
		const struct conf_profile *other = &conf->profiles[p];

		if (!same_places(mine, other) || !same_identity(&mine->local, &other->local))
			continue;
		for (size_t i = 0; i < mine->match_count; i++) {
			for (size_t j = 0; j < other->match_count; j++) {
				if (!memcmp(&mine->match[i], &other->match[j],
					    sizeof(mine->match[i])))
					conf_build_error(b, object, "match-identity-remote", i,
							 "[ikev2-profile %s] has the same match "
							 "and identity-local; clients would never "
							 "reach this one",
							 other->name);
			}
		}
	}
}

static bool is_among(const char *name, const conf_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void check_places(struct conf_build *b, const struct conf_gateway *gateway,
			 const struct conf_profile *profile, struct conf_object *object)
{
	char ip[IP_TEXT_MAX];

	for (size_t i = 0; i < profile->match_outside_count; i++)
		if (!is_among(profile->match_outside[i], gateway->outside, gateway->outside_count))
			conf_build_error(b, object, "match-outside-interface", i,
					 "%s is no outside device of [gateway]",
					 profile->match_outside[i]);
	for (size_t i = 0; gateway->local_count && i < profile->match_local_count; i++) {
		bool found = false;

		for (size_t j = 0; j < gateway->local_count; j++)
			found |= ip_equal(&profile->match_local[i], &gateway->local[j]);
		if (!found)
			conf_build_error(b, object, "match-address-local", i,
					 "%s is no local-address of [gateway]",
					 ip_text(&profile->match_local[i], ip));
	}
}

void conf_check_cert_map(struct conf_build *b, const struct conf_cert_map *map,
			 struct conf_object *object)
{
	if (!map->rule_count)
		conf_build_error(b, object, "subject-name", 0,
				 "is missing, as is any other row: the map would fit every "
				 "certificate");
}

void conf_check_match(struct conf_build *b, const struct conf *conf, size_t index,
		      struct conf_object *object)
{
	if (!conf_build_given(b, object, "match-identity-remote") &&
	    !conf_build_given(b, object, "match-certificate"))
		conf_build_error(b, object, "match-identity-remote", 0,
				 "is missing; expected this or match-certificate");
	check_matches(b, conf, index, object);
	check_places(b, &conf->gateway, &conf->profiles[index], object);
}
