/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_AUTH, second half: the peer is proven, flexd begins its session, the CHILD SA is agreed and
 * installed, and one answer tells everything. RFC 7296 1.2, 2.9, 2.19.
 */
#ifndef IKE_LOGIN_H
#define IKE_LOGIN_H

#include "ike/core.h"
#include "ike/cp.h"
#include "ike/proof.h"
#include "ike/ts.h"

/* What IKE_AUTH's request asked for and what has become of it so far. */
struct ike_login {
	struct ike_sa offer; /* ESP */
	struct ike_ts ask_i, ask_r;
	struct ike_cp_ask cp;
	bool initial_contact;
	bool childless;            /* neither SA nor TS: no CHILD SA yet, RFC 6023 */
	bool transport;            /* USE_TRANSPORT_MODE */
	bool window;               /* SET_WINDOW_SIZE */
	struct ike_mobike *mobike; /* NULL: it does not speak MOBIKE */

	/* The payloads of IKE_AUTH while aaa mixes a PPK into the keys, RFC 8784. */
	uint8_t *waits, waits_first;
	size_t waits_len;

	unsigned round;             /* of authentication, the first is 0 */
	bool another;               /* the client announced that one more follows this one */
	struct msg_identity second; /* who it says it is in round 1 */
	struct ike_own own;
	struct msg_auth_signed sign;
	struct msg_session_begun begun;
	struct ike_esp_choice esp;
	struct ike_ts ts_i, ts_r; /* narrowed */
};

/* What the session has: CHILD SAs that come later are held to it. */
struct ike_grant {
	uint32_t flow_limit;
	struct ike_ts_policy policy; /* its subnets are the ones below */
	struct conf_net subnets[];
};

/* NULL: no memory. Freed with free(). */
struct ike_grant *ike_grant_new(const struct msg_session_begun *begun);

/* NULL: no memory. */
struct ike_login *ike_login_new(const struct ike_message *m);
void ike_login_free(struct ike_login *login);

/* Every AUTH is good: end what the client had before, ask flexd for a session. */
void ike_login_begin(struct ike_core *core, struct ikesa *sa);
/* Answers of flexd for an SA that waits for them. Return 0 or -EPROTO. */
int ike_login_begun(struct ike_core *core, struct ikesa *sa, const struct msg_session_begun *begun);
int ike_login_refused(struct ike_core *core, struct ikesa *sa,
		      const struct msg_session_refused *refused);
int ike_login_added(struct ike_core *core, struct ikesa *sa, const struct msg_sa_added *added);
int ike_login_sa_refused(struct ike_core *core, struct ikesa *sa,
			 const struct msg_sa_refused *refused);

#endif
