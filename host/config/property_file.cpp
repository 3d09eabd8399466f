#include "config/property_file.h"

#include "base/file_descriptor.h"
#include "base/text.h"
#include "config/text_parts.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostFileBytes = 1024 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kKeyCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

std::string errorText(int error) { return std::generic_category().message(error); }

// What is wrong with a line that should be `key = value`; "" when nothing is. `continued`: the line before it ends with a backslash.
std::string lineFault(std::string_view line, bool continued) {
  if (line.find('\r') != std::string_view::npos) return "the line has a carriage return inside; end lines with LF or CRLF";
  if (line.find('\0') != std::string_view::npos) return "the line has a NUL byte; remove it";
  if (repairedUtf8(line) != line) return "the line is not valid UTF-8; save the file as UTF-8";
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos)
    return continued ? "the line has no =; a backslash does not continue a line here, write the value in one line"
                     : "the line has no =; write key = value, or # before a comment";
  const std::string_view key = trimmed(line.substr(0, equals));
  if (key.empty()) return "the line has no key before its =; write key = value";
  if (key.find_first_not_of(kKeyCharacters) != std::string_view::npos)
    return "the key before the = has characters that no key has; write letters, digits, _, - and dots only";
  return {};
}

}  // namespace

std::vector<Property> parsePropertyText(std::string_view text, const std::string& file_name, Mistakes& mistakes) {
  std::vector<Property> properties;
  std::map<std::string, std::size_t> first_lines;
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  std::string_view before;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const bool continued = before.ends_with('\\');
    before = line;
    if (line.empty()) continue;
    // A comment with a carriage return inside may have lines behind it.
    const bool comment = line.front() == '#' || line.front() == '!';
    if (comment && line.find('\r') == std::string_view::npos) continue;
    const std::string origin = file_name + ":" + std::to_string(number);
    const std::string fault = lineFault(line, continued);
    if (!fault.empty()) {
      mistakes.add(origin, fault);
      continue;
    }
    const std::size_t equals = line.find('=');
    std::string key(trimmed(line.substr(0, equals)));
    const auto [first, added] = first_lines.try_emplace(key, number);
    if (!added) {
      mistakes.add(origin + ": " + key, "given already in line " + std::to_string(first->second) + "; keep one of the two");
      continue;
    }
    properties.push_back({std::move(key), std::string(trimmed(line.substr(equals + 1))), origin});
  }
  return properties;
}

std::optional<std::string> readSmallFile(const std::filesystem::path& file, std::size_t most, std::string& error) {
  const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.valid()) {
    error = errorText(errno) + "; correct its path or its permissions";
    return std::nullopt;
  }
  std::string content;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      error = errorText(errno) + "; correct its path or its permissions";
      return std::nullopt;
    }
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > most) {
      error = "it is larger than " + std::to_string(most / 1024) + " KiB; it is not the file that was meant";
      return std::nullopt;
    }
  }
}

std::optional<std::vector<Property>> readPropertyFile(const std::filesystem::path& file, Mistakes& mistakes) {
  std::string error;
  const auto text = readSmallFile(file, kMostFileBytes, error);
  if (!text) {
    mistakes.add(file.string(), "cannot be read: " + error);
    return std::nullopt;
  }
  return parsePropertyText(*text, file.string(), mistakes);
}

}  // namespace pulsewatch
