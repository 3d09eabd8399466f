// A server of 127.0.0.1 that takes connections and never says a word: the kernel does it. One thread.
#pragma once

#include "base/file_descriptor.h"

#include <cstdint>

namespace pulsewatch::conform {

class DeafServer {
 public:
  DeafServer();  // throws std::system_error
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  FileDescriptor socket_;
  std::uint16_t port_ = 0;
};

}  // namespace pulsewatch::conform
