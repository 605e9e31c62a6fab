/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * We rekey CHILD SAs, RFC 7296 1.3.3. Make before break: an SPI of flexd's, the exchange, the new
 * SA installed and in use, then DELETE of the old one (child_delete.h), whose inbound side still
 * opens what is under way.
 */
#ifndef IKE_CHILD_ASK_H
#define IKE_CHILD_ASK_H

#include "ike/core.h"

struct ike_message;
struct ike_writer;

/* Make another one in its place, unless that is under way already. The SA may be gone afterwards.
 */
void ike_child_rekey(struct ike_core *core, struct ikesa *sa, struct ike_child *child);

/* Answers of flexd. added and refused return false when it is not about one that we made. The SA
 * may be gone afterwards. */
void ike_child_spi_given(struct ike_core *core, struct ikesa *sa,
			 const struct msg_spi_given *given);
bool ike_child_ask_added(struct ike_core *core, struct ikesa *sa, const struct msg_sa_added *added);
bool ike_child_ask_refused(struct ike_core *core, struct ikesa *sa,
			   const struct msg_sa_refused *refused);

/* Rows of the tasks. */
bool ike_child_ask_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_child_ask_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);

#endif
