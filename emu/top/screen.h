/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen in memory: cells of one printable ASCII character and one style each. What `irqlab top`
 * shows is drawn here, where a test can look at it; emu/top/terminal.h brings it to a terminal.
 *
 * Whatever lies outside is not drawn: no caller needs to know how large a screen is. Not
 * thread-safe per object.
 */
#ifndef IRQLAB_EMU_TOP_SCREEN_H
#define IRQLAB_EMU_TOP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

enum { SCREEN_MAX_ROWS = 1000, SCREEN_MAX_COLS = 1000 };

/* What a cell means. Colours follow from it, and words say the same. */
enum style {
    STYLE_PLAIN,
    STYLE_FAINT,   /* context, the past */
    STYLE_STATUS,  /* the top line */
    STYLE_TITLE,   /* a pane's head */
    STYLE_FOCUS,   /* ... of the one in which keys move */
    STYLE_KEY,     /* the name of a key */
    STYLE_BLOCKED, /* a closed gate */
    STYLE_COMING,  /* every gate is open; delivered */
    STYLE_ACTIVE,  /* between acknowledge and deactivation */
    STYLE_NOTE,    /* what a person should look at */
    STYLE_N
};

struct cell {
    char ch;
    uint8_t style;
    bool selected;
};

struct screen {
    int rows, cols; /* 0: nothing can be drawn */
    struct cell *cells;
};

/** screen_resize - blank, and as large as that (bounded by the above). -ENOMEM: it is 0x0. */
int screen_resize(struct screen *s, int rows, int cols);
void screen_free(struct screen *s);
/** screen_clear - blanks in STYLE_PLAIN. */
void screen_clear(struct screen *s);

/**
 * screen_put - @format at @row, @col, up to the end of the row. Bytes that cannot be printed become
 * '?'. Returns the column behind.
 */
int screen_put(struct screen *s, int row, int col, enum style style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/** screen_bytes - likewise @n bytes as they are. */
int screen_bytes(struct screen *s, int row, int col, enum style style, const char *text, int n);
/** screen_fill - from @col to the row's end: blanks in @style. */
void screen_fill(struct screen *s, int row, int col, enum style style);
/** screen_select - all of @row is the selected one. */
void screen_select(struct screen *s, int row);
/** screen_text - a row as text, without blanks at its end; for tests. @to: cols + 1 bytes. */
void screen_text(const struct screen *s, int row, char *to);

#endif
