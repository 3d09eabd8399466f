// A real name server of a test's own: dnsmasq on 127.0.0.53, in a private network. It knows `db.test` and `cache.test`, both 127.0.0.1, and
// nothing else. Frozen, it is one that swallows every question.
#pragma once

#include "support/private_server.h"

#include <string>
#include <vector>

namespace pulsewatch::testing {

class NameServer final : public PrivateServer {
 public:
  NameServer() { start(); }

 private:
  std::vector<std::string> commandLine() override {
    return {"dnsmasq",       "--keep-in-foreground", "--conf-file=/dev/null",        "--no-resolv",
            "--no-hosts",    "--bind-interfaces",    "--listen-address=127.0.0.53",  "--port=53",
            "--pid-file",    "--log-facility=-",     "--address=/db.test/127.0.0.1", "--address=/cache.test/127.0.0.1",
            "--local=/test/"};
  }
  [[nodiscard]] bool answers() const override { return log().find("started, version") != std::string::npos; }
};

}  // namespace pulsewatch::testing
