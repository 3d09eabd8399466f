#include "serve/trusted_proxies.h"

#include "config/duration.h"

#include <Poco/StringTokenizer.h>

#include <algorithm>
#include <stdexcept>

namespace pulsewatch {

namespace {

bool inNetwork(const AddressBytes& address, const AddressBytes& network, unsigned prefix) {
  if (isIpv4(address) != isIpv4(network)) return false;  // ::/0 is every IPv6 address
  const unsigned whole = prefix / 8;
  if (!std::equal(address.begin(), address.begin() + whole, network.begin())) return false;
  if (prefix % 8 == 0) return true;
  const unsigned mask = 0xFF00U >> (prefix % 8) & 0xFFU;
  return (address[whole] & mask) == (network[whole] & mask);
}

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    const std::string address = text.substr(0, slash);
    const auto bytes = addressBytes(address);
    if (!bytes) throw std::invalid_argument("not an address: " + text);
    const unsigned bits = address.find(':') == std::string::npos ? 32 : 128;
    const auto prefix = slash == std::string::npos ? bits : parseInteger(text.substr(slash + 1)).value_or(-1);
    if (prefix < 0 || prefix > bits) throw std::invalid_argument("not a network: " + text);
    networks_.emplace_back(*bytes, static_cast<unsigned>(prefix) + (128 - bits));
  }
}

bool TrustedProxies::trusts(const std::string& text) const {
  if (networks_.empty()) return false;
  const auto address = addressBytes(text);
  return address && std::any_of(networks_.begin(), networks_.end(),
                                [&](const auto& network) { return inNetwork(*address, network.first, network.second); });
}

std::string TrustedProxies::client(const std::string& peer, const std::string& forwarded_for) const {
  if (forwarded_for.empty() || !trusts(peer)) return peer;
  const Poco::StringTokenizer hops(forwarded_for, ",", Poco::StringTokenizer::TOK_TRIM);
  std::string client = peer;
  for (std::size_t i = hops.count(); i-- > 0;) {
    const auto address = addressBytes(hops[i]);
    if (!address) return client;
    client = addressText(*address);
    if (!trusts(client)) return client;
  }
  return client;
}

}  // namespace pulsewatch
