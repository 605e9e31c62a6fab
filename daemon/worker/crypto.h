/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ciphers of ESP behind one small table. A back end expands the key of one SA and direction
 * into memory that the caller provides, and seals or opens one packet in place, all of it
 * contiguous as ESP lays it out:
 *
 *   SPI | sequence | IV | text (payload, padding, pad length, next header) | ICV
 *
 * One struct crypto belongs to one thread. Suites: RFC 4106, 7634, 3602 with 4868 or 2404. The ICV
 * covers the ESP header; with extended sequence numbers also their upper half, which is not sent:
 * AEADs have it in the middle of their associated data (RFC 4106 5), HMAC runs over it last (RFC
 * 4303 2.2.1).
 */
#ifndef WORKER_CRYPTO_H
#define WORKER_CRYPTO_H

#include <endian.h>
#include <flexgate/plane.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	CRYPTO_ICV = 16, /* of an AEAD; no suite has a longer one */
	CRYPTO_DIGEST_MAX = 32,
	CRYPTO_ESP_HEADER = 8,
	CRYPTO_AAD_MAX = 12,
	CRYPTO_IV_MAX = 16,
	CRYPTO_IV_POOL = 4096, /* random bytes fetched at once for CBC */
};

enum crypto_choice { /* as conf_gateway.crypto */
		     CRYPTO_AUTO,
		     CRYPTO_IPSEC_MB,
		     CRYPTO_OPENSSL,
};

struct crypto;
struct crypto_key;

/* Called with the crypto that crypto_expand() was called with. Seal or open text_len bytes after
 * ESP header and IV. high: upper half of the sequence number, of no effect without ESN. False: the
 * key or packet was refused, or, opening, the ICV is wrong (the text is then undefined). */
typedef bool crypto_run(struct crypto *crypto, const struct crypto_key *key, uint8_t *esp,
			size_t text_len, uint32_t high);

/* Head of every expanded key; the back end's part follows. Aligned to 64 bytes. */
struct crypto_key {
	crypto_run *run;
	uint8_t suite; /* enum fg_esp_suite */
	bool esn;
	uint8_t iv_len;
	uint8_t block; /* text is a multiple of this */
	uint8_t icv_len;
	uint8_t salt[4];
};

/* Key material as it stands in a row of fg_sa; lengths follow from the suite. */
struct crypto_material {
	uint16_t suite;
	bool seal; /* direction: else open */
	bool esn;
	const uint8_t *key, *salt, *auth_key;
};

struct crypto_ops {
	const char *name;
	size_t key_size; /* bytes of an expanded key, a multiple of 64 */
	bool (*begin)(struct crypto *crypto);
	void (*end)(struct crypto *crypto);
	/* key is zeroed memory of key_size bytes. */
	bool (*expand)(struct crypto *crypto, struct crypto_key *key,
		       const struct crypto_material *material);
	/* Releases what expand() took; the caller wipes the memory. */
	void (*release)(struct crypto_key *key);
};

struct crypto {
	const struct crypto_ops *ops;
	void *state;          /* the back end's, of this thread */
	struct crypto *block; /* expands the keys of the CBC suites instead; NULL: nobody */
	size_t key_size;      /* of the larger one */
	char text[64];        /* "intel-ipsec-mb 1.3 (AVX-512)" */
	size_t pool_left;
	uint8_t pool[CRYPTO_IV_POOL];
};

extern const struct crypto_ops crypto_ipsec_mb;
extern const struct crypto_ops crypto_openssl;

/*
 * Choose a back end and make it ready for the calling thread. Auto: what is fastest of what passes
 * its self-test; that is intel-ipsec-mb, but OpenSSL for CBC with HMAC, which intel-ipsec-mb does
 * well only many packets at a time (one packet of 1,400 bytes: 5.5 us against 2.3). Returns NULL
 * with one sentence in why.
 */
struct crypto *crypto_new(enum crypto_choice choice, char *why, size_t why_size);
void crypto_free(struct crypto *crypto);
/* Known answers for every suite, both directions, and one refusal. */
bool crypto_self_test(struct crypto *crypto, const char **what);

/* Expand into zeroed, 64-byte aligned memory of crypto->key_size bytes. */
bool crypto_expand(struct crypto *crypto, struct crypto_key *key,
		   const struct crypto_material *material);
/* Release and wipe. Harmless on zeroed memory. */
void crypto_forget(struct crypto *crypto, struct crypto_key *key);
/* 16 unpredictable bytes (RFC 3602 3). False: the kernel gave none. */
bool crypto_random_iv(struct crypto *crypto, uint8_t iv[16]);

static inline void crypto_put_high(uint8_t *to, uint32_t high)
{
	high = htobe32(high);
	memcpy(to, &high, sizeof(high));
}

/* Associated data of an AEAD: as it lies there, or with ESN made in `room`. */
static inline const uint8_t *crypto_aad(const struct crypto_key *key, const uint8_t *esp,
					uint32_t high, uint8_t room[CRYPTO_AAD_MAX], size_t *len)
{
	*len = CRYPTO_ESP_HEADER;
	if (!key->esn)
		return esp;
	memcpy(room, esp, 4);
	crypto_put_high(room + 4, high);
	memcpy(room + 8, esp + 4, 4);
	*len = CRYPTO_AAD_MAX;
	return room;
}

/* ct_equal() for the length of an AEAD's ICV, without a call: time does not depend on the bytes. */
static inline bool crypto_icv_equal(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static inline size_t crypto_iv_len(uint32_t suite)
{
	return fg_esp_auth_key_len(suite) ? 16 : 8;
}

#endif
