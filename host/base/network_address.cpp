#include "base/network_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

namespace pulsewatch {

namespace {

constexpr AddressBytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kMappedSize = 12;

}  // namespace

std::optional<AddressBytes> addressBytes(const std::string& text) {
  AddressBytes bytes = kMapped;
  if (inet_pton(AF_INET, text.c_str(), bytes.data() + kMappedSize) == 1) return bytes;
  const std::size_t scope = text.find('%');
  if (scope != std::string::npos && scope + 1 == text.size()) return std::nullopt;
  if (inet_pton(AF_INET6, text.substr(0, scope).c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

AddressBytes addressBytes(const sockaddr_storage& address) {
  AddressBytes bytes = kMapped;
  if (address.ss_family == AF_INET6)
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, bytes.size());
  else
    std::memcpy(bytes.data() + kMappedSize, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, bytes.size() - kMappedSize);
  return bytes;
}

bool isIpv4(const AddressBytes& address) { return std::equal(kMapped.begin(), kMapped.begin() + kMappedSize, address.begin()); }

std::string addressText(const AddressBytes& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (isIpv4(address))
    inet_ntop(AF_INET, address.data() + kMappedSize, text.data(), text.size());
  else
    inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  return text.data();
}

std::string plainAddress(const std::string& text) {
  const auto bytes = addressBytes(text);
  return bytes ? addressText(*bytes) : text;
}

}  // namespace pulsewatch
