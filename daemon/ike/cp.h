/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration payload, RFC 7296 2.19 and 3.15: what a client asks for, and what it is told.
 * Nothing unasked is told, but the subnets, which routers take without asking. What we do not know
 * is ignored.
 */
#ifndef IKE_CP_H
#define IKE_CP_H

#include "ike/wire/build.h"
#include "msg.h"

struct ike_core;
struct ikesa;

enum { IKE_CP_PRIVATE_MAX = 16 };

/* What the client's CFG_REQUEST asks for. */
struct ike_cp_ask {
	bool request; /* there was one */
	bool want4, want6;
	struct fg_ip hint4, hint6;                 /* the address it names, zero: none */
	uint64_t standard;                         /* bit per attribute below 64 */
	uint32_t unity;                            /* bit per attribute from UNITY_BANNER */
	uint16_t private_attr[IKE_CP_PRIVATE_MAX]; /* other private ones */
	size_t private_count;
};

void ike_cp_read(const struct ike_message *m, struct ike_cp_ask *ask);
/* Does it ask for this attribute? */
bool ike_cp_asks(const struct ike_cp_ask *ask, uint16_t attr);
/* If the configuration says so: number, length and first bytes of every private attribute. */
void ike_cp_log(struct ike_core *core, const struct ikesa *sa, const struct ike_message *m);

/* What the client's policy is, NULL: its profile is gone. */
const struct conf_authorization_policy *ike_cp_policy(const struct ike_core *core,
						      const struct ikesa *sa);
/* The answer to IKE_AUTH's CFG_REQUEST, nothing when there was none: what flexd leased, and what
 * the policy (NULL: none) tells. */
void ike_cp_reply(struct ike_writer *w, const struct ike_cp_ask *ask,
		  const struct msg_session_begun *begun, const struct conf *conf,
		  const struct conf_authorization_policy *policy);
/*
 * The CP payload of a later INFORMATIONAL request, if it has one: a CFG_REQUEST is answered without
 * addresses, which come with IKE_AUTH only; of a CFG_SET the version of the client's software is
 * accepted and everything else is not.
 */
void ike_cp_info(struct ike_core *core, const struct ikesa *sa, const struct ike_message *m,
		 struct ike_writer *w);

/* --- cp_told.c --- */

/* What a policy tells to who asks. */
void ike_cp_told(struct ike_writer *w, const struct ike_cp_ask *ask, const struct conf *conf,
		 const struct conf_authorization_policy *policy);

#endif
