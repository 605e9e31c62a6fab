/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the IKEv2 registries as constants, and their names. A number from the wire is kept
 * as the integer it is and compared with these; it never indexes an array.
 */
#ifndef IKE_WIRE_NUMBERS_H
#define IKE_WIRE_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
enum {
#define IKE_EXCHANGE(number, name) IKE_EXCHANGE_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_PAYLOAD(number, name, text) IKE_PAYLOAD_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_TRANSFORM(number, name) IKE_TRANSFORM_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_ENCR(number, name) IKE_ENCR_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_PRF(number, name) IKE_PRF_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_INTEG(number, name) IKE_INTEG_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_GROUP(number, name, text) IKE_GROUP_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_ESN(number, name) IKE_ESN_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_NOTIFY(number, name) IKE_NOTIFY_##name = number,
#include "ike/wire/numbers.def"
	IKE_NOTIFY_FIRST_STATUS = 16384,
};
enum {
#define IKE_CFG(number, name) IKE_CFG_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_ATTR(number, name) IKE_ATTR_##name = number,
#include "ike/wire/numbers.def"
	IKE_ATTR_UNITY_FIRST = IKE_ATTR_UNITY_BANNER,
	IKE_ATTR_UNITY_LAST = IKE_ATTR_UNITY_DDNS_HOSTNAME,
	IKE_ATTR_PRIVATE_FIRST = 16384,
};
enum {
#define IKE_ID(number, name) IKE_ID_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_PROTOCOL(number, name) IKE_PROTOCOL_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_AUTH_METHOD(number, name, text) IKE_AUTH_METHOD_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_CERT(number, name, text) IKE_CERT_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_HASH(number, name) IKE_HASH_##name = number,
#include "ike/wire/numbers.def"
};
enum {
#define IKE_TS(number, name) IKE_TS_##name = number,
#include "ike/wire/numbers.def"
};

/* Why a message was dropped; numbers of flexgate/drop.def. */
enum ike_drop {
	IKE_DROP_NONE = 0,
#define FG_IKE_DROP(number, name, text) IKE_DROP_##name = number,
#include <flexgate/drop.def>
};
/* clang-format on */

enum { IKE_NAME_MAX = 40 };

/* Room for the name of a number that is in no table: "exchange 77?". */
struct ike_name {
	char text[IKE_NAME_MAX];
};

/* The RFC's name of a number. Returns a constant, or room->text for an unknown one. */
const char *ike_exchange_name(unsigned number, struct ike_name *room);
const char *ike_payload_name(unsigned number, struct ike_name *room);
const char *ike_transform_name(unsigned number, struct ike_name *room);
/* The id of a transform of this type: "AES_GCM_16", "x25519". */
const char *ike_transform_id_name(unsigned type, unsigned id, struct ike_name *room);
const char *ike_notify_name(unsigned number, struct ike_name *room);
const char *ike_cfg_name(unsigned number, struct ike_name *room);
const char *ike_attr_name(unsigned number, struct ike_name *room);
const char *ike_id_name(unsigned number, struct ike_name *room);
const char *ike_protocol_name(unsigned number, struct ike_name *room);
const char *ike_auth_method_name(unsigned number, struct ike_name *room);
const char *ike_cert_name(unsigned number, struct ike_name *room);
const char *ike_hash_name(unsigned number, struct ike_name *room);
const char *ike_ts_name(unsigned number, struct ike_name *room);

/* True for a notify that numbers.def has. */
bool ike_notify_known(unsigned number);

/* "bad_payload" and "payload chain or a payload is malformed". */
const char *ike_drop_name(enum ike_drop drop);
const char *ike_drop_text(enum ike_drop drop);

#endif
