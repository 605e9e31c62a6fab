/* SPDX-License-Identifier: BSD-2-Clause */
/* Free rows of a map, first freed first used: a packet that is late finds its row still empty. */
#ifndef PLANE_ROW_QUEUE_H
#define PLANE_ROW_QUEUE_H

#include <stdint.h>

struct row_queue {
	uint32_t *rows;
	uint32_t head, count, cap;
};

/* Rows first to last, all free. Returns 0 or -ENOMEM. */
int row_queue_init(struct row_queue *queue, uint32_t first, uint32_t last);
void row_queue_free(struct row_queue *queue);
/* 0: none is free. */
uint32_t row_queue_take(struct row_queue *queue);
void row_queue_give(struct row_queue *queue, uint32_t row);

#endif
