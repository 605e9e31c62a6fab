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

void conf_check_methods(struct conf_build *b, struct conf_additional *additional,
			struct conf_object *object)
{
	char key[] = "additional-key-exchange-1";

	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++) {
		uint16_t *method = additional->method[n];

		key[sizeof(key) - 2] = (char)('1' + n);
		for (size_t i = 0; i < additional->count[n]; i++)
			if (method[i] == CONF_METHOD_AUTO && additional->count[n] > 1)
				conf_build_error(b, object, key, i, "auto stands alone");
		if (additional->count[n] == 1 && method[0] == CONF_METHOD_AUTO)
			additional->count[n] = expand(method);
	}
}

/* The first that is written, CONF_ADDITIONAL_MAX: none. */
static size_t first_written(const struct conf_additional *additional)
{
	size_t n = 0;

	while (n < CONF_ADDITIONAL_MAX && additional->count[n] == 0)
		n++;
	return n;
}

static bool only_none(const uint16_t *method, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (method[i] != 0)
			return false;
	return true;
}

/* Without set-pfs nothing but none can be. */
static void check_none(struct conf_build *b, struct conf_additional *additional,
		       struct conf_object *object)
{
	char key[] = "additional-key-exchange-1";

	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++) {
		key[sizeof(key) - 2] = (char)('1' + n);
		if (!only_none(additional->method[n], additional->count[n]))
			conf_build_error(b, object, key, 0,
					 "follows a key exchange of set-pfs, and there is none; "
					 "without set-pfs what the [ikev2-proposal] has is taken "
					 "from a client");
	}
	*additional = (struct conf_additional){ 0 };
}

void conf_check_pfs_methods(struct conf_build *b, struct conf_ipsec_profile *profile,
			    struct conf_object *object)
{
	struct conf_additional *additional = &profile->additional;

	if (profile->pfs_count == 0) {
		check_none(b, additional, object);
		return;
	}
	/* As with the IKE SA: what the client offers and the library has. */
	if (first_written(additional) == CONF_ADDITIONAL_MAX)
		additional->count[0] = expand(additional->method[0]);
	conf_check_methods(b, additional, object);
}
