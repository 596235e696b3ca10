/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers by their numbers: those of GDB's own features first, then the system registers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"

enum { N_X = 31, SP = 31, PC = 32, CPSR = 33, V0 = 34, FPSR = 66, FPCR = 67, N_PLAIN = 68 };

const struct gdb_plain gdb_plains[] = {
    {"x", N_X, 64, "int", NULL, false},     {"sp", 1, 64, "data_ptr", NULL, false},
    {"pc", 1, 64, "code_ptr", NULL, false}, {"cpsr", 1, 32, "cpsr_flags", NULL, false},
    {"v", 32, 128, "aarch64v", NULL, true}, {"fpsr", 1, 32, "int", "float", true},
    {"fpcr", 1, 32, "int", "float", true},
};
const unsigned gdb_n_plains = sizeof(gdb_plains) / sizeof(gdb_plains[0]);

unsigned gdb_plain_registers(void)
{
    return N_PLAIN;
}

unsigned gdb_register_bytes(const struct gdb_registers *r, unsigned n)
{
    for (unsigned i = 0, first = 0; i < gdb_n_plains; first += gdb_plains[i++].count) {
        if (n - first < gdb_plains[i].count)
            return gdb_plains[i].bits / 8;
    }
    return n - N_PLAIN < r->n_sysregs ? 8 : 0;
}

static void get_plain(const struct cpu_engine *e, unsigned vcpu, unsigned n, uint64_t value[2])
{
    value[1] = 0;
    if (n < N_X)
        value[0] = vcpu_get_x(e, vcpu, n);
    else if (n == SP)
        value[0] = vcpu_get_sp(e, vcpu);
    else if (n == PC)
        value[0] = vcpu_get_pc(e, vcpu);
    else if (n == CPSR)
        value[0] = vcpu_get_pstate(e, vcpu);
    else if (n < FPSR)
        vcpu_get_v(e, vcpu, n - V0, value);
    else
        value[0] = vcpu_get_fp_control(e, vcpu, n == FPSR);
}

static void set_plain(struct cpu_engine *e, unsigned vcpu, unsigned n, const uint64_t value[2])
{
    if (n < N_X)
        vcpu_set_x(e, vcpu, n, value[0]);
    else if (n == SP)
        vcpu_set_sp(e, vcpu, value[0]);
    else if (n == PC)
        vcpu_set_pc(e, vcpu, value[0]);
    else if (n == CPSR)
        vcpu_set_pstate(e, vcpu, value[0]);
    else if (n < FPSR)
        vcpu_set_v(e, vcpu, n - V0, value);
    else
        vcpu_set_fp_control(e, vcpu, n == FPSR, (uint32_t)value[0]);
}

static void to_bytes(uint8_t bytes[16], const uint64_t value[2])
{
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (uint8_t)(value[i / 8] >> (i % 8 * 8));
}

static void from_bytes(uint64_t value[2], const uint8_t *bytes, unsigned n)
{
    value[0] = value[1] = 0;
    for (unsigned i = 0; i < n; i++)
        value[i / 8] |= (uint64_t)bytes[i] << (i % 8 * 8);
}

int gdb_register_get(struct gdb_stub *g, unsigned vcpu, unsigned n, uint8_t bytes[16])
{
    uint64_t value[2] = {0};
    int rc = 0;

    if (n < N_PLAIN)
        get_plain(g->m->engine, vcpu, n, value);
    else if (n - N_PLAIN < g->registers->n_sysregs)
        rc = gdb_sysreg_get(g->m, vcpu, &g->registers->sysregs[n - N_PLAIN], &value[0]);
    else
        rc = -ENOENT;
    to_bytes(bytes, value);
    return rc;
}

int gdb_register_set(struct gdb_stub *g, unsigned vcpu, unsigned n, const uint8_t bytes[16])
{
    unsigned size_bytes = gdb_register_bytes(g->registers, n);
    uint8_t before[16];
    uint64_t value[2];

    if (!size_bytes)
        return -ENOENT;
    if (!gdb_register_get(g, vcpu, n, before) && !memcmp(before, bytes, size_bytes))
        return 1;
    from_bytes(value, bytes, size_bytes);
    if (n >= N_PLAIN)
        return gdb_sysreg_set(g->m, vcpu, &g->registers->sysregs[n - N_PLAIN], value[0]);
    set_plain(g->m->engine, vcpu, n, value);
    return 0;
}

struct gdb_registers *gdb_registers_create(struct machine *m)
{
    struct gdb_registers *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->n_sysregs = gdb_sysregs_list(m, r->sysregs);
    r->description = gdb_describe(r, &r->description_bytes);
    if (r->description)
        return r;
    free(r);
    return NULL;
}

void gdb_registers_free(struct gdb_registers *r)
{
    if (r)
        free(r->description);
    free(r);
}
