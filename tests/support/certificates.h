// A certificate authority of a test's own, made by openssl, with a certificate for `localhost` and `several.test`, and what isn't to be
// trusted.
//
// Files that servers of another user can read. Throws std::runtime_error when openssl fails.
#pragma once

#include "support/temporary_directory.h"

#include <string>

namespace pulsewatch::testing {

// How a further certificate is made, where it isn't as the server's.
struct Issue {
  std::string key = "ec:P-256";  // or rsa:2048
  std::string subject = "/CN=localhost";
  std::string authority = "authority";  // or "stranger"; one made by issue()
  std::string days = "2";
  std::string digest = "sha256";
  bool signs = false;  // it is an authority itself
};
struct IssuedFiles {
  std::string certificate;
  std::string key;
};

class Certificates {
 public:
  Certificates();

  [[nodiscard]] std::string authority() const { return path("authority.pem"); }
  [[nodiscard]] std::string stranger() const { return path("stranger.pem"); }   // an authority that has signed nothing
  [[nodiscard]] std::string certificate() const { return path("server.pem"); }  // for those two names alone, no address
  [[nodiscard]] std::string expired() const { return path("expired.pem"); }     // the same, and its time is over
  [[nodiscard]] std::string key() const { return path("server.key"); }

  // A certificate NAME.pem with a key of its own, for the same names.
  [[nodiscard]] IssuedFiles issue(const std::string& name, const Issue& how = {}) const;

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }

 private:
  void makeAuthority(const std::string& name) const;
  void sign(const std::string& certificate, const std::string& days) const;

  TemporaryDirectory directory_;
};

}  // namespace pulsewatch::testing
