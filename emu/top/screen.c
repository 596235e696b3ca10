/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/top/screen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bounded(int n, int max)
{
    if (n < 0)
        return 0;
    return n < max ? n : max;
}

int screen_resize(struct screen *s, int rows, int cols)
{
    rows = bounded(rows, SCREEN_MAX_ROWS);
    cols = bounded(cols, SCREEN_MAX_COLS);
    screen_free(s);
    s->cells = calloc((size_t)rows * (size_t)cols + 1, sizeof(*s->cells));
    if (!s->cells)
        return -ENOMEM;
    s->rows = rows;
    s->cols = cols;
    screen_clear(s);
    return 0;
}

void screen_free(struct screen *s)
{
    free(s->cells);
    *s = (struct screen){0};
}

void screen_clear(struct screen *s)
{
    for (int i = 0; i < s->rows * s->cols; i++)
        s->cells[i] = (struct cell){.ch = ' '};
}

static struct cell *row_of(struct screen *s, int row)
{
    return row >= 0 && row < s->rows ? s->cells + (size_t)row * (size_t)s->cols : NULL;
}

static bool is_printable(char ch)
{
    return ch >= ' ' && ch <= '~';
}

int screen_bytes(struct screen *s, int row, int col, enum style style, const char *text, int n)
{
    struct cell *cells = row_of(s, row);

    for (int i = 0; i < n; i++, col++) {
        if (cells && col >= 0 && col < s->cols)
            cells[col] = (struct cell){.ch = is_printable(text[i]) ? text[i] : '?', .style = style};
    }
    return col;
}

int screen_put(struct screen *s, int row, int col, enum style style, const char *format, ...)
{
    char text[SCREEN_MAX_COLS + 1];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    return screen_bytes(s, row, col, style, text, (int)strlen(text));
}

void screen_fill(struct screen *s, int row, int col, enum style style)
{
    struct cell *cells = row_of(s, row);

    for (col = col < 0 ? 0 : col; cells && col < s->cols; col++)
        cells[col] = (struct cell){.ch = ' ', .style = style};
}

void screen_select(struct screen *s, int row)
{
    struct cell *cells = row_of(s, row);

    for (int col = 0; cells && col < s->cols; col++)
        cells[col].selected = true;
}

void screen_text(const struct screen *s, int row, char *to)
{
    const struct cell *cells = row_of((struct screen *)s, row);
    int n = 0;

    for (int col = 0; cells && col < s->cols; col++) {
        to[col] = cells[col].ch;
        if (to[col] != ' ')
            n = col + 1;
    }
    to[n] = 0;
}
