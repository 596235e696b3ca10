/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/page/page_assets.h"

#include <string.h>

const struct page_asset *page_asset_find(const char *name)
{
    for (const struct page_asset *a = page_assets; a->name; a++) {
        if (!strcmp(a->name, name))
            return a;
    }
    return NULL;
}
