#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Mutation testing of the headers: would a test notice if this line were wrong?

A mutant is a header with one token changed, or one statement left out. It is killed where a test of
its header does not compile, fails, or does not end. Its tests, from the cheapest on: the layout,
the static facts, the fuzz corpora, the unit tests, the tests on real sockets.

    ./tests/mutate/run.sh [--most N] [--seed N] [--again] [HEADER...]

--most N     so many mutants in all, drawn by the seed, each header in proportion; without it,
             every one: that takes hours
--seed N     another draw (1)
--jobs N     so many at a time, each in a copy of its own (one for each processor)
--again      also those whose result is known: without it, results of mutants whose line is as
             it was are kept, so that a run can go on
HEADER       score.hpp, linux/tcp_info.hpp ...; all of the core and the two adapters without it

Survivors are told with their lines; those that no test can tell from the original are listed with
the reason in equivalent.txt, and not counted. Exit status: 1 where less than 90 % of a header's
mutants are killed.
"""
import argparse, concurrent.futures, hashlib, os, pathlib, queue, re, shutil, signal, subprocess
import sys, time

root = pathlib.Path(__file__).resolve().parents[2]
work = root / "build" / "mutate"
include, tests = root / "include" / "aroma", root / "tests"
compiler = os.environ.get("CXX", "g++")
recordings = os.environ.get("AROMA_RECORDINGS", root.parent / "shared" / "data")
flags = ["-std=c++20", "-O1", "-w", "-Iinclude", f'-DAROMA_RECORDINGS="{recordings}"',
         f'-DAROMA_THRESHOLDS="{tests}/live/thresholds.txt"']
compile_time, run_time = 90, 60  # seconds, at most; a mutant may not end

headers = sorted(str(path.relative_to(include)) for path in include.rglob("*.hpp")
                 if path.name not in ("aroma.hpp", "version.hpp")
                 and path.parent.name != "integrations")
# Beside the tests of a header's own name (tests/README.md): those about it under another's.
further = {
    "duration.hpp": ["static/methods.cpp", "static/histogram.cpp", "static/connection_history.cpp"],
    "score.hpp": ["static/methods.cpp", "unit/methods.cpp"],
    "methods.hpp": ["static/score_calculator.cpp", "static/assessment.cpp", "fuzz/score.cpp"],
    "score_calculator.hpp": ["static/methods.cpp", "static/assessment.cpp", "fuzz/score.cpp",
        "unit/methods.cpp"],
    "threshold_classifier.hpp": ["fuzz/score.cpp"],
    "assessment.hpp": ["static/tcp_info.cpp"],
    "connection_history.hpp": ["static/probe.cpp", "static/transport_excuse.cpp",
        "static/linux_score.cpp", "fuzz/tcp_info.cpp"],
    "probe.hpp": ["static/linux_score.cpp"],
    "transport_excuse.hpp": ["static/probe.cpp", "static/connection_history.cpp",
        "unit/connection_history.cpp"],
    "operate/histogram.hpp": ["static/baseline.cpp", "fuzz/score.cpp"],
    "operate/segment_name.hpp": ["static/baseline.cpp", "fuzz/prometheus.cpp",
        "static/threshold_table.cpp", "unit/baseline.cpp"],
    "operate/baseline.hpp": ["fuzz/prometheus.cpp", "static/threshold_table.cpp"],
    "detail/logarithm.hpp": ["static/likelihood.cpp", "static/evidence.cpp"],
    "decide/sequential_test.hpp": ["unit/evidence.cpp", "static/evidence.cpp"],
    "decide/likelihood.hpp": ["static/evidence.cpp", "unit/evidence.cpp",
        "unit/sequential_test.cpp"],
    "decide/evidence.hpp": ["unit/sequential_test.cpp"],
    "linux/tcp_info.hpp": ["static/timing.cpp", "static/exchange.cpp", "fuzz/tcp_info.cpp"],
    "linux/timing.hpp": ["static/linux_score.cpp", "fuzz/tcp_info.cpp"],
    "linux/socket.hpp": ["static/tcp_info.cpp", "live/linux_score.cpp"],
    "linux/score.hpp": ["static/socket.cpp", "static/tcp_info.cpp", "fuzz/tcp_info.cpp",
        "unit/tcp_info.cpp", "live/socket_faults.cpp", "live/timing.cpp"],
    "linux/endpoint.hpp": ["static/diag_message.cpp", "unit/sock_diag.cpp", "live/sock_diag.cpp",
        "static/sock_diag.cpp"],
    "linux/diag_message.hpp": ["fuzz/sock_diag.cpp", "unit/sock_diag.cpp",
        "live/sock_diag_faults.cpp"],
    "linux/sock_diag.hpp": ["live/socket_faults.cpp", "fuzz/sock_diag.cpp", "live/sock_diag.cpp"],
    "detail/binomial.hpp": ["static/calibration.cpp", "unit/calibration.cpp"],
    "detail/bisect.hpp": ["static/baseline.cpp", "static/calibration.cpp",
        "static/threshold_table.cpp", "unit/calibration.cpp"],
    "detail/millionths.hpp": ["static/threshold_table.cpp", "static/histogram.cpp",
        "unit/threshold_text.cpp"],
    "detail/text.hpp": ["static/baseline.cpp", "static/threshold_table.cpp",
        "unit/baseline_text.cpp", "unit/threshold_text.cpp", "unit/sock_diag.cpp"],
    "detail/text_out.hpp": ["static/baseline_text.cpp", "static/threshold_table.cpp",
        "unit/baseline_text.cpp", "unit/explain.cpp", "unit/prometheus.cpp"],
    "operate/threshold_text.hpp": ["static/threshold_table.cpp", "fuzz/threshold_table.cpp",
        "unit/threshold_text.cpp"],
    "operate/prometheus.hpp": ["fuzz/prometheus.cpp"],
}
order = ["layout", "static", "fuzz", "unit", "live"]


names = [path.stem for path in include.rglob("*.hpp")]


def stem_of(header):
    path = pathlib.Path(header)
    return path.stem if names.count(path.stem) == 1 or path.parent.name == "" else f"{path.parent.name}_{path.stem}"


stems = {stem_of(str(path.relative_to(include))) for path in include.rglob("*.hpp")}


def header_of(test):
    """The stem of the header whose test a file is by its name: X.cpp, or X_WHAT.cpp."""
    return max((stem for stem in stems if (test + "_").startswith(stem + "_")), key=len, default="")


def tests_of(header):
    stem = stem_of(header)
    named = [f"{kind}/{path.name}" for kind in order for path in (tests / kind).glob("*.cpp")
             if header_of(path.stem) == stem]
    found = named + further.get(header, [])
    return sorted(set(found), key=lambda t: (order.index(t.split("/")[0]),
                                             not t.endswith(f"/{stem}.cpp"), t))


def code_of(line):
    """The line with strings, characters and comments as blanks, so that columns stay."""
    return re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|//.*', lambda m: " " * len(m[0]), line)


swaps = [(r" < ", " <= "), (r" > ", " >= "), (r" <= ", " < "), (r" >= ", " > "), (r" == ", " != "),
         (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
         (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " / "), (r" / ", " * "), (r" % ", " / "),
         (r" << ", " >> "), (r" >> ", " << "), (r" & ", " | "), (r" \| ", " & "),
         (r" \+= ", " -= "), (r" -= ", " += "), (r" \|= ", " &= "), (r"\+\+", "--"),
         (r"(?<!-)--(?!-)", "++"), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
         (r"(?<![\w!])!(?=[\w(])", "")]
number = r"(?<![\w.'])(0x[0-9a-fA-F']+|\d[\d']*)(u?)(?![\w.'])"
statement = r"^\s*(?:\+\+|--|\*?[a-z_][\w.\->\[\]()]*\s*(?:=|\+=|-=|\|=|&=|\*=|/=|<<=|>>=)\s|(?:continue|break);|(?:\(void\))?[a-z_][\w.:\->]*\(.*\);)"


def mutants_of(header):
    lines = (include / header).read_text().split("\n")
    raw = False
    for at, line in enumerate(lines):
        raw = (raw or 'R"' in line) and not (raw and ')vcl"' in line)
        code = code_of(line)
        stripped = code.strip()
        if raw or not stripped or re.match(r"#|template\b|requires\b|concept\b|static_assert\b|using\b|namespace\b|friend\b|inline constexpr char\b|enum\b|\{ .*\} ", stripped):
            continue
        if re.search(r"\b(operator==|concept|requires)\b", stripped):
            continue

        def mutant(text):
            return (at, line, text)
        for pattern, new in swaps:
            for m in re.finditer(pattern, code):
                if (pattern in (r" & ", r" \* ", r" && ")
                        and re.search(r"(const|auto|\w)[&*]* ?$", code[:m.start()])
                        and re.match(r"\w+( =|\)|,|;)", code[m.end():])
                        and " const" in code[m.start() - 6:m.start()]):
                    continue
                yield mutant(line[:m.start()] + new + line[m.end():])
        for m in re.finditer(number, code):
            if re.search(r"\b(char|double|bytes)\b.*\[\s*$", code[:m.start()]):
                continue  # the size of an array
            digits = m[1].replace("'", "")
            value = int(digits, 16 if digits.startswith("0x") else 10)
            for other in (value + 1, value - 1):
                if other >= 0:
                    yield mutant(line[:m.start()] + str(other) + m[2] + line[m.end():])
        for m in re.finditer(r"\b(if|while) (?:constexpr )?\((?!.*;)(?=.*\)\s*(?:\{|\[\[|$|return|continue|break))", code):
            if "constexpr" in m[0]:
                continue
            depth, end = 0, m.end() - 1
            for end in range(m.end() - 1, len(code)):
                depth += (code[end] == "(") - (code[end] == ")")
                if depth == 0:
                    break
            if depth == 0:
                yield mutant(line[:m.end()] + "!(" + line[m.end():end] + ")" + line[end:])
        if (re.match(statement, code) and code.rstrip().endswith(";")
                and code.count("(") == code.count(")")):
            yield mutant(re.match(r"\s*", line)[0] + ";")


def key_of(header, mutant):
    at, line, text = mutant
    return header + "\t" + line.strip() + "\t" + text.strip()


class Bench:
    def __init__(self, name):
        self.copy = work / name
        shutil.rmtree(self.copy, ignore_errors=True)
        self.copy.mkdir(parents=True)
        shutil.copytree(root / "include", self.copy / "include")
        shutil.copytree(tests, self.copy / "tests", ignore=shutil.ignore_patterns("node_modules"))
        self.run([compiler, *flags, "-x", "c++-header", "tests/support/catch.hpp", "-o",
                  "tests/support/catch.hpp.gch"], compile_time)
        self.run([compiler, *flags, "-c", "tests/fuzz/corpus_driver.cpp", "-o", "corpus_driver.o"],
                 compile_time)

    def run(self, command, seconds):
        # With all that it starts, as a compiler is a process of g++'s.
        process = subprocess.Popen(command, cwd=self.copy, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()

    def passes(self, test):
        kind, name = test.split("/")
        source = "tests/" + test
        if kind in ("layout", "static"):
            return self.run([compiler, *flags, "-fsyntax-only", source], compile_time)
        if kind == "fuzz":
            made = [compiler, *flags, source, "corpus_driver.o", "-o", "test"]
            corpus = ["./test", "tests/fuzz/corpus/" + name[:-4] + ".tar"]
            return self.run(made, compile_time) and self.run(corpus, run_time)
        made = [compiler, *flags, source, "-o", "test", "-lCatch2WithMain", "-lfmt", "-pthread"]
        return self.run(made, compile_time) and self.run(["./test", "-a"], run_time)

    def killer(self, header, mutant, good):
        """The one of those tests that notices, "" for none."""
        at, _, text = mutant
        path = self.copy / "include" / "aroma" / header
        original = path.read_text()
        lines = original.split("\n")
        lines[at] = text
        path.write_text("\n".join(lines))
        try:
            # One that does not compile by itself is none of a test's doing, but no mutant either.
            if not self.run([compiler, *flags, "-fsyntax-only", "-x", "c++",
                             f"include/aroma/{header}"], compile_time):
                return "does not compile"
            for test in good:
                if not self.passes(test):
                    return test
            return ""
        finally:
            path.write_text(original)


def main():
    arguments = argparse.ArgumentParser(prog="tests/mutate/run.sh", description=__doc__,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--most", type=int, default=0)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments.add_argument("--again", action="store_true")
    arguments.add_argument("--count", action="store_true", help="how many there are, and no more")
    # are these arguments understood?
    arguments.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("headers", nargs="*")
    options = arguments.parse_args()
    chosen = options.headers or headers
    for header in chosen:
        if header not in headers:
            sys.exit(f"aroma: no such header: {header}: one of {' '.join(headers)}")
    if options.check:
        return 0

    equivalent = {}
    for line in (tests / "mutate" / "equivalent.txt").read_text().split("\n"):
        if line and not line.startswith("#"):
            header, original, text, reason = line.split("\t")
            equivalent["\t".join([header, original, text])] = reason
    every = {header: list(dict.fromkeys(mutants_of(header))) for header in chosen}
    total = sum(map(len, every.values()))
    if options.count:
        for header, mutants in every.items():
            print(f"{header:28}{len(mutants):6}")
        return print(f"{'in all':28}{total:6}")

    def draw(header):
        mutants = sorted(every[header], key=lambda m: hashlib.sha256(f"{options.seed}\t{key_of(header, m)}\t{m[0]}".encode()).digest())
        if not options.most:
            return mutants
        return mutants[:max(4, round(options.most * len(mutants) / total))]

    work.mkdir(parents=True, exist_ok=True)
    known_file = work / "results.tsv"
    known = dict(line.rsplit("\t", 1) for line in known_file.read_text().split("\n")
                 if line) if known_file.exists() else {}
    shutil.rmtree(work / "copy", ignore_errors=True)
    pool = concurrent.futures.ThreadPoolExecutor(max(1, options.jobs))
    free = queue.SimpleQueue()
    for bench in pool.map(Bench, [f"copy/{i}" for i in range(max(1, options.jobs))]):
        free.put(bench)

    def with_bench(work_of, *its):
        bench = free.get()
        try:
            return work_of(bench, *its)
        finally:
            free.put(bench)

    begun = time.monotonic()
    passing = {}
    rows = []
    for header in chosen:
        unknown = [test for test in tests_of(header) if test not in passing]
        for test, passes in zip(unknown, pool.map(lambda test: with_bench(Bench.passes, test),
                                                  unknown)):
            passing[test] = passes
            if not passes:
                print(f"aroma: {test} does not pass by itself, and kills nothing here", flush=True)
        good = [test for test in tests_of(header) if passing[test]]
        drawn = [(key_of(header, mutant), mutant) for mutant in draw(header)]
        drawn = [(key, mutant) for key, mutant in drawn if key not in equivalent]
        drawn = [(f"{key}\t{mutant[0]}", mutant) for key, mutant in drawn]  # a line may stand twice
        untried = [(key, mutant) for key, mutant in drawn if options.again or not known.get(key)]
        for (key, _), killer in zip(untried,
            pool.map(lambda tried: with_bench(Bench.killer, header, tried[1], good), untried)):
            known[key] = killer
            with known_file.open("a") as file:
                file.write(f"{key}\t{killer}\n")
        tried = [(mutant, known[key]) for key, mutant in drawn if known[key] != "does not compile"]
        counted, killed = len(tried), sum(killer != "" for _, killer in tried)
        for at, line, text in (mutant for mutant, killer in tried if not killer):
            print(f"survives: {header}:{at + 1}: {line.strip()}\n          {'':{len(header)}}  {text.strip()}", flush=True)
        rows.append((header, counted, killed))
        print(f"{header:28}{counted:6} mutants{killed:6} killed{100 * killed / counted if counted else 100:7.1f} %", flush=True)
    counted, killed = sum(r[1] for r in rows), sum(r[2] for r in rows)
    print(f"{'in all':28}{counted:6} mutants{killed:6} killed{100 * killed / counted if counted else 100:7.1f} %   of {total}, {time.monotonic() - begun:.0f} s")
    return 0 if all(10 * k >= 9 * n for _, n, k in rows) else 1


sys.exit(main())
