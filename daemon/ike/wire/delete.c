// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

static bool delete_get(struct rd *body, struct ike_delete *del)
{
	if (!rd_u8(body, &del->protocol) || !rd_u8(body, &del->spi_len) ||
	    !rd_be16(body, &del->spi_count))
		return false;
	del->spis = ike_rest(body);
	return true;
}

bool delete_validate(struct rd body)
{
	struct ike_delete del;

	if (!delete_get(&body, &del))
		return false;
	if (del.protocol == IKE_PROTOCOL_IKE && del.spi_len != 0)
		return false;
	if ((del.protocol == IKE_PROTOCOL_AH || del.protocol == IKE_PROTOCOL_ESP) &&
	    del.spi_len != 4)
		return false;
	return del.spis.len == (size_t)del.spi_len * del.spi_count;
}

void delete_read(struct rd body, struct ike_message *m)
{
	if (m->delete_count == IKE_DELETES_MAX)
		m->ignored++;
	else if (delete_get(&body, &m->deletes[m->delete_count]))
		m->delete_count++;
}
