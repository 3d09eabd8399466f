#include "serve/allowed_hosts.h"

#include "serve/network_address.h"

#include <algorithm>
#include <cctype>

namespace pulsewatch {

namespace {

constexpr int kMostPort = 65535;

bool isPort(const std::string& text) {
  if (text.empty() || text == ":") return true;
  const bool digits =
      text[0] == ':' && text.size() <= 6 && std::all_of(text.begin() + 1, text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits && std::stoi(text.substr(1)) <= kMostPort;
}

bool sameAddress(const std::string& a, const std::string& b) {
  const auto first = addressBytes(a);
  return first && first == addressBytes(b);
}

}  // namespace

std::string hostOf(const std::string& field) {
  std::string host = field;
  std::transform(host.begin(), host.end(), host.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!host.empty() && host.front() == '[') {
    const std::size_t close = host.find(']');
    if (close == std::string::npos || !isPort(host.substr(close + 1))) return {};
    host = host.substr(1, close - 1);
    return host.find(':') != std::string::npos && host.find('%') == std::string::npos && addressBytes(host) ? host : std::string();
  }
  const std::size_t colon = host.find(':');
  if (colon != std::string::npos && !isPort(host.substr(colon))) return {};
  host = host.substr(0, colon);
  if (host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") != std::string::npos) return {};
  if (!host.empty() && host.back() == '.') host.pop_back();
  return host;
}

bool AllowedHosts::allows(const std::string& field, const std::string& local_address) const {
  const std::string host = hostOf(field);
  if (host.empty()) return false;
  if (sameAddress(host, local_address)) return true;
  return std::any_of(patterns_.begin(), patterns_.end(), [&host](std::string pattern) {
    if (pattern == "*") return true;
    if (pattern.size() > 1 && pattern.front() == '[') pattern = pattern.substr(1, pattern.size() - 2);
    if (pattern.size() > 1 && pattern.front() == '.') {
      const bool below = host.size() > pattern.size() && host.compare(host.size() - pattern.size(), pattern.size(), pattern) == 0;
      return below || host == pattern.substr(1);
    }
    return host == pattern || sameAddress(host, pattern);
  });
}

}  // namespace pulsewatch
