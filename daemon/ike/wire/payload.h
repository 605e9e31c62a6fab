/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pair per payload. validate looks at every byte of the body (what follows the generic header)
 * and says whether its form is right; read is called after that and stores what it says. Both get a
 * cursor of their own. Meaning (is this group ours?) is not judged here.
 */
#ifndef IKE_WIRE_PAYLOAD_H
#define IKE_WIRE_PAYLOAD_H

#include "ike/wire/message.h"

/* SA, RFC 7296 3.3. At least one proposal; "last" marks, lengths and counts agree. */
bool sa_validate(struct rd body);
void sa_read(struct rd body, struct ike_message *m);

/* KE, 3.4. */
bool ke_validate(struct rd body);
void ke_read(struct rd body, struct ike_message *m);

/* IDi and IDr, 3.5. 1 to IKE_ID_MAX bytes, addresses of their size, names without controls. */
bool id_validate(struct rd body);
void id_i_read(struct rd body, struct ike_message *m);
void id_r_read(struct rd body, struct ike_message *m);

/* CERT, 3.6: an encoding and its data. */
bool cert_validate(struct rd body);
void cert_read(struct rd body, struct ike_message *m);

/* CERTREQ, 3.7: an encoding; for X.509 whole hashes of 20 bytes, or none. */
bool certreq_validate(struct rd body);
void certreq_read(struct rd body, struct ike_message *m);

/* AUTH, 3.8. */
bool auth_validate(struct rd body);
void auth_read(struct rd body, struct ike_message *m);

/* Nonce, 3.9. IKE_NONCE_MIN to IKE_NONCE_MAX bytes. */
bool nonce_validate(struct rd body);
void nonce_read(struct rd body, struct ike_message *m);

/* Notify, 3.10. */
bool notify_validate(struct rd body);
void notify_read(struct rd body, struct ike_message *m);

/* Delete, 3.11. SPI size fits the protocol, count fits the bytes. */
bool delete_validate(struct rd body);
void delete_read(struct rd body, struct ike_message *m);

/* Vendor ID, 3.12. */
bool vendor_validate(struct rd body);
void vendor_read(struct rd body, struct ike_message *m);

/* TSi and TSr, 3.13. Count is right, lengths fit the types. */
bool ts_validate(struct rd body);
void ts_i_read(struct rd body, struct ike_message *m);
void ts_r_read(struct rd body, struct ike_message *m);

/* SK, 3.14. Not empty; ike_open() does the rest. */
bool sk_validate(struct rd body);
void sk_read(struct rd body, struct ike_message *m);

/* SKF, RFC 7383 2.5. 1 <= number <= total; ike_open() does the rest. */
bool skf_validate(struct rd body);
void skf_read(struct rd body, struct ike_message *m);

/* CP, 3.15. Attribute values have the length they came with. */
bool cp_validate(struct rd body);
void cp_read(struct rd body, struct ike_message *m);

/* EAP, 3.16. The packet's own length is that of the body. */
bool eap_validate(struct rd body);

/* What is left of a cursor. */
static inline struct ike_bytes ike_rest(const struct rd *rd)
{
	return (struct ike_bytes){ .p = rd->p, .len = rd->left };
}

#endif
