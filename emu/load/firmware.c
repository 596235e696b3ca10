/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/load/firmware.h"

#include <errno.h>
#include <stdlib.h>

#include "emu/dev/fw_cfg.h"
#include "emu/dev/pl011.h"
#include "emu/dev/pl061.h"
#include "emu/load/acpi.h"
#include "emu/load/internal.h"
#include "gic/gic.h"

#define GICD_BYTES UINT64_C(0x10000)

/* INTIDs of PPIs as on QEMU's `virt` (Arm BSA, table of PPIs). */
enum {
    INTID_MAINTENANCE = 25,
    INTID_TIMER_HYP = 26,
    INTID_TIMER_VIRT = 27,
    INTID_TIMER_HYP_VIRT = 28,
    INTID_TIMER_SECURE = 29,
    INTID_TIMER_PHYS = 30,
};

/* The redistributors of all vCPUs: one region, and a second one for those beyond the first's. */
static void describe_redistributors(struct acpi_board *a, const struct board_description *b)
{
    a->gicr[0] = (struct acpi_range){b->gicr_base, b->gicr_first * b->gicr_bytes};
    a->gicr[1] =
        (struct acpi_range){BOARD_GICR2_BASE, (b->n_vcpus - b->gicr_first) * b->gicr_bytes};
}

static void describe_devices(struct acpi_board *a, const struct board_description *board)
{
    a->uart = (struct acpi_range){BOARD_UART_BASE, PL011_REGION_BYTES};
    a->uart_intid = BOARD_UART_INTID;
    a->gpio = (struct acpi_range){BOARD_GPIO_BASE, PL061_REGION_BYTES};
    a->gpio_intid = BOARD_GPIO_INTID;
    a->power_key_pin = BOARD_GPIO_POWER_KEY_LINE;
    a->fw_cfg = (struct acpi_range){BOARD_FW_CFG_BASE, FW_CFG_REGION_BYTES};
    a->flash[0] = (struct acpi_range){0, BOARD_FLASH_BYTES};
    a->flash[1] = (struct acpi_range){BOARD_FLASH_BYTES, BOARD_FLASH_BYTES};
    a->virtio = (struct acpi_range){board->virtio_base, board->virtio_stride};
    a->n_virtio = BOARD_VIRTIO_COUNT;
    a->virtio_intid = BOARD_VIRTIO_INTID;
    a->pcie = (struct acpi_pcie){
        .ecam = {BOARD_PCIE_ECAM_BASE, BOARD_PCIE_ECAM_BYTES},
        .memory = {BOARD_PCIE_MMIO_BASE, BOARD_PCIE_MMIO_BYTES},
        .ports = {BOARD_PCIE_PIO_BASE, BOARD_PCIE_PIO_BYTES},
        .high = {BOARD_PCIE_HIGH_BASE, BOARD_PCIE_HIGH_BYTES},
        .intid = BOARD_PCIE_INTID,
    };
}

static struct acpi_board describe(const struct board_description *board)
{
    struct acpi_board a = {
        .n_vcpus = board->n_vcpus,
        .mpidr = board->mpidr,
        .psci_by_hvc = board->conduit == BOARD_CONDUIT_HVC,
        .gicd = {board->gicd_base, GICD_BYTES},
        .gic_v4 = board->gic_version != GIC_VERSION_3,
        .maintenance_intid = board->has_el2 ? INTID_MAINTENANCE : 0,
        .timer_secure_intid = INTID_TIMER_SECURE,
        .timer_phys_intid = INTID_TIMER_PHYS,
        .timer_virt_intid = INTID_TIMER_VIRT,
        .timer_hyp_intid = INTID_TIMER_HYP,
        .timer_hyp_virt_intid = board->has_vhe ? INTID_TIMER_HYP_VIRT : 0,
    };
    if (board->has_its)
        a.its = (struct acpi_range){board->its_base, board->its_bytes};
    describe_redistributors(&a, board);
    describe_devices(&a, board);
    return a;
}

/* Reads what the options name into buffers that @files owns. */
static int read_files(const struct firmware_request *r, struct load_plan *files,
                      struct load_buffer *kernel, struct load_buffer *initrd, struct error *err)
{
    int rc = r->kernel ? load_read_file(files, "-kernel", r->kernel, kernel, err) : 0;
    if (!rc && r->kernel && load_is_gzip(kernel))
        rc = load_gunzip(files, r->kernel, kernel, err);
    if (!rc && r->initrd)
        rc = load_read_file(files, "-initrd", r->initrd, initrd, err);
    return rc;
}

static int add_boot(const struct firmware_request *r, struct load_plan *files, struct dev *fw_cfg,
                    struct error *err)
{
    struct load_buffer kernel = {0}, initrd = {0};
    int rc = read_files(r, files, &kernel, &initrd, err);
    if (rc)
        return rc;
    const struct fw_cfg_boot boot = {
        .kernel = kernel.bytes,
        .kernel_bytes = kernel.size,
        .initrd = initrd.bytes,
        .initrd_bytes = initrd.size,
        .command_line = r->append,
        .vcpus = (uint16_t)r->board->n_vcpus,
        .ram_bytes = r->board->ram_bytes,
    };
    return fw_cfg_add_boot(fw_cfg, &boot, err);
}

int firmware_configure(const struct firmware_request *request, struct dev *fw_cfg,
                       struct error *err)
{
    struct load_plan *files = calloc(1, sizeof(*files));
    if (!files)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    int rc = add_boot(request, files, fw_cfg, err);
    load_plan_free(files);
    if (rc || !request->acpi)
        return rc;
    const struct acpi_board board = describe(request->board);
    return acpi_add_to_fw_cfg(&board, fw_cfg, err);
}
