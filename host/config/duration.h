// Typed values as the configuration writes them, beyond those that a plugin's settings have too (setting_value.h). Each parser takes the
// trimmed text and gives nothing when it doesn't fit exactly; none throws. Pure; any thread.
#pragma once
#include <pulsewatch/setting_value.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// 512B, 64KiB, 1MiB, 2GiB, in bytes.
std::optional<std::uint64_t> parseSize(std::string_view text);

// Comma-separated, each trimmed; no entry may be empty (nothing then). "" is the empty list.
std::optional<std::vector<std::string>> parseList(std::string_view text);

// "2 s", "250 ms", "1 min", "1.5 s": for messages.
std::string describeDuration(std::chrono::milliseconds duration);

}  // namespace pulsewatch
