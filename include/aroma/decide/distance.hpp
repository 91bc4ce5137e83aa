// SPDX-License-Identifier: BSL-1.0
//
// aroma/decide/distance.hpp: how far light gets in one round trip: an upper bound of a path's
// distance.
//
// Synopsis
//   class Kilometres {
//       Kilometres();                     unknown
//       explicit Kilometres(double);      zero and more; less, infinity and NaN are unknown
//       bool   known();
//       double count();                   NaN if unknown; an unknown distance is neither less
//                                         than, equal to nor more than any
//   };
//   enum class Medium { vacuum, fibre, internet };          4 ms of RTT: at most 600 km, 408 km; as
//                                                           a rule 266 km
//   Kilometres farthest(rtt, medium = vacuum);              the greatest distance of a host that
//                                                           answers after rtt
//
//   struct Position { Latitude latitude; Longitude longitude; };
//                                         degrees: north, and east of the meridian of Greenwich
//   PositionError validate(Position);        what is wrong with it, or PositionError::none
//   Kilometres great_circle(a, b);        over the ground; unknown if a position has an error
//
//   enum class Possibility { unknown, possible, impossible };
//   Possibility possible(claimed, rtt, accuracy = 0 km, medium = vacuum);
//
// Which RTT bounds which machine:
//   sample.minimum                        the one that terminates TCP: the client or its proxy.
//                                         If the place that a database gives for its address is
//                                         impossible, the database is wrong, the address is used in
//                                         many places (anycast), or something nearer answers for it
//                                         (a carrier's or a satellite's proxy)
//   sample.application                    the client's own machine, from this server
//   application - minimum, the excess     the client's own machine, from its proxy, that is from
//                                         the place of the address
//
// The bound is one-sided: a long RTT has many possible reasons, so no place is ever too near. An
// application RTT by the kernel's timestamps is up to a tick too low, so that a coarse clock
// accuses no client: add clock_tick() before it bounds a distance. A client can acknowledge data
// that it has not received yet. It then seems nearer than it is, to its own disadvantage. An
// impossible place is one more signal, not a proof: databases contain errors.
#ifndef AROMA_DECIDE_DISTANCE_HPP
#define AROMA_DECIDE_DISTANCE_HPP

#include <aroma/detail/range.hpp>
#include <aroma/duration.hpp>

#include <cmath>       // sin, cos, hypot, atan2
#include <compare>     // partial_ordering
#include <cstdint>     // uint8_t
#include <limits>      // numeric_limits
#include <numbers>     // pi
#include <ratio>       // ratio
#include <type_traits> // is_integral_v

namespace aroma {

// A distance over the ground, zero or more; or unknown.
class Kilometres {
public:
    constexpr Kilometres() noexcept = default;
    // Zero and more; less, infinity and NaN are unknown.
    constexpr explicit Kilometres(double count) noexcept
        : count_{detail::is_between(0, count, (std::numeric_limits<double>::max)()) ? count : -1}
    {
    }

    [[nodiscard]] constexpr bool known() const noexcept { return count_ >= 0; } // it is known
    [[nodiscard]] constexpr double count() const noexcept
    {
        return known() ? count_ : std::numeric_limits<double>::quiet_NaN();
    }

    friend constexpr std::partial_ordering operator<=>(Kilometres a, Kilometres b) noexcept
    {
        return a.known() && b.known() ? a.count_ <=> b.count_ : std::partial_ordering::unordered;
    }
    friend constexpr bool operator==(Kilometres a, Kilometres b) noexcept
    {
        return std::is_eq(a <=> b);
    }

private:
    double count_ = -1; // below zero means unknown
};

// What the signal travels through.
enum class Medium : std::uint8_t {
    vacuum, // c: no path is faster, not even radio or hollow-core fibre
    // c / 1.468: no fibre is faster, except rare other glass (pure-silica cores: 0.4 %)
    fibre,
    // 4/9 c: a rule of thumb for distances over the ground, with detours. Good paths are faster, so
    // it is not a bound
    internet,
};

[[nodiscard]] constexpr char const* name(Medium medium) noexcept
{
    switch (medium) {
    case Medium::vacuum: return "vacuum";
    case Medium::fibre: return "fibre";
    case Medium::internet: return "internet";
    default: break;
    }
    return "vacuum";
}

namespace detail {

// Kilometres a second.
[[nodiscard]] constexpr double speed_in(Medium medium) noexcept
{
    constexpr double c = 299'792.458; // exactly: the metre is defined by it (SI, 17th CGPM 1983)
    switch (medium) {
    case Medium::vacuum: return c;
    // group index of ITU-T G.652 fibre at 1550 nm (1.4682, Corning SMF-28 Ultra data sheet; 1310
    // nm: 1.4676)
    case Medium::fibre: return c / 1.468;
    // Katz-Bassett et al., Towards IP Geolocation Using Delay and Topology Measurements, IMC 2006
    case Medium::internet: return c * 4 / 9;
    default: break;
    }
    return c;
}

} // namespace detail

// Half of the round trip at this speed: 4 ms are 599.584916 km in a vacuum, 408.4 km in fibre.
// Unknown if the RTT is not measured().
template <duration_like D>
[[nodiscard]] constexpr Kilometres farthest(D rtt, Medium medium = Medium::vacuum) noexcept
{
    return measured(rtt) ? Kilometres{count_in<std::ratio<1>>(rtt) / 2 * detail::speed_in(medium)}
                         : Kilometres{};
}

// Degrees, each its own type: databases and people disagree about which comes first.
class Latitude {
public:
    // from -90, the South Pole, to 90
    constexpr explicit Latitude(double degrees) noexcept : degrees_{degrees} {}
    // north of the equator
    [[nodiscard]] constexpr double degrees() const noexcept { return degrees_; }

private:
    double degrees_;
};

// Degrees, as those of a latitude.
class Longitude {
public:
    constexpr explicit Longitude(double degrees) noexcept : degrees_{degrees} {} // from -180 to 180
    // east of Greenwich
    [[nodiscard]] constexpr double degrees() const noexcept { return degrees_; }

private:
    double degrees_;
};

// A place on earth, in degrees: north of the equator, east of Greenwich.
struct Position {
    Latitude latitude;   // north
    Longitude longitude; // east
};

// What may be wrong with a position.
enum class PositionError : std::uint8_t {
    none,
    not_a_number,
    latitude_outside_90,
    longitude_outside_180
};

[[nodiscard]] constexpr PositionError validate(Position const& position) noexcept
{
    double const latitude = position.latitude.degrees(), longitude = position.longitude.degrees();
    if (!detail::is_number(latitude) || !detail::is_number(longitude))
        return PositionError::not_a_number;
    if (latitude < -90 || latitude > 90)
        return PositionError::latitude_outside_90;
    return longitude < -180 || longitude > 180 ? PositionError::longitude_outside_180
                                               : PositionError::none;
}

[[nodiscard]] constexpr char const* message(PositionError error) noexcept
{
    switch (error) {
    case PositionError::none: return "the position is valid";
    case PositionError::not_a_number: return "a coordinate is not a number: give both in degrees";
    case PositionError::latitude_outside_90:
        return "the latitude is outside -90 to 90: give degrees, and not the longitude in its "
               "place";
    case PositionError::longitude_outside_180:
        return "the longitude is outside -180 to 180: give degrees, west of Greenwich below zero";
    default: break;
    }
    return "not a position error";
}

// Over a sphere of the earth's mean radius, within 0.6 % of the ellipsoid's distance; possible()
// allows for that. Signals travel on or above the ground, or a little below it, so no path is
// shorter than the great circle: compare this, and not the chord through the earth, with
// farthest().
[[nodiscard]] inline Kilometres great_circle(Position const& a, Position const& b) noexcept
{
    if (validate(a) != PositionError::none || validate(b) != PositionError::none)
        return Kilometres{};
    // km: (2a + b) / 3 of WGS 84 (IUGG; Moritz, Geodetic Reference System 1980)
    constexpr double mean_radius = 6371.0088, radian = std::numbers::pi / 180;
    double const from = a.latitude.degrees() * radian, to = b.latitude.degrees() * radian,
                 between = (b.longitude.degrees() - a.longitude.degrees()) * radian;
    // Vincenty's formula for the sphere (1975): well-conditioned for near, far and opposite points
    // alike.
    double const east = std::cos(to) * std::sin(between),
                 north = std::cos(from) * std::sin(to)
                       - std::sin(from) * std::cos(to) * std::cos(between),
                 ahead = std::sin(from) * std::sin(to)
                       + std::cos(from) * std::cos(to) * std::cos(between);
    return Kilometres{mean_radius * std::atan2(std::hypot(east, north), ahead)};
}

// Whether a claimed place can be true.
enum class Possibility : std::uint8_t {
    unknown,    // the distance, the accuracy or the RTT is not known
    possible,   // the path is long enough in time, which does not prove the place
    impossible, // light would have taken longer than the RTT
};

[[nodiscard]] constexpr char const* name(Possibility possibility) noexcept
{
    switch (possibility) {
    case Possibility::unknown: return "unknown";
    case Possibility::possible: return "possible";
    case Possibility::impossible: return "impossible";
    default: break;
    }
    return "unknown";
}

// Whether a host that answers after rtt can be as far as claimed. Every uncertainty favours the
// claim. An integer RTT may be up to a tick longer. A hundredth of the claimed distance is
// subtracted, since the sphere makes some distances up to 0.56 % too long (WGS 84: the radius of
// curvature is 6335.4 km along a meridian at the equator), and cables 10 km deep are 0.16 %
// shorter; and the accuracy, the radius that databases give with a position. Unknown if an argument
// is. With Medium::internet this is a rule of thumb, not a bound.
template <duration_like D>
[[nodiscard]] constexpr Possibility possible(Kilometres claimed, D rtt,
                                             Kilometres accuracy = Kilometres{0},
                                             Medium medium = Medium::vacuum) noexcept
{
    if (!measured(rtt) || !claimed.known() || !accuracy.known())
        return Possibility::unknown;
    using Ticks = Duration<double, std::ratio<D::period::num, D::period::den>>;
    Ticks const longest{static_cast<double>(rtt.count())
                        + (std::is_integral_v<typename D::rep> ? 1 : 0)};
    double const nearest = claimed.count() * 0.99 - accuracy.count();
    return nearest > farthest(longest, medium).count() ? Possibility::impossible
                                                       : Possibility::possible;
}

} // namespace aroma

#endif // AROMA_DECIDE_DISTANCE_HPP
