/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the processes say to each other. One struct per message; core/ipc.h carries them. Text
 * fields end with NUL inside their array (msg_text_ok()), addresses are in network byte order,
 * everything else in the machine's own.
 *
 *   flexd <-> ike, flexd <-> aaa, flexd <-> flexdp, ike <-> aaa
 *
 * Start of a child, each step answered before the next:
 *   child: HELLO   flexd: *_PREPARE (descriptors)      child: CONF_PREPARED   flexd: CONF_COMMIT
 *   flexd: SOCKET / PEER_CHANNEL (descriptors)         flexd: START           child: READY
 * A reload repeats CONF_PREPARE .. CONF_COMMIT (or CONF_ABORT) with new files.
 */
#ifndef DAEMON_MSG_H
#define DAEMON_MSG_H

#include "conf/conf.h"

#include <flexgate/plane.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum msg_type {
	/* any child <-> flexd */
	MSG_HELLO = 1,    /* child: alive */
	MSG_CONF_PREPARE, /* flexd: fd of the public configuration; read it, do not use it */
	MSG_PKI_PREPARE,  /* flexd: fd of what the trustpoints name (pki/bundle.h), then */
	MSG_KEY_PREPARE, /* flexd -> aaa: struct msg_key_prepare, fd of a private key; any number of
			  */
	MSG_SECRETS_PREPARE, /* flexd -> aaa: fd of the secrets */
	MSG_CONF_PREPARED,   /* child: struct msg_conf_prepared; ike: after PKI_PREPARE, aaa: after
			      * SECRETS_PREPARE, once for all of them */
	MSG_CONF_COMMIT,     /* flexd: use it */
	MSG_CONF_ABORT,      /* flexd: forget it */
	MSG_START,           /* flexd: confine yourself and begin */
	MSG_READY,           /* child: confined and working */

	/* flexd -> ike */
	MSG_SOCKET = 32,     /* fd: struct msg_socket */
	MSG_AAA_CHANNEL,     /* fd: a new channel to aaa (also to aaa: the other end) */
	MSG_SESSION_BEGUN,   /* struct msg_session_begun */
	MSG_SESSION_REFUSED, /* struct msg_session_refused */
	MSG_SA_ADDED,        /* struct msg_sa_added */
	MSG_SA_REFUSED,      /* struct msg_sa_refused */
	MSG_SPI_GIVEN,       /* struct msg_spi_given */
	MSG_SA_LIFE,         /* struct msg_sa_life: a limit is near, or reached */
	MSG_IDLE,            /* struct msg_idle */
	MSG_LOCALS,          /* struct msg_locals: after READY and whenever they change */
	MSG_SESSION_CLEAR, /* struct msg_session_clear: say DELETE to the peer, then SESSION_END */
	MSG_CLEAR_REST,    /* end every IKE SA that has no session: logins under way, childless ones
			    */
	MSG_PEER_MOVED,    /* struct msg_peer_moved: authenticated ESP came from there */
	MSG_IKE_SHOW,      /* struct msg_ike_show */
	MSG_IKE_TRACE,     /* struct msg_ike_trace */
	MSG_COOKIE_SECRETS, /* struct fg_cookie_secrets: of the cookies, also XDP's */
	MSG_STOP,           /* say DELETE to every peer, end, exit 0 */

	/* ike -> flexd */
	MSG_SESSION_BEGIN = 64, /* struct msg_session_begin */
	MSG_SPI_ASK,            /* struct msg_spi_ask; answered by SPI_GIVEN */
	MSG_SA_ADD,             /* struct msg_sa_add; answered by SA_ADDED or SA_REFUSED */
	MSG_SA_USE,             /* struct msg_sa_use */
	MSG_SA_DEL,             /* struct msg_sa_del */
	MSG_IDLE_ASK,           /* struct msg_idle_ask; answered by IDLE */
	MSG_SESSION_MOVE,       /* struct msg_session_move */
	MSG_SESSION_END,        /* struct msg_session_end */
	MSG_IKE_SA_ROW,         /* struct msg_ike_sa_row, any number of, in answer to IKE_SHOW */
	MSG_IKE_TALLY,          /* struct msg_ike_tally, likewise */
	MSG_PKI_ROW,            /* struct msg_pki_row, likewise */
	MSG_ALGORITHM_ROW,      /* struct msg_algorithm_row, likewise */
	MSG_IKE_STATS,          /* struct msg_ike_stats, ends the answer to IKE_SHOW */
	MSG_IKE_TRACE_LINE,     /* struct msg_ike_trace_line */
	MSG_COOKIE_DEMAND,      /* struct msg_cookie_demand: XDP asks for cookies, too */
	MSG_AAA_LOST,           /* the channel to aaa broke: bring another one */

	/* ike <-> aaa */
	MSG_AUTH_VERIFY = 96, /* struct msg_auth_verify */
	MSG_AUTH_VERDICT,     /* struct msg_auth_verdict */
	MSG_AUTH_SIGN,        /* struct msg_auth_sign */
	MSG_AUTH_SIGNED,      /* struct msg_auth_signed */
	MSG_PPK_MIX,          /* struct msg_ppk_mix */
	MSG_PPK_MIXED,        /* struct msg_ppk_mixed */

	/* flexdp <-> flexd */
	MSG_WORKER_START = 128, /* flexd: struct msg_worker_start, instead of CONF_* */
	MSG_WORKER_INFO,        /* flexdp: struct msg_worker_info, before READY */
	MSG_HOP_WANT,           /* flexdp: struct msg_hop_want */
	MSG_MOVED,              /* flexdp: struct msg_moved */
};

enum {
	MSG_IDENTITY_MAX = 256,
	MSG_WORKERS_MAX = 16,
	MSG_AUTH_MAX = 1280,      /* longest AUTH data; at least SIGN_AUTH_MAX */
	MSG_SHARED_AUTH_MAX = 64, /* longest AUTH with a shared key; at least PSK_AUTH_MAX */
	MSG_KEY_HASH_LEN = 20,
	MSG_SELECTORS_MAX = 32, /* of one side of an SA */
	MSG_OCTETS_MAX = 48 * 1024,
};

static inline bool msg_text_ok(const char *text, size_t cap)
{
	return memchr(text, '\0', cap) != NULL;
}

struct msg_identity {
	uint8_t type; /* RFC 7296 3.5 */
	uint8_t pad;
	uint16_t len;
	uint8_t data[MSG_IDENTITY_MAX];
};

struct msg_conf_prepared {
	int32_t ok;
	char why[512];
};

/* The private key of one trustpoint. */
struct msg_key_prepare {
	uint32_t trustpoint; /* index in the configuration that is being prepared */
};

struct msg_socket {
	struct endpoint local; /* bound to; port 500 or 4500 */
};

/* Addresses at which clients reach us. */
struct msg_locals {
	uint32_t count;
	struct fg_ip ip[FG_LOCALS];
};

/* ike: names a client's login between the processes. It is the responder SPI of its first IKE SA
 * and stays the same when that one is rekeyed. */

struct msg_session_begin {
	uint64_t ike;
	char profile[CONF_NAME_MAX];
	struct msg_identity remote;
	struct endpoint peer, local;
	uint8_t peer_behind_nat, local_behind_nat;
	uint8_t want4, want6;      /* the CFG_REQUEST asks for an address */
	struct fg_ip hint4, hint6; /* address it named, zero: none */
	char ike_suite[128];       /* in words, for people */
};

struct msg_session_begun {
	uint64_t ike;
	uint32_t session;
	__be32 inner4, netmask4; /* 0: none */
	struct fg_ip inner6;     /* zero: none */
	uint8_t prefix6;
	uint8_t pad[3];
	uint32_t flow_limit;         /* CHILD SAs at once */
	uint32_t session_lifetime_s; /* then the client must have authenticated again, 0: never */
	uint32_t subnet_count;
	struct conf_net subnets[CONF_NETS_MAX]; /* none: everything */
};

struct msg_session_refused {
	uint64_t ike;
	uint32_t cause; /* FG_CAUSE_* */
};

/*
 * CHILD SAs. A session has several pairs, within its bound. spi_in, with which the client sends,
 * names one: it is unique in the gateway. Messages about a pair or session that is gone are let be.
 */

/* An inbound SPI for an SA that we begin. It is kept until SA_ADD takes it, SA_DEL gives it back or
 * the session ends. */
struct msg_spi_ask {
	uint64_t ike;
	uint32_t session;
	uint32_t ticket; /* chosen by ike, comes back */
};

struct msg_spi_given {
	uint64_t ike;
	uint32_t session;
	uint32_t ticket;
	__be32 spi_in; /* 0: none is to be had */
	uint32_t pad;
};

/*
 * A traffic selector, RFC 7296 3.13.1, protocol 0: any. Ports in the machine's order; 0-65535 is
 * any, 65535-0 OPAQUE; of ICMP type * 256 + code. Addresses of one family, first <= last.
 */
struct msg_selector {
	struct fg_ip first, last;
	uint16_t port_first, port_last;
	uint8_t protocol;
	uint8_t pad[3];
};

/* Both directions of a new CHILD SA. Wipe after sending and after use. */
struct msg_sa_add {
	uint64_t ike;
	uint32_t session;
	__be32 spi_in;   /* of SPI_GIVEN, 0: flexd chooses */
	__be32 spi_out;  /* the peer chose it */
	__be32 replaces; /* spi_in of the SA it takes over from, 0: it is an additional one */
	uint16_t suite;  /* enum fg_esp_suite */
	uint8_t udp;     /* ESP in UDP */
	uint8_t esn;     /* 64-bit sequence numbers, RFC 4303 2.2.1 */
	uint8_t use_now; /* what goes to the client takes it at once; else from SA_USE on */
	uint8_t pad[3];
	/* SA_LIFE says when they are near and when they are reached, in either direction; 0: no
	 * limit. Bytes are those of the packets inside. */
	uint64_t life_bytes, life_packets;
	struct msg_esp_key {
		uint8_t key[32], salt[4], auth_key[32];
	} in, out;
	/* What it may carry: from any of `client` to any of `net`, and back. */
	uint32_t client_count, net_count;
	struct msg_selector client[MSG_SELECTORS_MAX], net[MSG_SELECTORS_MAX];
	char ts[256]; /* the same in words, for people */
};

struct msg_sa_added {
	uint64_t ike;
	uint32_t session;
	__be32 spi_in, spi_out;
	uint32_t pad;
};

/* The session stays as it was, unless this was to be its first SA: then it is over. */
struct msg_sa_refused {
	uint64_t ike;
	uint32_t session;
	__be32 spi_out;
	uint32_t cause;
	uint32_t pad;
};

/* What goes to the client takes this SA from now on, in the place of the one it replaces. */
struct msg_sa_use {
	uint64_t ike;
	uint32_t session;
	__be32 spi_in;
};

/* Its outbound side goes at once; the inbound side opens what is still under way for a while. Of a
 * reserved SPI: it is given back. */
struct msg_sa_del {
	uint64_t ike;
	uint32_t session;
	__be32 spi_in;
	uint32_t drain_ms;
	uint32_t pad;
};

/* Soft, once: make another SA in its place. Hard, once: it carries nothing more, delete it. */
struct msg_sa_life {
	uint64_t ike;
	uint32_t session;
	__be32 spi_in;
	uint8_t hard;
	uint8_t pad[7];
};

struct msg_idle_ask {
	uint64_t ike;
	uint32_t session;
	uint32_t pad;
};

/* Milliseconds since the last authenticated packet from the client and the last one to it, of
 * whichever SA; since the session's first SA when there was none; UINT32_MAX: longer. */
struct msg_idle {
	uint64_t ike;
	uint32_t session;
	uint32_t in_ms, out_ms;
	uint32_t pad;
};

/* RFC 4555: where the client is reached, and by which address of ours, as proven; for all SAs. */
struct msg_session_move {
	uint64_t ike;
	uint32_t session;
	uint8_t udp; /* ESP in UDP from now on */
	uint8_t peer_behind_nat;
	uint8_t pad[2];
	struct endpoint peer, local;
};

struct msg_session_clear {
	uint64_t ike;
	uint32_t session;
	uint32_t cause;
};

struct msg_session_end {
	uint64_t ike;
	uint32_t session;
	uint32_t cause;
};

/* was: where flexd believed it before. A SESSION_MOVE that was on its way then is newer. */
struct msg_peer_moved {
	uint64_t ike;
	struct endpoint peer, was;
};

enum msg_ike_what {
	MSG_SHOW_STATS,   /* nothing but the statistics, which end every answer */
	MSG_SHOW_SAS,     /* IKE_SA_ROWs */
	MSG_SHOW_TALLIES, /* IKE_TALLYs */
	MSG_SHOW_PKI,     /* PKI_ROWs */
	MSG_SHOW_CRYPTO,  /* ALGORITHM_ROWs */
};

struct msg_ike_show {
	uint32_t what; /* enum msg_ike_what */
};

/* An algorithm of IKE, and where it is offered. */
struct msg_algorithm_row {
	char kind[32], name[40]; /* "encryption", "AES-GCM-256" */
	char library[48];        /* whose code it is; "": the library in use has it not */
	char offered[160];       /* names of the proposals that have it */
};

enum msg_tally_kind { MSG_TALLY_EXCHANGE, MSG_TALLY_NOTIFY };

/* A row of what went over the wire. A notify counts as a request, whatever carried it. */
struct msg_ike_tally {
	uint32_t kind; /* enum msg_tally_kind */
	char name[60];
	uint64_t requests_in, requests_out, answers_in, answers_out;
};

/* A certificate or a revocation list of a trustpoint, or a sentence about what is wrong. */
struct msg_pki_row {
	char trustpoint[CONF_NAME_MAX]; /* "" with a problem, which names it itself */
	char what[16];                  /* own, intermediate, ca, crl, problem */
	char subject[256], issuer[256], key[32], status[32];
	int64_t from, until; /* seconds of the wall clock */
};

enum { IKE_TRACES = 4, MSG_TRACE_MAX = 512 }; /* who follow at once; bytes of a line, with NUL */

struct msg_ike_trace {
	uint32_t slot;            /* below IKE_TRACES */
	uint32_t serial;          /* comes back in every line */
	char whom[CONF_TEXT_MAX]; /* an address or an identity, "": no more */
};

struct msg_ike_trace_line {
	uint32_t slot, serial;
	char text[MSG_TRACE_MAX];
};

struct msg_ike_sa_row {
	uint64_t spi_i, spi_r;
	struct endpoint peer, local;
	struct msg_identity remote;
	char state[32], profile[CONF_NAME_MAX], suite[128];
	uint32_t session;
	uint32_t age_s;
	uint32_t peer_behind_nat, local_behind_nat;
	/* For `detail`; texts may be empty. */
	struct msg_identity ours;
	char client[32], vendors[256]; /* what software it is, and the vendor IDs that say so */
	char proof[128];               /* how each side proved itself */
	char agreed[160];              /* extensions in use */
	char asking[48];               /* our request that is not answered yet */
	uint32_t heard_s;              /* since a message of the peer was proven */
	uint32_t login_s;              /* since the client logged in; age_s: of this IKE SA */
	uint32_t rekeys;               /* IKE SAs before this one in the same login */
	uint32_t rekey_s, ends_s;      /* until we rekey it, until it must end; 0: never */
	uint32_t children;
	uint32_t mobike, moves;     /* is it agreed, and how often has the client moved */
	uint32_t next_in, next_out; /* message IDs: of the peer's next request, of ours */
};

struct msg_cookie_demand {
	uint32_t ms; /* from now on */
};

enum { MSG_IKE_DROPS = 64 };

struct msg_ike_stats {
#define FG_IKE_STAT(name, title) uint64_t name;
#include <flexgate/ikestat.def>
	uint64_t drop[MSG_IKE_DROPS]; /* by FG_IKE_DROP number */
};

/*
 * AUTH of RFC 7296 2.15. Followed by `octets_len` octets to be verified, `auth_len` of AUTH and
 * `own_len` octets that our own AUTH covers, where that is one with a shared key: it comes with the
 * verdict then, which saves a second question. Only in round 0.
 */
struct msg_auth_verify {
	uint64_t ike;
	char profile[CONF_NAME_MAX]; /* "": none matched; the answer is no, in the usual time */
	struct msg_identity remote;
	struct endpoint peer;
	uint8_t method; /* RFC 7296 3.8: 2 is the shared key */
	uint8_t round;  /* 0, or 1: the second authentication of RFC 4739 */
	uint16_t prf;   /* transform id */
	uint32_t octets_len, auth_len, own_len;
	uint32_t pad;
};

enum msg_auth_reason {
	MSG_AUTH_OK = 0,
	MSG_AUTH_NO_PROFILE,
	MSG_AUTH_NO_KEY, /* no PSK of the profile matches the identity */
	MSG_AUTH_WRONG,
	MSG_AUTH_METHOD,
};

struct msg_auth_verdict {
	uint64_t ike;
	uint32_t reason;  /* enum msg_auth_reason */
	uint16_t own_len; /* 0: not asked for, refused, or we have no key of this kind */
	uint8_t pad[2];
	uint8_t own[MSG_SHARED_AUTH_MAX]; /* our AUTH, method 2 */
};

/*
 * Followed by `octets_len` octets to be signed as the profile's local identity. Method 2 takes the
 * pre-shared key of `remote`; the others take the key of a trustpoint that the profile names to
 * sign with, and aaa signs with no other. key_hash says to which certificate the signature belongs
 * (the SHA-1 of its SPKI, struct pki_own), so that a renewal in this very moment does no harm.
 */
struct msg_auth_sign {
	uint64_t ike;
	char profile[CONF_NAME_MAX];
	struct msg_identity remote;
	uint16_t prf;
	uint8_t method; /* RFC 7296 3.8 */
	uint8_t scheme; /* enum sign_scheme; 0 with method 2 */
	char trustpoint[CONF_NAME_MAX];
	uint8_t key_hash[MSG_KEY_HASH_LEN];
	uint32_t octets_len;
};

struct msg_auth_signed {
	uint64_t ike;
	uint32_t ok;
	uint8_t method;
	uint8_t pad;
	uint16_t len;
	uint8_t auth[MSG_AUTH_MAX];
};

/* RFC 8784: mix the PPK of this identifier into SK_d, SK_pi and SK_pr. Wipe both after use. */
struct msg_ppk_mix {
	uint64_t ike;
	char profile[CONF_NAME_MAX];
	uint16_t prf; /* transform id */
	uint16_t id_len;
	uint32_t key_len; /* bytes of each key */
	uint8_t id[MSG_IDENTITY_MAX];
	uint8_t d[64], p_i[64], p_r[64];
};

struct msg_ppk_mixed {
	uint64_t ike;
	uint32_t ok; /* 0: the profile has no such PPK, and there are no keys */
	uint32_t pad;
	uint8_t d[64], p_i[64], p_r[64];
};

/* What flexdp needs before it gives up its rights. */
struct msg_worker_start {
	char bpf_directory[CONF_TEXT_MAX]; /* with the v<FG_ABI> part */
	char user[CONF_NAME_MAX];
	char run_directory[CONF_TEXT_MAX];
	uint32_t workers;
	uint32_t sessions, sas, selectors; /* rows of the maps */
	uint32_t crypto;                   /* as conf_gateway.crypto */
	uint32_t log_level;                /* enum log_level */
	uint32_t port_count;
	struct {
		uint32_t port; /* fg_xsk key is port * FG_QUEUES + queue */
		uint32_t ifindex;
		char name[16];
		uint32_t queues;
		uint32_t native;     /* XDP mode the program runs in */
		uint32_t pair;       /* fgw0: the stack door */
		uint8_t pair_mac[6]; /* of fgp0 */
		uint8_t pad[2];
	} ports[FG_PORTS];
};

struct msg_worker_info {
	char crypto[64]; /* "intel-ipsec-mb 1.3 (AVX-512)" */
	uint32_t workers;
	uint32_t zero_copy; /* bit per port */
	uint32_t frames;    /* of the umem, per worker */
};

struct msg_hop_want {
	struct fg_ip dst;
};

/* An authenticated ESP packet, newer than any before, came from another outer address. */
struct msg_moved {
	uint32_t session;
	uint32_t generation;
	struct endpoint peer;
};

enum fg_cause {
	FG_CAUSE_NONE = 0,
#define FG_CAUSE(number, name, text) FG_CAUSE_##name = number,
#include <flexgate/cause.def>
};

#endif
