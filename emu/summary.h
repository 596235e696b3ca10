/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run amounted to: for a person, and as JSON (`--json`). */
#ifndef IRQLAB_EMU_SUMMARY_H
#define IRQLAB_EMU_SUMMARY_H

#include "emu/machine.h"

/**
 * summary_write_json - the file's keys: instructions, virtual_time_ns, state_hash, exit_code,
 * reason, vcpus[{state, instructions, pc, symbol}], exits{}, interrupts[{vcpu, intid, count}].
 * @path NULL: stdout.
 */
int summary_write_json(struct machine *m, uint64_t state_hash, const char *path, struct error *err);

#endif
