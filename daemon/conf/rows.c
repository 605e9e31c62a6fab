// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every section and key of flexgate.conf and of the secrets file. The vocabulary is that of IOS
 * FlexVPN, its words joined by dashes: "match identity remote fqdn ..." is "match-identity-remote =
 * fqdn ...".
 */
#include "conf/secrets.h"
#include "conf/table.h"
#include "conf/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Both end at count_at, so that the value behind them is the flags. */
#define FIELD(type, field)                                                                         \
	.at = offsetof(type, field), .size = sizeof(((type *)0)->field), .max = 0, .count_at = 0
#define LIST(type, field, count)                                                                   \
	.at = offsetof(type, field), .size = sizeof(((type *)0)->field[0]),                        \
	.max = COUNT(((type *)0)->field), .count_at = offsetof(type, count)
#define WORDS(...)                                                                                 \
	.words = (const struct conf_word[])                                                        \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			NULL, 0                                                                    \
		}                                                                                  \
	}
#define ROWS(type, field, count)                                                                   \
	.at = offsetof(struct conf, field), .size = sizeof(type),                                  \
	.count_at = offsetof(struct conf, count)
#define KEYS(array) .keys = (array), .key_count = COUNT(array)
#define ELEMENTS    (CONF_COMMAS | CONF_SPACES)

enum {
	SOCKET_PATH_MAX = 107,                    /* sun_path without NUL */
	RUN_DIRECTORY_MAX = SOCKET_PATH_MAX - 16, /* room for "/flexd.sock" and the like */
	BPF_DIRECTORY_MAX = CONF_TEXT_MAX - 32,
};

#define DPD_FORMS "off or SECONDS RETRY on-demand|periodic, e.g. 30 5 on-demand"
#define DPD_HELP                                                                                   \
	"Dead peer detection: a client that was not heard for so many seconds (10 to 3600) is "    \
	"asked again and again, RETRY seconds (2 to 60) apart; on-demand only while we send to it."
#define NAT_KEEPALIVE_HELP "Seconds between NAT keepalives while the gateway is behind a NAT."

/* clang-format off */
static const struct conf_key gateway_keys[] = {
	{ "outside", conf_read_device, LIST(struct conf_gateway, outside, outside_count),
	  CONF_REQUIRED | ELEMENTS,
	  .expected = "names of network devices",
	  .help = "Devices on which clients reach the gateway." },
	{ "inside", conf_read_device, LIST(struct conf_gateway, inside, inside_count), ELEMENTS,
	  .expected = "names of network devices",
	  .help = "Devices towards the networks that clients visit; may be an outside device too." },
	{ "local-address", conf_read_address, LIST(struct conf_gateway, local, local_count), ELEMENTS,
	  .expected = "IPv4 or IPv6 addresses of this machine",
	  .help = "Addresses at which IKE and ESP are served; without it those of the outside devices." },
	{ "workers", conf_read_number, FIELD(struct conf_gateway, workers),
	  .low = 1, .high = 16, WORDS({ "auto", 0 }), .fallback = "auto",
	  .help = "Crypto worker threads; auto is one per receive queue." },
	{ "max-sessions", conf_read_number, FIELD(struct conf_gateway, max_sessions),
	  .low = 2, .high = 131072, .fallback = "16384",
	  .help = "Rows of the session table; one is used up by the gateway itself." },
	{ "half-open-limit", conf_read_number, FIELD(struct conf_gateway, half_open_limit),
	  .low = 1, .high = 131072, .fallback = "1000",
	  .help = "IKE SAs that may be unfinished at once." },
	{ "half-open-timeout", conf_read_number, FIELD(struct conf_gateway, half_open_timeout_s),
	  .low = 1, .high = 3600, .fallback = "30",
	  .expected = "seconds from 1 to 3600",
	  .help = "Seconds after which an unfinished IKE SA is forgotten." },
	{ "fragmentation-mtu", conf_read_number, FIELD(struct conf_gateway, fragmentation_mtu),
	  .low = 256, .high = 1500, WORDS({ "off", 0 }), .fallback = "1280",
	  .help = "Longest IP datagram of IKE; longer messages go in fragments (RFC 7383) to peers "
		  "that can. Behind a retransmission it is 576 for IPv4 and 1280 for IPv6 at most." },
	{ "cookie-challenge", conf_read_number, FIELD(struct conf_gateway, cookie_challenge),
	  .low = 1, .high = 131072,
	  WORDS({ "always", CONF_COOKIE_ALWAYS }, { "never", CONF_COOKIE_NEVER }), .fallback = "100",
	  .help = "Unfinished IKE SAs from which on a client must return a cookie before it gets one; "
		  "half of half-open-limit at most." },
	{ "init-rate", conf_read_number, FIELD(struct conf_gateway, init_rate),
	  .low = 1, .high = 100000000, WORDS({ "off", 0 }), .fallback = "5000",
	  .help = "IKE_SA_INIT per second, on each CPU, that XDP lets through; beyond it cookies are "
		  "asked for." },
	{ "init-rate-source", conf_read_number, FIELD(struct conf_gateway, init_rate_source),
	  .low = 1, .high = 100000000, WORDS({ "off", 0 }), .fallback = "500",
	  .help = "The same of one IPv4 address or IPv6 /64; four times as many of a /24 or /48." },
	{ "flood-guard", conf_read_word, FIELD(struct conf_gateway, flood_guard),
	  WORDS({ "auto", CONF_GUARD_AUTO }, { "xdp", CONF_GUARD_XDP },
		{ "daemon", CONF_GUARD_DAEMON }), .fallback = "auto",
	  .help = "Who stops a flood of IKE_SA_INIT: XDP before the daemon (auto: on a veth only "
		  "counting), or the daemon alone." },
	{ "forwarding", conf_read_word, FIELD(struct conf_gateway, fast_door),
	  WORDS({ "fast", 1 }, { "stack", 0 }), .fallback = "fast",
	  .help = "fast: workers transmit on the devices themselves; stack: all passes the kernel." },
	{ "xdp-mode", conf_read_word, FIELD(struct conf_gateway, xdp_mode),
	  WORDS({ "auto", CONF_XDP_AUTO }, { "native", CONF_XDP_NATIVE },
		{ "generic", CONF_XDP_GENERIC }), .fallback = "auto",
	  .help = "Where XDP runs: in the driver, in the kernel's generic hook, or the best there is." },
	{ "crypto", conf_read_word, FIELD(struct conf_gateway, crypto),
	  WORDS({ "auto", CONF_CRYPTO_AUTO }, { "intel-ipsec-mb", CONF_CRYPTO_IPSEC_MB },
		{ "openssl", CONF_CRYPTO_OPENSSL }), .fallback = "auto",
	  .help = "Library that encrypts ESP." },
	{ "run-directory", conf_read_path, FIELD(struct conf_gateway, run_directory),
	  .high = RUN_DIRECTORY_MAX, .fallback = "/run/flexgate",
	  .expected = "an absolute path of at most 91 bytes",
	  .help = "Control socket, pid file and the empty directory the processes are shut into." },
	{ "bpf-directory", conf_read_path, FIELD(struct conf_gateway, bpf_directory),
	  .high = BPF_DIRECTORY_MAX, .fallback = "/sys/fs/bpf/flexgate",
	  .expected = "an absolute path of at most 224 bytes",
	  .help = "Where the maps are pinned, below a directory v2." },
	{ "secrets-file", conf_read_path, FIELD(struct conf_gateway, secrets_file),
	  .high = CONF_TEXT_MAX - 1, .fallback = "/etc/flexgate/secrets.conf",
	  .expected = "an absolute path of at most 255 bytes",
	  .help = "Pre-shared keys; must not be readable by group or others." },
	{ "user-ike", conf_read_user, FIELD(struct conf_gateway, user_ike),
	  .fallback = "flexgate-ike", .expected = "the name of a user other than root",
	  .help = "User that the IKE process runs as." },
	{ "user-aaa", conf_read_user, FIELD(struct conf_gateway, user_aaa),
	  .fallback = "flexgate-aaa", .expected = "the name of a user other than root",
	  .help = "User that the process with the secrets runs as." },
	{ "user-worker", conf_read_user, FIELD(struct conf_gateway, user_worker),
	  .fallback = "flexgate-worker", .expected = "the name of a user other than root",
	  .help = "User that the crypto workers run as." },
	{ "application-version", conf_read_text, FIELD(struct conf_gateway, application_version),
	  .high = 100, .expected = "a text",
	  .help = "What clients that ask for our version are told; without it nothing." },
	{ "log-private-attributes", conf_read_word, FIELD(struct conf_gateway, log_private_attributes),
	  WORDS({ "yes", 1 }, { "no", 0 }), .fallback = "no",
	  .help = "Log the private attributes that clients ask for: number, length, first bytes." },
	{ "flexvpn-vendor-id", conf_read_word, FIELD(struct conf_gateway, flexvpn_vendor_id),
	  WORDS({ "auto", CONF_FLEXVPN_AUTO }, { "on", CONF_FLEXVPN_ON }, { "off", CONF_FLEXVPN_OFF }),
	  .fallback = "auto",
	  .help = "Send FLEXVPN-SUPPORTED: auto to who sent it; then TSi is not narrowed to the address." },
	{ "log-level", conf_read_word, FIELD(struct conf_gateway, log_level),
	  WORDS({ "error", LOG_LEVEL_ERROR }, { "warn", LOG_LEVEL_WARN },
		{ "info", LOG_LEVEL_INFO }, { "debug", LOG_LEVEL_DEBUG }), .fallback = "info",
	  .help = "Least important lines that are written." },
	{ "dpd", conf_read_dpd, FIELD(struct conf_gateway, dpd), .fallback = "60 10 periodic",
	  .expected = DPD_FORMS, .help = DPD_HELP },
	{ "nat-keepalive", conf_read_number, FIELD(struct conf_gateway, nat_keepalive_s),
	  .low = 5, .high = 3600, WORDS({ "off", 0 }), .fallback = "20",
	  .expected = "off or seconds from 5 to 3600", .help = NAT_KEEPALIVE_HELP },
	{ "redirect", conf_read_redirect, FIELD(struct conf_gateway, redirect),
	  WORDS({ "init", CONF_REDIRECT_INIT }, { "auth", CONF_REDIRECT_AUTH }), .fallback = "off",
	  .expected = "off, or init or auth and address A or fqdn NAME",
	  .help = "Another gateway to which clients are sent, before or after they have proved who they "
		  "are; only those that know RFC 5685." },
};

/* Transform ids of RFC 7296 3.3.2, RFC 4106, RFC 4868, RFC 5903, RFC 8031; groups also by the names
 * that other programs use. */
enum { ENCR_AES_CBC = 12, ENCR_AES_GCM_16 = 20, ENCR_CHACHA20_POLY1305 = 28 };
#define CIPHER(id, bits) ((uint32_t)(id) << 16 | (bits))
#define GROUP_WORDS \
	{ "31", 31 }, { "19", 19 }, { "20", 20 }, { "21", 21 }, { "32", 32 }, { "18", 18 }, \
	{ "17", 17 }, { "16", 16 }, { "15", 15 }, { "14", 14 }, { "x25519", 31 }, \
	{ "ecp256", 19 }, { "ecp384", 20 }, { "ecp521", 21 }, { "x448", 32 }, { "modp8192", 18 }, \
	{ "modp6144", 17 }, { "modp4096", 16 }, { "modp3072", 15 }, { "modp2048", 14 }
/* Only with legacy = yes, as sha1 is: legacy.c. */
#define LEGACY_GROUP_WORDS { "5", 5 }, { "2", 2 }, { "modp1536", 5 }, { "modp1024", 2 }

/* Key exchanges behind the first, RFC 9370; ML-KEM where the crypto library has it. */
#define ADDITIONAL(object, number, about, ...)                                                     \
	{ "additional-key-exchange-" #number, conf_read_method,                                    \
	  LIST(struct object, additional.method[number - 1], additional.count[number - 1]),        \
	  ELEMENTS,                                                                                \
	  WORDS({ "mlkem768", 36 }, { "mlkem1024", 37 }, { "mlkem512", 35 }, { "none", 0 },        \
		{ "auto", CONF_METHOD_AUTO }, GROUP_WORDS),                                        \
	  .expected = "mlkem768, mlkem1024, mlkem512, a group, none or auto",                      \
	  .help = "Key exchanges that follow " about " (RFC 9370), the preferred first; none "      \
		  "among them: it may be left out; auto: every ML-KEM of the crypto library, or "    \
		  "none.",                                                                         \
	  __VA_ARGS__ }
#define IKE_ADDITIONAL(number, ...) ADDITIONAL(conf_proposal, number, "the first one", __VA_ARGS__)
#define ESP_ADDITIONAL(number) ADDITIONAL(conf_ipsec_profile, number, "that of set-pfs", )

static const struct conf_key proposal_keys[] = {
	{ "encryption", conf_read_cipher, LIST(struct conf_proposal, encryption, encryption_count),
	  ELEMENTS, WORDS({ "aes-gcm-256", CIPHER(ENCR_AES_GCM_16, 256) },
			  { "aes-gcm-192", CIPHER(ENCR_AES_GCM_16, 192) },
			  { "aes-gcm-128", CIPHER(ENCR_AES_GCM_16, 128) },
			  { "chacha20-poly1305", CIPHER(ENCR_CHACHA20_POLY1305, 0) },
			  { "aes-cbc-256", CIPHER(ENCR_AES_CBC, 256) },
			  { "aes-cbc-192", CIPHER(ENCR_AES_CBC, 192) },
			  { "aes-cbc-128", CIPHER(ENCR_AES_CBC, 128) }),
	  .fallback = "aes-gcm-256 aes-gcm-128 chacha20-poly1305 aes-cbc-256 aes-cbc-128",
	  .help = "Ciphers of the IKE SA, the preferred first." },
	{ "integrity", conf_read_word, LIST(struct conf_proposal, integrity, integrity_count), ELEMENTS,
	  WORDS({ "sha256", 12 }, { "sha384", 13 }, { "sha512", 14 }, { "sha1", 2 }),
	  .fallback = "sha512 sha384 sha256",
	  .help = "Integrity of the IKE SA; belongs to the aes-cbc ciphers, the others have their own." },
	{ "prf", conf_read_word, LIST(struct conf_proposal, prf, prf_count), ELEMENTS,
	  WORDS({ "sha256", 5 }, { "sha384", 6 }, { "sha512", 7 }, { "sha1", 2 }),
	  .fallback = "sha512 sha384 sha256",
	  .help = "Pseudo-random functions that make the keys." },
	{ "group", conf_read_word, LIST(struct conf_proposal, group, group_count), ELEMENTS,
	  WORDS(GROUP_WORDS, LEGACY_GROUP_WORDS),
	  .fallback = "31 19 20 21 32 16 15 14",
	  .help = "Diffie-Hellman groups by their IANA number or name." },
	{ "legacy", conf_read_word, FIELD(struct conf_proposal, legacy),
	  WORDS({ "yes", 1 }, { "no", 0 }), .fallback = "no",
	  .help = "Allow what is too weak for new clients: groups 2 (modp1024) and 5 (modp1536), sha1. "
		  "Weak algorithms are chosen last, with a warning at start and per login." },
	IKE_ADDITIONAL(1, .fallback = "auto"), IKE_ADDITIONAL(2, ), IKE_ADDITIONAL(3, ),
	IKE_ADDITIONAL(4, ), IKE_ADDITIONAL(5, ), IKE_ADDITIONAL(6, ), IKE_ADDITIONAL(7, ),
};

static const struct conf_key ipsec_profile_keys[] = {
	{ "transform", conf_read_word, LIST(struct conf_ipsec_profile, suite, suite_count), ELEMENTS,
	  WORDS({ "esp-gcm-256", FG_ESP_AES_GCM_256 }, { "esp-gcm-128", FG_ESP_AES_GCM_128 },
		{ "esp-chacha20-poly1305", FG_ESP_CHACHA20_POLY1305 },
		{ "esp-cbc-256-sha256", FG_ESP_AES_CBC_256_SHA256 },
		{ "esp-cbc-128-sha256", FG_ESP_AES_CBC_128_SHA256 },
		{ "esp-cbc-256-sha1", FG_ESP_AES_CBC_256_SHA1 },
		{ "esp-cbc-128-sha1", FG_ESP_AES_CBC_128_SHA1 }),
	  .fallback = "esp-gcm-256 esp-gcm-128 esp-chacha20-poly1305 esp-cbc-256-sha256 "
		      "esp-cbc-128-sha256",
	  .help = "ESP suites, the preferred first." },
	{ "esn", conf_read_word, FIELD(struct conf_ipsec_profile, esn),
	  WORDS({ "yes", CONF_ESN_YES }, { "no", CONF_ESN_NO }, { "require", CONF_ESN_REQUIRE }),
	  .fallback = "yes",
	  .help = "Extended (64-bit) sequence numbers: with clients that offer them, never, or with "
		  "no others." },
	{ "legacy", conf_read_word, FIELD(struct conf_ipsec_profile, legacy),
	  WORDS({ "yes", 1 }, { "no", 0 }), .fallback = "no",
	  .help = "Allow what is too weak for new clients: the suites with sha1. They are chosen last, "
		  "with a warning at start and per login." },
	{ "set-security-association-lifetime-seconds", conf_read_number,
	  FIELD(struct conf_ipsec_profile, life_s), .low = 20, .high = 2592000, .fallback = "3600",
	  .expected = "seconds from 20 to 2592000",
	  .help = "Lifetime of a CHILD SA; it is rekeyed somewhat before." },
	{ "set-security-association-lifetime-kilobytes", conf_read_number,
	  FIELD(struct conf_ipsec_profile, life_kb), .low = 2560, .high = 4294967295,
	  WORDS({ "disable", 0 }), .fallback = "disable",
	  .expected = "disable or kilobytes from 2560 to 4294967295",
	  .help = "Traffic in one direction after which a CHILD SA ends; it is rekeyed somewhat before." },
	{ "set-security-association-lifetime-packets", conf_read_number,
	  FIELD(struct conf_ipsec_profile, life_packets), .low = 1000, .high = 4294967295,
	  WORDS({ "disable", 0 }), .fallback = "disable",
	  .expected = "disable or packets from 1000 to 4294967295",
	  .help = "The same in packets; the sequence numbers of an SA are a limit of their own." },
	{ "set-pfs", conf_read_word, LIST(struct conf_ipsec_profile, pfs, pfs_count), ELEMENTS,
	  WORDS(GROUP_WORDS, { "none", 0 }), .fallback = "none",
	  .help = "Groups of the key exchange that a rekey of a CHILD SA must have, the preferred first; "
		  "none: we ask for none and take what a client asks for." },
	ESP_ADDITIONAL(1), ESP_ADDITIONAL(2), ESP_ADDITIONAL(3), ESP_ADDITIONAL(4),
	ESP_ADDITIONAL(5), ESP_ADDITIONAL(6), ESP_ADDITIONAL(7),
};

static const struct conf_key pool_keys[] = {
	{ "prefix", conf_read_prefix, FIELD(struct conf_pool, net), CONF_REQUIRED,
	  .expected = "PREFIX/LENGTH, e.g. 10.10.0.0/24",
	  .help = "Network of the pool: it is routed to the clients and holds every range." },
	{ "range", conf_read_range, LIST(struct conf_pool, range, range_count), CONF_COMMAS,
	  .expected = "FIRST-LAST or one address inside the prefix",
	  .help = "Addresses that are leased; without it the whole prefix without its network and "
		  "broadcast address." },
	{ "exclude", conf_read_range, LIST(struct conf_pool, exclude, exclude_count), CONF_COMMAS,
	  .expected = "FIRST-LAST or one address inside the prefix",
	  .help = "Addresses that are never leased." },
	{ "client-prefix-length", conf_read_number, FIELD(struct conf_pool, client_prefix_len),
	  .low = 1, .high = 128, .help = "IPv6 only: prefix length told to the client, 128 unless given." },
};

#define TOLD(field) FIELD(struct conf_authorization_policy, told.field)
#define TOLD_LIST(field, count) LIST(struct conf_authorization_policy, told.field, told.count)
#define YES_NO WORDS({ "yes", 1 }, { "no", 0 })

static const struct conf_key policy_keys[] = {
	{ "pool", NULL, FIELD(struct conf_authorization_policy, pool), .section = "pool",
	  .help = "Pool of the client's IPv4 address." },
	{ "ipv6-pool", NULL, FIELD(struct conf_authorization_policy, pool6), .section = "pool",
	  .help = "Pool of the client's IPv6 address." },
	{ "dns", conf_read_address, LIST(struct conf_authorization_policy, dns, dns_count), ELEMENTS,
	  .expected = "IPv4 or IPv6 addresses",
	  .help = "DNS servers told to the client." },
	{ "netmask", conf_read_netmask, FIELD(struct conf_authorization_policy, netmask),
	  .expected = "a mask from 255.0.0.0 to 255.255.255.255",
	  .help = "IPv4 netmask told to the client; without it none is." },
	{ "route-set-remote", conf_read_route,
	  LIST(struct conf_authorization_policy, subnets, subnet_count), CONF_COMMAS,
	  .expected = "ipv4 or ipv6 and PREFIX/LENGTH, e.g. ipv4 10.0.0.0/8",
	  .help = "Networks that clients reach through the tunnel (split tunnel); without it all." },
	{ "ipsec-flow-limit", conf_read_number, FIELD(struct conf_authorization_policy, flow_limit),
	  .low = 1, .high = 16, .fallback = "4",
	  .help = "CHILD SAs that a client may have at once." },
	{ "session-lifetime", conf_read_number,
	  FIELD(struct conf_authorization_policy, session_lifetime_s), .low = 120, .high = 25920000,
	  WORDS({ "off", 0 }), .fallback = "off", .expected = "off or seconds from 120 to 25920000",
	  .help = "The client is told to authenticate again in this time (RFC 4478); if it has not, its "
		  "session ends." },
	{ "def-domain", conf_read_domain, TOLD(def_domain), .expected = "the name of a domain",
	  .help = "Domain in which a client looks for short names." },
	{ "split-dns", conf_read_domain, TOLD_LIST(split_dns, split_dns_count), ELEMENTS,
	  .expected = "names of domains",
	  .help = "Domains whose names the client asks of these DNS servers; without it all names." },
	{ "dnssec-trust-anchor", conf_read_trust_anchor, TOLD_LIST(anchor, anchor_count),
	  .expected = "DOMAIN KEY-TAG ALGORITHM DIGEST-TYPE HEX, as in a DS record",
	  .help = "DNSSEC trust anchor of a domain of split-dns (RFC 8598)." },
	{ "wins", conf_read_address4, TOLD_LIST(wins, wins_count), ELEMENTS,
	  .expected = "IPv4 addresses", .help = "NetBIOS name servers told to the client." },
	{ "dhcp-server", conf_read_address, TOLD_LIST(dhcp, dhcp_count), ELEMENTS,
	  .expected = "IPv4 or IPv6 addresses",
	  .help = "DHCP servers that the client may ask through the tunnel." },
	{ "banner", conf_read_text, TOLD_LIST(banner, banner_count), CONF_TWICE, .high = 190,
	  .expected = "a line of text", .help = "Text that the client shows after the login, line by line." },
	{ "backup-gateway", conf_read_host, TOLD_LIST(backup_gateway, backup_gateway_count), ELEMENTS,
	  .expected = "host names or addresses",
	  .help = "Other gateways that the client may try when this one is gone." },
	{ "include-local-lan", conf_read_word, TOLD(include_local_lan), YES_NO, .fallback = "no",
	  .help = "Whether the client may go on using its own network beside the tunnel." },
	{ "pfs", conf_read_word, TOLD(pfs), YES_NO, .fallback = "no",
	  .help = "Whether the client is told to rekey with a new Diffie-Hellman exchange." },
	{ "save-password", conf_read_word, TOLD(save_password), YES_NO, .fallback = "no",
	  .help = "Whether the client may store its password." },
	{ "smartcard-removal-disconnect", conf_read_word, TOLD(smartcard_removal_disconnect), YES_NO,
	  .fallback = "no", .help = "Whether the client disconnects when its smart card is pulled." },
	{ "configuration-url", conf_read_text, TOLD(configuration_url), .high = 190,
	  .expected = "a URL", .help = "Where the client finds its configuration." },
	{ "configuration-version", conf_read_number, TOLD(configuration_version),
	  .low = 1, .high = 32767, .help = "Version of the configuration at configuration-url." },
};

#define PRIVATE(field)                                                                             \
	conf_read_number, FIELD(struct conf_private, field), .low = 16384, .high = 32767

static const struct conf_key private_keys[] = {
	{ "configuration-url", PRIVATE(configuration_url),
	  .help = "Number of the attribute with the policy's configuration-url." },
	{ "configuration-version", PRIVATE(configuration_version),
	  .help = "Number of the attribute with the policy's configuration-version." },
	{ "smartcard-removal-disconnect", PRIVATE(smartcard_removal_disconnect),
	  .help = "Number of the attribute with the policy's smartcard-removal-disconnect." },
};

#define DN_WORDS                                                                                   \
	{ "common-name", CONF_MANGLE_COMMON_NAME }, { "country", CONF_MANGLE_COUNTRY },            \
	{ "domain", CONF_MANGLE_DOMAIN_COMPONENT }, { "locality", CONF_MANGLE_LOCALITY },          \
	{ "organization", CONF_MANGLE_ORGANIZATION },                                              \
	{ "organization-unit", CONF_MANGLE_ORGANIZATION_UNIT }, { "state", CONF_MANGLE_STATE }

static const struct conf_key mangler_keys[] = {
	{ "fqdn", conf_read_word, FIELD(struct conf_mangler, fqdn),
	  WORDS({ "all", CONF_MANGLE_ALL }, { "domain", CONF_MANGLE_DOMAIN },
		{ "hostname", CONF_MANGLE_HOSTNAME }),
	  .help = "The name in an fqdn: all of it, before or behind the first dot." },
	{ "email", conf_read_word, FIELD(struct conf_mangler, email),
	  WORDS({ "all", CONF_MANGLE_ALL }, { "domain", CONF_MANGLE_DOMAIN },
		{ "username", CONF_MANGLE_USERNAME }),
	  .help = "The name in a mail address: all of it, before or behind the '@'." },
	{ "dn", conf_read_word, FIELD(struct conf_mangler, dn), WORDS(DN_WORDS),
	  .help = "The name in a distinguished name: the value of one of its attributes." },
	{ "eap", conf_read_mangle_eap, FIELD(struct conf_mangler, eap),
	  WORDS({ "all", CONF_MANGLE_ALL }),
	  .expected = "all, dn ATTRIBUTE, prefix delimiter C or suffix delimiter C, where C is '.', '@', "
		      "'/' or '\\'",
	  .help = "The name in what the client says in EAP." },
};

static const struct conf_key template_keys[] = {
	{ "mtu", conf_read_number, FIELD(struct conf_virtual_template, mtu),
	  .low = 576, .high = 9000, .fallback = "1400",
	  .help = "Largest packet inside the tunnel, in bytes; IPv6 needs 1280." },
	{ "tcp-adjust-mss", conf_read_number, FIELD(struct conf_virtual_template, mss),
	  .low = 500, .high = 8960, WORDS({ "auto", 1 }, { "off", 0 }), .fallback = "auto",
	  .help = "TCP MSS is lowered to this; auto derives it from the MTU." },
	{ "ip-unnumbered", conf_read_device, FIELD(struct conf_virtual_template, unnumbered),
	  .expected = "the name of a network device",
	  .help = "Device whose address stands for the gateway's end of the tunnel." },
};

static const struct conf_key keyring_keys[] = {
	{ "psk", conf_read_name, LIST(struct conf_keyring, psk, psk_count), CONF_REQUIRED | ELEMENTS,
	  .expected = "names of [psk NAME] sections of the secrets file",
	  .help = "Pre-shared keys of this ring; each lies in the secrets file under its name." },
};

static const struct conf_key trustpoint_keys[] = {
	{ "ca-certificate", conf_read_path,
	  LIST(struct conf_trustpoint, ca_certificate, ca_certificate_count),
	  CONF_REQUIRED | CONF_COMMAS, .high = CONF_TEXT_MAX - 1,
	  .expected = "absolute paths of PEM files",
	  .help = "Certificates of the CA: whoever has a certificate that leads to one of them is known." },
	{ "certificate", conf_read_path, FIELD(struct conf_trustpoint, certificate),
	  .high = CONF_TEXT_MAX - 1, .expected = "the absolute path of a PEM file",
	  .help = "The gateway's own certificate, and behind it in the same file the intermediates." },
	{ "private-key", conf_read_path, FIELD(struct conf_trustpoint, private_key),
	  .high = CONF_TEXT_MAX - 1, .expected = "the absolute path of a PEM file",
	  .help = "The key of that certificate; must not be readable by group or others." },
	{ "ocsp-response", conf_read_path, FIELD(struct conf_trustpoint, ocsp_response),
	  .high = CONF_TEXT_MAX - 1, .expected = "the absolute path of a DER file",
	  .help = "What the CA's OCSP responder says of that certificate; clients that ask get it." },
	{ "crl", conf_read_path, LIST(struct conf_trustpoint, crl, crl_count), CONF_COMMAS,
	  .high = CONF_TEXT_MAX - 1, .expected = "absolute paths of files or directories",
	  .help = "Revocation lists in PEM or DER: files, or directories of them." },
	{ "revocation-check", conf_read_word, FIELD(struct conf_trustpoint, revocation),
	  WORDS({ "none", CONF_REVOCATION_NONE }, { "crl", CONF_REVOCATION_CRL },
		{ "crl none", CONF_REVOCATION_CRL_NONE }),
	  .help = "crl: without a list of each CA in force nobody is let in; crl none: a list that is "
		  "missing or old is no reason to refuse. Without this key crl if there is one." },
	{ "rsa-padding", conf_read_word, FIELD(struct conf_trustpoint, pss),
	  WORDS({ "pkcs1", 0 }, { "pss", 1 }), .fallback = "pkcs1",
	  .help = "How an RSA key signs for clients with RFC 7427; both are understood from clients." },
};

#define IDENTITY_FORMS "address A, fqdn NAME, email USER@NAME, key-id TEXT or dn [NAME]"
#define MATCH_FORMS \
	"any, address A[/LENGTH], fqdn [domain] NAME, email [domain] NAME, key-id TEXT or dn NAME"

/* The rows of a map are one list, whatever they look at. */
#define MAP_ROW(field) \
	conf_read_cert_rule, LIST(struct conf_cert_map, rule, rule_count), .low = (field)
#define TEXT_OPS "co, nc, eq or ne and a text"
#define NAME_OPS "co or nc and [ATTRIBUTE=]TEXT, or eq or ne and a whole name"
#define DATE_OPS "eq, ne, ge or lt and YYYY-MM-DD [HH:MM:SS] in UTC"

static const struct conf_key cert_map_keys[] = {
	{ "subject-name", MAP_ROW(CONF_CERT_SUBJECT), .expected = NAME_OPS,
	  .help = "The name of the certificate's owner, e.g. co OU=staff." },
	{ "issuer-name", MAP_ROW(CONF_CERT_ISSUER), .expected = NAME_OPS,
	  .help = "The name of the CA that issued it." },
	{ "alt-subject-name", MAP_ROW(CONF_CERT_ALT_NAME), .expected = TEXT_OPS,
	  .help = "Any of its alternative names: host names, mail addresses, addresses." },
	{ "unstructured-subject-name", MAP_ROW(CONF_CERT_UNSTRUCTURED), .expected = TEXT_OPS,
	  .help = "The unstructuredName in the owner's name, where routers write their host name." },
	{ "serial-number", MAP_ROW(CONF_CERT_SERIAL),
	  .expected = "co, nc, eq or ne and hex digits",
	  .help = "Serial number of the certificate." },
	{ "valid-start", MAP_ROW(CONF_CERT_VALID_START), .expected = DATE_OPS,
	  .help = "When it begins to be valid." },
	{ "expires-on", MAP_ROW(CONF_CERT_EXPIRES_ON), .expected = DATE_OPS,
	  .help = "When it ceases to be valid." },
};

#define METHODS(field)                                                                             \
	LIST(struct conf_profile, field.method, field.count)
#define METHOD_WORDS                                                                               \
	WORDS({ "pre-share", CONF_AUTH_PSK }, { "rsa-sig", CONF_AUTH_RSA },                        \
	      { "ecdsa-sig", CONF_AUTH_ECDSA }, { "eddsa-sig", CONF_AUTH_EDDSA })

static const struct conf_key profile_keys[] = {
	{ "match-identity-remote", conf_read_match, LIST(struct conf_profile, match, match_count),
	  .expected = MATCH_FORMS,
	  .help = "Which clients this profile is for; exact before domain before network before any." },
	{ "match-certificate", NULL, LIST(struct conf_profile, cert_map, cert_map_count), ELEMENTS,
	  .section = "pki-certificate-map",
	  .help = "Or by what their certificates say: names of [pki-certificate-map] sections." },
	{ "match-address-local", conf_read_address,
	  LIST(struct conf_profile, match_local, match_local_count), ELEMENTS,
	  .expected = "IPv4 or IPv6 addresses of this machine",
	  .help = "Only clients that reach the gateway at one of these addresses." },
	{ "match-outside-interface", conf_read_device,
	  LIST(struct conf_profile, match_outside, match_outside_count), ELEMENTS,
	  .expected = "names of outside devices",
	  .help = "Only clients that come in by one of these devices." },
	{ "identity-local", conf_read_identity, FIELD(struct conf_profile, local), CONF_REQUIRED,
	  .expected = IDENTITY_FORMS,
	  .help = "Who the gateway says it is." },
	{ "authentication-local", conf_read_word, METHODS(auth_local), CONF_REQUIRED | ELEMENTS,
	  METHOD_WORDS,
	  .help = "How the gateway proves its identity; of signatures the preferred first." },
	{ "authentication-remote", conf_read_word, METHODS(auth_remote), CONF_REQUIRED | ELEMENTS,
	  METHOD_WORDS, .help = "How clients prove their identity: any of these." },
	{ "authentication-remote-second", conf_read_word, METHODS(auth_second), ELEMENTS, METHOD_WORDS,
	  .help = "How clients prove themselves once more, RFC 4739; without it once is enough." },
	{ "rsa-sig-sha1", conf_read_word, FIELD(struct conf_profile, rsa_sha1),
	  WORDS({ "yes", 1 }, { "no", 0 }), .fallback = "no",
	  .help = "RSA with SHA-1 for clients that do not know RFC 7427: legacy, a weak hash." },
	{ "childless", conf_read_word, FIELD(struct conf_profile, childless),
	  WORDS({ "yes", 1 }, { "no", 0 }), .fallback = "no",
	  .help = "Clients may log in without a CHILD SA and ask for it afterwards, RFC 6023." },
	{ "keyring-local", NULL, FIELD(struct conf_profile, keyring), .section = "ikev2-keyring",
	  .help = "Keyring that holds the pre-shared keys of both sides." },
	{ "psk", conf_read_name, FIELD(struct conf_profile, psk),
	  .expected = "the name of a [psk NAME] section of the secrets file",
	  .help = "The one pre-shared key of this profile, instead of keyring-local." },
	{ "pki-trustpoint", NULL, LIST(struct conf_profile, trust, trust_count), CONF_COMMAS,
	  WORDS({ "sign", CONF_TRUST_SIGN }, { "verify", CONF_TRUST_VERIFY }),
	  .section = "pki-trustpoint",
	  .expected = "the name of a [pki-trustpoint], alone or with sign or verify behind it",
	  .help = "Trustpoints in order of preference, each \"NAME\", \"NAME sign\" or \"NAME verify\": "
		  "with whose certificate the gateway signs, whose certificates it believes." },
	{ "proposal", NULL, LIST(struct conf_profile, proposal, proposal_count), ELEMENTS,
	  .section = "ikev2-proposal", .fallback = "default",
	  .help = "IKE proposals that are acceptable, the preferred first." },
	{ "ipsec-profile", NULL, FIELD(struct conf_profile, ipsec_profile),
	  .section = "ipsec-profile", .fallback = "default",
	  .help = "ESP suites that are acceptable." },
	{ "aaa-authorization-group", NULL, FIELD(struct conf_profile, authorization_policy),
	  .flags = CONF_REQUIRED, .section = "ikev2-authorization-policy",
	  .help = "What a client of this profile gets: the name of an [ikev2-authorization-policy]." },
	{ "aaa-authorization-name-mangler", NULL, FIELD(struct conf_profile, mangler),
	  .section = "ikev2-name-mangler",
	  .help = "Its identity names the client's policy instead, where there is one of that name." },
	{ "virtual-template", NULL, FIELD(struct conf_profile, virtual_template),
	  .flags = CONF_REQUIRED, .section = "virtual-template",
	  .help = "Template of the client's virtual-access." },
	{ "lifetime", conf_read_number, FIELD(struct conf_profile, life_s),
	  .low = 120, .high = 86400, .fallback = "86400", .expected = "seconds from 120 to 86400",
	  .help = "Lifetime of the IKE SA; it is rekeyed somewhat before." },
	{ "uniqueness", conf_read_word, FIELD(struct conf_profile, uniqueness),
	  WORDS({ "replace", CONF_UNIQUE_REPLACE }, { "keep", CONF_UNIQUE_KEEP },
		{ "reject", CONF_UNIQUE_REJECT }), .fallback = "replace",
	  .help = "What a login means for earlier sessions of the same identity." },
	{ "session-limit", conf_read_number, FIELD(struct conf_profile, session_limit),
	  .low = 1, .high = 65535, WORDS({ "unlimited", 0 }), .fallback = "unlimited",
	  .help = "Sessions that one identity may have at once." },
	{ "dpd", conf_read_dpd, FIELD(struct conf_profile, dpd), .expected = DPD_FORMS,
	  .help = DPD_HELP },
	{ "nat-keepalive", conf_read_number, FIELD(struct conf_profile, nat_keepalive_s),
	  .low = 5, .high = 3600, WORDS({ "off", 0 }),
	  .expected = "off or seconds from 5 to 3600", .help = NAT_KEEPALIVE_HELP },
	{ "redirect", conf_read_redirect, FIELD(struct conf_profile, redirect),
	  WORDS({ "auth", CONF_REDIRECT_AUTH }),
	  .expected = "off, or auth and address A or fqdn NAME",
	  .help = "Another gateway to which this profile's clients are sent." },
	{ "mobike", conf_read_word, FIELD(struct conf_profile, mobike),
	  WORDS({ "on", CONF_MOBIKE_ON }, { "unverified", CONF_MOBIKE_UNVERIFIED },
		{ "off", CONF_MOBIKE_OFF }), .fallback = "on",
	  .help = "RFC 4555: clients keep their session when their address changes; unverified: without "
		  "a check that they are there." },
	{ "ppk", conf_read_name, LIST(struct conf_profile, ppk, ppk_count), ELEMENTS,
	  .expected = "names of [ppk NAME] sections of the secrets file",
	  .help = "Post-quantum pre-shared keys (RFC 8784) of this profile's clients, mixed into the "
		  "keys of the IKE SA; a client names the one it has." },
	{ "ppk-required", conf_read_word, FIELD(struct conf_profile, ppk_required),
	  WORDS({ "yes", 1 }, { "no", 0 }), .fallback = "no",
	  .help = "Whether a client without one of the keys is refused." },
};

const struct conf_section conf_public_sections[] = {
	{ "gateway", CONF_UNNAMED, .at = offsetof(struct conf, gateway),
	  .size = sizeof(struct conf_gateway), KEYS(gateway_keys), .required = true,
	  .help = "The gateway as a whole." },
	{ "ikev2-proposal", CONF_NAMED, ROWS(struct conf_proposal, proposals, proposal_count),
	  KEYS(proposal_keys), .has_default = true,
	  .help = "Algorithms of the IKE SA; [ikev2-proposal default] exists unless it is written." },
	{ "ipsec-profile", CONF_NAMED, ROWS(struct conf_ipsec_profile, ipsec_profiles, ipsec_profile_count),
	  KEYS(ipsec_profile_keys), .has_default = true,
	  .help = "Algorithms of ESP; [ipsec-profile default] exists unless it is written." },
	{ "pool", CONF_NAMED, ROWS(struct conf_pool, pools, pool_count), KEYS(pool_keys),
	  .help = "Addresses for clients, of one family." },
	{ "ikev2-authorization-policy", CONF_NAMED,
	  ROWS(struct conf_authorization_policy, policies, policy_count), KEYS(policy_keys),
	  .help = "What a client gets: addresses, DNS servers, networks." },
	{ "private-attributes", CONF_UNNAMED, .at = offsetof(struct conf, private_attributes),
	  .size = sizeof(struct conf_private), KEYS(private_keys),
	  .help = "Numbers of attributes of the configuration payload that have no public one." },
	{ "ikev2-name-mangler", CONF_NAMED, ROWS(struct conf_mangler, manglers, mangler_count),
	  KEYS(mangler_keys),
	  .help = "Which part of an identity is the name of an [ikev2-authorization-policy]." },
	{ "virtual-template", CONF_NUMBERED, ROWS(struct conf_virtual_template, templates, template_count),
	  KEYS(template_keys), .help = "What the virtual-access of a client looks like." },
	{ "ikev2-keyring", CONF_NAMED, ROWS(struct conf_keyring, keyrings, keyring_count),
	  KEYS(keyring_keys), .help = "A ring of pre-shared keys." },
	{ "pki-trustpoint", CONF_NAMED, ROWS(struct conf_trustpoint, trustpoints, trustpoint_count),
	  KEYS(trustpoint_keys),
	  .help = "A CA that is believed, and perhaps the gateway's own certificate of it." },
	{ "pki-certificate-map", CONF_NAMED, ROWS(struct conf_cert_map, cert_maps, cert_map_count),
	  KEYS(cert_map_keys),
	  .help = "What a certificate must say, for match-certificate; every row must hold." },
	{ "ikev2-profile", CONF_NAMED, ROWS(struct conf_profile, profiles, profile_count),
	  KEYS(profile_keys), .required = true,
	  .help = "Who may come, how each side proves itself, and what the client gets." },
};
const size_t conf_public_section_count = COUNT(conf_public_sections);

_Static_assert(COUNT(conf_public_sections) <= CONF_SECTIONS_MAX, "room in an array of sections");
_Static_assert(COUNT(gateway_keys) <= CONF_KEYS_MAX && COUNT(profile_keys) <= CONF_KEYS_MAX &&
		       COUNT(policy_keys) <= CONF_KEYS_MAX,
	       "room in an array of keys; the other sections have fewer");

#define KEY_FORMS "text, or 0x and pairs of hex digits"

static const struct conf_key psk_keys[] = {
	{ "identity", conf_read_match, FIELD(struct conf_psk, match), CONF_REQUIRED,
	  .expected = MATCH_FORMS, .help = "Which clients use this key." },
	{ "key", conf_read_secret, FIELD(struct conf_psk, key), CONF_QUIET,
	  .expected = KEY_FORMS,
	  .help = "The key itself; a long random one, as whoever guesses it can log in." },
	{ "key-local", conf_read_secret, FIELD(struct conf_psk, key_local), CONF_QUIET,
	  .expected = KEY_FORMS,
	  .help = "The key that the gateway proves itself with, where it differs from key-remote." },
	{ "key-remote", conf_read_secret, FIELD(struct conf_psk, key_remote), CONF_QUIET,
	  .expected = KEY_FORMS, .help = "The key that clients prove themselves with." },
};

static const struct conf_key ppk_keys[] = {
	{ "id", conf_read_ppk_id, FIELD(struct conf_ppk, id),
	  .expected = "text, or 0x and pairs of hex digits, of at most 64 bytes",
	  .help = "What clients call it; its name unless given." },
	{ "key", conf_read_secret, FIELD(struct conf_ppk, key), CONF_REQUIRED | CONF_QUIET,
	  .expected = KEY_FORMS,
	  .help = "The key itself, at least 32 bytes: half of it is left against a quantum computer." },
};

const struct conf_section conf_secret_sections[] = {
	{ "psk", CONF_NAMED, .at = offsetof(struct conf_secrets, psks), .size = sizeof(struct conf_psk),
	  .count_at = offsetof(struct conf_secrets, psk_count), KEYS(psk_keys),
	  .help = "One pre-shared key, named by an [ikev2-keyring]." },
	{ "ppk", CONF_NAMED, .at = offsetof(struct conf_secrets, ppks), .size = sizeof(struct conf_ppk),
	  .count_at = offsetof(struct conf_secrets, ppk_count), KEYS(ppk_keys),
	  .help = "One post-quantum pre-shared key, named by an [ikev2-profile]." },
};
const size_t conf_secret_section_count = COUNT(conf_secret_sections);
/* clang-format on */
