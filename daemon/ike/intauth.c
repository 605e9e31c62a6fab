// SPDX-License-Identifier: BSD-2-Clause
#include "ike/intauth.h"

#include "core/secret.h"
#include "crypto/psk_auth.h"

/* prf(SK_p, IntAuth so far | A | P). A is the header and that of SK, with lengths that leave out
 * IV, padding and ICV; SK stands there even where fragments came. */
static bool chain(uint8_t auth[IKE_KEY_MAX], bool begun, const struct ike_keys *keys,
		  const uint8_t *sk_p, const struct ike_said *said)
{
	uint8_t a[IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN];
	size_t len = IKE_PAYLOAD_HEADER_LEN + said->payloads.len;
	struct ike_header whole = *said->header;
	struct wr wr = wr_of(a, sizeof(a));
	const struct crypto_chunk chunks[] = {
		{ auth, begun ? keys->prf_len : 0 },
		{ a, sizeof(a) },
		{ said->payloads.p, said->payloads.len },
	};

	whole.next = IKE_PAYLOAD_SK;
	whole.length = (uint32_t)(IKE_HEADER_LEN + len);
	ike_header_write(&wr, &whole);
	wr_u8(&wr, said->first);
	wr_u8(&wr, 0);
	wr_be16(&wr, (uint16_t)len);
	return !wr.failed && len <= UINT16_MAX &&
	       crypto_hmac(psk_auth_hash(keys->suite.prf), sk_p, keys->prf_len, chunks,
			   sizeof(chunks) / sizeof(chunks[0]), auth);
}

bool ike_intauth_add(struct ike_intermediate *im, const struct ike_keys *keys,
		     const struct ike_said *request, const struct ike_said *answer)
{
	bool begun = im->count > 0;

	im->count++;
	return chain(im->auth_i, begun, keys, keys->p_i, request) &&
	       chain(im->auth_r, begun, keys, keys->p_r, answer);
}

void ike_intauth_put(const struct ike_intermediate *im, uint8_t prf_len, struct wr *wr)
{
	if (im->count == 0)
		return;
	wr_bytes(wr, im->auth_i, prf_len);
	wr_bytes(wr, im->auth_r, prf_len);
	/* Message ID of the first IKE_AUTH. */
	wr_be32(wr, 1u + im->count);
}

bool ike_keys_add(struct ike_keys *keys, struct ike_bytes shared, struct ike_bytes ni,
		  struct ike_bytes nr, uint64_t spi_i, uint64_t spi_r)
{
	enum crypto_hash prf = psk_auth_hash(keys->suite.prf);
	const struct crypto_chunk chunks[] = {
		{ shared.p, shared.len },
		{ ni.p, ni.len },
		{ nr.p, nr.len },
	};
	const struct ike_suite suite = keys->suite;
	uint8_t skeyseed[CRYPTO_HASH_MAX];
	bool ok = crypto_hmac(prf, keys->d, keys->prf_len, chunks,
			      sizeof(chunks) / sizeof(chunks[0]), skeyseed) &&
		  ike_keys_expand(&suite, (struct ike_bytes){ skeyseed, crypto_hash_len(prf) }, ni,
				  nr, spi_i, spi_r, keys);

	if (!ok)
		wipe(keys, sizeof(*keys));
	wipe(skeyseed, sizeof(skeyseed));
	return ok;
}
