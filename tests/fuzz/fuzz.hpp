// SPDX-License-Identifier: BSL-1.0
//
// What the fuzz targets share. A target is a function of any bytes that ends the program where a
// promise is broken:
//
//     extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
//
// With clang's libFuzzer it is given bytes that reach ever more of the code (run.sh); with any
// compiler, those of the corpus (corpus_driver.cpp).
#ifndef AROMA_TESTS_FUZZ_FUZZ_HPP
#define AROMA_TESTS_FUZZ_FUZZ_HPP

#include <aroma/assessment.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <unistd.h>

namespace fuzz {

// where findings are reported, if the stderr of what is tested is thrown away too
inline int messages = STDERR_FILENO;

inline void holds(bool true_so, std::string_view promise)
{
    if (true_so)
        return;
    char const prefix[] = "aroma: broken: ", end[] = "\n";
    if (::write(messages, prefix, sizeof prefix - 1) < 0
        || ::write(messages, promise.data(), promise.size()) < 0 || ::write(messages, end, 1) < 0)
        std::abort();
    std::abort();
}

// The bytes as a file, to be closed.
inline std::FILE* file_of(void const* data, std::size_t size)
{
    return ::fmemopen(const_cast<void*>(data), size, "rb"); // which changes nothing
}

// Bytes taken one value after the other; zeros where they have ended.
class Input {
public:
    Input(std::uint8_t const* data, std::size_t size)
        : at_{reinterpret_cast<char const*>(data)}, left_{size}
    {
    }

    template <class T>
    T take()
    {
        T value{};
        std::size_t const size = left_ < sizeof value ? left_ : sizeof value;
        if (size > 0)
            std::memcpy(&value, at_, size);
        skip(size);
        return value;
    }
    bool flag() { return (take<std::uint8_t>() & 1) != 0; }
    std::string_view text(std::size_t size)
    {
        std::string_view const text{at_, left_ < size ? left_ : size};
        skip(text.size());
        return text;
    }
    std::string_view line() // without its end, which is taken too
    {
        std::string_view const all{at_, left_};
        std::string_view const one = text(all.find('\n'));
        skip(left_ < 1 ? left_ : 1);
        return one;
    }
    std::string_view rest() { return text(left_); }
    std::size_t left() const { return left_; }

private:
    void skip(std::size_t size)
    {
        at_ += size;
        left_ -= size;
    }

    char const* at_;
    std::size_t left_;
};

// What holds for every assessment, whatever it is of.
inline void check(aroma::Assessment const& a, aroma::ThresholdClassifier const& classify = {})
{
    bool const scored = a.status == aroma::Status::ok;
    holds(scored == a.score.known(), "a score where the status is ok, and nowhere else");
    holds(scored == (a.band != aroma::Band::unknown),
          "a band where the status is ok, and nowhere else");
    holds(scored == (a.basis != aroma::Basis::none),
          "a basis where the status is ok, and nowhere else");
    holds(a.band == classify(a.score), "the band is the classifier's");
    holds(!scored || (a.score.value() > 0 && a.score.value() <= 1), "a score is in (0, 1]");
    holds(!scored || measured(a.sample.minimum), "no score without a lowest RTT");
    holds(std::string_view{name(a.status)} != ""
              && std::string_view{message(a.status)} != "not a status",
          "every status has a sentence");
}

} // namespace fuzz

// libFuzzer calls it before it closes stdout and stderr (-close_fd_mask=3), and
// corpus_driver.cpp before it does.
extern "C" [[gnu::used]] inline int LLVMFuzzerInitialize(int*, char***)
{
    fuzz::messages = ::dup(STDERR_FILENO);
    return 0;
}

#endif // AROMA_TESTS_FUZZ_FUZZ_HPP
