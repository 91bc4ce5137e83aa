# SPDX-License-Identifier: BSL-1.0
#
# The warnings that aroma's headers are free of, wherever they are instantiated: all of g++ 12 and
# of clang 14 but these, which no useful C++20 header can be without:
#
#   -Weffc++, -Wsuggest-attribute=*     ask for what the language has since replaced, or for
#                                       attributes that the optimiser finds itself
#   -Wpadded, -Winline, -Waggregate-return, -Wlarger-than=, -Wframe-larger-than=, -Wstack-usage=
#                                       report what a type or a function costs: a baseline of 64
#                                       segments is as large as it is
#   -Wtemplates, -Wnamespaces, -Wmultiple-inheritance, -Wvirtual-inheritance, -Wlong-long
#                                       forbid parts of C++
#   -Wabi-tag, -Wsystem-headers         are about the standard library
#   -Wunused-macros                     counts guards of headers in a precompiled one
#   -Wcovered-switch-default            clang's: contradicts -Wswitch-default, which more people use
#   -Wc++98-compat, -Wc++98-compat-pedantic, -Wc++20-compat
#                                       clang's: forbid what is newer than C++98, or than C++17
set(aroma_warnings_GNU
    -Wall -Wextra -Wpedantic
    -Waligned-new=all -Walloc-zero -Walloca -Warith-conversion -Warray-bounds=2 -Warray-parameter=2
    -Wattribute-alias=2 -Wbidi-chars=any -Wcast-align -Wcast-align=strict -Wcast-qual
    -Wcatch-value=3 -Wcomma-subscript -Wconditionally-supported -Wconversion
    -Wctad-maybe-unsupported -Wctor-dtor-privacy -Wdangling-pointer=2 -Wdate-time
    -Wdeprecated-copy-dtor -Wdeprecated-enum-enum-conversion -Wdeprecated-enum-float-conversion
    -Wdisabled-optimization -Wdouble-promotion -Wduplicated-branches -Wduplicated-cond
    -Wenum-conversion -Wextra-semi -Wfloat-conversion -Wfloat-equal -Wformat=2
    -Wformat-overflow=2 -Wformat-signedness -Wformat-truncation=2 -Wimplicit-fallthrough=5
    -Winvalid-imported-macros -Winvalid-pch -Wlogical-op -Wmismatched-tags -Wmissing-declarations
    -Wmissing-include-dirs -Wmissing-noreturn -Wmultichar -Wnoexcept -Wnon-virtual-dtor
    -Wnormalized=nfkc -Wnull-dereference -Wold-style-cast -Woverloaded-virtual -Wpacked
    -Wplacement-new=2 -Wredundant-decls -Wredundant-tags -Wshadow -Wshift-negative-value
    -Wshift-overflow=2 -Wsign-conversion -Wsign-promo -Wstack-protector -Wstrict-aliasing=1
    -Wstrict-null-sentinel -Wstrict-overflow=2 -Wstringop-overflow=4 -Wsuggest-final-methods
    -Wsuggest-final-types -Wsuggest-override -Wswitch-default -Wswitch-enum -Wtrampolines -Wundef
    -Wunsafe-loop-optimizations -Wunused-const-variable=2 -Wuse-after-free=3 -Wuseless-cast
    -Wvector-operation-performance -Wvla -Wvolatile -Wzero-as-null-pointer-constant
)
set(aroma_warnings_Clang
    -Weverything -Wno-c++98-compat -Wno-c++98-compat-pedantic -Wno-c++20-compat -Wno-padded
    -Wno-covered-switch-default
)
