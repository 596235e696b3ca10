/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --trace= may say, and the buckets of latencies. */
#include <check.h>
#include <string.h>

#include "emu/trace/latency.h"
#include "tests/unit/suite.h"

static struct trace_spec parsed(const char *text)
{
    struct trace_spec spec;
    struct error err = {0};

    ck_assert_msg(trace_parse(text, &spec, &err) == 0, "%s: %s", text, err.text);
    return spec;
}

static void refused(const char *text, const char *why)
{
    struct trace_spec spec;
    struct error err = {0};

    ck_assert_int_lt(trace_parse(text, &spec, &err), 0);
    ck_assert_msg(strstr(err.text, why), "%s: %s", text, err.text);
}

START_TEST(the_files_name_says_the_format_unless_the_setting_does)
{
    ck_assert_ptr_eq(parsed("irq").format, &trace_text);
    ck_assert_ptr_eq(parsed("irq:a.b").format, &trace_text);
    ck_assert_ptr_eq(parsed("irq:.vcd").format, &trace_text);
    ck_assert_ptr_eq(parsed("irq:a.vcd").format, &trace_vcd);
    ck_assert_ptr_eq(parsed("irq:a.pftrace").format, &trace_perfetto);
    ck_assert_ptr_eq(parsed("irq,format=jsonl:a.vcd").format, &trace_jsonl);
    ck_assert_ptr_eq(parsed("format=latency,irq:a,b=c.vcd").format, &trace_latency_text);
    ck_assert_str_eq(parsed("irq:a:b.svg").file, "a:b.svg");
    ck_assert_ptr_null(parsed("irq").file);
}
END_TEST

START_TEST(ranges_are_ends_included_and_none_is_all)
{
    struct trace_spec spec = parsed("irq,intid=1+32-47,vcpu=3,intid=8192");
    struct trace_spec any = parsed("irq"), every = parsed("irq,intid=0-4294967295");

    ck_assert(trace_in_ranges(&spec.intids, 1) && trace_in_ranges(&spec.intids, 32));
    ck_assert(trace_in_ranges(&spec.intids, 47) && trace_in_ranges(&spec.intids, 8192));
    ck_assert(!trace_in_ranges(&spec.intids, 0) && !trace_in_ranges(&spec.intids, 48));
    ck_assert(trace_in_ranges(&spec.vcpus, 3) && !trace_in_ranges(&spec.vcpus, 2));
    ck_assert(trace_in_ranges(&any.intids, UINT32_MAX));
    ck_assert(trace_in_ranges(&every.intids, UINT32_MAX));
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    refused("", "no kind of event");
    refused("intid=1", "no kind of event");
    refused("irq,,timer", "''");
    refused("irqs", "'irqs' is not a kind");
    refused("irq,format=", "'' is not a format");
    refused("irq,format=VCD", "'VCD' is not a format");
    refused("irq,intid=", "intid=");
    refused("irq,intid=3-1", "intid=3-1");
    refused("irq,intid=1-", "intid=1-");
    refused("irq,intid=1+", "intid=1+");
    refused("irq,intid=4294967296", "intid=4294967296");
    refused("irq,intid=99999999999999999999999", "intid=9");
    refused("irq,intid=1x", "intid=1x");
    refused("irq,vcpu=-1", "vcpu=-1");
    refused("irq,pc=1", "no 'pc='");
    refused("irq,vcpu=0+1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16+17+18+19+20+21+22+23+24+25+26+27+28+"
            "29+30+31+32",
            "32 ranges");
}
END_TEST

START_TEST(buckets_follow_each_other_a_quarter_of_a_power_of_two_wide)
{
    ck_assert_uint_eq(trace_bucket_first(0), 0);
    for (unsigned i = 1; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t first = trace_bucket_first(i), before = trace_bucket_first(i - 1);

        ck_assert_uint_gt(first, before);
        ck_assert_uint_le(first - before, before / 4 + 1);
        ck_assert_uint_eq(trace_bucket_of(first), i);
        ck_assert_uint_eq(trace_bucket_of(first - 1), i - 1);
    }
    ck_assert_uint_eq(trace_bucket_of(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}
END_TEST

START_TEST(a_quantile_is_at_most_a_bucket_above)
{
    struct histogram h = {.n = 100, .min_ns = 10, .max_ns = 1000};

    h.buckets[trace_bucket_of(10)] = 99;
    h.buckets[trace_bucket_of(1000)] = 1;
    ck_assert_uint_eq(trace_quantile(&h, 50), 11);
    ck_assert_uint_eq(trace_quantile(&h, 99), 11);
    ck_assert_uint_eq(trace_quantile(&h, 100), 1000);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &the_files_name_says_the_format_unless_the_setting_does,
        &ranges_are_ends_included_and_none_is_all,
        &what_is_wrong_is_named,
        &buckets_follow_each_other_a_quarter_of_a_power_of_two_wide,
        &a_quantile_is_at_most_a_bucket_above,
    };

    return SUITE_RUN("trace", NULL, NULL, tests);
}
