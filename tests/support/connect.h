// Little things that tests of servers need. Plain functions; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace pulsewatch::testing {

// Whether somebody accepts connections on a port of 127.0.0.1.
bool canConnect(std::uint16_t port);

// Sends bytes to a unix socket and gives what comes back until the other side closes. Throws std::system_error.
std::string exchangeAt(const std::filesystem::path& socket, const std::string& bytes);

// The text with each `from` in it made `to`.
std::string replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace pulsewatch::testing
