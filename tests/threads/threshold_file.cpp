// SPDX-License-Identifier: BSL-1.0
//
// Readers of a ThresholdFile during a thousand versions of it, half of them damaged at first, and
// with two threads that reload: each reader sees whole sets of thresholds that were in some valid
// version, and never goes back to an earlier one. Under ThreadSanitizer, which reports every access
// that is not ordered.

#include <aroma/operate/threshold_file.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

constexpr int versions = 1000, readers = 2;
int newest = 0; // which readers may see: written to the file, or before that

std::string text_of(int version)
{
    std::string text = "aroma-thresholds 1\n";
    for (int row = 0; row < version % 7; ++row) // so that the others' rows move
        text += "aa" + std::to_string(row) + " 0.9 0.8 0.7\n";
    char line[100];
    for (char const* const name : {"*", "b", "b/c"}) {
        std::snprintf(line, sizeof line, "%s 0.%06d 0.%06d 0.%06d\n", name, 700'000 + version,
                      300'000 + version, 100'000 + version);
        text += line;
    }
    return text + "end\n";
}

[[noreturn]] void failed(char const* what, int version)
{
    std::printf("FAILED: %s, version %d\n", what, version);
    std::fflush(stdout);
    std::_Exit(1);
}

void write_to(std::string const& path, std::string const& text)
{
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (!file || std::fwrite(text.data(), 1, text.size(), file) != text.size()
        || std::fclose(file) != 0)
        failed("cannot write", 0);
}

void read(aroma::ThresholdFile<16> const& file)
{
    int last = 0, seen = 0;
    do {
        for (char const* const name : {"b/c", "x/y", "b", "zz"}) {
            aroma::Thresholds const t = file.classifier(name).thresholds();
            auto const millionths = [](double edge) { return static_cast<int>(edge * 1e6 + 0.5); };
            int const version = millionths(t.unstable_below) - 700'000;
            if (millionths(t.suspicious_below) != 300'000 + version
                || millionths(t.proxy_below) != 100'000 + version)
                failed("thresholds of two versions together", version);
            if (version < last)
                failed("back to an earlier version", version);
            if (version > __atomic_load_n(&newest, __ATOMIC_ACQUIRE))
                failed("a version that nobody has written", version);
            seen += version != last;
            last = version;
        }
        std::this_thread::yield();
    } while (last < versions);
    if (seen < 2)
        failed("one version alone was ever seen", last);
}

} // namespace

int main()
{
    std::string const path = "thresholds." + std::to_string(::getpid()), next = path + ".next";
    write_to(path, text_of(0));
    static aroma::ThresholdFile<16> file{path.c_str()};
    if (file.last().status != aroma::ReloadStatus::loaded)
        failed(message(file.last()), 0);

    std::vector<std::thread> threads;
    for (int i = 0; i < readers; ++i)
        threads.emplace_back([] { read(file); });
    int done = 0;
    threads.emplace_back([&done] {
        while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) == 0) {
            (void)file.reload();
            ::usleep(300); // or none of the two gets on
        }
    });
    for (int version = 1; version <= versions; ++version) {
        std::string const text = text_of(version);
        __atomic_store_n(&newest, version, __ATOMIC_RELEASE);
        if (version % 2 == 0) { // in place, and half of it at first
            write_to(path, text.substr(0, text.size() / 2));
            (void)file.reload();
            write_to(path, text);
        } else {
            write_to(next, text);
            if (std::rename(next.c_str(), path.c_str()) != 0)
                failed("cannot rename", version);
        }
        while (file.classifier("b").thresholds().unstable_below < 0.7 + version / 1e6 - 1e-7)
            (void)file.reload(); // or the other thread's
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    for (std::thread& thread : threads)
        thread.join();
    std::remove(path.c_str());
}
