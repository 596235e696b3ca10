/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file of the page and its data. index.html names its style sheet and scripts, one element a
 * line (emu/page/); these take their place. Inside a <script>, HTML knows no escapes: the data's
 * '<' are written as JSON's \u003c, so that nothing in it can end the element.
 */
#include <errno.h>
#include <string.h>

#include "emu/page/page_assets.h"
#include "emu/report/report.h"

/* Should a way out be found in spite of all: the file may ask for nothing. */
static const char *const policy =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">\n";

static int put_escaped(const char *bytes, size_t size, void *to)
{
    FILE *out = to;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '<' || bytes[i] == '>' || bytes[i] == '&')
            fprintf(out, "\\u%04x", (unsigned)bytes[i]);
        else
            putc(bytes[i], out);
    }
    return 0;
}

static void put_asset(const char *before, const struct page_asset *a, const char *after, FILE *out)
{
    fputs(before, out);
    fwrite(a->bytes, 1, a->size, out);
    fputs(after, out);
}

/* The file that an element of @line names by @attribute; NULL: none of ours. */
static const struct page_asset *named_by(const char *line, size_t length, const char *attribute)
{
    const char *at = memmem(line, length, attribute, strlen(attribute));
    const char *end;
    char name[64];
    size_t n;

    if (!at)
        return NULL;
    at += strlen(attribute);
    end = memchr(at, '"', length - (size_t)(at - line));
    n = end ? (size_t)(end - at) : sizeof(name);
    if (n >= sizeof(name))
        return NULL;
    memcpy(name, at, n);
    name[n] = '\0';
    return page_asset_find(name);
}

static size_t line_length(const struct page_asset *page, size_t at)
{
    const uint8_t *end = memchr(page->bytes + at, '\n', page->size - at);

    return end ? (size_t)(end - page->bytes) + 1 - at : page->size - at;
}

static void put_scripts(const struct page_asset *page, FILE *out)
{
    for (size_t at = 0, n; at < page->size; at += n) {
        const struct page_asset *script;

        n = line_length(page, at);
        script = named_by((const char *)page->bytes + at, n, "<script src=\"");
        if (script)
            put_asset("<script>\n", script, "</script>\n", out);
    }
}

static void put_data(const json_t *data, FILE *out)
{
    fputs("<script type=\"application/json\" id=\"report-data\">", out);
    json_dump_callback(data, put_escaped, out, JSON_COMPACT);
    fputs("</script>\n", out);
}

static void put_line(const struct page_asset *page, size_t at, size_t n, const json_t *data,
                     FILE *out)
{
    const char *line = (const char *)page->bytes + at;
    const struct page_asset *style = named_by(line, n, "<link rel=\"stylesheet\" href=\"");

    if (style) {
        put_asset("<style>\n", style, "</style>\n", out);
        return;
    }
    if (named_by(line, n, "<script src=\""))
        return;
    if (!strncmp(line, "</body>", 7)) {
        put_data(data, out);
        put_scripts(page, out);
    }
    fwrite(line, 1, n, out);
    if (!strncmp(line, "<meta charset", 13))
        fputs(policy, out);
}

int report_html(const json_t *data, FILE *out, struct error *err)
{
    const struct page_asset *page = page_asset_find("index.html");

    if (!page)
        return error_set(err, IRQLAB_EXIT_INTERNAL, -ENOENT, "the program has no page");
    for (size_t at = 0, n; at < page->size; at += n) {
        n = line_length(page, at);
        put_line(page, at, n, data, out);
    }
    return 0;
}
