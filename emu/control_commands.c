/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/control_internal.h"

#include <errno.h>
#include <string.h>

#include "emu/machine.h"
#include "emu/snapshot.h"
#include "emu/why.h"

/* Fills *result, or says why not. @arguments is an object. */
typedef int command_fn(const struct control_context *context, json_t *arguments, json_t **result,
                       struct error *err);

/* -- Commands ---------------------------------------------------------------------------------- */

static int query_status(const struct control_context *context, json_t *arguments, json_t **result,
                        struct error *err)
{
    const struct machine *m = context->machine;

    (void)arguments, (void)err;
    if (!m) {
        *result = json_pack("{s:s}", "status", "configuring");
        return 0;
    }
    *result = json_pack("{s:s, s:I, s:I}", "status", *context->paused ? "paused" : "running",
                        "instructions", (json_int_t)machine_instructions(m), "virtual_time_ns",
                        (json_int_t)machine_now_ns(m));
    return 0;
}

static int stop(const struct control_context *context, json_t *arguments, json_t **result,
                struct error *err)
{
    (void)arguments, (void)result, (void)err;
    *context->paused = true;
    return 0;
}

static int make_machine(const struct control_context *context, json_t *arguments, json_t **result,
                        struct error *err)
{
    (void)arguments, (void)result;
    if (context->machine)
        return error_bad_input(err, "there is a machine already");
    if (vmm_setup_check(context->setup, err))
        return -EINVAL;
    *context->done = true;
    return 0;
}

static int cont(const struct control_context *context, json_t *arguments, json_t **result,
                struct error *err)
{
    int rc = context->machine ? 0 : make_machine(context, arguments, result, err);

    if (!rc)
        *context->paused = false;
    return rc;
}

static int quit(const struct control_context *context, json_t *arguments, json_t **result,
                struct error *err)
{
    (void)arguments, (void)result, (void)err;
    *context->paused = false;
    if (context->machine)
        door_quit(context->machine, IRQLAB_EXIT_OK, "a control client quit");
    else
        *context->quit = true;
    return 0;
}

static int renew_gic(const struct control_context *context, json_t *arguments, json_t **result,
                     struct error *err)
{
    (void)arguments, (void)result;
    return door_renew_gic(context->machine, err);
}

static int why(const struct control_context *context, json_t *arguments, json_t **result,
               struct error *err)
{
    return why_request_control(context->machine, WHY_COMMAND_WHY, arguments, result, err);
}

static int why_not_again(const struct control_context *context, json_t *arguments, json_t **result,
                         struct error *err)
{
    return why_request_control(context->machine, WHY_COMMAND_NOT_AGAIN, arguments, result, err);
}

static int why_time(const struct control_context *context, json_t *arguments, json_t **result,
                    struct error *err)
{
    return why_request_control(context->machine, WHY_COMMAND_TIME, arguments, result, err);
}

static int set_counter(const struct control_context *context, json_t *arguments, json_t **result,
                       struct error *err)
{
    (void)result;
    return set_time_counter(context->machine, arguments, err);
}

static int set_offsets(const struct control_context *context, json_t *arguments, json_t **result,
                       struct error *err)
{
    (void)result;
    return set_time_offsets(context->machine, arguments, err);
}

static int set_vcpu_offset(const struct control_context *context, json_t *arguments,
                           json_t **result, struct error *err)
{
    (void)result;
    return set_time_vcpu_offset(context->machine, arguments, err);
}

static int snapshot(const struct control_context *context, json_t *arguments, json_t **result,
                    struct error *err)
{
    const char *file = json_string_value(json_object_get(arguments, "file"));

    (void)result;
    if (!file || !*file)
        return error_bad_input(err, "snapshot needs file, a path");
    return snapshot_write(context->machine, file, err);
}

static int report_calls(const struct control_context *context, json_t *arguments, json_t **result,
                        struct error *err)
{
    (void)arguments, (void)result, (void)err;
    *context->reports = true;
    return 0;
}

static command_fn query_commands;

static const struct command {
    const char *name;
    command_fn *run;
    const char *help;
    bool needs_machine;
} commands[] = {
    {"query-commands", query_commands, "what is in this table", false},
    {"query-status", query_status, "running or paused, instructions, virtual time", false},
    {"stop", stop, "no vCPU runs until cont", true},
    {"cont", cont, "vCPUs run again", false},
    {"renew-gic", renew_gic, "a new GIC takes over the state of the old one", true},
    {"why", why, "intid, vcpu: which gate keeps an interrupt from a vCPU, and who closed it", true},
    {"why-not-again", why_not_again, "intid, vcpu: why it has not come since it was delivered",
     true},
    {"why-time", why_time, "vcpu: its counters and offsets, its timers, and which fires next",
     true},
    {"set-counter", set_counter, "ticks, counter=system|virtual|physical: what it reads from now",
     true},
    {"set-offsets", set_offsets, "virtual, physical: subtracted from CNTVCT and CNTPCT; fixes them",
     true},
    {"set-vcpu-offset", set_vcpu_offset, "vcpu, timer, ticks: one more offset of that timer alone",
     true},
    {"snapshot", snapshot, "file: the machine as it is now, for irqlab run --from", true},
    {"query-setup", control_query_setup, "the configuration, and whether it is sealed", false},
    {"report-calls", report_calls, "events CALL from now on: HVC and SMC that are forwarded",
     false},
    {"make-machine", make_machine,
     "with --configure: the machine is made, and stands before its first instruction", false},
    {"quit", quit, "ends the run with exit code 0", false},
};

static int query_commands(const struct control_context *context, json_t *arguments, json_t **result,
                          struct error *err)
{
    (void)context, (void)arguments, (void)err;
    *result = json_array();
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        json_array_append_new(
            *result, json_pack("{s:s, s:s}", "name", commands[i].name, "help", commands[i].help));
    control_vmm_list(*result);
    return 0;
}

/* -- Requests ---------------------------------------------------------------------------------- */

static json_t *refusal(const char *class, const char *desc)
{
    return json_pack("{s:{s:s, s:s}}", "error", "class", class, "desc", desc);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

static json_t *answer(int rc, json_t *result, const struct error *err)
{
    if (!rc)
        return json_pack("{s:o}", "return", result ? result : json_object());
    json_decref(result);
    return refusal("GenericError", err->text);
}

static json_t *run_command(const struct control_context *context, const char *name,
                           json_t *arguments)
{
    const struct command *command = find_command(name);
    json_t *result = NULL;
    struct error err = {0};
    int rc;

    if (command && command->needs_machine && !context->machine)
        return refusal("NotYet", "there is no machine yet; cont makes it");
    if (command) {
        rc = command->run(context, arguments, &result, &err);
        return answer(rc, result, &err);
    }
    if (control_vmm(context, name, arguments, &result, &err, &rc))
        return answer(rc, result, &err);
    return refusal("CommandNotFound", "no such command; query-commands lists them");
}

static json_t *dispatch(const struct control_context *context, json_t *request)
{
    const char *name = json_string_value(json_object_get(request, "execute"));
    json_t *arguments = json_object_get(request, "arguments"), *reply;

    if (!name)
        return refusal("Malformed", "a request is an object with \"execute\": COMMAND");
    if (arguments && !json_is_object(arguments))
        return refusal("Malformed", "\"arguments\" must be an object");
    arguments = arguments ? json_incref(arguments) : json_object();
    reply = run_command(context, name, arguments);
    json_decref(arguments);
    return reply;
}

json_t *control_execute(const struct control_context *context, const char *line, size_t length)
{
    json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL), *reply;

    if (!json_is_object(request)) {
        json_decref(request);
        return refusal("Malformed", "a request is one line with one JSON object");
    }
    reply = dispatch(context, request);
    if (reply && json_object_get(request, "id"))
        json_object_set(reply, "id", json_object_get(request, "id"));
    json_decref(request);
    return reply;
}
