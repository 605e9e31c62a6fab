/* SPDX-License-Identifier: BSD-2-Clause */
/* Post-quantum pre-shared keys (RFC 8784): the client names one of those of its profile. */
#ifndef AAA_PPK_H
#define AAA_PPK_H

#include "conf/secrets.h"
#include "msg.h"

/* out->ok is 0 and holds no key when the profile has no PPK of this identifier; the work is the
 * same. Wipe out after use. */
void aaa_mix_ppk(const struct conf *conf, const struct conf_secrets *secrets,
		 const struct msg_ppk_mix *ask, struct msg_ppk_mixed *out);

#endif
