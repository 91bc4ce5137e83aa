// SPDX-License-Identifier: BSL-1.0
//
// aroma/score_calculator.hpp: the concept of a method, and a method applied to one sample or many.
//
// Synopsis
//   concept scoring_method<M, D>;         a user's own: Score operator()(RttSample<D> const&) const
//                                         noexcept
//
//   class ScoreCalculator<Method> {
//       Score       operator()(sample);                   one sample
//       std::size_t operator()(samples, scores);          a span of samples into a span of scores;
//                                                         returns how many were scored
//   };
#ifndef AROMA_SCORE_CALCULATOR_HPP
#define AROMA_SCORE_CALCULATOR_HPP

#include <aroma/duration.hpp>
#include <aroma/methods.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score.hpp>

#include <concepts>    // convertible_to, same_as
#include <cstddef>     // size_t
#include <type_traits> // is_nothrow_move_constructible_v, is_trivially_copyable_v, remove_cvref_t

namespace aroma {

// A method makes a Score from a sample, and cannot throw. It may have state, and a `static
// constexpr Basis basis`.
//     struct Variation { template <aroma::duration_like D>
//         constexpr aroma::Score operator()(aroma::RttSample<D> const& s) const noexcept { ... }
//     };
// clang-format off
template <class Method, class D = Microseconds>
concept scoring_method = duration_like<D>
                      && requires(Method const& method, RttSample<D> const& sample) {
    { method(sample) } noexcept -> std::same_as<Score>;
};
// clang-format on

namespace detail {

// The basis of a method: Basis::custom unless it has a static member of that name.
template <class Method>
inline constexpr Basis basis_of = Basis::custom;
// The basis of a method that has one.
// clang-format off
template <class Method>
    requires requires { { &Method::basis } -> std::same_as<Basis const*>; }
inline constexpr Basis basis_of<Method> = Method::basis;
// clang-format on

template <class T>
inline constexpr bool is_sample = false;
template <class D>
inline constexpr bool is_sample<RttSample<D>> = true;

// Ranges with data() and size(), such as std::span, std::vector, std::array, without including
// them.
// clang-format off
template <class Range>
concept sample_range = requires(Range const& range) {
    requires is_sample<std::remove_cvref_t<decltype(*range.data())>>;
    { range.size() } -> std::convertible_to<std::size_t>;
};
template <class Range>
concept score_range = requires(Range&& range) {
    { range.data() } -> std::convertible_to<Score*>;
    { range.size() } -> std::convertible_to<std::size_t>;
};
// clang-format on

} // namespace detail

// Applies a method to one sample or to many.
template <class Method = MinOverSmoothed>
class ScoreCalculator {
public:
    constexpr ScoreCalculator() noexcept = default;
    // With a method object, for methods that have options.
    constexpr explicit ScoreCalculator(Method method) noexcept(
        std::is_nothrow_move_constructible_v<Method>)
        : method_{static_cast<Method&&>(method)}
    {
    }

    // The score of one sample.
    template <duration_like D>
        requires scoring_method<Method, D>
    [[nodiscard]] constexpr Score operator()(RttSample<D> const& sample) const noexcept
    {
        return method_(sample);
    }

    // samples[i] into scores[i], as far as the shorter of the two reaches.
    template <detail::sample_range Samples, detail::score_range Scores>
    constexpr std::size_t operator()(Samples const& samples, Scores&& scores) const noexcept
    {
        std::size_t const from = samples.size();
        std::size_t const to = scores.size();
        return (*this)(samples.data(), from < to ? from : to, scores.data());
    }

    // The same of an array of `count` samples; how many were scored.
    template <duration_like D>
        requires scoring_method<Method, D>
    constexpr std::size_t operator()(RttSample<D> const* samples, std::size_t count,
                                     Score* scores) const noexcept
    {
        if constexpr (std::is_trivially_copyable_v<Method>) {
            Method const method = method_; // a copy that no written score can alias
            for (std::size_t i = 0; i < count; ++i)
                scores[i] = method(samples[i]);
        } else {
            for (std::size_t i = 0; i < count; ++i)
                scores[i] = method_(samples[i]);
        }
        return count;
    }

private:
    Method method_{};
};

template <class Method>
ScoreCalculator(Method) -> ScoreCalculator<Method>;

} // namespace aroma

#endif // AROMA_SCORE_CALCULATOR_HPP
