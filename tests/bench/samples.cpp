#include "bench/samples.h"

#include <array>
#include <cstdio>

namespace pulsewatch::bench {

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string shown(const Samples& samples, int digits) {
  const std::string median = fixed(samples.median(), digits);
  const std::string least = fixed(samples.min(), digits);
  const std::string most = fixed(samples.max(), digits);
  return least == most ? median : median + " (" + least + "–" + most + ")";
}

}  // namespace pulsewatch::bench
