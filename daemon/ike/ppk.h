/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Post-quantum pre-shared keys, RFC 8784: a key that both sides have is mixed into SK_d, SK_pi and
 * SK_pr before AUTH is made. The keys themselves lie in aaa.
 */
#ifndef IKE_PPK_H
#define IKE_PPK_H

#include "ike/core.h"

/* In IKE_SA_INIT: USE_PPK, when the client says so and some profile has a PPK. */
void ike_ppk_announce(const struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		      struct ike_writer *w);

enum ike_ppk_answer {
	IKE_PPK_GO_ON,   /* judge the message as it is */
	IKE_PPK_WITHOUT, /* judge it by NO_PPK_AUTH: ike_ppk_without() */
	IKE_PPK_ASKED,   /* aaa is asked; MSG_PPK_MIXED comes */
	IKE_PPK_LATER,   /* nobody is there to ask */
	IKE_PPK_REFUSED, /* *why says why */
};
/* The first IKE_AUTH, whose profile is known (NULL: none matched). */
enum ike_ppk_answer ike_ppk_ask(struct ike_core *core, struct ikesa *sa,
				const struct conf_profile *profile, const struct ike_message *m,
				const char **why);
/* aaa's answer. *m is the message that waited for it; it points into sa->login->waits. LATER: it
 * cannot be read again. */
enum ike_ppk_answer ike_ppk_mixed(struct ikesa *sa, const struct conf_profile *profile,
				  const struct msg_ppk_mixed *mixed, struct ike_message *m,
				  const char **why);
/* AUTH is what NO_PPK_AUTH says. */
void ike_ppk_without(struct ike_message *m);
/* The keys as they were before one was mixed in: IKE_AUTH begins again. */
void ike_ppk_undo(struct ikesa *sa);
/* PPK_IDENTITY beside our AUTH, where a PPK is used. */
void ike_ppk_put(const struct ikesa *sa, struct ike_writer *w);

#endif
