// A certificate authority of a test's own, made by openssl, with a certificate for `localhost` and one for nobody's name.
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
  [[nodiscard]] std::string certificate() const { return path("server.pem"); }  // for the name localhost alone
  [[nodiscard]] std::string key() const { return path("server.key"); }

 private:
  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void makeAuthority(const std::string& name) const;

  TemporaryDirectory directory_;
};

}  // namespace pulsewatch::testing
