#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
#
# Fails unless each public entity of the reference has a text, and its own: the comment at its
# declaration, the synopsis' line that declares it and no overload, its case of message(), or what
# comments.awk has for each name(), message(), validate(), with() and adjust(). No two of one class,
# enumeration or namespace say the same. This reads Doxygen's XML and the headers as they are, and
# not what comments.awk has made of them.
#
#     sentences.py XML SOURCE
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

folder, source = (pathlib.Path(argument) for argument in sys.argv[1:])
faults, checked = [], 0


def text_of(element):
    parts = (element.find(part) for part in ("briefdescription", "detaileddescription"))
    return " ".join(" ".join("".join(part.itertext()) for part in parts
                             if part is not None).split())


def bare(text):  # as Doxygen may have set it otherwise: letters and digits alone
    return re.sub(r"[\W_]", "", text)


def lines_of(file, known={}):
    if file not in known:
        known[file] = pathlib.Path(source, file).read_text().split("\n")
    return known[file]


def behind(line):
    return line.split("// ", 1)[1] if "// " in line else ""


def own_comment(lines, at):
    """The comment at a declaration on line `at`, or ''."""
    found = [] if lines[at].lstrip().startswith("//") else [behind(lines[at])]
    head = r"\s*(template <|requires|&& |\{ .*;$|\}$|// clang-format)"
    indentation = re.match(" *", lines[at]).group()
    at -= 1
    while re.match(head, lines[at]) and not re.match("}", lines[at]):
        at -= 1
    while re.match(indentation + "//( |$)", lines[at]):
        found.insert(0, lines[at].split("//", 1)[1])
        at -= 1
    return " ".join(found)


def synopsis_lines(lines):
    """(class, declaration, words) of each line of the synopsis, with those that it goes on in."""
    found, inside, on = [], "", False
    for line in lines:
        if not line.startswith("//"):
            break
        line = line[3:]
        if line == "Synopsis" or line and not line.startswith("  "):
            on = line == "Synopsis"
        if not on or line == "Synopsis":
            continue
        if line.startswith(" " * 19):
            if found:
                found[-1][2] += " " + line.strip()
            continue
        if re.match("  };", line):
            inside = ""
        ends = [match.end() for match in re.finditer(r"[;{}]  +(?=\S)", line)]
        at = ends[-1] if ends and not line.endswith(";") else len(line)
        declaration, words = line[:at], line[at:]
        found.append([inside if line.startswith("   ") else "", declaration, words])
        if opened := re.match(r"  (?:class|struct) (\w+).*\{$", declaration.rstrip()):
            inside = opened[1]
    return found


def case_of(lines, enumeration, value):
    """What message() returns for it."""
    text = "\n".join(lines).partition(f" message({enumeration} ")[2]
    case = re.search(rf"case {enumeration}::{value}:\s*return ((\s*\"([^\"\\]|\\.)*\")+);", text)
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', case[1])) if case else ""


def check(what, name, text, file, at, inside, overloads, first_type=""):
    global checked
    checked += 1
    lines = lines_of(file)
    where = f"{file}:{at + 1}: {what}"
    if not text:
        return faults.append(f"{where} has no text")
    if own := bare(own_comment(lines, at)):
        if own != bare(text):
            faults.append(f"{where} has another text than its comment: {text}")
        return
    declared = [words for owner, declaration, words in synopsis_lines(lines)
                if owner == inside and re.search(rf"(?<![\w.]){re.escape(name)} *([<({{;=\[:]|$)",
                                                 declaration)]
    if bare(text) in map(bare, declared):
        if len(declared) > 1 or overloads > 1:
            faults.append(f"{where} has the text of one of its overloads in the synopsis: {text}")
        return
    if inside and bare(text) == bare(case_of(lines, inside, name)):
        return
    if name in ("name", "message", "validate") and first_type and \
            re.search(rf"\ban? {re.escape(first_type)}\b", text):
        return
    if name in ("with", "adjust") and inside and overloads == 1 and re.match("(Of c|At r)", text):
        return
    faults.append(f"{where} has a text that is not its own: {text}")


def at_of(element):
    place = element.find("location")
    file = place.get("declfile") or place.get("file")
    return (pathlib.Path(file).resolve().relative_to(source.resolve())
            if pathlib.Path(file).is_absolute()
            else pathlib.Path("include", file)), int(place.get("declline") or place.get("line")) - 1


def distinct(scope, said):
    seen = {}
    for what, text in said:
        if text and text in seen:
            faults.append(f"{scope}: {what} says the same as {seen[text]}: {text}")
        seen.setdefault(text, what)


for page in sorted(folder.glob("*.xml")):
    for compound in xml.parse(page).getroot().iter("compounddef"):
        kind, scope = compound.get("kind"), compound.findtext("compoundname")
        if kind not in ("class", "struct", "namespace", "concept") or \
                compound.get("prot") == "private" or not scope.startswith("aroma"):
            continue
        if "detail" in scope:
            continue
        inside = "" if kind == "namespace" else re.sub("<.*", "", scope.split("::")[-1])
        if kind != "namespace":
            file, at = at_of(compound)
            check(scope, inside, text_of(compound), file, at, "", 1)
        members = [member for member in compound.iter("memberdef")
                   if member.get("prot") != "private" and kind != "concept"]
        names = [(member.findtext("name"), at_of(member)[0]) for member in members]
        said = []
        for member in members:
            name = member.findtext("name")
            what = scope + "::" + name + (member.findtext("argsstring") or "")
            text, (file, at) = text_of(member), at_of(member)
            if re.fullmatch(r"operator([=!]=|[<>]=?|<=>)", name) or name[0] == "~": # need no words
                continue
            first = member.find("param/type")
            first = "" if first is None else re.sub(r"^const | const|[&*]| *$|^aroma::", "",
                                                    "".join(first.itertext())).strip()
            check(what, name, text, file, at, inside, names.count((name, file)), first)
            said.append((what, text))
            values = [value for value in member.iter("enumvalue")]
            for value in values:
                value_name = value.findtext("name")
                value_at = next(i for i in range(at, at + 99)
                                if re.match(rf"    {value_name}\b", lines_of(file)[i])
                                or i + 1 >= len(lines_of(file))
                                or lines_of(file)[i].startswith("}"))
                check(f"{what}::{value_name}", value_name, text_of(value), file, value_at, name, 1)
            distinct(what, [(value.findtext("name"), text_of(value)) for value in values])
        distinct(scope, said)

print("\n".join(faults))
if checked < 1:
    print(f"nothing in {folder}")
print(f"{checked} entities, {len(faults)} faults")
sys.exit(bool(faults) or checked < 1)
