// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/baseline_file.hpp: each error has a message of its own.

#include "facts.hpp"

#include <aroma/operate/baseline_file.hpp>

#include <string_view>

namespace {

using namespace aroma;

static_assert(facts::described<FileError>());
static_assert(message(FileError{200}) == std::string_view{"not a file error"});

} // namespace
