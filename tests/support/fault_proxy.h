// A TCP server on 127.0.0.1 for the faults that real servers don't show: in front of a real one, or with canned bytes of its own.
//
// A fault holds for what flows from when it is set; what a connection has received from the server before counts. Runs on a thread of
// its own; every function may be called from any thread. Throws std::system_error when it can't listen.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch::testing {

class FaultProxy {
 public:
  struct Fault {
    bool silent = false;                          // accepts, and passes nothing in either direction
    std::optional<std::size_t> stop_after = {};   // passes that many bytes from the server, then says nothing more
    std::optional<std::size_t> close_after = {};  // … then closes
    std::chrono::milliseconds drip{0};            // a byte from the server each time that long has passed; 0: at once
  };

  // In front of a server on 127.0.0.1.
  explicit FaultProxy(std::uint16_t upstream_port);

  // A server that sends `greeting` to each client and then, whenever the client has sent something, the next of `replies`; nothing more
  // once they are used up.
  explicit FaultProxy(std::string greeting, std::vector<std::string> replies = {});

  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void setFault(const Fault& fault);
  void closeConnections();                                          // those that are open now; returns when they are closed
  [[nodiscard]] std::size_t accepted() const { return accepted_; }  // connections since the beginning
  [[nodiscard]] std::size_t open() const { return open_; }          // connections that neither side has closed
  [[nodiscard]] std::string received() const;                       // what all clients have sent

 private:
  struct Connection;

  void listen();
  void serve();
  void accept();
  bool fromClient(Connection& connection, const Fault& fault);
  bool fromServer(Connection& connection);
  bool toClient(Connection& connection, const Fault& fault);
  void wake() const;

  std::uint16_t port_ = 0;
  const std::uint16_t upstream_port_;  // 0: canned
  const std::string greeting_;
  const std::vector<std::string> replies_;
  int listener_ = -1;
  int wake_ = -1;  // an eventfd
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> accepted_{0};
  std::atomic<std::size_t> open_{0};
  std::atomic<int> close_requests_{0};
  std::atomic<int> closes_done_{0};
  mutable std::mutex mutex_;  // the two below
  Fault fault_;
  std::string received_;
  std::list<Connection> connections_;  // the thread's own
  std::thread thread_;
};

}  // namespace pulsewatch::testing
