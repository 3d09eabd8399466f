// One .properties file, parsed strictly: `key = value` lines, blank lines, and comments that begin with # or !. Only the first '='
// separates; white space around key and value is dropped; a backslash is itself; a line ends at its end. UTF-8, with or without a byte
// order mark, LF or CRLF. Mistakes: no '=', an empty key, a key with characters other than [A-Za-z0-9_.-], a key given twice (names the
// first line), a carriage return inside a line, a NUL byte, invalid UTF-8, a file over 1 MiB, one that cannot be read. A line that is none
// is never quoted: it may be a part of a secret. Any thread.
#pragma once
#include "config/mistakes.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

struct Property {
  std::string key;
  std::string value;        // as written: ${…} not yet replaced
  std::string origin;       // "file:line", a variable's name, "-D", "default"
  bool literal = false;     // from the environment, a NAME_FILE or -D: a $ is itself
  bool unreadable = false;  // its NAME_FILE could not be read: given, without a value, and the mistake is told
};

// Adds what is wrong to `mistakes` and gives what could be read; of a file that can't be read at all nothing.
std::vector<Property> parsePropertyText(std::string_view text, const std::string& file_name, Mistakes& mistakes);
std::optional<std::vector<Property>> readPropertyFile(const std::filesystem::path& file, Mistakes& mistakes);

// All of a file of at most `most` bytes; else nothing, and in `error` why and what to do: "No such file or directory; correct its path or
// its permissions".
std::optional<std::string> readSmallFile(const std::filesystem::path& file, std::size_t most, std::string& error);

}  // namespace pulsewatch
