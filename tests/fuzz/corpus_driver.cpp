// SPDX-License-Identifier: BSL-1.0
//
// A fuzz target without a fuzzer: each file that is named, and each file of a tar archive that is
// named, is given to it once.
//
//     fuzz-NAME FILE...          tests/fuzz/corpus/NAME.tar has the inputs that are kept

#include "fuzz.hpp"

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

struct Named {
    std::string name;
    Bytes bytes;
};

[[noreturn]] void cannot_read(std::string const& file)
{
    ::dprintf(fuzz::messages, "aroma: cannot read %s\n", file.c_str());
    std::exit(2);
}

Bytes read(std::string const& file)
{
    std::FILE* const in = std::fopen(file.c_str(), "rb");
    if (!in)
        cannot_read(file);
    Bytes bytes(1 << 20);
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), in));
    std::fclose(in);
    return bytes;
}

// A header of 512 bytes (POSIX, ustar), the file filled up to the next 512, and so on; at the end
// zeros.
std::vector<Named> files_of_archive(std::string const& archive)
{
    constexpr std::size_t block = 512, size_at = 124, size_digits = 12;
    Bytes const bytes = read(archive);
    std::vector<Named> files;
    for (std::size_t at = 0; at + block <= bytes.size() && bytes[at] != 0;) {
        char const* const header = reinterpret_cast<char const*>(bytes.data() + at);
        std::size_t const size = std::stoul(std::string(header + size_at, size_digits), nullptr, 8);
        auto const begin = bytes.begin() + static_cast<std::ptrdiff_t>(at + block);
        at += block + (size + block - 1) / block * block;
        if (at > bytes.size())
            cannot_read(archive);
        files.push_back(
            {archive + ": " + header, {begin, begin + static_cast<std::ptrdiff_t>(size)}});
    }
    return files;
}

} // namespace

int main(int argc, char** argv)
{
    std::vector<Named> files;
    for (std::string const& file : std::vector<std::string>{argv + 1, argv + argc}) {
        if (!file.ends_with(".tar")) {
            files.push_back({file, read(file)});
            continue;
        }
        for (Named& one : files_of_archive(file))
            files.push_back(std::move(one));
    }
    LLVMFuzzerInitialize(&argc, &argv);
    int const output = ::dup(STDOUT_FILENO);
    // What a program under test prints about bad input is its business.
    if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))
        return 2;
    for (auto& [name, bytes] : files) {
        bytes.shrink_to_fit(); // so that a sanitizer sees one byte too many
        ::dprintf(fuzz::messages, "%s\n", name.c_str()); // the last one told is the one that fails
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    if (files.empty()) {
        ::dprintf(fuzz::messages, "aroma: no files: name a corpus\n");
        return 2;
    }
    ::dprintf(output, "%zu inputs, none breaks a promise\n", files.size());
    return 0;
}
