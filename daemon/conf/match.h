/* SPDX-License-Identifier: BSD-2-Clause */
/* Which profile a client gets, and what that gives it: match.c, cert_map.c, mangle.c. */
#ifndef CONF_MATCH_H
#define CONF_MATCH_H

#include "conf/conf.h"

/* What a certificate says, for certificate maps. Borrowed but for the alternative names. */
struct conf_cert_fields {
	const uint8_t *subject, *issuer, *serial; /* names in DER, the number's bytes */
	size_t subject_len, issuer_len, serial_len;
	char alt_name[CONF_LIST_MAX][CONF_TEXT_MAX]; /* "a.example.org", "a@b", "192.0.2.1" */
	size_t alt_name_count;
	int64_t not_before, not_after; /* seconds since 1970 */
};

/* What we know of a peer when its profile is chosen; everything is borrowed. */
struct conf_peer {
	uint8_t id_type; /* of IDi, as on the wire */
	const uint8_t *id;
	size_t id_len;
	const struct conf_cert_fields *cert; /* of its certificate, NULL: it showed none */
	struct fg_ip local;                  /* our address that it reaches */
	const char *outside;                 /* device with that address, NULL: unknown */
	/* Is it the identity-local of this profile whom the peer wants to talk to? NULL: it does
	 * not say. */
	bool (*wants)(const void *arg, const struct conf_profile *profile);
	const void *arg;
};

/*
 * The profile for a peer, NULL: none. As in IOS the statements of one kind are alternatives and
 * every kind that a profile has must fit; match identity and match certificate are one kind. Where
 * several profiles fit the closest match wins (conf_match_rank()); among equals one whose
 * identity-local the peer asks for, then one that has match-address-local, then one that has
 * match-outside-interface, then the first in the file. What a peer asks for comes behind who it is:
 * nobody asks himself out of the profile that is meant for him.
 */
const struct conf_profile *conf_match_profile(const struct conf *conf,
					      const struct conf_peer *peer);
/* Could somebody who reaches us there be this profile's? Before there is an identity. */
bool conf_profile_is_here(const struct conf_profile *profile, const struct fg_ip *local,
			  const char *outside);
bool conf_cert_map_fits(const struct conf_cert_map *map, const struct conf_cert_fields *cert);
/*
 * How closely one match means this identity, 0: not at all. In order: any, address/LENGTH, fqdn or
 * email domain (and a dn with "*"), a certificate map (CONF_RANK_CERT), the whole identity; of two
 * networks or domains the longer one is closer.
 */
enum {
	CONF_RANK_STEP = 1 << 12,
	CONF_RANK_ANY = 1 * CONF_RANK_STEP,
	CONF_RANK_NET = 2 * CONF_RANK_STEP,
	CONF_RANK_DOMAIN = 3 * CONF_RANK_STEP,
	CONF_RANK_CERT = 4 * CONF_RANK_STEP,
	CONF_RANK_EXACT = 5 * CONF_RANK_STEP,
};
int conf_match_rank(const struct conf_match *match, uint8_t type, const uint8_t *data, size_t len);
/* The name that a mangler makes of an identity. False: none, or one that no section can have. */
bool conf_mangle(const struct conf_mangler *mangler, uint8_t type, const uint8_t *data, size_t len,
		 conf_name name);
/* The same of what the client said in EAP. */
bool conf_mangle_eap(const struct conf_mangler *mangler, const uint8_t *data, size_t len,
		     conf_name name);
/* What a client of the profile gets: the policy of the name that the mangler makes of its identity,
 * else the one that the profile names. */
const struct conf_authorization_policy *conf_authorize(const struct conf *conf,
						       const struct conf_profile *profile,
						       uint8_t type, const uint8_t *data,
						       size_t len);
/* May a client of the profile get this policy? */
bool conf_may_authorize(const struct conf_profile *profile, size_t policy);

#endif
