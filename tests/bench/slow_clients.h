// Clients that never come to the end of their request: each sends one byte of it a second, for as long as the server lets it, and connects
// anew at once when it doesn't.
//
// They live in a thread of their own until the object goes. The constructor returns when all have been connected, and throws
// std::runtime_error when that doesn't come to be; the rest any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace pulsewatch::bench {

class SlowClients {
 public:
  SlowClients(std::uint16_t port, std::size_t number);
  SlowClients(const SlowClients&) = delete;
  SlowClients& operator=(const SlowClients&) = delete;
  ~SlowClients();

  [[nodiscard]] std::size_t open() const { return open_; }            // connected at this moment
  [[nodiscard]] std::uint64_t reopened() const { return reopened_; }  // connections that the server has ended

 private:
  struct Client {
    int socket = -1;
    bool connected = false;
    std::size_t sent = 0;
  };

  void run();
  void handle(std::size_t index, std::uint32_t events);
  void sendByte(std::size_t index);
  void connect(std::size_t index);
  void disconnect(Client& client);

  const std::uint16_t port_;
  const int epoll_;
  std::vector<Client> clients_;  // the thread's
  std::atomic<std::size_t> open_{0};
  std::atomic<std::uint64_t> reopened_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace pulsewatch::bench
