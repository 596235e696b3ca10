/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `monitor COMMAND`: what GDB has no packets for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"
#include "emu/why.h"

enum { MAX_WORDS = 4, MAX_ROWS = 256 };

/* Prints to @out; an error's text is shown instead. @words[0] is the command. */
typedef int monitor_fn(struct gdb_stub *g, char **words, unsigned n, FILE *out, struct error *err);

/* -- Arguments --------------------------------------------------------------------------------- */

static int number(const char *what, const char *text, uint64_t max, uint64_t *value,
                  struct error *err)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 0);
    if (errno || end == text || *end || text[0] == '-' || *value > max)
        return error_bad_input(err, "%s: '%s' is not a number from 0 to %llu", what, text,
                               (unsigned long long)max);
    return 0;
}

/* The @i-th word; without it the selected thread. */
static int take_vcpu(struct gdb_stub *g, char **words, unsigned n, unsigned i, unsigned *vcpu,
                     struct error *err)
{
    uint64_t value = g->selected;
    int rc = n > i ? number("vCPU", words[i], g->m->config.n_vcpus - 1, &value, err) : 0;

    *vcpu = (unsigned)value;
    return rc;
}

/* -- Why --------------------------------------------------------------------------------------- */

static int ask(struct gdb_stub *g, enum why_command command, const struct why_question *q,
               FILE *out, struct error *err)
{
    struct why_reply reply;
    int rc = why_request(g->m, command, q, &reply, err);

    if (rc)
        return rc;
    fputs(reply.text, out);
    json_decref(reply.json);
    free(reply.text);
    return 0;
}

static int why(struct gdb_stub *g, char **words, unsigned n, FILE *out, struct error *err)
{
    struct why_question q = {.form = WHY_PHYSICAL};
    enum why_command command = strcmp(words[0], "why") ? WHY_COMMAND_NOT_AGAIN : WHY_COMMAND_WHY;
    uint64_t intid;

    if (n > 1 && !strcmp(words[n - 1], "virtual")) {
        q.form = WHY_VIRTUAL;
        n--;
    }
    if (n < 2)
        return error_bad_input(err, "%s INTID [VCPU] [virtual]", words[0]);
    if (number("INTID", words[1], (1 << 24) - 1, &intid, err) ||
        take_vcpu(g, words, n, 2, &q.vcpu, err))
        return -EINVAL;
    q.intid = (uint32_t)intid;
    return ask(g, command, &q, out, err);
}

static int show_time(struct gdb_stub *g, char **words, unsigned n, FILE *out, struct error *err)
{
    struct why_question q = {.form = WHY_PHYSICAL};

    if (take_vcpu(g, words, n, 1, &q.vcpu, err))
        return -EINVAL;
    fprintf(out, "%llu instructions, %llu ns\n", (unsigned long long)machine_instructions(g->m),
            (unsigned long long)machine_now_ns(g->m));
    return ask(g, WHY_COMMAND_TIME, &q, out, err);
}

/* -- Schedule ---------------------------------------------------------------------------------- */

const char *gdb_vcpu_state(const struct machine *m, unsigned vcpu)
{
    const struct vcpu *v = &m->vcpus[vcpu];

    if (v->state == VCPU_OFF)
        return "off";
    if (v->state == VCPU_WAITING)
        return v->wait.for_event ? "WFE" : "WFI";
    if (v->state == VCPU_LEAVING || v->held)
        return "VMM";
    return sched_next(m) == vcpu ? "running" : "ready";
}

static void show_policy(const struct machine *m, FILE *out)
{
    if (m->explorer)
        fprintf(out, "the explorer's schedule is followed\n");
    if (m->replay)
        fprintf(out, "input comes from a recording\n");
    if (m->config.choices.random)
        fprintf(out, "choices by chance, random:%llu\n",
                (unsigned long long)m->config.choices.seed);
    for (unsigned i = 0; i < N_CHOICES; i++) {
        if (m->chooser.asked[i])
            fprintf(out, "  %-14s asked %llu times\n", choice_name((enum choice)i),
                    (unsigned long long)m->chooser.asked[i]);
    }
}

static int schedule(struct gdb_stub *g, char **words, unsigned n, FILE *out, struct error *err)
{
    const struct machine *m = g->m;
    unsigned next = sched_next(m);

    (void)words, (void)n, (void)err;
    if (next < m->config.n_vcpus)
        fprintf(out, "next: vCPU %u\n", next);
    else
        fprintf(out, "next: %s\n",
                m->chooser.policy ? "the chooser's policy says" : "nobody is ready; time jumps");
    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        fprintf(out, "vCPU %u: %-7s turn %llu of %llu left, %llu instructions%s\n", i,
                gdb_vcpu_state(m, i), (unsigned long long)m->vcpus[i].turn_left,
                (unsigned long long)m->vcpus[i].turn,
                (unsigned long long)vcpu_instructions(m->engine, i),
                m->vcpus[i].idle_turn ? ", idle" : "");
    show_policy(m, out);
    return 0;
}

/* -- GIC --------------------------------------------------------------------------------------- */

static void show_irq(const struct gdb_stub *g, unsigned vcpu, uint32_t intid, unsigned *rows,
                     FILE *out)
{
    static const char *const groups[] = {[GIC_G0] = "0", [GIC_G1S] = "1S", [GIC_G1NS] = "1NS"};
    struct gic_irq_state s;

    gic_irq_peek(g->m->gic, vcpu, intid, &s);
    if (!s.exists || !(s.enabled || s.pending || s.active || s.level) || (*rows)++ >= MAX_ROWS)
        return;
    fprintf(out, "%6u %-4s %d %d %d %d %-5s %-5s 0x%02x", intid, why_kind(intid), s.pending,
            s.active, s.enabled, s.level, s.edge ? "edge" : "level", groups[s.group], s.priority);
    if (s.shared)
        fprintf(out, " 0x%llx", (unsigned long long)s.irouter);
    fputc('\n', out);
}

static void show_interface(const struct gdb_stub *g, unsigned vcpu, FILE *out)
{
    static const char *const names[] = {"ICC_PMR_EL1",     "ICC_RPR_EL1",     "ICC_HPPIR1_EL1",
                                        "ICC_IGRPEN0_EL1", "ICC_IGRPEN1_EL1", "ICC_CTLR_EL1"};

    fprintf(out, "vCPU %u:", vcpu);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (unsigned r = 0; r < g->registers->n_sysregs; r++) {
            uint64_t value;

            if (!strcmp(g->registers->sysregs[r].name, names[i]) &&
                !gdb_sysreg_get(g->m, vcpu, &g->registers->sysregs[r], &value))
                fprintf(out, " %s 0x%llx", names[i], (unsigned long long)value);
        }
    }
    fprintf(out, "; lines:%s%s%s%s\n", gic_line_level(g->m->gic, vcpu, GIC_LINE_IRQ) ? " IRQ" : "",
            gic_line_level(g->m->gic, vcpu, GIC_LINE_FIQ) ? " FIQ" : "",
            gic_line_level(g->m->gic, vcpu, GIC_LINE_VIRQ) ? " VIRQ" : "",
            gic_line_level(g->m->gic, vcpu, GIC_LINE_VFIQ) ? " VFIQ" : "");
}

/* Where the kinds of interrupts begin and end; LPIs have no such state but pending, which
 * `monitor why` tells. */
static const struct range {
    uint32_t first, end;
} ranges[] = {{0, 32}, {1056, 1120}, {32, 1020}, {4096, 5120}};

static int show_gic(struct gdb_stub *g, char **words, unsigned n, FILE *out, struct error *err)
{
    unsigned vcpu, rows = 0;
    uint64_t ctlr = 0;

    if (take_vcpu(g, words, n, 1, &vcpu, err))
        return -EINVAL;
    gic_dist_read(g->m->gic, vcpu, true, 0, 4, &ctlr);
    fprintf(out, "GICD_CTLR 0x%llx\n", (unsigned long long)ctlr);
    show_interface(g, vcpu, out);
    fprintf(out, " INTID kind P A E L config group prio  route\n");
    for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        for (uint32_t intid = ranges[i].first; intid < ranges[i].end; intid++)
            show_irq(g, vcpu, intid, &rows, out);
    }
    if (rows > MAX_ROWS)
        fprintf(out, "... and %u more\n", rows - MAX_ROWS);
    return 0;
}

/* -- The table --------------------------------------------------------------------------------- */

static monitor_fn help;

static const struct monitor_command {
    const char *name;
    monitor_fn *run;
    const char *help;
} commands[] = {
    {"help", help, "what is in this table"},
    {"why", why, "INTID [VCPU] [virtual]: which gate keeps an interrupt from a vCPU"},
    {"why-not-again", why, "INTID [VCPU] [virtual]: why it has not come since it was delivered"},
    {"time", show_time, "[VCPU]: now; its counters, offsets and timers, and which fires next"},
    {"schedule", schedule, "who runs next, what is left of each vCPU's turn, what was chosen"},
    {"gic", show_gic,
     "[VCPU]: its CPU interface, and each interrupt that is enabled, pending, "
     "active or up"},
};
enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int help(struct gdb_stub *g, char **words, unsigned n, FILE *out, struct error *err)
{
    (void)g, (void)words, (void)n, (void)err;
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "%-14s %s\n", commands[i].name, commands[i].help);
    return 0;
}

static int run_line(struct gdb_stub *g, char *line, FILE *out, struct error *err)
{
    char *words[MAX_WORDS], *rest = line;
    unsigned n = 0;

    for (char *w; (w = strtok_r(n ? NULL : line, " \t\n", &rest)) != NULL;) {
        if (n == MAX_WORDS)
            return error_bad_input(err, "too many words; try `monitor help'");
        words[n++] = w;
    }
    for (size_t i = 0; n && i < N_COMMANDS; i++) {
        if (!strcmp(words[0], commands[i].name))
            return commands[i].run(g, words, n, out, err);
    }
    return error_bad_input(err, "no such command; try `monitor help'");
}

void gdb_monitor(struct gdb_stub *g, const char *line)
{
    char *copy = strdup(line), *text = NULL;
    struct error err = {.text = ""};
    size_t bytes;
    FILE *out = copy ? open_memstream(&text, &bytes) : NULL;

    if (out) {
        if (run_line(g, copy, out, &err))
            fprintf(out, "irqlab: %s\n", err.text);
        fclose(out);
        if (text)
            gdb_say_text(g, text);
    }
    free(text);
    free(copy);
}
