/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of the initiator. */
#ifndef SUPPORT_INITIATOR_INTERNAL_H
#define SUPPORT_INITIATOR_INTERNAL_H

#include "support/initiator.h"

/* Room for a message in out, behind the marker where there is one. */
uint8_t *initiator_room(struct initiator *in, size_t *cap);
size_t initiator_finish(struct initiator *in, size_t message_len);
bool initiator_keys(struct initiator *in, const struct ike_message *m);
/* prf(prf(psk, pad), octets) over our or the gateway's side. */
bool initiator_auth_data(const struct initiator *in, bool ours, struct ike_bytes id_body,
			 uint8_t *auth, size_t *len);
size_t initiator_id_body(const struct initiator *in, uint8_t *body, size_t cap);

#endif
