/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "emu/serve/request.h"

#include <string.h>

#include "tests/unit/suite.h"

static const char token[] = "0123456789abcdef0123456789abcdef";

START_TEST(only_the_whole_token_is_the_token)
{
    char other[sizeof(token)];

    ck_assert(request_token_is(token, token));
    ck_assert(!request_token_is(NULL, token));
    ck_assert(!request_token_is("", token));
    ck_assert(!request_token_is("0123456789abcdef0123456789abcde", token));
    ck_assert(!request_token_is("0123456789abcdef0123456789abcdef0", token));
    for (unsigned i = 0; i < REQUEST_TOKEN_BYTES; i++) {
        strcpy(other, token);
        other[i] ^= 1;
        ck_assert(!request_token_is(other, token));
    }
}
END_TEST

START_TEST(hosts_are_loopback_addresses_or_localhost)
{
    static const char *const ours[] = {"localhost", "localhost:1", "127.0.0.1", "127.0.0.1:65535",
                                       "127.255.255.255:80"};
    static const char *const others[] = {
        "",
        ":",
        ":80",
        "127.0.0.1:",
        "127.0.0.1:123456",
        "127.0.0.1:8a",
        "127.0.0.1:80:80",
        "128.0.0.1",
        "0.0.0.0",
        "127.0.0.1.example",
        "localhost.example",
        "Localhost.",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        " 127.0.0.1",
        "127.0.0.1 ",
        "[::1]",
        "[::1]:80",
        "a-name-that-is-longer-than-any-address-could-be-and-then-some-more-of-it:80"};

    ck_assert(!request_host_is_ours(NULL));
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        ck_assert_msg(request_host_is_ours(ours[i]), "%s", ours[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!request_host_is_ours(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(an_origin_is_where_the_request_went)
{
    ck_assert(request_origin_is_ours(NULL, "127.0.0.1:80"));
    ck_assert(request_origin_is_ours("http://127.0.0.1:80", "127.0.0.1:80"));
    ck_assert(!request_origin_is_ours("http://127.0.0.1:80", NULL));
    ck_assert(!request_origin_is_ours("http://127.0.0.1:81", "127.0.0.1:80"));
    ck_assert(!request_origin_is_ours("https://127.0.0.1:80", "127.0.0.1:80"));
    ck_assert(!request_origin_is_ours("http://127.0.0.1:80/", "127.0.0.1:80"));
    ck_assert(!request_origin_is_ours("null", "127.0.0.1:80"));
    ck_assert(!request_origin_is_ours("", ""));
}
END_TEST

START_TEST(numbers_are_decimal_or_hexadecimal_and_not_too_large)
{
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "0x",
                                      "0x1g",
                                      "1f",
                                      "1.0",
                                      "1e3",
                                      "1001",
                                      "0x3e9",
                                      "99999999999999999999999",
                                      "18446744073709551616"};
    struct error err;
    uint64_t value;

    ck_assert_int_eq(request_number("n", "1000", 1000, &value, &err), 0);
    ck_assert_uint_eq(value, 1000);
    ck_assert_int_eq(request_number("n", "0x3e8", 1000, &value, &err), 0);
    ck_assert_uint_eq(value, 1000);
    ck_assert_int_eq(request_number("n", "18446744073709551615", UINT64_MAX, &value, &err), 0);
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert_int_lt(request_number("n", NULL, 1000, &value, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "n: give a number from 0 to 1000"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(request_number("n", bad[i], 1000, &value, &err) < 0, "%s", bad[i]);
}
END_TEST

static int command(const char *body, struct hub_ask *ask)
{
    struct error err;

    return request_command(body, strlen(body), ask, &err);
}

START_TEST(commands_have_a_name_and_perhaps_an_argument)
{
    struct hub_ask ask;

    ck_assert_int_eq(command("{\"command\": \"go-ns\", \"argument\": 9223372036854775807}", &ask),
                     0);
    ck_assert_int_eq(ask.question, HUB_COMMAND);
    ck_assert_str_eq(ask.command, "go-ns");
    ck_assert_uint_eq(ask.argument, INT64_MAX);
    ck_assert_int_eq(command("{\"command\": \"step\"}", &ask), 0);
    ck_assert_uint_eq(ask.argument, 1);
    ck_assert_int_eq(command("{\"command\": \"run\"}", &ask), 0);
    ck_assert_uint_eq(ask.argument, 0);
    ck_assert_int_lt(command("{\"command\": \"go\"}", &ask), 0);
    ck_assert_int_lt(command("{\"command\": \"run\", \"arguments\": 1}", &ask), 0);
    ck_assert_int_lt(command("{\"command\": \"sixteen-bytes-xx\"}", &ask), 0);
    ck_assert_int_eq(command("{\"command\": \"fifteen-bytes-x\"}", &ask), 0);
}
END_TEST

START_TEST(a_body_is_at_most_so_long)
{
    static const char good[] = "{\"command\":\"run\"}";
    char body[REQUEST_MAX_BODY + 1];
    struct hub_ask ask;
    struct error err;

    memset(body, ' ', sizeof(body));
    memcpy(body, good, strlen(good));
    ck_assert_int_eq(request_command(body, REQUEST_MAX_BODY, &ask, &err), 0);
    ck_assert_int_lt(request_command(body, REQUEST_MAX_BODY + 1, &ask, &err), 0);
}
END_TEST

int main(void)
{
    const TTest *const *const tests[] = {
        &only_the_whole_token_is_the_token,
        &hosts_are_loopback_addresses_or_localhost,
        &an_origin_is_where_the_request_went,
        &numbers_are_decimal_or_hexadecimal_and_not_too_large,
        &commands_have_a_name_and_perhaps_an_argument,
        &a_body_is_at_most_so_long,
    };

    return SUITE_RUN("serve_request", NULL, NULL, tests);
}
