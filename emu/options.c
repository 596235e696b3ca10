/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/options.h"

#include <errno.h>
#include <stddef.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "emu/board.h"
#include "emu/device_options.h"
#include "emu/values.h"
#include "gic/gic.h"

#define DEFAULT_RAM_BYTES  (512ull << 20)
#define DEFAULT_QUANTUM    50000
#define DEFAULT_COUNTER_HZ 62500000
/* 2025-01-01T00:00:00Z: a constant, so that what a guest reads from the RTC repeats. */
#define DEFAULT_RTC_BASE 1735689600ull
#define MAX_RAM_BYTES    (64ull << 30)

/* -- Options with inner pairs ------------------------------------------------------------------ */

static int gic_version(struct run_options *o, const char *value, struct error *err)
{
    static const struct {
        const char *name;
        enum gic_version version;
    } versions[] = {{"3", GIC_VERSION_3},
                    {"max", GIC_VERSION_3},
                    {"4", GIC_VERSION_4_0},
                    {"4.1", GIC_VERSION_4_1}};

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (strcmp(value, versions[i].name))
            continue;
        o->gic.version = versions[i].version;
        return 0;
    }
    return error_bad_input(err, "-machine: gic-version=%s is not there; use 3, 4 or 4.1", value);
}

static int machine_pair(void *to, const char *key, const char *value, struct error *err)
{
    struct run_options *o = to;

    if (!strcmp(key, "virt") && !*value)
        return 0;
    if (!strcmp(key, "type"))
        return strcmp(value, "virt") ? error_bad_input(err,
                                                       "-machine: '%s' is not a board of irqlab; "
                                                       "the only one is virt",
                                                       value)
                                     : 0;
    if (!strcmp(key, "gic-version"))
        return gic_version(o, value, err);
    if (!strcmp(key, "virtualization"))
        return value_on_off("-machine virtualization", value, &o->virtualization, err);
    if (!strcmp(key, "secure"))
        return value_on_off("-machine secure", value, &o->secure, err);
    if (!strcmp(key, "its"))
        return value_on_off("-machine its", value, &o->gic.its, err);
    if (!strcmp(key, "acpi"))
        return value_on_off("-machine acpi", value, &o->acpi, err);
    if (!strcmp(key, "memory-mapped-timer"))
        return value_on_off("-machine memory-mapped-timer", value, &o->mmio_timers, err);
    if (!strcmp(key, "dumpdtb"))
        return value_string(&o->dumpdtb, value, err);
    if (!*value)
        return error_bad_input(err, "-machine: '%s' is not a board of irqlab; the only one is virt",
                               key);
    return error_bad_input(err,
                           "-machine: '%s' is not a property; known are gic-version, "
                           "virtualization, secure, its, acpi, memory-mapped-timer and dumpdtb",
                           key);
}

static int smp_pair(void *to, const char *key, const char *value, struct error *err)
{
    struct run_options *o = to;
    uint64_t n;
    int rc;

    if (*value && strcmp(key, "cpus"))
        return error_bad_input(err, "-smp: '%s' is not known; write -smp N", key);
    rc = value_u64("-smp", *value ? value : key, 1, BOARD_MAX_VCPUS, &n, err);
    o->smp = (unsigned)n;
    return rc;
}

static int icount_pair(void *to, const char *key, const char *value, struct error *err)
{
    struct run_options *o = to;
    uint64_t shift = 0;
    bool ignored;
    int rc = 0;

    if (!strcmp(key, "shift")) {
        rc = value_u64("-icount shift", value, 0, 20, &shift, err);
        o->icount_shift = (unsigned)shift;
    } else if (!strcmp(key, "sleep") || !strcmp(key, "align")) {
        rc = value_on_off("-icount sleep", value, &ignored, err);
    } else {
        rc = error_bad_input(err, "-icount: '%s' is not known; write -icount shift=N", key);
    }
    return rc;
}

static int drive_pair(void *to, const char *key, const char *value, struct error *err)
{
    struct drive_option *d = to;

    if (!strcmp(key, "file"))
        return value_string(&d->file, value, err);
    if (!strcmp(key, "id"))
        return value_string(&d->id, value, err);
    if (!strcmp(key, "readonly"))
        return value_on_off("-drive readonly", value, &d->read_only, err);
    if (!strcmp(key, "snapshot"))
        return value_on_off("-drive snapshot", value, &d->snapshot, err);
    if (!strcmp(key, "unit") || !strcmp(key, "index") || !strcmp(key, "media"))
        return 0;
    if (!strcmp(key, "format"))
        return strcmp(value, "raw") ? error_bad_input(err,
                                                      "-drive: format=%s is not supported; convert "
                                                      "the image to raw (qemu-img convert -O raw)",
                                                      value)
                                    : 0;
    if (!strcmp(key, "if")) {
        static const char *const names[] = {"pflash", "virtio", "none"};

        for (unsigned i = 0; i < 3; i++) {
            if (!strcmp(value, names[i])) {
                d->interface = (enum drive_interface)i;
                return 0;
            }
        }
        return error_bad_input(err, "-drive: if=%s is not there; use pflash, virtio or none",
                               value);
    }
    return error_bad_input(err, "-drive: '%s' is not a property of a drive", key);
}

static int add_drive(struct run_options *o, const char *text, struct error *err)
{
    struct drive_option *d = &o->drives[o->n_drives];
    int rc;

    if (o->n_drives == OPTIONS_MAX_DRIVES)
        return error_bad_input(err, "-drive: at most %d drives", OPTIONS_MAX_DRIVES);
    d->interface = DRIVE_VIRTIO;
    o->n_drives++;
    rc = value_pairs(text, drive_pair, d, err);
    if (!rc && !d->file)
        rc = error_bad_input(err, "-drive %s: no file=; name the image", text);
    return rc;
}

static int set_clock(struct run_options *o, const char *text, struct error *err)
{
    if (strcmp(text, "virtual") && strcmp(text, "host"))
        return error_bad_input(err, "--clock: '%s' is neither virtual nor host", text);
    o->host_clock = !strcmp(text, "host");
    return 0;
}

static int set_rtc(struct run_options *o, const char *text, struct error *err)
{
    if (strncmp(text, "base=", 5))
        return error_bad_input(err, "-rtc: write -rtc base=SECONDS (since 1970)");
    return value_u64("-rtc base", text + 5, 0, UINT32_MAX, &o->rtc_base, err);
}

/* One instruction count of a list. */
static int renew_pair(void *to, const char *key, const char *value, struct error *err)
{
    struct run_options *o = to;
    uint64_t at;

    if (*value)
        return error_bad_input(err, "--renew-gic: '%s=%s': write instruction counts alone", key,
                               value);
    if (o->n_renew_gic == OPTIONS_MAX_RENEWALS)
        return error_bad_input(err, "--renew-gic: at most %d of them", OPTIONS_MAX_RENEWALS);
    if (value_u64("--renew-gic", key, 0, UINT64_MAX / 2, &at, err))
        return -EINVAL;
    if (o->n_renew_gic && at < o->renew_gic_at[o->n_renew_gic - 1])
        return error_bad_input(err, "--renew-gic: %s comes behind a larger count; sort them", key);
    o->renew_gic_at[o->n_renew_gic++] = at;
    return 0;
}

static int set_ram(struct run_options *o, const char *text, struct error *err)
{
    int rc = value_size("-m", strncmp(text, "size=", 5) ? text : text + 5, &o->ram_bytes, err);

    if (rc)
        return rc;
    o->ram_bytes = (o->ram_bytes + 4095) & ~4095ull;
    if (o->ram_bytes < 1 << 20 || o->ram_bytes > MAX_RAM_BYTES)
        return error_bad_input(err, "-m: %s is outside 1M to 64G", text);
    return 0;
}

static int set_cpu(struct run_options *o, const char *text, struct error *err)
{
    for (const char *const *name = engine_model_names(); *name; name++) {
        if (!strcmp(text, *name))
            return value_string(&o->cpu, text, err);
    }
    return error_bad_input(err,
                           "-cpu: '%s' is not a model here; use cortex-a53, cortex-a57, "
                           "cortex-a72 or max",
                           text);
}

/* -- The table --------------------------------------------------------------------------------- */

enum option_id {
    OPT_MACHINE = 256,
    OPT_CPU,
    OPT_SMP,
    OPT_RAM,
    OPT_KERNEL,
    OPT_INITRD,
    OPT_APPEND,
    OPT_DTB,
    OPT_BIOS,
    OPT_DRIVE,
    OPT_DEVICE,
    OPT_CHARDEV,
    OPT_NETDEV,
    OPT_SERIAL,
    OPT_NOGRAPHIC,
    OPT_DISPLAY,
    OPT_ICOUNT,
    OPT_QUANTUM,
    OPT_CLOCK,
    OPT_RECORD,
    OPT_CONTROL,
    OPT_JSON,
    OPT_TRACE,
    OPT_MAX_INSNS,
    OPT_SEMIHOSTING,
    OPT_DUMPDTB,
    OPT_RTC,
    OPT_GIC,
    OPT_CHOOSE,
    OPT_ACTOR,
    OPT_RENEW_GIC,
    OPT_COUNTER,
    OPT_NO_REBOOT,
    OPT_ACCEL,
    OPT_FROM,
    OPT_SNAPSHOT_AT,
    OPT_SNAPSHOT_ON,
    OPT_SETUP,
    OPT_CONFIGURE,
    OPT_SYMBOLS,
    OPT_RACES,
    OPT_RACES_IGNORE,
    OPT_STRICT,
    OPT_GDB,
    OPT_GDB_1234,
    OPT_FROZEN,
    OPT_HELP,
};
_Static_assert(OPT_HELP - OPT_MACHINE < 64, "a bit for each in run_options.given");

#define GIVEN(id) (UINT64_C(1) << ((id)-OPT_MACHINE))

/* What a run does besides running its machine: no part of a snapshot's recipe. */
#define OF_THE_SESSION                                                                             \
    (GIVEN(OPT_SERIAL) | GIVEN(OPT_NOGRAPHIC) | GIVEN(OPT_DISPLAY) | GIVEN(OPT_RECORD) |           \
     GIVEN(OPT_CONTROL) | GIVEN(OPT_JSON) | GIVEN(OPT_TRACE) | GIVEN(OPT_MAX_INSNS) |              \
     GIVEN(OPT_DUMPDTB) | GIVEN(OPT_ACCEL) | GIVEN(OPT_FROM) | GIVEN(OPT_SNAPSHOT_AT) |            \
     GIVEN(OPT_SNAPSHOT_ON) | GIVEN(OPT_CONFIGURE) | GIVEN(OPT_SYMBOLS) | GIVEN(OPT_RACES) |       \
     GIVEN(OPT_RACES_IGNORE) | GIVEN(OPT_GDB) | GIVEN(OPT_GDB_1234) | GIVEN(OPT_FROZEN) |          \
     GIVEN(OPT_STRICT))
/* What a machine may be given anew, or otherwise, when it goes on from a snapshot. */
#define OF_THE_REST                                                                                \
    ((OF_THE_SESSION & ~GIVEN(OPT_DUMPDTB)) | GIVEN(OPT_QUANTUM) | GIVEN(OPT_CLOCK) |              \
     GIVEN(OPT_CHOOSE) | GIVEN(OPT_RENEW_GIC) | GIVEN(OPT_NO_REBOOT))

static const struct option long_options[] = {
    {"machine", required_argument, NULL, OPT_MACHINE},
    {"M", required_argument, NULL, OPT_MACHINE},
    {"cpu", required_argument, NULL, OPT_CPU},
    {"smp", required_argument, NULL, OPT_SMP},
    {"m", required_argument, NULL, OPT_RAM},
    {"kernel", required_argument, NULL, OPT_KERNEL},
    {"initrd", required_argument, NULL, OPT_INITRD},
    {"append", required_argument, NULL, OPT_APPEND},
    {"dtb", required_argument, NULL, OPT_DTB},
    {"bios", required_argument, NULL, OPT_BIOS},
    {"drive", required_argument, NULL, OPT_DRIVE},
    {"device", required_argument, NULL, OPT_DEVICE},
    {"chardev", required_argument, NULL, OPT_CHARDEV},
    {"netdev", required_argument, NULL, OPT_NETDEV},
    {"serial", required_argument, NULL, OPT_SERIAL},
    {"nographic", no_argument, NULL, OPT_NOGRAPHIC},
    {"display", required_argument, NULL, OPT_DISPLAY},
    {"icount", required_argument, NULL, OPT_ICOUNT},
    {"quantum", required_argument, NULL, OPT_QUANTUM},
    {"clock", required_argument, NULL, OPT_CLOCK},
    {"record", required_argument, NULL, OPT_RECORD},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"json", optional_argument, NULL, OPT_JSON},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"max-insns", required_argument, NULL, OPT_MAX_INSNS},
    {"semihosting", no_argument, NULL, OPT_SEMIHOSTING},
    {"dumpdtb", required_argument, NULL, OPT_DUMPDTB},
    {"rtc", required_argument, NULL, OPT_RTC},
    {"gic", required_argument, NULL, OPT_GIC},
    {"choose", required_argument, NULL, OPT_CHOOSE},
    {"actor", required_argument, NULL, OPT_ACTOR},
    {"renew-gic", required_argument, NULL, OPT_RENEW_GIC},
    {"counter-hz", required_argument, NULL, OPT_COUNTER},
    {"no-reboot", no_argument, NULL, OPT_NO_REBOOT},
    {"accel", required_argument, NULL, OPT_ACCEL},
    {"from", required_argument, NULL, OPT_FROM},
    {"snapshot-at", required_argument, NULL, OPT_SNAPSHOT_AT},
    {"snapshot-on", required_argument, NULL, OPT_SNAPSHOT_ON},
    {"setup", required_argument, NULL, OPT_SETUP},
    {"configure", no_argument, NULL, OPT_CONFIGURE},
    {"symbols", required_argument, NULL, OPT_SYMBOLS},
    {"races", optional_argument, NULL, OPT_RACES},
    {"races-ignore", required_argument, NULL, OPT_RACES_IGNORE},
    {"strict", optional_argument, NULL, OPT_STRICT},
    {"gdb", required_argument, NULL, OPT_GDB},
    {"s", no_argument, NULL, OPT_GDB_1234},
    {"S", no_argument, NULL, OPT_FROZEN},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* Options whose value is taken as it is. */
static const struct {
    int id;
    size_t at; /* in struct run_options */
} strings[] = {
#define STRING(id, field)                                                                          \
    {                                                                                              \
        id, offsetof(struct run_options, field)                                                    \
    }
    STRING(OPT_CPU, cpu),         STRING(OPT_KERNEL, kernel),
    STRING(OPT_INITRD, initrd),   STRING(OPT_APPEND, append),
    STRING(OPT_DTB, dtb),         STRING(OPT_BIOS, bios),
    STRING(OPT_SERIAL, serial),   STRING(OPT_RECORD, record),
    STRING(OPT_CONTROL, control), STRING(OPT_JSON, json),
    STRING(OPT_DUMPDTB, dumpdtb), STRING(OPT_FROM, from),
    STRING(OPT_SYMBOLS, symbols), STRING(OPT_RACES_IGNORE, races_ignore),
    STRING(OPT_GDB, gdb),         STRING(OPT_STRICT, strict),
    STRING(OPT_ACTOR, actor),
#undef STRING
};
enum { N_STRINGS = sizeof(strings) / sizeof(strings[0]) };

static char **string_at(struct run_options *o, unsigned i)
{
    return (char **)((char *)o + strings[i].at);
}

static int take_string(struct run_options *o, int id, const char *arg, struct error *err)
{
    for (unsigned i = 0; i < N_STRINGS; i++) {
        if (strings[i].id == id)
            return value_string(string_at(o, i), arg, err);
    }
    return error_bad_input(err, "option not handled");
}

static bool take_flag(struct run_options *o, int id)
{
    switch (id) {
    case OPT_FROZEN:
        return o->frozen = true;
    case OPT_SEMIHOSTING:
        return o->semihosting = true;
    case OPT_NO_REBOOT:
        return o->no_reboot = true;
    case OPT_CONFIGURE:
        return o->configure = true;
    default:
        return false;
    }
}

static int take_option(struct run_options *o, int id, const char *arg, struct error *err)
{
    if (take_flag(o, id))
        return 0;
    switch (id) {
    case OPT_MACHINE:
        return value_pairs(arg, machine_pair, o, err);
    case OPT_CPU:
        return set_cpu(o, arg, err);
    case OPT_SMP:
        return value_pairs(arg, smp_pair, o, err);
    case OPT_RAM:
        return set_ram(o, arg, err);
    case OPT_DRIVE:
        return add_drive(o, arg, err);
    case OPT_DEVICE:
        return device_option_add(o, arg, err);
    case OPT_CHARDEV:
        return device_option_chardev(o, arg, err);
    case OPT_NETDEV:
        return pci_options_add_netdev(&o->pci, arg, err);
    case OPT_NOGRAPHIC:
    case OPT_DISPLAY:
    case OPT_ACCEL:
        return 0;
    case OPT_ICOUNT:
        return value_pairs(arg, icount_pair, o, err);
    case OPT_QUANTUM:
        return value_u64("--quantum", arg, 64, 1ull << 32, &o->quantum, err);
    case OPT_CLOCK:
        return set_clock(o, arg, err);
    case OPT_GDB_1234:
        return value_string(&o->gdb, "tcp::1234", err);
    case OPT_JSON:
        o->json_wanted = true;
        return arg ? value_string(&o->json, arg, err) : 0;
    case OPT_MAX_INSNS:
        return value_u64("--max-insns", arg, 1, UINT64_MAX / 2, &o->max_insns, err);
    case OPT_GIC:
        return gic_options_parse(&o->gic, arg, err);
    case OPT_CHOOSE:
        return choices_parse(&o->choices, arg, err);
    case OPT_RENEW_GIC:
        return value_pairs(arg, renew_pair, o, err);
    case OPT_RTC:
        return set_rtc(o, arg, err);
    case OPT_COUNTER:
        return value_u64("--counter-hz", arg, 1000000, 1000000000, &o->counter_hz, err);
    case OPT_SNAPSHOT_AT:
        return value_pairs(arg, options_snapshot_at, o, err);
    case OPT_SNAPSHOT_ON:
        return options_snapshot_on(o, arg, err);
    case OPT_SETUP:
        return value_pairs(arg, options_setup, o, err);
    case OPT_RACES:
        o->races = true;
        o->races_begin = arg && !strcmp(arg, "begin");
        return !arg || o->races_begin ? 0 : error_bad_input(err, "--races=%s: write begin", arg);
    case OPT_TRACE:
        return options_trace(o, arg, err);
    case OPT_STRICT:
        return options_strict(o, arg, err);
    default:
        return take_string(o, id, arg, err);
    }
}

bool options_have_firmware(const struct run_options *o)
{
    bool flash = o->bios != NULL;

    for (unsigned i = 0; i < o->n_drives; i++)
        flash |= o->drives[i].interface == DRIVE_PFLASH;
    return flash;
}

static int check_together(const struct run_options *o, struct error *err)
{
    if (!o->kernel && !options_have_firmware(o) && !o->n_blobs && !o->dumpdtb)
        return error_bad_input(err,
                               "nothing to run: give -kernel FILE, or firmware with -bios FILE");
    if ((o->initrd || o->append) && !o->kernel)
        return error_bad_input(err, "%s needs -kernel", o->initrd ? "-initrd" : "-append");
    if (o->gic.version != GIC_VERSION_3 && (!o->virtualization || !o->gic.its))
        return error_bad_input(err,
                               "-machine: gic-version=4 and 4.1 need virtualization=on and its=on");
    if (o->configure && !o->control)
        return error_bad_input(err, "--configure needs --control PATH, where clients can be heard");
    if (o->gdb && o->races)
        return error_bad_input(err, "-gdb and --races do not go together: races are found in one "
                                    "run forward");
    if (o->frozen && !o->gdb)
        return error_bad_input(err, "-S: who would let it go on? Give -gdb or -s too");
    if (o->host_clock && o->max_insns)
        return error_bad_input(err, "--clock=host and --max-insns do not go together: how many "
                                    "instructions run would depend on the host");
    return 0;
}

static int set_defaults(struct run_options *o, struct error *err)
{
    *o = (struct run_options){
        .smp = 1,
        .ram_bytes = DEFAULT_RAM_BYTES,
        .quantum = DEFAULT_QUANTUM,
        .counter_hz = DEFAULT_COUNTER_HZ,
        .rtc_base = DEFAULT_RTC_BASE,
        .acpi = true,
    };
    gic_options_defaults(&o->gic);
    return value_string(&o->cpu, "cortex-a72", err);
}

static int take(struct run_options *o, int id, char **argv, int first, struct error *err)
{
    const char *word = argv[optind > 0 ? optind - 1 : 0];

    if (id == ':')
        return error_bad_input(err, "%s: needs a value; see irqlab run --help", word);
    if (id == '?')
        return error_bad_input(err, "'%s' is not an option; see irqlab run --help", word);
    o->given |= GIVEN(id);
    if (!(OF_THE_SESSION & GIVEN(id)) && options_keep_words(o, argv, first, optind, err))
        return -ENOMEM;
    return take_option(o, id, optarg, err);
}

int options_parse_more(struct run_options *o, int argc, char **argv, bool *help, struct error *err)
{
    int id, index, first = 1, rc = 0;

    *help = false;
    opterr = 0;
    optind = 0;
    while (!rc && (id = getopt_long_only(argc, argv, ":h", long_options, &index)) != -1) {
        if (id == OPT_HELP || id == 'h') {
            *help = true;
            return 0;
        }
        rc = take(o, id, argv, first, err);
        first = optind;
    }
    if (!rc && optind < argc)
        rc = error_bad_input(err,
                             "'%s' is not an option; files are given with -kernel, -initrd, "
                             "-bios or -drive",
                             argv[optind]);
    return rc;
}

int options_parse_machine(int argc, char **argv, struct run_options *out, bool *help,
                          struct error *err)
{
    int rc = set_defaults(out, err);

    return rc ? rc : options_parse_more(out, argc, argv, help, err);
}

int options_parse(int argc, char **argv, struct run_options *out, bool *help, struct error *err)
{
    int rc = options_parse_machine(argc, argv, out, help, err);

    if (!rc && !*help && out->from)
        rc = options_from(out, argc, argv, err);
    return rc || *help ? rc : check_together(out, err);
}

int options_may_resume(const struct run_options *o, struct error *err)
{
    for (const struct option *option = long_options; option->name; option++) {
        if (o->given & GIVEN(option->val) & ~OF_THE_REST)
            return error_bad_input(err,
                                   "-%s does not go together with --from: the snapshot says what "
                                   "the machine is",
                                   option->name);
    }
    return 0;
}

void options_free(struct run_options *o)
{
    for (unsigned i = 0; i < N_STRINGS; i++)
        free(*string_at(o, i));
    for (unsigned i = 0; i < o->n_drives; i++) {
        free(o->drives[i].file);
        free(o->drives[i].id);
    }
    for (unsigned i = 0; i < o->n_blobs; i++) {
        free(o->blobs[i].file);
        free(o->blobs[i].bootargs);
    }
    for (unsigned i = 0; i < o->n_snapshots; i++) {
        free(o->snapshots[i].file);
        free(o->snapshots[i].text);
    }
    options_take_traces(o, &(struct run_options){0});
    for (int i = 0; i < o->n_words; i++)
        free(o->words[i]);
    free(o->words);
    memset(o, 0, sizeof(*o));
}
