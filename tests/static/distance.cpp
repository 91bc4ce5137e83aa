// SPDX-License-Identifier: BSL-1.0
//
// Facts about decide/distance.hpp: how far light gets, what is unknown, and on which side every
// doubt is decided.

#include <aroma/decide/distance.hpp>

#include "facts.hpp"

#include <chrono>
#include <limits>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr bool near(Kilometres distance, double count, double tolerance)
{
    return distance.count() > count - tolerance && distance.count() < count + tolerance;
}

// The seed's example, and the constants: 4 ms are about 600 km, and about 400 km in fibre.
static_assert(detail::speed_in(Medium::vacuum) == 299'792.458);
static_assert(near(farthest(4ms), 599.584916, 1e-9)
              && near(farthest(Microseconds{4000}), 599.584916, 1e-9));
static_assert(near(farthest(4ms, Medium::fibre), 408.436591, 1e-6));
static_assert(near(farthest(4ms, Medium::internet), 266.482185, 1e-6));
static_assert(near(farthest(Microseconds{1}), 0.149896229, 1e-15)
              && near(farthest(Nanoseconds{1}), 0.000149896229, 1e-18));
static_assert(near(farthest(1s), 149'896.229, 1e-9)
              && near(farthest(facts::QuicTime{2'000'000}), 299.792458, 1e-12));
static_assert(near(farthest(15ms, Medium::internet), 999.3, 0.1), "BADPASS' 15 ms, some 600 miles");

// What was not measured is no distance, and not the distance zero.
static_assert(!farthest(0ms).known() && !farthest(-1ms).known()
              && !farthest(Microseconds{4294967295}).known());
static_assert(farthest(Microseconds{4294967294}).known());

static_assert(!Kilometres{}.known() && !Kilometres{-1}.known() && !Kilometres{nan}.known()
              && !Kilometres{infinity}.known());
static_assert(Kilometres{0}.known() && Kilometres{0}.count() == 0
              && Kilometres{1.5}.count() == 1.5);
static_assert(Kilometres{}.count() != Kilometres{}.count(), "NaN");
static_assert(Kilometres{1} < Kilometres{2} && Kilometres{2} == Kilometres{2}
              && Kilometres{2} >= Kilometres{2});
static_assert(!(Kilometres{} < Kilometres{1}) && !(Kilometres{} > Kilometres{1})
              && Kilometres{} != Kilometres{} && Kilometres{} != Kilometres{1});
static_assert(!std::is_convertible_v<double, Kilometres>);
static_assert(!std::is_convertible_v<double, Latitude>);
static_assert(!std::is_convertible_v<Latitude, Longitude>);
static_assert(!std::is_constructible_v<Latitude, Longitude>);
static_assert(!std::is_constructible_v<Kilometres, Microseconds>);
static_assert(sizeof(Kilometres) == 8);
static_assert(std::is_trivially_copyable_v<Position>);

// Positions.
constexpr Position at(double latitude, double longitude) noexcept
{
    return {Latitude{latitude}, Longitude{longitude}};
}
static_assert(validate(at(90, 180)) == PositionError::none
              && validate(at(-90, -180)) == PositionError::none
              && validate(at(0, 0)) == PositionError::none);
static_assert(validate(at(90.001, 0)) == PositionError::latitude_outside_90
              && validate(at(-infinity, 0)) == PositionError::latitude_outside_90);
static_assert(validate(at(0, 180.001)) == PositionError::longitude_outside_180
              && validate(at(0, -infinity)) == PositionError::longitude_outside_180);
static_assert(validate(at(nan, 0)) == PositionError::not_a_number
              && validate(at(0, nan)) == PositionError::not_a_number);
static_assert(validate(at(139.7, 35.7)) == PositionError::latitude_outside_90,
              "Tokyo, the wrong way round");

// Every doubt is decided for the claim: a whole tick, a hundredth of the distance, and the
// accuracy.
static_assert(possible(Kilometres{599}, 4ms) == Possibility::possible
              && possible(Kilometres{0}, Microseconds{1}) == Possibility::possible);
static_assert(possible(Kilometres{605.7}, Microseconds{4000}) == Possibility::possible,
              "a hundredth, and the next microsecond");
static_assert(possible(Kilometres{605.9}, Microseconds{4000}) == Possibility::impossible);
static_assert(possible(Kilometres{757}, 4ms) == Possibility::possible
                  && possible(Kilometres{758}, 4ms) == Possibility::impossible,
              "4 whole ms may be almost 5");
using Ms = Duration<double, std::milli>;
static_assert(possible(Kilometres{605.7}, Ms{4.0}) == Possibility::impossible
                  && possible(Kilometres{605.6}, Ms{4.0}) == Possibility::possible,
              "fractions were not rounded");
static_assert(possible(Kilometres{900}, Microseconds{4000}) == Possibility::impossible);
static_assert(possible(Kilometres{200}, Ms{1.0}, Kilometres{200 * 0.99 - farthest(Ms{1.0}).count()})
                  == Possibility::possible,
              "just as far");
static_assert(possible(Kilometres{900}, Microseconds{4000}, Kilometres{300})
              == Possibility::possible);
static_assert(possible(Kilometres{900}, Microseconds{4000}, Kilometres{290})
              == Possibility::impossible);
static_assert(possible(Kilometres{500}, Microseconds{4000}, Kilometres{0}, Medium::fibre)
              == Possibility::impossible);
static_assert(possible(Kilometres{300}, Microseconds{4000}, Kilometres{0}, Medium::internet)
              == Possibility::impossible);
static_assert(possible(Kilometres{1}, Microseconds{4294967294}, Kilometres{1e300})
              == Possibility::possible);
static_assert(possible(Kilometres{1}, 0us) == Possibility::unknown
              && possible(Kilometres{}, 4ms) == Possibility::unknown);
static_assert(possible(Kilometres{1}, 4ms, Kilometres{}) == Possibility::unknown);

// The hundredth is more than what the sphere makes too long and what lies below the ground. WGS 84:
// a, f; the smallest radius of curvature of any way on it is the meridian's at the equator, a (1 -
// e^2).
constexpr double a = 6378.137, f = 1 / 298.257223563, b = a * (1 - f), smallest = b * b / a;
static_assert(6371.0088 / (smallest - 11) < 1 / 0.99 && 6371.0088 / smallest > 1.0056
              && 6371.0088 / smallest < 1.00562);
constexpr double rounded = (2 * a + b) / 3 - 6371.0088;
static_assert(rounded < 5e-5 && rounded > -5e-5, "the mean radius");

static_assert(noexcept(great_circle(at(0, 0), at(1, 1))) && noexcept(
    farthest(Microseconds{})) && noexcept(possible(Kilometres{}, Microseconds{})));

static_assert(facts::named<Medium>() && facts::named<Possibility>());
static_assert(facts::described<PositionError>());
static_assert(name(Medium{200}) == std::string_view{"vacuum"}
              && detail::speed_in(Medium{200}) == detail::speed_in(Medium::vacuum));
static_assert(name(Possibility{200}) == std::string_view{"unknown"}
              && message(PositionError{200}) == std::string_view{"not a position error"});

} // namespace
