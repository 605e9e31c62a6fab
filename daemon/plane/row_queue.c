// SPDX-License-Identifier: BSD-2-Clause
#include "plane/row_queue.h"

#include <errno.h>
#include <stdlib.h>

int row_queue_init(struct row_queue *queue, uint32_t first, uint32_t last)
{
	uint32_t n = last - first + 1;

	*queue =
		(struct row_queue){ .rows = calloc(n, sizeof(*queue->rows)), .cap = n, .count = n };
	if (!queue->rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		queue->rows[i] = first + i;
	return 0;
}

void row_queue_free(struct row_queue *queue)
{
	free(queue->rows);
	*queue = (struct row_queue){ 0 };
}

uint32_t row_queue_take(struct row_queue *queue)
{
	uint32_t row;

	if (!queue->count)
		return 0;
	row = queue->rows[queue->head];
	queue->head = (queue->head + 1) % queue->cap;
	queue->count--;
	return row;
}

void row_queue_give(struct row_queue *queue, uint32_t row)
{
	if (queue->count == queue->cap)
		return;
	queue->rows[(queue->head + queue->count++) % queue->cap] = row;
}
