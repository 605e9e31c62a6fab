// SPDX-License-Identifier: BSD-2-Clause
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "crypto/dh.h"
#include "hex.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <stdbool.h>
#include <string.h>

static const uint16_t groups[] = { 14, 15, 16, 17, 18, 5, 2, 19, 20, 21, 31, 32 };
static const size_t public_lens[] = { 256, 384, 512, 768, 1024, 192, 128, 64, 96, 132, 32, 56 };
static const size_t secret_lens[] = { 256, 384, 512, 768, 1024, 192, 128, 32, 48, 66, 32, 56 };

enum { GROUPS = sizeof(groups) / sizeof(*groups) };

/* clang-format off */
/* RFC 5903 section 8, the responder's side, and RFC 7748 6.1 and 6.2, Bob's (the self-test: the
 * others). */
static const struct {
	uint16_t group;
	const char *priv, *pub, *peer, *secret;
} vectors[] = {
	{ 19,
	  "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
	  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
	{ 20,
	  "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
	  "e0308312916b8ed2960e4bd55a7448fc",
	  "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
	  "0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f"
	  "66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
	  "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
	  "de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f"
	  "65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
	  "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
	  "d603135569b9e9d09cf5d4a270f59746" },
	{ 21,
	  "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e"
	  "9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb15168"
	  "5eb9",
	  "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a21"
	  "9b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9"
	  "460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d985207"
	  "7b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd1"
	  "7f0fc56a",
	  "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbe"
	  "e1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176c"
	  "ed3e017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4"
	  "a10ad8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3"
	  "926f9582",
	  "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04"
	  "d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3"
	  "ddea" },
	{ 31,
	  "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ 32,
	  "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120"
	  "bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
	  "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
	  "fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
	  "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb"
	  "c836647241d953d40c5b12da88120d53177f80e532c41fa0",
	  "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
	  "fd2464c335543936521c24403085d59a449a5037514a879d" },
};

/* Points that are no public value. */
static const struct {
	uint16_t group;
	const char *what, *peer;
} refused[] = {
	{ 19, "zero", "0000000000000000000000000000000000000000000000000000000000000000"
		      "0000000000000000000000000000000000000000000000000000000000000000" },
	{ 19, "off the curve by one in y",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb2" },
	{ 19, "x and y exchanged",
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3"
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180" },
	{ 19, "coordinates beyond the prime",
	  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ 19, "x is the prime, y of x = 0: the same point, encoded twice",
	  "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
	  "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4" },
	{ 20, "a point of ECP 256, zero padded",
	  "00000000000000000000000000000000dad0b65394221cf9b051e1feca5787d0"
	  "98dfe637fc90b9ef945d0c377258118000000000000000000000000000000000"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3" },
	/* RFC 7748: the points of small order; the shared secret would be zero. */
	{ 31, "0", "0000000000000000000000000000000000000000000000000000000000000000" },
	{ 31, "1", "0100000000000000000000000000000000000000000000000000000000000000" },
	{ 31, "order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800" },
	{ 31, "order 8", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157" },
	{ 31, "p - 1", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
	{ 31, "p", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
	{ 31, "p + 1", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
	{ 32, "0", "0000000000000000000000000000000000000000000000000000000000000000"
		   "000000000000000000000000000000000000000000000000" },
	{ 32, "1", "0100000000000000000000000000000000000000000000000000000000000000"
		   "000000000000000000000000000000000000000000000000" },
	{ 32, "p - 1", "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffff"
		       "ffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ 32, "p", "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffff"
		   "ffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ 32, "p + 1", "00000000000000000000000000000000000000000000000000000000ffffffff"
		       "ffffffffffffffffffffffffffffffffffffffffffffffff" },
	/* The top bit does not count, RFC 7748 5: the same points once more. */
	{ 31, "1 with the top bit", "0100000000000000000000000000000000000000000000000000000000000080" },
	{ 31, "order 8 with it", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880" },
	{ 31, "order 8 with it", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7" },
	{ 31, "p - 1 with it", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ 31, "p with it", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ 31, "p + 1 with it", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ 31, "0 with the top bit", "0000000000000000000000000000000000000000000000000000000000000080" },
};
/* clang-format on */

static void assert_refused(struct dh *dh, const uint8_t *peer, size_t len, const char *what)
{
	static const uint8_t zero[DH_SECRET_MAX];
	uint8_t secret[DH_SECRET_MAX];
	size_t secret_len = 1;

	memset(secret, 0xee, sizeof(secret));
	if (dh_shared(dh, peer, len, secret, &secret_len))
		fail_msg("group %u takes %s", dh_group(dh), what);
	assert_int_equal(secret_len, 0);
	assert_memory_equal(secret, zero, sizeof(secret));
}

static void test_vectors(void **state)
{
	uint8_t priv[128], pub[DH_PUBLIC_MAX], peer[DH_PUBLIC_MAX], want[DH_SECRET_MAX];
	uint8_t secret[DH_SECRET_MAX];
	size_t len, n, secret_len;
	struct dh *dh;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		len = unhex(vectors[i].priv, priv);
		n = unhex(vectors[i].pub, pub);
		assert_int_equal(n, dh_public_len(vectors[i].group));
		assert_int_equal(unhex(vectors[i].peer, peer), n);
		assert_int_equal(dh_from_private(vectors[i].group, priv, len, pub, &dh), 0);
		assert_int_equal(dh_group(dh), vectors[i].group);
		assert_memory_equal(dh_public(dh), pub, n);
		assert_true(dh_shared(dh, peer, n, secret, &secret_len));
		assert_int_equal(unhex(vectors[i].secret, want), secret_len);
		assert_memory_equal(secret, want, secret_len);
		dh_free(dh);
	}
}

/* Two strangers agree, a third does not; nothing repeats. */
static void test_agreement(void **state)
{
	uint8_t one[DH_SECRET_MAX], two[DH_SECRET_MAX], three[DH_SECRET_MAX];
	size_t a_len, b_len, c_len;
	struct dh *a, *b, *c;

	(void)state;
	for (size_t i = 0; i < GROUPS; i++) {
		size_t n = dh_public_len(groups[i]);

		assert_int_equal(n, public_lens[i]);
		assert_int_equal(dh_new(groups[i], &a), 0);
		assert_int_equal(dh_new(groups[i], &b), 0);
		assert_int_equal(dh_new(groups[i], &c), 0);
		assert_memory_not_equal(dh_public(a), dh_public(b), n);
		assert_true(dh_shared(a, dh_public(b), n, one, &a_len));
		assert_true(dh_shared(b, dh_public(a), n, two, &b_len));
		assert_true(dh_shared(c, dh_public(a), n, three, &c_len));
		assert_int_equal(a_len, secret_lens[i]);
		assert_int_equal(b_len, a_len);
		assert_memory_equal(one, two, a_len);
		assert_memory_not_equal(one, three, a_len);
		/* Asking again gives the same. */
		assert_true(dh_shared(a, dh_public(b), n, three, &c_len));
		assert_memory_equal(one, three, a_len);
		dh_free(a);
		dh_free(b);
		dh_free(c);
	}
	dh_free(NULL);
}

static void test_lengths(void **state)
{
	uint8_t peer[DH_PUBLIC_MAX + 1];
	struct dh *dh;

	(void)state;
	for (size_t i = 0; i < GROUPS; i++) {
		size_t n = public_lens[i];

		assert_int_equal(dh_new(groups[i], &dh), 0);
		memset(peer, 0, sizeof(peer));
		memcpy(peer, dh_public(dh), n);
		assert_refused(dh, peer, n - 1, "a value one byte short");
		assert_refused(dh, peer, n + 1, "a value one byte long");
		assert_refused(dh, peer, 0, "nothing");
		assert_refused(dh, peer, n / 2, "half a value");
		/* The encoding of other protocols, with the leading 04. */
		memmove(peer + 1, peer, n);
		peer[0] = 4;
		assert_refused(dh, peer, n + 1, "a value with a leading 04");
		dh_free(dh);
	}
}

static void test_refused_points(void **state)
{
	uint8_t peer[DH_PUBLIC_MAX];
	struct dh *dh;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		size_t n = unhex(refused[i].peer, peer);

		assert_int_equal(n, dh_public_len(refused[i].group));
		assert_int_equal(dh_new(refused[i].group, &dh), 0);
		assert_refused(dh, peer, n, refused[i].what);
		dh_free(dh);
	}
}

/*
 * Coordinates of a good point x, y and what they become: with x + p the number is another and the
 * point would be the same, where it fits (ECP 521); 0 | 0 is how some write the point at infinity.
 */
static void test_ecp_edges(void **state)
{
	enum what { X, Y, ZERO, X_P, Y_P, P, MINUS_Y, Y_1, ONES };
	static const struct {
		enum what x, y;
		bool ok;
		const char *what;
	} rows[] = {
		{ X, Y, true, "x | y" },           { X, MINUS_Y, true, "x | -y" },
		{ Y, X, false, "y | x" },          { ZERO, ZERO, false, "0 | 0" },
		{ X, ZERO, false, "x | 0" },       { ZERO, Y, false, "0 | y" },
		{ X, Y_1, false, "x | y + 1" },    { X_P, Y, false, "x + p | y" },
		{ X, Y_P, false, "x | y + p" },    { X_P, Y_P, false, "x + p | y + p" },
		{ P, P, false, "p | p" },          { P, ZERO, false, "p | 0" },
		{ ONES, ONES, false, "all ones" },
	};
	static const struct {
		uint16_t group;
		int nid;
	} curves[] = { { 19, NID_X9_62_prime256v1 }, { 20, NID_secp384r1 }, { 21, NID_secp521r1 } };

	(void)state;
	for (size_t c = 0; c < sizeof(curves) / sizeof(*curves); c++) {
		EC_GROUP *group = EC_GROUP_new_by_curve_name(curves[c].nid);
		size_t n = dh_public_len(curves[c].group), each = n / 2, len;
		BIGNUM *p = BN_new(), *number[9] = { NULL };
		uint8_t peer[DH_PUBLIC_MAX], secret[DH_SECRET_MAX];
		struct dh *dh, *other;

		assert_int_equal(EC_GROUP_get_curve(group, p, NULL, NULL, NULL), 1);
		EC_GROUP_free(group);
		assert_int_equal(dh_new(curves[c].group, &dh), 0);
		assert_int_equal(dh_new(curves[c].group, &other), 0);
		for (size_t k = 0; k < 9; k++)
			number[k] = BN_new();
		BN_bin2bn(dh_public(other), (int)each, number[X]);
		BN_bin2bn(dh_public(other) + each, (int)each, number[Y]);
		BN_add(number[X_P], number[X], p);
		BN_add(number[Y_P], number[Y], p);
		BN_copy(number[P], p);
		BN_sub(number[MINUS_Y], p, number[Y]);
		BN_add(number[Y_1], number[Y], BN_value_one());
		BN_set_bit(number[ONES], (int)each * 8);
		BN_sub_word(number[ONES], 1);
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			if (BN_bn2binpad(number[rows[i].x], peer, (int)each) < 0 ||
			    BN_bn2binpad(number[rows[i].y], peer + each, (int)each) < 0)
				continue; /* x + p does not fit */
			if (rows[i].ok)
				assert_true(dh_shared(dh, peer, n, secret, &len));
			else
				assert_refused(dh, peer, n, rows[i].what);
		}
		for (size_t k = 0; k < 9; k++)
			BN_free(number[k]);
		BN_free(p);
		dh_free(dh);
		dh_free(other);
	}
}

/* The edges of 1 < y < p - 1, padded as on the wire. */
static void test_modp_edges(void **state)
{
	static const struct {
		bool from_p;
		int offset;
		bool ok;
		const char *what;
	} rows[] = {
		{ false, 0, false, "0" },    { false, 1, false, "1" },     { false, 2, true, "2" },
		{ false, 4, true, "4" },     { true, -1, false, "p - 1" }, { true, 0, false, "p" },
		{ true, 1, false, "p + 1" },
	};
	BIGNUM *primes[] = { BN_get_rfc3526_prime_2048(NULL), BN_get_rfc3526_prime_3072(NULL),
			     BN_get_rfc3526_prime_4096(NULL), BN_get_rfc3526_prime_6144(NULL),
			     BN_get_rfc3526_prime_8192(NULL), BN_get_rfc3526_prime_1536(NULL),
			     BN_get_rfc2409_prime_1024(NULL) };
	uint8_t peer[DH_PUBLIC_MAX], secret[DH_SECRET_MAX];
	size_t len;

	(void)state;
	for (size_t g = 0; g < sizeof(primes) / sizeof(*primes); g++) {
		size_t n = public_lens[g];
		struct dh *dh;

		assert_int_equal(dh_new(groups[g], &dh), 0);
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			BIGNUM *y = rows[i].from_p ? BN_dup(primes[g]) : BN_new();

			if (rows[i].offset < 0)
				assert_int_equal(BN_sub_word(y, 1), 1);
			else
				assert_int_equal(BN_add_word(y, (BN_ULONG)rows[i].offset), 1);
			assert_int_equal(BN_bn2binpad(y, peer, (int)n), n);
			BN_free(y);
			if (!rows[i].ok) {
				assert_refused(dh, peer, n, rows[i].what);
				continue;
			}
			assert_true(dh_shared(dh, peer, n, secret, &len));
			assert_int_equal(len, n);
		}
		memset(peer, 0xff, n);
		assert_refused(dh, peer, n, "all ones");
		dh_free(dh);
		BN_free(primes[g]);
	}
}

/*
 * A secret with leading zeros keeps them: with private value 3 and peer 2 it is 8 in a field of
 * 256 bytes.
 */
static void test_modp_padding(void **state)
{
	uint8_t priv[1] = { 3 }, pub[256] = { [255] = 8 }, peer[256] = { [255] = 2 };
	uint8_t secret[DH_SECRET_MAX];
	struct dh *dh;
	size_t len;

	(void)state;
	assert_int_equal(dh_from_private(14, priv, 1, pub, &dh), 0);
	assert_true(dh_shared(dh, peer, sizeof(peer), secret, &len));
	assert_int_equal(len, 256);
	for (size_t i = 0; i < 255; i++)
		assert_int_equal(secret[i], 0);
	assert_int_equal(secret[255], 8);
	dh_free(dh);
}

static void test_unknown_groups(void **state)
{
	static const uint16_t unknown[] = { 0, 1, 3, 4, 6, 13, 22, 24, 25, 30, 33, 1024, 65535 };
	uint8_t bytes[64] = { 0 };
	struct dh *dh;

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		assert_int_equal(dh_public_len(unknown[i]), 0);
		assert_int_equal(dh_new(unknown[i], &dh), -ENOTSUP);
		assert_int_equal(dh_from_private(unknown[i], bytes, 8, bytes, &dh), -ENOTSUP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),      cmocka_unit_test(test_agreement),
		cmocka_unit_test(test_lengths),      cmocka_unit_test(test_refused_points),
		cmocka_unit_test(test_ecp_edges),    cmocka_unit_test(test_modp_edges),
		cmocka_unit_test(test_modp_padding), cmocka_unit_test(test_unknown_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
