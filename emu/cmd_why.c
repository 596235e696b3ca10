/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab why`, `irqlab why-not-again`, `irqlab why-time`: of a recording, or of a machine that
 * runs. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/control.h"
#include "emu/load/symbols.h"
#include "emu/session.h"
#include "emu/values.h"
#include "emu/why.h"

#define POINTS                                                                                     \
    "POINT: --at INSNS, --at-ns NS, or --before FUNCTION: when a vCPU is about to enter it for\n"  \
    "the first time (the end, if none ever does).\n"

static const char *const helps[] = {
    [WHY_COMMAND_WHY] =
        "Usage: irqlab why INTID VCPU --recording FILE [POINT] [--json[=FILE]]\n"
        "       irqlab why INTID VCPU --control PATH [--json[=FILE]]\n"
        "       irqlab why --virtual VINTID VCPU ...\n"
        "       irqlab why DEVICE:EVENT ...\n"
        "Says for each gate between an interrupt and a vCPU whether it is open, by which field of\n"
        "which register, and which instruction wrote that last: of a recording of irqlab run\n"
        "--record, which is replayed silently to its end or the given point, or of the irqlab run\n"
        "--control PATH that listens there. --virtual: from a list register to the guest.\n"
        "DEVICE:EVENT: from a DeviceID and EventID through the ITS to its LPI's vCPU.\n" POINTS
        "--symbols FILE: more names for a recording's addresses, of an ELF (vmlinux), a System.map "
        "or a\n"
        "copy of /proc/kallsyms.\n"
        "\n"
        "Exit code: 0 the vCPU takes the interrupt, or took it and nothing of it waits; 1 "
        "blocked:\n"
        "the first gate that says FAIL is the reason; 103 the replay diverged; 120 bad input.\n",
    [WHY_COMMAND_NOT_AGAIN] =
        "Usage: irqlab why-not-again INTID VCPU --recording FILE [POINT] [--json[=FILE]]\n"
        "       irqlab why-not-again INTID VCPU --control PATH [--json[=FILE]]\n"
        "Says when an interrupt was first delivered to a vCPU, when last, and why it has not come\n"
        "since: not ended, not deactivated, or a gate that irqlab why knows.\n" POINTS "\n"
        "Exit code: 0 it came again, or is about to; 1 once or never; 103 the replay diverged;\n"
        "120 bad input.\n",
    [WHY_COMMAND_TIME] =
        "Usage: irqlab why-time VCPU --recording FILE [POINT] [--json[=FILE]]\n"
        "       irqlab why-time VCPU --control PATH [--json[=FILE]]\n"
        "Says what a vCPU's counters are made of, from the host's ticks over each offset to\n"
        "CNTPCT_EL0 and CNTVCT_EL0; what each timer waits for; and which fires next.\n" POINTS "\n"
        "Exit code: 0 a timer will fire by itself; 1 none will; 103 the replay diverged;\n"
        "120 bad input.\n",
};

struct why_arguments {
    enum why_command command;
    struct why_question question;
    char *recording, *control, *json, *symbols, *before;
    bool json_wanted, help;
    struct session_look look;
    struct why_reply reply;
};

enum why_option {
    OPT_RECORDING = 256,
    OPT_CONTROL,
    OPT_AT,
    OPT_AT_NS,
    OPT_BEFORE,
    OPT_JSON,
    OPT_VIRTUAL,
    OPT_SYMBOLS,
    OPT_HELP
};

static const struct option why_options[] = {
    {"recording", required_argument, NULL, OPT_RECORDING},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"at", required_argument, NULL, OPT_AT},
    {"at-ns", required_argument, NULL, OPT_AT_NS},
    {"before", required_argument, NULL, OPT_BEFORE},
    {"json", optional_argument, NULL, OPT_JSON},
    {"symbols", required_argument, NULL, OPT_SYMBOLS},
    {"virtual", no_argument, NULL, OPT_VIRTUAL},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int take_option(struct why_arguments *c, int id, const char *arg, struct error *err)
{
    switch (id) {
    case OPT_RECORDING:
        return value_string(&c->recording, arg, err);
    case OPT_CONTROL:
        return value_string(&c->control, arg, err);
    case OPT_SYMBOLS:
        return value_string(&c->symbols, arg, err);
    case OPT_AT:
        return value_u64("--at", arg, 1, UINT64_MAX / 2, &c->look.max_instructions, err);
    case OPT_AT_NS:
        return value_u64("--at-ns", arg, 1, UINT64_MAX / 2, &c->look.max_ns, err);
    case OPT_BEFORE:
        return value_string(&c->before, arg, err);
    case OPT_JSON:
        c->json_wanted = true;
        return arg ? value_string(&c->json, arg, err) : 0;
    case OPT_VIRTUAL:
        c->question.form = WHY_VIRTUAL;
        return 0;
    default:
        c->help = true;
        return 0;
    }
}

/* "8:0": a DeviceID and an EventID, in decimal or with 0x. */
static int take_event(struct why_arguments *c, char *word, struct error *err)
{
    char *colon = strchr(word, ':');
    uint64_t device, event;
    int rc;

    if (c->question.form == WHY_VIRTUAL)
        return error_bad_input(err, "--virtual takes a VINTID and a vCPU, not DEVICE:EVENT");
    *colon = '\0';
    rc = value_u64("DEVICE", word, 0, UINT32_MAX, &device, err);
    rc = rc ? rc : value_u64("EVENT", colon + 1, 0, UINT32_MAX, &event, err);
    if (rc)
        return rc;
    c->question = (struct why_question){
        .form = WHY_EVENT, .device_id = (uint32_t)device, .event_id = (uint32_t)event};
    return 0;
}

static int take_vcpu(struct why_arguments *c, int n, char **words, struct error *err)
{
    uint64_t vcpu = 0;
    int rc;

    if (n != 1 || c->question.form == WHY_VIRTUAL)
        return error_bad_input(err, "give a vCPU alone, then --recording FILE or --control PATH");
    rc = value_u64("VCPU", words[0], 0, BOARD_MAX_VCPUS - 1, &vcpu, err);
    c->question.vcpu = (unsigned)vcpu;
    return rc;
}

static int take_words(struct why_arguments *c, int n, char **words, struct error *err)
{
    uint64_t intid, vcpu;
    int rc;

    if (c->command == WHY_COMMAND_TIME)
        return take_vcpu(c, n, words, err);
    if (n == 1 && strchr(words[0], ':'))
        return take_event(c, words[0], err);
    if (n != 2)
        return error_bad_input(err, "give an INTID and a vCPU, or DEVICE:EVENT, then --recording "
                                    "FILE or --control PATH");
    rc = value_u64("INTID", words[0], 0, (1u << 24) - 1, &intid, err);
    rc = rc ? rc : value_u64("VCPU", words[1], 0, BOARD_MAX_VCPUS - 1, &vcpu, err);
    if (rc)
        return rc;
    c->question.intid = (uint32_t)intid;
    c->question.vcpu = (unsigned)vcpu;
    return 0;
}

static int check_together(const struct why_arguments *c, struct error *err)
{
    if (!c->recording == !c->control)
        return error_bad_input(err, "give --recording FILE, which irqlab run --record has written, "
                                    "or --control PATH of an irqlab that runs");
    bool at = c->look.max_instructions, at_ns = c->look.max_ns, before = c->before;

    if (c->control && (at || at_ns || before || c->symbols))
        return error_bad_input(err, "--at, --at-ns, --before and --symbols need --recording");
    if (at + at_ns + before > 1)
        return error_bad_input(err, "--at, --at-ns and --before do not go together");
    return 0;
}

static int parse(int argc, char **argv, struct why_arguments *c, struct error *err)
{
    int id, rc = 0;

    opterr = 0;
    optind = 0;
    while (!rc && !c->help && (id = getopt_long(argc, argv, ":h", why_options, NULL)) != -1) {
        const char *word = argv[optind > 0 ? optind - 1 : 0];

        if (id == ':')
            rc = error_bad_input(err, "%s: needs a value; see irqlab why --help", word);
        else if (id == '?')
            rc = error_bad_input(err, "'%s' is not an option; see irqlab why --help", word);
        else
            rc = take_option(c, id, optarg, err);
    }
    if (rc || c->help)
        return rc;
    rc = take_words(c, argc - optind, argv + optind, err);
    return rc ? rc : check_together(c, err);
}

static int write_reply(const struct why_arguments *c, struct error *err)
{
    const struct why_reply *r = &c->reply;
    int rc;

    if (!c->json_wanted)
        return fputs(r->text, stdout) == EOF || fflush(stdout)
                   ? error_bad_input(err, "cannot write to stdout: %s", strerror(errno))
                   : 0;
    if (c->json)
        rc = json_dump_file(r->json, c->json, JSON_INDENT(2));
    else
        rc = json_dumpf(r->json, stdout, JSON_INDENT(2)) || putchar('\n') == EOF || fflush(stdout);
    return rc ? error_bad_input(err, "--json: cannot write %s: %s", c->json ? c->json : "to stdout",
                                strerror(errno))
              : 0;
}

/* -- A recording ------------------------------------------------------------------------------- */

static int start(void *opaque, struct machine *m, struct error *err)
{
    const struct why_arguments *c = opaque;
    int rc = why_check(m, &c->question, err);

    if (!rc && c->symbols)
        rc = symbols_read(m->symbols, c->symbols, err);
    return rc ? rc : history_start(m, err);
}

static int look(void *opaque, struct machine *m, struct error *err)
{
    struct why_arguments *c = opaque;

    return why_request(m, c->command, &c->question, &c->reply, err);
}

/* -- A machine that runs ----------------------------------------------------------------------- */

static int ask_control(struct why_arguments *c, struct error *err)
{
    static const char *const names[] = {"why", "why-not-again", "why-time"};
    const struct why_question *q = &c->question;
    json_t *arguments = c->command == WHY_COMMAND_TIME ? json_pack("{s:i}", "vcpu", (int)q->vcpu)
                        : q->form == WHY_EVENT
                            ? json_pack("{s:I, s:I}", "device_id", (json_int_t)q->device_id,
                                        "event_id", (json_int_t)q->event_id)
                            : json_pack("{s:i, s:i, s:b}", "intid", (int)q->intid, "vcpu",
                                        (int)q->vcpu, "virtual", q->form == WHY_VIRTUAL);
    const char *text;
    json_t *reply;
    int rc = control_call(c->control, names[c->command], arguments, &reply, err);

    if (rc)
        return rc;
    c->reply.exit_code = (int)json_integer_value(json_object_get(reply, "exit_code"));
    c->reply.json = json_incref(json_object_get(reply, "answer"));
    text = json_string_value(json_object_get(reply, "text"));
    c->reply.text = text ? strdup(text) : NULL;
    json_decref(reply);
    return c->reply.json && c->reply.text
               ? 0
               : error_bad_input(err, "%s: the answer is not one of irqlab's", c->control);
}

static int run(int argc, char **argv, enum why_command command)
{
    struct why_arguments c = {.command = command, .look = {.start = start, .look = look}};
    struct error err = {0};
    int rc = parse(argc, argv, &c, &err);

    c.look.opaque = &c;
    c.look.before = c.before;
    if (!rc && c.help) {
        fputs(helps[command], stdout);
    } else if (!rc) {
        rc = c.control ? ask_control(&c, &err) : session_look_at(c.recording, &c.look, &err);
        rc = rc ? rc : write_reply(&c, &err);
    }
    if (rc)
        fprintf(stderr, "irqlab %s: %s\n", argv[0], err.text);
    json_decref(c.reply.json);
    free(c.reply.text);
    free(c.recording);
    free(c.control);
    free(c.json);
    free(c.symbols);
    free(c.before);
    return rc ? (int)err.exit_code : c.reply.exit_code;
}

int cmd_why(int argc, char **argv)
{
    return run(argc, argv, WHY_COMMAND_WHY);
}

int cmd_why_not_again(int argc, char **argv)
{
    return run(argc, argv, WHY_COMMAND_NOT_AGAIN);
}

int cmd_why_time(int argc, char **argv)
{
    return run(argc, argv, WHY_COMMAND_TIME);
}
