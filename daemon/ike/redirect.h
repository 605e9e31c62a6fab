/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending clients to another gateway, RFC 5685: in answer to IKE_SA_INIT, when nothing is known of
 * the client, or to IKE_AUTH, when its profile is.
 */
#ifndef IKE_REDIRECT_H
#define IKE_REDIRECT_H

#include "ike/core.h"
#include "ike/rules.h"
#include "ike/wire/build.h"

/* What a client said in IKE_SA_INIT about being redirected. */
enum ike_redirect {
	IKE_REDIRECT_UNKNOWN,   /* nothing: it would not understand */
	IKE_REDIRECT_SUPPORTED, /* RFC 5685 3 */
	IKE_REDIRECTED, /* another gateway sent it here: it stays, or it might go in circles */
};

enum ike_redirect ike_redirect_read(const struct ike_message *m);
/* True: the IKE_SA_INIT was answered with REDIRECT and is forgotten. */
bool ike_redirect_init(struct ike_core *core, const struct ike_message *m,
		       const struct ike_arrival *from);
/* Where a client that has proved who it is goes instead, NULL: nowhere. */
const struct conf_redirect *ike_redirect_auth(const struct ike_core *core, const struct ikesa *sa);
/* N(REDIRECT); nonce is the client's in IKE_SA_INIT and empty elsewhere. */
void ike_redirect_put(struct ike_writer *w, const struct conf_redirect *redirect,
		      struct ike_bytes nonce);
/* Who the client was sent by, and to whom it is sent. */
void ike_redirect_log(struct ike_core *core, const struct ike_arrival *from,
		      const struct ike_message *m);

#endif
