// Text from strangers (plugins, clients, servers) made fit to be kept and shown. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pulsewatch {

// Valid UTF-8: each byte that is none becomes U+FFFD (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
std::string repairedUtf8(std::string_view text);

// Repaired, and cut to `most` bytes at a character's border, with "…" for what is left out.
std::string cleanText(std::string_view text, std::size_t most);

// Repaired, and on one line that no terminal acts on: C0 and C1 controls, line separators and what turns the direction of writing become
// \xNN, a byte each.
std::string visibleText(std::string_view text);

}  // namespace pulsewatch
