/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * We rekey the IKE SA, RFC 7296 1.3.2: rows of the tasks.
 */
#ifndef IKE_REKEY_ASK_H
#define IKE_REKEY_ASK_H

#include "ike/core.h"

struct ike_message;
struct ike_writer;

bool ike_rekey_ask_build(struct ike_core *core, struct ikesa *sa, struct ike_writer *w);
bool ike_rekey_ask_answered(struct ike_core *core, struct ikesa *sa, const struct ike_message *m);

#endif
