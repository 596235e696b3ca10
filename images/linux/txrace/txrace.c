// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small transmitter's driver, with the race that the DaVinci I2C driver had (README.md).
 *
 * The transmitter is the board's PL031: a match of its counter stands for "ready for a byte", and
 * its interrupt is real. What is sent goes into an array, where it can be compared.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irqdomain.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>

/* ARM DDI 0224, table 3-1. */
#define RTCDR   0x00
#define RTCMR   0x04
#define RTCIMSC 0x10
#define RTCICR  0x1c

/* images/lib/race.h's calls to the explorer, which a module of Linux cannot include. */
enum { RACE_BEGIN = 0x100, RACE_END = 0x101, RACE_ASSERT = 0x102 };

static const u8 message[] = {'d', 'a', 'v', 'i', 'n', 'c', 'i'};

static struct {
    void __iomem *base;
    struct device_node *node;
    int irq;
    struct completion done;
    const u8 *next;
    unsigned int left;
    u8 wire[2 * sizeof(message)];
    unsigned int sent;
} tx;

static void race_call(unsigned long operation, const char *argument)
{
    register unsigned long x0 asm("x0") = operation;
    register const char *x1 asm("x1") = argument;

    asm volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

/* The counter matches at once, and the interrupt is asserted. */
static void ask_for_more(void)
{
    writel(readl(tx.base + RTCDR), tx.base + RTCMR);
}

static void send_byte(void)
{
    if (tx.sent < sizeof(tx.wire))
        tx.wire[tx.sent] = *tx.next;
    tx.sent++;
    tx.next++;
    tx.left--;
}

static irqreturn_t tx_ready(int irq, void *dev)
{
    writel(1, tx.base + RTCICR);
    if (tx.left) {
        send_byte();
        ask_for_more();
    } else {
        complete(&tx.done);
    }
    return IRQ_HANDLED;
}

static bool transmit(void)
{
    tx.next = message;
    tx.left = sizeof(message);
    tx.sent = 0;
    reinit_completion(&tx.done);
#ifdef FLAWED
    ask_for_more();
    send_byte();
#else
    send_byte();
    ask_for_more();
#endif
    return wait_for_completion_timeout(&tx.done, HZ) && tx.sent == sizeof(message) &&
           !memcmp(tx.wire, message, sizeof(message));
}

static int test(void *unused)
{
    bool good;

    msleep(2000); /* until the kernel's start is over, and the machine idle */
    pr_info("txrace: ready\n");
    msleep(100); /* a snapshot that is taken at the message is before the test */
    race_call(RACE_BEGIN, NULL);
    good = transmit();
    if (!good)
        race_call(RACE_ASSERT, "what was sent is the message");
    race_call(RACE_END, NULL);
    pr_info("txrace: %s\n", good ? "passed" : "failed");
    return 0;
}

static int __init txrace_init(void)
{
    struct task_struct *task;
    int rc;

    tx.node = of_find_compatible_node(NULL, NULL, "arm,pl031");
    tx.base = tx.node ? of_iomap(tx.node, 0) : NULL;
    tx.irq = tx.node ? irq_of_parse_and_map(tx.node, 0) : 0;
    if (!tx.base || !tx.irq)
        return -ENODEV;
    init_completion(&tx.done);
    rc = request_irq(tx.irq, tx_ready, 0, "txrace", &tx);
    if (rc)
        return rc;
    irq_set_affinity(tx.irq, cpumask_of(1));
    writel(1, tx.base + RTCIMSC);
    task = kthread_create(test, NULL, "txrace");
    if (IS_ERR(task))
        return PTR_ERR(task);
    kthread_bind(task, 0);
    wake_up_process(task);
    return 0;
}

module_init(txrace_init);
MODULE_DESCRIPTION("a transmitter's race, for irqlab explore");
MODULE_LICENSE("GPL");
