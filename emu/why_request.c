/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request for an answer, from the command line or from the control socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/why.h"

int why_check(const struct machine *m, const struct why_question *q, struct error *err)
{
    if (q->vcpu >= m->config.n_vcpus)
        return error_bad_input(err, "VCPU: %u is not there; the machine has vCPUs 0 to %u", q->vcpu,
                               m->config.n_vcpus - 1);
    if (q->form == WHY_EVENT && !m->its)
        return error_bad_input(err, "DEVICE:EVENT: the machine has no ITS (its=off)");
    if (q->form == WHY_VIRTUAL && !m->config.has_el2)
        return error_bad_input(err, "--virtual: the machine has no EL2 (virtualization=off)");
    return 0;
}

static void ask(struct machine *m, enum why_command command, const struct why_question *q,
                struct why_reply *reply, FILE *out)
{
    struct why_answer answer;
    struct why_again again;

    if (command == WHY_COMMAND_TIME) {
        why_time_ask(m, q->vcpu, reply, out);
    } else if (command == WHY_COMMAND_WHY) {
        why_ask(m, q, &answer);
        reply->exit_code = why_exit_code(&answer);
        reply->json = why_json(m, &answer);
        why_print(m, &answer, out);
    } else {
        why_again_ask(m, q, &again);
        reply->exit_code = why_again_exit_code(&again);
        reply->json = why_again_json(m, &again);
        why_again_print(m, &again, out);
    }
}

int why_request(struct machine *m, enum why_command command, const struct why_question *q,
                struct why_reply *reply, struct error *err)
{
    size_t length;
    FILE *out;
    int rc = why_check(m, q, err);

    *reply = (struct why_reply){.text = NULL};
    if (rc)
        return rc;
    out = open_memstream(&reply->text, &length);
    if (out) {
        ask(m, command, q, reply, out);
        fclose(out);
    }
    if (reply->json && reply->text)
        return 0;
    json_decref(reply->json);
    free(reply->text);
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

/* -- Control ----------------------------------------------------------------------------------- */

static int number(const json_t *arguments, const char *key, json_int_t most, json_int_t *value,
                  struct error *err)
{
    const json_t *given = json_object_get(arguments, key);

    *value = json_integer_value(given);
    if (!json_is_integer(given) || *value < 0 || *value > most)
        return error_bad_input(err, "why: \"%s\" must be a number from 0 to %lld", key,
                               (long long)most);
    return 0;
}

static int vcpu_of(const json_t *arguments, struct why_question *q, struct error *err)
{
    json_int_t vcpu;
    int rc = number(arguments, "vcpu", BOARD_MAX_VCPUS - 1, &vcpu, err);

    q->vcpu = (unsigned)vcpu;
    return rc;
}

/* Either "device_id" and "event_id", or "intid" and "vcpu", with "virtual": true for a vINTID. */
static int question_of(const json_t *arguments, struct why_question *q, struct error *err)
{
    json_int_t first, second;
    int rc;

    if (json_object_get(arguments, "device_id")) {
        rc = number(arguments, "device_id", UINT32_MAX, &first, err);
        rc = rc ? rc : number(arguments, "event_id", UINT32_MAX, &second, err);
        if (!rc)
            *q = (struct why_question){
                .form = WHY_EVENT, .device_id = (uint32_t)first, .event_id = (uint32_t)second};
        return rc;
    }
    rc = number(arguments, "intid", (1 << 24) - 1, &first, err);
    rc = rc ? rc : number(arguments, "vcpu", BOARD_MAX_VCPUS - 1, &second, err);
    if (rc)
        return rc;
    *q = (struct why_question){
        .form = json_is_true(json_object_get(arguments, "virtual")) ? WHY_VIRTUAL : WHY_PHYSICAL,
        .intid = (uint32_t)first,
        .vcpu = (unsigned)second};
    return 0;
}

int why_request_control(struct machine *m, enum why_command command, const json_t *arguments,
                        json_t **result, struct error *err)
{
    struct why_question q = {0};
    struct why_reply reply;
    int rc =
        command == WHY_COMMAND_TIME ? vcpu_of(arguments, &q, err) : question_of(arguments, &q, err);

    rc = rc ? rc : why_request(m, command, &q, &reply, err);
    if (rc)
        return rc;
    *result = json_pack("{s:i, s:s, s:o}", "exit_code", reply.exit_code, "text", reply.text,
                        "answer", reply.json);
    free(reply.text);
    return 0;
}
