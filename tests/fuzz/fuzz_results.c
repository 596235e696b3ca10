/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a file of results: refused with a reason, or read, and joined with itself to as many
 * runs as it has. What is read of a file that was cut is the beginning of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/batch.h"
#include "emu/explore/merge.h"

static void check(bool good)
{
    if (!good)
        abort();
}

static void unpack_all(const struct merged *m)
{
    struct schedule s = {0};
    const json_t *line;
    size_t i;

    for (size_t b = 0; b < m->n_batches; b++) {
        json_array_foreach(m->batches[b].failures, i, line)
        {
            const json_t *array = json_object_get(line, "schedule");

            check(batch_unpack_schedule(array, &s) || s.count == json_array_size(array));
        }
    }
    schedule_clear(&s);
}

static void join(const struct results *r, size_t n)
{
    static const char *const names[] = {"fuzz", "fuzz again"};
    const struct results both[] = {*r, *r};
    struct error err = {0};
    struct merged m;

    if (merge_results(names, both, n, &m, &err)) {
        check(err.text[0]);
        return;
    }
    check(m.n_batches == r->n_batches && m.failed >= m.n_failures * (r->done == NULL));
    for (uint64_t s = 0; s < m.n_shards && s < 4; s++)
        json_decref(merge_missing(&m, s));
    unpack_all(&m);
    merge_clear(&m);
}

static void read_all(const char *text, size_t size)
{
    struct results r, cut;
    struct error err = {0};

    if (results_parse("fuzz", text, size, &r, &err)) {
        check(err.text[0]);
        return;
    }
    check(r.whole_bytes <= size && r.recipe);
    join(&r, 1);
    join(&r, 2);
    check(!results_parse("cut", text, r.whole_bytes, &cut, &err));
    check(cut.n_batches == r.n_batches && cut.whole_bytes == r.whole_bytes);
    results_clear(&cut);
    results_clear(&r);
}

/* A line of results for every four bytes: mostly such as belong behind each other. */
static void put_lines(FILE *out, const uint8_t *data, size_t size)
{
    static const char numbers[] = "\"events\":1,\"instructions\":1";

    for (; size >= 4; data += 4, size -= 4) {
        if (data[0] % 4 == 0)
            fprintf(out,
                    "{\"kind\":\"failure\",\"batch\":%d,\"at\":%d,\"exit_code\":%d,\"text\":\"%d\","
                    "\"state\":\"\",\"learned\":0,\"schedule\":[],%s}\n",
                    data[1] % 16, data[2], 100 + data[3] % 4, data[3] % 8, numbers);
        else if (data[0] % 4 < 3)
            fprintf(
                out,
                "{\"kind\":\"batch\",\"batch\":%d,\"runs\":%d,\"failed\":%d,\"abandoned\":0,%s}\n",
                data[1] % 16, data[2], data[3] % 4, numbers);
        else
            fprintf(
                out,
                "{\"kind\":\"done\",\"runs\":%d,\"failed\":%d,\"abandoned\":0,\"exhausted\":true,"
                "\"first\":{\"batch\":%d,\"at\":0,\"exit_code\":102,\"text\":\"%d\",\"found\":1,"
                "\"schedule\":[%d],\"file\":\"\",\"decider\":\"%d\"}}\n",
                data[1], data[2], data[1] % 16, data[3] % 8, data[2] % 2, data[3] % 4);
    }
}

/* The input alone; then behind a recipe and a batch that failed; then as lines behind these. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char begin[] =
        "{\"kind\":\"recipe\",\"format\":1,\"version\":\"0\",\"image\":\"0\",\"options\":[],"
        "\"strategy\":\"exhaust\",\"depth\":2,\"seed\":1,\"runs\":99,\"batch\":8,\"shard\":1,"
        "\"shards\":1,\"batches\":12,\"vcpus\":2,\"events\":9}\n"
        "{\"kind\":\"failure\",\"batch\":2,\"at\":1,\"exit_code\":102,\"text\":\"a\","
        "\"instructions\":9,\"state\":\"0\",\"learned\":0,\"schedule\":[[\"preempt\",0,1,0,\"0x9\","
        "1]]}\n{\"kind\":\"batch\",\"batch\":2,\"runs\":2,\"failed\":1,\"abandoned\":0,"
        "\"events\":1,\"instructions\":1}\n";
    size_t length;
    char *text;
    FILE *out;

    read_all((const char *)data, size);
    for (int as_lines = 0; as_lines < 2; as_lines++) {
        out = open_memstream(&text, &length);
        check(out && fputs(begin, out) != EOF);
        if (as_lines)
            put_lines(out, data, size);
        else
            fwrite(data, 1, size, out);
        check(!fclose(out));
        read_all(text, length);
        free(text);
    }
    return 0;
}
