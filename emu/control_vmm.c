/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control plane's operations (emu/vmm.h) as commands: arguments by the table, results by the
 * table. A number is a JSON integer, or a string as C writes one, for what JSON's do not hold:
 * "0xffffffffffffffff". Results are strings of that kind.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/control_internal.h"
#include "emu/machine.h"
#include "emu/vmm_ops.h"

static int number_of(const json_t *given, uint64_t *value)
{
    const char *text = json_string_value(given);
    char *end;

    if (json_is_boolean(given))
        *value = json_is_true(given);
    else if (json_is_integer(given))
        *value = (uint64_t)json_integer_value(given);
    else if (!text || *text < '0' || *text > '9')
        return -EINVAL;
    else {
        errno = 0;
        *value = strtoull(text, &end, 0);
        return *end || errno ? -EINVAL : 0;
    }
    return 0;
}

static int word_of(const char *text, enum vmm_kind kind, uint64_t *value)
{
    static const char *const actions[] = {[VMM_SMCCC_HANDLE] = "handle",
                                          [VMM_SMCCC_DENY] = "deny",
                                          [VMM_SMCCC_FWD_TO_USER] = "forward"};
    int key;

    if (!text)
        return -EINVAL;
    if (kind == VMM_ARG_KEY) {
        key = vmm_setup_key(text);
        *value = (uint64_t)key;
        return key < 0 ? -EINVAL : 0;
    }
    for (*value = 0; *value <= VMM_SMCCC_FWD_TO_USER; ++*value) {
        if (!strcmp(actions[*value], text))
            return 0;
    }
    return -EINVAL;
}

static int take_arg(const struct vmm_arg *arg, const json_t *given, uint64_t *value,
                    struct error *err)
{
    bool is_word = arg->kind == VMM_ARG_KEY || arg->kind == VMM_ARG_ACTION;

    *value = 0;
    if (!given && arg->kind == VMM_ARG_OPTIONAL)
        return 0;
    if (!given)
        return error_bad_input(err, "\"%s\" is missing", arg->name);
    if (is_word ? word_of(json_string_value(given), arg->kind, value) : number_of(given, value))
        return error_bad_input(err, "\"%s\" is %s", arg->name,
                               arg->kind == VMM_ARG_KEY
                                   ? "no key of the setup; query-setup lists them"
                               : arg->kind == VMM_ARG_ACTION ? "none of handle, deny and forward"
                                                             : "no number; write 27, or \"0x1b\"");
    return 0;
}

static int take_args(const struct vmm_row *row, const json_t *arguments, uint64_t *args,
                     struct error *err)
{
    size_t wanted = 0;

    for (unsigned i = 0; i < VMM_MAX_ARGS && row->args[i].name; i++) {
        const json_t *given = json_object_get(arguments, row->args[i].name);
        int rc = take_arg(&row->args[i], given, &args[i], err);

        if (rc)
            return rc;
        wanted += given != NULL;
    }
    if (json_object_size(arguments) == wanted)
        return 0;
    return error_bad_input(err, "%s takes: %s", row->name, row->help);
}

static json_t *hex(uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return json_string(text);
}

static json_t *results_of(const struct vmm_row *row, const uint64_t *out)
{
    json_t *result = json_object();

    for (unsigned i = 0; i < VMM_MAX_RESULTS && row->results[i]; i++)
        json_object_set_new(result, row->results[i], hex(out[i]));
    return result;
}

/* -- Without a machine: the setup alone -------------------------------------------------------- */

static int call_setup(struct vmm_setup *s, enum vmm_op op, const uint64_t *args, uint64_t *out,
                      struct error *err)
{
    switch (op) {
    case VMM_SET_SETUP:
        return vmm_setup_set(s, (enum vmm_key)args[0], args[1], err);
    case VMM_GET_SETUP:
        out[0] = vmm_setup_get(s, (enum vmm_key)args[0]);
        out[1] = vmm_setup_is_sealed(s);
        return 0;
    case VMM_SET_GIC_ATTR:
        return vmm_setup_set_attr(s, (uint32_t)args[0], args[1], args[2], err);
    case VMM_SET_ITS_ATTR:
        return vmm_setup_set_attr(s, (uint32_t)args[1], args[2], args[3], err);
    default:
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                         "there is no machine yet; cont makes it");
    }
}

/* -- Commands ---------------------------------------------------------------------------------- */

bool control_vmm(const struct control_context *context, const char *name, json_t *arguments,
                 json_t **result, struct error *err, int *rc)
{
    uint64_t args[VMM_MAX_ARGS] = {0}, out[VMM_MAX_RESULTS] = {0};
    unsigned op = 0;

    while (op < VMM_N_OPS && strcmp(vmm_row(op)->name, name))
        op++;
    if (op == VMM_N_OPS)
        return false;
    *rc = take_args(vmm_row(op), arguments, args, err);
    if (!*rc && context->machine)
        *rc = vmm_call(context->machine, (enum vmm_op)op, args, out, err);
    else if (!*rc)
        *rc = call_setup(context->setup, (enum vmm_op)op, args, out, err);
    if (!*rc)
        *result = results_of(vmm_row(op), out);
    return true;
}

void control_vmm_list(json_t *list)
{
    for (unsigned op = 0; op < VMM_N_OPS; op++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "name", vmm_row(op)->name, "help", vmm_row(op)->help));
}

int control_query_setup(const struct control_context *context, json_t *arguments, json_t **result,
                        struct error *err)
{
    const struct vmm_setup *s = context->machine ? vmm_setup_of(context->machine) : context->setup;
    uint64_t values[VMM_N_KEYS];
    bool sealed = vmm_setup_get_all(s, values);
    json_t *keys = json_object();

    (void)arguments, (void)err;
    for (unsigned key = 0; key < VMM_N_KEYS; key++)
        json_object_set_new(keys, vmm_setup_name((enum vmm_key)key), hex(values[key]));
    *result = json_pack("{s:b, s:o}", "sealed", sealed, "values", keys);
    return 0;
}

json_t *control_call_event(const struct machine *m, unsigned vcpu,
                           const struct vmm_smccc_call *call)
{
    json_t *x = json_array();

    for (unsigned i = 0; i < 8; i++)
        json_array_append_new(x, hex(call->x[i]));
    return json_pack("{s:s, s:{s:i, s:b, s:o, s:I}}", "event", "CALL", "data", "vcpu", (int)vcpu,
                     "smc", call->smc, "x", x, "instructions", (json_int_t)machine_instructions(m));
}
