/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/cfi_flash.h"
#include "tests/fuzz/fuzz_dev_harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fake_host *f = fuzz_host();
    const struct cfi_flash_config config = {.bank_bytes = 4 * CFI_FLASH_SECTOR_BYTES};
    f->dev = cfi_flash_create(&f->host, &config, NULL);
    return fuzz_device(f, data, size);
}
