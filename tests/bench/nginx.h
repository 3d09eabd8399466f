// A private nginx that answers some paths with `return 200` and a fixed body, with one worker for each processor. Throws
// std::runtime_error, with nginx' own log, when it doesn't start. One thread.
#pragma once

#include "support/http_client.h"
#include "support/nginx.h"

#include <cstdint>
#include <map>
#include <string>

namespace pulsewatch::bench {

class Nginx {
 public:
  // Answers each path as the given answer was: the same body, and headers of the same names and about the same length. `pinned`: each
  // worker has a processor and a listening socket of its own, else they take turns; which is faster depends on the load.
  explicit Nginx(const std::map<std::string, testing::HttpResponse>& answers, bool pinned = false);

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] pid_t pid() const { return server_.pid(); }

 private:
  void checkAnswer(const std::string& path, const testing::HttpResponse& expected) const;

  const testing::Nginx server_;
};

}  // namespace pulsewatch::bench
