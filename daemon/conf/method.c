// SPDX-License-Identifier: BSD-2-Clause
/* Key exchange methods that the crypto library may have or not. */
#include "conf/build.h"
#include "conf/value.h"
#include "crypto/mlkem.h"

#include <openssl/crypto.h>
#include <string.h>

bool conf_read_method(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	uint16_t method;

	if (!conf_read_word(key, text, out, why))
		return false;
	memcpy(&method, out, sizeof(method));
	if (!mlkem_is(method) || mlkem_known(method))
		return true;
	return conf_wrong_whole(why,
				"is not in the crypto library in use, OpenSSL %s; ML-KEM came "
				"with OpenSSL 3.5",
				OpenSSL_version(OPENSSL_VERSION_STRING));
}

/* auto: every ML-KEM that there is, or none of them. */
static size_t expand(uint16_t list[CONF_LIST_MAX])
{
	static const uint16_t all[] = { 36, 37, 35 };
	size_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (mlkem_known(all[i]))
			list[count++] = all[i];
	list[count++] = 0;
	return count;
}

void conf_check_methods(struct conf_build *b, struct conf_proposal *proposal,
			struct conf_object *object)
{
	char key[] = "additional-key-exchange-1";

	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++) {
		key[sizeof(key) - 2] = (char)('1' + n);
		for (size_t i = 0; i < proposal->additional_count[n]; i++)
			if (proposal->additional[n][i] == CONF_METHOD_AUTO &&
			    proposal->additional_count[n] > 1)
				conf_build_error(b, object, key, i, "auto stands alone");
		if (proposal->additional_count[n] == 1 &&
		    proposal->additional[n][0] == CONF_METHOD_AUTO)
			proposal->additional_count[n] = expand(proposal->additional[n]);
	}
}
