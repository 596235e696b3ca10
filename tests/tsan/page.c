/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page of two files. */
#include "emu/page/page_assets.h"

const struct page_asset page_assets[] = {
    {"index.html", "text/html; charset=utf-8", (const uint8_t *)"<p>", 3},
    {"page.js", "text/javascript; charset=utf-8", (const uint8_t *)"0;", 2},
    {NULL, NULL, NULL, 0},
};
