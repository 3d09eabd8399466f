// Typed values as the configuration writes them. Each parser takes the trimmed text and gives nothing when it doesn't fit exactly; none
// throws. Pure; any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// 250ms, 10s, 2m, 1h: a whole number and a unit, nothing between; 0 needs a unit too. Overflow gives nothing.
std::optional<std::chrono::milliseconds> parseDuration(std::string_view text);

// 512B, 64KiB, 1MiB, 2GiB, in bytes.
std::optional<std::uint64_t> parseSize(std::string_view text);

// true/false/1/0/yes/no/on/off in any case.
std::optional<bool> parseBoolean(std::string_view text);

// A decimal integer, with an optional minus, nothing else.
std::optional<std::int64_t> parseInteger(std::string_view text);

// A finite decimal number in the C locale.
std::optional<double> parseNumber(std::string_view text);

// Comma-separated, each trimmed; no entry may be empty (nothing then). "" is the empty list.
std::optional<std::vector<std::string>> parseList(std::string_view text);

// "2 s", "250 ms", "1 min", "1.5 s": for messages.
std::string describeDuration(std::chrono::milliseconds duration);

}  // namespace pulsewatch
