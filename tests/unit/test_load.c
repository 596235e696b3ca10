/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loaders: what goes where, by whose rule, and what is refused. */
#include <elf.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "emu/load/load.h"
#include "emu/load/symbols.h"
#include "tests/unit/suite.h"

#define MIB      (1ull << 20)
#define RAM      BOARD_RAM_BASE
#define RAM_SIZE (64 * MIB)

static char dir[64];
static struct board_description board;
static const uint64_t mpidr[1];
static struct load_request request;
static struct load_plan *plan;
static struct error err;
static uint8_t *ram;

static void setup(void)
{
    snprintf(dir, sizeof(dir), "/tmp/irqlab-load-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chdir(dir), 0); /* messages then have names that are known */
    board_describe(&board, 1, mpidr, RAM_SIZE, false, false, "cortex-a72");
    request = (struct load_request){.ram_base = RAM, .ram_bytes = RAM_SIZE, .board = &board};
    memset(&err, 0, sizeof(err));
    ram = calloc(1, RAM_SIZE);
    memset(ram, 0xee, 4 * MIB); /* where the tests look for what must stay */
    plan = NULL;
}

static void teardown(void)
{
    char command[96];

    load_plan_free(plan);
    free(ram);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(chdir("/") || system(command), 0);
}

static void put(const char *name, const void *data, size_t n)
{
    FILE *file = fopen(name, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

static int write_ram(void *opaque, uint64_t address, const void *data, size_t n)
{
    (void)opaque;
    ck_assert(address >= RAM && n <= RAM_SIZE && address - RAM <= RAM_SIZE - n);
    if (n)
        memcpy(ram + (address - RAM), data, n);
    return 0;
}

static void load(void)
{
    ck_assert_msg(!load_plan_create(&request, &plan, &err), "%s", err.text);
    ck_assert_int_eq(load_plan_write(plan, write_ram, NULL), 0);
}

static void refuse(const char *want)
{
    ck_assert_int_ne(load_plan_create(&request, &plan, &err), 0);
    ck_assert_str_eq(err.text, want);
    ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    plan = NULL;
}

static uint8_t at(uint64_t address)
{
    return ram[address - RAM];
}

/* -- ELF --------------------------------------------------------------------------------------- */

struct elf {
    Elf64_Ehdr head;
    Elf64_Phdr segments[2];
    Elf64_Shdr sections[3];
    Elf64_Sym symbols[4];
    char names[32];
    uint8_t code[64];
};

static struct elf make_elf(void)
{
    struct elf e = {
        .head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                 .e_type = ET_EXEC,
                 .e_machine = EM_AARCH64,
                 .e_version = EV_CURRENT,
                 .e_entry = RAM + 0x100010,
                 .e_phoff = offsetof(struct elf, segments),
                 .e_shoff = offsetof(struct elf, sections),
                 .e_ehsize = sizeof(Elf64_Ehdr),
                 .e_phentsize = sizeof(Elf64_Phdr),
                 .e_phnum = 1,
                 .e_shentsize = sizeof(Elf64_Shdr),
                 .e_shnum = 3},
        .segments = {{.p_type = PT_LOAD,
                      .p_offset = offsetof(struct elf, code),
                      .p_vaddr = RAM + 0x100000,
                      .p_paddr = RAM + 0x100000,
                      .p_filesz = 64,
                      .p_memsz = 96},
                     {.p_type = PT_LOAD,
                      .p_offset = offsetof(struct elf, code) + 32,
                      .p_vaddr = RAM + 0x200000,
                      .p_paddr = RAM + 0x200000,
                      .p_filesz = 8,
                      .p_memsz = 8}},
        .sections = {{0},
                     {.sh_type = SHT_SYMTAB,
                      .sh_offset = offsetof(struct elf, symbols),
                      .sh_size = sizeof(e.symbols),
                      .sh_entsize = sizeof(Elf64_Sym),
                      .sh_link = 2},
                     {.sh_type = SHT_STRTAB,
                      .sh_offset = offsetof(struct elf, names),
                      .sh_size = sizeof(e.names)}},
        .symbols =
            {{0},
             {.st_name = 1,
              .st_info = STT_FUNC,
              .st_shndx = 1,
              .st_value = RAM + 0x100010,
              .st_size = 8},
             {.st_name = 7, .st_info = STT_NOTYPE, .st_shndx = 1, .st_value = RAM + 0x100020},
             {.st_name = 13, .st_info = STT_NOTYPE, .st_shndx = 1, .st_value = RAM + 0x100010}},
        .names = "\0start\0other\0$x",
    };

    for (unsigned i = 0; i < sizeof(e.code); i++)
        e.code[i] = (uint8_t)(i + 1);
    return e;
}

static void use_elf(const struct elf *e)
{
    put("k.elf", e, sizeof(*e));
    request.kernel = "k.elf";
}

START_TEST(an_elfs_segments_go_to_their_physical_addresses_and_bss_is_zero)
{
    struct elf e = make_elf();

    e.head.e_phnum = 2;
    use_elf(&e);
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 0x100010);
    ck_assert_mem_eq(ram + 0x100000, e.code, 64);
    for (unsigned i = 64; i < 96; i++)
        ck_assert_uint_eq(at(RAM + 0x100000 + i), 0);
    ck_assert_uint_eq(at(RAM + 0x100000 + 96), 0xee);
    ck_assert_mem_eq(ram + 0x200000, e.code + 32, 8);
    ck_assert_uint_eq(at(RAM + 0x200008), 0xee);
}
END_TEST

START_TEST(a_shared_elf_goes_to_ram_plus_512_kib)
{
    struct elf e = make_elf();
    uint64_t offset;

    e.head.e_type = ET_DYN;
    e.head.e_entry = 0;
    e.segments[0].p_vaddr = e.segments[0].p_paddr = 0;
    e.symbols[1].st_value = 16;
    use_elf(&e);
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 0x80000);
    ck_assert_mem_eq(ram + 0x80000, e.code, 64);
    ck_assert_str_eq(symbols_at(load_plan_symbols(plan), RAM + 0x80014, &offset), "start");
    ck_assert_uint_eq(offset, 4);
}
END_TEST

START_TEST(a_virtual_entry_address_is_turned_into_the_physical_one)
{
    struct elf e = make_elf();

    e.segments[0].p_vaddr = 0xffff800000000000ull;
    e.head.e_entry = 0xffff800000000020ull;
    use_elf(&e);
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 0x100020);
}
END_TEST

START_TEST(symbols_are_found_by_address_and_by_name)
{
    struct elf e = make_elf();
    const struct symbols *s;
    uint64_t offset, address;

    use_elf(&e);
    load();
    s = load_plan_symbols(plan);
    ck_assert_str_eq(symbols_at(s, RAM + 0x100010, &offset), "start");
    ck_assert_uint_eq(offset, 0);
    ck_assert_str_eq(symbols_at(s, RAM + 0x100017, &offset), "start");
    ck_assert_uint_eq(offset, 7);
    ck_assert_ptr_null(symbols_at(s, RAM + 0x100018, &offset)); /* behind its size */
    ck_assert_ptr_null(symbols_at(s, RAM, &offset));
    ck_assert_str_eq(symbols_at(s, RAM + 0x100021, &offset), "other"); /* has no size */
    ck_assert(symbols_find(s, "other", &address));
    ck_assert_uint_eq(address, RAM + 0x100020);
    ck_assert(!symbols_find(s, "$x", &address));
}
END_TEST

START_TEST(damaged_symbols_do_not_keep_a_kernel_from_running)
{
    struct elf e = make_elf();

    e.sections[1].sh_size = 1 << 30;
    e.symbols[2].st_name = 0x7fffffff;
    use_elf(&e);
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 0x100010);
}
END_TEST

START_TEST(an_entry_outside_of_all_segments_is_refused)
{
    struct elf e = make_elf();

    e.head.e_entry = RAM + 0x100060;
    use_elf(&e);
    refuse("-kernel k.elf: the entry point 0x40100060 is in no loaded segment; link it with a "
           "physical entry address (ENTRY, -e)");
    e.head.e_entry = RAM + 0x100002;
    use_elf(&e);
    refuse("-kernel k.elf: the entry point 0x40100002 is not a multiple of 4; link it with a "
           "physical entry address (ENTRY, -e)");
}
END_TEST

START_TEST(a_segment_whose_address_wraps_is_refused)
{
    struct elf e = make_elf();

    e.segments[0].p_paddr = UINT64_MAX - 15;
    use_elf(&e);
    ck_assert_int_ne(load_plan_create(&request, &plan, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "is not inside RAM"));
    plan = NULL;
}
END_TEST

START_TEST(segments_on_top_of_each_other_are_refused_with_both_ranges)
{
    struct elf e = make_elf();

    e.head.e_phnum = 2;
    e.segments[1].p_paddr = RAM + 0x100058;
    use_elf(&e);
    refuse("k.elf segment 1 at 0x40100058..0x4010005f overlaps k.elf segment 0 at "
           "0x40100000..0x4010005f; move one of them");
}
END_TEST

/* -- Image, gzip, flat ------------------------------------------------------------------------- */

static uint8_t image[0x3000];

static void make_image(uint64_t text_offset, uint64_t image_size)
{
    memset(image, 0x5a, sizeof(image));
    for (unsigned i = 0; i < 8; i++) {
        image[8 + i] = (uint8_t)(text_offset >> (8 * i));
        image[16 + i] = (uint8_t)(image_size >> (8 * i));
        image[24 + i] = i ? 0 : 0xa;
    }
    memcpy(image + 56, "ARM\x64", 4);
}

static void use_image(uint64_t text_offset, uint64_t image_size)
{
    make_image(text_offset, image_size);
    put("Image", image, sizeof(image));
    request.kernel = "Image";
}

START_TEST(an_image_goes_to_a_2_mib_boundary_plus_text_offset)
{
    use_image(0x80000, 0x10000);
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 0x80000);
    ck_assert_mem_eq(ram + 0x80000, image, sizeof(image));
    for (unsigned i = sizeof(image); i < 0x10000; i++)
        ck_assert_uint_eq(at(RAM + 0x80000 + i), 0);
}
END_TEST

START_TEST(an_image_with_text_offset_0_leaves_the_first_2_mib_free)
{
    use_image(0, 0x10000);
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 2 * MIB);
}
END_TEST

START_TEST(an_old_image_without_a_size_goes_to_512_kib)
{
    use_image(0x1234, 0);
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 0x80000);
}
END_TEST

START_TEST(the_device_tree_is_behind_all_else_within_one_2_mib_block)
{
    uint64_t x0;
    size_t bytes;

    use_image(0, 5 * MIB);
    load();
    x0 = load_plan_x0(plan);
    load_plan_dtb(plan, &bytes);
    ck_assert_uint_ge(x0, RAM + 7 * MIB);
    ck_assert_uint_eq(x0 / (2 * MIB), (x0 + bytes - 1) / (2 * MIB));
    ck_assert_mem_eq(ram + (x0 - RAM), "\xd0\x0d\xfe\xed", 4);
}
END_TEST

START_TEST(a_gzip_compressed_image_is_unpacked)
{
    gzFile z;

    make_image(0x80000, 0);
    z = gzopen("Image.gz", "wb");
    ck_assert_int_eq(gzwrite(z, image, sizeof(image)), (int)sizeof(image));
    gzclose(z);
    request.kernel = "Image.gz";
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 0x80000);
    ck_assert_mem_eq(ram + 0x80000, image, sizeof(image));
}
END_TEST

/* One flushed block of zeros, over and over: it unpacks for as long as one likes. */
START_TEST(a_gzip_bomb_ends_at_256_mib)
{
    static uint8_t zeros[1 << 20], block[1 << 14];
    z_stream z = {
        .next_in = zeros, .avail_in = sizeof(zeros), .next_out = block, .avail_out = sizeof(block)};
    FILE *file = fopen("bomb.gz", "wb");

    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FULL_FLUSH), Z_OK);
    ck_assert_uint_eq(z.avail_in, 0);
    fwrite("\x1f\x8b\x08\0\0\0\0\0\0\3", 1, 10, file);
    for (unsigned i = 0; i < 257; i++)
        fwrite(block, 1, sizeof(block) - z.avail_out, file);
    fclose(file);
    deflateEnd(&z);
    request.kernel = "bomb.gz";
    refuse("-kernel bomb.gz: unpacks to more than 256 MiB, which is no kernel");
}
END_TEST

START_TEST(anything_else_is_flat_at_512_kib)
{
    put("a.flat", "\0\0\0\x14", 4);
    request.kernel = "a.flat";
    load();
    ck_assert_uint_eq(load_plan_entry(plan), RAM + 0x80000);
    ck_assert_mem_eq(ram + 0x80000, "\0\0\0\x14", 4);
    ck_assert_uint_ne(load_plan_x0(plan), 0);
}
END_TEST

START_TEST(kernels_of_others_are_told_apart_from_flat_code)
{
    static const struct {
        size_t at;
        const char *magic, *text;
    } rows[] = {
        {4, "zimg", "-kernel k: an EFI zboot image; give the Image that is packed inside it"},
        {0x202, "HdrS", "-kernel k: an x86 kernel; give one for arm64"},
        {0x24, "\x18\x28\x6f\x01", "-kernel k: a zImage for 32-bit Arm; give one for arm64"},
        {0, "\x27\x05\x19\x56", "-kernel k: a U-Boot uImage; give the Image that is inside it"},
        {0, "\xd0\x0d\xfe\xed", "-kernel k: a device tree; give it with -dtb"},
    };

    request.kernel = "k";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[1024] = {0};

        memcpy(bytes + rows[i].at, rows[i].magic, 4);
        put("k", bytes, sizeof(bytes));
        refuse(rows[i].text);
    }
}
END_TEST

/* -- The other pieces -------------------------------------------------------------------------- */

START_TEST(the_initrd_is_half_of_ram_up_and_in_the_device_tree)
{
    put("k", "\0\0\0\x14", 4);
    put("rd", "initrd!", 7);
    request.kernel = "k";
    request.initrd = "rd";
    load();
    ck_assert_mem_eq(ram + RAM_SIZE / 2, "initrd!", 7);
    ck_assert_uint_eq(load_plan_pieces(plan), 3);
    ck_assert_uint_eq(load_plan_piece(plan, 1)->address, RAM + RAM_SIZE / 2);
}
END_TEST

START_TEST(a_large_kernel_pushes_the_initrd_behind_it)
{
    use_image(0, 40 * MIB);
    put("rd", "initrd!", 7);
    request.initrd = "rd";
    load();
    ck_assert_uint_eq(load_plan_piece(plan, 1)->address, RAM + 42 * MIB);
}
END_TEST

START_TEST(too_little_ram_is_said_with_both_ranges)
{
    use_image(0, 63 * MIB);
    refuse("Image: 0x40200000..0x440fffff is not inside RAM, which is 0x40000000..0x43ffffff; "
           "give more RAM with -m, or another address");
}
END_TEST

START_TEST(blobs_go_where_they_are_told_in_little_endian)
{
    const struct load_blob blobs[] = {
        {.address = RAM + 0x300000, .data = 0x1122334455667788ull, .data_bytes = 4},
        {.file = "b", .address = RAM + 0x300004},
    };

    put("k", "\0\0\0\x14", 4);
    put("b", "blob", 4);
    request.kernel = "k";
    request.blobs = blobs;
    request.n_blobs = 2;
    load();
    ck_assert_mem_eq(ram + 0x300000,
                     "\x88\x77\x66\x55"
                     "blob\xee",
                     9);
}
END_TEST

START_TEST(modules_are_in_ram_and_in_the_device_tree)
{
    const struct load_blob blobs[] = {
        {.kind = LOAD_BLOB_KERNEL_MODULE,
         .file = "b",
         .bootargs = "quiet",
         .address = RAM + 0x300000},
        {.kind = LOAD_BLOB_INITRD_MODULE, .file = "b", .address = RAM + 0x301000},
        {.file = "b", .address = RAM + 0x302000},
    };
    const void *dtb;
    size_t bytes;

    put("k", "\0\0\0\x14", 4);
    put("b", "blob", 4);
    request.kernel = "k";
    request.blobs = blobs;
    request.n_blobs = 3;
    load();
    for (int i = 0; i < 3; i++)
        ck_assert_mem_eq(ram + 0x300000 + i * 0x1000, "blob\xee", 5);
    dtb = load_plan_dtb(plan, &bytes);
    ck_assert_int_ge(fdt_path_offset(dtb, "/chosen/module@40300000"), 0);
    ck_assert_int_ge(fdt_path_offset(dtb, "/chosen/module@40301000"), 0);
    ck_assert_int_lt(fdt_path_offset(dtb, "/chosen/module@40302000"), 0);
    ck_assert_str_eq(
        fdt_getprop(dtb, fdt_path_offset(dtb, "/chosen/module@40300000"), "bootargs", NULL),
        "quiet");
}
END_TEST

START_TEST(firmware_finds_the_device_tree_at_the_start_of_ram)
{
    request.firmware = true;
    request.kernel = "/nonexistent"; /* for fw_cfg: not this loader's */
    load();
    ck_assert_uint_eq(load_plan_entry(plan), 0);
    ck_assert_uint_eq(load_plan_x0(plan), 0);
    ck_assert_mem_eq(ram, "\xd0\x0d\xfe\xed", 4);
}
END_TEST

START_TEST(writing_the_plan_again_restores_what_the_guest_changed)
{
    struct elf e = make_elf();

    use_elf(&e);
    load();
    memset(ram, 0xdd, 4 * MIB);
    ck_assert_int_eq(load_plan_write(plan, write_ram, NULL), 0);
    ck_assert_mem_eq(ram + 0x100000, e.code, 64);
    ck_assert_uint_eq(at(RAM + 0x100000 + 64), 0);
}
END_TEST

static int refuse_second(void *opaque, uint64_t address, const void *data, size_t n)
{
    unsigned *calls = opaque;

    (void)address;
    (void)data;
    (void)n;
    return ++*calls == 2 ? -14 : 0;
}

START_TEST(a_refused_write_stops_the_loading)
{
    unsigned calls = 0;

    put("k", "\0\0\0\x14", 4);
    request.kernel = "k";
    load();
    ck_assert_int_eq(load_plan_write(plan, refuse_second, &calls), -14);
    ck_assert_uint_eq(calls, 2);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &an_elfs_segments_go_to_their_physical_addresses_and_bss_is_zero,
        &a_shared_elf_goes_to_ram_plus_512_kib,
        &a_virtual_entry_address_is_turned_into_the_physical_one,
        &symbols_are_found_by_address_and_by_name,
        &damaged_symbols_do_not_keep_a_kernel_from_running,
        &an_entry_outside_of_all_segments_is_refused,
        &a_segment_whose_address_wraps_is_refused,
        &segments_on_top_of_each_other_are_refused_with_both_ranges,
        &an_image_goes_to_a_2_mib_boundary_plus_text_offset,
        &an_image_with_text_offset_0_leaves_the_first_2_mib_free,
        &an_old_image_without_a_size_goes_to_512_kib,
        &the_device_tree_is_behind_all_else_within_one_2_mib_block,
        &a_gzip_compressed_image_is_unpacked,
        &a_gzip_bomb_ends_at_256_mib,
        &anything_else_is_flat_at_512_kib,
        &kernels_of_others_are_told_apart_from_flat_code,
        &the_initrd_is_half_of_ram_up_and_in_the_device_tree,
        &a_large_kernel_pushes_the_initrd_behind_it,
        &too_little_ram_is_said_with_both_ranges,
        &blobs_go_where_they_are_told_in_little_endian,
        &modules_are_in_ram_and_in_the_device_tree,
        &firmware_finds_the_device_tree_at_the_start_of_ram,
        &writing_the_plan_again_restores_what_the_guest_changed,
        &a_refused_write_stops_the_loading,
    };
    setenv("CK_DEFAULT_TIMEOUT", "60", 0); /* sanitizers on a busy machine */
    return SUITE_RUN("load", setup, teardown, tests);
}
