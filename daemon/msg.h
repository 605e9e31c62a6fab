/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the processes say to each other. One struct per message; core/ipc.h carries them. Text
 * fields end with NUL inside their array (msg_text_ok()), addresses are in network byte order,
 * everything else in the machine's own.
 *
 *   flexd <-> ike, flexd <-> aaa, flexd <-> flexdp, ike <-> aaa
 *
 * Start of a child, each step answered before the next:
 *   child: HELLO   flexd: CONF_PREPARE (descriptors)   child: CONF_PREPARED   flexd: CONF_COMMIT
 *   flexd: SOCKET / PEER_CHANNEL (descriptors)         flexd: START           child: READY
 * A reload repeats CONF_PREPARE .. CONF_COMMIT (or CONF_ABORT) with a new file.
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
	MSG_HELLO = 1,       /* child: alive */
	MSG_CONF_PREPARE,    /* flexd: fd of the public configuration; read it, do not use it */
	MSG_SECRETS_PREPARE, /* flexd -> aaa: fd of the secrets, after CONF_PREPARE */
	MSG_CONF_PREPARED,   /* child: struct msg_conf_prepared; aaa: once, after SECRETS_PREPARE */
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
	MSG_SESSION_CLEAR, /* struct msg_session_clear: say DELETE to the peer, then SESSION_END */
	MSG_PEER_MOVED,    /* struct msg_peer_moved: authenticated ESP came from there */
	MSG_IKE_SHOW,      /* struct msg_ike_show */
	MSG_STOP,          /* say DELETE to every peer, end, exit 0 */

	/* ike -> flexd */
	MSG_SESSION_BEGIN = 64, /* struct msg_session_begin */
	MSG_SA_ADD,             /* struct msg_sa_add */
	MSG_SESSION_END,        /* struct msg_session_end */
	MSG_IKE_SA_ROW,         /* struct msg_ike_sa_row, any number of, in answer to IKE_SHOW */
	MSG_IKE_STATS,          /* struct msg_ike_stats, ends the answer to IKE_SHOW */
	MSG_AAA_LOST,           /* the channel to aaa broke: bring another one */

	/* ike <-> aaa */
	MSG_AUTH_VERIFY = 96, /* struct msg_auth_verify */
	MSG_AUTH_VERDICT,     /* struct msg_auth_verdict */
	MSG_AUTH_SIGN,        /* struct msg_auth_sign */
	MSG_AUTH_SIGNED,      /* struct msg_auth_signed */

	/* flexdp <-> flexd */
	MSG_WORKER_START = 128, /* flexd: struct msg_worker_start, instead of CONF_* */
	MSG_WORKER_INFO,        /* flexdp: struct msg_worker_info, before READY */
	MSG_HOP_WANT,           /* flexdp: struct msg_hop_want */
	MSG_MOVED,              /* flexdp: struct msg_moved */
};

enum {
	MSG_IDENTITY_MAX = 256,
	MSG_DNS_MAX = CONF_LIST_MAX,
	MSG_WORKERS_MAX = 16,
	MSG_AUTH_MAX = 1024, /* longest AUTH data */
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

struct msg_socket {
	struct endpoint local; /* bound to; port 500 or 4500 */
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
	uint32_t dns_count, subnet_count;
	struct fg_ip dns[MSG_DNS_MAX];
	struct conf_net subnets[CONF_NETS_MAX]; /* none: everything */
};

struct msg_session_refused {
	uint64_t ike;
	uint32_t cause; /* FG_CAUSE_* */
};

/* Both directions of a new CHILD SA. Wipe after sending and after use. */
struct msg_sa_add {
	uint64_t ike;
	uint32_t session;
	__be32 spi_out; /* the peer chose it */
	uint16_t suite; /* enum fg_esp_suite */
	uint8_t udp;    /* ESP in UDP */
	uint8_t pad;
	struct msg_esp_key {
		uint8_t key[32], salt[4], auth_key[32];
	} in, out;
	char ts[256]; /* narrowed selectors in words, for people */
};

struct msg_sa_added {
	uint64_t ike;
	uint32_t session;
	__be32 spi_in;
};

struct msg_sa_refused {
	uint64_t ike;
	uint32_t session;
	uint32_t cause;
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

struct msg_peer_moved {
	uint64_t ike;
	struct endpoint peer;
};

struct msg_ike_show {
	uint32_t rows; /* 0: only the statistics */
};

struct msg_ike_sa_row {
	uint64_t spi_i, spi_r;
	struct endpoint peer, local;
	struct msg_identity remote;
	char state[32], profile[CONF_NAME_MAX], suite[128];
	uint32_t session;
	uint32_t age_s;
	uint32_t peer_behind_nat, local_behind_nat;
};

enum { MSG_IKE_DROPS = 64 };

struct msg_ike_stats {
#define FG_IKE_STAT(name, title) uint64_t name;
#include <flexgate/ikestat.def>
	uint64_t drop[MSG_IKE_DROPS]; /* by FG_IKE_DROP number */
};

/* AUTH of RFC 7296 2.15. Followed by `octets_len` octets to be verified and `auth_len` of AUTH. */
struct msg_auth_verify {
	uint64_t ike;
	char profile[CONF_NAME_MAX]; /* "": none matched; the answer is no, in the usual time */
	struct msg_identity remote;
	struct endpoint peer;
	uint8_t method; /* RFC 7296 3.8: 2 is the shared key */
	uint8_t pad;
	uint16_t prf; /* transform id */
	uint32_t octets_len, auth_len;
};

enum msg_auth_reason {
	MSG_AUTH_OK = 0,
	MSG_AUTH_NO_PROFILE,
	MSG_AUTH_NO_KEY, /* no PSK of the keyring matches the identity */
	MSG_AUTH_WRONG,
	MSG_AUTH_METHOD,
};

struct msg_auth_verdict {
	uint64_t ike;
	uint32_t reason; /* enum msg_auth_reason */
};

/* Followed by `octets_len` octets to be signed as the profile's local identity. */
struct msg_auth_sign {
	uint64_t ike;
	char profile[CONF_NAME_MAX];
	struct msg_identity remote;
	uint16_t prf;
	uint16_t pad;
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

/* What flexdp needs before it gives up its rights. */
struct msg_worker_start {
	char bpf_directory[CONF_TEXT_MAX]; /* with the v<FG_ABI> part */
	char user[CONF_NAME_MAX];
	char run_directory[CONF_TEXT_MAX];
	uint32_t workers;
	uint32_t sessions, sas; /* rows of the maps */
	uint32_t crypto;        /* as conf_gateway.crypto */
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
