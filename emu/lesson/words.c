/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/words.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "emu/lesson/fold.h"

struct word {
    const char *names, *meaning; /* names: divided by ", " */
};

static const struct word words[] = {
    {"acknowledge", "The core asks the GIC which interrupt it is, by a read of ICC_IAR1_EL1. From "
                    "then on the interrupt is active."},
    {"affinity", "A core's address: four numbers, as in 0.0.0.1. Interrupts are sent to it."},
    {"CPU interface", "The GIC's part in each core. It compares priorities, and is used by "
                      "registers called ICC_..."},
    {"deactivate", "To say that an interrupt is over, so that it may come again. As a rule the "
                   "EOI does so too."},
    {"device tree", "The list of a board's devices, with their interrupts, that a kernel gets."},
    {"distributor", "The GIC's part that all cores share. It has the SPIs, and its registers are "
                    "called GICD_..."},
    {"edge, level", "A level-sensitive interrupt is there as long as its wire is up; an "
                    "edge-triggered one comes once for each time that the wire goes up."},
    {"EL0, EL1, EL2, EL3",
     "Exception levels: programs, kernels, hypervisors, firmware. The higher, "
     "the more it may."},
    {"EOI", "End of interrupt: the handler says that it is done (ICC_EOIR1_EL1)."},
    {"exception", "Whatever takes a core away from its program: an interrupt, a bad address, a "
                  "call of the kernel."},
    {"FIQ, IRQ", "The two lines by which interrupts reach a core. Kernels use IRQ; FIQ is the "
                 "firmware's."},
    {"gate", "A condition that has to hold before an interrupt gets on. `irqlab why` shows all of "
             "them."},
    {"GIC", "Generic Interrupt Controller: Arm's, between devices and cores."},
    {"group", "Each interrupt is in one. Group 0 arrives as FIQ, Group 1 as IRQ. Each group has "
              "a switch at the distributor and one at each core."},
    {"guest", "What runs inside: the program, seen from irqlab or from a hypervisor."},
    {"handler", "The function that runs when an interrupt comes."},
    {"INTID", "An interrupt's number. 0 to 15 are SGIs, 16 to 31 PPIs, from 32 on SPIs, from 8192 "
              "on LPIs. 1023 means: none."},
    {"ISTATUS", "The bit of a timer's register that says: my time has come."},
    {"ITS", "The GIC's part that turns messages of devices into LPIs."},
    {"list register", "Where a hypervisor puts an interrupt for its guest."},
    {"LPI", "An interrupt that is a message, with its configuration in memory."},
    {"mask", "To keep interrupts out for a while, by PSTATE or by the priority mask."},
    {"pending, active", "Pending: it has come, and nobody has taken it. Active: it is being "
                        "handled."},
    {"PPI", "Private interrupt: of a device that each core has its own of, as the timer (27)."},
    {"priority mask", "What is not more urgent than this number waits (ICC_PMR_EL1)."},
    {"priority", "How urgent an interrupt is, 0 to 255. The smaller, the more urgent."},
    {"PSTATE, DAIF", "The core's state. Its bits I and F keep IRQs and FIQs out while they are 1; "
                     "irq_unmask() clears I."},
    {"redistributor", "The GIC's part beside each core. It has the core's SGIs and PPIs, and its "
                      "registers are called GICR_..."},
    {"route", "To say which core an SPI goes to (GICD_IROUTER)."},
    {"running priority", "The priority of what is being handled. Only what is more urgent may "
                         "interrupt it."},
    {"SGI", "Interrupt that software sends, from core to core."},
    {"SPI", "Shared interrupt: of a device that may call any core."},
    {"vCPU", "A core of the machine that irqlab emulates, numbered from 0."},
    {"vector", "The address that a core jumps to when an exception comes."},
    {"vPE", "The GIC's idea of a virtual CPU, of which a guest has some."},
    {"WFI", "Instruction: wait for an interrupt."},
};

static const struct word manuals[] = {
    {"IHI 0069", "Arm's manual of the GIC, versions 3 and 4."},
    {"DDI 0487", "Arm's manual of the processor (A-profile)."},
    {"DEN0022", "Arm's manual of PSCI, by which cores are turned on and off."},
};

enum {
    N_WORDS = sizeof(words) / sizeof(words[0]),
    N_MANUALS = sizeof(manuals) / sizeof(manuals[0])
};

static bool is_called(const struct word *w, const char *word)
{
    size_t length;

    for (const char *name = w->names; *name; name += length + (name[length] ? 2 : 0)) {
        length = strcspn(name, ",");
        if (strlen(word) == length && !strncasecmp(name, word, length))
            return true;
    }
    return false;
}

static unsigned print_some(const struct word *from, unsigned n, const char *word, FILE *out)
{
    unsigned found = 0;

    for (unsigned i = 0; i < n; i++) {
        if (word && !is_called(&from[i], word))
            continue;
        found++;
        fold_format(out, 0, 4, "%s: %s", from[i].names, from[i].meaning);
    }
    return found;
}

int words_print(const char *word, FILE *out, struct error *err)
{
    if (print_some(words, N_WORDS, word, out) + print_some(manuals, N_MANUALS, word, out))
        return 0;
    return error_bad_input(err, "'%.60s' is none of the words; irqlab lesson --words tells all",
                           word);
}

const char *words_manual(const char *cite)
{
    for (unsigned i = 0; i < N_MANUALS; i++) {
        if (!strncmp(cite, manuals[i].names, strlen(manuals[i].names)))
            return manuals[i].meaning;
    }
    return NULL;
}
