// SPDX-License-Identifier: BSL-1.0
//
// Facts about the names of operate/vcl.hpp.

#include "facts.hpp"

#include <aroma/operate/vcl.hpp>

#include <string_view>

namespace {

using namespace aroma;

static_assert(facts::distinct<VclResponse>(static_cast<int>(VclResponse::block) + 1)
              && facts::described<VclError>(static_cast<int>(VclError::not_written) + 1));
static_assert(name(VclResponse{200}) == std::string_view{"observe"}
              && message(VclError{200}) == std::string_view{"not a VCL error"});

} // namespace
