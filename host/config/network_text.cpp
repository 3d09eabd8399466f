#include "config/network_text.h"

#include "base/network_address.h"
#include "config/duration.h"

#include <algorithm>
#include <arpa/inet.h>
#include <string_view>
#include <sys/un.h>

namespace pulsewatch {

namespace {

bool isFamily(int family, const std::string& text) {
  in6_addr address{};  // room for both families
  return text.find('\0') == std::string::npos && ::inet_pton(family, text.c_str(), &address) == 1;
}

// Listened on, one takes what comes to the other.
bool covers(const AddressBytes& listener, const AddressBytes& other) {
  const bool every = listener == addressBytes("::"), every_ipv4 = listener == addressBytes("0.0.0.0");
  return listener == other || every || (every_ipv4 && isIpv4(other));
}

bool isHostName(std::string_view text) {
  if (text.empty() || text.size() > 253 || text.back() == '.' || text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

bool isIpAddress(const std::string& text) { return isFamily(AF_INET, text) || isFamily(AF_INET6, text); }

bool addressesOverlap(const std::string& a, const std::string& b) {
  const auto one = addressBytes(a);
  const auto other = addressBytes(b);
  return one && other && (covers(*one, *other) || covers(*other, *one));
}

std::string networkFault(const std::string& text) {
  const std::string kFault = "is neither an IP address nor a network; write e.g. 127.0.0.1 or 10.0.0.0/8";
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  if (!isIpAddress(address)) return kFault;
  if (slash == std::string::npos) return {};
  const auto bits = parseInteger(std::string_view(text).substr(slash + 1));
  return bits && *bits >= 0 && *bits <= (isFamily(AF_INET, address) ? 32 : 128) ? "" : kFault;
}

std::string hostPatternFault(const std::string& text) {
  if (text == "*") return {};
  if (text.find("://") != std::string::npos) return "has a scheme; write the host alone";
  if (text.front() == '*') return "has a *, which stands alone only; write .example.com for a domain with its subdomains";
  if (text.front() == '[') {
    const bool closed = text.back() == ']' && isFamily(AF_INET6, text.substr(1, text.size() - 2));
    return closed ? "" : "is not an IPv6 address in brackets, without a port; write e.g. [::1]";
  }
  if (isFamily(AF_INET6, text)) return "is an IPv6 address without brackets; write [" + text + "]";
  if (text.find(':') != std::string::npos) return "has a port; write the host alone";
  const std::string_view name = std::string_view(text).substr(text.front() == '.' ? 1 : 0);
  return isHostName(name) && name.front() != '.' ? "" : "is not a host; write *, .example.com, a host's name, or an address";
}

std::string socketPathFault(const std::string& path) {
  constexpr std::size_t kMost = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() <= kMost) return {};
  return "is a path of " + std::to_string(path.size()) + " bytes where a socket's may have " + std::to_string(kMost) +
         "; choose a shorter one";
}

std::string pathFault(const std::string& text) {
  const bool fine = text.front() == '/' && std::all_of(text.begin(), text.end(), [](char c) {
                      return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F && c != '?' && c != '#';
                    });
  return fine ? "" : "is not a path; write it with its leading /, without a query";
}

}  // namespace pulsewatch
