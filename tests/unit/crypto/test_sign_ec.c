// SPDX-License-Identifier: BSD-2-Clause
/* What forgers try with ECDSA and EdDSA: numbers out of range, and more than one spelling. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "sign_pair.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

enum { CURVES = 3, BYTES_MAX = 66, DER_MAX = 8 + 4 * (BYTES_MAX + 4) };

static const struct {
	const char *kind;
	int nid;
	size_t bytes; /* of a number */
	enum sign_scheme raw, der;
} curves[CURVES] = {
	{ "EC:P-256", NID_X9_62_prime256v1, 32, SIGN_ECDSA_P256_RAW, SIGN_ECDSA_SHA256 },
	{ "EC:P-384", NID_secp384r1, 48, SIGN_ECDSA_P384_RAW, SIGN_ECDSA_SHA384 },
	{ "EC:P-521", NID_secp521r1, 66, SIGN_ECDSA_P521_RAW, SIGN_ECDSA_SHA512 },
};

/* A good signature of TEXT on each curve, and the numbers that spoil it. */
static struct curve {
	struct pair pair;
	BIGNUM *n, *r, *s;
} made[CURVES];

static int make_curves(void **state)
{
	(void)state;
	for (size_t i = 0; i < CURVES; i++) {
		EC_GROUP *group = EC_GROUP_new_by_curve_name(curves[i].nid);
		uint8_t sig[SIGN_MAX];
		size_t len;

		make_pair(&made[i].pair, ca_key(curves[i].kind));
		made[i].n = BN_dup(EC_GROUP_get0_order(group));
		EC_GROUP_free(group);
		assert_true(sign_make(made[i].pair.private, curves[i].raw, TEXT, sizeof(TEXT), sig,
				      &len));
		assert_int_equal(len, 2 * curves[i].bytes);
		made[i].r = BN_bin2bn(sig, (int)len / 2, NULL);
		made[i].s = BN_bin2bn(sig + len / 2, (int)len / 2, NULL);
	}
	return 0;
}

static int free_curves(void **state)
{
	(void)state;
	for (size_t i = 0; i < CURVES; i++) {
		free_pair(&made[i].pair);
		BN_free(made[i].n);
		BN_free(made[i].r);
		BN_free(made[i].s);
	}
	return 0;
}

/*
 * Words for numbers: r and s are the good ones, 0 and 1 themselves, n the order; R and S are r + n
 * and s + n, which have the same remainder, M is n - s, - is -r, which only DER can say.
 */
static BIGNUM *number(const struct curve *c, char word)
{
	const BIGNUM *base = strchr("rR-", word) ? c->r : strchr("sSM", word) ? c->s : c->n;
	BIGNUM *out = BN_dup(base);

	if (word == '0' || word == '1')
		BN_set_word(out, (BN_ULONG)(word - '0'));
	else if (word == 'R' || word == 'S')
		BN_add(out, out, c->n);
	else if (word == 'M')
		BN_sub(out, c->n, out);
	else if (word == '-')
		BN_set_negative(out, 1);
	return out;
}

/* --- r | s, RFC 4754 7 --- */

static void test_raw(void **state)
{
	static const struct {
		const char *words;
		bool good;
	} rows[] = {
		{ "rs", true },  { "rM", true }, /* as good as s: ECDSA is like that */
		{ "sr", false }, { "0s", false }, { "r0", false }, { "00", false }, { "ns", false },
		{ "rn", false }, { "nn", false }, { "1s", false }, { "r1", false }, { "11", false },
		{ "Rs", false }, { "rS", false }, { "n0", false }, { "0n", false },
	};

	(void)state;
	for (size_t c = 0; c < CURVES; c++)
		for (size_t i = 0; i < COUNT(rows); i++) {
			int each = (int)curves[c].bytes;
			uint8_t sig[2 * BYTES_MAX];
			BIGNUM *r = number(&made[c], rows[i].words[0]);
			BIGNUM *s = number(&made[c], rows[i].words[1]);
			/* r + n may not fit on the curves whose order fills its bytes. */
			bool fits = BN_bn2binpad(r, sig, each) == each &&
				    BN_bn2binpad(s, sig + each, each) == each;

			if (!fits)
				assert_non_null(strpbrk(rows[i].words, "RS"));
			else if (sign_check(made[c].pair.public, curves[c].raw, TEXT, sizeof(TEXT),
					    sig, 2 * (size_t)each) != rows[i].good)
				fail_msg("%s: %s", curves[c].kind, rows[i].words);
			BN_free(r);
			BN_free(s);
		}
}

/* Any length but the right one, and the other spelling in either scheme. */
static void test_raw_lengths(void **state)
{
	(void)state;
	for (size_t c = 0; c < CURVES; c++) {
		const struct sign_key *key = made[c].pair.public;
		size_t each = curves[c].bytes, der_len;
		uint8_t sig[SIGN_MAX] = { 0 }, der[SIGN_MAX];

		BN_bn2binpad(made[c].r, sig, (int)each);
		BN_bn2binpad(made[c].s, sig + each, (int)each);
		for (size_t len = 0; len <= 2 * BYTES_MAX + 2; len++)
			if (sign_check(key, curves[c].raw, TEXT, sizeof(TEXT), sig, len) !=
			    (len == 2 * each))
				fail_msg("%s: %zu bytes", curves[c].kind, len);
		assert_false(sign_check(key, curves[c].raw, TEXT, sizeof(TEXT), sig, SIGN_MAX));
		assert_false(sign_check(key, curves[c].raw, TEXT, sizeof(TEXT), sig, SIZE_MAX));
		assert_false(sign_check(key, curves[c].der, TEXT, sizeof(TEXT), sig, 2 * each));
		assert_true(sign_make(made[c].pair.private, curves[c].der, TEXT, sizeof(TEXT), der,
				      &der_len));
		assert_false(sign_check(key, curves[c].raw, TEXT, sizeof(TEXT), der, der_len));
		/* Longer numbers, zero padded: those of another curve's length. */
		memset(sig, 0, sizeof(sig));
		BN_bn2binpad(made[c].r, sig, (int)each + 1);
		BN_bn2binpad(made[c].s, sig + each + 1, (int)each + 1);
		assert_false(sign_check(key, curves[c].raw, TEXT, sizeof(TEXT), sig, 2 * each + 2));
	}
}

/* --- DER, RFC 3279 2.2.3 --- */

/* tag, length in its shortest form and `longer` bytes more, contents */
static size_t element(uint8_t *at, uint8_t tag, size_t longer, const uint8_t *p, size_t len)
{
	size_t n = 0, bytes = (len > 0x7f ? 1 : 0) + (len > 0xff ? 1 : 0) + longer;

	at[n++] = tag;
	if (bytes)
		at[n++] = (uint8_t)(0x80 | bytes);
	for (size_t i = bytes ? bytes : 1; i-- > 0;)
		at[n++] = (uint8_t)(i < sizeof(len) ? len >> 8 * i : 0);
	memmove(at + n, p, len);
	return n + len;
}

/* How a number is written beside its shortest form. */
enum spelling { SHORTEST, A_ZERO_MORE, LONG_LENGTH, EMPTY, AS_OCTETS };

static size_t integer(uint8_t *at, const BIGNUM *number, enum spelling how)
{
	uint8_t bytes[BYTES_MAX + 4] = { 0 };
	size_t len = (size_t)BN_num_bytes(number) + 1, skip;

	BN_bn2binpad(number, bytes + 1, (int)len);
	if (BN_is_negative(number)) { /* two's complement */
		unsigned carry = 1;

		for (size_t i = len + 1; i-- > 1;) {
			carry += (uint8_t)~bytes[i];
			bytes[i] = (uint8_t)carry;
			carry >>= 8;
		}
		for (skip = 1; skip < len && bytes[skip] == 0xff && bytes[skip + 1] & 0x80;)
			skip++;
	} else {
		for (skip = 1; skip < len && bytes[skip] == 0 && !(bytes[skip + 1] & 0x80);)
			skip++;
	}
	if (how == A_ZERO_MORE)
		bytes[--skip] = 0;
	if (how == EMPTY)
		skip = len + 1;
	return element(at, how == AS_OCTETS ? 0x04 : 0x02, how == LONG_LENGTH, bytes + skip,
		       len + 1 - skip);
}

static const struct der_row {
	const char *what, *words;    /* numbers in the sequence, as number() has them */
	enum spelling first;         /* of the first of them */
	size_t longer;               /* of the sequence's length */
	uint8_t tag;                 /* 0: 0x30 */
	const char *inside, *behind; /* hexadecimal: at the end of the sequence, after it */
	bool good;
} der_rows[] = {
	/* clang-format off */
	{ .what = "as it should be",          .words = "rs", .good = true },
	{ .what = "n - s is as good",         .words = "rM", .good = true },
	{ .what = "exchanged",                .words = "sr" },
	{ .what = "r is 0",                   .words = "0s" },
	{ .what = "s is 0",                   .words = "r0" },
	{ .what = "both are 0",               .words = "00" },
	{ .what = "r is n",                   .words = "ns" },
	{ .what = "s is n",                   .words = "rn" },
	{ .what = "r + n",                    .words = "Rs" },
	{ .what = "s + n",                    .words = "rS" },
	{ .what = "both are 1",               .words = "11" },
	{ .what = "-r",                       .words = "-s" },
	{ .what = "no s",                     .words = "r" },
	{ .what = "nothing",                  .words = "" },
	{ .what = "a third number",           .words = "rs1" },
	{ .what = "a zero before r",          .words = "rs", .first = A_ZERO_MORE },
	{ .what = "the long form of r's length", .words = "rs", .first = LONG_LENGTH },
	{ .what = "an empty number",          .words = "rs", .first = EMPTY },
	{ .what = "r as an OCTET STRING",     .words = "rs", .first = AS_OCTETS },
	{ .what = "a longer length",          .words = "rs", .longer = 1 },
	{ .what = "a much longer length",     .words = "rs", .longer = 4 },
	{ .what = "a length beyond size_t",   .words = "rs", .longer = 9 },
	{ .what = "a SET",                    .words = "rs", .tag = 0x31 },
	{ .what = "a primitive SEQUENCE",     .words = "rs", .tag = 0x10 },
	{ .what = "a zero behind it",         .words = "rs", .behind = "00" },
	{ .what = "NULL behind it",           .words = "rs", .behind = "0500" },
	{ .what = "NULL inside it",           .words = "rs", .inside = "0500" },
	{ .what = "a zero inside it",         .words = "rs", .inside = "00" },
	{ .what = "end of contents inside it", .words = "rs", .inside = "0000" },
	{ .what = "a cut element inside it",  .words = "rs", .inside = "0204" },
	/* clang-format on */
};

static size_t spell(const struct curve *c, const struct der_row *row, uint8_t der[DER_MAX])
{
	uint8_t in[DER_MAX];
	size_t len = 0;

	for (const char *w = row->words; *w; w++) {
		BIGNUM *n = number(c, *w);

		len += integer(in + len, n, w == row->words ? row->first : SHORTEST);
		BN_free(n);
	}
	len += row->inside ? unhex(row->inside, in + len) : 0;
	len = element(der, row->tag ? row->tag : 0x30, row->longer, in, len);
	return len + (row->behind ? unhex(row->behind, der + len) : 0);
}

static void test_der(void **state)
{
	(void)state;
	for (size_t c = 0; c < CURVES; c++)
		for (size_t i = 0; i < COUNT(der_rows); i++) {
			uint8_t der[DER_MAX];
			size_t len = spell(&made[c], &der_rows[i], der);

			if (sign_check(made[c].pair.public, curves[c].der, TEXT, sizeof(TEXT), der,
				       len) != der_rows[i].good)
				fail_msg("%s: %s", curves[c].kind, der_rows[i].what);
			for (size_t cut = 0; der_rows[i].good && cut < len; cut++)
				assert_false(sign_check(made[c].pair.public, curves[c].der, TEXT,
							sizeof(TEXT), der, cut));
		}
}

/* BER's indefinite length: 30 80 .. 00 00. */
static void test_indefinite_length(void **state)
{
	uint8_t der[DER_MAX] = { 0x30, 0x80 };
	size_t len = 2;

	(void)state;
	len += integer(der + len, made[0].r, SHORTEST);
	len += integer(der + len, made[0].s, SHORTEST);
	der[len++] = 0;
	der[len++] = 0;
	assert_false(sign_check(made[0].pair.public, curves[0].der, TEXT, sizeof(TEXT), der, len));
}

/* --- EdDSA: S must be below the order of the group, RFC 8032 5.1.7 and 5.2.7 --- */

static void test_eddsa(void **state)
{
	static const struct {
		const char *kind;
		enum sign_scheme scheme;
		size_t at, len;    /* of S */
		const char *order; /* little-endian */
	} rows[] = {
		{ "ED25519", SIGN_ED25519, 32, 32,
		  "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010" },
		{ "ED448", SIGN_ED448, 57, 57,
		  "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffff"
		  "ffffffffffffffffffffffffffffffffffffffffffffff3f00" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t sig[SIGN_MAX], order[57], bad[SIGN_MAX + 1] = { 0 };
		struct pair pair;
		unsigned carry = 0;
		size_t len;

		make_pair(&pair, ca_key(rows[i].kind));
		assert_int_equal(unhex(rows[i].order, order), rows[i].len);
		assert_true(sign_make(pair.private, rows[i].scheme, TEXT, sizeof(TEXT), sig, &len));
		assert_int_equal(len, rows[i].at + rows[i].len);
		memcpy(bad, sig, len);
		for (size_t k = 0; k < rows[i].len; k++) {
			carry += bad[rows[i].at + k] + order[k];
			bad[rows[i].at + k] = (uint8_t)carry;
			carry >>= 8;
		}
		assert_false(sign_check(pair.public, rows[i].scheme, TEXT, sizeof(TEXT), bad, len));
		/* S of zero; R that is no point; a byte more or less. */
		memcpy(bad, sig, len);
		memset(bad + rows[i].at, 0, rows[i].len);
		assert_false(sign_check(pair.public, rows[i].scheme, TEXT, sizeof(TEXT), bad, len));
		memcpy(bad, sig, len);
		memset(bad, 0xff, rows[i].at);
		assert_false(sign_check(pair.public, rows[i].scheme, TEXT, sizeof(TEXT), bad, len));
		memcpy(bad, sig, len);
		bad[len] = 0;
		assert_false(
			sign_check(pair.public, rows[i].scheme, TEXT, sizeof(TEXT), bad, len + 1));
		assert_false(
			sign_check(pair.public, rows[i].scheme, TEXT, sizeof(TEXT), sig, len - 1));
		free_pair(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw),   cmocka_unit_test(test_raw_lengths),
		cmocka_unit_test(test_der),   cmocka_unit_test(test_indefinite_length),
		cmocka_unit_test(test_eddsa),
	};

	return cmocka_run_group_tests(tests, make_curves, free_curves);
}
