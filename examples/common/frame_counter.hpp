// SPDX-License-Identifier: BSL-1.0
//
// Counts the HTTP/2 frames that a client has begun, from its bytes (RFC 9113, 4.1): nghttp2 reports
// none that it ignores, of unknown types or on streams that have ended.
#ifndef AROMA_EXAMPLES_FRAME_COUNTER_HPP
#define AROMA_EXAMPLES_FRAME_COUNTER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace examples {

class FrameCounter {
public:
    // The frames whose headers end in the next bytes of the connection.
    int operator()(std::uint8_t const* bytes, std::size_t size) noexcept
    {
        int begun = 0;
        for (std::size_t i = 0; i < size;) {
            if (skipped_ > 0) {
                std::size_t const part = std::min(skipped_, size - i);
                skipped_ -= part;
                i += part;
                continue;
            }
            if (header_ < 3)
                length_ = length_ << 8 | bytes[i];
            ++i;
            if (++header_ == 9) {
                ++begun;
                skipped_ = length_;
                length_ = header_ = 0;
            }
        }
        return begun;
    }

private:
    std::size_t skipped_ = 24; // the preface first, then each frame's payload
    std::size_t length_ = 0, header_ = 0;
};

} // namespace examples

#endif // AROMA_EXAMPLES_FRAME_COUNTER_HPP
