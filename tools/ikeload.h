/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of ikeload: a load of IKEv2 clients with pre-shared keys or certificates. */
#ifndef TOOLS_IKELOAD_H
#define TOOLS_IKELOAD_H

#include "support/initiator.h"

#include <event2/event.h>

enum { COUNT_MAX = 100000, REASONS_MAX = 32 };
enum { REKEY_CHILD = 1, REKEY_IKE = 2 };

struct options {
	struct fg_ip gateway;
	struct fg_ip source, source_last; /* zero: the kernel's choice */
	const char *prefix, *suffix, *psk;
	const char *pki, *make_pki, *key; /* directories, kind of key */
	const char *gateway_name;         /* of --make-pki */
	unsigned count, parallel;
	unsigned hold_s, timeout_s, deadline_s;
	unsigned rekey_s, rekey_kinds; /* REKEY_*; rekey_s 0: none */
	bool pfs;
	bool want4, want6;
	bool nat, roam, logout, json;
};

enum phase { WAITING, LOGGING_IN, ROAMING, UP, REKEYING, DELETING_OLD, LOGGING_OUT, OVER };

struct load;

/* A message in as many datagrams as it takes. */
struct datagram {
	struct datagram *next;
	size_t len;
	uint8_t bytes[];
};

struct client {
	struct load *load;
	unsigned number;
	enum phase phase;
	int fd;
	struct event *readable, *timer;
	struct initiator *in;
	struct datagram *last; /* our request, until it is answered */
	void *leaf;            /* our certificate, NULL: none */
	struct crypto_chunk chain;
	unsigned tries;
	unsigned rekeys; /* begun */
	bool leaving;    /* when its rekey is over */
	uint64_t begun_us;
};

struct load {
	struct options options;
	struct event_base *base;
	struct client *clients;
	unsigned begun, open; /* open: logging in just now */
	unsigned up, failed, roamed, lost_roaming, logged_out, deleted, over;
	unsigned rekeyed_child, rekeyed_ike, rekeys_failed;
	struct certs *pki;    /* NULL: pre-shared keys */
	uint64_t *latency_us; /* one per success */
	uint64_t first_us, last_up_us;
	uint64_t cpu_us; /* of this process, when everybody was in */
	struct {
		char name[64];
		unsigned count;
	} reason[REASONS_MAX];
	unsigned reasons;
};

/* False: said why, and how it goes. */
bool options_read(struct options *options, int argc, char **argv);

/* A CA, a gateway's certificate and the clients' key pair in files of a directory: ca.pem,
 * ca-key.pem and so on. Keys of a kind as in support/ca.h. False: said why. */
bool certs_make(const char *directory, const char *kind, const char *gateway);
/* Such a directory, borrowed. NULL: said why. */
struct certs *certs_load(const char *directory);
void certs_free(struct certs *pki);
const struct sign_key *certs_key(const struct certs *pki);
/* The certificate of this name, to be freed; made when no load before had it. */
void *certs_leaf(const struct certs *pki, const char *identity, size_t *len);

uint64_t now_us(void);
/* Returns false when the client cannot even begin; it counts as failed then. */
bool client_begin(struct client *client);
void client_roam(struct client *client);
/* Rekey every rekey_s seconds, each client at its own moment. */
void client_rekeys(struct client *client);
void client_logout(struct client *client);
void client_free(struct client *client);

/* Of the load: a login succeeded, or anything failed, or a client is done. */
void load_up(struct client *client);
void load_roamed(struct client *client);
void load_failed(struct client *client, const char *reason);
/* A rekey was refused; the client goes on. */
void load_refused(struct client *client, const char *reason);
void load_over(struct client *client);

#endif
