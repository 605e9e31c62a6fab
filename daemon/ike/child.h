/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CHILD SAs: key material for flexd, and what we remember of one.
 */
#ifndef IKE_CHILD_H
#define IKE_CHILD_H

#include "ike/keys.h"

struct ikesa;
struct ike_ts;

struct ike_child {
	struct ike_child *next;
	__be32 spi_in, spi_out; /* the peer sends with spi_in */
	uint16_t suite;         /* enum fg_esp_suite */
};

/*
 * Keys and SPI of a CHILD SA of the first exchange into a message for flexd. Nonces are those of
 * the exchange that makes it. Wipe `add` afterwards; it is wiped already when the answer is false.
 */
bool ike_child_request(const struct ikesa *sa, const struct ike_esp_choice *choice,
		       struct ike_bytes ni, struct ike_bytes nr, struct msg_sa_add *add);
/* Selectors of the client and of the networks behind us into the message, also in words. */
void ike_child_selectors(const struct ike_ts *client, const struct ike_ts *net,
			 struct msg_sa_add *add);
/* Returns false without memory. */
bool ike_child_add(struct ikesa *sa, const struct ike_esp_choice *choice, __be32 spi_in);
/* The child whose outbound SPI the peer names, taken out of the list and freed; *spi_in is ours.
 * False: there is none. */
bool ike_child_del(struct ikesa *sa, __be32 spi_out, __be32 *spi_in);
void ike_child_free_all(struct ikesa *sa);

#endif
