// A TCP port that swallows whoever comes: it listens and never accepts, and its queue is full, so that a connect() gets no answer at all.
// Gone with the object. Throws std::system_error when it can't listen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pulsewatch::testing {

class DeafListener {
 public:
  DeafListener(const std::string& ipv4, std::uint16_t port);
  DeafListener(const DeafListener&) = delete;
  DeafListener& operator=(const DeafListener&) = delete;
  ~DeafListener();

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  const std::uint16_t port_;
  std::vector<int> sockets_;  // the listener and those that fill its queue
};

}  // namespace pulsewatch::testing
