/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "emu/view/internal.h"

const char *view_vcpu_state(const struct view_vcpu *v)
{
    switch (v->state) {
    case VCPU_OFF:
        return "off";
    case VCPU_WAITING:
        return v->for_event ? "WFE" : "WFI";
    case VCPU_LEAVING:
        return "VMM";
    default:
        return v->next ? "running" : "ready";
    }
}

const char *view_line_name(enum gic_line line)
{
    return trace_line_names[line];
}

const char *view_timer_name(enum timer_id timer)
{
    return trace_timer_names[timer];
}

void view_masks(uint8_t daif, char *to)
{
    for (unsigned i = 0; i < 4; i++) {
        if (daif >> (3 - i) & 1)
            *to++ = "DAIF"[i];
    }
    *to = '\0';
}

enum view_command view_command_of(const char *name)
{
    static const char *const names[VIEW_N_COMMANDS] = {
        [VIEW_RUN] = "run",   [VIEW_PAUSE] = "pause",           [VIEW_STEP] = "step",
        [VIEW_BACK] = "back", [VIEW_STEP_EVENT] = "step-event", [VIEW_BACK_EVENT] = "back-event",
        [VIEW_GO] = "go",     [VIEW_GO_NS] = "go-ns",           [VIEW_QUIT] = "quit",
    };
    unsigned i = 0;

    while (i < VIEW_N_COMMANDS && strcmp(names[i], name) != 0)
        i++;
    return (enum view_command)i;
}
