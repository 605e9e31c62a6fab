/* SPDX-License-Identifier: BSD-2-Clause */
/* `flexctl show crypto`: which algorithms there are, from which library, and who offers them. */
#ifndef IKE_OFFERED_H
#define IKE_OFFERED_H

#include "ike/core.h"

void ike_offered(const struct ike_core *core,
		 void (*row)(void *arg, const struct msg_algorithm_row *row), void *arg);

#endif
