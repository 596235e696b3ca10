/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/recipe.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "emu/explore/results.h"

/* The words of irqlab run but -kernel's: the file is known by its hash. */
static json_t *options(const struct explore_options *o)
{
    json_t *array = json_array();

    for (int i = 1; i < o->n_rest; i++) {
        if (!strcmp(o->rest[i], "-kernel"))
            i++;
        else
            json_array_append_new(array, json_string(o->rest[i]));
    }
    return array;
}

static int add_hash(json_t *recipe, const char *key, const char *path, struct error *err)
{
    uint64_t hash;
    int rc = path ? schedule_image_hash(path, &hash, err) : 0;

    if (path && !rc)
        json_object_set_new(recipe, key, json_sprintf("%016" PRIx64, hash));
    return rc;
}

static int add_files(json_t *recipe, const struct run_options *run, struct error *err)
{
    return add_hash(recipe, "image", run->kernel ? run->kernel : run->from, err) ||
           add_hash(recipe, "initrd", run->initrd, err) || add_hash(recipe, "dtb", run->dtb, err) ||
           add_hash(recipe, "bios", run->bios, err) || add_hash(recipe, "from", run->from, err);
}

json_t *recipe_make(const struct batches *b, const struct run_options *run, struct error *err)
{
    const struct explore_options *o = b->o;
    const struct strategy_parameters *p = &o->parameters;
    json_t *recipe = json_pack(
        "{s:s, s:i, s:s, s:s*, s:o, s:s, s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:o, s:i, s:I, "
        "s:I}",
        "kind", "recipe", "format", RESULTS_FORMAT, "version", IRQLAB_VERSION, "kernel",
        run->kernel, "options", options(o), "strategy", o->strategy->name, "depth",
        (json_int_t)o->depth, "seed", (json_int_t)p->seed, "runs", (json_int_t)o->runs,
        "keep_going", o->keep_going, "batch", (json_int_t)o->batch, "shard", (json_int_t)o->shard,
        "shards", (json_int_t)o->n_shards, "batches", (json_int_t)b->count, "checks",
        explore_options_checks(o), "vcpus", (int)p->n_vcpus, "events", (json_int_t)p->n_events,
        "shared_words", (json_int_t)explorer_shared_words(b->x));

    if (!recipe) {
        error_set(err, IRQLAB_EXIT_HOST, -ENOMEM,
                  "out of memory for the recipe (or an option is "
                  "not UTF-8)");
        return NULL;
    }
    if (!add_files(recipe, run, err))
        return recipe;
    json_decref(recipe);
    return NULL;
}

int recipe_parameters(const json_t *recipe, const struct strategy_kind **kind,
                      struct strategy_parameters *p)
{
    *kind = strategy_find(results_text(recipe, "strategy"));
    *p = (struct strategy_parameters){
        .seed = results_number(recipe, "seed"),
        .depth = (unsigned)results_number(recipe, "depth"),
        .n_events = results_number(recipe, "events"),
        .n_vcpus = (unsigned)results_number(recipe, "vcpus"),
    };
    return *kind ? 0 : -EINVAL;
}
