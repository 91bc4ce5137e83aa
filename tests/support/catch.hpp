// SPDX-License-Identifier: BSL-1.0
//
// Catch2, version 2 (Debian 12) or 3.
#ifndef AROMA_TESTS_SUPPORT_CATCH_HPP
#define AROMA_TESTS_SUPPORT_CATCH_HPP

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#include <cstdio>
#include <string>

// Catch2 2 cannot skip: the test says why, and CTest shows it as skipped by its name.
inline void skipped(std::string const& why)
{
    std::printf("aroma: skipped: %s\n", why.c_str());
    SUCCEED(why);
}

#endif // AROMA_TESTS_SUPPORT_CATCH_HPP
