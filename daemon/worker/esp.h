/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ESP in tunnel mode, in place in a frame, RFC 4303, with UDP around it where agreed, RFC 3948.
 * Functions over memory: no sockets, no clock, no maps but the one row that is handed in.
 */
#ifndef WORKER_ESP_H
#define WORKER_ESP_H

#include "../../bpf/parse.h"
#include "worker/crypto.h"

#include <flexgate/plane.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	ESP_HEADROOM = FG_OUTER_MAX + CRYPTO_ESP_HEADER + CRYPTO_IV_MAX,
	/* padding up to a block, pad length, next header, ICV */
	ESP_TAILROOM = 15 + 2 + CRYPTO_ICV,
};

/* A packet [data, end) inside memory [room, limit) that is ours to write. */
struct frame {
	uint8_t *room, *limit;
	uint8_t *data, *end;
};

/* The outer header template of a row of fg_sa, copied and summed up. */
struct esp_outer {
	uint32_t version; /* fg_sa.outer_version it was copied at */
	uint16_t len;     /* 0: none yet; 20, 28, 40 or 48 */
	uint16_t sum;     /* IPv4: of its 16-bit words; UDP over IPv6: of the pseudo header's
			   * addresses and the ports */
	uint8_t bytes[FG_OUTER_MAX];
};

/* What this process keeps of an SA besides its row: expanded key and outer header. */
struct esp_sa {
	uint32_t generation; /* of the row when the key was expanded */
	uint32_t session;
	uint32_t selectors;     /* as fg_sa.selectors */
	struct esp_outer outer; /* outbound only */
	/* crypto->key_size bytes in all */
	struct crypto_key key __attribute__((aligned(64)));
};

/* Bytes of a struct esp_sa with a key of this crypto. */
static inline size_t esp_sa_size(const struct crypto *crypto)
{
	return offsetof(struct esp_sa, key) + crypto->key_size;
}

/*
 * Encapsulate the inner packet f->data .. f->end, which inner describes; afterwards they bound the
 * outer packet. The sequence number is taken from the row before anything else happens with it, so
 * neither a crash nor a second worker uses one twice. DSCP and ECN are copied to the outer header
 * (RFC 6040 4.1), the inner packet is not changed. IPv4 carries UDP checksum 0 (RFC 3948 2.1);
 * over IPv6 a real one is computed, because receivers that do not expect zero (RFC 6935) drop it.
 */
enum fg_drop_reason esp_seal(struct crypto *crypto, struct esp_sa *sa, struct fg_sa *row,
			     struct frame *f, const struct fg_packet *inner);

/* DSCP and ECN of an inner or outer packet. */
static inline uint8_t esp_tos(const struct fg_packet *p)
{
	if (p->version == 4)
		return p->ip[1];
	return (uint8_t)(p->ip[0] << 4 | p->ip[1] >> 4);
}

struct esp_in {
	struct fg_packet outer; /* as it came; stays readable after esp_open() */
	struct fg_packet inner; /* what was inside; its addresses are not judged here */
	bool newest;            /* its number is higher than any before */
	bool udp;               /* it came as ESP in UDP */
};

/*
 * Decapsulate f->data (outer IP header) .. f->end; afterwards they bound the inner packet. ESP and
 * ESP in UDP are both taken, whatever was agreed, as RFC 7296 2.23 asks for. lock is
 * shared by all workers and NULL when there is one: it guards the window of the row. The ECN marks
 * are combined by RFC 6040 4.2. Every other answer than FG_DROP_NONE: the frame's content is
 * worthless.
 */
enum fg_drop_reason esp_open(struct crypto *crypto, const struct esp_sa *sa, struct fg_sa *row,
			     uint8_t *lock, struct frame *f, struct esp_in *in);

/* Bring sa->outer up to the row's template. False: there is none that is valid. */
bool esp_outer_load(struct esp_sa *sa, const struct fg_sa *row);

#endif
