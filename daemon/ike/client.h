/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What software the client runs, and what is done for it. IKEv2 has no field for that: it shows in
 * vendor IDs, in what is announced and in what the CFG_REQUEST asks for. None of it proves
 * anything, so a row may make us more patient or more careful, never let anybody in.
 */
#ifndef IKE_CLIENT_H
#define IKE_CLIENT_H

#include "ike/wire/build.h"
#include "ike/wire/message.h"

struct ike_core;
struct ikesa;

/* clang-format off */
enum ike_vendor {
#define IKE_VENDOR(name, how, hex, text) IKE_VENDOR_##name,
#include "ike/vendor.def"
	IKE_VENDORS,
};
/* clang-format on */

/* What a client shows of itself beside its vendor IDs. */
enum ike_sign {
	IKE_SIGN_MESSAGE_ID_SYNC, /* IKEV2_MESSAGE_ID_SYNC_SUPPORTED */
	IKE_SIGN_ADDRESS,         /* its CFG_REQUEST asks for an address */
	IKE_SIGN_DHCP,            /* and for a DHCP server */
	IKE_SIGN_DNS_DOMAIN,      /* and for the names of a split DNS */
	IKE_SIGN_MICROSOFT,       /* and for INTERNAL_IP4_SERVER, a private number of Microsoft's */
	IKE_SIGN_UNITY,           /* and for a private attribute of Cisco's */
	IKE_SIGN_VERSION,         /* and for our version */
	IKE_SIGNS,
};

/* What is done for it. */
enum ike_client_flag {
	/* Behind a NAT it refuses a rekey of ours, and the session ends: it rekeys, we wait. */
	IKE_CLIENT_NO_REKEY_BEHIND_NAT = 1 << 0,
	/* Our rekey of a CHILD SA carries a KE only when the client's own offer had a group. */
	IKE_CLIENT_NO_KE_IN_CHILD_REKEY = 1 << 1,
	/* It rekeys early and by itself: our own rekey comes so late that its is always first. */
	IKE_CLIENT_REKEYS_FIRST = 1 << 2,
};

struct ike_client {
	const char *name; /* "Windows" */
	uint32_t vendors; /* IKE_CLIENT_BIT of enum ike_vendor: all of them came */
	uint32_t signs;   /* of enum ike_sign: all of them were seen */
	uint32_t without; /* of enum ike_sign: none of them was */
	uint32_t flags;   /* enum ike_client_flag */
	const char *why;  /* of the flags, for people */
	/* What to do at the client when it offers nothing that we take, for logs; NULL: the same as
	 * with any other. */
	const char *remedy;
};

#define IKE_CLIENT_BIT(n) (UINT32_C(1) << (n))

/* The first row that fits is the client's; the last one fits everybody and has no flags. */
extern const struct ike_client ike_clients[];
extern const size_t ike_client_count;

/* Never NULL. */
const struct ike_client *ike_client_find(uint32_t vendors, uint32_t signs);
/* A message of the setup: note what it shows, and look again for the row. */
void ike_client_see(struct ikesa *sa, const struct ike_message *m);
/* Is this done for the client? */
/* The row by one message alone, of a client that has no IKE SA. Never NULL. */
const struct ike_client *ike_client_of(const struct ike_message *m);
bool ike_client_has(const struct ikesa *sa, enum ike_client_flag flag);
const char *ike_client_name(const struct ikesa *sa);

/* The vendor ID of these bytes; IKE_VENDORS: none that we know. */
enum ike_vendor ike_vendor_find(struct ike_bytes id);
/* "FLEXVPN-SUPPORTED" */
const char *ike_vendor_name(enum ike_vendor vendor);
/* Our vendor IDs for the answer to IKE_SA_INIT, as configured and only where they do not make it
 * longer than the request. */
void ike_vendor_put(const struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
/* Did the client send it? */
bool ike_client_sent(const struct ikesa *sa, enum ike_vendor vendor);

#endif
