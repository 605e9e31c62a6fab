/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small IKEv2 initiator with a pre-shared key: the daemon's own wire and key code in the other
 * role, without sockets. Each maker leaves a datagram in `out`, with the non-ESP marker when it
 * goes to port 4500, and more of them behind it when the message is in fragments;
 * initiator_receive() takes what came back. Knobs make it misbehave.
 */
#ifndef SUPPORT_INITIATOR_H
#define SUPPORT_INITIATOR_H

#include "conf/conf.h"
#include "crypto/ke.h"
#include "crypto/sign.h"
#include "ike/fragment.h"
#include "ike/intauth.h"
#include "ike/keys.h"
#include "ike/limits.h"
#include "ike/packet.h"
#include "ike/proposal.h"
#include "ike/wire/build.h"

enum {
	INITIATOR_DATAGRAM_MAX = 8 * 1024,
	INITIATOR_INNER_MAX = 16 * 1024,
	INITIATOR_COOKIES_MAX = 8,
};

enum initiator_knob {
	INITIATOR_BAD_AUTH = 1 << 0, /* AUTH with one bit wrong */
	INITIATOR_NO_AUTH = 1 << 1,  /* as a client that wants EAP */
	INITIATOR_RSA_AUTH = 1 << 2, /* AUTH says method 1 */
	INITIATOR_NO_TS = 1 << 3,
	INITIATOR_TWO_IDS = 1 << 4,
	INITIATOR_CRITICAL = 1 << 5,   /* an unknown critical payload, in the next message */
	INITIATOR_BAD_PUBLIC = 1 << 6, /* a KE value that is no point, or 0 */
	INITIATOR_BAD_INNER = 1 << 7,  /* the last payload inside SK is cut */
	INITIATOR_NO_NAT_DETECTION = 1 << 8,
	INITIATOR_FAKE_NAT = 1 << 9,     /* NAT_DETECTION_SOURCE_IP that cannot match */
	INITIATOR_STAY_ON_500 = 1 << 10, /* does not float */
	INITIATOR_INITIAL_CONTACT = 1 << 11,
	INITIATOR_OTHER_TS = 1 << 12,    /* TSi without the leased address */
	INITIATOR_EAP_PAYLOAD = 1 << 13, /* a payload that may not come in IKE_AUTH here */
	INITIATOR_NO_CHILD = 1 << 14,    /* neither SA nor TS in IKE_AUTH, RFC 6023 */
	INITIATOR_NO_SA = 1 << 15,       /* TS without SA */
	INITIATOR_ANOTHER = 1 << 16,     /* announces one round of IKE_AUTH more than it has */
	INITIATOR_EAP_ONLY = 1 << 17,    /* EAP_ONLY_AUTHENTICATION */
	INITIATOR_REFLECT = 1 << 18,     /* AUTH covers what the gateway's own would */
	INITIATOR_NO_COOKIE2 = 1 << 28,  /* not returned, or another */
	INITIATOR_WRONG_COOKIE2 = 1 << 29,
};

/* A notify without SPI. */
struct initiator_notify {
	uint16_t type, len;
	uint8_t data[300];
};

enum { INITIATOR_NOTIFIES = 6 };

/* A vendor ID, or an attribute of the CFG_REQUEST; type 0 and no bytes end a list. */
struct initiator_bytes {
	uint16_t type;
	const void *data;
	size_t len;
};

enum { INITIATOR_VENDORS = 12, INITIATOR_ATTRS = 32 };

struct initiator_setup {
	struct initiator_bytes vendor[INITIATOR_VENDORS]; /* in IKE_SA_INIT */
	struct initiator_bytes attr[INITIATOR_ATTRS];     /* behind those that want4 ... ask for */
	const struct ike_sa *ike_offer, *esp_offer;       /* as recorded, NULL: of what is below */
	struct endpoint local, peer; /* peer: the gateway's, port 500 or 4500 */
	bool (*random)(void *arg, void *p, size_t len);
	void *random_arg;
	struct conf_proposal proposal; /* IKE offer */
	uint16_t group;                /* of the first KE payload, 0: the first of the offer */
	uint16_t esp[FG_ESP_SUITE_MAX];
	size_t esp_count;
	struct ike_pfs pfs; /* of a rekey of the CHILD SA; ke 0: without a key exchange */
	uint8_t id_type;
	char identity[CONF_TEXT_MAX]; /* as on the wire */
	size_t identity_len;          /* 0: a text, up to its NUL */
	char psk[CONF_TEXT_MAX];
	char psk_gateway[CONF_TEXT_MAX]; /* what the gateway must have, "": the same */
	/* Of a second round, RFC 4739; "": there is none. */
	char identity2[CONF_TEXT_MAX], psk2[CONF_TEXT_MAX];
	/* A certificate instead of psk: its private key and its chain, the leaf first. Borrowed. */
	const struct sign_key *key;
	const struct crypto_chunk *chain;
	size_t chain_count;
	bool key_unused;           /* shows the chain, and proves itself with psk */
	struct sign_choice choice; /* how to sign; method 0: as this gateway can be shown */
	bool pss, sha1;            /* for that choice: RSA pads with PSS, may take SHA-1 */
	uint32_t hashes;           /* our SIGNATURE_HASH_ALGORITHMS, bit IKE_HASH_*; 0: none sent */
	const uint8_t (*authorities)[IKE_AUTHORITY_LEN]; /* of our CERTREQ */
	size_t authority_count;
	bool certreq; /* send one, perhaps without authorities */
	bool certreq_ocsp;
	uint8_t idr_type; /* of the IDr in our request, 0: none */
	const void *idr;
	size_t idr_len;
	/* A last change of AUTH on its way out, NULL: none. */
	void (*change_auth)(uint8_t *method, uint8_t *data, size_t *len);
	bool want4, want6, want_dns;
	struct fg_ip hint4;
	bool no_config;        /* no CFG_REQUEST at all */
	uint16_t fragment_mtu; /* of our IP datagrams, RFC 7383; 0: no fragments */
	char ppk_id[CONF_NAME_MAX], ppk[CONF_NAME_MAX]; /* RFC 8784, "": none */
	bool ppk_optional;                              /* NO_PPK_AUTH goes with it */
	size_t padding; /* bytes of a Vendor ID that makes IKE_AUTH long */
	unsigned knobs;
	/* Added to IKE_SA_INIT and to IKE_AUTH; type 0 ends the list. */
	struct initiator_notify in_init[INITIATOR_NOTIFIES], in_auth[INITIATOR_NOTIFIES];
};

enum initiator_state {
	INITIATOR_NEW,
	INITIATOR_INIT_SENT,
	INITIATOR_KEYED,
	INITIATOR_AUTH_SENT,
	INITIATOR_ROUND, /* a round of IKE_AUTH is answered, another one follows */
	INITIATOR_UP,
	INITIATOR_CHILDLESS, /* authenticated; `refusal` says why there is no CHILD SA, 0: none
				asked for */
	INITIATOR_REFUSED,   /* `refusal` says why */
	INITIATOR_CLOSED,
};

enum initiator_event {
	INITIATOR_IGNORED,  /* not for us, or not believed */
	INITIATOR_RETRY,    /* another group or a cookie is wanted: make IKE_SA_INIT again */
	INITIATOR_STEP,     /* the next message of the login or of a rekey: initiator_step() */
	INITIATOR_DONE,     /* IKE_AUTH is answered: look at state */
	INITIATOR_ANSWERED, /* to our INFORMATIONAL or CREATE_CHILD_SA; `answer` has it */
	INITIATOR_REKEYED,  /* the new SA is in use: initiator_delete_old() */
	INITIATOR_ANSWER,   /* a request of the gateway: our answer stands in out */
};

/* What an IKE SA has of its own. */
struct initiator_ike {
	uint64_t spi_i, spi_r;
	struct ike_keys keys;
	struct crypto_sk *sk_in, *sk_out;
	uint32_t next_id, gateway_id;
};

/* A rekey under way. */
struct initiator_create {
	bool open, ike;
	__be32 old_in, spi_in;
	uint64_t spi, peer_spi;
	struct ike_suite suite;
	struct ike_esp_choice esp;
	uint8_t ni[IKE_NONCE_LEN], nr[IKE_NONCE_MAX];
	size_t nr_len;
	struct ke *ke; /* of the message that is out */
	uint16_t method[CONF_ADDITIONAL_MAX];
	uint8_t at;
	uint8_t link[64]; /* for the next IKE_FOLLOWUP_KE */
	size_t link_len;
	uint8_t shared[KE_SECRET_MAX], more[CONF_ADDITIONAL_MAX * KE_SECRET_MAX];
	size_t shared_len, more_len;
};

struct initiator {
	struct initiator_setup setup;
	enum initiator_state state;
	struct endpoint local, peer; /* after floating */
	uint64_t spi_i, spi_r;
	uint16_t group;
	bool nat_here, nat_there;
	struct dh *dh;
	uint8_t ni[IKE_NONCE_MAX], nr[IKE_NONCE_MAX];
	size_t ni_len, nr_len;
	uint8_t cookie[64]; /* to be returned, RFC 7296 2.6 */
	size_t cookie_len;
	unsigned cookies; /* how many we were sent */
	uint8_t init[INITIATOR_DATAGRAM_MAX], init_answer[INITIATOR_DATAGRAM_MAX];
	size_t init_len, init_answer_len;
	struct ike_keys keys;
	struct crypto_sk *sk_in, *sk_out;
	unsigned round;      /* of IKE_AUTH, the first is 0 */
	uint32_t next_id;    /* of our requests */
	uint32_t gateway_id; /* expected next from the gateway */

	uint32_t hashes;        /* of the gateway's SIGNATURE_HASH_ALGORITHMS, 0: none came */
	uint8_t gateway_method; /* of its AUTH */
	enum sign_scheme gateway_scheme; /* SIGN_NONE with a pre-shared key */
	uint8_t gateway_cert[8 * 1024];  /* its leaf certificate */
	size_t gateway_cert_len;

	uint16_t refusal; /* IKE_NOTIFY_* */
	__be32 spi_in, spi_out;
	uint16_t suite; /* enum fg_esp_suite */
	bool esn;
	struct msg_esp_key key_in, key_out;
	__be32 inner4, netmask4;
	struct fg_ip inner6;
	struct fg_ip dns[CONF_LIST_MAX];
	size_t dns_count, subnet_count;
	struct ike_ts ts_i, ts_r;

	struct ike_message answer; /* of the last message that was believed; points into `in` */
	uint8_t in[INITIATOR_DATAGRAM_MAX];
	uint8_t out[INITIATOR_DATAGRAM_MAX];
	size_t out_len;
	struct ike_packet *more; /* fragments behind the one in out */

	/* Additional key exchanges, RFC 9370; what we said in the last of them. */
	struct ike_intermediate intermediate;
	struct ke *ke;
	struct ike_header said_header;
	uint8_t said_first, said[2048];
	size_t said_len;

	struct initiator_create create;
	struct initiator_ike old; /* before the last rekey, until it is deleted */

	bool ppk_agreed, ppk_mixed;  /* USE_PPK went both ways; it is in the keys */
	struct ike_keys without_ppk; /* from before */

	bool fragments; /* both sides know RFC 7383 */
	struct ike_fragments *arriving;
	size_t held;    /* bytes of it */
	uint8_t *whole; /* the payloads of the last message that came in fragments */
};

/* Default offers: every group and suite. Returns 0 or -errno. */
void initiator_defaults(struct initiator_setup *setup);
int initiator_new(const struct initiator_setup *setup, struct initiator **out);
void initiator_free(struct initiator *in);

/* The next fragment of the message into out. False: it was the last; out_len is 0. */
bool initiator_more(struct initiator *in);
/* Each returns out_len, 0 when it could not be made. */
size_t initiator_init(struct initiator *in);
size_t initiator_auth(struct initiator *in);
size_t initiator_intermediate(struct initiator *in);
/* IKE_INTERMEDIATE while there is an additional key exchange to make, then IKE_AUTH; in a rekey
 * IKE_FOLLOWUP_KE. */
size_t initiator_step(struct initiator *in);
size_t initiator_liveness(struct initiator *in);
/* INFORMATIONAL with one error notify. */
size_t initiator_complain(struct initiator *in, uint16_t notify);
/* INFORMATIONAL with these notifies. */
/* INFORMATIONAL with a CP payload of this type. */
size_t initiator_config(struct initiator *in, uint8_t cfg_type, const struct initiator_bytes *attr,
			size_t count);
size_t initiator_inform(struct initiator *in, const struct initiator_notify *notify, size_t count);
size_t initiator_delete(struct initiator *in);
size_t initiator_delete_child(struct initiator *in);
size_t initiator_create_child(struct initiator *in);
/* CREATE_CHILD_SA in the place of what is in use, the key exchange behind it, and the end of what
 * was in use. */
size_t initiator_rekey_ike(struct initiator *in);
size_t initiator_rekey_child(struct initiator *in);
size_t initiator_followup(struct initiator *in);
size_t initiator_delete_old(struct initiator *in);
/* Any sealed message under any header; does not count as a request of ours. */
size_t initiator_seal(struct initiator *in, const struct ike_header *header,
		      const struct ike_writer *inner);
/* The header of our next request. */
struct ike_header initiator_header(const struct initiator *in, uint8_t exchange);

/* The datagram as it came, marker included when it came from port 4500. Not changed. */
enum initiator_event initiator_receive(struct initiator *in, const void *datagram, size_t len);

#endif
