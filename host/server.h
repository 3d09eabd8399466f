// The running host: every stage, built left to right and taken down right to left. The one place that knows them all.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/service_manager.h"
#include "serve/log_writer.h"
#include "setup.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pulsewatch {

class Server {
 public:
  // Listens at once (throws CannotListen) and starts the checks' first runs with start(). `log`, which is as the setup has it, and
  // `manager`, who is told of all that becomes of it, must outlive it.
  Server(const Setup& setup, LogWriter& log, ServiceManager& manager, const Clock& clock);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  void start();
  void drain();  // not ready from now on, still serving
  // Feeds the manager's watchdog, unless a thread that can't be done without makes no progress: then the log says so, once. One thread.
  void feedWatchdog();
  // Ends everything within a second. False when a check hangs, or a reload that waits for one: its thread is still there, and the process
  // must end by _exit.
  bool stop();

  // Reads the configuration again and brings the host to it, all or nothing. Gives the mistakes' lines; none: it is in effect. Waits; any
  // thread.
  std::vector<std::string> reload();
  void reloadSoon();                             // the same, without an answer; any thread
  [[nodiscard]] Milliseconds drainTime() const;  // shutdown.drain

  [[nodiscard]] std::uint16_t port() const;

 private:
  class Parts;
  const std::unique_ptr<Parts> parts_;
};

// The version of the program.
const char* hostVersion();

}  // namespace pulsewatch
