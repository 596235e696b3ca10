/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab why INTID VCPU --recording FILE [--at N | --at-ns N]`. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/session.h"
#include "emu/values.h"
#include "emu/why.h"

static const char *const why_help =
    "Usage: irqlab why INTID VCPU --recording FILE [--at INSNS | --at-ns NS] [--json[=FILE]]\n"
    "Replays a recording of irqlab run --record silently, to its end or the given point, and says\n"
    "for each gate between the interrupt and the vCPU whether it is open, by which field of which\n"
    "register, and which instruction wrote that last.\n"
    "\n"
    "Exit code: 0 the vCPU takes the interrupt, or took it and nothing of it waits; 1 blocked: "
    "the\n"
    "first gate that says FAIL is the reason; 103 the replay diverged; 120 bad input.\n";

struct why_command {
    struct why_question question;
    char *recording, *json;
    bool json_wanted, help;
    struct session_look look;
    int exit_code;
};

enum why_option { OPT_RECORDING = 256, OPT_AT, OPT_AT_NS, OPT_JSON, OPT_HELP };

static const struct option why_options[] = {
    {"recording", required_argument, NULL, OPT_RECORDING},
    {"at", required_argument, NULL, OPT_AT},
    {"at-ns", required_argument, NULL, OPT_AT_NS},
    {"json", optional_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int take_option(struct why_command *c, int id, const char *arg, struct error *err)
{
    switch (id) {
    case OPT_RECORDING:
        return value_string(&c->recording, arg, err);
    case OPT_AT:
        return value_u64("--at", arg, 1, UINT64_MAX / 2, &c->look.max_instructions, err);
    case OPT_AT_NS:
        return value_u64("--at-ns", arg, 1, UINT64_MAX / 2, &c->look.max_ns, err);
    case OPT_JSON:
        c->json_wanted = true;
        return arg ? value_string(&c->json, arg, err) : 0;
    default:
        c->help = true;
        return 0;
    }
}

static int take_words(struct why_command *c, int n, char **words, struct error *err)
{
    uint64_t intid, vcpu;
    int rc;

    if (n != 2)
        return error_bad_input(err, "give an INTID and a vCPU, then --recording FILE");
    rc = value_u64("INTID", words[0], 0, (1u << 24) - 1, &intid, err);
    rc = rc ? rc : value_u64("VCPU", words[1], 0, BOARD_MAX_VCPUS - 1, &vcpu, err);
    if (rc)
        return rc;
    c->question = (struct why_question){.intid = (uint32_t)intid, .vcpu = (unsigned)vcpu};
    if (!c->recording)
        return error_bad_input(err, "give --recording FILE, which irqlab run --record has written");
    if (c->look.max_instructions && c->look.max_ns)
        return error_bad_input(err, "--at and --at-ns do not go together");
    return 0;
}

static int parse(int argc, char **argv, struct why_command *c, struct error *err)
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
    return rc || c->help ? rc : take_words(c, argc - optind, argv + optind, err);
}

static int write_json(const struct why_command *c, json_t *top, struct error *err)
{
    int rc;

    if (!top)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    if (c->json)
        rc = json_dump_file(top, c->json, JSON_INDENT(2));
    else
        rc = json_dumpf(top, stdout, JSON_INDENT(2)) || putchar('\n') == EOF || fflush(stdout);
    json_decref(top);
    return rc ? error_bad_input(err, "--json: cannot write %s: %s", c->json ? c->json : "to stdout",
                                strerror(errno))
              : 0;
}

static int start(void *opaque, struct machine *m, struct error *err)
{
    struct why_command *c = opaque;

    if (c->question.vcpu >= m->config.n_vcpus)
        return error_bad_input(err, "VCPU: %u is not there; the recorded machine has vCPUs 0 to %u",
                               c->question.vcpu, m->config.n_vcpus - 1);
    return history_start(m, err);
}

static int look(void *opaque, struct machine *m, struct error *err)
{
    struct why_command *c = opaque;
    struct why_answer answer;

    why_ask(m, &c->question, &answer);
    c->exit_code = why_exit_code(&answer);
    if (c->json_wanted)
        return write_json(c, why_json(m, &answer), err);
    why_print(m, &answer, stdout);
    return 0;
}

int cmd_why(int argc, char **argv)
{
    struct why_command c = {.look = {.start = start, .look = look}};
    struct error err = {0};
    int rc = parse(argc, argv, &c, &err);

    c.look.opaque = &c;
    if (!rc && c.help)
        fputs(why_help, stdout);
    else if (!rc)
        rc = session_look_at(c.recording, &c.look, &err);
    if (rc)
        fprintf(stderr, "irqlab why: %s\n", err.text);
    free(c.recording);
    free(c.json);
    return rc ? (int)err.exit_code : c.exit_code;
}
