/* SPDX-License-Identifier: BSD-2-Clause */
/* The parsers of single values that the rows of the configuration name. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/conf.h"
#include "conf/table.h"

conf_parser conf_read_number;   /* a word of key->words or key->low to key->high; size 1, 2 or 4 */
conf_parser conf_read_word;     /* a word of key->words; size 0 (only checked), 1, 2 or 4 */
conf_parser conf_read_cipher;   /* as a word, into { id, key_bits } */
conf_parser conf_read_method;   /* as a word; the crypto library must have it */
conf_parser conf_read_device;   /* the name of a network device, conf_name */
conf_parser conf_read_user;     /* the name of a user, conf_name */
conf_parser conf_read_name;     /* the name of a section in the other file, conf_name */
conf_parser conf_read_path;     /* an absolute path of at most key->high bytes */
conf_parser conf_read_address;  /* a unicast address, struct fg_ip */
conf_parser conf_read_prefix;   /* of client addresses, struct conf_net */
conf_parser conf_read_route;    /* [ipv4|ipv6] PREFIX/LENGTH, struct conf_net */
conf_parser conf_read_range;    /* FIRST-LAST or one address, struct conf_range */
conf_parser conf_read_netmask;  /* __be32 */
conf_parser conf_read_identity; /* struct conf_identity */
conf_parser conf_read_dpd;      /* SECONDS RETRY on-demand|periodic or off, struct conf_dpd */
conf_parser conf_read_redirect; /* a word of key->words and where to, struct conf_redirect */
conf_parser conf_read_match;    /* struct conf_match */
conf_parser conf_read_ppk_id;   /* text or 0x and hex digits, struct conf_ppk_id */
conf_parser conf_read_secret;   /* text or 0x and hex digits, struct secret */

/* What a client is told: value_told.c. */
conf_parser conf_read_text;         /* printable, at most key->high bytes, conf_line */
conf_parser conf_read_host;         /* a host name or an address, conf_line */
conf_parser conf_read_domain;       /* the name of a DNS domain, conf_line */
conf_parser conf_read_trust_anchor; /* DOMAIN KEY-TAG ALGORITHM DIGEST-TYPE HEX */
conf_parser conf_read_address4;     /* an IPv4 unicast address, struct fg_ip */
/* A word of key->words, or prefix or suffix delimiter C: struct conf_mangle_eap. */
conf_parser conf_read_mangle_eap;
/* OP TEXT, into the struct conf_cert_rule of field key->low. */
conf_parser conf_read_cert_rule;

struct conf_range {
	struct fg_ip first, last;
};

/* Set the predicate; always false, so that a parser may return it. */
bool conf_wrong(struct conf_why *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for a predicate that says itself what is right. */
bool conf_wrong_whole(struct conf_why *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Where the part of an identity begins that is compared without regard to case: host names, also
 * behind the '@' of a mail address. */
size_t conf_caseless_from(uint8_t type, const uint8_t *data, size_t len);
/* Is this the name of a host or a domain? */
bool conf_host_name_ok(const char *text);
/* Is this a word that may name a section? */
bool conf_name_ok(const char *name);
/* PREFIX/LENGTH, any kind of address. */
bool conf_net_parse(const char *text, struct conf_net *net, struct conf_why *why);
/* The last address of a network. */
struct fg_ip conf_net_last(const struct conf_net *net);
bool conf_nets_overlap(const struct conf_net *a, const struct conf_net *b);
/* "10.0.0.0/8". Returns buf. */
const char *conf_net_text(const struct conf_net *net, char *buf, size_t cap);
/* The octets of a text, or behind 0x those of pairs of hex digits. */
bool conf_octets(const char *text, uint8_t *out, size_t cap, size_t *len, struct conf_why *why);
/* Bytes from an even number of hex digits (without 0x); false unless they fit and are hex. */
bool conf_hex(const char *digits, uint8_t *out, size_t cap, size_t *len);

#endif
