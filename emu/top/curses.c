/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/top/curses.h"

#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#include "emu/top/keys.h"

enum { ESCAPE_MS = 25, REDRAW_KEY = 'L' & 0x1f };

struct curses {
    SCREEN *terminal;
    FILE *in, *out;
    bool has_colours;
};

/* -- $TERM ------------------------------------------------------------------------------------- */

int curses_check(struct error *err)
{
    const char *name = getenv("TERM");
    const char *move;
    int status;

    if (!name || !*name || setupterm(name, STDOUT_FILENO, &status) != OK)
        return error_bad_input(err,
                               "TERM=%s: no such terminal is known here; try TERM=xterm, or "
                               "TERM=vt100",
                               name ? name : "");
    move = tigetstr("cup");
    if (!move || move == (char *)-1)
        return error_bad_input(err,
                               "TERM=%s: its cursor cannot be moved, so nothing can be drawn "
                               "on it; try TERM=vt100",
                               name);
    return 0;
}

size_t curses_farewell(char *to, size_t room)
{
    static const char *const names[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};
    size_t n = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = tigetstr(names[i]);
        size_t length = text && text != (char *)-1 ? strlen(text) : 0;

        if (n + length > room)
            break;
        if (length)
            memcpy(to + n, text, length);
        n += length;
    }
    return n;
}

/* -- From the beginning to the end ------------------------------------------------------------- */

static void start_colours(struct curses *c)
{
    static const struct {
        short ink, paper;
    } pairs[STYLE_N] = {
        [STYLE_PLAIN] = {-1, -1},
        [STYLE_FAINT] = {-1, -1},
        [STYLE_STATUS] = {COLOR_BLACK, COLOR_WHITE},
        [STYLE_TITLE] = {COLOR_WHITE, COLOR_BLUE},
        [STYLE_FOCUS] = {COLOR_BLACK, COLOR_CYAN},
        [STYLE_KEY] = {COLOR_CYAN, -1},
        [STYLE_BLOCKED] = {COLOR_RED, -1},
        [STYLE_COMING] = {COLOR_GREEN, -1},
        [STYLE_ACTIVE] = {COLOR_CYAN, -1},
        [STYLE_NOTE] = {COLOR_YELLOW, -1},
    };

    c->has_colours = has_colors() && !getenv("NO_COLOR") && start_color() == OK;
    if (!c->has_colours)
        return;
    use_default_colors();
    for (int i = 0; i < STYLE_N; i++)
        init_pair((short)(i + 1), pairs[i].ink, pairs[i].paper);
}

/* Files of its own: stdout goes elsewhere meanwhile. */
static int open_files(struct curses *c, int in_fd, int out_fd)
{
    c->in = fdopen(dup(in_fd), "r");
    c->out = fdopen(dup(out_fd), "w");
    c->terminal = c->in && c->out ? newterm(NULL, c->out, c->in) : NULL;
    return c->terminal ? 0 : -ENOTTY;
}

int curses_open(int in_fd, int out_fd, struct curses **out, struct error *err)
{
    struct curses *c = calloc(1, sizeof(*c));

    if (!c)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    if (open_files(c, in_fd, out_fd)) {
        curses_close(c);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOTTY, "the terminal cannot be drawn on");
    }
    set_escdelay(ESCAPE_MS);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    curs_set(0);
    start_colours(c);
    *out = c;
    return 0;
}

void curses_close(struct curses *c)
{
    if (!c)
        return;
    if (c->terminal) {
        endwin();
        delscreen(c->terminal);
    }
    if (c->in)
        fclose(c->in);
    if (c->out)
        fclose(c->out);
    free(c);
}

/* -- While it shows ---------------------------------------------------------------------------- */

int curses_key(struct curses *c)
{
    static const struct {
        int theirs, ours;
    } keys[] = {{KEY_UP, TOP_KEY_UP},         {KEY_DOWN, TOP_KEY_DOWN},
                {KEY_PPAGE, TOP_KEY_PAGE_UP}, {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
                {KEY_HOME, TOP_KEY_HOME},     {KEY_END, TOP_KEY_END},
                {KEY_BTAB, TOP_KEY_BACK_TAB}, {KEY_ENTER, TOP_KEY_ENTER},
                {'\r', TOP_KEY_ENTER},        {'\n', TOP_KEY_ENTER},
                {27, TOP_KEY_ESCAPE},         {KEY_BACKSPACE, TOP_KEY_ERASE},
                {8, TOP_KEY_ERASE},           {127, TOP_KEY_ERASE}};
    int key;

    (void)c;
    while ((key = getch()) != ERR) {
        if (key == REDRAW_KEY)
            clearok(curscr, TRUE); /* somebody else has written on the terminal */
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            if (keys[i].theirs == key)
                return keys[i].ours;
        }
        if (key >= 0 && key <= '~')
            return key;
    }
    return -1;
}

void curses_size(const struct curses *c, int *rows, int *cols)
{
    (void)c;
    getmaxyx(stdscr, *rows, *cols);
}

static chtype attributes(const struct curses *c, const struct cell *cell)
{
    static const chtype coloured[STYLE_N] = {
        [STYLE_FAINT] = A_DIM,    [STYLE_TITLE] = A_BOLD,  [STYLE_KEY] = A_BOLD,
        [STYLE_BLOCKED] = A_BOLD, [STYLE_COMING] = A_BOLD, [STYLE_ACTIVE] = A_BOLD};
    static const chtype plain[STYLE_N] = {
        [STYLE_FAINT] = A_DIM,       [STYLE_STATUS] = A_REVERSE,
        [STYLE_TITLE] = A_UNDERLINE, [STYLE_FOCUS] = A_REVERSE,
        [STYLE_KEY] = A_BOLD,        [STYLE_BLOCKED] = A_BOLD | A_UNDERLINE,
        [STYLE_COMING] = A_BOLD,     [STYLE_NOTE] = A_BOLD};
    chtype a = c->has_colours ? coloured[cell->style] | (chtype)COLOR_PAIR(cell->style + 1)
                              : plain[cell->style];

    return cell->selected ? a ^ A_REVERSE : a;
}

void curses_paint(struct curses *c, const struct screen *s)
{
    chtype row[SCREEN_MAX_COLS];

    for (int r = 0; r < s->rows; r++) {
        const struct cell *cells = s->cells + (size_t)r * (size_t)s->cols;

        for (int i = 0; i < s->cols; i++)
            row[i] = (chtype)(unsigned char)cells[i].ch | attributes(c, &cells[i]);
        mvaddchnstr(r, 0, row, s->cols);
    }
    refresh();
}
