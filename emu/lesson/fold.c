/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/fold.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 20, WIDEST = 92, NO_TERMINAL = 80 };

unsigned fold_width(FILE *out)
{
    struct winsize size;
    int fd = fileno(out);

    if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col)
        return NO_TERMINAL;
    return size.ws_col < NARROWEST ? NARROWEST : size.ws_col > WIDEST ? WIDEST : size.ws_col;
}

struct folding {
    FILE *out;
    unsigned width, indent, hang, column; /* column 0: nothing is on this line yet */
    bool is_later;                        /* not the paragraph's first line */
};

static void end_line(struct folding *f)
{
    if (f->column)
        fputc('\n', f->out);
    f->column = 0;
}

/* Bytes that begin a character; what UTF-8 has behind them takes no column. */
static unsigned columns(const char *word, size_t bytes)
{
    unsigned n = 0;

    for (size_t i = 0; i < bytes; i++)
        n += ((unsigned char)word[i] & 0xc0) != 0x80;
    return n;
}

static void put_word(struct folding *f, const char *word, size_t bytes)
{
    unsigned wide = columns(word, bytes);

    if (f->column && f->column + 1 + wide > f->width) {
        end_line(f);
        f->is_later = true;
    }
    if (f->column) {
        fputc(' ', f->out);
        f->column++;
    } else {
        f->column = f->indent + (f->is_later ? f->hang : 0);
        fprintf(f->out, "%*s", (int)f->column, "");
    }
    fwrite(word, 1, bytes, f->out);
    f->column += wide;
}

static void put_line(struct folding *f, const char *line, size_t length)
{
    if (!length || *line == ' ') {
        end_line(f);
        f->is_later = false;
        fprintf(f->out, "%*s%.*s\n", length ? (int)f->indent : 0, "", (int)length, line);
        return;
    }
    for (size_t at = 0, bytes; at < length; at += bytes) {
        at += strspn(line + at, " ");
        bytes = strcspn(line + at, " \n");
        if (bytes)
            put_word(f, line + at, bytes);
    }
}

void fold_text(FILE *out, unsigned width, unsigned indent, unsigned hang, const char *text)
{
    struct folding f = {.out = out, .width = width, .indent = indent, .hang = hang};

    while (*text) {
        size_t length = strcspn(text, "\n");

        put_line(&f, text, length);
        text += length + (text[length] == '\n');
    }
    end_line(&f);
}

void fold_format(FILE *out, unsigned indent, unsigned hang, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int length;

    va_start(args, format);
    length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0)
        return;
    fold_text(out, fold_width(out), indent, hang, text);
    free(text);
}

/* Bytes of @line that go into @width columns: up to a space if there is one behind the first word.
 */
static size_t fitting(const char *line, size_t length, unsigned width)
{
    size_t end = 0, from = strspn(line, " ");

    if (columns(line, length) <= width)
        return length;
    for (size_t i = from; i < length && (!end || columns(line, i) <= width); i++) {
        if (line[i] == ' ')
            end = i;
    }
    return end ? end : length;
}

void fold_table(FILE *out, unsigned width, unsigned hang, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n"), n;

        for (unsigned in = 0;; in = hang) {
            n = fitting(text, length, width - in);
            while (n < length && n && text[n - 1] == ' ')
                n--;
            fprintf(out, "%*s%.*s\n", (int)in, "", (int)n, text);
            n += strspn(text + n, " ");
            text += n;
            length -= n < length ? n : length;
            if (!length)
                break;
        }
        text += *text == '\n';
    }
}

/* -- Commands ---------------------------------------------------------------------------------- */

void fold_command(FILE *out, unsigned width, unsigned indent, const char *const words[])
{
    unsigned column = (unsigned)fprintf(out, "%*s%s", (int)indent, "", words[0]);

    for (unsigned i = 1; words[i]; i++) {
        bool is_quoted = strpbrk(words[i], " \t'\"\\$&;|<>()*?") || !*words[i];
        unsigned wide = columns(words[i], strlen(words[i])) + 2 * is_quoted;
        bool fits = column + 1 + wide + (words[i + 1] ? 2 : 0) <= width;

        if (!fits)
            fprintf(out, " \\\n%*s", (int)indent + 4, "");
        else
            fputc(' ', out);
        column = (fits ? column + 1 : indent + 4) + wide;
        fprintf(out, is_quoted && !strchr(words[i], '\'') ? "'%s'" : "%s", words[i]);
    }
    fputc('\n', out);
}
