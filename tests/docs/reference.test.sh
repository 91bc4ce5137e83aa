#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The reference has no gaps, and says what the headers say; headers with gaps fail, and a filter
# that gives something the text of something else.
#
#     reference.test.sh SOURCE WORK
set -u
. "$(dirname "$0")/../support/test.sh"
needs doxygen:doxygen python3:python3
source=$1 work=$2
rm -rf "$work" && mkdir -p "$work" || exit 1
"$source/docs/reference.sh" "$source" "$work/docs" || exit 1
says() { # PAGE TEXT
    grep -rqF -- "$2" "$work/docs/html/reference/$1" || fail "$1 does not say: $2"
}
says classaroma_1_1Score.html "in (0, 1]; NaN if unknown"               # of the synopsis
says classaroma_1_1Score.html "part / whole if both are finite"         # of a comment before it
says structaroma_1_1TcpInfo.html "segments sent and not acknowledged"   # of a comment behind it
says namespacearoma.html "no RTT has been measured yet: ask again after" # of message()
says score_8hpp.html "above 1 is 1; zero, less and NaN are unknown"      # the synopsis itself
says index.html "which call fits which server"

# A project whose only header is on standard input: made with its filter, which a test may replace.
project=$work/project
head='// SPDX-License-Identifier: BSL-1.0
//
// aroma/score.hpp: a number in (0, 1], or that there is none.
//
// Synopsis
//   int once();                           the synopsis about once
//   int twice(int);                       the synopsis about twice
//   int left();  int right();             the synopsis about both
//   class Score {
//       bool known();                     the synopsis about known
//       bool other();
//   };
#ifndef AROMA_SCORE_HPP
#define AROMA_SCORE_HPP
namespace aroma {'
new() {
    rm -rf "$project" && mkdir -p "$project/include/aroma" &&
        cp -r "$source/docs" "$project/docs" &&
        cp "$source/include/aroma/version.hpp" "$project/include/aroma/" || exit 1
    echo '/** @namespace aroma Everything. */' >"$project/docs/reference.dox"
    { echo "$head"; cat; echo "} // namespace aroma"; } >"$project/include/aroma/score.hpp"
}
made() { "$source/docs/reference.sh" "$project" "$project/made" 2>&1; }
refused() { # WHY TEXT...
    local said text why=$1
    shift
    said=$(made) && fail "$why: passes"
    for text in "$@"; do [[ $said = *"$text"* ]] || fail "$why: not said: $text"$'\n'"$said"; done
}

new <<'END'
// A class.
class Score {
public:
    bool known() const;
    // A member's own.
    bool other() const;
};
// For who reads the code.
inline bool Score::known() const { return true; }
int once();
// Its own.
int twice(int);
// Of a long.
int twice(long);
// What may be wrong.
enum class Error {
    none,  // nothing is
    wrong, // all is
};
END
said=$(made) || fail "a header without gaps: $said"
grep -rqF "For who reads the code" "$project/made/html/reference" &&
    fail "a comment before a definition outside of the class is taken for the reference"
grep -rqF "synopsis about twice" "$project/made/xml/namespacearoma.xml" &&
    fail "an overload has the synopsis' text"

# Each by a filter of its own, which comes after the project's.
filtered() { # SED-EXPRESSION WHY TEXT
    echo "awk -f docs/comments.awk \"\$1\" | sed '$1'" >"$project/docs/filter.sh"
    sed -i 's|awk -f docs/comments.awk|sh docs/filter.sh|' "$project/docs/Doxyfile"
    refused "$2" "$3"
    sed -i 's|sh docs/filter.sh|awk -f docs/comments.awk|' "$project/docs/Doxyfile"
}
filtered 's|/// Of a long.|/// the synopsis about twice|' \
    "an overload with the synopsis' text of another" "has another text than its comment"
filtered 's|/// Its own.|/// Of a long.|' "two overloads with one text" \
    "twice(long) says the same as aroma::twice(int)"
filtered 's|the synopsis about once|the synopsis about twice|' \
    "a function with the text of another one" "once() has a text that is not its own"
filtered 's|the synopsis about known|A member.s own.|' \
    "a member with the text of another one" "Score::known() const has a text that is not its own"
filtered 's|///< all is|///< nothing is|' "an enumerator with the text of another one" \
    "wrong has another text than its comment"
filtered 's|inline bool Score::known|/// For who reads the code.\n&|; s|/\*\* the .* known \*/||' \
    "a member with a comment of its definition" "Score::known() const has"

new <<'END'
class Score {
public:
    constexpr bool known() const noexcept { return true; }
    constexpr bool other() const noexcept { return true; }
};
int twice(int);
int twice(long);
int left();
int right();
enum class Undocumented { a, b };
END
refused "a header with gaps" "Compound aroma::Score is not documented" \
    "Member other() const noexcept (function)" "Member twice(int) (function)" \
    "Member twice(long) (function)" "Member left() (function)" "Member right() (function)" \
    "Member Undocumented (enumeration)"

new <<'END'
// What may be wrong.
enum class Error {
    none, // nothing is
    wrong,
    bad,
};
char const* message(Error error) noexcept
{
    switch (error) {
    case Error::none: return "well";
    case Error::bad: return "ill";
    }
}
END
refused "an enumerator without a text" "aroma::Error::wrong has no text"

new <<'END'
// The same.
int some(int);
// The same.
int some(long);
END
refused "two overloads with one comment" "some(long) says the same as aroma::some(int)"
exit $failed
