#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# docs/operations.md, followed: every block of `sh` in it is typed into one shell on a server of the
# lab, and what the page shows below it has the form of what is printed. Its clients come at `<!--
# clients come -->`; what needs the world outside is marked `<!-- not run -->`.
#
#     operations.test.sh DEMO AROMA_LINK AROMA_CALIBRATE REPOSITORY [--print]
set -u
. "$(dirname "$0")/../support/lab.sh"
lab_enter "$0" "$@" || exit 77
demo=$1 calibrate=$3 repository=$4 print=${5:-}
AROMA_LINK=$2
needs curl jq prometheus promtool python3
lab_host server && lab_host home && lab_host away &&
    lab_link home 10.77.1.2 server 10.77.1.1 --delay 10 --jitter 20 --seed 5 &&
    lab_link away 10.77.2.2 server 10.77.2.1 --delay 30 --jitter 5 --seed 6 || exit 1

# A checkout in which just these are built.
mkdir -p /run/aroma/build/examples && cd /run/aroma || exit 1
ln -s "$demo" build/examples/demo
ln -s "$calibrate" build/examples/aroma-calibrate
ln -s "$repository/examples" examples
exec python3 - "$repository/docs/operations.md" "$print" <<'PYTHON'
import os, re, subprocess, sys, threading
page, show = open(sys.argv[1]).read(), sys.argv[2] == "--print"
shell = subprocess.Popen(["nsenter", "--net=/run/netns/server", "bash", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, env={**os.environ, "PS1": ""})

def typed(commands):
    watch = threading.Timer(90, shell.kill)
    watch.start()
    shell.stdin.write(commands + '\necho "ended with $?"\n')
    shell.stdin.flush()
    printed = []
    for line in shell.stdout:
        if line.startswith("ended with "):
            watch.cancel()
            return "".join(printed), int(line.split()[2])
        printed.append(line)
    sys.exit(f"FAILED: no end of\n{commands}\n{''.join(printed)}")

def visits(host, address, port, processes, connections):
    one = f"for k in $(seq {connections}); do curl -skL -c /dev/null --max-time 20 -o /dev/null https://{address}:{port}/; done"
    return subprocess.Popen(["nsenter", f"--net=/run/netns/{host}", "bash", "-c", f"for i in $(seq {processes}); do ({one}) & done; wait"])

def form(text):
    text = re.sub(r"^(\s+\d \|).*(\| \d)$", r"\1\2", text, flags=re.M) # a plot
    text = re.sub(r"^\s+[psu ]+$", "", text, flags=re.M) # and its marks
    text = re.sub(r"(its own|that of .*|published(, lowered .*|: .* too few)?)$", "WHOSE", text, flags=re.M)
    text = re.sub(r"[0-9][0-9,.:]*", "N", text)
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]

failed, ran, shown = False, 0, 0
steps = re.finditer(r"(?:^<!-- (clients come|not run) -->\n)?^```(\w*)\n(.*?)^```$|^<!-- (clients come) -->$", page, flags=re.M | re.S)
printed, code = "", 0
for mark, language, text, clients in (step.groups() for step in steps):
    if clients:
        both = typed("pgrep -fx '.*demo --port 8444.*' >/dev/null")[1] == 0
        guests = [visits("home", "10.77.1.1", 8443, 8, 20 if both else 40)]
        if both:
            guests.append(visits("away", "10.77.2.1", 8444, 8, 10))
        for guest in guests:
            guest.wait()
    elif language == "sh" and mark == "not run":
        printed = None
    elif language == "sh":
        if show:
            print("\n".join("$ " + line for line in text.splitlines()))
        printed, code = typed(text)
        ran += 1
        if show:
            print(printed, end="")
        if code != 0:
            print(f"FAILED: ends with {code}:\n{text}{printed}")
            failed = True
    elif language == "" and printed is not None:
        shown += 1
        rest = form(printed)
        for line in form(text):
            if line == "...":
                continue
            if line not in rest:
                print(f"FAILED: the page shows a line like \"{line}\", but what is printed is\n{printed}")
                failed = True
                break
            rest = rest[rest.index(line) + 1:]
print(f"{ran} blocks of commands were run, and {shown} outputs are as the page shows them" if not failed else "the page is not what happens")
sys.exit(failed or ran < 8 or shown < 6)
PYTHON
