// Whose X-Forwarded-* count: `http.trusted_proxies`, addresses and networks. Immutable; any thread.
#pragma once

#include "base/network_address.h"

#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

class TrustedProxies {
 public:
  // Each an address or address/prefix; validated by the configuration. Throws std::invalid_argument otherwise.
  explicit TrustedProxies(const std::vector<std::string>& networks);

  [[nodiscard]] bool trusts(const std::string& address) const;

  // The client behind the proxies: from the right of X-Forwarded-For the first that is no proxy of ours; the peer itself when it isn't one,
  // or when the field is not made of addresses.
  [[nodiscard]] std::string client(const std::string& peer, const std::string& forwarded_for) const;

 private:
  std::vector<std::pair<AddressBytes, unsigned>> networks_;  // with the length of the prefix, of 128 bits
};

}  // namespace pulsewatch
