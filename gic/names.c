/* SPDX-License-Identifier: MIT */
/* What the specification calls a register, from where it is. For people; nothing here is fast. */
#include <stdio.h>
#include <string.h>

#include "gic/internal.h"

enum { RD_FRAME = 0x10000, WORD_FIRST_SPI = 1, FIRST_SPI = 32 };

static const struct gic_reg *find(const struct gic_reg_table *table, uint32_t offset)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct gic_reg *r = &table->rows[i];

        if (offset - r->offset < (uint32_t)r->count * r->width)
            return r;
    }
    return NULL;
}

/* `GICD_IROUTER<n>` begins at n = 32 (IHI 0069 12.9.22), all others at 0. */
static void put_name(const struct gic_reg *r, uint32_t at, char *text, size_t size)
{
    const char *index = strstr(r->name, "<n>");
    unsigned n = at / r->width + (r->word == WORD_FIRST_SPI ? FIRST_SPI : 0);
    size_t used;

    if (index)
        snprintf(text, size, "%.*s%u%s", (int)(index - r->name), r->name, n, index + 3);
    else
        snprintf(text, size, "%s", r->name);
    used = strlen(text);
    if (at % r->width)
        snprintf(text + used, size - used, "+%u", at % r->width);
}

bool gic_register_name(enum gic_frame frame, uint32_t offset, char *text, size_t size)
{
    static const struct gic_reg_table *const redist[] = {&gic_rd_table, &gic_sgi_table,
                                                         &gic_vlpi_table};
    const struct gic_reg_table *table = &gic_dist_table;
    const struct gic_reg *r;

    if (frame == GIC_FRAME_REDIST) {
        if (offset / RD_FRAME >= sizeof(redist) / sizeof(redist[0]))
            return false;
        table = redist[offset / RD_FRAME];
        offset %= RD_FRAME;
    }
    r = find(table, offset);
    if (r)
        put_name(r, offset - r->offset, text, size);
    return r != NULL;
}
