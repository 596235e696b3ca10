/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/gates.h"

#include <stddef.h>
#include <string.h>

/* `priority` is no gate: later ones compare it. */
static const struct {
    const char *gate, *question;
} questions[] = {
    {"source", "Has the device, the timer or the sender called at all?"},
    {"trigger", "Does edge or level fit what the wire does?"},
    {"pending", "Is the call noted?"},
    {"implemented", "Has this GIC an interrupt of this number?"},
    {"enabled", "Is the interrupt's own switch on?"},
    {"group", "Is it in the group that is in use?"},
    {"distributor-group", "Is its group on, for all cores?"},
    {"routed", "Is it sent to this core?"},
    {"not-active", "Is its last call over?"},
    {"priority", "How urgent is it?"},
    {"awake", "Is the core's redistributor awake?"},
    {"lpis-enabled", "Does the redistributor take messages (LPIs)?"},
    {"lpi-configuration", "Does the redistributor's copy of the byte in memory still hold?"},
    {"system-registers", "May this level use the CPU interface's registers?"},
    {"cpu-group", "Is the group on at this core?"},
    {"highest", "Is no other interrupt ahead?"},
    {"priority-mask", "Is it more urgent than the mask?"},
    {"running-priority", "Is it more urgent than what is being handled?"},
    {"power", "Is the core running?"},
    {"target", "Which exception level does it go to?"},
    {"pstate", "Does the core let it in now?"},
    {"vector", "Is there code where the core jumps to?"},
    {"acknowledge", "Does the handler ask the right register?"},
    {"its-enabled", "Is the ITS on?"},
    {"its-queue", "Has the ITS done all commands?"},
    {"device-table", "Is there room for this device?"},
    {"device", "Does the ITS know the device?"},
    {"event-range", "May the device have so many events?"},
    {"event", "Does the ITS know the event?"},
    {"collection", "Does the collection lead to a core?"},
    {"vpe", "Does the vPE lead to a core?"},
    {"resident", "Is the guest's vPE on a core?"},
    {"virtual-interface", "Are the list registers on?"},
    {"listed", "Is it in a list register?"},
    {"virtual-group", "Has the guest its group on?"},
};

static const struct {
    const char *gate, *cause;
} follows[] = {
    {"pending", "source"}, /* nobody has called */
    {"pending", "trigger"},
    {"pending", "lpis-enabled"},
    {"distributor-group", "group"}, /* its group is not the one that is in use */
    {"cpu-group", "group"},
    {"running-priority", "not-active"}, /* it runs itself */
    {"cpu-group", "power"},             /* a core that is off has not set up anything */
    {"priority-mask", "power"},
    {"pstate", "power"},
    {"cpu-group", "system-registers"}, /* nor one that may not */
    {"priority-mask", "system-registers"},
    {"enabled", "lpi-configuration"}, /* both are that byte */
    {"virtual-interface", "resident"},
    {"listed", "resident"},
    {"target", "resident"},
};

const char *gates_question(const char *gate)
{
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        if (!strcmp(questions[i].gate, gate))
            return questions[i].question;
    }
    return NULL;
}

bool gates_follows(const char *gate, const char *cause)
{
    for (size_t i = 0; i < sizeof(follows) / sizeof(follows[0]); i++) {
        if (!strcmp(follows[i].gate, gate) && !strcmp(follows[i].cause, cause))
            return true;
    }
    return false;
}
