# SPDX-License-Identifier: BSL-1.0
#
# Doxygen reads a header through this, so that the headers may be written for people. No line moves.
#
#   the block at the top        becomes the file's page, its synopsis and what else is indented as
#                               they stand
#   // before a declaration     is that declaration's, be it the namespace's or a class's; before
#                               the definition of a member outside of its class it is ignored
#   // after one                is its too, on the declaration's line
#   the synopsis                has the text of a declaration without a comment, behind it on its
#                               line, if that declares nothing else, and if neither the synopsis nor
#                               the header declares that name in that class again: overloads need
#                               comments of their own
#   case X::y: return "...";    in message(X) is the enumerator's text
#   name(), message(), validate(), with(), adjust() and comparisons   mean the same everywhere, and
#                               are explained here unless a comment explains them
#
# What is defaulted (comparisons, constructors) and deduction guides need no words, and are left
# out. A header is read twice: the first time only to know what it declares.

BEGIN { ARGV[ARGC++] = ARGV[1] }

# Nothing in our prose is one of Doxygen's commands or tags.
function plain(text) {
    gsub(/[\\@<>#&]/, "\\\\&", text)
    gsub(/::/, "\\::", text)
    sub(/^ *[-+*] /, "\\\\&", text) # no list
    return text
}

# The name that a declaration declares: what stands before its first parenthesis, brace, equals
# sign, bracket or semicolon.
function name_of(declaration) {
    sub(/ *\/\/.*/, "", declaration)
    sub(/^ +/, "", declaration)
    gsub(/\[\[[a-z]+\]\] */, "", declaration)
    sub(/ : .*/, "", declaration)
    if (declaration ~ /operator\(\)/) return "operator()"
    if (declaration ~ /operator *[^a-z ]+ *\(/) {
        sub(/\(.*/, "", declaration)
        sub(/.*operator/, "operator", declaration)
        return declaration
    }
    sub(/^(enum class|class|struct|concept|using) +/, "", declaration) &&
        sub(/[ <;{=].*/, "", declaration)
    sub(/ *[({=;,[].*/, "", declaration)
    sub(/<.*/, "", declaration)
    sub(/.*[ *&]/, "", declaration)
    return declaration
}

# One line of the synopsis: declarations, and what is said of them behind at least two spaces.
function remember(line,    code, words, part, count, i, name, key) {
    if (line ~ /^                    /) { # goes on from the line above
        sub(/^ +/, "", line)
        if (said_key != "") said[said_key] = said[said_key] == "" ? line : said[said_key] " " line
        return
    }
    code = line
    words = said_key = ""
    # several may stand on a line, and words behind the last
    for (i = 1; match(substr(line, i), /[;{}]  +[^ ]/);) i += RSTART + RLENGTH - 2
    if (i > 1 && line !~ /;$/) { code = substr(line, 1, i - 1); words = substr(line, i) }
    if (code ~ /^   };/) { within = ""; return }
    count = split(code, part, /;/)
    for (i = 1; i <= count; ++i) {
        if (part[i] ~ /^ *}? *$/) continue
        name = name_of(part[i] ";")
        if (name == "") continue
        if (said_key != "") ++listed[key] # the words are for several: so for none
        key = (code ~ /^    / ? within : "") ":" name
        if (said_key != "") ++listed[key]
        ++listed[key]
        said[said_key = key] = words
    }
    if (code ~ /^   [^ ].*\{ *$/) within = name
}

# What the synopsis has about the one declaration of that name in that class.
function of_synopsis(name,    key) {
    key = class ":" name
    return listed[key] == 1 && declared[key] == 1 ? said[key] : ""
}

# What is the same wherever it is met in this house.
function by_convention(name, line,    of) {
    of = line
    sub(/[^(]*\(/, "", of)
    sub(/( const)?[&*]? [a-z_]+[,)].*/, "", of)
    of = (of ~ /^[AEIOU]/ ? "an " : "a ") of
    if (class == "" && name == "name")
        return "The name of " of " as it is written here; never null."
    if (class == "" && name == "message")
        return "One sentence for " of ": what is wrong and what to do; never null."
    if (class == "" && name == "validate") return "What is wrong with " of ", or that nothing is."
    if (name == "operator==") return "Whether two of these are equal."
    if (name == "operator!=") return "Whether two of these differ."
    if (name == "operator<=>") return "The order of two of these."
    if (name == "operator<") return "Whether the first is less."
    if (name == "operator>") return "Whether the first is greater."
    if (name == "operator<=") return "Whether the first is not greater, and both are ordered."
    if (name == "operator>=") return "Whether the first is not less, and both are ordered."
    if (class != "" && name == "with")
        return "Of constants: wrong ones do not compile, and the error says why."
    if (class != "" && name == "adjust")
        return "At run time: if it is wrong, nothing is changed and the answer says why."
    return ""
}

# What waits: a comment and template heads, until the declaration comes that they belong to.
function flush(convert, first,    i, line) {
    for (i = 1; i <= waiting; ++i) {
        line = wait[i]
        if (line ~ /^ *\/\// && convert) {
            match(line, /^ *\/\/ ?/)
            line = substr(line, 1, index(line, "/") - 1) "/// " plain(substr(line, RLENGTH + 1))
        }
        if (i == 1 && first != "") line = first " " line
        print line
    }
    waiting = commented = 0
}

# A line that declares something of the namespace or of the class that is open.
function declares(line) {
    return line ~ (class != "" ? "^    [^ ]" : "^[^ ]") &&
        line !~ /^ *(#|\/\/|}|\{|namespace|public:|private:|protected:|static_assert|case )/ &&
        line !~ /^ *(default:|extern "C"|(template <|requires[ (]).*[^;]$)/
}

function opens_class(line) {
    return line ~ /^(class|struct|enum class) (\[\[nodiscard\]\] )?[A-Za-z]/ &&
        line !~ /[;}]( *\/\/.*)?$/
}

FNR == 1 { ++reading; class = within = ""; top = 1; held = verbatim = in_synopsis = 0 }

reading == 1 {
    if (top && /^\/\//) {
        text = substr($0, 4)
        if (text == "Synopsis") in_synopsis = 1
        else if (text != "" && text !~ /^  /) in_synopsis = 0
        else if (text != "" && in_synopsis) remember(" " text)
        next
    }
    top = 0
    if (/ message\([A-Z][A-Za-z]* [a-z]+\) noexcept$/) {
        messages_of = $0
        sub(/.* message\(/, "", messages_of)
        sub(/ .*/, "", messages_of)
    } else if (/^}/) messages_of = ""
    if (messages_of != "") {
        if (match($0, "case " messages_of "::[a-z_0-9]+:")) {
            value = substr($0, RSTART + 5, RLENGTH - 6)
            value_line = FNR
        }
        text = $0
        if (text ~ /^ *default:/) value = ""
        while (value != "" && match(text, /"([^"\\]|\\.)*"/)) {
            message[value] = message[value] substr(text, RSTART + 1, RLENGTH - 2)
            text = substr(text, RSTART + RLENGTH)
        }
    }
    if (declares($0)) {
        ++declared[class ":" name_of($0)]
        if (opens_class($0)) class = name_of($0)
    } else if (/^}/) class = ""
    next
}

top && /^\/\// {
    text = substr($0, 4)
    if (FNR == 1) { print "/** @file"; next }
    if (FNR == 3) { sub(/^aroma\/[a-z_\/]+\.hpp: /, "", text); print "@brief " plain(text); next }
    if (text == "") { if (held) print ""; held = 1; next }
    indented = text ~ /^  / || text == "Synopsis"
    if (held) print indented == verbatim ? "" : indented ? "@verbatim" : "@endverbatim"
    mark = held || indented == verbatim ? "" : indented ? "@verbatim " : "@endverbatim "
    held = 0
    verbatim = indented
    print mark (indented ? text : plain(text))
    next
}
top { top = 0; print (verbatim ? "@endverbatim " : "") "*/ " $0; next }

foreign { print ""; if ($0 ~ /^};/) foreign = 0; next }

# Doxygen links to a class's private types, which it leaves out.
/^(public|private|protected):/ { is_private = /^private/ }
/^};/ { is_private = 0 }
is_private && /^    (struct|class) [A-Za-z]+ \{$/ { nested = 1 }
nested { print ""; if ($0 ~ /^    };/) nested = 0; next }

/^ *\/\/ clang-format (on|off)$/ { if (waiting) wait[++waiting] = ""; else print ""; next }

{
    if ($0 ~ (class != "" ? "^    //( |$)" : "^//( |$)")) {
        if (waiting && !commented) flush(0, "")
        wait[++waiting] = $0
        commented = 1
        next
    }
    if ($0 ~ (class != "" ? "^    [^ ]" : "^[^ ]") && $0 ~ /^ *(template <|requires[ (])/ &&
        $0 !~ /;$/) {
        wait[++waiting] = $0
        next
    }
    # of the template head
    if (waiting && ($0 ~ /^ +(requires[ (]|&& )/ ||
        ($0 ~ /^ +(\{ .*;|\}$)/ && wait[waiting] ~ /requires.*\{$|\{ .*;/))) {
        wait[++waiting] = $0
        next
    }
    if (!declares($0)) {
        flush(0, "")
        if (/^}/) class = ""
        print
        next
    }

    line = $0
    name = name_of(line)
    if (line ~ /= default;|= delete;/ || line ~ /^[A-Za-z]+\(.*\) *-> / || # needs no words
        line ~ /^struct fmt::/) { # what fmt asks for: the file's page says what it does
        for (i = 1; i <= waiting; ++i) print ""
        waiting = commented = 0
        print ""
        foreign = line ~ /^struct fmt::/ && line !~ /\{\};$/
        next
    }
    if (class == "" && name ~ /::/) { flush(0, ""); print line; next }
    first = ""
    words = of_synopsis(name)
    if (match(line, /[;,}]  *\/\/ /) || (class != "" && match(line, /^    [a-z_0-9]+ +\/\/ /))) {
        at = index(line, "// ")
        line = substr(line, 1, at - 1) "///< " plain(substr(line, at + 3))
    } else if (commented)
        ;
    else if ((class "::" name) in message)
        line = line " ///< " plain(message[class "::" name])
    else if ((usual = by_convention(name, line)) != "" || words != "")
        first = "/** " plain(usual != "" ? usual : words) " */"
    if (waiting) { flush(1, first); print line } else print (first != "" ? first " " : "") line
    if (opens_class($0)) class = name
}
END { flush(0, "") }
