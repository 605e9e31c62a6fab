// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/header.h"

bool ike_header_read(struct rd *rd, struct ike_header *header)
{
	return rd_be64(rd, &header->spi_i) && rd_be64(rd, &header->spi_r) &&
	       rd_u8(rd, &header->next) && rd_u8(rd, &header->version) &&
	       rd_u8(rd, &header->exchange) && rd_u8(rd, &header->flags) &&
	       rd_be32(rd, &header->message_id) && rd_be32(rd, &header->length);
}

void ike_header_write(struct wr *wr, const struct ike_header *header)
{
	wr_be64(wr, header->spi_i);
	wr_be64(wr, header->spi_r);
	wr_u8(wr, header->next);
	wr_u8(wr, header->version);
	wr_u8(wr, header->exchange);
	wr_u8(wr, header->flags);
	wr_be32(wr, header->message_id);
	wr_be32(wr, header->length);
}
