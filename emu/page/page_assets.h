/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page's files, as they were when irqlab was built: every .html, .css and .js file of
 * emu/page/. `irqlab serve` hands them out, `irqlab report` puts them into one file. Constant, for
 * any thread.
 */
#ifndef IRQLAB_EMU_PAGE_PAGE_ASSETS_H
#define IRQLAB_EMU_PAGE_PAGE_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct page_asset {
    const char *name;     /* "page.css" */
    const char *type;     /* "text/css; charset=utf-8" */
    const uint8_t *bytes; /* UTF-8, and a 0 behind the last one */
    size_t size;          /* in bytes, without that 0 */
};

/* Ends with one whose name is NULL. */
extern const struct page_asset page_assets[];

/** page_asset_find - by its name, without any '/'. NULL: there is none. */
const struct page_asset *page_asset_find(const char *name);

#endif
