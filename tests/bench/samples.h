// Measurements of one thing, and what a table shows of them. Plain data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace pulsewatch::bench {

class Samples {
 public:
  void add(double value) { values_.insert(std::upper_bound(values_.begin(), values_.end(), value), value); }

  [[nodiscard]] std::size_t count() const { return values_.size(); }

  // All of an empty one are 0.
  [[nodiscard]] double min() const { return values_.empty() ? 0 : values_.front(); }
  [[nodiscard]] double max() const { return values_.empty() ? 0 : values_.back(); }
  [[nodiscard]] double median() const { return quantile(0.5); }

  // Between two measurements, the line from one to the other.
  [[nodiscard]] double quantile(double q) const {
    if (values_.empty()) return 0;
    const double at = q * static_cast<double>(values_.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, values_.size() - 1);
    return values_[below] + (values_[above] - values_[below]) * (at - static_cast<double>(below));
  }

 private:
  std::vector<double> values_;  // sorted
};

// A number with so many digits behind the point.
std::string fixed(double value, int digits);

// "3.1 (2.9–3.4)": the median with the least and the most; the median alone when there is one measurement.
std::string shown(const Samples& samples, int digits);

}  // namespace pulsewatch::bench
