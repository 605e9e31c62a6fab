// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a policy tells to who asks: name servers, domains, texts, and the attributes that Cisco's
 * clients took over from IKEv1 ("Unity").
 */
#include "ike/cp.h"

#include <arpa/inet.h>

enum {
	CP_MAX = 3 * 1024, /* bytes of the payload; texts beyond are let go */
	ROUTE_LEN = 14,    /* address, mask, and six bytes for protocol and ports */
};

/* What can be told, for SUPPORTED_ATTRIBUTES. */
static const uint16_t supported[] = {
	IKE_ATTR_INTERNAL_IP4_ADDRESS, IKE_ATTR_INTERNAL_IP4_NETMASK, IKE_ATTR_INTERNAL_IP4_DNS,
	IKE_ATTR_INTERNAL_IP4_NBNS,    IKE_ATTR_INTERNAL_IP4_DHCP,    IKE_ATTR_APPLICATION_VERSION,
	IKE_ATTR_INTERNAL_IP6_ADDRESS, IKE_ATTR_INTERNAL_IP6_DNS,     IKE_ATTR_INTERNAL_IP6_DHCP,
	IKE_ATTR_INTERNAL_IP4_SUBNET,  IKE_ATTR_SUPPORTED_ATTRIBUTES, IKE_ATTR_INTERNAL_IP6_SUBNET,
	IKE_ATTR_INTERNAL_DNS_DOMAIN,  IKE_ATTR_INTERNAL_DNSSEC_TA,
};

static void put_number(struct ike_writer *w, uint16_t attr, uint16_t value)
{
	uint8_t bytes[2];
	struct wr wr = wr_of(bytes, sizeof(bytes));

	wr_be16(&wr, value);
	ike_cp_attr(w, attr, bytes, wr.len);
}

/* Addresses and SA stand in the same answer: texts must not make it too long for them. */
static void put_text(struct ike_writer *w, uint16_t attr, const char *text)
{
	size_t len = strlen(text);

	if (len && w->wr.len - w->open_at + len < CP_MAX)
		ike_cp_attr(w, attr, text, len);
}

/* Several texts as one attribute. */
static void put_joined(struct ike_writer *w, uint16_t attr, const conf_line *texts, size_t count,
		       char between)
{
	char all[16 * CONF_TEXT_MAX];
	struct wr wr = wr_of(all, sizeof(all) - 1);

	for (size_t i = 0; i < count; i++) {
		if (i)
			wr_u8(&wr, (uint8_t)between);
		wr_bytes(&wr, texts[i], strlen(texts[i]));
	}
	all[wr.len] = '\0';
	if (!wr.failed)
		put_text(w, attr, all);
}

static void put_server(struct ike_writer *w, const struct ike_cp_ask *ask, uint16_t attr4,
		       uint16_t attr6, const struct fg_ip *ip)
{
	if (ip_is4(ip) && ike_cp_asks(ask, attr4))
		ike_cp_ip4(w, attr4, ip_to4(ip));
	else if (!ip_is4(ip) && ike_cp_asks(ask, attr6))
		ike_cp_ip6(w, attr6, ip);
}

static void put_servers(struct ike_writer *w, const struct ike_cp_ask *ask,
			const struct conf_authorization_policy *policy)
{
	const struct conf_told *told = &policy->told;

	for (size_t i = 0; i < policy->dns_count; i++)
		put_server(w, ask, IKE_ATTR_INTERNAL_IP4_DNS, IKE_ATTR_INTERNAL_IP6_DNS,
			   &policy->dns[i]);
	for (size_t i = 0; ike_cp_asks(ask, IKE_ATTR_INTERNAL_IP4_NBNS) && i < told->wins_count;
	     i++)
		ike_cp_ip4(w, IKE_ATTR_INTERNAL_IP4_NBNS, ip_to4(&told->wins[i]));
	for (size_t i = 0; i < told->dhcp_count; i++)
		put_server(w, ask, IKE_ATTR_INTERNAL_IP4_DHCP, IKE_ATTR_INTERNAL_IP6_DHCP,
			   &told->dhcp[i]);
}

/* A trust anchor stands behind the domain that it belongs to: RFC 8598 4.2. */
static void put_anchor(struct ike_writer *w, const struct conf_trust_anchor *anchor)
{
	uint8_t value[4 + sizeof(anchor->digest)];
	struct wr wr = wr_of(value, sizeof(value));

	wr_be16(&wr, anchor->key_tag);
	wr_u8(&wr, anchor->algorithm);
	wr_u8(&wr, anchor->digest_type);
	wr_bytes(&wr, anchor->digest, anchor->len);
	ike_cp_attr(w, IKE_ATTR_INTERNAL_DNSSEC_TA, value, wr.len);
}

static void put_domains(struct ike_writer *w, const struct ike_cp_ask *ask,
			const struct conf_told *told)
{
	bool anchors = ike_cp_asks(ask, IKE_ATTR_INTERNAL_DNSSEC_TA);

	if (!ike_cp_asks(ask, IKE_ATTR_INTERNAL_DNS_DOMAIN))
		return;
	for (size_t i = 0; i < told->split_dns_count; i++) {
		put_text(w, IKE_ATTR_INTERNAL_DNS_DOMAIN, told->split_dns[i]);
		for (size_t k = 0; anchors && k < told->anchor_count; k++)
			if (!strcasecmp(told->anchor[k].domain, told->split_dns[i]))
				put_anchor(w, &told->anchor[k]);
	}
}

static void put_supported(struct ike_writer *w, const struct ike_cp_ask *ask)
{
	uint8_t list[sizeof(supported)];
	struct wr wr = wr_of(list, sizeof(list));

	if (!ike_cp_asks(ask, IKE_ATTR_SUPPORTED_ATTRIBUTES))
		return;
	for (size_t i = 0; i < sizeof(supported) / sizeof(supported[0]); i++)
		wr_be16(&wr, supported[i]);
	ike_cp_attr(w, IKE_ATTR_SUPPORTED_ATTRIBUTES, list, wr.len);
}

/* --- Unity --- */

/* The IPv4 networks once more, in the words of IKEv1: any protocol, any port. */
static void put_routes(struct ike_writer *w, const struct conf_authorization_policy *policy)
{
	uint8_t routes[CONF_NETS_MAX * ROUTE_LEN];
	struct wr wr = wr_of(routes, sizeof(routes));

	for (size_t i = 0; i < policy->subnet_count; i++) {
		const struct conf_net *net = &policy->subnets[i];
		__be32 ip = ip_to4(&net->ip);

		if (!ip_is4(&net->ip))
			continue;
		wr_bytes(&wr, &ip, sizeof(ip));
		wr_be32(&wr, net->len ? UINT32_MAX << (32 - net->len) : 0);
		wr_zero(&wr, 6);
	}
	if (wr.len)
		ike_cp_attr(w, IKE_ATTR_UNITY_SPLIT_INCLUDE, routes, wr.len);
}

static void put_unity(struct ike_writer *w, const struct ike_cp_ask *ask,
		      const struct conf_authorization_policy *policy)
{
	const struct conf_told *told = &policy->told;

	if (ike_cp_asks(ask, IKE_ATTR_UNITY_DEF_DOMAIN))
		put_text(w, IKE_ATTR_UNITY_DEF_DOMAIN, told->def_domain);
	if (ike_cp_asks(ask, IKE_ATTR_UNITY_SPLITDNS_NAME))
		put_joined(w, IKE_ATTR_UNITY_SPLITDNS_NAME, told->split_dns, told->split_dns_count,
			   ',');
	if (ike_cp_asks(ask, IKE_ATTR_UNITY_SPLIT_INCLUDE))
		put_routes(w, policy);
	/* No list of networks: the ones of the client's own devices. */
	if (ike_cp_asks(ask, IKE_ATTR_UNITY_LOCAL_LAN) && told->include_local_lan)
		ike_cp_attr(w, IKE_ATTR_UNITY_LOCAL_LAN, NULL, 0);
	if (ike_cp_asks(ask, IKE_ATTR_UNITY_PFS))
		put_number(w, IKE_ATTR_UNITY_PFS, told->pfs);
	if (ike_cp_asks(ask, IKE_ATTR_UNITY_SAVE_PASSWD))
		put_number(w, IKE_ATTR_UNITY_SAVE_PASSWD, told->save_password);
	if (ike_cp_asks(ask, IKE_ATTR_UNITY_BACKUP_SERVERS))
		put_joined(w, IKE_ATTR_UNITY_BACKUP_SERVERS, told->backup_gateway,
			   told->backup_gateway_count, ',');
	if (ike_cp_asks(ask, IKE_ATTR_UNITY_BANNER))
		put_joined(w, IKE_ATTR_UNITY_BANNER, told->banner, told->banner_count, '\n');
}

/* Attributes without a public number. */
static void put_private(struct ike_writer *w, const struct ike_cp_ask *ask,
			const struct conf_private *numbers, const struct conf_told *told)
{
	uint16_t url = numbers->configuration_url, version = numbers->configuration_version;
	uint16_t card = numbers->smartcard_removal_disconnect;

	if (url && ike_cp_asks(ask, url))
		put_text(w, url, told->configuration_url);
	if (version && told->configuration_version && ike_cp_asks(ask, version))
		put_number(w, version, told->configuration_version);
	if (card && ike_cp_asks(ask, card))
		put_number(w, card, told->smartcard_removal_disconnect);
}

void ike_cp_told(struct ike_writer *w, const struct ike_cp_ask *ask, const struct conf *conf,
		 const struct conf_authorization_policy *policy)
{
	put_servers(w, ask, policy);
	put_domains(w, ask, &policy->told);
	put_supported(w, ask);
	if (ike_cp_asks(ask, IKE_ATTR_APPLICATION_VERSION))
		put_text(w, IKE_ATTR_APPLICATION_VERSION, conf->gateway.application_version);
	put_private(w, ask, &conf->private_attributes, &policy->told);
	put_unity(w, ask, policy);
}
