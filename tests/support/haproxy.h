// A private HAProxy with a configuration of the test's. What PrivateServer says of threads and failures holds.
#pragma once

#include "support/private_server.h"

#include <string>
#include <vector>

namespace pulsewatch::testing {

class HaProxy final : public PrivateServer {
 public:
  // `sections` come behind `global` and `defaults` (time-outs); @PORT@ in them is port().
  explicit HaProxy(std::string sections);

  // The answer of its runtime API, as `show stat`.
  [[nodiscard]] std::string tell(const std::string& command) const;

 private:
  std::vector<std::string> commandLine() override;
  [[nodiscard]] bool answers() const override;

  const std::string sections_;
};

}  // namespace pulsewatch::testing
