// SPDX-License-Identifier: BSL-1.0
//
// A program whose macros take the names that headers like to use.

#include <bit>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ratio>
#include <type_traits>

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define I 42
#define E 2.718
#define major 1
#define minor 2
#define signals public
#define slots
#define DEBUG 1
#define ERROR 0

#include <aroma/aroma.hpp>
#include <aroma/baseline.hpp>
#include <aroma/baseline_text.hpp>
#include <aroma/calibration.hpp>
#include <aroma/linux/baseline_file.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/linux/threshold_file.hpp>
#include <aroma/threshold_table.hpp>

static_assert(aroma::assess(aroma::RttSample{aroma::Microseconds{5}, aroma::Microseconds{50}}).band == aroma::Band::suspicious);
