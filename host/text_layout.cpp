#include "text_layout.h"

#include "base/text.h"

#include <algorithm>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostColumn = 48;
constexpr std::size_t kMostLine = 96;
constexpr std::size_t kMostBytes = 400;

std::size_t width(std::string_view valid_utf8) {
  return static_cast<std::size_t>(
      std::count_if(valid_utf8.begin(), valid_utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string oneLine(std::string_view text) { return visibleText(cleanText(text, kMostBytes)); }

std::string columns(const std::vector<std::vector<std::string>>& rows, std::string_view indent) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (width(row[i]) <= kMostColumn) widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line(indent);
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - std::min(widths[i], width(row[i])) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string wrapped(std::string_view text, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (!line.empty() && indent + width(line) + 1 + width(word) > kMostLine) {
      lines += margin + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  return line.empty() ? lines : lines + margin + line + "\n";
}

}  // namespace pulsewatch
