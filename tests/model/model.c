/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INTIDs to places in the model's arrays (IHI 0069 2.2). */
#include <stddef.h>

#include "tests/model/model.h"

unsigned m_local_intid(unsigned i)
{
    return i < 32 ? i : 1056 + i - 32;
}

unsigned m_shared_intid(unsigned i)
{
    return i < 64 ? 32 + i : 4096 + i - 64;
}

struct m_irq *m_irq(struct model *m, unsigned cpu, unsigned intid)
{
    for (unsigned i = 0; i < M_LOCAL; i++)
        if (m_local_intid(i) == intid)
            return &m->vcpu[cpu].local[i];
    for (unsigned i = 0; i < M_SHARED; i++)
        if (m_shared_intid(i) == intid)
            return &m->shared[i];
    return NULL;
}

int m_lpi_index(unsigned intid)
{
    for (int i = 0; i < M_LPIS; i++)
        if (M_LPI_FIRST + (unsigned)i * M_LPI_STRIDE == intid)
            return i;
    return -1;
}

unsigned m_vlpi_intid(unsigned i)
{
    return M_LPI_FIRST + i * M_VLPI_STRIDE;
}

unsigned m_vlpi_index(unsigned intid)
{
    return (intid - M_LPI_FIRST) / M_VLPI_STRIDE;
}
