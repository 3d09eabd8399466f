#include "serve/allowed_hosts.h"

#include "serve/network_address.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace pulsewatch {

namespace {

bool isPort(std::string_view text) {
  return text.empty() || (text[0] == ':' && text.size() <= 6 &&
                          std::all_of(text.begin() + 1, text.end(), [](unsigned char c) { return std::isdigit(c) != 0; }));
}

bool sameAddress(const std::string& a, const std::string& b) {
  const auto first = addressBytes(a);
  return first && first == addressBytes(b);
}

}  // namespace

std::string hostOf(std::string_view field) {
  std::string host(field);
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

// Without taking it apart: nearly every request names a host as the configuration does, or the address that it came to.
bool AllowedHosts::allowsAsWritten(std::string_view field, std::string_view local_address) const {
  if (field.empty() || field.front() == '[' || field.front() == '.') return false;
  const std::string_view host = field.substr(0, field.find(':'));
  if (host.empty() || host == "*" || !isPort(field.substr(host.size()))) return false;
  return host == local_address || std::find(patterns_.begin(), patterns_.end(), host) != patterns_.end();
}

bool AllowedHosts::allows(std::string_view field, std::string_view local_address) const {
  if (allowsAsWritten(field, local_address)) return true;
  const std::string host = hostOf(field);
  if (host.empty()) return false;
  if (sameAddress(host, std::string(local_address))) return true;
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
