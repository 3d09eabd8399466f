// A certificate authority of a test's own, made by openssl, with a certificate for `localhost` and `several.test`, and what isn't to be
// trusted.
//
// Files that servers of another user can read. Throws std::runtime_error when openssl fails.
#pragma once

#include "support/temporary_directory.h"

#include <string>

namespace pulsewatch::testing {

class Certificates {
 public:
  Certificates();

  [[nodiscard]] std::string authority() const { return path("authority.pem"); }
  [[nodiscard]] std::string stranger() const { return path("stranger.pem"); }   // an authority that has signed nothing
  [[nodiscard]] std::string certificate() const { return path("server.pem"); }  // for those two names alone, no address
  [[nodiscard]] std::string expired() const { return path("expired.pem"); }     // the same, and its time is over
  [[nodiscard]] std::string key() const { return path("server.key"); }

 private:
  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void makeAuthority(const std::string& name) const;
  void sign(const std::string& certificate, const std::string& days) const;

  TemporaryDirectory directory_;
};

}  // namespace pulsewatch::testing
