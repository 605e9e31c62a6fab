// SPDX-License-Identifier: BSD-2-Clause
#include "ike/cp.h"

#include "conf/match.h"
#include "ike/core.h"
#include "ike/login.h"

#include <stdio.h>

enum { LOGGED_BYTES = 32 }; /* of a private attribute */

/* --- what is asked --- */

/* An address of this family, perhaps followed by a prefix length. Anything else is no hint. */
static struct fg_ip address_of(const struct ike_attr *attr, bool is4)
{
	struct rd rd = rd_of(attr->value.p, attr->value.len);
	struct in6_addr addr6;
	__be32 addr4;

	if (is4 && rd_copy(&rd, &addr4, sizeof(addr4)) && addr4 != 0)
		return ip_from4(addr4);
	if (!is4 && rd_copy(&rd, &addr6, sizeof(addr6)))
		return ip_from6(&addr6);
	return (struct fg_ip){ 0 };
}

static bool is_unity(uint16_t attr)
{
	return attr >= IKE_ATTR_UNITY_FIRST && attr <= IKE_ATTR_UNITY_LAST;
}

static void note(struct ike_cp_ask *ask, uint16_t attr)
{
	if (attr < 64)
		ask->standard |= UINT64_C(1) << attr;
	else if (is_unity(attr))
		ask->unity |= UINT32_C(1) << (attr - IKE_ATTR_UNITY_FIRST);
	else if (attr >= IKE_ATTR_PRIVATE_FIRST && ask->private_count < IKE_CP_PRIVATE_MAX)
		ask->private_attr[ask->private_count++] = attr;
}

bool ike_cp_asks(const struct ike_cp_ask *ask, uint16_t attr)
{
	if (attr < 64)
		return ask->standard >> attr & 1;
	if (is_unity(attr))
		return ask->unity >> (attr - IKE_ATTR_UNITY_FIRST) & 1;
	for (size_t i = 0; i < ask->private_count; i++)
		if (ask->private_attr[i] == attr)
			return true;
	return false;
}

void ike_cp_read(const struct ike_message *m, struct ike_cp_ask *ask)
{
	const struct ike_attr *attr;

	*ask = (struct ike_cp_ask){ 0 };
	if (!ike_count(m, IKE_PAYLOAD_CP) || m->cp.type != IKE_CFG_REQUEST)
		return;
	ask->request = true;
	for (size_t i = 0; i < m->cp.count; i++)
		note(ask, m->cp.attr[i].type);
	attr = ike_find_attr(m, IKE_ATTR_INTERNAL_IP4_ADDRESS);
	if (attr) {
		ask->want4 = true;
		ask->hint4 = address_of(attr, true);
	}
	attr = ike_find_attr(m, IKE_ATTR_INTERNAL_IP6_ADDRESS);
	if (attr) {
		ask->want6 = true;
		ask->hint6 = address_of(attr, false);
	}
}

void ike_cp_log(struct ike_core *core, const struct ikesa *sa, const struct ike_message *m)
{
	char who[IKESA_TEXT_MAX], hex[2 * LOGGED_BYTES + 1];

	if (!core->conf->gateway.log_private_attributes || !ike_count(m, IKE_PAYLOAD_CP))
		return;
	for (size_t i = 0; i < m->cp.count; i++) {
		const struct ike_attr *attr = &m->cp.attr[i];
		struct ike_name cfg, name;

		if (attr->type < IKE_ATTR_PRIVATE_FIRST ||
		    !log_allowed(&core->log_logins, ike_now(core)))
			continue;
		hex[0] = '\0';
		for (size_t k = 0; k < attr->value.len && k < LOGGED_BYTES; k++)
			snprintf(hex + 2 * k, 3, "%02x", attr->value.p[k]);
		log_info("ike", "%s: %s of %s, number %u, %zu bytes%s%s%s", ikesa_text(sa, who),
			 ike_cfg_name(m->cp.type, &cfg), ike_attr_name(attr->type, &name),
			 attr->type, attr->value.len, hex[0] ? ": " : "", hex,
			 attr->value.len > LOGGED_BYTES ? "..." : "");
	}
}

/* --- what is answered --- */

/*
 * INTERNAL_IP6_LINK and INTERNAL_IP6_PREFIX (RFC 5739, experimental) are not answered, as any
 * attribute that is unknown: a client has one IPv6 address. A link of its own would need a prefix
 * where leases, anti-spoofing and routes of the data plane know addresses, and neighbour discovery
 * and multicast inside the tunnel, which it does not carry; and a client that asks for an address
 * beside them is served by that.
 */
static void put_addresses(struct ike_writer *w, const struct ike_cp_ask *ask,
			  const struct msg_session_begun *begun)
{
	if (ask->want4 && begun->inner4) {
		ike_cp_ip4(w, IKE_ATTR_INTERNAL_IP4_ADDRESS, begun->inner4);
		if (ike_cp_asks(ask, IKE_ATTR_INTERNAL_IP4_NETMASK) && begun->netmask4)
			ike_cp_ip4(w, IKE_ATTR_INTERNAL_IP4_NETMASK, begun->netmask4);
	}
	if (ask->want6 && !ip_is_zero(&begun->inner6))
		ike_cp_ip6_prefix(w, IKE_ATTR_INTERNAL_IP6_ADDRESS, &begun->inner6, begun->prefix6);
}

static void put_subnet(struct ike_writer *w, const struct msg_session_begun *begun,
		       const struct conf_net *net)
{
	if (ip_is4(&net->ip) && begun->inner4)
		ike_cp_ip4_subnet(w, ip_to4(&net->ip), net->len);
	else if (!ip_is4(&net->ip) && !ip_is_zero(&begun->inner6))
		ike_cp_ip6_prefix(w, IKE_ATTR_INTERNAL_IP6_SUBNET, &net->ip, net->len);
}

const struct conf_authorization_policy *ike_cp_policy(const struct ike_core *core,
						      const struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);

	return profile ? conf_authorize(core->conf, profile, sa->remote.type, sa->remote.data,
					sa->remote.len)
		       : NULL;
}

void ike_cp_reply(struct ike_writer *w, const struct ike_cp_ask *ask,
		  const struct msg_session_begun *begun, const struct conf *conf,
		  const struct conf_authorization_policy *policy)
{
	if (!ask->request)
		return;
	ike_cp_open(w, IKE_CFG_REPLY);
	put_addresses(w, ask, begun);
	for (uint32_t i = 0; i < begun->subnet_count; i++)
		put_subnet(w, begun, &begun->subnets[i]);
	if (policy)
		ike_cp_told(w, ask, conf, policy);
	ike_payload_close(w);
}

/* RFC 7296 3.15: what was accepted comes back without its value. */
static void put_ack(struct ike_core *core, const struct ikesa *sa, const struct ike_message *m,
		    struct ike_writer *w)
{
	const struct ike_attr *version = ike_find_attr(m, IKE_ATTR_APPLICATION_VERSION);
	char who[IKESA_TEXT_MAX], text[160];

	ike_cp_open(w, IKE_CFG_ACK);
	if (version) {
		if (log_allowed(&core->log_logins, ike_now(core)))
			log_info(
				"ike", "%s: runs %s", ikesa_text(sa, who),
				log_safe(version->value.p, version->value.len, text, sizeof(text)));
		ike_cp_attr(w, IKE_ATTR_APPLICATION_VERSION, NULL, 0);
	}
	ike_payload_close(w);
}

void ike_cp_info(struct ike_core *core, const struct ikesa *sa, const struct ike_message *m,
		 struct ike_writer *w)
{
	const struct conf_authorization_policy *policy = ike_cp_policy(core, sa);
	struct ike_cp_ask ask;

	if (!ike_count(m, IKE_PAYLOAD_CP))
		return;
	ike_cp_log(core, sa, m);
	if (m->cp.type == IKE_CFG_SET) {
		put_ack(core, sa, m, w);
	} else if (m->cp.type == IKE_CFG_REQUEST) {
		ike_cp_read(m, &ask);
		ike_cp_open(w, IKE_CFG_REPLY);
		if (policy)
			ike_cp_told(w, &ask, core->conf, policy);
		ike_payload_close(w);
	}
}
