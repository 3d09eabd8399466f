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

// Repaired, and one line that shows all it has and that no terminal acts on: each byte of a control character, and of one that is invisible
// or turns the text around (a no-break space, a byte order mark, Unicode's line separators and directions), as \xNN.
std::string visibleText(std::string_view text);

}  // namespace pulsewatch
