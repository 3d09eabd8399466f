// A Prometheus histogram as plain numbers: a tenth of the memory of prometheus-cpp's own, of which there would be one for each check. Its
// owner guards it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pulsewatch {

// Upper bounds in seconds: from 0.5 ms to 30 s, for checks and for how late they start.
inline constexpr std::array<double, 15> kCheckBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                         0.25,   0.5,   1,      2.5,   5,    10,    30};

class Histogram {
 public:
  // `bounds` must outlive it and rise.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  // A value that isn't finite is ignored: it would poison the sum.
  void observe(double value) {
    if (!std::isfinite(value)) return;
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += value;
  }

  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }  // not cumulative; the last is +Inf's
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

}  // namespace pulsewatch
