/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key is called between a terminal and what is shown on it. */
#ifndef IRQLAB_EMU_TOP_KEYS_H
#define IRQLAB_EMU_TOP_KEYS_H

/* Keys that are no characters. */
enum top_special {
    TOP_KEY_UP = 0x100,
    TOP_KEY_DOWN,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_BACK_TAB,
    TOP_KEY_ENTER,
    TOP_KEY_ESCAPE,
    TOP_KEY_ERASE,
};

#endif
