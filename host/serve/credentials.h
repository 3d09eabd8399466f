// The token and the users that a configuration names, and whether an Authorization field is one of them. Immutable; any thread.
#pragma once

#include "config/host_config.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pulsewatch {

// What an Authorization field says.
struct Presented {
  enum class Scheme { none, bearer, basic };
  Scheme scheme = Scheme::none;  // none: nothing, or nothing that is a guess at ours
  bool valid = false;            // taken apart without a fault
  std::string user;              // of basic
  std::string secret;            // the token, or the password
};

Presented presented(std::string_view authorization);

class Credentials {
 public:
  explicit Credentials(AuthConfig config);

  [[nodiscard]] bool on() const { return config_.on(); }
  // Takes as long whether what is presented is nearly right or not at all; of a token microseconds, of a password what its hash costs: then
  // `hashes` says so beforehand.
  [[nodiscard]] bool areRight(const Presented& presented) const;
  [[nodiscard]] bool hashes(const Presented& presented) const;

  // The values of WWW-Authenticate, one field each in an answer.
  [[nodiscard]] const std::string& challenge() const { return challenge_; }

 private:
  [[nodiscard]] bool isPassword(const Presented& presented) const;

  const AuthConfig config_;
  const std::uint64_t salt_;  // so that nobody can tell whose hash stands in for an unknown user's
  std::string challenge_;
};

}  // namespace pulsewatch
