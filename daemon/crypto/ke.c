// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/ke.h"

#include "core/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)KE_VALUE_MAX >= (int)DH_PUBLIC_MAX, "room for every public value");
_Static_assert((int)KE_VALUE_MAX >= (int)MLKEM_CIPHERTEXT_MAX, "room for every ciphertext");
_Static_assert((int)KE_SECRET_MAX >= (int)MLKEM_SECRET_LEN, "room for every secret");

struct ke {
	struct dh *dh; /* one of both */
	struct mlkem *kem;
	uint16_t method;
};

bool ke_known(uint16_t method)
{
	return dh_public_len(method) > 0 || mlkem_known(method);
}

size_t ke_value_len(uint16_t method, bool from_initiator)
{
	if (!mlkem_is(method))
		return dh_public_len(method);
	return from_initiator ? mlkem_key_len(method) : mlkem_ciphertext_len(method);
}

static bool dh_respond(uint16_t group, const uint8_t *value, size_t len, struct ke_answer *answer)
{
	struct dh *dh;
	bool ok;

	if (dh_new(group, &dh) < 0)
		return false;
	ok = dh_shared(dh, value, len, answer->secret, &answer->secret_len);
	if (ok) {
		answer->value_len = dh_public_len(group);
		memcpy(answer->value, dh_public(dh), answer->value_len);
	}
	dh_free(dh);
	return ok;
}

bool ke_respond(uint16_t method, const uint8_t *value, size_t len, struct ke_answer *answer)
{
	bool ok;

	memset(answer, 0, sizeof(*answer));
	if (mlkem_is(method)) {
		ok = mlkem_encapsulate(method, value, len, NULL, answer->value, answer->secret);
		answer->value_len = mlkem_ciphertext_len(method);
		answer->secret_len = MLKEM_SECRET_LEN;
	} else {
		ok = dh_respond(method, value, len, answer);
	}
	if (!ok)
		wipe(answer, sizeof(*answer));
	return ok;
}

int ke_begin(uint16_t method, struct ke **out)
{
	struct ke *ke = calloc(1, sizeof(*ke));
	int error;

	if (!ke)
		return -ENOMEM;
	ke->method = method;
	error = mlkem_is(method) ? mlkem_new(method, NULL, &ke->kem) : dh_new(method, &ke->dh);
	if (error) {
		free(ke);
		return error;
	}
	*out = ke;
	return 0;
}

uint16_t ke_method(const struct ke *ke)
{
	return ke->method;
}

const uint8_t *ke_value(const struct ke *ke)
{
	return ke->kem ? mlkem_public(ke->kem) : dh_public(ke->dh);
}

bool ke_finish(struct ke *ke, const uint8_t *value, size_t len, uint8_t *secret, size_t *secret_len)
{
	bool ok;

	if (ke->dh)
		return dh_shared(ke->dh, value, len, secret, secret_len);
	ok = mlkem_decapsulate(ke->kem, value, len, secret);
	if (!ok)
		wipe(secret, KE_SECRET_MAX);
	*secret_len = ok ? MLKEM_SECRET_LEN : 0;
	return ok;
}

void ke_free(struct ke *ke)
{
	if (!ke)
		return;
	dh_free(ke->dh);
	mlkem_free(ke->kem);
	free(ke);
}
