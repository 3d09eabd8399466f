#include "serve/log_lines.h"

#include <algorithm>

namespace pulsewatch {

namespace {

// Whether a record ends before `at`, which is behind the first byte.
bool isEnd(std::string_view text, std::size_t at) { return text[at - 1] == '\n' && (at == text.size() || text[at] != ' '); }

}  // namespace

std::size_t countRecords(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) count += isEnd(text, at + 1) ? 1 : 0;
  return count;
}

std::size_t wholeRecords(std::string_view text, std::size_t most) {
  std::size_t at = std::min(most, text.size());
  while (at > 0 && !isEnd(text, at)) --at;
  return at;
}

std::size_t firstRecord(std::string_view text) {
  std::size_t at = 0;
  do at = std::min(text.find('\n', at), text.size() - 1) + 1;
  while (at < text.size() && !isEnd(text, at));
  return at;
}

}  // namespace pulsewatch
