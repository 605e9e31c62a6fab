/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration payload of IKE_AUTH, RFC 7296 2.19 and 3.15.
 */
#ifndef IKE_CP_H
#define IKE_CP_H

#include "ike/wire/build.h"
#include "msg.h"

/* What the client's CFG_REQUEST asks for. */
struct ike_cp_ask {
	bool request; /* there was one */
	bool want4, want6;
	bool netmask4, dns4, dns6;
	struct fg_ip hint4, hint6; /* the address it names, zero: none */
};

void ike_cp_read(const struct ike_message *m, struct ike_cp_ask *ask);
/*
 * CFG_REPLY with what flexd leased. Addresses, netmask and DNS only when they were asked for; the
 * subnets always, because routers take them without asking.
 */
void ike_cp_reply(struct ike_writer *w, const struct ike_cp_ask *ask,
		  const struct msg_session_begun *begun);

#endif
