/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The web server, with a machine's thread that is none; also under TSan (tests/tsan). */
#include "emu/serve/server.h"
#include "emu/serve/writer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/suite.h"

enum { ANSWER_BYTES = 1 << 16, WAIT_S = 20, CLIENTS = 6, ROUNDS = 20, FRAME_BYTES = 200000 };

static struct hub *hub;
static struct writer *writer;
static struct server *server;
static unsigned port;
static const char *token;
static pthread_t machine;
static atomic_bool over, mute;

static void answer(struct hub_ask *ask)
{
    if (ask->question == HUB_COMMAND && strcmp(ask->command, "run")) {
        ask->refused = true;
        ask->text = strdup("no such command");
    } else {
        ask->text = strdup(ask->question == HUB_COMMAND ? "{\"ok\":true}" : "\"answer\"");
        ask->size = strlen(ask->text);
    }
    hub_answer(hub, ask);
}

static json_t *large_frame(uint64_t n)
{
    static char large[FRAME_BYTES];

    memset(large, 'x', sizeof(large) - 1);
    return json_pack("{s:I, s:s}", "n", (json_int_t)n, "rest", large);
}

static void *be_machine(void *ignored)
{
    struct pollfd wake = {.fd = hub_fd(hub), .events = POLLIN};

    for (uint64_t n = 1; !atomic_load(&over); n++) {
        struct writer_news news = {.last_seq = n};
        struct hub_ask *ask;

        poll(&wake, 1, 5);
        hub_awake(hub);
        while (!atomic_load(&mute) && (ask = hub_take(hub)))
            answer(ask);
        if (!writer_is_free(writer))
            continue;
        news.frame = large_frame(n);
        news.events = json_pack("[{s:I}]", "seq", (json_int_t)n);
        news.future = n % 8 ? NULL : json_array();
        writer_write(writer, &news);
    }
    return ignored;
}

static void setup(void)
{
    struct server_options o = {.answer_ms = 200, .idle_s = 1};
    struct error err = {0};

    atomic_store(&over, false);
    atomic_store(&mute, false);
    ck_assert_int_eq(hub_create(&hub, &err), 0);
    ck_assert_int_eq(hub_set_machine(hub, "{\"vcpus\":1}"), 0);
    ck_assert_int_eq(writer_open(hub, &writer, &err), 0);
    ck_assert_int_eq(server_open(&o, hub, &server, &err), 0);
    ck_assert_int_eq(server_start(server, &err), 0);
    ck_assert_int_eq(sscanf(server_url(server), "http://127.0.0.1:%u/?token=", &port), 1);
    token = strchr(server_url(server), '=') + 1;
    pthread_create(&machine, NULL, be_machine, NULL);
}

static void teardown(void)
{
    server_close(server);
    atomic_store(&over, true);
    pthread_join(machine, NULL);
    writer_close(writer);
    hub_destroy(hub);
}

/* -- A client ---------------------------------------------------------------------------------- */

static int call_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = WAIT_S};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int send_request(const char *method, const char *path, const char *body)
{
    char request[1024];
    int fd = call_server();
    int n = snprintf(request, sizeof(request),
                     "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Irqlab-Token: %s\r\n"
                     "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                     method, path, token, strlen(body), body);

    ck_assert_int_eq(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
    return fd;
}

/* Until it hangs up. */
static void receive(int fd, char *to)
{
    size_t n = 0;
    ssize_t got;

    while (n < ANSWER_BYTES - 1 && (got = recv(fd, to + n, ANSWER_BYTES - 1 - n, 0)) > 0)
        n += (size_t)got;
    to[n] = '\0';
    close(fd);
}

static unsigned ask(const char *method, const char *path, const char *body, char *to)
{
    unsigned status = 0;

    receive(send_request(method, path, body), to);
    sscanf(to, "HTTP/1.1 %u", &status);
    return status;
}

/* -- Tests ------------------------------------------------------------------------------------- */

START_TEST(the_machine_answers)
{
    static char to[ANSWER_BYTES];

    ck_assert_uint_eq(ask("GET", "/api/machine", "", to), 200);
    ck_assert_ptr_nonnull(strstr(to, "\r\n\r\n{\"vcpus\":1}"));
    ck_assert_uint_eq(ask("GET", "/api/why?intid=27&vcpu=0", "", to), 200);
    ck_assert_ptr_nonnull(strstr(to, "\r\n\r\n\"answer\""));
    ck_assert_uint_eq(ask("POST", "/api/command", "{\"command\":\"run\"}", to), 200);
    ck_assert_uint_eq(ask("POST", "/api/command", "{\"command\":\"fly\"}", to), 400);
    ck_assert_ptr_nonnull(strstr(to, "\r\n\r\n{\"error\":\"no such command\"}"));
}
END_TEST

START_TEST(a_machine_that_does_not_answer_is_not_waited_for_for_ever)
{
    static char to[ANSWER_BYTES];

    atomic_store(&mute, true);
    ck_assert_uint_eq(ask("GET", "/api/console", "", to), 503);
    ck_assert_ptr_nonnull(strstr(to, "the machine does not answer"));
    atomic_store(&mute, false);
    ck_assert_uint_eq(ask("GET", "/api/console", "", to), 200);
}
END_TEST

START_TEST(who_says_nothing_makes_room_for_others)
{
    static char to[ANSWER_BYTES];
    int idle[SERVER_MAX_CONNECTIONS + 10];
    unsigned status = 0;

    for (unsigned i = 0; i < SERVER_MAX_CONNECTIONS + 10; i++) {
        idle[i] = call_server();
        send(idle[i], "GET / HT", 8, MSG_NOSIGNAL);
    }
    for (unsigned i = 0; i < WAIT_S * 10 && status != 200; i++) {
        int fd = send_request("GET", "/api/machine", "");

        receive(fd, to);
        status = 0;
        sscanf(to, "HTTP/1.1 %u", &status);
        if (status != 200)
            poll(NULL, 0, 100);
    }
    ck_assert_uint_eq(status, 200);
    for (unsigned i = 0; i < SERVER_MAX_CONNECTIONS + 10; i++)
        close(idle[i]);
}
END_TEST

/* Its window is full after a frame or two. */
START_TEST(who_does_not_read_a_stream_is_hung_up_on)
{
    int deaf[HUB_MAX_LISTENERS];
    static char to[ANSWER_BYTES];
    unsigned status = 0;

    for (unsigned i = 0; i < HUB_MAX_LISTENERS; i++)
        deaf[i] = send_request("GET", "/api/stream", "");
    for (unsigned i = 0; i < WAIT_S * 10 && status != 200; i++) {
        int fd = send_request("GET", "/api/stream", "");

        ck_assert_int_gt(recv(fd, to, ANSWER_BYTES - 1, 0), 0);
        sscanf(to, "HTTP/1.1 %u", &status);
        ck_assert(status == 200 || status == 503);
        close(fd);
        poll(NULL, 0, status == 200 ? 0 : 100);
    }
    ck_assert_uint_eq(status, 200);
    for (unsigned i = 0; i < HUB_MAX_LISTENERS; i++)
        close(deaf[i]);
}
END_TEST

static void *be_client(void *count)
{
    static const char *const paths[] = {"/api/console", "/api/machine", "/page.js",
                                        "/api/why?intid=1&vcpu=0"};
    char *to = malloc(ANSWER_BYTES);

    for (unsigned i = 0; i < ROUNDS; i++) {
        int fd = send_request("GET", "/api/stream", "");

        if (recv(fd, to, ANSWER_BYTES - 1, 0) > 0 && ask("GET", paths[i % 4], "", to) == 200)
            atomic_fetch_add((atomic_uint *)count, 1);
        close(fd);
    }
    free(to);
    return NULL;
}

START_TEST(many_come_and_go)
{
    static atomic_uint good;
    pthread_t clients[CLIENTS];

    for (unsigned i = 0; i < CLIENTS; i++)
        pthread_create(&clients[i], NULL, be_client, &good);
    for (unsigned i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
    ck_assert_uint_eq(atomic_load(&good), CLIENTS * ROUNDS);
}
END_TEST

START_TEST(it_ends_while_others_are_at_it)
{
    static char to[ANSWER_BYTES];
    int stream = send_request("GET", "/api/stream", ""), half = call_server();
    int deaf = send_request("GET", "/api/stream", ""), waiting;

    atomic_store(&mute, true);
    waiting = send_request("GET", "/api/console", "");
    send(half, "POST /api/command", 17, MSG_NOSIGNAL);
    ck_assert_int_gt(recv(stream, to, 100, 0), 0);
    server_close(server);
    server = NULL;
    receive(waiting, to);
    close(stream);
    close(deaf);
    close(half);
}
END_TEST

START_TEST(other_addresses_are_refused)
{
    static const char *const addresses[] = {"0.0.0.0", "192.168.1.1", "localhost", "::1", ""};
    struct error err;
    struct server *other;

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct server_options o = {.address = addresses[i]};

        ck_assert_int_lt(server_open(&o, hub, &other, &err), 0);
        ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    }
}
END_TEST

int main(void)
{
    const TTest *const *const tests[] = {
        &the_machine_answers,
        &a_machine_that_does_not_answer_is_not_waited_for_for_ever,
        &who_says_nothing_makes_room_for_others,
        &who_does_not_read_a_stream_is_hung_up_on,
        &many_come_and_go,
        &it_ends_while_others_are_at_it,
        &other_addresses_are_refused,
    };

    return SUITE_RUN("serve_server", setup, teardown, tests);
}
