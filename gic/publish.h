/* SPDX-License-Identifier: MIT */
/* Where publish.c puts, in the upper half of gic_public_word.apr[1], what cpuread.c looks for. */
#ifndef GIC_PUBLISH_H
#define GIC_PUBLISH_H

#define PUB_BPR_SHIFT        0  /* 3 each: BPR0, BPR1(S), BPR1(NS) */
#define PUB_NMI_ACTIVE_SHIFT 9  /* 1 each: by group */
#define PUB_SRE_EL1_SHIFT    12 /* 3 each: secure, non-secure */
#define PUB_SRE_EL2_SHIFT    18 /* 4 */
#define PUB_SRE_EL3_SHIFT    22 /* 4 */
#define PUB_RM_SHIFT         26
#define PUB_PMHE_SHIFT       27

#endif
