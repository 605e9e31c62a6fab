// SPDX-License-Identifier: BSD-2-Clause
#include "ike/cp.h"

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

void ike_cp_read(const struct ike_message *m, struct ike_cp_ask *ask)
{
	const struct ike_attr *attr;

	*ask = (struct ike_cp_ask){ 0 };
	if (!ike_count(m, IKE_PAYLOAD_CP) || m->cp.type != IKE_CFG_REQUEST)
		return;
	ask->request = true;
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
	ask->netmask4 = ike_find_attr(m, IKE_ATTR_INTERNAL_IP4_NETMASK) != NULL;
	ask->dns4 = ike_find_attr(m, IKE_ATTR_INTERNAL_IP4_DNS) != NULL;
	ask->dns6 = ike_find_attr(m, IKE_ATTR_INTERNAL_IP6_DNS) != NULL;
}

static void reply_dns(struct ike_writer *w, const struct ike_cp_ask *ask, const struct fg_ip *dns)
{
	if (ip_is4(dns) && ask->dns4)
		ike_cp_ip4(w, IKE_ATTR_INTERNAL_IP4_DNS, ip_to4(dns));
	else if (!ip_is4(dns) && ask->dns6)
		ike_cp_ip6(w, IKE_ATTR_INTERNAL_IP6_DNS, dns);
}

static void reply_subnet(struct ike_writer *w, const struct msg_session_begun *begun,
			 const struct conf_net *net)
{
	if (ip_is4(&net->ip) && begun->inner4)
		ike_cp_ip4_subnet(w, ip_to4(&net->ip), net->len);
	else if (!ip_is4(&net->ip) && !ip_is_zero(&begun->inner6))
		ike_cp_ip6_prefix(w, IKE_ATTR_INTERNAL_IP6_SUBNET, &net->ip, net->len);
}

void ike_cp_reply(struct ike_writer *w, const struct ike_cp_ask *ask,
		  const struct msg_session_begun *begun)
{
	if (!ask->request)
		return;
	ike_cp_open(w, IKE_CFG_REPLY);
	if (ask->want4 && begun->inner4) {
		ike_cp_ip4(w, IKE_ATTR_INTERNAL_IP4_ADDRESS, begun->inner4);
		if (ask->netmask4 && begun->netmask4)
			ike_cp_ip4(w, IKE_ATTR_INTERNAL_IP4_NETMASK, begun->netmask4);
	}
	if (ask->want6 && !ip_is_zero(&begun->inner6))
		ike_cp_ip6_prefix(w, IKE_ATTR_INTERNAL_IP6_ADDRESS, &begun->inner6, begun->prefix6);
	for (uint32_t i = 0; i < begun->dns_count; i++)
		reply_dns(w, ask, &begun->dns[i]);
	for (uint32_t i = 0; i < begun->subnet_count; i++)
		reply_subnet(w, begun, &begun->subnets[i]);
	ike_payload_close(w);
}
