// SPDX-License-Identifier: BSD-2-Clause
#include "session/virtual_access.h"

#include "conf/value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MSS_AUTO = 1,      /* conf_virtual_template.mss */
	TCP4_HEADERS = 40, /* IPv4 and TCP without options */
	TCP6_HEADERS = 60,
};

/* A number is for IPv4; IPv6 keeps its longer header within the same MTU. */
void virtual_access_derive(const struct conf_virtual_template *template, struct virtual_access *out)
{
	uint16_t room4 = (uint16_t)(template->mtu - TCP4_HEADERS);
	uint16_t room6 = (uint16_t)(template->mtu - TCP6_HEADERS);

	*out = (struct virtual_access){ .template_number = template->number, .mtu = template->mtu };
	if (template->mss == 0)
		return;
	out->mss4 = template->mss == MSS_AUTO || template->mss > room4 ? room4 : template->mss;
	out->mss6 = template->mss == MSS_AUTO || template->mss > room6 ? room6 : template->mss;
}

static void put_interface(FILE *out, const struct conf_virtual_template *template,
			  const struct virtual_access *access, uint32_t id)
{
	fprintf(out, "interface virtual-access %u\n", (unsigned)id);
	fprintf(out, " virtual-template %u\n", (unsigned)access->template_number);
	if (template->unnumbered[0])
		fprintf(out, " ip unnumbered %s\n", template->unnumbered);
	fprintf(out, " mtu %u\n", (unsigned)access->mtu);
	if (access->mss4)
		fprintf(out, " ip tcp adjust-mss %u\n", (unsigned)access->mss4);
	if (access->mss6)
		fprintf(out, " ipv6 tcp adjust-mss %u\n", (unsigned)access->mss6);
}

static void put_addresses(FILE *out, const struct conf *conf,
			  const struct conf_authorization_policy *policy, __be32 inner4,
			  const struct fg_ip *inner6)
{
	char text[IP_TEXT_MAX];
	struct fg_ip ip;

	if (inner4) {
		ip = ip_from4(inner4);
		fprintf(out, " peer ip address %s pool %s\n", ip_text(&ip, text),
			conf->pools[policy->pool].name);
	}
	if (inner4 && policy->netmask) {
		ip = ip_from4(policy->netmask);
		fprintf(out, " peer ip netmask %s\n", ip_text(&ip, text));
	}
	if (!ip_is_zero(inner6))
		fprintf(out, " peer ipv6 address %s/%u pool %s\n", ip_text(inner6, text),
			(unsigned)conf->pools[policy->pool6].client_prefix_len,
			conf->pools[policy->pool6].name);
}

static void put_told(FILE *out, const struct conf_told *told)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < told->wins_count; i++)
		fprintf(out, " wins %s\n", ip_text(&told->wins[i], text));
	for (size_t i = 0; i < told->dhcp_count; i++)
		fprintf(out, " dhcp server %s\n", ip_text(&told->dhcp[i], text));
	if (told->def_domain[0])
		fprintf(out, " def-domain %s\n", told->def_domain);
	for (size_t i = 0; i < told->split_dns_count; i++)
		fprintf(out, " split-dns %s\n", told->split_dns[i]);
	for (size_t i = 0; i < told->backup_gateway_count; i++)
		fprintf(out, " backup-gateway %s\n", told->backup_gateway[i]);
	if (told->include_local_lan)
		fprintf(out, " include-local-lan\n");
	if (told->pfs)
		fprintf(out, " pfs\n");
}

static void put_policy(FILE *out, const struct conf_authorization_policy *policy)
{
	char text[IP_TEXT_MAX + 4];

	for (size_t i = 0; i < policy->dns_count; i++)
		fprintf(out, " dns %s\n", ip_text(&policy->dns[i], text));
	for (size_t i = 0; i < policy->subnet_count; i++)
		fprintf(out, " route set remote %s %s\n",
			ip_is4(&policy->subnets[i].ip) ? "ipv4" : "ipv6",
			conf_net_text(&policy->subnets[i], text, sizeof(text)));
	if (policy->subnet_count == 0)
		fprintf(out, " route set remote any\n");
	put_told(out, &policy->told);
}

char *virtual_access_text(const struct conf *conf, const struct conf_profile *profile,
			  const struct conf_authorization_policy *policy,
			  const struct virtual_access *access, uint32_t id, __be32 inner4,
			  const struct fg_ip *inner6)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool failed;

	if (!out)
		return NULL;
	put_interface(out, &conf->templates[profile->virtual_template], access, id);
	put_addresses(out, conf, policy, inner4, inner6);
	put_policy(out, policy);
	fprintf(out, " crypto ikev2 profile %s\n", profile->name);
	fprintf(out, " crypto ipsec profile %s\n",
		conf->ipsec_profiles[profile->ipsec_profile].name);
	fprintf(out, " aaa authorization group %s\n", policy->name);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}
