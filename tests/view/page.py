#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of irqlab serve in a real browser: page.py TEST IRQLAB GDB IMAGES OUT.

What is checked is what a person sees or hears: colours as computed, words, the names that a screen
reader is told. Pictures go to OUT.
"""
import contextlib
import os
import subprocess
import sys
import tempfile
import time

from browser import SHIFT, Browser
from synthetic import Synthetic

TEST, IRQLAB, GDB, IMAGES, OUT = sys.argv[1:6]
MASKED = ['-kernel', os.path.join(IMAGES, 'view/view-masked.elf')]
CROWD = ['-smp', '64', '-gic', 'spis=988', '-kernel', os.path.join(IMAGES, 'view/view-crowd.elf')]
NOW = "Number(byId('clock-insns').textContent.replaceAll(',', ''))"
STATE = "byId('state-text').textContent"
TRIES = 3  # of what has to be quick, on a machine that does other things, too


def check(what, holds, seen=''):
    if not holds:
        sys.exit(f'FAIL: {what}: {seen}')
    print(f'ok: {what}')


@contextlib.contextmanager
def served(*options, folder=None):
    with tempfile.TemporaryDirectory() as own:
        path = os.path.join(folder or own, 'url')
        server = subprocess.Popen([IRQLAB, 'serve', '--url-file', path, *options],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            yield server.stderr.readline().split()[-1]
        finally:
            server.terminate()
            server.stderr.close()
            server.wait()


def recording(folder):
    path = os.path.join(folder, 'masked.rec')
    subprocess.run([IRQLAB, 'run', *MASKED, '-nographic', '--record', path,
                    '--max-insns', '8000000'], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    return path


def opened(browser, url, size=(1400, 900), **media):
    page = browser.page()
    page.viewport(*size, mobile=size[0] < 500)
    if media:
        page.media(**media)
    page.open(url)
    page.wait('drawn.frames > 0')
    return page


def picture(page, name, whole=False):
    page.screenshot(os.path.join(OUT, f'page-{name}.png'), whole=whole)


def clean(page):
    check('no script error, no warning', not page.problems, page.problems)
    check('no request off loopback', not page.off_loopback(), page.off_loopback())


def colour(page, selector, property_name='color'):
    """As [red, green, blue]."""
    return page.evaluate(f"getComputedStyle(document.querySelector('{selector}'))"
                         f".getPropertyValue('{property_name}').match(/[\\d.]+/g).map(Number)")


def is_red(rgb):
    return rgb[0] > 150 and rgb[0] > 1.7 * rgb[1] and rgb[0] > 1.7 * rgb[2]


def is_green(rgb):
    return rgb[1] > 90 and rgb[1] > 1.5 * rgb[0]


def door(gate):
    return f"[...document.querySelectorAll('.door')].find(d => d.innerText.startsWith('{gate}'))"


def choose(page, intid):
    page.evaluate("[...document.querySelectorAll('#irq-table tbody th button')].find(b => "
                  f"b.textContent.endsWith(' {intid}')).click()")


# -- A gate ----------------------------------------------------------------------------------------

def blocked_gate_is_seen(page):
    page.wait("!!document.querySelector('#irq-table tr.blocked')", 60)
    choose(page, 27)
    page.wait(f"{door('priority-mask')}?.classList.contains('fail')")
    check('the closed door is red', is_red(colour(page, '.door.fail .name')))
    check('it says so in words', 'closed' in page.text('.door.fail'))
    check('the interrupt in the drawing is red',
          is_red(colour(page, '.token.blocked path', 'fill')))
    check('the gate in the drawing is red', is_red(colour(page, '.gic .gate.fail', 'stroke')))
    check('it travels to the gate and stands in front of it', page.wait(
        "(() => { const x = (s) => document.querySelector(s).getBoundingClientRect();"
        "const token = x('.token.blocked'), gate = x('.gic .gate.fail');"
        "return Math.abs(token.right - gate.left) < 8; })()"))
    why = page.evaluate("document.querySelector('.gic .why:not(:empty)').textContent")
    check('the drawing says why', 'ICC_PMR_EL1.Priority' in why and '0x80' in why, why)
    detail = page.text('#door')
    for part in ('ICC_PMR_EL1.Priority', '0x80', '> 0xa0', 'main+', 'IHI 0069 4.8.6',
                 'write a larger value to ICC_PMR_EL1'):
        check(f'the door tells {part}', part in detail, detail)


def mend(socket):
    """By the real debugger; when, by the host's clock."""
    done = subprocess.run(
        [GDB, '-nx', '-batch', '-iex', 'set debuginfod enabled off', MASKED[1],
         '-ex', f'target remote {socket}', '-ex', 'set $ICC_PMR_EL1 = 0xff',
         '-ex', 'python import time; print("AT", time.time(), flush=True)', '-ex', 'detach'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120)
    at = [line.split()[1] for line in done.stdout.splitlines() if line.startswith('AT ')]
    check('gdb has written the mask', at, done.stdout)
    return float(at[0])


WATCH = ("window.greenAt = 0; (function look() { const d = " + door('priority-mask') + ";"
         "if (d?.classList.contains('pass')) window.greenAt = Date.now() / 1000;"
         "else requestAnimationFrame(look); })()")


def seconds_until_green(browser):
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, 'gdb')
        with served(*MASKED, '-gdb', f'unix:{socket}', folder=folder) as url:
            page = opened(browser, url)
            blocked_gate_is_seen(page)
            picture(page, 'gate-closed')
            page.evaluate(WATCH)
            mended = mend(socket)
            page.wait('window.greenAt', 30)
            check('the door is green', is_green(colour(page, '.door.pass .word')))
            page.wait("Number(document.querySelector('#irq-table tr:not(.space) td:last-child')"
                      ".textContent.replaceAll(',', '')) > 5", 30)
            check('nothing is blocked', page.wait(
                "!document.querySelector('.token.blocked, #irq-table tr.blocked')"))
            picture(page, 'gate-open')
            clean(page)
            seconds = page.evaluate('window.greenAt') - mended
            page.close()
            return seconds


def gate_turns_green():
    with Browser() as browser:
        for _ in range(TRIES):
            seconds = seconds_until_green(browser)
            print(f'green {seconds:.2f} s after it was mended')
            if seconds < 1:
                return
    check('it turns green within a second', False, seconds)


PLACES = """new Promise((done) => {
    const places = [], begin = performance.now();
    byId('step').click();
    (function look() {
        const token = document.querySelector('.token');
        if (token)
            places.push(token.getBoundingClientRect().right);
        if (performance.now() - begin < 2000)
            requestAnimationFrame(look);
        else
            done([places, document.querySelector('.gic .gate.fail').getBoundingClientRect().left,
                  byId('drawing').getBoundingClientRect().left]);
    })();
})"""


def interrupt_travels():
    """From its source to the gate that is closed, when the timer's output goes up."""
    with tempfile.TemporaryDirectory() as folder, Browser() as browser, \
            served('--recording', recording(folder), '--paused') as url:
        for motion in ('no-preference', 'reduce'):
            page = opened(browser, url, prefers_reduced_motion=motion)
            page.evaluate("byId('go-to').value = '6000000'; byId('go').requestSubmit()")
            page.wait(f"{NOW} === 6000000")
            check('nothing is on its way', not page.evaluate("!!document.querySelector('.token')"))
            page.evaluate("byId('stride').value = 100000")
            places, gate, left = page.evaluate(PLACES)
            check('it arrives at the gate', abs(places[-1] - gate) < 8, (places[-1], gate))
            begun = places[0] - left < 150
            check(f'{motion}: it {"comes from its source" if begun else "is there at once"}',
                  begun == (motion == 'no-preference'), places[:5])
            check('and is seen on its way' if begun else 'without a way',
                  (len({round(x) for x in places}) > 3) == begun, places)
            clean(page)
            page.close()


# -- Time ------------------------------------------------------------------------------------------

def slider_and_link():
    with tempfile.TemporaryDirectory() as folder, Browser() as browser, \
            served('--recording', recording(folder), '--paused') as url:
        page = opened(browser, url)
        page.evaluate("byId('slider').focus()")
        page.key('End')
        page.wait(f"{NOW} === 8000000", 60)
        page.evaluate("byId('slider').value = 5500000;"
                      "byId('slider').dispatchEvent(new Event('input'))")
        page.wait(f"{NOW} === 5500000")
        page.key('ArrowRight')
        page.wait(f"{NOW} === 5500001")
        check('the slider says where it is', page.evaluate(
            "byId('slider').getAttribute('aria-valuetext')").startswith('5,500,001 of 8,000,000'))
        page.evaluate("byId('go-to').value = '7,123,456'; byId('go').requestSubmit()")
        page.wait(f"{NOW} === 7123456")
        choose(page, 27)
        page.wait("document.querySelectorAll('.door.fail').length")
        link = page.evaluate("(() => { keepAddress(); return location.href; })()")
        check('the address has the moment and the interrupt',
              link.endswith('#insns=7123456&intid=27&vcpu=0'), link)
        other = opened(browser, link.replace('7123456', '6543210'))
        other.wait(f"{NOW} === 6543210")
        other.wait("document.querySelectorAll('.door.fail').length")
        check('the link shows its interrupt', '27' in other.text('#gates-title'))
        clean(other)
        other.close()
        page.evaluate("location.hash = '#ns=2000000'")
        page.wait("byId('clock-ns').textContent === '2.000000 ms'")
        clean(page)


def events_lead_to_their_moments():
    with tempfile.TemporaryDirectory() as folder, Browser() as browser, \
            served('--recording', recording(folder), '--paused') as url:
        page = opened(browser, url)
        page.evaluate("byId('slider').focus()")
        page.key('End')
        page.wait(f"{NOW} === 8000000", 60)
        row = "[...document.querySelectorAll('#event-table tbody tr')].find(" \
              "r => /acknowledged/.test(r.innerText))"
        page.evaluate("byId('event-scroll').scrollTop = 0")
        page.wait(f"!!{row}")
        at = page.evaluate("(b => { const at = b.textContent.replaceAll(',', ''); b.click();"
                           "return at; })(" + row + ".querySelector('button'))")
        page.wait(f"{NOW} === {at} + 1")
        check('it is active then', page.wait("!!document.querySelector('#irq-table tr.active')"))
        page.wait("document.querySelectorAll('#event-table tr.future').length > 3")
        page.click('#step-event')
        page.wait(f"{NOW} > {at} + 1")
        later = page.evaluate(NOW)
        page.click('#back-event')
        page.wait(f"{NOW} < {later}")
        picture(page, 'event')
        clean(page)


# -- Without a mouse, without a screen -------------------------------------------------------------

FOCUS = "document.activeElement.id || document.activeElement.textContent"


def tab_to(page, condition, what, back=False):
    for _ in range(60):
        if page.evaluate(f"!!({condition})"):
            check(f'the focus is seen at {what}', page.evaluate(
                "getComputedStyle(document.activeElement).outlineStyle !== 'none'"))
            return
        page.key('Tab', SHIFT if back else 0)
    check(f'Tab comes to {what}', False, page.evaluate(FOCUS))


def keyboard_alone():
    with Browser() as browser, served(*MASKED, '--paused') as url:
        page = opened(browser, url)
        tab_to(page, "document.activeElement.id === 'run'", 'run')
        page.key('Enter')
        page.wait(f"{STATE} === 'Running'")
        page.wait("!!document.querySelector('#irq-table tr.blocked')", 60)
        page.key('Enter')
        page.wait(f"{STATE} === 'Paused'")
        stopped = page.evaluate(NOW)
        tab_to(page, "document.activeElement.id === 'step'", 'step')
        page.key('Enter')
        page.wait(f"{NOW} === {stopped} + 1")
        tab_to(page, "document.activeElement.id === 'slider'", 'the slider')
        page.key('ArrowLeft')
        page.wait(f"{NOW} === {stopped}")
        tab_to(page, "document.activeElement.closest('#irq-table')", 'the interrupts')
        page.key('Enter')
        page.wait("!!document.querySelector('.door.fail')")
        tab_to(page, "document.activeElement.classList.contains('door')", 'the doors')
        check('one comes to the closed door', 'priority-mask' in page.evaluate(FOCUS))
        page.key('ArrowRight')
        check('arrows go from door to door', page.wait(
            "byId('door').innerText.includes('running-priority')"))
        tab_to(page, "document.activeElement.closest('#event-table')", 'the events')
        page.key('Home')
        page.key('ArrowDown')
        page.key('Enter')
        page.wait(f"{NOW} < {stopped}")
        clean(page)


INTERACTIVE = {'button', 'textbox', 'combobox', 'slider', 'checkbox', 'spinbutton', 'link',
               'image', 'table', 'searchbox', 'DisclosureTriangle'}


def screen_reader():
    with Browser() as browser, served(*MASKED, '--paused') as url:
        page = opened(browser, url)
        page.evaluate("window.heard = []; new MutationObserver(() => window.heard.push("
                      "byId('said').textContent)).observe(byId('said'), {childList: true});"
                      "byId('run').click()")
        page.wait("!!document.querySelector('#irq-table tr.blocked')", 60)
        choose(page, 27)
        page.wait("!!document.querySelector('.door.fail')")
        tree = page.accessible()
        unnamed = [role for role, name in tree if role in INTERACTIVE and not name.strip()]
        check('everything has a name', not unnamed, unnamed)
        roles = {role for role, _ in tree}
        for role in ('heading', 'table', 'rowheader', 'slider', 'status', 'list', 'main'):
            check(f'there is a {role}', role in roles, roles)
        names = [name for _, name in tree]
        check('the row says what and why', any('PPI 27, vCPU 0, blocked at priority-mask' in n
                                               for n in names), names)
        check('the drawing has a description', page.wait(
            "byId('drawing-desc').textContent.includes('INTID 27 is blocked at priority-mask')"))
        heard = page.wait("window.heard.find(t => /27.*blocked at priority-mask/.test(t))")
        check('a change is said in words', 'ICC_PMR_EL1' in heard, heard)
        clean(page)


CONTRAST = """(() => {
    const numbers = (c) => c.match(/[\\d.]+/g).map(Number);
    const light = (rgb) => rgb.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92
        : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (e) => {
        for (; e; e = e.parentElement) {
            const c = numbers(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0)
                return c;
        }
        return numbers(getComputedStyle(document.body).backgroundColor);
    };
    const poor = [];
    for (const e of document.querySelectorAll('body *')) {
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!own || e.closest('[hidden], .hidden, .skip, :disabled, script') ||
            !e.getClientRects().length)
            continue;
        const style = getComputedStyle(e), inSvg = e.closest('svg.gic');
        const shape = e.closest('.token')?.querySelector('path');
        const front = numbers(inSvg ? style.fill : style.color);
        const back = shape ? numbers(getComputedStyle(shape).fill) : behind(e);
        const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5)
            poor.push(`${e.className.baseVal ?? e.className} "${e.textContent.slice(0, 30)}" ` +
                `${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
    }
    return poor;
})()"""


def light_and_dark():
    with Browser() as browser, Synthetic(vcpus=4, interrupts=40) as server:
        for scheme in ('light', 'dark'):
            page = opened(browser, server.url, prefers_color_scheme=scheme,
                          prefers_reduced_motion='reduce')
            page.wait('drawn.frames > 5')
            page.evaluate("byId('gate-list').open = true")
            page.click('#irq-table tbody th button')
            page.wait("document.querySelectorAll('#gate-rows tr').length > 3")
            poor = page.evaluate(CONTRAST)
            check(f'{scheme}: text has a contrast of 4.5 at least', not poor, poor)
            dark = sum(colour(page, 'body', 'background-color')) < 200
            check(f'{scheme}: it is', dark == (scheme == 'dark'))
            check('nothing moves for who does not want it', page.evaluate(
                "getComputedStyle(document.querySelector('.token')).transitionDuration") == '0s')
            picture(page, scheme, whole=True)
            clean(page)
            page.close()


def fits_a_phone():
    with Browser() as browser, served(*MASKED) as url:
        page = opened(browser, url, size=(390, 844))
        page.wait("!!document.querySelector('#irq-table tr.blocked')", 60)
        choose(page, 27)
        page.wait("!!document.querySelector('.door.fail')")
        page.evaluate("byId('gate-list').open = true")
        check('nothing to scroll sideways', page.evaluate(
            'document.documentElement.scrollWidth') <= 390)
        small = page.evaluate("[...document.querySelectorAll('header button, #doors button')]"
                              ".filter(b => b.offsetHeight < 32).map(b => b.textContent)")
        check('buttons are for fingers', not small, small)
        page.evaluate("byId('gate-list').open = false")
        picture(page, 'phone', whole=True)
        clean(page)


# -- Much, and odd ---------------------------------------------------------------------------------

def cpu_seconds(page):
    """Of the page's main thread: what others do on this machine does not count."""
    metrics = page.call('Performance.getMetrics')['metrics']
    return next(m['value'] for m in metrics if m['name'] == 'TaskDuration')


def frames_a_second(page, seconds=4):
    """By the clock, and with a core to itself."""
    before = page.evaluate('[drawn.frames, performance.now()]') + [cpu_seconds(page)]
    time.sleep(seconds)
    after = page.evaluate('[drawn.frames, performance.now()]') + [cpu_seconds(page)]
    frames, ms, cpu = (b - a for a, b in zip(before, after))
    print(f'{frames / ms * 1000:.1f} frames a second, {cpu / max(frames, 1) * 1000:.1f} ms of CPU '
          'for each')
    return max(frames / ms * 1000, frames / cpu)


def crowd_at_ten_frames():
    """Each frame that is counted has been drawn: all tables, the drawing and the timeline."""
    with Browser() as browser, Synthetic(vcpus=64, interrupts=1000, per_second=25) as server:
        page = opened(browser, server.url)
        page.call('Performance.enable', timeDomain='threadTicks')
        page.click('#irq-table tbody th button')
        rate = 0
        for _ in range(TRIES):
            rate = max(rate, frames_a_second(page))
            if rate >= 10:
                break
        check('64 vCPUs and 1,000 interrupts at 10 frames a second', rate >= 10, rate)
        rows = page.evaluate("document.querySelectorAll('tbody tr').length")
        check('only rows in sight are there', rows < 150, rows)
        page.evaluate("byId('timeline').scrollTop = byId('drawing').scrollTop = 1000")
        check('the timeline shows the vCPUs that it is scrolled to', page.wait(
            "(() => { const y = (e) => e.getBoundingClientRect().top; return byId('timeline')"
            ".scrollTop > 500 && Math.abs(y(byId('timeline')) - y(byId('timeline-canvas'))) < 2;"
            "})()"))
        page.wait("[...document.querySelectorAll('.gic .vcpu')].some("
                  "t => t.textContent.startsWith('vCPU 20 '))")
        page.evaluate("byId('irq-scroll').scrollTop = 1e6")
        page.wait("/ 999$/.test([...document.querySelectorAll('#irq-table tbody th')].at(-1)"
                  ".textContent)")
        clean(page)


def crowd_is_served():
    with Browser() as browser, served(*CROWD) as url:
        page = opened(browser, url)
        page.wait("/: 9[0-9][0-9], [1-9]/.test(byId('interrupts-title').textContent)", 60)
        page.evaluate("byId('filter-show').value = 'blocked';"
                      "byId('filter-show').dispatchEvent(new Event('input', {bubbles: true}))")
        page.wait("!!document.querySelector('#irq-table tbody th button')")
        page.evaluate("document.querySelector('#irq-table tbody th button').click()")
        page.wait("document.querySelectorAll('.door').length > 10", 30)
        check('all that are shown are blocked', page.evaluate(
            "[...document.querySelectorAll('#irq-table tbody tr:not(.space)')].every("
            "r => r.className.includes('blocked'))"))
        picture(page, 'crowd')
        clean(page)


def odd_data():
    with Browser() as browser:
        with Synthetic(vcpus=6, interrupts=60, per_second=20, odd=True) as server:
            page = opened(browser, server.url)
            for n in range(8):
                page.evaluate("document.querySelectorAll('#irq-table tbody th button')"
                              f"[{n}]?.click()")
                time.sleep(0.3)
            page.evaluate("location.hash = '#insns=x&intid=99999999999999999999&vcpu=-1'")
            time.sleep(0.5)
            check('frames were drawn all the while', page.evaluate('drawn.frames') > 20)
            check('nothing of it became markup', not page.evaluate(
                "document.querySelector('img, b, main script')"))
            clean(page)
        page.wait(f"{STATE} === 'Connection lost'")
        check('a lost connection is said', 'lost' in page.text('#notice'))
        check('and nothing can be pressed', page.evaluate("byId('run').disabled"))
        with Synthetic(refuse=True) as server:
            page = browser.page()
            page.open(server.url)
            page.wait(f"{STATE} === 'Token wrong'")
            check('what to do is said', 'Open the address' in page.text('#notice'))


def states_are_told():
    with Browser() as browser:
        with served(*MASKED, '--paused') as url:
            page = opened(browser, url)
            page.wait(f"{STATE}.startsWith('Paused')")
            page.click('#run')
            page.wait(f"{STATE} === 'Running'")
            page.wait("byId('console-text').textContent.includes('5 ticks')", 60)
            wrong = browser.page()
            wrong.open(url.split('token=')[0] + 'token=' + '0' * 32)
            wrong.wait("document.body.innerText.includes('oken')")
            wrong.close()
        page.wait(f"{STATE} === 'Connection lost'", 30)
        hello = ['-kernel', os.path.join(IMAGES, 'hello.elf'), '-semihosting']
        with served(*hello) as url:
            page = opened(browser, url)
            page.wait(f"{STATE}.startsWith('Run over')", 60)
            check('how it has ended is said', 'exit code' in page.text('#message'))
            page.click('#back')
            page.wait(f"{STATE}.startsWith('Paused')")
            clean(page)


TESTS = {f.__name__.replace('_', '-'): f for f in (
    gate_turns_green, interrupt_travels, slider_and_link, events_lead_to_their_moments,
    keyboard_alone, screen_reader, light_and_dark, fits_a_phone, crowd_at_ten_frames,
    crowd_is_served, odd_data, states_are_told)}

if __name__ == '__main__':
    os.makedirs(OUT, exist_ok=True)
    TESTS[TEST]()
