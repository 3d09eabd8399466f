// ALLOWED_HOSTS, by Django's rules (django.http.request.validate_host): "*" is any, ".example.com" is the domain and all below it, anything
// else is itself; case and a trailing dot don't count, a port is left out. Immutable; any thread.
#pragma once

#include "base/network_address.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

class AllowedHosts {
 public:
  explicit AllowedHosts(const std::vector<std::string>& patterns);

  // `host` is a Host field; `local_address` the socket's own, which is always allowed: a probe asks by address.
  [[nodiscard]] bool allows(std::string_view host, std::string_view local_address) const;

 private:
  struct Pattern {
    bool any = false;  // "*"
    std::string text;  // an IPv6 address without its brackets
    std::optional<AddressBytes> address;
  };
  [[nodiscard]] bool allowsAsWritten(std::string_view field, std::string_view local_address) const;

  std::vector<Pattern> patterns_;  // constant after construction
};

// The host of a Host field, lower case, without port and trailing dot, an IPv6 address without its brackets; "" when the field is not
// valid.
std::string hostOf(std::string_view field);

}  // namespace pulsewatch
