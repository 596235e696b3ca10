/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "emu/explore/story.h"

static const char *const kinds[] = {
    [STORY_EVENT] = "event",         [STORY_ENTER] = "interrupt", [STORY_LEAVE] = "return",
    [STORY_DEVIATION] = "deviation", [STORY_SKIPPED] = "skipped",
};
static const char *const marks[] = {[STORY_FIRST] = "first", [STORY_THEN] = "then"};

static json_t *hex(uint64_t value)
{
    return json_sprintf("0x%" PRIx64, value);
}

static void add_place(json_t *object, const struct anchor *a)
{
    const struct place *p = a->place;

    if (!p)
        return;
    json_object_set_new(object, "what", json_string(p->what));
    json_object_set_new(object, "nth", json_integer(a->nth));
    if (*p->function)
        json_object_set_new(object, "function", json_string(p->function));
    json_object_set_new(object, "offset", hex(p->offset));
    if (p->file) {
        json_object_set_new(object, "file", json_string(p->file));
        json_object_set_new(object, "line", json_integer(p->line));
    }
}

static void add_event(json_t *object, const struct story_step *step)
{
    const struct event *e = &step->event;

    json_object_set_new(object, "event", json_integer((json_int_t)e->index));
    json_object_set_new(object, "pc", hex(e->pc));
    add_place(object, &step->at);
    if (e->kind == EVENT_RAM || e->kind == EVENT_DEVICE)
        json_object_set_new(object, "address", hex(e->pa));
    if (step->has_value)
        json_object_set_new(object, "value", hex(step->value));
    if (step->mark)
        json_object_set_new(object, "decides", json_string(marks[step->mark]));
}

static void add_deviation(json_t *object, const struct story *s, size_t n)
{
    const struct deviation *d = &s->taken.items[n];
    json_t *until = json_object();

    json_object_set_new(object, "number", json_integer((json_int_t)n + 1));
    json_object_set_new(object, "choice", json_string(choice_name(d->choice)));
    json_object_set_new(object, "to", json_integer(d->to));
    json_object_set_new(object, "event", json_integer((json_int_t)d->index));
    json_object_set_new(object, "pc", hex(d->pc));
    add_place(object, &d->at);
    add_place(until, &d->until);
    if (d->until.place)
        json_object_set(object, "until", until);
    json_decref(until);
}

static json_t *step_json(const struct story *s, const struct story_step *step)
{
    json_t *object =
        json_pack("{s:s, s:i, s:I, s:b}", "kind", kinds[step->kind], "vcpu", (int)step->vcpu,
                  "instructions", (json_int_t)step->instructions, "in_handler", step->in_handler);

    if (!object)
        return NULL;
    if (step->kind == STORY_EVENT || step->kind == STORY_ENTER)
        add_event(object, step);
    else if (step->kind == STORY_DEVIATION)
        add_deviation(object, s, step->deviation);
    return object;
}

json_t *story_json(const struct story *s)
{
    const struct schedule_file *f = &s->replay->file;
    json_t *steps = json_array();
    char why[STORY_WHY];
    json_t *story;

    for (size_t i = 0; steps && i < s->count; i++)
        json_array_append_new(steps, step_json(s, &s->steps[i]));
    story = json_pack("{s:s, s:s, s:s, s:b, s:s, s:i, s:s, s:I, s:o, s:b, s:o}", "irqlab",
                      IRQLAB_VERSION, "schedule", s->replay->path, "image", s->replay->image,
                      "other_image", s->replay->other_image, "strategy", f->strategy, "exit_code",
                      s->outcome.exit_code, "text", s->outcome.text, "instructions",
                      (json_int_t)s->outcome.instructions, "state_hash",
                      json_sprintf("%016" PRIx64, s->outcome.state_hash), "diverged",
                      s->outcome.diverged, "steps", steps);
    if (story && story_why(s, why, sizeof(why)))
        json_object_set_new(story, "why", json_string(why));
    return story;
}
