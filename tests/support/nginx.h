// A private nginx with a configuration of the test's. What PrivateServer says of threads and failures holds.
#pragma once

#include "support/private_server.h"

#include <string>
#include <vector>

namespace pulsewatch::testing {

class Nginx final : public PrivateServer {
 public:
  // `http` stands in its http block; @PORT@ in it is port(), and the one that it must listen on. A worker for each processor; `workers` has
  // more about them.
  explicit Nginx(std::string http, std::string workers = {});

  [[nodiscard]] std::string accessLog() const;  // what `access_log access.log …` in `http` has written

 private:
  std::vector<std::string> commandLine() override;
  [[nodiscard]] bool answers() const override;

  const std::string http_;
  const std::string workers_;
};

}  // namespace pulsewatch::testing
