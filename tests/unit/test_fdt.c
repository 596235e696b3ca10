/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device tree: its shape by libfdt's reading, and what is said about given ones. */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/fdt.h"
#include "gic/gic.h"
#include "tests/unit/suite.h"

static uint64_t mpidr[BOARD_MAX_VCPUS];
static struct board_description board;
static struct fdt_boot boot;
static struct error err;
static void *blob;
static size_t bytes;

static void describe(unsigned n, bool el2, bool el3, const char *cpu)
{
    for (unsigned i = 0; i < n; i++)
        mpidr[i] = board_mpidr(i);
    board_describe(&board, n, mpidr, 1ull << 30, el2, el3, cpu);
}

static void setup(void)
{
    memset(&boot, 0, sizeof(boot));
    memset(&err, 0, sizeof(err));
    blob = NULL;
    describe(2, false, false, "cortex-a72");
}

static void teardown(void)
{
    free(blob);
}

static void build(void)
{
    free(blob);
    blob = NULL;
    ck_assert_msg(!fdt_build(&board, &boot, &blob, &bytes, &err), "%s", err.text);
    ck_assert_int_eq(fdt_check_full(blob, bytes), 0);
}

static int node(const char *path)
{
    int offset = fdt_path_offset(blob, path);

    ck_assert_msg(offset >= 0, "no %s", path);
    return offset;
}

static void want_text(const char *path, const char *name, const char *want)
{
    int length;
    const char *value = fdt_getprop(blob, node(path), name, &length);

    ck_assert_msg(value != NULL, "%s has no %s", path, name);
    ck_assert_str_eq(value, want);
}

static int n_cells(const char *path, const char *name)
{
    int length;

    ck_assert_ptr_nonnull(fdt_getprop(blob, node(path), name, &length));
    return length / 4;
}

static uint32_t cell(const char *path, const char *name, int index)
{
    const fdt32_t *value = fdt_getprop(blob, node(path), name, NULL);

    ck_assert_int_lt(index, n_cells(path, name));
    return fdt32_to_cpu(value[index]);
}

static bool has(const char *path, const char *name)
{
    return fdt_getprop(blob, node(path), name, NULL) != NULL;
}

/* -- Affinities -------------------------------------------------------------------------------- */

START_TEST(vcpus_are_in_clusters_of_16_up_to_512)
{
    ck_assert_uint_eq(board_mpidr(0), 0);
    ck_assert_uint_eq(board_mpidr(15), 15);
    ck_assert_uint_eq(board_mpidr(16), 0x100);
    ck_assert_uint_eq(board_mpidr(511), 0x1f0f);
    ck_assert_uint_eq(board_mpidr(16 * 256), 0x10000);
}
END_TEST

START_TEST(a_cpu_nodes_reg_is_its_affinity)
{
    describe(18, false, false, "cortex-a53");
    build();
    ck_assert_uint_eq(cell("/cpus", "#address-cells", 0), 1);
    ck_assert_int_eq(n_cells("/cpus/cpu@101", "reg"), 1);
    ck_assert_uint_eq(cell("/cpus/cpu@101", "reg", 0), 0x101);
    want_text("/cpus/cpu@101", "compatible", "arm,cortex-a53");
    want_text("/cpus/cpu@101", "enable-method", "psci");
}
END_TEST

START_TEST(an_affinity_with_aff3_takes_two_cells)
{
    mpidr[1] = 0x300000002ull;
    build();
    ck_assert_uint_eq(cell("/cpus", "#address-cells", 0), 2);
    ck_assert_uint_eq(cell("/cpus/cpu@300000002", "reg", 0), 3);
    ck_assert_uint_eq(cell("/cpus/cpu@300000002", "reg", 1), 2);
    ck_assert_uint_eq(cell("/cpus/cpu@0", "reg", 1), 0);
}
END_TEST

START_TEST(the_tree_of_512_vcpus_fits)
{
    describe(512, true, false, "max");
    build();
    node("/cpus/cpu@1f0f");
    ck_assert_uint_eq(cell("/intc@8000000", "#redistributor-regions", 0), 2);
    ck_assert_int_eq(n_cells("/intc@8000000", "reg"), 12);
    ck_assert_uint_eq(cell("/intc@8000000", "reg", 8), 0x40);
    ck_assert_uint_eq(cell("/intc@8000000", "reg", 11), (512 - 123) * 0x20000);
}
END_TEST

/* -- Nodes ------------------------------------------------------------------------------------- */

START_TEST(the_gic_has_one_region_up_to_123_vcpus)
{
    describe(123, false, false, "cortex-a72");
    build();
    want_text("/intc@8000000", "compatible", "arm,gic-v3");
    ck_assert_uint_eq(cell("/intc@8000000", "#redistributor-regions", 0), 1);
    ck_assert_int_eq(n_cells("/intc@8000000", "reg"), 8);
    ck_assert_uint_eq(cell("/intc@8000000", "reg", 5), 0x080a0000);
    ck_assert_uint_eq(cell("/intc@8000000", "reg", 7), 123 * 0x20000);
    ck_assert(has("/intc@8000000", "interrupt-controller") && has("/intc@8000000", "ranges"));
    ck_assert(!has("/intc@8000000", "interrupts"));
}
END_TEST

/* 61 vCPUs have room in the first region. */
START_TEST(gicv4_redistributors_are_twice_as_large)
{
    for (unsigned v41 = 0; v41 < 2; v41++) {
        describe(70, true, false, "cortex-a72");
        board.has_its = true;
        board_place_gic(&board, v41 ? GIC_VERSION_4_1 : GIC_VERSION_4_0);
        build();
        ck_assert_uint_eq(cell("/intc@8000000", "#redistributor-regions", 0), 2);
        ck_assert_uint_eq(cell("/intc@8000000", "reg", 5), v41 ? 0x080c0000 : 0x080a0000);
        ck_assert_uint_eq(cell("/intc@8000000", "reg", 7), 61 * 0x40000);
        ck_assert_uint_eq(cell("/intc@8000000", "reg", 11), 9 * 0x40000);
        ck_assert_uint_eq(cell("/intc@8000000/its@8080000", "reg", 3), v41 ? 0x40000 : 0x20000);
    }
}
END_TEST

START_TEST(the_maintenance_interrupt_is_there_with_el2)
{
    describe(1, true, false, "cortex-a72");
    build();
    ck_assert_uint_eq(cell("/intc@8000000", "interrupts", 1), 9);
}
END_TEST

/* Order by the binding: secure, non-secure, virtual, hyp, and hyp-virtual with VHE. */
START_TEST(the_timer_has_four_interrupts_and_five_with_vhe)
{
    static const uint32_t ppis[] = {13, 14, 11, 10, 12};

    build();
    ck_assert_int_eq(n_cells("/timer", "interrupts"), 12);
    describe(1, true, false, "cortex-a72");
    build();
    ck_assert_int_eq(n_cells("/timer", "interrupts"), 12);
    describe(1, true, false, "max");
    build();
    ck_assert_int_eq(n_cells("/timer", "interrupts"), 15);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(cell("/timer", "interrupts", 3 * i), 1);
        ck_assert_uint_eq(cell("/timer", "interrupts", 3 * i + 1), ppis[i]);
        ck_assert_uint_eq(cell("/timer", "interrupts", 3 * i + 2) & 0xf, 4);
    }
}
END_TEST

START_TEST(psci_goes_by_hvc_by_smc_with_el2_and_is_absent_with_el3)
{
    build();
    want_text("/psci", "method", "hvc");
    ck_assert_uint_eq(cell("/psci", "cpu_on", 0), 0xc4000003);
    describe(2, true, false, "cortex-a72");
    build();
    want_text("/psci", "method", "smc");
    describe(2, true, true, "cortex-a72");
    build();
    ck_assert_int_lt(fdt_path_offset(blob, "/psci"), 0);
    ck_assert(!has("/cpus/cpu@1", "enable-method"));
}
END_TEST

START_TEST(devices_are_where_the_board_has_them)
{
    static const struct {
        const char *path, *compatible;
        uint32_t spi, flags;
    } rows[] = {
        {"/pl011@9000000", "arm,pl011", 1, 4},
        {"/pl031@9010000", "arm,pl031", 2, 4},
        {"/pl061@9030000", "arm,pl061", 7, 4},
        {"/virtio_mmio@a000000", "virtio,mmio", 16, 1},
        {"/virtio_mmio@a003e00", "virtio,mmio", 47, 1},
    };

    build();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        want_text(rows[i].path, "compatible", rows[i].compatible);
        ck_assert_uint_eq(cell(rows[i].path, "interrupts", 0), 0);
        ck_assert_uint_eq(cell(rows[i].path, "interrupts", 1), rows[i].spi);
        ck_assert_uint_eq(cell(rows[i].path, "interrupts", 2), rows[i].flags);
    }
    want_text("/fw-cfg@9020000", "compatible", "qemu,fw-cfg-mmio");
    want_text("/flash@0", "compatible", "cfi-flash");
    ck_assert_uint_eq(cell("/gpio-keys/poweroff", "linux,code", 0), 116);
    ck_assert_uint_eq(cell("/memory@40000000", "reg", 3), 1u << 30);
    ck_assert_uint_eq(cell("/apb-pclk", "clock-frequency", 0), 24000000);
}
END_TEST

/* Linux: bindings/pci/host-generic-pci; the same cells as QEMU's virt has. */
START_TEST(the_pcie_host_has_its_windows_wires_and_messages)
{
    static const char path[] = "/pcie@10000000";

    board.has_its = true;
    build();
    want_text(path, "compatible", "pci-host-ecam-generic");
    want_text(path, "device_type", "pci");
    ck_assert(has(path, "dma-coherent"));
    ck_assert_uint_eq(cell(path, "reg", 0), 0x40);
    ck_assert_uint_eq(cell(path, "reg", 1), 0x10000000);
    ck_assert_int_eq(n_cells(path, "ranges"), 21);
    ck_assert_uint_eq(cell(path, "ranges", 4), 0x3eff0000); /* where ports are */
    ck_assert_uint_eq(cell(path, "ranges", 13), 0x2eff0000);
    ck_assert_uint_eq(cell(path, "ranges", 15), 0x80);
    ck_assert_int_eq(n_cells(path, "interrupt-map"), 160);
    for (int row = 0; row < 16; row++) {
        int device = row / 4, pin = row % 4;

        ck_assert_uint_eq(cell(path, "interrupt-map", row * 10), (uint32_t)device << 11);
        ck_assert_uint_eq(cell(path, "interrupt-map", row * 10 + 3), (uint32_t)pin + 1);
        ck_assert_uint_eq(cell(path, "interrupt-map", row * 10 + 8), 3 + (device + pin) % 4);
    }
    ck_assert_uint_eq(cell(path, "msi-map", 1), cell("/intc@8000000/its@8080000", "phandle", 0));
    ck_assert_uint_eq(cell(path, "msi-map", 3), 0x10000);
}
END_TEST

START_TEST(without_an_its_the_pcie_host_has_no_messages)
{
    board.has_its = false;
    build();
    ck_assert(!has("/pcie@10000000", "msi-map"));
}
END_TEST

START_TEST(chosen_says_what_boot_says)
{
    boot = (struct fdt_boot){.bootargs = "console=ttyAMA0 \"x\"",
                             .initrd_start = 0x123456000ull,
                             .initrd_end = 0x123456abcull};
    build();
    want_text("/chosen", "bootargs", "console=ttyAMA0 \"x\"");
    want_text("/chosen", "stdout-path", "/pl011@9000000");
    want_text("/aliases", "serial0", "/pl011@9000000");
    ck_assert_uint_eq(cell("/chosen", "linux,initrd-start", 0), 1);
    ck_assert_uint_eq(cell("/chosen", "linux,initrd-start", 1), 0x23456000);
    ck_assert_uint_eq(cell("/chosen", "linux,initrd-end", 1), 0x23456abc);
}
END_TEST

START_TEST(no_seed_comes_from_anywhere)
{
    build();
    ck_assert(!has("/chosen", "kaslr-seed") && !has("/chosen", "rng-seed"));
    ck_assert(!has("/chosen", "bootargs") && !has("/chosen", "linux,initrd-start"));
}
END_TEST

START_TEST(the_same_board_makes_the_same_bytes)
{
    void *first;
    size_t n;

    build();
    first = blob;
    n = bytes;
    blob = NULL;
    build();
    ck_assert_uint_eq(bytes, n);
    ck_assert_mem_eq(blob, first, n);
    free(first);
}
END_TEST

/* -- Given trees ------------------------------------------------------------------------------- */

static void *given;

/* A tree with a memory node of @ram_bytes (0: none) and vCPUs of affinities 0 and @second. */
static size_t make_given(uint64_t ram_start, uint64_t ram_bytes, uint32_t second)
{
    int memory, cpus, cpu;

    free(given);
    given = malloc(4096);
    fdt_create_empty_tree(given, 4096);
    fdt_setprop_u32(given, 0, "#address-cells", 2);
    fdt_setprop_u32(given, 0, "#size-cells", 2);
    if (ram_bytes) {
        memory = fdt_add_subnode(given, 0, "memory@40000000");
        fdt_setprop_string(given, memory, "device_type", "memory");
        fdt_setprop_u64(given, memory, "reg", ram_start);
        fdt_appendprop_u64(given, memory, "reg", ram_bytes);
    }
    cpus = fdt_add_subnode(given, 0, "cpus");
    fdt_setprop_u32(given, cpus, "#address-cells", 1);
    fdt_setprop_u32(given, cpus, "#size-cells", 0);
    for (unsigned i = 0; i < 2; i++) {
        cpu = fdt_add_subnode(given, fdt_path_offset(given, "/cpus"), i ? "cpu@b" : "cpu@a");
        fdt_setprop_string(given, cpu, "device_type", "cpu");
        fdt_setprop_u32(given, cpu, "reg", i ? second : 0);
    }
    fdt_pack(given);
    return fdt_totalsize(given);
}

static int complete(size_t n)
{
    free(blob);
    blob = NULL;
    return fdt_complete("my.dtb", given, n, &board, &boot, &blob, &bytes, &err);
}

static void given_teardown(void)
{
    free(given);
    given = NULL;
    teardown();
}

START_TEST(a_given_tree_keeps_its_memory_and_gets_its_chosen)
{
    size_t n = make_given(0x40000000, 1 << 29, 1);

    boot = (struct fdt_boot){
        .bootargs = "quiet", .initrd_start = 0x48000000, .initrd_end = 0x48001000};
    ck_assert_msg(!complete(n), "%s", err.text);
    ck_assert_int_eq(fdt_check_full(blob, bytes), 0);
    want_text("/chosen", "bootargs", "quiet");
    ck_assert_uint_eq(cell("/chosen", "linux,initrd-end", 1), 0x48001000);
    ck_assert_uint_eq(cell("/memory@40000000", "reg", 3), 1 << 29);
}
END_TEST

START_TEST(a_given_tree_without_memory_gets_the_boards)
{
    ck_assert_int_eq(complete(make_given(0, 0, 1)), 0);
    ck_assert_uint_eq(cell("/memory@40000000", "reg", 1), 0x40000000);
    ck_assert_uint_eq(cell("/memory@40000000", "reg", 3), 1 << 30);
}
END_TEST

START_TEST(memory_that_is_not_there_is_refused)
{
    ck_assert_int_ne(complete(make_given(0x40000000, 1ull << 31, 1)), 0);
    ck_assert_str_eq(err.text, "-dtb my.dtb: memory@40000000 has 0x80000000 bytes at 0x40000000, "
                               "but RAM is 0x40000000..0x7fffffff; give more with -m, or leave the "
                               "node out");
    ck_assert_int_ne(complete(make_given(0x3ff00000, 1 << 29, 1)), 0);
    ck_assert_int_ne(complete(make_given(UINT64_MAX - 5, 4096, 1)), 0);
}
END_TEST

START_TEST(an_affinity_that_no_vcpu_has_is_refused)
{
    ck_assert_int_ne(complete(make_given(0, 0, 0x100)), 0);
    ck_assert_str_eq(err.text, "-dtb my.dtb: cpu@b has affinity 0x100, which none of the 2 vCPUs "
                               "has; give more with -smp (they are 0..15, 0x100..0x10f, ...)");
    describe(17, false, false, "cortex-a72");
    ck_assert_int_eq(complete(make_given(0, 0, 0x100)), 0);
}
END_TEST

START_TEST(a_truncated_tree_is_refused)
{
    size_t n = make_given(0, 0, 1);

    for (size_t cut = 0; cut < n; cut++)
        ck_assert_int_ne(complete(cut), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "-dtb my.dtb: not a sound device tree blob"));
}
END_TEST

/* By libfdt 1.6.1 alone this one is read through a NULL pointer. */
START_TEST(a_tree_of_an_old_version_is_refused)
{
    size_t n = make_given(0, 0, 1);

    fdt_set_version(given, 3);
    fdt_set_last_comp_version(given, 2);
    ck_assert_int_ne(complete(n), 0);
    ck_assert_str_eq(err.text, "-dtb my.dtb: not a sound device tree blob (FDT_ERR_BADVERSION); "
                               "compile it with dtc");
}
END_TEST

/* -- Modules for a hypervisor -------------------------------------------------------------------
 */

static const struct fdt_module modules[] = {
    {.is_kernel = true, .address = 0x49000000, .bytes = 0x1000, .bootargs = "console=hvc0"},
    {.is_kernel = false, .address = 0x4c000000, .bytes = 0x123},
};

static void want_modules(void)
{
    const char *kernel = "/chosen/module@49000000", *initrd = "/chosen/module@4c000000";

    ck_assert_int_eq(fdt_check_full(blob, bytes), 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node(kernel), "multiboot,kernel"), 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node(kernel), "multiboot,module"), 0);
    want_text(kernel, "bootargs", "console=hvc0");
    ck_assert_int_eq(fdt_node_check_compatible(blob, node(initrd), "multiboot,ramdisk"), 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node(initrd), "multiboot,module"), 0);
    ck_assert(!has(initrd, "bootargs"));
    ck_assert_int_eq(node(kernel), fdt_first_subnode(blob, node("/chosen")));
}

START_TEST(modules_are_told_of_below_chosen)
{
    boot.modules = modules;
    boot.n_modules = 2;
    build();
    want_modules();
    ck_assert_uint_eq(cell("/chosen", "#address-cells", 0), 2);
    ck_assert_uint_eq(cell("/chosen", "#size-cells", 0), 2);
    ck_assert_uint_eq(cell("/chosen/module@4c000000", "reg", 1), 0x4c000000);
    ck_assert_uint_eq(cell("/chosen/module@4c000000", "reg", 3), 0x123);
}
END_TEST

START_TEST(a_given_tree_gets_modules_in_cells_of_its_own)
{
    boot.modules = modules;
    boot.n_modules = 2;
    make_given(0, 0, 1);
    ck_assert_int_eq(fdt_open_into(given, given, 4096), 0);
    ck_assert_int_ge(fdt_add_subnode(given, 0, "chosen"), 0);
    fdt_setprop_u32(given, fdt_path_offset(given, "/chosen"), "#address-cells", 1);
    fdt_setprop_u32(given, fdt_path_offset(given, "/chosen"), "#size-cells", 1);
    ck_assert_msg(!complete(4096), "%s", err.text);
    want_modules();
    ck_assert_int_eq(n_cells("/chosen/module@49000000", "reg"), 2);
    ck_assert_uint_eq(cell("/chosen/module@49000000", "reg", 0), 0x49000000);
    ck_assert_uint_eq(cell("/chosen/module@49000000", "reg", 1), 0x1000);
}
END_TEST

START_TEST(a_module_whose_address_has_no_room_in_the_cells_is_refused)
{
    const struct fdt_module high = {.is_kernel = true, .address = 1ull << 32, .bytes = 1};

    boot.modules = &high;
    boot.n_modules = 1;
    make_given(0, 0, 1);
    ck_assert_int_eq(fdt_open_into(given, given, 4096), 0);
    ck_assert_int_ge(fdt_add_subnode(given, 0, "chosen"), 0);
    fdt_setprop_u32(given, fdt_path_offset(given, "/chosen"), "#address-cells", 1);
    ck_assert_int_ne(complete(4096), 0);
    ck_assert_str_eq(err.text, "-dtb my.dtb: the cells of /chosen have no room for "
                               "module@100000000; set its #address-cells and #size-cells to 2");
}
END_TEST

START_TEST(a_module_that_a_given_tree_has_is_refused)
{
    boot.modules = modules;
    boot.n_modules = 2;
    make_given(0, 0, 1);
    ck_assert_int_eq(fdt_open_into(given, given, 4096), 0);
    ck_assert_int_ge(fdt_add_subnode(given, 0, "chosen"), 0);
    fdt_add_subnode(given, fdt_path_offset(given, "/chosen"), "module@4c000000");
    ck_assert_int_ne(complete(4096), 0);
    ck_assert_str_eq(err.text, "-dtb my.dtb: has /chosen/module@4c000000 already; leave it out "
                               "there, or use -device loader instead of guest-loader");
}
END_TEST

START_TEST(bootargs_for_which_a_tree_has_no_room_are_refused)
{
    static char long_text[1 << 20];
    const struct fdt_module module = {
        .is_kernel = true, .address = 0x49000000, .bytes = 1, .bootargs = long_text};

    memset(long_text, 'x', sizeof(long_text) - 1);
    boot.modules = &module;
    boot.n_modules = 1;
    ck_assert_int_ne(fdt_build(&board, &boot, &blob, &bytes, &err), 0);
    ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    ck_assert_str_eq(err.text, "-device guest-loader: no place for module@49000000 in the device "
                               "tree (FDT_ERR_NOSPACE); shorten the bootargs");
    blob = NULL;
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &vcpus_are_in_clusters_of_16_up_to_512,
        &a_cpu_nodes_reg_is_its_affinity,
        &an_affinity_with_aff3_takes_two_cells,
        &the_tree_of_512_vcpus_fits,
        &the_gic_has_one_region_up_to_123_vcpus,
        &gicv4_redistributors_are_twice_as_large,
        &the_maintenance_interrupt_is_there_with_el2,
        &the_timer_has_four_interrupts_and_five_with_vhe,
        &psci_goes_by_hvc_by_smc_with_el2_and_is_absent_with_el3,
        &devices_are_where_the_board_has_them,
        &the_pcie_host_has_its_windows_wires_and_messages,
        &without_an_its_the_pcie_host_has_no_messages,
        &chosen_says_what_boot_says,
        &no_seed_comes_from_anywhere,
        &the_same_board_makes_the_same_bytes,
        &a_given_tree_keeps_its_memory_and_gets_its_chosen,
        &a_given_tree_without_memory_gets_the_boards,
        &memory_that_is_not_there_is_refused,
        &an_affinity_that_no_vcpu_has_is_refused,
        &a_truncated_tree_is_refused,
        &a_tree_of_an_old_version_is_refused,
        &modules_are_told_of_below_chosen,
        &a_given_tree_gets_modules_in_cells_of_its_own,
        &a_module_whose_address_has_no_room_in_the_cells_is_refused,
        &a_module_that_a_given_tree_has_is_refused,
        &bootargs_for_which_a_tree_has_no_room_are_refused,
    };
    return SUITE_RUN("fdt", setup, given_teardown, tests);
}
