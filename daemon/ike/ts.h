/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traffic selectors, RFC 7296 2.9: what the client asks for, cut down to what the policy allows.
 */
#ifndef IKE_TS_H
#define IKE_TS_H

#include "conf/conf.h"
#include "ike/wire/message.h"

/* What a CHILD SA of this session may carry. */
struct ike_ts_policy {
	/* TSi is any address of a leased family: what both sides with FLEXVPN-SUPPORTED agree on.
	 * The data plane takes the leased addresses all the same. */
	bool whole_i;
	__be32 inner4; /* the client's addresses, 0 and zero: none */
	struct fg_ip inner6;
	const struct conf_net *subnets; /* what it may reach; none: everything of a leased family */
	size_t subnet_count;
};

/*
 * Narrow what the initiator proposed. TSi becomes the leased addresses, TSr the subnets, each cut
 * with what was asked. A family that is left on one side only is removed. False: one of the
 * results is empty, TS_UNACCEPTABLE.
 */
bool ike_ts_narrow(const struct ike_ts *ask_i, const struct ike_ts *ask_r,
		   const struct ike_ts_policy *policy, struct ike_ts *ts_i, struct ike_ts *ts_r);

/* What both allow, addresses, protocol and ports: a rekeyed CHILD SA carries what the old one did.
 * False: nothing. */
bool ike_ts_common(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *common);
/* Does each selector lie inside one of the bound? False when there is none. */
bool ike_ts_within(const struct ike_ts *ts, const struct ike_ts *bound);

/* Selectors from an address or a prefix with any protocol and port; false: no room. */
bool ike_ts_add_host(struct ike_ts *ts, const struct fg_ip *ip);
bool ike_ts_add_net(struct ike_ts *ts, const struct conf_net *net);

/* "10.0.0.1/32 === 10.1.0.0/16 2001:db8::/32[tcp/443]". Returns buf. */
const char *ike_ts_text(const struct ike_ts *ts_i, const struct ike_ts *ts_r, char *buf,
			size_t cap);

#endif
