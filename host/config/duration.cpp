#include "config/duration.h"

#include "config/text_parts.h"

#include <array>
#include <cstdlib>
#include <limits>

namespace pulsewatch {

std::optional<std::uint64_t> parseSize(std::string_view text) {
  constexpr std::array<detail::Unit, 4> kUnits{{{"B", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}}};
  return detail::parseScaled(text, kUnits, std::numeric_limits<std::uint64_t>::max());
}

std::optional<std::vector<std::string>> parseList(std::string_view text) {
  std::vector<std::string> entries;
  if (trimmed(text).empty()) return entries;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = trimmed(text.substr(0, comma));
    if (entry.empty()) return std::nullopt;
    entries.emplace_back(entry);
    if (comma == std::string_view::npos) return entries;
    text.remove_prefix(comma + 1);
  }
}

std::string describeDuration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms != 0 && std::abs(ms) < 1000) return std::to_string(ms) + " ms";
  if (ms != 0 && ms % 3'600'000 == 0) return std::to_string(ms / 3'600'000) + " h";
  if (ms != 0 && ms % 60'000 == 0) return std::to_string(ms / 60'000) + " min";
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) {
    std::string fraction = std::to_string(1000 + std::abs(ms % 1000)).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += "." + fraction;
  }
  return text + " s";
}

}  // namespace pulsewatch
