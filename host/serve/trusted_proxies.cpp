#include "serve/trusted_proxies.h"

#include "config/duration.h"

#include <Poco/StringTokenizer.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace pulsewatch {

namespace {

using Poco::Net::IPAddress;

bool inNetwork(const IPAddress& address, const IPAddress& network, unsigned prefix) {
  if (address.family() != network.family()) return false;
  const IPAddress mask(prefix, network.family());
  return (address & mask) == (network & mask);
}

}  // namespace

IPAddress plainAddress(const IPAddress& address) {
  if (address.family() != IPAddress::IPv6 || !address.isIPv4Mapped()) return address;
  return IPAddress(static_cast<const char*>(address.addr()) + 12, 4);
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    IPAddress address;
    if (!IPAddress::tryParse(text.substr(0, slash), address)) throw std::invalid_argument("not an address: " + text);
    const unsigned bits = address.family() == IPAddress::IPv4 ? 32 : 128;
    const auto prefix = slash == std::string::npos ? bits : parseInteger(text.substr(slash + 1)).value_or(-1);
    if (prefix < 0 || prefix > bits) throw std::invalid_argument("not a network: " + text);
    const IPAddress plain = plainAddress(address);
    const std::int64_t mapped_bits = plain.family() == address.family() ? 0 : 96;
    networks_.emplace_back(plain, static_cast<unsigned>(std::max<std::int64_t>(prefix - mapped_bits, 0)));
  }
}

bool TrustedProxies::trusts(const std::string& text) const {
  IPAddress address;
  if (!IPAddress::tryParse(text, address)) return false;
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const auto& network) { return inNetwork(plainAddress(address), network.first, network.second); });
}

std::string TrustedProxies::client(const std::string& peer, const std::string& forwarded_for) const {
  if (forwarded_for.empty() || !trusts(peer)) return peer;
  const Poco::StringTokenizer hops(forwarded_for, ",", Poco::StringTokenizer::TOK_TRIM);
  std::string client = peer;
  for (std::size_t i = hops.count(); i-- > 0;) {
    IPAddress address;
    if (!IPAddress::tryParse(hops[i], address)) return client;
    client = plainAddress(address).toString();
    if (!trusts(client)) return client;
  }
  return client;
}

}  // namespace pulsewatch
