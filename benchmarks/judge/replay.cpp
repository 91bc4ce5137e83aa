// SPDX-License-Identifier: BSL-1.0
//
// What every rule would have said about recorded connections: the shares of the
// bands, by label.
//
//     aroma-replay [--json] [--by COLUMN] [--rules] [FILE...]

#include "../../examples/common/csv.hpp"
#include "../../examples/common/text_file.hpp"
#include "../../examples/common/tool.hpp"
#include "read_recorded.hpp"
#include "rules.hpp"
#include "shares.hpp"

#include <aroma/aroma.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <linux/tcp.h>

namespace {

using examples::complain;
using examples::Csv;
using examples::Malformed;
using judge::Milliseconds;
using judge::Recorded;

constexpr char const description[] =
    R"(What every rule says about recorded connections: the share of each band, by label.

A connection a line:  label and gap_ms or reply_excess_ms, also tcp_rtt_ms: the opening gap, the RTT
                      of the TLS flight above TCP's, and TCP's own, in ms; any may be empty
A snapshot a line:    source, conn, seq, state, rtt_us, min_rtt_us, rttvar_us, bytes_acked, as in
                      struct tcp_info; its label is the source, or what the column label says)";
constexpr char const statuses[] =
    R"(A malformed line is named on standard error and left out; so is a time below zero, which counts
as not measured. Exit status: 0; 1 there were such lines; 2 a file or the command line is of no use,
or there are no connections.)";

using Columns = std::vector<std::string_view>;
Columns const of_connections{"label", "gap_ms", "tcp_rtt_ms", "reply_excess_ms"};
Columns const needed_of_snapshots{"source", "conn",       "seq",       "state",
                                  "rtt_us", "min_rtt_us", "rttvar_us", "bytes_acked"};
Columns const further_of_snapshots{"rcv_rtt_us", "total_retrans", "delivered"};

struct Options {
    bool json = false, rules = false;
    std::string by;
    std::vector<std::string> files;
};

std::string_view named(Csv const& csv, std::string_view column)
{
    constexpr std::size_t longest = 255;
    std::string_view const text = csv.text(column);
    if (text.size() > longest)
        throw Malformed(fmt::format("{} is longer than {} bytes", column, longest));
    return text.empty() ? throw Malformed(fmt::format("{} is empty", column)) : text;
}

// What a connection is also split by, where it is asked for; it may be empty.
std::string_view further(Csv const& csv, std::string const& by)
{
    return by.empty() || csv.text(by).empty() ? std::string_view{} : named(csv, by);
}

// One line of the first kind. A time below zero is one that nobody has measured.
template <class Note>
Recorded connection(Csv const& csv, Note note)
{
    constexpr double lowest_excess = -1e6;
    auto const time = [&](std::string_view column) {
        std::optional<double> value = csv.milliseconds(column, lowest_excess);
        if (value && *value < 0) {
            note(fmt::format("{} is negative, and taken for not measured: {}", column,
                             csv.text(column)));
            value.reset();
        }
        return value;
    };
    Milliseconds const tcp{time("tcp_rtt_ms").value_or(0)};
    auto const gap = time("gap_ms");
    return judge::read_recorded(gap, csv.milliseconds("reply_excess_ms", lowest_excess), tcp);
}

// The second kind: a connection is judged when all of its snapshots are read, of which two are
// kept.
class Snapshots {
public:
    static constexpr std::size_t most_connections = 1'000'000; // some 300 MB

    void add(Csv const& csv, judge::Shares& shares, std::string const& by)
    {
        // the kernel's own structure, so that the library decides what these numbers are worth
        tcp_info info{};
        info.tcpi_state = csv.integer<std::uint8_t>("state");
        info.tcpi_rtt = csv.integer<std::uint32_t>("rtt_us");
        info.tcpi_min_rtt = csv.integer<std::uint32_t>("min_rtt_us");
        info.tcpi_rttvar = csv.integer<std::uint32_t>("rttvar_us");
        info.tcpi_bytes_acked = csv.integer<std::uint64_t>("bytes_acked");
        info.tcpi_rcv_rtt =
            csv.text("rcv_rtt_us").empty() ? 0 : csv.integer<std::uint32_t>("rcv_rtt_us");
        info.tcpi_total_retrans =
            csv.text("total_retrans").empty() ? 0 : csv.integer<std::uint32_t>("total_retrans");
        // since Linux 4.18
        info.tcpi_delivered =
            csv.text("delivered").empty() ? 0 : csv.integer<std::uint32_t>("delivered");
        auto const conn = csv.integer<std::uint64_t>("conn"),
                   seq = csv.integer<std::uint64_t>("seq");
        std::string_view const source = named(csv, "source"),
                               label = csv.has("label") ? named(csv, "label") : source;

        if (seen_.size() >= most_connections)
            throw examples::Wrong(fmt::format("more than {} connections of snapshots: give them in "
                                              "parts, a connection in one",
                                              most_connections));
        Seen& seen = seen_[{&shares.row(label, further(csv, by)), std::string{source}, conn}];
        aroma::Assessment const a = aroma::assess(aroma::decode(&info, sizeof info));
        if (!a.score.known())
            return;
        if (!seen.worst.score.known() || a.score.value() < seen.worst.score.value())
            seen.worst = a;
        if (!seen.last.score.known() || seq >= seen.last_seq) {
            seen.last = a;
            seen.last_seq = seq;
        }
    }

    void judge_all() const
    {
        for (auto const& [key, seen] : seen_) {
            Recorded recorded;
            for (aroma::Assessment const& a : {seen.worst, seen.last})
                if (a.score.known())
                    recorded.moments.push_back(
                        {.what = Recorded::What::request,
                         .sample = {.minimum = in_milliseconds(a.sample.minimum),
                                    .smoothed = in_milliseconds(a.sample.smoothed),
                                    .variation = in_milliseconds(a.sample.variation)}});
            std::get<judge::Row*>(key)->count(recorded);
        }
    }

private:
    struct Seen {
        aroma::Assessment worst, last;
        std::uint64_t last_seq = 0;
    };

    static Milliseconds in_milliseconds(aroma::Microseconds time)
    {
        return Milliseconds{aroma::count_in<std::milli>(time)};
    }

    std::map<std::tuple<judge::Row*, std::string, std::uint64_t>, Seen> seen_;
};

class Replay {
public:
    explicit Replay(Options const& options) : options_{options}, shares_{options.by} {}

    void read(std::string const& name)
    {
        try {
            examples::TextFile file{name};
            read(file);
        } catch (examples::Wrong const& why) {
            useless(why.what());
        }
    }

    void read(examples::TextFile& file)
    {
        Csv csv{file};
        bool snapshots = false;
        try {
            if (!csv.next())
                return useless(fmt::format("{}: there is no header", file.name()));
            snapshots = is_of_snapshots(csv);
        } catch (Malformed const& why) {
            return useless(fmt::format("{}:{}: {}", file.name(), csv.line(), why.what()));
        }
        if (!options_.by.empty() && !csv.has(options_.by))
            complain(
                fmt::format("aroma-replay: {}: it has no column {}", file.name(), options_.by));
        for (;;) {
            try {
                if (!csv.next())
                    break;
                if (snapshots)
                    snapshots_.add(csv, shares_, options_.by);
                else
                    add_connection(csv, file.name());
            } catch (Malformed const& why) {
                malformed(file.name(), csv.line(), why.what());
            }
        }
    }

    int report()
    {
        snapshots_.judge_all();
        if (malformed_.untold() > 0)
            complain(
                fmt::format("aroma-replay: {} malformed lines are left out, {} of them not shown",
                            malformed_.count(), malformed_.untold()));
        if (shares_.empty() && status_ != 2 && !options_.files.empty()) {
            useless("no connections");
            return status_;
        }
        std::string text = options_.json ? shares_.for_machines() : shares_.for_people();
        if (options_.rules)
            text += (text.empty() ? "" : "\n") + judge::sources();
        examples::print(stdout, text);
        return status_;
    }

private:
    void useless(std::string_view why)
    {
        complain(fmt::format("aroma-replay: {}", why));
        status_ = 2;
    }

    void malformed(std::string const& file, std::size_t line, std::string_view why)
    {
        malformed_.add(fmt::format("{}:{}: {}", file, line, why));
        status_ = status_ == 0 ? 1 : status_;
    }

    // Does the header name snapshots? Throws where it is of no use.
    bool is_of_snapshots(Csv const& csv) const
    {
        for (Columns const& columns :
             {of_connections, needed_of_snapshots, further_of_snapshots, Columns{options_.by}})
            for (std::string_view const column : columns)
                if (csv.has(column) > 1)
                    throw Malformed(fmt::format("column {} is there twice", column));
        if (csv.has("gap_ms") || csv.has("reply_excess_ms")
            || (csv.has("label") && csv.has("tcp_rtt_ms")))
            return csv.has("label") ? false : throw Malformed("column label is missing");
        Columns missing = needed_of_snapshots;
        std::erase_if(missing, [&](std::string_view column) { return csv.has(column) > 0; });
        if (missing.empty())
            return true;
        if (csv.has("rtt_us") || csv.has("min_rtt_us"))
            throw Malformed(fmt::format("missing among the columns: {}", fmt::join(missing, ", ")));
        throw Malformed(fmt::format("not a header that is known: a connection a line needs label "
                                    "and gap_ms or reply_excess_ms, a snapshot a line {}",
                                    fmt::join(needed_of_snapshots, ", ")));
    }

    void add_connection(Csv const& csv, std::string const& file)
    {
        std::vector<std::string> notes;
        Recorded const recorded = connection(csv, [&](std::string const& what) {
            notes.push_back(fmt::format("{}:{}: {}", file, csv.line(), what));
        });
        // Nothing has thrown: there is a row for it.
        for (std::string const& note : notes)
            noted_.add(note);
        shares_.row(named(csv, "label"), further(csv, options_.by)).count(recorded);
    }

    Options const& options_;
    judge::Shares shares_;
    Snapshots snapshots_;
    examples::Complaints malformed_, noted_;
    int status_ = 0;
};

} // namespace

int main(int argc, char** argv)
{
    Options options;
    examples::CommandLine line{"aroma-replay", description};
    line.footer(statuses);
    auto* const json =
        line.add_flag("--json", options.json,
                      "counts instead of shares: one object for every label and rule, one a line");
    line.add_option("--by", options.by,
                    "split every label by this column too, provider for instance")
        ->type_name("COLUMN")
        ->check([](std::string const& column) {
            constexpr std::string_view taken[]{"label",    "rule",       "n",     "normal",
                                               "unstable", "suspicious", "proxy", "unknown"};
            return column.empty()              ? "a column has a name"
                 : !examples::is_plain(column) ? "its name cannot be shown"
                 : std::count(std::begin(taken), std::end(taken), column) > 0
                     ? column + " is in the output already"
                     : std::string{};
        });
    line.add_flag("--rules", options.rules,
                  "name each rule's source, below the table; without FILE that alone")
        ->excludes(json);
    line.add_option("FILE", options.files, "CSV with a header; - or none is standard input");
    return examples::run(line, argc, argv, [&] {
        if (options.files.empty() && !options.rules)
            options.files.emplace_back("-");
        Replay replay{options};
        for (std::string const& file : options.files)
            replay.read(file);
        return replay.report();
    });
}
