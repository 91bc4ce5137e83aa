# SPDX-License-Identifier: BSL-1.0
#
# Opens a page in headless Chromium and prints the text of its element `shown` as soon as it is a
# JSON object. By DevTools and not by --dump-dom, which does not wait for a WebSocket.
#
#     chromium.py CHROMIUM URL [CHROMIUM-ARGUMENT...]
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request

import websockets

flags = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --ignore-certificate-errors --remote-debugging-port=0""".split()


async def until(found):
    while not (result := found()):
        await asyncio.sleep(0.05)
    return result


def page_of(profile):
    try:
        with open(f"{profile}/DevToolsActivePort") as file:
            port = int(file.readline())
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        targets = json.load(direct.open(f"http://127.0.0.1:{port}/json/list", timeout=5))
        return next((target["webSocketDebuggerUrl"] for target in targets
                     if target["type"] == "page"), None)
    except (OSError, ValueError):
        return None


async def shown(profile):
    async with websockets.connect(await until(lambda: page_of(profile))) as devtools:
        script = {"expression": "document.getElementById('shown')?.textContent"}
        text = ""
        while not text.startswith("{"):
            await asyncio.sleep(0.05)
            await devtools.send(json.dumps({"id": 1, "method": "Runtime.evaluate",
                                            "params": script}))
            said = json.loads(await devtools.recv()).get("result", {}).get("result", {})
            text = said.get("value") or ""
        return text


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    chromium, url, *more = sys.argv[1:]
    browser = subprocess.Popen([chromium, *flags, f"--user-data-dir={profile}", *more, url],
                               start_new_session=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        print(asyncio.run(asyncio.wait_for(shown(profile), 30)))
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
