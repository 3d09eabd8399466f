// What the suites of https share: a daemon that serves it with certificates of a test's own, and curl. One thread.
#pragma once

#include "integration/daemon.h"
#include "support/certificates.h"

#include <string>
#include <vector>

namespace pulsewatch::testing {

struct CurlAnswer {
  int code = 0;    // curl's own: 0 when there was an answer
  int status = 0;  // HTTP's
  std::string body;
  std::string location;  // where it redirects to
};

// `curl ARGUMENTS`, with no configuration of the user's.
CurlAnswer curl(const std::vector<std::string>& arguments);

// A check that is well, https on a free port with tls.crt and tls.key in the daemon's directory, and further lines.
PulsewatchOptions httpsOptions(std::uint16_t https_port, const IssuedFiles& files, const std::string& further = {});

// Until the daemon listens for https too.
void waitForHttps(std::uint16_t https_port);

}  // namespace pulsewatch::testing
