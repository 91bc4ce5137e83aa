// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/vcl.hpp: the thresholds for an edge: Fastly VCL that scores with TCP's own ratio,
// from a template.
//
// Synopsis
//   struct VclOptions {
//       Thresholds  thresholds;           of at most six decimals
//       VclResponse unstable = observe, suspicious = observe, proxy = challenge;
//                                no other band is ever answered at the edge
//       char const* header = "Aroma";     what the names of the request headers begin with
//       int challenge_status = 618, block_status = 619;     codes between the template's two
//                                                           subroutines, 600 to 699
//   };
//   enum class VclResponse { observe, challenge, block };
//   VclError validate(VclOptions);           what is wrong with them, or VclError::none
//
//   VclResult write_vcl(options, write);                  vcl_template, filled in, through bool
//                                                         write(char const*, std::size_t)
//   VclResult write_vcl(text, size, options, write);      a template of your own
//   struct VclResult { VclError error; std::size_t at; }  at: where in the template, in characters
//                                                         from its beginning
//   inline constexpr char vcl_template[];
//
// A template is VCL with these in it: {{version}}, {{header}}; {{thresholds.T}} and
// {{millionths.T}} for T = unstable_below, suspicious_below, proxy_below; {{response.B}} for B =
// unstable, suspicious, proxy; {{status.challenge}}, {{status.block}}. Nothing is written before
// all of it is found right.
//
// The VCL's answer is that of assess(read(fd)), status, band and score: VCL's FLOATs are not
// needed, since for thresholds of at most six decimals and the kernel's RTTs of 32 bits of
// microseconds
//     minimum * 1000000 >= millionths * smoothed
// says the same as the library's minimum / smoothed >= threshold, of doubles: if the quotient of
// two such integers is not the threshold, it is more than 1 / (10^6 * 2^32) = 2.3e-16 away, and
// rounding brings the two nearer by at most 1.2e-16. The products stay below 2^52, and an INTEGER
// has 64 bits.
#ifndef AROMA_OPERATE_VCL_HPP
#define AROMA_OPERATE_VCL_HPP

#include <aroma/detail/millionths.hpp>
#include <aroma/threshold_classifier.hpp>
#include <aroma/version.hpp>

#include <concepts> // convertible_to
#include <cstddef>  // size_t
#include <cstdint>  // uint8_t

namespace aroma {

// The variables are Fastly's: client.socket.tcpi_min_rtt, tcpi_rtt and tcpi_rttvar in microseconds,
// tcp_info whether they are to be had, fastly.ff.visits_this_service how many of its servers had
// the request before (www.fastly.com/documentation/reference/vcl/variables). After the first
// request of a connection mostly the handshake alone has been measured; the rule for it is
// linux/tcp_info.hpp's.
inline constexpr char vcl_template[] =
    R"vcl(# Is there a TCP proxy between this edge and its client? TCP's lowest RTT over its smoothed one says so.
# Made by aroma {{version}} for the thresholds: unstable below {{thresholds.unstable_below}}, suspicious below {{thresholds.suspicious_below}}, proxy below {{thresholds.proxy_below}}.
#
#     sub vcl_recv {                        sub vcl_error {
#       #FASTLY recv                          #FASTLY error
#       call aroma_recv;                      call aroma_error;
#       call aroma_respond_recv;              ...
#       ...                                 }
#     }
#
# aroma_recv alone observes: the origin gets the headers {{header}}-Status, -Band, -Score and -Response, and nobody is stopped.

sub aroma_recv {
  declare local var.minimum INTEGER;
  declare local var.smoothed INTEGER;
  declare local var.variation INTEGER;
  declare local var.half INTEGER;
  declare local var.scaled INTEGER;
  declare local var.unstable_below INTEGER;
  declare local var.suspicious_below INTEGER;
  declare local var.proxy_below INTEGER;
  declare local var.thousandths INTEGER;
  declare local var.rest INTEGER;

  # Once, at the server that ends the client's connection: a shield's client is another server of Fastly, and a restart keeps the headers.
  if (fastly.ff.visits_this_service == 0 && req.restarts == 0) {
    # What clients say of themselves.
    unset req.http.{{header}}-Status;
    unset req.http.{{header}}-Band;
    unset req.http.{{header}}-Score;
    unset req.http.{{header}}-Response;
    set req.http.{{header}}-Band = "unknown";
    set req.http.{{header}}-Response = "observe";

    set var.minimum = client.socket.tcpi_min_rtt;
    set var.smoothed = client.socket.tcpi_rtt;
    set var.variation = client.socket.tcpi_rttvar;
    set var.half = var.smoothed;
    set var.half >>= 1;

    if (fastly_info.is_h3) {
      set req.http.{{header}}-Status = "not_tcp";
    } else if (!client.socket.tcp_info || var.minimum <= 0 || var.minimum >= 4294967295 || var.smoothed <= 0 || var.smoothed >= 4294967295) {
      set req.http.{{header}}-Status = "no_sample";
    } else if (var.minimum == var.smoothed && (client.socket.tcpi_bytes_acked <= 1 || (var.smoothed >= 32 && var.variation == var.half))) {
      # Nothing but the handshake has been measured, and its ratio is 1 for every client.
      set req.http.{{header}}-Status = "handshake_only";
    } else {
      set req.http.{{header}}-Status = "ok";

      # Rounded down to three decimals; the rest is taken off first, so that there is nothing to round.
      set var.thousandths = var.minimum;
      set var.thousandths *= 1000;
      set var.rest = var.thousandths;
      set var.rest %= var.smoothed;
      set var.thousandths -= var.rest;
      set var.thousandths /= var.smoothed;
      if (var.thousandths >= 1000) {
        set req.http.{{header}}-Score = "1.000";
      } else if (var.thousandths >= 100) {
        set req.http.{{header}}-Score = "0." + std.itoa(var.thousandths);
      } else if (var.thousandths >= 10) {
        set req.http.{{header}}-Score = "0.0" + std.itoa(var.thousandths);
      } else {
        set req.http.{{header}}-Score = "0.00" + std.itoa(var.thousandths);
      }

      # minimum / smoothed against each threshold, in whole numbers; an edge belongs to the better band.
      set var.scaled = var.minimum;
      set var.scaled *= 1000000;
      set var.unstable_below = var.smoothed;
      set var.unstable_below *= {{millionths.unstable_below}};
      set var.suspicious_below = var.smoothed;
      set var.suspicious_below *= {{millionths.suspicious_below}};
      set var.proxy_below = var.smoothed;
      set var.proxy_below *= {{millionths.proxy_below}};
      if (var.scaled >= var.unstable_below) {
        set req.http.{{header}}-Band = "normal";
      } else if (var.scaled >= var.suspicious_below) {
        set req.http.{{header}}-Band = "unstable";
        set req.http.{{header}}-Response = "{{response.unstable}}";
      } else if (var.scaled >= var.proxy_below) {
        set req.http.{{header}}-Band = "suspicious";
        set req.http.{{header}}-Response = "{{response.suspicious}}";
      } else {
        set req.http.{{header}}-Band = "proxy";
        set req.http.{{header}}-Response = "{{response.proxy}}";
      }
    }
  }
}

# Does what {{header}}-Response says. Before it, set that to "observe" for who has passed the challenge already.
sub aroma_respond_recv {
  if (fastly.ff.visits_this_service == 0 && req.restarts == 0) {
    if (req.http.{{header}}-Response == "challenge") {
      error {{status.challenge}} "aroma";
    }
    if (req.http.{{header}}-Response == "block") {
      error {{status.block}} "aroma";
    }
  }
}

sub aroma_error {
  if (obj.status == {{status.challenge}} && obj.response == "aroma") {
    set obj.status = 403;
    set obj.response = "Forbidden";
    set obj.http.Content-Type = "text/html; charset=utf-8";
    set obj.http.Cache-Control = "private, no-store";
    # Your challenge goes here: as it is, nobody passes.
    synthetic {"<!doctype html><html lang="en"><title>One more step</title><p>Please confirm that it is you.</p></html>
"};
    return(deliver);
  }
  if (obj.status == {{status.block}} && obj.response == "aroma") {
    set obj.status = 403;
    set obj.response = "Forbidden";
    set obj.http.Content-Type = "text/html; charset=utf-8";
    set obj.http.Cache-Control = "private, no-store";
    synthetic {"<!doctype html><html lang="en"><title>Not from here</title><p>Connections like this one are not accepted here.</p></html>
"};
    return(deliver);
  }
}
)vcl";

// What the template's subroutine aroma_respond_recv does with a request; without a call of it, what
// a header says to the origin.
enum class VclResponse : std::uint8_t { observe, challenge, block };

[[nodiscard]] constexpr char const* name(VclResponse response) noexcept
{
    switch (response) {
    case VclResponse::observe: return "observe";
    case VclResponse::challenge: return "challenge";
    case VclResponse::block: return "block";
    }
    return "observe";
}

// What the VCL is written with.
struct VclOptions {
    Thresholds thresholds{};
    VclResponse unstable = VclResponse::observe;
    VclResponse suspicious = VclResponse::observe; // to Band::suspicious
    VclResponse proxy = VclResponse::challenge;    // to Band::proxy
    char const* header = "Aroma";
    int challenge_status = 618;
    int block_status = 619; // by which the edge knows a block, from 600 to 699
};

enum class VclError : std::uint8_t {
    none,
    thresholds,
    too_fine,
    header,
    status,
    unknown_placeholder,
    open_placeholder,
    not_written,
};

[[nodiscard]] constexpr char const* message(VclError error) noexcept
{
    switch (error) {
    case VclError::none: return "the VCL is written";
    case VclError::thresholds:
        return "the thresholds are wrong: message(validate(options.thresholds)) says how";
    case VclError::too_fine:
        return "a threshold has more than six decimals, which the edge's whole numbers cannot "
               "hold: round it to six";
    case VclError::header:
        return "the header prefix is not 1 to 32 letters, digits and inner hyphens that begin with "
               "a letter: give one such as Aroma";
    case VclError::status:
        return "a status code of the edge's own is outside 600 to 699, or both are the same: give "
               "two different ones from 600 to 699";
    case VclError::unknown_placeholder:
        return "the template has a {{placeholder}} that is not known: version, header, "
               "thresholds.T, millionths.T, response.B, status.challenge or status.block";
    case VclError::open_placeholder:
        return "the template has a {{ without its }}: close it, or write { { if VCL's own "
               "braces are meant";
    case VclError::not_written:
        return "the output did not take all of it: what was written is not complete, discard it";
    }
    return "not a VCL error";
}

struct VclResult {
    VclError error = VclError::none; // none, or what is wrong
    std::size_t at = 0;              // of a placeholder: where in the template it begins

    friend constexpr bool operator==(VclResult const&, VclResult const&) noexcept = default;
};

namespace detail {

// A threshold in millionths, or -1 if six decimals do not hold it. n / 10^6 is correctly
// rounded, and so is the literal of a decimal.
[[nodiscard]] constexpr int millionths(double threshold) noexcept
{
    if (!(threshold >= 0 && threshold <= 1))
        return -1;
    int const n = static_cast<int>(threshold * 1e6 + 0.5);
    return from_millionths(static_cast<std::uint32_t>(n)) == threshold ? n : -1;
}

[[nodiscard]] constexpr bool header_prefix(char const* text) noexcept
{
    auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (!text || !letter(*text))
        return false;
    std::size_t size = 0;
    for (; text[size] != '\0'; ++size)
        if (size == 32
            || !(letter(text[size]) || (text[size] >= '0' && text[size] <= '9')
                 || text[size] == '-'))
            return false;
    return text[size - 1] != '-';
}

} // namespace detail

[[nodiscard]] constexpr VclError validate(VclOptions const& options) noexcept
{
    if (validate(options.thresholds) != ThresholdError::none)
        return VclError::thresholds;
    double const thresholds[] = {options.thresholds.unstable_below,
                                 options.thresholds.suspicious_below,
                                 options.thresholds.proxy_below};
    for (double const threshold : thresholds)
        if (detail::millionths(threshold) < 0)
            return VclError::too_fine;
    if (!detail::header_prefix(options.header))
        return VclError::header;
    auto const own = [](int status) { return status >= 600 && status <= 699; };
    if (!own(options.challenge_status) || !own(options.block_status)
        || options.challenge_status == options.block_status)
        return VclError::status;
    return VclError::none;
}

// What takes the text: whether it could.
// clang-format off
template <class Write>
concept vcl_writer = requires(Write& write, char const* text, std::size_t size) {
    { write(text, size) } -> std::convertible_to<bool>;
};
// clang-format on

namespace detail {

// The text that stands for a placeholder; size 0 if there is no such one.
class VclText {
public:
    constexpr VclText() noexcept = default;

    constexpr VclText(char const* text) noexcept { append(text); }

    [[nodiscard]] static constexpr VclText whole(int number) noexcept // from 0
    {
        VclText text;
        text.digits(number, 1);
        return text;
    }
    [[nodiscard]] static constexpr VclText decimal(int millionths) noexcept // 0 to 1: 700000 is 0.7
    {
        VclText text;
        if (millionths % 1'000'000 == 0)
            return whole(millionths / 1'000'000);
        text.append("0.");
        text.digits(millionths, 6);
        while (text.text_[text.size_ - 1] == '0')
            --text.size_;
        return text;
    }
    [[nodiscard]] static constexpr VclText of_version() noexcept
    {
        VclText text;
        for (int const part : version) {
            if (text.size_ > 0)
                text.append(".");
            text.digits(part, 1);
        }
        return text;
    }

    [[nodiscard]] constexpr char const* data() const noexcept { return text_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

private:
    constexpr void append(char const* text) noexcept
    {
        while (*text != '\0' && size_ < sizeof text_)
            text_[size_++] = *text++;
    }
    constexpr void digits(int number, int least) noexcept
    {
        int scale = 1;
        for (int i = 1; i < least || number / scale > 9; ++i)
            scale *= 10;
        for (; scale > 0; scale /= 10)
            if (size_ < sizeof text_)
                text_[size_++] = static_cast<char>('0' + number / scale % 10);
    }

    char text_[36]{};
    std::size_t size_ = 0;
};

struct VclName { // between {{ and }}
    char const* text;
    std::size_t size;

    [[nodiscard]] constexpr bool is(char const* name) const noexcept
    {
        std::size_t i = 0;
        while (i < size && name[i] != '\0' && text[i] == name[i])
            ++i;
        return i == size && name[i] == '\0';
    }
};

[[nodiscard]] constexpr VclText vcl_text(VclName name, VclOptions const& options) noexcept
{
    Thresholds const& t = options.thresholds;
    if (name.is("version"))
        return VclText::of_version();
    if (name.is("header"))
        return options.header;
    if (name.is("thresholds.unstable_below"))
        return VclText::decimal(millionths(t.unstable_below));
    if (name.is("thresholds.suspicious_below"))
        return VclText::decimal(millionths(t.suspicious_below));
    if (name.is("thresholds.proxy_below"))
        return VclText::decimal(millionths(t.proxy_below));
    if (name.is("millionths.unstable_below"))
        return VclText::whole(millionths(t.unstable_below));
    if (name.is("millionths.suspicious_below"))
        return VclText::whole(millionths(t.suspicious_below));
    if (name.is("millionths.proxy_below"))
        return VclText::whole(millionths(t.proxy_below));
    if (name.is("response.unstable"))
        return aroma::name(options.unstable);
    if (name.is("response.suspicious"))
        return aroma::name(options.suspicious);
    if (name.is("response.proxy"))
        return aroma::name(options.proxy);
    if (name.is("status.challenge"))
        return VclText::whole(options.challenge_status);
    if (name.is("status.block"))
        return VclText::whole(options.block_status);
    return {};
}

// One pass over a template.
template <vcl_writer Write>
constexpr VclResult fill_in(char const* text, std::size_t size, VclOptions const& options,
                            Write& write)
{
    std::size_t kept = 0; // up to where it is written
    for (std::size_t at = 0; at + 1 < size; ++at) {
        if (text[at] != '{' || text[at + 1] != '{')
            continue;
        std::size_t end = at + 2;
        while (end + 1 < size && text[end] != '\n' && !(text[end] == '}' && text[end + 1] == '}'))
            ++end;
        if (end + 1 >= size || text[end] == '\n')
            return {VclError::open_placeholder, at};
        VclText const value = vcl_text({text + at + 2, end - at - 2}, options);
        if (value.size() == 0)
            return {VclError::unknown_placeholder, at};
        if ((at > kept && !write(text + kept, at - kept)) || !write(value.data(), value.size()))
            return {VclError::not_written, at};
        kept = end + 2;
        at = end + 1;
    }
    if (size > kept && !write(text + kept, size - kept))
        return {VclError::not_written, kept};
    return {};
}

} // namespace detail

template <vcl_writer Write>
[[nodiscard]] constexpr VclResult write_vcl(char const* text, std::size_t size,
                                            VclOptions const& options,
                                            Write&& write) noexcept(noexcept(write(text, size)))
{
    if (VclError const why = validate(options); why != VclError::none)
        return {why, 0};
    auto nothing = [](char const*, std::size_t) noexcept { return true; };
    VclResult const found = detail::fill_in(text, size, options, nothing);
    return found.error == VclError::none ? detail::fill_in(text, size, options, write) : found;
}

template <vcl_writer Write>
[[nodiscard]] constexpr VclResult write_vcl(VclOptions const& options,
                                            Write&& write) noexcept(noexcept(write(vcl_template,
                                                                                   std::size_t{})))
{
    return write_vcl(vcl_template, sizeof vcl_template - 1, options, write);
}

} // namespace aroma

#endif // AROMA_OPERATE_VCL_HPP
