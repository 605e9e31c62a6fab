// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/numbers.h"

#include <stddef.h>
#include <stdio.h>

static const char *unknown(struct ike_name *room, const char *kind, unsigned number)
{
	snprintf(room->text, sizeof(room->text), "%s %u?", kind, number);
	return room->text;
}

/* One switch per registry: the compiler refuses a number that stands there twice. */
/* clang-format off */
static const char *encr_name(unsigned number)
{
	switch (number) {
#define IKE_ENCR(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return NULL;
}

static const char *prf_name(unsigned number)
{
	switch (number) {
#define IKE_PRF(n, name) case n: return "PRF_" #name;
#include "ike/wire/numbers.def"
	}
	return NULL;
}

static const char *integ_name(unsigned number)
{
	switch (number) {
#define IKE_INTEG(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return NULL;
}

static const char *group_name(unsigned number)
{
	switch (number) {
#define IKE_GROUP(n, name, words) case n: return words;
#include "ike/wire/numbers.def"
	}
	return NULL;
}

static const char *esn_name(unsigned number)
{
	switch (number) {
#define IKE_ESN(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return NULL;
}

const char *ike_exchange_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_EXCHANGE(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "exchange", number);
}

const char *ike_payload_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_PAYLOAD(n, name, words) case n: return words;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "payload", number);
}

const char *ike_transform_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_TRANSFORM(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "transform type", number);
}

const char *ike_notify_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_NOTIFY(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, number < IKE_NOTIFY_FIRST_STATUS ? "error notify" : "status notify",
		       number);
}

bool ike_notify_known(unsigned number)
{
	switch (number) {
#define IKE_NOTIFY(n, name) case n:
#include "ike/wire/numbers.def"
		return true;
	}
	return false;
}

const char *ike_cfg_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_CFG(n, name) case n: return "CFG_" #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "CFG type", number);
}

const char *ike_attr_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_ATTR(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "attribute", number);
}

const char *ike_id_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_ID(n, name) case n: return "ID_" #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "ID type", number);
}

const char *ike_protocol_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_PROTOCOL(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "protocol", number);
}

const char *ike_auth_method_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_AUTH_METHOD(n, name, words) case n: return words;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "authentication method", number);
}

const char *ike_cert_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_CERT(n, name, words) case n: return words;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "certificate encoding", number);
}

const char *ike_hash_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_HASH(n, name) case n: return #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "hash algorithm", number);
}

const char *ike_ts_name(unsigned number, struct ike_name *room)
{
	switch (number) {
#define IKE_TS(n, name) case n: return "TS_" #name;
#include "ike/wire/numbers.def"
	}
	return unknown(room, "TS type", number);
}

const char *ike_drop_name(enum ike_drop drop)
{
	switch (drop) {
	case IKE_DROP_NONE:
		return "none";
#define FG_IKE_DROP(number, name, words) case IKE_DROP_##name: return #name;
#include <flexgate/drop.def>
	}
	return "unknown";
}

const char *ike_drop_text(enum ike_drop drop)
{
	switch (drop) {
	case IKE_DROP_NONE:
		return "not dropped";
#define FG_IKE_DROP(number, name, words) case IKE_DROP_##name: return words;
#include <flexgate/drop.def>
	}
	return "dropped for an unknown reason";
}
/* clang-format on */

const char *ike_transform_id_name(unsigned type, unsigned id, struct ike_name *room)
{
	const char *name = NULL;

	switch (type) {
	case IKE_TRANSFORM_ENCR:
		name = encr_name(id);
		break;
	case IKE_TRANSFORM_PRF:
		name = prf_name(id);
		break;
	case IKE_TRANSFORM_INTEG:
		name = integ_name(id);
		break;
	case IKE_TRANSFORM_DH:
	case IKE_TRANSFORM_ADDKE1 ... IKE_TRANSFORM_ADDKE7:
		name = group_name(id);
		break;
	case IKE_TRANSFORM_ESN:
		name = esn_name(id);
		break;
	}
	return name ? name : unknown(room, "transform", id);
}
