// Credentials for tests: a token and two users, and requests that show them.
#pragma once

#include "config/host_config.h"

#include <Poco/Base64Encoder.h>

#include <sstream>
#include <string>

namespace pulsewatch::testing {

inline const std::string kToken = "the-token-of-the-tests-0123456789";

// Their passwords: `correct horse`, `open:sesame`, `pässwörd`.
inline AuthConfig authConfig() {
  AuthConfig config;
  config.token = kToken;
  config.users = {{"anna", "$2b$05$CfxJxZUmPe5s/rpBP7V.0.NjPmNwpIQpRSkCBlsTY74GLzCDq38KO"},
                  {"bert", "$y$j75$uT6vqxZZtlfPKCgLSOGQm1$ikJlMRT3K7EJbx6ZBBG39gbQwe/4w0inK8yJugwEUaD"},
                  {"änne", "$2y$05$CfxJxZUmPe5s/rpBP7V.0.4Trf6BcJKbsxgkJmshWjisR9TMJC9Ia"}};
  return config;
}

inline std::string basic(const std::string& pair) {
  std::ostringstream text;
  Poco::Base64Encoder encoder(text);
  encoder.rdbuf()->setLineLength(0);
  encoder << pair;
  encoder.close();
  return "Basic " + text.str();
}

inline std::string bearer(const std::string& token) { return "Bearer " + token; }

}  // namespace pulsewatch::testing
