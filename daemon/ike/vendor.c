// SPDX-License-Identifier: BSD-2-Clause
/* Vendor IDs by their bytes, RFC 7296 3.12. */
#include "ike/client.h"

enum how { WHOLE, PREFIX };

/* clang-format off */
static const struct {
	enum how how;
	const char *hex, *text;
} vendors[] = {
#define IKE_VENDOR(name, how, hex, text) { how, hex, text },
#include "ike/vendor.def"
};
/* clang-format on */

static uint8_t digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static bool is_vendor(size_t row, struct ike_bytes id)
{
	const char *hex = vendors[row].hex;
	size_t len = strlen(hex) / 2;

	if (id.len < len || (vendors[row].how == WHOLE && id.len != len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (id.p[i] != (digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1])))
			return false;
	return true;
}

enum ike_vendor ike_vendor_find(struct ike_bytes id)
{
	size_t row = 0;

	while (row < IKE_VENDORS && !is_vendor(row, id))
		row++;
	return (enum ike_vendor)row;
}

const char *ike_vendor_name(enum ike_vendor vendor)
{
	return vendor < IKE_VENDORS ? vendors[vendor].text : "unknown vendor ID";
}
