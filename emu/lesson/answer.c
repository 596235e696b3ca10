/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "emu/lesson/fold.h"
#include "emu/lesson/gates.h"

enum { MARGIN = 4, NO_INTID = 0x3ff };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

bool answer_is_of_gates(const json_t *answer)
{
    return json_is_array(json_object_get(answer, "gates"));
}

unsigned long long answer_delivered(const json_t *answer)
{
    return (unsigned long long)number_of(answer, "delivered");
}

/* `why` says first_failed, `why-not-again` reason. */
const json_t *answer_closed(const json_t *answer)
{
    const char *name = text_of(answer, "first_failed");
    const json_t *gate;
    size_t i;

    name = *name ? name : text_of(answer, "reason");
    json_array_foreach(json_object_get(answer, "gates"), i, gate)
    {
        if (!strcmp(text_of(gate, "gate"), name) && !strcmp(text_of(gate, "result"), "fail"))
            return gate;
    }
    return NULL;
}

void answer_subject(const json_t *answer, char *text, size_t room)
{
    if (!json_object_get(answer, "intid"))
        snprintf(text, room, "event %lld of device %lld", number_of(answer, "event_id"),
                 number_of(answer, "device_id"));
    else
        snprintf(text, room, "%sinterrupt %lld",
                 strcmp(text_of(answer, "form"), "virtual") ? "" : "virtual ",
                 number_of(answer, "intid"));
}

/* -- All gates --------------------------------------------------------------------------------- */

/* Of the gates in front of @gate, the one that it follows from; NULL: it is closed by itself. */
static const char *cause_of(const json_t *answer, const json_t *gate)
{
    const char *name = text_of(gate, "gate");
    bool nobody = !strcmp(name, "highest") && strtoul(text_of(gate, "value"), NULL, 16) == NO_INTID;
    const json_t *other;
    size_t i;

    json_array_foreach(json_object_get(answer, "gates"), i, other)
    {
        if (other == gate)
            return NULL;
        if (!strcmp(text_of(other, "result"), "fail") &&
            (nobody || gates_follows(name, text_of(other, "gate"))))
            return text_of(other, "gate");
    }
    return NULL;
}

static void print_gate(const json_t *answer, const json_t *gate, FILE *out)
{
    bool fails = !strcmp(text_of(gate, "result"), "fail");
    const char *cause = fails ? cause_of(answer, gate) : NULL;

    if (!strcmp(text_of(gate, "result"), "n/a") || !strcmp(text_of(gate, "gate"), "priority"))
        return;
    fprintf(out, "%*s%-18s %s", MARGIN, "", text_of(gate, "gate"), fails ? "FAIL" : "PASS");
    if (gate == answer_closed(answer))
        fputs("  <- the first", out);
    else if (cause)
        fprintf(out, "  (follows from: %s)", cause);
    fputc('\n', out);
}

void answer_print_gates(const json_t *answer, FILE *out)
{
    const json_t *gate;
    size_t i;

    json_array_foreach(json_object_get(answer, "gates"), i, gate) print_gate(answer, gate, out);
}

/* -- The closed one ---------------------------------------------------------------------------- */

static bool is_call(const char *line, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strstr(line, name); at; at = strstr(at + 1, name)) {
        bool is_begun = at > line && (isalnum((unsigned char)at[-1]) || at[-1] == '_');

        if (!is_begun && at[length] == '(')
            return true;
    }
    return false;
}

/* "name(" in a line. @defined: in one that begins with a letter, as no call does. */
static bool has_function(const char *source, const char *name, bool defined)
{
    FILE *in = fopen(source, "r");
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (in && !found && getline(&line, &room, in) > 0)
        found = (!defined || isalpha((unsigned char)*line)) && is_call(line, name);
    free(line);
    if (in)
        fclose(in);
    return found;
}

/* What the library calls by itself when it sets up the GIC, unless the program does so. */
static const char *when(const char *name, long long vcpu, const char *source)
{
    bool sets_up = !strcmp(name, "gic_init") || !strcmp(name, "gic_cpu_init");

    if (!sets_up || has_function(source, name, false) || has_function(source, "gic_init", false))
        return "";
    return vcpu ? ", when the core came up" : ", before main()";
}

static void print_writer(const json_t *gate, const char *source, FILE *out)
{
    const json_t *writer = json_object_get(gate, "written");
    const char *verb = "written";
    char name[128];
    size_t length;

    if (!writer)
        return;
    if (json_is_null(writer)) {
        fold_format(out, MARGIN, 2, "never written: its value is that of reset");
        return;
    }
    if (!strcmp(text_of(writer, "by"), "wire")) {
        fold_format(out, MARGIN, 2, "by its wire");
        return;
    }
    snprintf(name, sizeof(name), "%s", text_of(writer, "symbol"));
    length = strcspn(name, "+");
    name[length] = '\0';
    if (strstr(text_of(writer, "register"), "ICENABLER"))
        verb = "switched off";
    if (length && !has_function(source, name, true))
        fold_format(out, MARGIN, 2, "%s by the library (%s)%s: %s = %s", verb, name,
                    when(name, number_of(writer, "vcpu"), source), text_of(writer, "register"),
                    text_of(writer, "value"));
    else
        fold_format(out, MARGIN, 2, "%s by %s%s on core %lld: %s = %s", verb,
                    length ? name : text_of(writer, "pc"), length ? "()" : "",
                    number_of(writer, "vcpu"), text_of(writer, "register"),
                    text_of(writer, "value"));
}

/* "the bit" and "the register" mean something to who has the line before the eyes. */
static void print_mend(const json_t *answer, const json_t *gate, FILE *out)
{
    const char *mend = text_of(gate, "mend"), *reg = text_of(gate, "register");
    const json_t *bit = json_object_get(gate, "field_index");
    bool is_vague = strstr(mend, "the bit") || strstr(mend, "its bit");
    char subject[64];

    answer_subject(answer, subject, sizeof(subject));
    if (!strcmp(text_of(gate, "gate"), "enabled") && bit)
        fold_format(out, MARGIN, 2,
                    "turn %s on: set bit %lld of %s (look in gic.h for the call that enables an "
                    "interrupt)",
                    subject, (long long)json_integer_value(bit), reg);
    else if (is_vague && bit)
        fold_format(out, MARGIN, 2, "%s (bit %lld of %s)", mend, (long long)json_integer_value(bit),
                    reg);
    else if (strstr(mend, "the register"))
        fold_format(out, MARGIN, 2, "%s (%s)", mend, reg);
    else
        fold_format(out, MARGIN, 2, "%s", mend);
}

static void print_place(const json_t *gate, FILE *out)
{
    const char *relation = text_of(gate, "relation");
    bool is_any = !strcmp(relation, "any");
    char bit[24] = "", dot = *text_of(gate, "field") ? '.' : ' ';

    if (json_object_get(gate, "field_index"))
        snprintf(bit, sizeof(bit), "%lld", number_of(gate, "field_index"));
    fold_format(out, MARGIN, 2, "%s%c%s%s = %s%s%s%s%s%s", text_of(gate, "register"), dot,
                text_of(gate, "field"), bit, text_of(gate, "value"), is_any ? "" : " (wanted ",
                is_any ? "" : relation, is_any ? "" : " ", is_any ? "" : text_of(gate, "wanted"),
                is_any ? "" : ")");
}

void answer_print_closed(const json_t *answer, const char *source, FILE *out)
{
    const json_t *gate = answer_closed(answer);
    const char *question;

    if (!gate)
        return;
    question = gates_question(text_of(gate, "gate"));
    fold_format(out, 0, 2, "The first closed gate is '%s': %s", text_of(gate, "gate"),
                question ? question : "");
    print_place(gate, out);
    print_writer(gate, source, out);
    if (*text_of(gate, "note"))
        fold_format(out, MARGIN, 2, "%s", text_of(gate, "note"));
    fold_format(out, MARGIN, 2, "manual: %s", text_of(gate, "section"));
    fprintf(out, "What opens it:\n");
    print_mend(answer, gate, out);
}
