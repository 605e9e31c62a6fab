// SPDX-License-Identifier: BSD-2-Clause
/*
 * Known clients, their first two messages made by hand after what is publicly recorded of them:
 * offers, vendor IDs, notifies, CFG_REQUEST. Which row of the table each is, what is chosen for it
 * and what it is told.
 */
#include "exchange/exchange.h"

#include "ike/client.h"

#include <stdio.h>

#define BYTES(text) text, sizeof(text) - 1

/* One proposal: transforms in the order in which the client writes them. */
struct offer {
	uint16_t encr, bits, integ, prf, group; /* 0: none of that type */
};

static void add_offer(struct ike_sa *sa, uint8_t protocol, const struct offer *o)
{
	static const uint8_t spi[4];

	ike_sa_add_proposal(sa, (uint8_t)(sa->proposal_count + 1), protocol, spi,
			    protocol == IKE_PROTOCOL_ESP ? sizeof(spi) : 0);
	ike_sa_add_transform(sa, IKE_TRANSFORM_ENCR, o->encr, o->bits);
	if (o->integ)
		ike_sa_add_transform(sa, IKE_TRANSFORM_INTEG, o->integ, 0);
	if (o->prf)
		ike_sa_add_transform(sa, IKE_TRANSFORM_PRF, o->prf, 0);
	if (o->group)
		ike_sa_add_transform(sa, IKE_TRANSFORM_DH, o->group, 0);
	if (protocol == IKE_PROTOCOL_ESP)
		ike_sa_add_transform(sa, IKE_TRANSFORM_ESN, IKE_ESN_NO, 0);
}

#define CBC IKE_ENCR_AES_CBC
#define GCM IKE_ENCR_AES_GCM_16

/* clang-format off */
#define MS_IKE \
	.ike = { { IKE_ENCR_3DES, 0, 2, 2, 2 }, { CBC, 256, 2, 2, 2 }, \
		 { IKE_ENCR_3DES, 0, 12, 5, 2 }, { CBC, 256, 12, 5, 2 }, \
		 { IKE_ENCR_3DES, 0, 13, 6, 2 }, { CBC, 256, 13, 6, 2 } }
#define MS_VENDORS \
	.vendor = { { 1, BYTES("\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61\0\0\0\x09") }, \
		    { 1, BYTES("\xfb\x1d\xe3\xcd\xf3\x41\xb7\xea\x16\xb7\xe5\xbe\x08\x55\xf1\x20") }, \
		    { 1, BYTES("\x26\x24\x4d\x38\xed\xdb\x61\xb3\x17\x2a\x36\xe3\xd0\xcf\xb8\x19") }, \
		    { 1, BYTES("\x01\x52\x8b\xbb\xc0\x06\x96\x12\x18\x49\xab\x9a\x1c\x5b\x2a\x51\0\0\0\x02") } }
/* ADDR DNS NBNS SRV ADDR6 DNS6 SRV6 */
#define MS_ATTRS \
	.attr = { { .type = 1 }, { .type = 3 }, { .type = 4 }, { .type = 23456 }, { .type = 8 }, \
		  { .type = 10 }, { .type = 23457 } }
/* What Windows says in IKE_AUTH. */
#define MS_AUTH MS_ATTRS, .in_auth = { IKE_NOTIFY_MOBIKE_SUPPORTED }
#define IOS_VENDORS \
	.vendor = { { 1, BYTES("CISCO-DELETE-REASON") }, { 1, BYTES("CISCOVPN-REV-02") }, \
		    { 1, BYTES("CISCO-DYNAMIC-ROUTE") }, { 1, BYTES("FLEXVPN-SUPPORTED") } }
/* ESP as Windows has always offered it: SHA-1 only. */
#define MS_ESP \
	.esp = { { CBC, 256, 2, 0, 0 }, { CBC, 128, 2, 0, 0 }, { IKE_ENCR_3DES, 0, 2, 0, 0 } }
/* clang-format on */

/* An [ikev2-proposal] that takes what Windows has always offered. */
#define LEGACY                                                                                     \
	"[ikev2-proposal default]\nlegacy = yes\nencryption = aes-cbc-256\n"                       \
	"integrity = sha384 sha256 sha1\nprf = sha384 sha256 sha1\ngroup = 14 2\n"
/* The same of an [ipsec-profile]. */
#define LEGACY_ESP                                                                                 \
	"[ipsec-profile default]\nlegacy = yes\ntransform = esp-cbc-128-sha1 esp-cbc-256-sha1 "    \
	"esp-gcm-256\n"

static const struct client {
	const char *what, *name, *conf; /* conf: sections besides those of CONF */
	uint32_t flags;
	struct offer ike[6], esp[5];
	uint16_t ke;
	struct initiator_bytes vendor[INITIATOR_VENDORS], attr[INITIATOR_ATTRS];
	uint16_t in_init[4], in_auth[6]; /* notifies without data */
	uint8_t id_type;
	enum initiator_state state;
	uint16_t refusal;
	struct ike_suite suite;
	uint16_t esp_suite;
	bool has4, has6, whole;
} clients[] = {
	{
		.what = "Windows as it comes: MODP-1024 only, which nobody has opted in to",
		.name = NULL,
		MS_IKE,
		.ke = 14,
		MS_VENDORS,
		.state = INITIATOR_REFUSED,
		.refusal = IKE_NOTIFY_NO_PROPOSAL_CHOSEN,
	},
	{
		.what = "Windows as it comes where a proposal opts in, with GCM for ESP",
		.name = "Windows",
		.conf = LEGACY,
		.flags = IKE_CLIENT_NO_REKEY_BEHIND_NAT | IKE_CLIENT_NO_KE_IN_CHILD_REKEY,
		MS_IKE,
		.esp = { { GCM, 256, 0, 0, 0 } },
		.ke = 2,
		MS_VENDORS,
		MS_AUTH,
		.state = INITIATOR_UP,
		.suite = { CBC, 256, 5, 12, 2 },
		.esp_suite = FG_ESP_AES_GCM_256,
		.has4 = true,
		.has6 = true,
	},
	{
		.what = "Windows with NegotiateDH2048_AES256, ESP as it comes: SHA-1 only",
		.name = "Windows",
		.flags = IKE_CLIENT_NO_REKEY_BEHIND_NAT | IKE_CLIENT_NO_KE_IN_CHILD_REKEY,
		.ike = { { CBC, 256, 2, 2, 14 }, { CBC, 256, 12, 5, 14 }, { CBC, 256, 13, 6, 14 } },
		MS_ESP,
		.ke = 14,
		MS_VENDORS,
		MS_AUTH,
		.state = INITIATOR_CHILDLESS,
		.refusal = IKE_NOTIFY_NO_PROPOSAL_CHOSEN,
		.suite = { CBC, 256, 5, 12, 14 },
	},
	{
		.what = "Windows as it comes where proposal and ipsec-profile opt in",
		.name = "Windows",
		.conf = LEGACY LEGACY_ESP,
		.flags = IKE_CLIENT_NO_REKEY_BEHIND_NAT | IKE_CLIENT_NO_KE_IN_CHILD_REKEY,
		MS_IKE,
		MS_ESP,
		.ke = 2,
		MS_VENDORS,
		MS_AUTH,
		.state = INITIATOR_UP,
		.suite = { CBC, 256, 5, 12, 2 },
		.esp_suite = FG_ESP_AES_CBC_128_SHA1,
		.has4 = true,
		.has6 = true,
	},
	{
		.what = "Windows with Set-VpnConnectionIPsecConfiguration: GCM, ECP-384",
		.name = "Windows",
		.flags = IKE_CLIENT_NO_REKEY_BEHIND_NAT | IKE_CLIENT_NO_KE_IN_CHILD_REKEY,
		.ike = { { GCM, 256, 0, 6, 20 } },
		.esp = { { GCM, 256, 0, 0, 0 } },
		.ke = 20,
		MS_VENDORS,
		MS_AUTH,
		.state = INITIATOR_UP,
		.suite = { GCM, 256, 6, 0, 20 },
		.esp_suite = FG_ESP_AES_GCM_256,
		.has4 = true,
		.has6 = true,
	},
	{
		.what = "macOS and iOS with the offers of a profile that says nothing",
		.name = "macOS or iOS",
		.flags = IKE_CLIENT_REKEYS_FIRST | IKE_CLIENT_NO_KE_IN_CHILD_REKEY,
		.ike = { { CBC, 256, 12, 5, 14 },
			 { CBC, 256, 12, 5, 19 },
			 { CBC, 256, 12, 5, 5 },
			 { CBC, 128, 2, 2, 2 },
			 { IKE_ENCR_3DES, 0, 2, 2, 2 } },
		.esp = { { CBC, 256, 12, 0, 0 },
			 { CBC, 128, 2, 0, 0 },
			 { IKE_ENCR_3DES, 0, 2, 0, 0 } },
		.ke = 14,
		.in_init = { IKE_NOTIFY_REDIRECT_SUPPORTED,
			     IKE_NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED },
		.in_auth = { IKE_NOTIFY_INITIAL_CONTACT, IKE_NOTIFY_MOBIKE_SUPPORTED,
			     IKE_NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED,
			     IKE_NOTIFY_NON_FIRST_FRAGMENTS_ALSO },
		/* ADDR DHCP DNS MASK ADDR6 DHCP6 DNS6 DOMAIN */
		.attr = { { .type = 1 },
			  { .type = 6 },
			  { .type = 3 },
			  { .type = 2 },
			  { .type = 8 },
			  { .type = 12 },
			  { .type = 10 },
			  { .type = 25 } },
		.state = INITIATOR_UP,
		.suite = { CBC, 256, 5, 12, 14 },
		.esp_suite = FG_ESP_AES_CBC_256_SHA256,
		.has4 = true,
		.has6 = true,
	},
	{
		.what = "Android 11 and later: identity of a pre-shared key as KEY_ID",
		.name = "Android",
		.flags = IKE_CLIENT_REKEYS_FIRST,
		.ike = { { GCM, 256, 0, 7, 16 }, { GCM, 128, 0, 5, 31 }, { CBC, 256, 14, 7, 14 } },
		.esp = { { GCM, 256, 0, 0, 0 }, { CBC, 256, 12, 0, 0 } },
		.ke = 16,
		.in_init = { IKE_NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED },
		/* ADDR ADDR6 DNS DNS6 MASK VER */
		.attr = { { .type = 1 },
			  { .type = 8 },
			  { .type = 3 },
			  { .type = 10 },
			  { .type = 2 },
			  { .type = 7 } },
		.id_type = IKE_ID_KEY_ID,
		.state = INITIATOR_UP,
		.suite = { GCM, 256, 7, 0, 16 },
		.esp_suite = FG_ESP_AES_GCM_256,
		.has4 = true,
		.has6 = true,
	},
	{
		.what = "strongSwan",
		.name = "strongSwan",
		.ike = { { CBC, 128, 12, 5, 19 }, { GCM, 128, 0, 5, 31 } },
		.esp = { { GCM, 128, 0, 0, 0 }, { CBC, 128, 12, 0, 0 } },
		.ke = 19,
		.in_init = { IKE_NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED,
			     IKE_NOTIFY_REDIRECT_SUPPORTED },
		.in_auth = { IKE_NOTIFY_MOBIKE_SUPPORTED, IKE_NOTIFY_EAP_ONLY_AUTHENTICATION,
			     IKE_NOTIFY_IKEV2_MESSAGE_ID_SYNC_SUPPORTED },
		.attr = { { .type = 1 }, { .type = 3 } },
		.state = INITIATOR_UP,
		.suite = { CBC, 128, 5, 12, 19 },
		.esp_suite = FG_ESP_AES_GCM_128,
		.has4 = true,
	},
	{
		.what = "an IOS router with a FlexVPN client: an address, and TSi for everything",
		.name = "IOS router",
		.ike = { { CBC, 256, 14, 7, 19 }, { CBC, 256, 12, 5, 14 } },
		.esp = { { GCM, 256, 0, 0, 0 } },
		.ke = 19,
		IOS_VENDORS,
		.in_auth = { IKE_NOTIFY_INITIAL_CONTACT, IKE_NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED,
			     IKE_NOTIFY_NON_FIRST_FRAGMENTS_ALSO },
		.attr = { { .type = 1 },
			  { 7, BYTES("Cisco IOS Software") },
			  { .type = 28675 },
			  { .type = 28672 },
			  { .type = 28681 },
			  { .type = 28674 } },
		.state = INITIATOR_UP,
		.suite = { CBC, 256, 7, 14, 19 },
		.esp_suite = FG_ESP_AES_GCM_256,
		.has4 = true,
		.whole = true,
	},
	{
		.what = "an IOS router with a static address: a CFG_REQUEST without one",
		.name = "IOS router",
		.ike = { { CBC, 256, 14, 7, 19 } },
		.esp = { { GCM, 256, 0, 0, 0 } },
		.ke = 19,
		IOS_VENDORS,
		.attr = { { 7, BYTES("Cisco IOS Software") },
			  { .type = 28675 },
			  { .type = 28672 },
			  { .type = 28681 },
			  { .type = 28674 } },
		/* Without a leased address nothing can be routed to it yet. */
		.state = INITIATOR_CHILDLESS,
		.refusal = IKE_NOTIFY_TS_UNACCEPTABLE,
		.suite = { CBC, 256, 7, 14, 19 },
	},
};

#define CONF                                                                                       \
	"[gateway]\noutside = eth0\n[pool p4]\nprefix = 10.10.0.0/24\n"                            \
	"[pool p6]\nprefix = 2001:db8:10::/64\n"                                                   \
	"[ikev2-authorization-policy all]\npool = p4\nipv6-pool = p6\n[virtual-template 1]\n"      \
	"[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\nmatch-identity-remote = any\n"        \
	"identity-local = fqdn gateway.example.org\nauthentication-local = pre-share\n"            \
	"authentication-remote = pre-share\nkeyring-local = ring\naaa-authorization-group = all\n" \
	"virtual-template = 1\n"

static void begin_client(struct story *s, const struct client *c, struct ike_sa *ike,
			 struct ike_sa *esp)
{
	struct initiator_setup setup;

	gateway_client(&s->gw, &setup);
	for (size_t i = 0; i < COUNT(c->ike) && c->ike[i].encr; i++)
		add_offer(ike, IKE_PROTOCOL_IKE, &c->ike[i]);
	for (size_t i = 0; i < COUNT(c->esp) && c->esp[i].encr; i++)
		add_offer(esp, IKE_PROTOCOL_ESP, &c->esp[i]);
	setup.ike_offer = ike;
	setup.esp_offer = esp;
	setup.esp_count = 0;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++)
		setup.esp[setup.esp_count++] = suite;
	setup.group = c->ke;
	setup.want4 = false;
	memcpy(setup.vendor, c->vendor, sizeof(setup.vendor));
	memcpy(setup.attr, c->attr, sizeof(setup.attr));
	for (size_t i = 0; i < COUNT(c->in_init); i++)
		setup.in_init[i].type = c->in_init[i];
	for (size_t i = 0; i < COUNT(c->in_auth); i++)
		setup.in_auth[i].type = c->in_auth[i];
	if (c->id_type)
		setup.id_type = c->id_type;
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	gateway_login(&s->gw, s->in);
}

static void check_client(struct story *s, const struct client *c)
{
	const struct ikesa *sa = ikesa_find(s->gw.core, s->in->spi_r);
	const struct ike_suite *suite = &s->in->keys.suite;

	if (s->in->state != c->state || s->in->refusal != c->refusal)
		fail_msg("%s: state %d, refusal %u", c->what, s->in->state, s->in->refusal);
	if (!c->name)
		return;
	assert_non_null(sa);
	assert_string_equal(ike_client_name(sa), c->name);
	for (unsigned bit = 0; bit < 8; bit++)
		assert_int_equal(ike_client_has(sa, (enum ike_client_flag)(1 << bit)),
				 (c->flags & 1u << bit) != 0);
	assert_memory_equal(suite, &c->suite, sizeof(*suite));
	if (c->state != INITIATOR_UP)
		return;
	assert_int_equal(s->in->suite, c->esp_suite);
	assert_int_equal(s->in->inner4 != 0, c->has4);
	assert_int_equal(!ip_is_zero(&s->in->inner6), c->has6);
	assert_int_equal(ip_to4(&s->in->ts_i.selector[0].first), c->whole ? 0 : s->in->inner4);
	assert_true(s->in->init_answer_len <= s->in->init_len);
}

static void test_clients(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(clients); i++) {
		char conf[2048];
		struct story *s;
		struct ike_sa *offers = calloc(2, sizeof(*offers));

		assert_non_null(offers);
		snprintf(conf, sizeof(conf), "%s%s", clients[i].conf ? clients[i].conf : "", CONF);
		s = story_begin(conf);
		begin_client(s, &clients[i], &offers[0], &offers[1]);
		check_client(s, &clients[i]);
		free(offers);
		story_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
