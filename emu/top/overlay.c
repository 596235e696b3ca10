/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies over all panes: the help, and why. Text that is wrapped to the screen and scrolled. */
#include "emu/top/top.h"

#include <string.h>

/* Later rows of a line begin where what it says does. */
enum { HANG_WHY = 19, HANG_HELP = 12 };

static const char help[] =
    "KEYS\n"
    "space       run, pause\n"
    "s           one instruction forward; a number typed before is how many: 100s\n"
    "S or b      likewise back\n"
    "n           to the next event of the GIC, a timer or an exception\n"
    "N           to before the last one\n"
    "g           go to an instruction count (12,345, or from here +100, -100) or a time (1.5ms)\n"
    "w           why is the selected interrupt not taken: all gates, and who wrote what; 27w: of "
    "INTID 27, at the vCPU that is selected in its pane\n"
    "enter       the same; on an event: go to its moment\n"
    "arrows ...  select: also page up and down, home, end. Home: whatever comes first\n"
    "tab         to the next pane\n"
    "/           show only some: 27, 32-63, v0 (a vCPU), spi, blocked\n"
    "c           the guest's console, or not\n"
    "? or h      this help\n"
    "q           quit; closes this first\n"
    "\n"
    "VCPUS\n"
    "STATE       runs (it has its turn), ready, WFI, WFE, off\n"
    "DAIF        PSTATE's masks that are set\n"
    "GRP         groups that ICC_IGRPEN<n> lets in: 0, S (Secure 1), N (Non-secure 1); slp: its "
    "redistributor sleeps (GICR_WAKER)\n"
    "PMR         ICC_PMR_EL1: what is less urgent waits\n"
    "RUN         the running priority (ICC_RPR_EL1)\n"
    "HPP, INTID  the highest priority that is pending, and whose it is\n"
    "0...f       the scale of priorities, the most urgent at the left: what is in '=' gets "
    "through, up to P (PMR) and R (running); H is the highest pending one\n"
    "LINE        what the CPU interface signals to the PE\n"
    "\n"
    "INTERRUPTS\n"
    "TGT         the vCPU it goes to; any: 1 of N; -: nobody\n"
    "PLAEHCG     as KVM's vgic-state: pending, line up, active, enabled, hardware, C: "
    "level-sensitive, G: not group 0\n"
    "GR, TAKEN   its group; how often it was acknowledged\n"
    "BLOCKED     pending, and a gate is closed: which, and what its register holds\n"
    "COMING      pending, and every gate is open\n"
    "ACTIVE      acknowledged, not deactivated yet\n"
    "idle        enabled, and nothing waits; green: it was delivered before\n"
    "\n"
    "note        Looking, stepping and going back change nothing in the guest. With -gdb, a "
    "debugger that is "
    "attached says what runs, and may change registers.\n";

/* -- Wrapping ---------------------------------------------------------------------------------- */

struct piece {
    const char *text;
    int n, indent;
};

/* The next row of @room columns of *text; false: the end. @line: where its line begins. */
static bool next_piece(const char **text, const char **line, int room, int hang, struct piece *p)
{
    int indent = *text == *line ? 0 : hang, n, fits = room - indent > 8 ? room - indent : 8;

    if (!**text)
        return false;
    n = (int)strcspn(*text, "\n");
    if (n > fits) {
        n = fits;
        while (n > fits / 2 && (*text)[n] != ' ')
            n--;
    }
    *p = (struct piece){.text = *text, .n = n, .indent = indent};
    *text += n;
    if (**text == '\n')
        *line = ++*text;
    else
        *text += strspn(*text, " ");
    return true;
}

static const char *text_of(const struct top *t, const struct top_data *d)
{
    if (t->overlay == OVERLAY_HELP)
        return help;
    return d->why ? d->why : "...\n";
}

static int hang_of(const struct top *t, const struct screen *s)
{
    int hang = t->overlay == OVERLAY_WHY ? HANG_WHY : HANG_HELP;

    return s->cols > 3 * hang ? hang : 2;
}

/* -- Where it is ------------------------------------------------------------------------------- */

static int height(const struct screen *s)
{
    int rows = top_body_rows(s->rows) - 1;

    return rows > 1 ? rows : 1;
}

static bool is_closed(const char *line)
{
    size_t n = strcspn(line, "\n");
    const char *fail = memmem(line, n, " FAIL ", 6);

    return fail && fail - line < 24;
}

/* Counts the rows; *closed is the first row of the first closed gate. */
static unsigned count_rows(const struct top *t, const struct top_data *d, const struct screen *s,
                           unsigned *closed)
{
    const char *text = text_of(t, d), *line = text;
    struct piece p;
    unsigned n = 0;
    bool found = false;

    while (next_piece(&text, &line, s->cols - 1, hang_of(t, s), &p)) {
        if (!found && !p.indent && is_closed(p.text)) {
            found = true;
            *closed = n;
        }
        n++;
    }
    return n;
}

void top_arrange_overlay(struct top *t, const struct top_data *d, const struct screen *s)
{
    unsigned closed = 0, shown = (unsigned)height(s);

    if (!t->overlay)
        return;
    t->overlay_rows = count_rows(t, d, s, &closed);
    if (t->overlay_fresh && d->why) {
        t->overlay_first = closed > shown / 3 ? closed - shown / 3 : 0;
        t->overlay_fresh = false;
    }
    if (t->overlay_rows <= shown)
        t->overlay_first = 0;
    else if (t->overlay_first > t->overlay_rows - shown)
        t->overlay_first = t->overlay_rows - shown;
}

/* -- Drawing ----------------------------------------------------------------------------------- */

/* "KEYS": a word alone. */
static bool is_heading(const char *line, size_t n)
{
    return n && !memchr(line, ' ', n);
}

static enum style line_style(const struct top *t, const char *line)
{
    size_t n = strcspn(line, "\n");

    if (t->overlay == OVERLAY_HELP)
        return is_heading(line, n) ? STYLE_NOTE : STYLE_PLAIN;
    if (is_closed(line))
        return STYLE_BLOCKED;
    if (!strncmp(line, "verdict:", 8) || !strncmp(line, "mend:", 5))
        return STYLE_NOTE;
    return memmem(line, n, " n/a ", 5) ? STYLE_FAINT : STYLE_PLAIN;
}

static void draw_title(const struct top *t, struct screen *s, int row)
{
    char kind[TOP_WORD_BYTES];
    unsigned shown = (unsigned)height(s), last = t->overlay_first + shown;

    screen_fill(s, row, 0, STYLE_FOCUS);
    if (t->overlay == OVERLAY_HELP)
        screen_put(s, row, 1, STYLE_FOCUS, "help");
    else
        screen_put(s, row, 1, STYLE_FOCUS, "why: %s %u at vCPU %u",
                   top_intid_kind(t->why.intid, t->why.is_virtual, kind), t->why.intid,
                   t->why.vcpu);
    if (t->overlay_rows > shown)
        screen_put(s, row, s->cols - 20, STYLE_FOCUS, " rows %u-%u of %u", t->overlay_first + 1,
                   last, t->overlay_rows);
}

void top_draw_overlay(const struct top_data *d, const struct top *t, struct screen *s)
{
    const char *text = text_of(t, d), *line = text;
    enum style style = STYLE_PLAIN;
    struct piece p;

    draw_title(t, s, 1);
    for (unsigned n = 0; next_piece(&text, &line, s->cols - 1, hang_of(t, s), &p); n++) {
        if (!p.indent)
            style = line_style(t, p.text);
        if (n >= t->overlay_first && n < t->overlay_first + (unsigned)height(s))
            screen_bytes(s, 2 + (int)(n - t->overlay_first), p.indent, style, p.text, p.n);
    }
}
