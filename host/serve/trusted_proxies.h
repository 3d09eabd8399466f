// Whose X-Forwarded-* count: `http.trusted_proxies`, addresses and networks. Immutable; any thread.
#pragma once

#include <Poco/Net/IPAddress.h>

#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

// An address as people write it: a dual-stack socket sees IPv4 clients as ::ffff:a.b.c.d. Pure.
Poco::Net::IPAddress plainAddress(const Poco::Net::IPAddress& address);

class TrustedProxies {
 public:
  // Each an address or address/prefix; validated by the configuration. Throws std::invalid_argument otherwise.
  explicit TrustedProxies(const std::vector<std::string>& networks);

  [[nodiscard]] bool trusts(const std::string& address) const;

  // The client behind the proxies: from the right of X-Forwarded-For the first that is no proxy of ours; the peer itself when it isn't one,
  // or when the field is not made of addresses.
  [[nodiscard]] std::string client(const std::string& peer, const std::string& forwarded_for) const;

 private:
  std::vector<std::pair<Poco::Net::IPAddress, unsigned>> networks_;
};

}  // namespace pulsewatch
