/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text of IKE things for people: SPIs, identities, payload lists of a message.
 */
#ifndef IKE_NAMES_H
#define IKE_NAMES_H

#include "ike/wire/message.h"

enum { IKE_SPI_TEXT_MAX = 20, IKE_PAYLOADS_TEXT_MAX = 400 };

/* "0x1122334455667788". Returns buf. */
const char *ike_spi_text(uint64_t spi, char buf[IKE_SPI_TEXT_MAX]);
/* "SA KE Nonce N(NAT_DETECTION_SOURCE_IP)": what a message carried; "no payload". Returns buf or a
 * constant. */
const char *ike_payloads_text(const struct ike_message *m, char buf[IKE_PAYLOADS_TEXT_MAX]);

#endif
