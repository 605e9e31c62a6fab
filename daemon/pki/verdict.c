// SPDX-License-Identifier: BSD-2-Clause
#include "pki/pki.h"

const char *pki_verdict_text(enum pki_verdict verdict)
{
	static const char *const texts[] = {
#define X(name, text) [PKI_##name] = text,
		PKI_VERDICTS(X)
#undef X
	};

	return verdict < PKI_VERDICT_COUNT ? texts[verdict] : "cannot be judged";
}
