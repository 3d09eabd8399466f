#include "serve/allowed_hosts.h"

#include "base/network_address.h"

#include <algorithm>
#include <string_view>

namespace pulsewatch {

namespace {

constexpr unsigned kMostPort = 65535;

bool isPort(std::string_view text) {
  if (text.empty()) return true;
  if (text[0] != ':' || text.size() > 6) return false;
  unsigned port = 0;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= kMostPort;
}

// Each host of each request comes by here: no library call for a letter.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool isHostCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'; }

}  // namespace

std::string hostOf(std::string_view field) {
  std::string host(field);
  std::transform(host.begin(), host.end(), host.begin(), lower);
  if (!host.empty() && host.front() == '[') {
    const std::size_t close = host.find(']');
    if (close == std::string::npos || !isPort(std::string_view(host).substr(close + 1))) return {};
    host = host.substr(1, close - 1);
    return host.find(':') != std::string::npos && host.find('%') == std::string::npos && addressBytes(host) ? host : std::string();
  }
  const std::size_t colon = host.find(':');
  if (colon != std::string::npos && !isPort(std::string_view(host).substr(colon))) return {};
  if (colon != std::string::npos) host.resize(colon);
  if (!std::all_of(host.begin(), host.end(), isHostCharacter)) return {};
  if (!host.empty() && host.back() == '.') host.pop_back();
  return host;
}

AllowedHosts::AllowedHosts(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const bool bracketed = pattern.size() > 1 && pattern.front() == '[';
    const std::string text = bracketed ? pattern.substr(1, pattern.size() - 2) : pattern;
    patterns_.push_back({pattern == "*", text, addressBytes(text)});
  }
}

// Without taking it apart: nearly every request names a host as the configuration does, or the address that it came to.
bool AllowedHosts::allowsAsWritten(std::string_view field, std::string_view local_address) const {
  if (field.empty() || field.front() == '[' || field.front() == '.') return false;
  const std::string_view host = field.substr(0, field.find(':'));
  if (host.empty() || host == "*" || !isPort(field.substr(host.size()))) return false;
  return host == local_address ||
         std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& pattern) { return pattern.text == host; });
}

bool AllowedHosts::allows(std::string_view field, std::string_view local_address) const {
  if (allowsAsWritten(field, local_address)) return true;
  const std::string host = hostOf(field);
  if (host.empty()) return false;
  const std::optional<AddressBytes> address = addressBytes(host);
  if (address && address == addressBytes(std::string(local_address))) return true;
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& pattern) {
    if (pattern.any) return true;
    const std::string& text = pattern.text;
    if (text.size() > 1 && text.front() == '.') {
      const bool below = host.size() > text.size() && host.compare(host.size() - text.size(), text.size(), text) == 0;
      return below || host.compare(0, std::string::npos, text, 1) == 0;
    }
    return host == text || (address && address == pattern.address);
  });
}

}  // namespace pulsewatch
