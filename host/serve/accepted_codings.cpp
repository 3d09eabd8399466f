#include "serve/accepted_codings.h"

#include "serve/http_grammar.h"

#include <algorithm>

namespace pulsewatch {

namespace {

constexpr std::size_t kLongestWeight = 5;  // 0.123

// A qvalue above 0.
bool isWanted(std::string_view weight) {
  if (weight.empty() || weight.size() > kLongestWeight || (weight[0] != '0' && weight[0] != '1')) return false;
  if (weight.size() > 1 && weight[1] != '.') return false;
  const std::string_view decimals = weight.substr(std::min<std::size_t>(weight.size(), 2));
  if (weight[0] == '1') return decimals.find_first_not_of('0') == std::string_view::npos;
  return std::all_of(decimals.begin(), decimals.end(), isDigit) && decimals.find_first_not_of('0') != std::string_view::npos;
}

bool isAccepted(std::string_view parameters) {
  if (parameters.empty()) return true;
  parameters = withoutOws(parameters.substr(1));
  return parameters.size() > 2 && sameWord(parameters.substr(0, 2), "q=") && isWanted(parameters.substr(2));
}

}  // namespace

void AcceptedCodings::add(std::string_view value) {
  std::optional<std::string_view> list = value;
  while (const std::optional<std::string_view> element = nextElement(list)) {
    const std::size_t semicolon = std::min(element->find(';'), element->size());
    const std::string_view coding = withoutOws(element->substr(0, semicolon));
    const bool accepted = isAccepted(element->substr(semicolon));
    // Named twice, it must be wanted both times.
    if (sameWord(coding, "gzip") || sameWord(coding, "x-gzip"))
      gzip_ = gzip_.value_or(true) && accepted;
    else if (coding == "*")
      any_ = any_.value_or(true) && accepted;
  }
}

}  // namespace pulsewatch
