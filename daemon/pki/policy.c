// SPDX-License-Identifier: BSD-2-Clause
/* The rules: what the library asks of a path, and what IKE asks of a certificate beside it. */
#include "pki/internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { SECURITY_LEVEL = 2 }; /* of the library: 112 bits, thus no SHA-1 and no RSA below 2048 */

/* --- the certificate of a peer --- */

/*
 * A list of purposes is one that IKE is in (RFC 4945 5.1.3.12): IKE itself, the older ones of
 * IPsec, any; or those of TLS, which is what CAs give to machines and people.
 */
static bool purpose_ok(X509 *leaf)
{
	static const int good[] = { NID_ipsec_IKE,   NID_anyExtendedKeyUsage, NID_client_auth,
				    NID_server_auth, NID_ipsecEndSystem,      NID_ipsecTunnel,
				    NID_ipsecUser };
	EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	bool ok = !list && X509_get_ext_by_NID(leaf, NID_ext_key_usage, -1) < 0;

	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++)
		for (size_t g = 0; g < sizeof(good) / sizeof(good[0]); g++)
			ok |= OBJ_obj2nid(sk_ASN1_OBJECT_value(list, i)) == good[g];
	EXTENDED_KEY_USAGE_free(list);
	return ok;
}

enum pki_verdict pki_judge_leaf(X509 *leaf)
{
	if (X509_get_extension_flags(leaf) & EXFLAG_CA)
		return PKI_IS_CA;
	/* All bits are set when there is no such extension. */
	if (!(X509_get_key_usage(leaf) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return PKI_KEY_USAGE;
	return purpose_ok(leaf) ? PKI_OK : PKI_EXTENDED_KEY_USAGE;
}

/* The library's X509_V_ERR_* in our words. */
static enum pki_verdict verdict_of(int error)
{
	static const struct {
		int error;
		enum pki_verdict verdict;
	} rows[] = {
		{ X509_V_OK, PKI_OK },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, PKI_UNKNOWN_CA },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, PKI_UNKNOWN_CA },
		{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, PKI_UNKNOWN_CA },
		{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, PKI_UNKNOWN_CA },
		{ X509_V_ERR_CERT_UNTRUSTED, PKI_UNKNOWN_CA },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, PKI_SELF_SIGNED },
		{ X509_V_ERR_CERT_SIGNATURE_FAILURE, PKI_BAD_SIGNATURE },
		{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, PKI_BAD_SIGNATURE },
		{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, PKI_WEAK_KEY },
		{ X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, PKI_MALFORMED },
		{ X509_V_ERR_CERT_NOT_YET_VALID, PKI_NOT_YET_VALID },
		{ X509_V_ERR_CERT_HAS_EXPIRED, PKI_EXPIRED },
		{ X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, PKI_MALFORMED },
		{ X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, PKI_MALFORMED },
		{ X509_V_ERR_CERT_REVOKED, PKI_REVOKED },
		{ X509_V_ERR_UNABLE_TO_GET_CRL, PKI_NO_CRL },
		{ X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, PKI_NO_CRL },
		{ X509_V_ERR_CRL_HAS_EXPIRED, PKI_CRL_EXPIRED },
		{ X509_V_ERR_CRL_NOT_YET_VALID, PKI_CRL_EXPIRED },
		{ X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, PKI_CRL_INVALID },
		{ X509_V_ERR_CRL_SIGNATURE_FAILURE, PKI_CRL_INVALID },
		{ X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, PKI_CRL_INVALID },
		{ X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, PKI_CRL_INVALID },
		{ X509_V_ERR_DIFFERENT_CRL_SCOPE, PKI_CRL_INVALID },
		{ X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, PKI_CRL_INVALID },
		{ X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, PKI_CRL_INVALID },
		{ X509_V_ERR_CRL_PATH_VALIDATION_ERROR, PKI_CRL_INVALID },
		{ X509_V_ERR_INVALID_CA, PKI_NOT_A_CA },
		{ X509_V_ERR_INVALID_NON_CA, PKI_IS_CA },
		{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, PKI_NOT_A_CA },
		{ X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, PKI_NOT_A_CA },
		{ X509_V_ERR_PATH_LENGTH_EXCEEDED, PKI_TOO_LONG },
		{ X509_V_ERR_CERT_CHAIN_TOO_LONG, PKI_TOO_LONG },
		{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, PKI_CRITICAL_EXTENSION },
		{ X509_V_ERR_INVALID_EXTENSION, PKI_MALFORMED },
		{ X509_V_ERR_PERMITTED_VIOLATION, PKI_NAME_CONSTRAINTS },
		{ X509_V_ERR_EXCLUDED_VIOLATION, PKI_NAME_CONSTRAINTS },
		{ X509_V_ERR_SUBTREE_MINMAX, PKI_NAME_CONSTRAINTS },
		{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, PKI_NAME_CONSTRAINTS },
		{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, PKI_NAME_CONSTRAINTS },
		{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, PKI_NAME_CONSTRAINTS },
		{ X509_V_ERR_EE_KEY_TOO_SMALL, PKI_WEAK_KEY },
		{ X509_V_ERR_CA_KEY_TOO_SMALL, PKI_WEAK_KEY },
		{ X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, PKI_WEAK_KEY },
		{ X509_V_ERR_CA_MD_TOO_WEAK, PKI_WEAK_SIGNATURE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].error == error)
			return rows[i].verdict;
	return PKI_FAILED;
}

/* --- a path --- */

static bool about_crl(int error)
{
	enum pki_verdict verdict = verdict_of(error);

	return verdict == PKI_NO_CRL || verdict == PKI_CRL_EXPIRED || verdict == PKI_CRL_INVALID ||
	       verdict == PKI_REVOKED;
}

/*
 * Called for each thing that is wrong. An anchor stands in our own file: nobody above it could
 * revoke it. With "crl none" a list that is missing or old is no reason to refuse; what an old list
 * revokes stays revoked.
 */
static int judge(int ok, X509_STORE_CTX *ctx)
{
	const struct pki_trustpoint *tp = X509_STORE_CTX_get_app_data(ctx);
	int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
	bool anchor = depth > 0 && depth == sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;

	if (ok)
		return 1;
	if (about_crl(error) && (anchor || (tp->revocation == CONF_REVOCATION_CRL_NONE &&
					    (error == X509_V_ERR_UNABLE_TO_GET_CRL ||
					     error == X509_V_ERR_CRL_HAS_EXPIRED ||
					     error == X509_V_ERR_CRL_NOT_YET_VALID)))) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	return 0;
}

static void set_rules(X509_STORE_CTX *ctx, const struct pki_trustpoint *tp, int64_t now)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;

	if (tp->revocation != CONF_REVOCATION_NONE)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_depth(param, PKI_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_STORE_CTX_set_app_data(ctx, (void *)(uintptr_t)tp);
	X509_STORE_CTX_set_verify_cb(ctx, judge);
}

static void end_at(int64_t time, int64_t now, int64_t *until)
{
	if (time > now && time < *until)
		*until = time;
}

/* As long as every certificate of the path holds, and the same lists are in force: one that ends
 * may leave the word to another, and one that begins may revoke. */
static void find_bounds(X509_STORE_CTX *ctx, const struct pki_trustpoint *tp, int64_t now,
			int64_t *from, int64_t *until)
{
	const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);

	*from = 0;
	*until = INT64_MAX;
	for (int i = 0; i < sk_X509_num(path); i++) {
		int64_t begin = pki_time(X509_get0_notBefore(sk_X509_value(path, i)));
		int64_t end = pki_time(X509_get0_notAfter(sk_X509_value(path, i)));

		*from = begin > *from ? begin : *from;
		*until = end < *until ? end : *until;
	}
	for (int i = 0; tp->revocation != CONF_REVOCATION_NONE && i < sk_X509_CRL_num(tp->crls);
	     i++) {
		const X509_CRL *crl = sk_X509_CRL_value(tp->crls, i);

		end_at(pki_time(X509_CRL_get0_lastUpdate(crl)), now, until);
		end_at(pki_time(X509_CRL_get0_nextUpdate(crl)), now, until);
	}
}

enum pki_verdict pki_judge_path(const struct pki_trustpoint *tp, X509 *leaf,
				STACK_OF(X509) * untrusted, int64_t now, int64_t *from,
				int64_t *until, char fault[PKI_TEXT_MAX])
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum pki_verdict verdict = PKI_FAILED;
	bool good;
	X509 *at;

	fault[0] = '\0';
	if (ctx && X509_STORE_CTX_init(ctx, tp->store, leaf, untrusted) == 1) {
		set_rules(ctx, tp, now);
		good = X509_verify_cert(ctx) == 1;
		verdict = verdict_of(X509_STORE_CTX_get_error(ctx));
		if (!good && verdict == PKI_OK) /* a failure without a reason is one all the same */
			verdict = PKI_FAILED;
		if (verdict == PKI_OK)
			find_bounds(ctx, tp, now, from, until);
		at = X509_STORE_CTX_get_current_cert(ctx);
		pki_subject_text(at ? at : leaf, fault, PKI_TEXT_MAX);
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return verdict;
}
