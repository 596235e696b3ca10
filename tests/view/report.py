#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""irqlab report, and its file in a real browser: report.py TEST IRQLAB IMAGES OUT."""
import os
import re
import subprocess
import sys
import tempfile

from browser import Browser

TEST, IRQLAB, IMAGES, OUT = sys.argv[1:5]
NOW = "Number(byId('clock-insns').textContent.replaceAll(',', ''))"
HOSTILE = '</script><img src=x onerror=hacked=1><script>hacked=1</script><!--<script>'


def check(what, holds, seen=''):
    if not holds:
        sys.exit(f'FAIL: {what}: {seen}')
    print(f'ok: {what}')


def record(folder, image, *options, name='run.rec'):
    path = os.path.join(folder, name)
    subprocess.run([IRQLAB, 'run', '-kernel', os.path.join(IMAGES, image), '-nographic',
                    '--record', path, *options], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    return path


def report(page, recording, *options):
    done = subprocess.run([IRQLAB, 'report', page, '--recording', recording, *options],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    check('the report is written', done.returncode == 0, done.stderr)
    return done.stdout


def opened(browser, path, fragment='', size=(1400, 900)):
    page = browser.page()
    page.viewport(*size, mobile=size[0] < 500)
    page.open(f'file://{path}{fragment}')
    page.wait('drawn.frames > 0')
    return page


def alone(page, path):
    check('it asks for nothing but itself', [u.split('#')[0] for u in page.requests] ==
          [f'file://{path}'] * len(page.requests), page.requests)
    check('no script error', not page.problems, page.problems)


def masked_timer(folder):
    recording = record(folder, 'view/view-masked.elf', '--max-insns', '8000000')
    path = os.path.join(folder, 'report.html')
    said = report(path, recording)
    check('it says what is in it', re.search(r'report.html: \d+ moments, \d+ events', said), said)
    return path


def a_blocked_gate_without_a_network():
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        path = masked_timer(folder)
        page = opened(browser, path)
        check('it begins at the beginning', page.evaluate(NOW) == 0)
        page.evaluate("byId('slider').focus()")
        page.key('End')
        page.wait(f'{NOW} === 8000000')
        page.wait("!!document.querySelector('#irq-table tr.blocked')")
        page.evaluate("document.querySelector('#irq-table tbody th button').click()")
        page.wait("byId('door').innerText.includes('priority-mask')")
        red = page.evaluate("getComputedStyle(document.querySelector('.door.fail .name')).color")
        check('the closed door is red', re.match(r'rgb\(1[5-9]\d, \d\d, \d\d\)', red), red)
        text = page.text('#door')
        for part in ('ICC_PMR_EL1.Priority', '0x80', 'main+', 'write a larger value'):
            check(f'it tells {part}', part in text, text)
        page.click('#copy')
        page.wait("/copied|Copy the link/.test(byId('message').textContent)")
        check('its link has the moment and the interrupt',
              page.evaluate('location.hash') == '#insns=8000000&intid=27&vcpu=0')
        check('the console is there', '5 ticks' in page.text('#console-text'))
        page.screenshot(os.path.join(OUT, 'report.png'))
        page.evaluate("byId('slider').focus()")
        page.key('Home')
        page.wait(f'{NOW} === 0')
        alone(page, path)


def slider_play_and_link():
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        path = masked_timer(folder)
        page = opened(browser, path, '#insns=5500000&intid=27&vcpu=0')
        page.wait(f'{NOW} > 5000000')
        at = page.evaluate(NOW)
        check('the link goes to the last moment before it', at <= 5500000, at)
        check('and has its interrupt', '27' in page.text('#gates-title'))
        page.evaluate("byId('step-event').focus()")
        page.key('Enter')
        page.wait(f'{NOW} > {at}')
        page.evaluate("byId('back-event').focus()")
        page.key('Enter')
        page.wait(f'{NOW} === {at}')
        page.evaluate("byId('run').focus()")
        page.key('Enter')
        page.wait("byId('run-text').textContent === 'Pause'")
        page.wait(f'{NOW} === 8000000', 60)
        page.wait("byId('run-text').textContent === 'Play'")
        verdicts = set()
        page.evaluate("byId('slider').focus()")
        page.key('Home')
        for _ in range(80):
            verdicts.update(page.evaluate("asList(state.frame.interrupts).map(i => i.verdict)"))
            page.key('ArrowRight')
        check('the moments show it idle, active and blocked',
              {'idle', 'active', 'blocked'} <= verdicts, verdicts)
        alone(page, path)


def names_cannot_break_out():
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        symbols = os.path.join(folder, 'System.map')
        with open(symbols, 'w', encoding='utf-8') as file:
            for at in range(0x40080000, 0x40084000, 16):
                file.write(f'{at:016x} T {HOSTILE.replace(" ", "_")}\n')
        recording = record(folder, 'view/view-masked.elf', '--max-insns', '8000000',
                           name='<script>hacked=1<!--.rec')
        path = os.path.join(folder, 'report.html')
        report(path, recording, '--symbols', symbols)
        page = opened(browser, path)
        page.evaluate("byId('slider').focus()")
        page.key('End')
        page.wait("!!document.querySelector('#irq-table tr.blocked')")
        page.evaluate("document.querySelector('#irq-table tbody th button').click()")
        page.wait("byId('door').innerText.includes('priority-mask')")
        check('the name is shown as it is', '</script><img' in page.text('#vcpu-table'))
        check('nothing of it has run', page.evaluate("typeof hacked") == 'undefined')
        check('nothing of it is an element', not page.evaluate("!!document.querySelector('img')"))
        alone(page, path)


def much_in_little():
    """64 vCPUs and 988 SPIs: bounded by --frames, all gates of some, and still a page."""
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        recording = record(folder, 'view/view-crowd.elf', '-smp', '64', '-gic', 'spis=988',
                           '--max-insns', '6000000')
        path = os.path.join(folder, 'report.html')
        said = report(path, recording, '--frames', '20')
        n = int(re.search(r'(\d+) moments', said).group(1))
        check('as many moments as were asked for, at most', 10 <= n <= 20, said)
        size = os.path.getsize(path)
        check('it can be mailed', size < 20 << 20, size)
        page = opened(browser, path, size=(390, 844))
        page.evaluate("byId('slider').focus()")
        page.key('End')
        page.wait(f'{NOW} === 6000000')
        page.wait("/ of | blocked/.test(byId('interrupts-title').textContent)")
        check('a phone has nothing to scroll sideways', page.evaluate(
            'document.documentElement.scrollWidth') <= 390)
        page.screenshot(os.path.join(OUT, 'report-phone.png'))
        alone(page, path)


TESTS = {f.__name__.replace('_', '-'): f for f in (
    a_blocked_gate_without_a_network, slider_play_and_link, names_cannot_break_out,
    much_in_little)}

if __name__ == '__main__':
    os.makedirs(OUT, exist_ok=True)
    TESTS[TEST]()
