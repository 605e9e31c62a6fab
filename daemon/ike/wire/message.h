/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that an IKE message says, read once. Nothing is copied but numbers and addresses:
 * struct ike_bytes point into the datagram (clear payloads) or into the opened plaintext (inner
 * payloads), which must outlive the struct.
 *
 *   ike_parse_clear() -> find the IKE SA by header.spi_r -> ike_open() -> ike_parse_inner()
 *
 * What may come how often in which exchange is not decided here; count[] tells what came.
 */
#ifndef IKE_WIRE_MESSAGE_H
#define IKE_WIRE_MESSAGE_H

#include "core/ip.h"
#include "ike/wire/header.h"
#include "ike/wire/numbers.h"

/* What is beyond these is still checked, then ignored and counted. */
enum {
	IKE_PROPOSALS_MAX = 32,
	IKE_TRANSFORMS_MAX = 512, /* of all proposals together */
	IKE_NOTIFIES_MAX = 32,
	IKE_DELETES_MAX = 8,
	IKE_VENDORS_MAX = 16,
	IKE_CERTS_MAX = 16,   /* CERT: a leaf, its chain, an OCSP response */
	IKE_CERTREQS_MAX = 8, /* CERTREQ: one per encoding, each with any number of authorities */
	IKE_ATTRS_MAX = 64,
	IKE_SELECTORS_MAX = 32, /* per TS payload */
	IKE_COUNTED_TYPES = 64, /* payload types below this are counted one by one */
	IKE_SPI_MAX = 8,
	IKE_NONCE_MIN = 16,
	IKE_NONCE_MAX = 256,
	IKE_ID_MAX = 255,       /* longest identity we take */
	IKE_AUTHORITY_LEN = 20, /* CERTREQ: SHA-1 of the authority's SubjectPublicKeyInfo */
};

struct ike_bytes {
	const uint8_t *p;
	size_t len;
};

/* RFC 7296 3.3.2. */
struct ike_transform {
	uint8_t type;
	bool strange; /* has an attribute that we do not know: never choose it */
	uint16_t id;
	uint16_t key_bits; /* 0: no Key Length attribute */
};

/* RFC 7296 3.3.1. */
struct ike_proposal {
	uint8_t number; /* as the peer counts, from 1 */
	uint8_t protocol;
	uint8_t spi_len;
	uint8_t spi[IKE_SPI_MAX]; /* as on the wire */
	uint16_t first, count;    /* its transforms in ike_sa.transform */
};

struct ike_sa {
	struct ike_proposal proposal[IKE_PROPOSALS_MAX];
	struct ike_transform transform[IKE_TRANSFORMS_MAX];
	uint16_t proposal_count, transform_count;
	uint16_t ignored; /* proposals for which there was no room */
};

struct ike_ke {
	uint16_t group;
	struct ike_bytes value;
};

/* RFC 7296 3.5. body is the payload without its generic header: what AUTH covers. */
struct ike_identity {
	uint8_t type;
	struct ike_bytes data;
	struct ike_bytes body;
};

struct ike_auth {
	uint8_t method;
	struct ike_bytes data;
};

/* CERT, RFC 7296 3.6, and CERTREQ, 3.7, whose data are SHA-1 hashes of public keys of authorities;
 * none: any authority. */
struct ike_cert {
	uint8_t encoding;
	struct ike_bytes data;
};

struct ike_notify {
	uint8_t protocol;
	uint16_t type;
	struct ike_bytes spi;
	struct ike_bytes data;
};

struct ike_delete {
	uint8_t protocol;
	uint8_t spi_len; /* 0 for IKE, 4 for AH and ESP */
	uint16_t spi_count;
	struct ike_bytes spis; /* spi_len * spi_count bytes */
};

struct ike_attr {
	uint16_t type;
	struct ike_bytes value;
};

struct ike_cp {
	uint8_t type; /* IKE_CFG_* */
	uint16_t count, ignored;
	struct ike_attr attr[IKE_ATTRS_MAX];
};

/* A selector, RFC 7296 3.13.1. Ports in the machine's order; 0-65535 is any, 65535-0 OPAQUE. */
struct ike_selector {
	struct fg_ip first, last;
	uint8_t protocol; /* 0: any */
	uint16_t port_first, port_last;
};

struct ike_ts {
	uint16_t count;
	uint16_t ignored; /* without room, or of a type that we do not know */
	struct ike_selector selector[IKE_SELECTORS_MAX];
};

struct ike_message {
	struct ike_header header;
	uint8_t count[IKE_COUNTED_TYPES]; /* payloads seen by type, saturating at 255 */
	uint16_t unknown;                 /* payloads of unknown type that were skipped */
	uint8_t critical;                 /* with IKE_DROP_critical_payload: its type */
	uint8_t culprit; /* with another drop: type of the payload that is wrong, or 0 */

	/* Valid when count[] of the type is not 0; the first one when it came twice. */
	struct ike_sa sa;
	struct ike_ke ke;
	struct ike_bytes nonce;
	struct ike_identity id_i, id_r;
	struct ike_auth auth;
	struct ike_ts ts_i, ts_r;
	struct ike_cp cp;

	/* Errors, and the status types of numbers.def; other status types are only counted. */
	struct ike_notify notify[IKE_NOTIFIES_MAX];
	uint16_t notify_count, notify_ignored;
	struct ike_delete deletes[IKE_DELETES_MAX];
	uint16_t delete_count;
	struct ike_bytes vendor[IKE_VENDORS_MAX];
	uint16_t vendor_count;

	struct ike_cert cert[IKE_CERTS_MAX];
	uint16_t cert_count;
	struct ike_cert certreq[IKE_CERTREQS_MAX];
	uint16_t certreq_count;
	uint16_t ignored; /* of these four, for which there was no room */

	/* SK, RFC 7296 3.14, or SKF, RFC 7383 2.5: IV, ciphertext and ICV; type of the first
	 * payload inside. */
	struct ike_bytes sk;
	uint8_t sk_first;
	uint16_t fragment, fragments; /* SKF: its number, from 1, and how many there are */
	struct ike_bytes inner;       /* the payloads that ike_parse_inner() read */
};

/* How many payloads of this type came; 0 for types that are not counted. */
static inline unsigned ike_count(const struct ike_message *m, unsigned type)
{
	return type < IKE_COUNTED_TYPES ? m->count[type] : 0;
}

/*
 * Reads a whole datagram (without the non-ESP marker). Initialises m. Only payloads that may stand
 * in clear text have a reader; SK is located, not opened. m->header is valid unless the result is
 * IKE_DROP_short_message. Order of checks: length, version, initiator SPI, then the chain.
 */
enum ike_drop ike_parse_clear(const void *datagram, size_t len, struct ike_message *m);

/* Reads the payloads inside SK into the same m; plain is what ike_open() returned, without
 * padding. SK is not among them: it would be misplaced. */
enum ike_drop ike_parse_inner(uint8_t first, const void *plain, size_t len, struct ike_message *m);

/* The set of a SIGNATURE_HASH_ALGORITHMS notify, RFC 7427 4: bit IKE_HASH_* for each one. Numbers
 * that we do not know are left out; NULL: none. */
uint32_t ike_hashes_read(const struct ike_notify *notify);

/* The first notify of this type, or NULL. */
const struct ike_notify *ike_find_notify(const struct ike_message *m, uint16_t type);
/* The first error notify, or NULL. */
const struct ike_notify *ike_find_error(const struct ike_message *m);
/* The first attribute of this type in the CP payload, or NULL. */
const struct ike_attr *ike_find_attr(const struct ike_message *m, uint16_t type);

#endif
