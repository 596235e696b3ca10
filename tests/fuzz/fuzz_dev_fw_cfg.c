/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/fw_cfg.h"
#include "tests/fuzz/fuzz_dev_harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fake_host *f = fuzz_host();
    f->dev = fw_cfg_create(&f->host);
    return fuzz_device(f, data, size);
}
