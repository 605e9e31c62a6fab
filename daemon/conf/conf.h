/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checked configuration: what the INI text says, with every reference resolved to an index and
 * every value in its range. A struct conf is read-only once conf_parse() returned it; it owns all
 * it points to. Words are those of IOS FlexVPN.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "core/ip.h"
#include "core/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	CONF_FILE_MAX = 4 * 1024 * 1024, /* bytes of flexgate.conf, and of the secrets file */
	CONF_KEY_FILE_MAX = 64 * 1024,   /* of a private key */
	CONF_NAME_MAX = 64,              /* with NUL */
	CONF_TEXT_MAX = 256,
	CONF_LIST_MAX = 16, /* transforms of one kind, DNS servers, interfaces */
	CONF_NETS_MAX = 32,
	CONF_ADDITIONAL_MAX = 7,
	CONF_METHOD_AUTO = 0xffff, /* while reading */
	CONF_CA_FILES_MAX = 8,     /* files of one kind that a trustpoint names */
	CONF_TRUSTPOINTS_MAX = 32,
	CONF_NONE = -1, /* no reference */
};

#define CONF_COOKIE_ALWAYS 0u
#define CONF_COOKIE_NEVER  UINT32_MAX

typedef char conf_name[CONF_NAME_MAX];

struct conf_net {
	struct fg_ip ip; /* host bits zero */
	uint8_t len;     /* in bits of its family */
};

/* Identity types as on the wire, RFC 7296 3.5. */
enum conf_id_type {
	CONF_ID_IPV4 = 1,
	CONF_ID_FQDN = 2,
	CONF_ID_EMAIL = 3,
	CONF_ID_IPV6 = 5,
	CONF_ID_DN = 9, /* a name in DER */
	CONF_ID_KEY_ID = 11,
	CONF_ID_ANYCONNECT = 201, /* private: a key-id as AnyConnect sends it */
};

/* An identity of ours, or one that a PSK belongs to: "fqdn gw.example.org", "email a@b", "address
 * 192.0.2.1", "key-id TEXT", "dn CN=gw, O=Example". data is what stands on the wire; of
 * identity-local, "dn" alone has none: the subject of the trustpoint's certificate. */
struct conf_identity {
	enum conf_id_type type;
	uint16_t len;
	uint8_t data[CONF_TEXT_MAX];
};

enum conf_match_kind {
	CONF_MATCH_ANY,
	CONF_MATCH_EXACT,  /* identity */
	CONF_MATCH_DOMAIN, /* fqdn domain D, email domain D: identity.data is D, type FQDN/EMAIL; or
			    * a dn with "*" for some values */
	CONF_MATCH_NET,    /* address 10.0.0.0/8 */
};

/* match identity remote */
struct conf_match {
	enum conf_match_kind kind;
	struct conf_identity identity;
	struct conf_net net;
};

/* dpd: a client that was not heard for so long is asked whether it lives. */
struct conf_dpd {
	uint16_t interval_s; /* 0: off */
	uint16_t retry_s;    /* between two tries */
	bool on_demand;      /* only while we send to it; else whenever nothing came */
};

/* Where clients are sent instead of being served, RFC 5685. */
struct conf_redirect {
	enum { CONF_REDIRECT_OFF, CONF_REDIRECT_INIT, CONF_REDIRECT_AUTH } mode;
	struct conf_identity to; /* CONF_ID_IPV4, CONF_ID_IPV6 or CONF_ID_FQDN */
};

/* What a login means for earlier sessions of the same identity in the same profile. */
enum conf_uniqueness {
	CONF_UNIQUE_REPLACE, /* INITIAL_CONTACT ends them; at the limit the oldest makes room */
	CONF_UNIQUE_KEEP,    /* none of them ends; at the limit the login is refused */
	CONF_UNIQUE_REJECT,  /* INITIAL_CONTACT ends them; at the limit the login is refused */
};

enum conf_mobike {
	CONF_MOBIKE_OFF,
	CONF_MOBIKE_ON,         /* a new address counts when the client has answered there */
	CONF_MOBIKE_UNVERIFIED, /* at once */
};

struct conf_gateway {
	conf_name outside[CONF_LIST_MAX], inside[CONF_LIST_MAX]; /* device names */
	size_t outside_count, inside_count;
	struct fg_ip local[FG_LOCALS]; /* local-address; none: those of the outside devices */
	size_t local_count;
	uint32_t workers; /* 0: auto, one per queue */
	uint32_t max_sessions;
	uint32_t half_open_limit;
	uint32_t half_open_timeout_s;
	uint32_t cookie_challenge; /* half-open IKE SAs, or CONF_COOKIE_* */
	enum { CONF_GUARD_AUTO, CONF_GUARD_XDP, CONF_GUARD_DAEMON } flood_guard;
	uint32_t init_rate, init_rate_source; /* IKE_SA_INIT per second, 0: no limit */
	uint16_t fragmentation_mtu;           /* IP datagrams of IKE, in bytes; 0: no RFC 7383 */
	bool fast_door;                       /* forwarding = fast | stack */
	enum { CONF_XDP_AUTO, CONF_XDP_NATIVE, CONF_XDP_GENERIC } xdp_mode;
	enum { CONF_CRYPTO_AUTO, CONF_CRYPTO_IPSEC_MB, CONF_CRYPTO_OPENSSL } crypto;
	char run_directory[CONF_TEXT_MAX]; /* socket, pid file, empty chroot */
	char bpf_directory[CONF_TEXT_MAX]; /* pins go to <this>/v<FG_ABI> */
	char secrets_file[CONF_TEXT_MAX];
	conf_name user_ike, user_aaa, user_worker;
	enum log_level log_level;
	struct conf_dpd dpd;      /* of profiles that say nothing; so the next two */
	uint32_t nat_keepalive_s; /* while we are behind a NAT; 0: off */
	struct conf_redirect redirect;
	char application_version[CONF_TEXT_MAX]; /* "": nobody is told */
	bool log_private_attributes;
	enum { CONF_FLEXVPN_AUTO, CONF_FLEXVPN_ON, CONF_FLEXVPN_OFF } flexvpn_vendor_id;
};

/* RFC 9370, additional key exchanges 1 to 7: methods in order of preference, 0 is none. Not
 * configured: none. */
struct conf_additional {
	uint16_t method[CONF_ADDITIONAL_MAX][CONF_LIST_MAX];
	size_t count[CONF_ADDITIONAL_MAX];
};

/* Transform ids as on the wire, RFC 7296 3.3.2, in order of preference. */
struct conf_proposal {
	conf_name name;
	struct {
		uint16_t id, key_bits;
	} encryption[CONF_LIST_MAX];
	size_t encryption_count;
	uint16_t integrity[CONF_LIST_MAX]; /* used with the non-AEAD ciphers */
	size_t integrity_count;
	uint16_t prf[CONF_LIST_MAX];
	size_t prf_count;
	uint16_t group[CONF_LIST_MAX];
	size_t group_count;
	struct conf_additional additional;
	bool legacy; /* it may name what conf_legacy() knows */
};

/* A transform that is too weak for a proposal without `legacy`: MODP 1024 and 1536, SHA-1. type as
 * on the wire. */
bool conf_legacy(uint8_t type, uint16_t id);
/* The weak transforms of a proposal, "group modp1024, integrity sha1"; "" when it has none. Returns
 * buf. */
enum { CONF_LEGACY_TEXT_MAX = 96 };
const char *conf_legacy_text(const struct conf_proposal *proposal, char buf[CONF_LEGACY_TEXT_MAX]);
/* Add every weak transform behind those that are there: what would it take with them? For hints. */
void conf_legacy_widen(struct conf_proposal *proposal);

enum { CONF_ESP_ESN = 0x100 }; /* with an ESP suite: extended sequence numbers, RFC 4303 2.2.1 */

struct conf_ipsec_profile {
	conf_name name;
	/* enum fg_esp_suite in order of preference, the weak last; each with CONF_ESP_ESN, without,
	 * or both, the extended one first: as `esn` says. */
	uint16_t suite[2 * FG_ESP_SUITE_MAX];
	size_t suite_count;
	enum { CONF_ESN_YES, CONF_ESN_NO, CONF_ESN_REQUIRE } esn;
	bool legacy;                 /* it may name what conf_legacy_suite() knows */
	uint32_t life_s;             /* of a CHILD SA */
	uint32_t life_kb;            /* in units of 1024 bytes, either way; 0: no limit */
	uint32_t life_packets;       /* either way; 0: no limit */
	uint16_t pfs[CONF_LIST_MAX]; /* groups of a rekey's key exchange; none: not asked for */
	size_t pfs_count;
	struct conf_additional additional; /* behind one of those groups */
};

/* A suite that is too weak for an ipsec-profile without `legacy`: with HMAC-SHA1. */
bool conf_legacy_suite(uint16_t suite);
/* Those of a profile, "transform esp-cbc-256-sha1"; "" when it has none. Returns buf. */
const char *conf_legacy_suites_text(const struct conf_ipsec_profile *profile,
				    char buf[CONF_LEGACY_TEXT_MAX]);

struct conf_pool {
	conf_name name;
	bool is4;
	struct {
		struct fg_ip first, last;
	} range[CONF_LIST_MAX], exclude[CONF_LIST_MAX];
	size_t range_count, exclude_count;
	struct conf_net net;       /* the prefix that is routed to clients; holds every range */
	uint8_t client_prefix_len; /* IPv6: length told to the client; 128 unless given */
};

typedef char conf_line[CONF_TEXT_MAX];

/* INTERNAL_DNSSEC_TA: a DS record of a domain of split-dns, RFC 8598 4.2. */
struct conf_trust_anchor {
	conf_line domain;
	uint16_t key_tag;
	uint8_t algorithm, digest_type;
	uint8_t len;
	uint8_t digest[64];
};

/* What a client is told beside its addresses, if it asks: conf/rows.c says what each is. */
struct conf_told {
	conf_line banner[8]; /* lines */
	size_t banner_count;
	conf_line def_domain; /* "" none; so the other texts */
	conf_line split_dns[CONF_LIST_MAX];
	size_t split_dns_count;
	struct conf_trust_anchor anchor[4];
	size_t anchor_count;
	struct fg_ip wins[CONF_LIST_MAX], dhcp[CONF_LIST_MAX]; /* dhcp of both families */
	size_t wins_count, dhcp_count;
	conf_line backup_gateway[10];
	size_t backup_gateway_count;
	conf_line configuration_url;
	uint16_t configuration_version; /* 0: none */
	bool pfs, include_local_lan, save_password, smartcard_removal_disconnect;
};

struct conf_authorization_policy {
	conf_name name;
	int pool, pool6;                 /* index into pools or CONF_NONE */
	struct fg_ip dns[CONF_LIST_MAX]; /* both families */
	size_t dns_count;
	__be32 netmask; /* INTERNAL_IP4_NETMASK, 0: not sent */
	struct conf_net
		subnets[CONF_NETS_MAX]; /* route-set remote: what clients reach; none: all */
	size_t subnet_count;
	uint32_t flow_limit;         /* ipsec flow-limit: CHILD SAs at once */
	uint32_t session_lifetime_s; /* 0: no limit */
	struct conf_told told;
};

/*
 * crypto ikev2 name-mangler: the part of an identity that is the name of a group. One row per kind
 * of identity, 0: that kind gives no name.
 */
struct conf_mangler {
	conf_name name;
	enum conf_mangle {
		CONF_MANGLE_NONE,
		CONF_MANGLE_ALL,
		CONF_MANGLE_DOMAIN,   /* behind the first dot, or the '@' */
		CONF_MANGLE_HOSTNAME, /* before the first dot */
		CONF_MANGLE_USERNAME, /* before the '@' */
		CONF_MANGLE_COMMON_NAME,
		CONF_MANGLE_COUNTRY,
		CONF_MANGLE_DOMAIN_COMPONENT,
		CONF_MANGLE_LOCALITY,
		CONF_MANGLE_ORGANIZATION,
		CONF_MANGLE_ORGANIZATION_UNIT,
		CONF_MANGLE_STATE,
		CONF_MANGLE_PREFIX, /* of an EAP identity: before the delimiter */
		CONF_MANGLE_SUFFIX, /* behind it */
	} fqdn,
		email, dn;
	struct conf_mangle_eap {
		enum conf_mangle how;
		char delimiter;
	} eap;
};

/* Numbers of attributes that have no public one; 0: not known here, not sent. */
struct conf_private {
	uint16_t configuration_url, configuration_version, smartcard_removal_disconnect;
};

struct conf_virtual_template {
	uint32_t number;
	uint16_t mtu;         /* 576-9000, IPv6 needs 1280 */
	uint16_t mss;         /* ip tcp adjust-mss; 0: off, 1: from the MTU ("auto") */
	conf_name unnumbered; /* ip unnumbered DEVICE, "" none */
};

/* authentication local and remote: what a side may prove itself with. Bits of a set. */
enum conf_auth {
	CONF_AUTH_PSK = 1,   /* pre-share */
	CONF_AUTH_RSA = 2,   /* rsa-sig */
	CONF_AUTH_ECDSA = 4, /* ecdsa-sig */
	CONF_AUTH_EDDSA = 8, /* eddsa-sig */
	CONF_AUTH_SIGNATURES = CONF_AUTH_RSA | CONF_AUTH_ECDSA | CONF_AUTH_EDDSA,
	CONF_AUTHS = 4,
};

/* In the order of the file, which for what we sign with is that of preference. */
struct conf_auths {
	enum conf_auth method[CONF_AUTHS];
	size_t count;
};

struct conf_keyring {
	conf_name name;
	conf_name psk[CONF_NETS_MAX]; /* [psk NAME] of the secrets file */
	size_t psk_count;
};

/* A file of its own or several, by absolute paths. */
typedef char conf_file[CONF_TEXT_MAX];

/* A CA that we believe, and perhaps a certificate of our own that it issued. */
struct conf_trustpoint {
	conf_name name;
	conf_file ca_certificate[CONF_CA_FILES_MAX]; /* PEM, any number in each */
	size_t ca_certificate_count;
	conf_file certificate;            /* PEM: ours, then its intermediates; "" none */
	conf_file private_key;            /* PEM, "" none; given exactly when certificate is */
	conf_file ocsp_response;          /* DER, "" none */
	conf_file crl[CONF_CA_FILES_MAX]; /* files in PEM or DER, or directories of them */
	size_t crl_count;
	/* crl none: a CRL that is there counts, one that is missing or old is no reason to refuse.
	 */
	enum { CONF_REVOCATION_NONE, CONF_REVOCATION_CRL, CONF_REVOCATION_CRL_NONE } revocation;
	bool pss; /* RSA signs with PSS where the peer may choose (RFC 7427) */
};

enum conf_trust_use { CONF_TRUST_SIGN = 1, CONF_TRUST_VERIFY = 2 };

/* pki trustpoint T [sign|verify] */
struct conf_trust {
	int trustpoint; /* index */
	uint32_t use;   /* enum conf_trust_use, both unless one is named */
};

/* One row of a certificate map. */
struct conf_cert_rule {
	enum conf_cert_field {
		CONF_CERT_SUBJECT,
		CONF_CERT_ISSUER,
		CONF_CERT_ALT_NAME,
		CONF_CERT_UNSTRUCTURED,
		CONF_CERT_SERIAL,
		CONF_CERT_VALID_START,
		CONF_CERT_EXPIRES_ON,
	} field;
	enum conf_cert_op {
		CONF_CERT_CO, /* contains */
		CONF_CERT_NC, /* does not */
		CONF_CERT_EQ,
		CONF_CERT_NE,
		CONF_CERT_GE, /* a date: at that time or later */
		CONF_CERT_LT, /* a date: before */
	} op;
	char word[24];                /* co, nc of a name: attribute type, "" any */
	uint8_t value[CONF_TEXT_MAX]; /* text; eq, ne of a name: DER; serial number: hex digits */
	uint16_t len;
	int64_t time; /* seconds since 1970 */
};

/* crypto pki certificate map: every row must hold. */
struct conf_cert_map {
	conf_name name;
	struct conf_cert_rule rule[CONF_LIST_MAX];
	size_t rule_count;
};

struct conf_profile {
	conf_name name;
	struct conf_match match[CONF_LIST_MAX]; /* match identity remote */
	size_t match_count;
	int cert_map[CONF_LIST_MAX]; /* match certificate: indices */
	size_t cert_map_count;
	struct fg_ip match_local[CONF_LIST_MAX]; /* match address local; none: all */
	size_t match_local_count;
	conf_name match_outside[CONF_LIST_MAX]; /* match outside-interface; none: all */
	size_t match_outside_count;
	struct conf_identity local; /* identity local */
	struct conf_auths auth_local, auth_remote;
	bool rsa_sha1;  /* RSA signatures with SHA-1 where nothing better is agreed */
	bool childless; /* an IKE SA may begin without a CHILD SA, RFC 6023 */
	struct conf_auths auth_second; /* of the client once more, RFC 4739; none: one round */
	struct conf_trust trust[CONF_LIST_MAX]; /* pki-trustpoint, in order of preference */
	size_t trust_count;
	int keyring;   /* CONF_NONE: psk, or no pre-shared keys at all */
	conf_name psk; /* [psk NAME] of the secrets file; "": the keyring */
	/* Indices that conf_parse() never leaves CONF_NONE. */
	int proposal[CONF_LIST_MAX];
	size_t proposal_count;
	int ipsec_profile;
	int authorization_policy;
	int mangler;          /* of the identity, to the name of another policy; CONF_NONE: none */
	int virtual_template; /* index, not number */
	uint32_t life_s;      /* of the IKE SA */
	enum conf_uniqueness uniqueness;
	uint32_t session_limit; /* sessions of one identity at once, 0: any number */
	struct conf_dpd dpd;    /* this and the next two: the gateway's unless given */
	uint32_t nat_keepalive_s;
	struct conf_redirect redirect; /* mode AUTH or OFF; INIT is the gateway's alone */
	enum conf_mobike mobike;
	conf_name ppk[CONF_LIST_MAX]; /* [ppk NAME] of the secrets file, RFC 8784 */
	size_t ppk_count;
	bool ppk_required;
};

struct conf {
	struct conf_gateway gateway;
	struct conf_proposal *proposals;
	size_t proposal_count;
	struct conf_ipsec_profile *ipsec_profiles;
	size_t ipsec_profile_count;
	struct conf_pool *pools;
	size_t pool_count;
	struct conf_authorization_policy *policies;
	size_t policy_count;
	struct conf_virtual_template *templates;
	size_t template_count;
	struct conf_keyring *keyrings;
	size_t keyring_count;
	struct conf_trustpoint *trustpoints;
	size_t trustpoint_count;
	struct conf_cert_map *cert_maps;
	size_t cert_map_count;
	struct conf_mangler *manglers;
	size_t mangler_count;
	struct conf_private private_attributes;
	struct conf_profile *profiles;
	size_t profile_count;
};

/* What is wrong with a file: "flexgate.conf:12: [pool a] range: ...", one sentence each. */
struct conf_errors {
	struct conf_error {
		unsigned line; /* 0: the file as a whole */
		char text[512];
	} first[16];
	size_t count; /* may exceed 16 */
	char file[CONF_TEXT_MAX];
};

/*
 * Read and check a public configuration. name is for messages. Returns the object, or NULL with at
 * least one error.
 */
struct conf *conf_parse(FILE *in, const char *name, struct conf_errors *errors);
void conf_free(struct conf *conf);
/* The same from a descriptor, which is closed. NULL: why says what is wrong, in one sentence. */
struct conf *conf_load(int fd, char *why, size_t cap);
/* The first error, and how many more there are. */
void conf_errors_text(const struct conf_errors *errors, char *text, size_t cap);

/* NULL: there is none of this name. */
const struct conf_profile *conf_find_profile(const struct conf *conf, const char *name);

/* All methods as one set. */
static inline unsigned conf_auth_set(const struct conf_auths *auths)
{
	unsigned set = 0;

	for (size_t i = 0; i < auths->count; i++)
		set |= auths->method[i];
	return set;
}

/* Why `next` cannot replace `now` without a restart: a sentence naming the key, or NULL. */
const char *conf_needs_restart(const struct conf *now, const struct conf *next);

/* Is this identity of the wire the same? Case counts only where it does in identities. */
bool conf_identity_is(const struct conf_identity *id, uint8_t type, const uint8_t *data,
		      size_t len);
/* The address that an identity of that kind is; false: it is none. */
bool conf_identity_ip(uint8_t type, const uint8_t *data, size_t len, struct fg_ip *ip);
/* Bring an identity of the wire into the form in which equal names have equal bytes: host names,
 * also behind the '@' of a mail address, in lower case. */
void conf_identity_fold(uint8_t type, uint8_t *data, size_t len);

/* The text of an identity as the configuration writes it: "fqdn gw.example.org". Outside bytes are
 * escaped. Returns buf. */
const char *conf_identity_text(uint8_t type, const uint8_t *data, size_t len, char *buf,
			       size_t cap);

#endif
