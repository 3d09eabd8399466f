// The running host: every stage, built left to right and taken down right to left. The one place that knows them all.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "serve/log_writer.h"
#include "setup.h"

#include <cstdint>
#include <memory>

namespace pulsewatch {

class Server {
 public:
  // Listens at once (throws CannotListen) and starts the checks' first runs with start(). `log` must outlive it.
  Server(const Setup& setup, LogWriter& log, const Clock& clock);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  void start();
  void drain();  // not ready from now on, still serving
  // Ends everything within a second. False when a check hangs: its thread is still there, and the process must end by _exit.
  bool stop();

  [[nodiscard]] std::uint16_t port() const;

 private:
  class Parts;
  const std::unique_ptr<Parts> parts_;
};

// The version of the program.
const char* hostVersion();

}  // namespace pulsewatch
