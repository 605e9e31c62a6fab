// SPDX-License-Identifier: BSD-2-Clause
/*
 * Known answers of signatures: one per family that we make and take. The keys are published here
 * and in the RFCs, and sign nothing else.
 */
#include "crypto/selftest_internal.h"

#include "core/secret.h"
#include "crypto/sign.h"

#include <string.h>

/* clang-format off */
static const char rsa_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCV7VJiV2WrAM9H\n"
	"feqz5vokWc3Ltl+Aj70u6B1ANpqDOmQXAvoaOxRx+GvmJBYjdmzh0FshSnc9iHGW\n"
	"alNttGkzJxoygwxxWOXIWzmURh/YpNE2X6Ef7WuEkgQ5ODvDDDhZPU/JDb7csNr9\n"
	"Rn+D8P1Et8oHVB9jxAYVrWLXG1xDyPUKmv/C9wuNfheu7YbpA/xGeIJvf7xtcy7g\n"
	"Oado0Y6EtLMYjPkI/YgTEyP+GdyDq83nTC7QV8Q3FDJgzIMG/TlYJdKFYe7dR8BV\n"
	"7AkiFtyVXn/NODd2xEMbFbE5oIVBXTUvbMRSmyf/LUd3dPvXdEdesc6KKTx5hYjt\n"
	"hhyINXv5AgMBAAECggEALoVaxGAJEIQqTS0xmAwKPyBMfrMCtEIlujnU5blrvV9v\n"
	"ckJ+t4fwgqLKXDmDUxKqm3EK7ewMzt+ZG0q3w3kxEWnHM7g9MqiaeE5yMeOGezM9\n"
	"JamLtfv2Gkcyn0ynIpEWpP4k1SZ6PEF2WhO3eonbFKkQu7BrIwpOtwg7fLKlMPTf\n"
	"EiXS9+F/L21+Y9ODKYJyS7fKp+cFSYEx/pUsEknfwkGUTbE+sCEJPg0++CQj8que\n"
	"RXio8tHArJxePBTQn3tgW+cBu8NFsN2sSQ1msEGGMf8ovcxrEBJiqsp/10Q8whfP\n"
	"TAaIpud0vwFtP4tSDq7stUY+bKSlqbV+kMAqZYesjwKBgQDIwrtpTwk8qgc2ADRu\n"
	"bTSKKVL+f3Ry6QYWGQbiHHe7vy/Ktb6akPqUsQ5WqyChD8m51fObSgB+ophnUWXE\n"
	"4iIPFU8nnIYCq6ZJvVub4f/SohvVRi+0JB9oDo6U/1tRgKcESsm9mV8lltJQBUUy\n"
	"8ttu0sicqaAu/CZIlPwNhIj3WwKBgQC/LfKyMi8rIlMMvq47TDkk2quQEIb+whyS\n"
	"iKE5HA+S6CWSZQPNxKZCxe+3K1FAjbOzr8VZ2wrR6MpWOVPp4U3ztDPcZ8xje9sr\n"
	"JFq54gE3fXMi6jf0qP3JULtfAG4T57rZqTNpWfrPXEYxHAjAdvYS4w0lYLhbjgmm\n"
	"c2HN1VCOOwKBgEsrtvawdFn1pCuRGhC67TBKVtwaJyUboX7GsjAZzq9K3/872/mO\n"
	"DXV9ckv7WYVVHwhpVwSvSc4g3YXaEYwNzAjvxqqjTf5T/TihIVsV3S8mKdvKovQF\n"
	"jojs4nBhyPSUgnT19+H5OoodlfQGdSmli4pMfHdEgEj3evI0bsg09v//AoGAYNtz\n"
	"kQpR0WWjc9qLRSmZ7e0HbIajDiDj/u1P2TI5RbFtj5yz76UIot3LVB6THMRt3cRY\n"
	"lOyfr7dkA4kp1V07dBPBDpJb/675XAMgH/q7qRRap77IOKEBauQG+duq6VTG2o2Z\n"
	"qW9X3YSfXzQXzwK2Kt1zhJNa86+jffwI+hJvrI8CgYBp+4RcA5APATsFxwiwMTWy\n"
	"dw1E0l1BrcK73qAZZhhjvNXCnsR1448fY7ciYvcR4ZmTnaxBSEYD5IOUiePwysVD\n"
	"VKBzpwD/E+WPGeLi4B3aZ4Ve6KJgbrSv2mu9IOs58I+mj02ilvuQ2Z52XxMceGqc\n"
	"P2zaS85jveT6xJIOlsM1Cg==\n"
	"-----END PRIVATE KEY-----\n";

static const struct {
	enum sign_scheme scheme;
	const char *key, *octets, *sig;
	bool repeats; /* made twice it is the same */
} rows[] = {
	/* Computed with numbers alone, as RFC 8017 8.2 and 9.1 say; the salt is 00 01 .. 1f. */
	{ SIGN_RSA_SHA256, rsa_key, "abc",
	  "6df6a0ef4487dde7efdff0cc2e87a7e675c2b5a050bcac023b87128b41077d41529dad9b0ed8ba4bf66cf5934fe3dfeb"
	  "ef577e129515007857cd8c26e125b84d24e6bba40cc3693c000f7e2c57e2b0e0ff155bed471d71d207950f66035f53da"
	  "ffbf692a29468e9161594f791a7f05fc18944d189ce31a4aa701fc15985b399bee9fb0cd54230e84e241a672d0fc4639"
	  "5efea1008761fae5beaf32e44f4a91194fc1184fca3897f3412db5c68b71e73ecea48c457ade20a5774551b5c58f6499"
	  "16a57672dc18cd8a93f9e7d672650bffc934fa4bb210e30eb23b7df1832fb5b0a656646eea2d170fe568f654f2f9b079"
	  "5b6c36d83bdbb08edd5e7c647d09e736", true },
	{ SIGN_PSS_SHA256, rsa_key, "abc",
	  "46034938c6dd9f6c372e4c8440888596be474c96b221f56ded682af29b0f3ba2e06db55049c80d9e4ffbe7f9869ed929"
	  "6ff82b2f8a38d010b0d48cab70a104cabeddbe7f108c43582c14566c212fc24c16908ba480bdc11999a6f8e95448ace1"
	  "571cb7303acd7e66147a6146475194861ca9f86364a89592019a1048c7ef6ab96c10ec4262373ec29f5ba1b8a80fc7fe"
	  "fa0f243eb9d94af61382274e51a90fbab196869898d3fb9aae848011be9fe1b0a4c2172dadfad0702c674b8279ec1f24"
	  "45581b5e18a2aefa16ac6d3212f21a44a7f48e1cd521bff0433c38d32388e05e72e386442828c1aad2e9827c3a8e1c96"
	  "731ebeace603f6d5cfc4c8ac07c70379", false },
	/* RFC 4754 8.1 to 8.3. */
	{ SIGN_ECDSA_P256_RAW,
	  "-----BEGIN PRIVATE KEY-----\n"
	  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3FHThmoVus3jPZb5\n"
	  "kvypnafm7wk05wl1WcJ/FhTIin+hRANCAAQkQqXMDs0BX6PKMdyOK7xwv0LWDLyi\n"
	  "AIXggiywQjXpcG/Ji9flAhGkonEC+jVJ33nry0vyRrgJRc3f59UJu/19\n"
	  "-----END PRIVATE KEY-----\n",
	  "abc",
	  "cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c86fa3bb4e26cad5bf90b7f81899256ce"
	  "7594bb1ea0c89212748bff3b3d5b0315", false },
	{ SIGN_ECDSA_P384_RAW,
	  "-----BEGIN PRIVATE KEY-----\n"
	  "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAL62RmNLqHc113rkgJ\n"
	  "oOvqhlU13kweHctpLoRwjoGlr2LlKMOLKoGzUwlmjXNSTZ+hZANiAASWKBv43V4F\n"
	  "JcoEnASNNF0wgpaNEP7fXFrKDGTmRlqX6lzhDJ3+wheXQVcQch9DeSJEdoi6lHCO\n"
	  "tuLk1Z9qttft/5MB0kn+ScMwlmVfXVAvrT04O5HF5+2qK3FMyZ1XQ8o=\n"
	  "-----END PRIVATE KEY-----\n",
	  "abc",
	  "fb017b914e29149432d8bac29a514640b46f53ddab2c69948084e2930f1c8f7e08e07c9c63f2d21a07dcb56a6af56eb3"
	  "b263a1305e057f984d38726a1b46874109f417bca112674c528262a40a629af1cbb9f516ce0fa7d2ff630863a00e8b9f", false },
	{ SIGN_ECDSA_P521_RAW,
	  "-----BEGIN PRIVATE KEY-----\n"
	  "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAZf2jQJRR3KsKDq1F\n"
	  "SVESo9gTwXv9NL34wSCdffWEkSBZd3kGCn/51wSt94tXD/rW8GLpXH4MXVSBxbFT\n"
	  "tIs3X6GhgYkDgYYABAFRUY8a8PVjUX7dVIUZDflaS/V7XLpM8qmj9kdHJaNfev4K\n"
	  "bd64vtvNahl+WS1AGIkBzs1lBpnJteRWrqWt0ZBSqABvOxQuob//fig3rUTJ5P9t\n"
	  "LTTHMYS7rZACbdXm6FMX2d9FyteAPGwgA1svP/Y6/04bpk0cB3V32j9ChsWPCurm\n"
	  "Qw==\n"
	  "-----END PRIVATE KEY-----\n",
	  "abc",
	  "0154fd3836af92d0dca57dd5341d3053988534fde8318fc6aaaab68e2e6f4339b19f2f281a7e0b22c269d93cf8794a92"
	  "78880ed7dbb8d9362caeacee544320552251017705a7030290d1ceb605a9a1bb03ff9cdd521e87a696ec926c8c10c836"
	  "2df4975367101f67d1cf9bccbf2f3d239534fa509e70aac851ae01aac68d62f866472660", false },
	/* RFC 8032 7.1, test 2, and 7.4, "1 octet". */
	{ SIGN_ED25519,
	  "-----BEGIN PRIVATE KEY-----\n"
	  "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
	  "-----END PRIVATE KEY-----\n",
	  "\x72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
	  "387b2eaeb4302aeeb00d291612bb0c00", true },
	{ SIGN_ED448,
	  "-----BEGIN PRIVATE KEY-----\n"
	  "MEcCAQAwBQYDK2VxBDsEOcTqsF01cAfGMvPbtISJkk1VKwj+DDU6DUofAKzaLEY6\n"
	  "++pnxejSh3xeO8OXplmUnvgCHpVOChInTg==\n"
	  "-----END PRIVATE KEY-----\n",
	  "\x03",
	  "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633"
	  "fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
	  "f3348ab21aa4adafd1d234441cf807c03a00", true },
};
/* clang-format on */

static bool check_with(const struct sign_key *key, size_t i)
{
	size_t octets_len = strlen(rows[i].octets), len, made_len;
	uint8_t sig[SIGN_MAX], made[SIGN_MAX];

	len = selftest_unhex(rows[i].sig, sig);
	if (!sign_check(key, rows[i].scheme, rows[i].octets, octets_len, sig, len) ||
	    !sign_make(key, rows[i].scheme, rows[i].octets, octets_len, made, &made_len))
		return false;
	if (rows[i].repeats
		    ? made_len != len || !ct_equal(made, sig, len)
		    : !sign_check(key, rows[i].scheme, rows[i].octets, octets_len, made, made_len))
		return false;
	/* Who takes everything is no check. */
	sig[len / 2] ^= 1;
	return !sign_check(key, rows[i].scheme, rows[i].octets, octets_len, sig, len);
}

bool selftest_sign(const char **what)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why;
		struct sign_key *key;
		bool ok;

		*what = sign_scheme_text(rows[i].scheme);
		key = sign_key_from_pem(rows[i].key, strlen(rows[i].key), &why);
		ok = key && check_with(key, i);
		sign_key_free(key);
		if (!ok)
			return false;
	}
	return true;
}
