#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""irqlab serve's page in a browser, as its server sees it. Usage: serve_page.py IRQLAB IMAGES

What the page shows, and how, is another test's; here it loads under the server's headers, talks to
the server alone, and two people see the same."""
import sys

from browser import Browser
from served import Failed, Served, expect


def check_quiet(page, has_ended=False):
    """Who asks at the very moment that irqlab ends gets no answer; once a second the page asks."""
    def matters(what):
        return not has_ended or '/api/console' not in str(what)

    problems = [p for p in page.problems if matters(p)]
    failures = [f for f in page.failures if matters(f)]
    expect(not problems, f'script errors: {problems}')
    expect(not failures, f'requests that failed: {failures}')
    expect(len(page.problems) < 3, f'it asks again and again: {page.problems}')
    expect(not page.off_loopback(), f'requests off loopback: {page.off_loopback()}')


def main():
    irqlab, images = sys.argv[1:]
    try:
        with Browser() as browser:
            with Served(irqlab, '-kernel', f'{images}/view-masked.elf') as served:
                pages = [browser.page() for _ in range(2)]
                for page in pages:
                    page.open(served.url)
                    page.wait_request('/api/stream')
                    page.wait("document.body.innerText.includes('priority-mask')")
                served.do('pause')
                with served.stream() as stream:
                    at = stream.wait_frame(lambda f: f['state'] == 'paused')['instructions'] + 12345
                served.do('step', 12345)
                for page in pages:
                    page.wait(f"document.body.innerText.replace(/[^0-9]/g, '').includes('{at}')")
                    check_quiet(page)
                stranger = browser.page()
                stranger.open(served.url.split('?')[0] + '?token=' + '0' * 32)
                expect('standard error' in stranger.text(), stranger.text())
                expect(not any('.js' in url or '/api' in url for url in stranger.requests),
                       stranger.requests)
                # Another site's page (another port is one) neither reads nor commands.
                stranger.open('about:blank')
                for call in (f"fetch('{served.url}').then(r => r.text())",
                             f"fetch('http://127.0.0.1:{served.port}/api/command?token="
                             f"{served.token}', {{method: 'POST', body: '{{\"command\":\"quit\"}}'}})"
                             ".then(r => r.text())"):
                    answer = stranger.evaluate(f"{call}.catch(e => 'refused')")
                    expect(answer == 'refused', answer)
                expect(served.process.poll() is None, "another site's page has ended it")
                expect(served.end() == 0, served.log())
                for page in pages:
                    page.wait("document.body.innerText.includes('irqlab has ended')")
                    check_quiet(page, has_ended=True)
            with Served(irqlab, '-smp', '64', '-gic', 'spis=988', '-kernel',
                        f'{images}/view-crowd.elf') as served:
                page = browser.page()
                page.open(served.url)
                page.wait("document.body.innerText.includes('priority-mask')", 60)
                check_quiet(page)
    except Failed as e:
        print(f'FAIL: the page loads, and talks to its server alone: {e}')
        return 1
    print('PASS: the page loads, and talks to its server alone')
    return 0


if __name__ == '__main__':
    sys.exit(main())
