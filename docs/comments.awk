# SPDX-License-Identifier: BSL-1.0
#
# Doxygen reads a header through this, so that the headers may be written for people. No line moves.
#
#   the block at the top        becomes the file's page, its synopsis and what else is indented as they stand
#   // before a declaration     is that declaration's, be it the namespace's or a class's
#   // after one                is its too, where it stands on the declaration's line
#   the synopsis                says what a declaration without a comment is: the text behind it there, by class and name
#   name(), message(), validate(), with(), adjust()   mean the same everywhere, and are explained here where nothing else explains them
#
# What is defaulted (comparisons, constructors) and deduction guides need no words, and are left out.

# Nothing in our prose is one of Doxygen's commands or tags.
function plain(text) {
    gsub(/[\\@<>#&]/, "\\\\&", text)
    gsub(/::/, "\\::", text)
    return text
}

# The name that a declaration declares: what stands before its first parenthesis, brace, equals sign, bracket or semicolon.
function name_of(declaration) {
    sub(/ *\/\/.*/, "", declaration)
    sub(/^ +/, "", declaration)
    gsub(/\[\[[a-z]+\]\] */, "", declaration)
    sub(/ : .*/, "", declaration)
    if (declaration ~ /operator\(\)/) return "operator()"
    if (declaration ~ /operator *[^a-z ]+ *\(/) { sub(/\(.*/, "", declaration); sub(/.*operator/, "operator", declaration); return declaration }
    sub(/^(enum class|class|struct|concept|using) +/, "", declaration) && sub(/[ <;{=].*/, "", declaration)
    sub(/ *[({=;[].*/, "", declaration)
    sub(/<.*/, "", declaration)
    sub(/.*[ *&]/, "", declaration)
    return declaration
}

# One line of the synopsis: declarations, and what is said of them behind at least two spaces.
function remember(line,    code, words, part, count, i, name) {
    if (line ~ /^                    /) { # goes on from the line above
        sub(/^ +/, "", line)
        for (i = 1; i <= said_of; ++i) said[said_key[i]] = said[said_key[i]] == "" ? line : said[said_key[i]] " " line
        return
    }
    code = line
    words = ""
    for (i = 1; match(substr(line, i), /[;{}]  +[^ ]/);) i += RSTART + RLENGTH - 2 # several may stand on a line, and words behind the last
    if (i > 1 && line !~ /;$/) { code = substr(line, 1, i - 1); words = substr(line, i) }
    said_of = 0
    if (code ~ /^   };/) { within = ""; if (words != "") { said_of = 1; said_key[1] = last_key; said[last_key] = said[last_key] " " words }; return }
    count = split(code, part, /;/)
    for (i = 1; i <= count; ++i) {
        if (part[i] ~ /^ *}? *$/) continue
        name = name_of(part[i] ";")
        if (name == "") continue
        last_key = (code ~ /^    / ? within : "") ":" name
        last_key = last_key ":" ++times[last_key]
        said_key[++said_of] = last_key
        said[last_key] = words
    }
    if (code ~ /^   [^ ].*\{ *$/) within = name
}

NR == 1 { top = 1 }
top && /^\/\// {
    text = substr($0, 4)
    if (NR == 1) { print "/** @file"; next }
    if (NR == 3) { sub(/^aroma\/[a-z_\/]+\.hpp: /, "", text); print "@brief " plain(text); next }
    if (text == "") { if (held) print ""; held = 1; next }
    indented = text ~ /^  / || text == "Synopsis"
    if (held) print indented == verbatim ? "" : indented ? "@verbatim" : "@endverbatim"
    mark = held || indented == verbatim ? "" : indented ? "@verbatim " : "@endverbatim "
    held = 0
    verbatim = indented
    if (text == "Synopsis") in_synopsis = 1
    else if (!indented) in_synopsis = 0
    if (in_synopsis && text != "Synopsis") remember(" " text)
    print mark (indented ? text : plain(text))
    next
}
top { top = 0; print (verbatim ? "@endverbatim " : "") "*/ " $0; next }

# What the synopsis says: of overloads in their order, of those beyond its last line what that says.
function of_synopsis(name,    key, i) {
    key = class ":" name
    for (i = ++met[key]; i > 0; --i)
        if ((key ":" i) in said) return said[key ":" i]
    return ""
}

# What is the same wherever it is met in this house.
function by_convention(name, line,    said) {
    if (class == "" && name == "name") said = "The enumerator by its name here; never null."
    else if (class == "" && name == "message") said = "One sentence that says what is wrong and what to do; never null."
    else if (class == "" && name == "validate") said = "What is wrong with it, or that nothing is."
    else if (line ~ /^enum class [A-Za-z]+Error/) said = "What may be wrong, each with a sentence."
    else if (class != "" && name == "with") said = "Of constants: wrong ones do not compile, and the error says why."
    else if (class != "" && name == "adjust") said = "At run time: if it is wrong, nothing is changed and the answer says why."
    return said == "" ? "" : "/** " said " */"
}

# What waits: a comment and template heads, until the declaration comes that they belong to.
function flush(convert, first,    i, line) {
    for (i = 1; i <= waiting; ++i) {
        line = wait[i]
        if (line ~ /^ *\/\// && convert) { match(line, /^ *\/\/ ?/); line = substr(line, 1, index(line, "/") - 1) "/// " plain(substr(line, RLENGTH + 1)) }
        if (i == 1 && first != "") line = first " " line
        print line
    }
    waiting = 0
    commented = 0
}

foreign { print ""; if ($0 ~ /^};/) foreign = 0; next }

/^ *\/\/ clang-format (on|off)$/ { if (waiting) wait[++waiting] = ""; else print ""; next }

{
    here = class != "" ? "^    [^ ]" : "^[^ ]"
    if ($0 ~ /^ *\/\/ / && $0 ~ (class != "" ? "^    //" : "^//")) { if (waiting && !commented) flush(0, ""); wait[++waiting] = $0; commented = 1; next }
    if ($0 ~ here && $0 ~ /^ *(template <|requires[ (])/ && $0 !~ /;$/) { wait[++waiting] = $0; next }
    if (waiting && ($0 ~ /^ +(requires[ (]|&& )/ || ($0 ~ /^ +(\{ .*;|\}$)/ && wait[waiting] ~ /requires.*\{$|\{ .*;/))) { wait[++waiting] = $0; next } # of the template head

    declares = $0 ~ here && $0 !~ /^ *(#|}|\{|namespace|public:|private:|protected:|static_assert|case |default:|extern "C")/
    if ($0 !~ here && waiting && !declares) { flush(0, ""); print; next }
    if (!declares) { flush(0, ""); if ($0 ~ /^};/ || (class != "" && $0 ~ /^}/)) class = ""; print; next }

    line = $0
    if (line ~ /= default;|= delete;/ || line ~ /^[A-Za-z]+\([A-Za-z, ]*\) -> /) { # needs no words
        for (i = 1; i <= waiting; ++i) print ""
        waiting = commented = 0
        print ""
        of_synopsis(name_of(line))
        next
    }
    if (line ~ /^struct fmt::/) { # what fmt asks for, under fmt's names: the file's page says what it does
        for (i = 1; i <= waiting; ++i) print ""
        waiting = commented = 0
        print ""
        foreign = line !~ /\{\};$/
        next
    }
    name = name_of(line)
    first = ""
    words = of_synopsis(name)
    if (match(line, /[;,}]  *\/\/ /) || (class != "" && match(line, /^    [a-z_0-9]+ +\/\/ /))) {
        at = index(line, "// ")
        line = substr(line, 1, at - 1) "///< " plain(substr(line, at + 3))
    } else if (!commented && words != "")
        first = "/** " plain(words) " */"
    else if (!commented)
        first = by_convention(name, line)
    if (waiting) { flush(1, first); print line } else print (first != "" ? first " " : "") line
    if ($0 ~ /^(class|struct|enum class) (\[\[nodiscard\]\] )?[A-Za-z]/ && $0 !~ /[;}]( *\/\/.*)?$/) class = name
}
END { flush(0, "") }
