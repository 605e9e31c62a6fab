// SPDX-License-Identifier: BSD-2-Clause
#include "ike/client.h"

#include "ike/core.h"

_Static_assert(IKE_VENDORS <= 32 && IKE_SIGNS <= 32, "a set of each is one word");

#define VENDOR(name) IKE_CLIENT_BIT(IKE_VENDOR_##name)
#define SIGN(name)   IKE_CLIENT_BIT(IKE_SIGN_##name)

/* As it comes it offers MODP-1024, 3DES and SHA-1 for IKE, and AES-CBC with SHA-1 for ESP. */
#define SET_WINDOWS                                                                                \
	"on Windows, Set-VpnConnectionIPsecConfiguration with -EncryptionMethod GCMAES256 "        \
	"-CipherTransformConstants GCMAES256 -AuthenticationTransformConstants GCMAES256 "         \
	"-IntegrityCheckMethod SHA384 -DHGroup ECP384 -PfsGroup ECP384"

const struct ike_client ike_clients[] = {
	{
		.name = "Windows",
		.remedy = SET_WINDOWS,
		.vendors = VENDOR(MS_ISAKMPOAKLEY),
		.flags = IKE_CLIENT_NO_REKEY_BEHIND_NAT | IKE_CLIENT_NO_KE_IN_CHILD_REKEY,
		.why = "behind a NAT it answers a rekey of the gateway's with a private error and "
		       "ends; a KE in a CHILD rekey that it did not offer is refused",
	},
	{
		.name = "Windows",
		.remedy = SET_WINDOWS,
		.signs = SIGN(MICROSOFT),
		.flags = IKE_CLIENT_NO_REKEY_BEHIND_NAT | IKE_CLIENT_NO_KE_IN_CHILD_REKEY,
		.why = "as above, without its vendor IDs",
	},
	{
		.name = "AnyConnect",
		.vendors = VENDOR(CISCO_ANYCONNECT_EAP),
	},
	{
		.name = "IOS router",
		.vendors = VENDOR(FLEXVPN_SUPPORTED) | VENDOR(CISCO_DELETE_REASON),
	},
	{
		.name = "macOS or iOS",
		.signs = SIGN(ADDRESS) | SIGN(DHCP) | SIGN(DNS_DOMAIN),
		.flags = IKE_CLIENT_REKEYS_FIRST | IKE_CLIENT_NO_KE_IN_CHILD_REKEY,
		.why = "rekeys after 8 or 24 minutes itself, with the groups of its own profile",
	},
	{
		.name = "strongSwan",
		.vendors = VENDOR(STRONGSWAN),
	},
	{
		.name = "strongSwan",
		.signs = SIGN(MESSAGE_ID_SYNC),
	},
	{
		.name = "Libreswan",
		.vendors = VENDOR(LIBRESWAN),
	},
	{
		.name = "OpenIKED",
		.vendors = VENDOR(OPENIKED),
	},
	{
		.name = "Android",
		.signs = SIGN(ADDRESS) | SIGN(VERSION),
		.without = SIGN(UNITY) | SIGN(DHCP),
		.flags = IKE_CLIENT_REKEYS_FIRST,
		.why = "its IKE library rekeys by its own timers",
	},
	{
		.name = "other",
	},
};
const size_t ike_client_count = sizeof(ike_clients) / sizeof(ike_clients[0]);

const struct ike_client *ike_client_find(uint32_t vendors, uint32_t signs)
{
	const struct ike_client *row = ike_clients;

	while ((row->vendors & ~vendors) || (row->signs & ~signs) || (row->without & signs))
		row++;
	return row;
}

/* --- what a message shows --- */

static uint32_t vendors_of(const struct ike_message *m)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < m->vendor_count; i++) {
		enum ike_vendor vendor = ike_vendor_find(m->vendor[i]);

		if (vendor != IKE_VENDORS)
			seen |= IKE_CLIENT_BIT(vendor);
	}
	return seen;
}

static uint32_t if_asked(const struct ike_message *m, uint16_t attr, enum ike_sign sign)
{
	return ike_find_attr(m, attr) ? IKE_CLIENT_BIT(sign) : 0;
}

static uint32_t cp_signs(const struct ike_message *m)
{
	uint32_t signs = 0;

	if (!ike_count(m, IKE_PAYLOAD_CP) || m->cp.type != IKE_CFG_REQUEST)
		return 0;
	for (size_t i = 0; i < m->cp.count; i++) {
		uint16_t type = m->cp.attr[i].type;

		if (type >= IKE_ATTR_UNITY_FIRST && type <= IKE_ATTR_UNITY_LAST)
			signs |= SIGN(UNITY);
	}
	return signs | if_asked(m, IKE_ATTR_INTERNAL_IP4_ADDRESS, IKE_SIGN_ADDRESS) |
	       if_asked(m, IKE_ATTR_INTERNAL_IP6_ADDRESS, IKE_SIGN_ADDRESS) |
	       if_asked(m, IKE_ATTR_INTERNAL_IP4_DHCP, IKE_SIGN_DHCP) |
	       if_asked(m, IKE_ATTR_INTERNAL_DNS_DOMAIN, IKE_SIGN_DNS_DOMAIN) |
	       if_asked(m, IKE_ATTR_INTERNAL_IP4_SERVER, IKE_SIGN_MICROSOFT) |
	       if_asked(m, IKE_ATTR_APPLICATION_VERSION, IKE_SIGN_VERSION);
}

const struct ike_client *ike_client_of(const struct ike_message *m)
{
	return ike_client_find(vendors_of(m), cp_signs(m));
}

void ike_client_see(struct ikesa *sa, const struct ike_message *m)
{
	sa->vendors |= vendors_of(m);
	sa->signs |= cp_signs(m);
	if (ike_find_notify(m, IKE_NOTIFY_IKEV2_MESSAGE_ID_SYNC_SUPPORTED))
		sa->signs |= SIGN(MESSAGE_ID_SYNC);
	sa->client = ike_client_find(sa->vendors, sa->signs);
}

bool ike_client_has(const struct ikesa *sa, enum ike_client_flag flag)
{
	return sa->client && (sa->client->flags & flag);
}

const char *ike_client_name(const struct ikesa *sa)
{
	return sa->client ? sa->client->name : ike_clients[ike_client_count - 1].name;
}

bool ike_client_sent(const struct ikesa *sa, enum ike_vendor vendor)
{
	return sa->vendors & IKE_CLIENT_BIT(vendor);
}

void ike_vendor_put(const struct ike_core *core, struct ikesa *sa, struct ike_writer *w)
{
	static const char flexvpn[] = "FLEXVPN-SUPPORTED";
	size_t len = sizeof(flexvpn) - 1;

	switch (core->conf->gateway.flexvpn_vendor_id) {
	case CONF_FLEXVPN_AUTO:
		sa->flexvpn = ike_client_sent(sa, IKE_VENDOR_FLEXVPN_SUPPORTED);
		break;
	case CONF_FLEXVPN_ON:
		sa->flexvpn = true;
		break;
	case CONF_FLEXVPN_OFF:
		sa->flexvpn = false;
		break;
	}
	/* Who asks has not shown yet that he is where he says. */
	if (w->wr.len + IKE_PAYLOAD_HEADER_LEN + len > sa->opening->request->len)
		sa->flexvpn = false;
	if (sa->flexvpn)
		ike_put_vendor(w, flexvpn, len);
}
