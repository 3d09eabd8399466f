// A socket the server listens on. Its descriptor is closed on exec, doesn't block, and what it accepts sends small pieces at once.
#pragma once

#include "base/file_descriptor.h"
#include "serve/http_message.h"
#include "serve/tls_files.h"

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace pulsewatch {

// The address cannot be listened on: what, where, why, what to do.
class CannotListen : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a loop's epoll tells of: a listening socket or a connection.
struct Watched {
  explicit Watched(bool door) : is_door(door) {}
  const bool is_door;
};

// Where a socket listens, and which keys say so.
struct ListenAddress {
  std::string keys;        // "http.address, http.port"
  std::string address;     // an IP address, `::` for IPv4 too
  std::uint16_t port = 0;  // 0 picks a free one
  Door door = Door::open;
  const TlsFiles* tls = nullptr;  // null: plain HTTP; outlives the server

  bool operator==(const ListenAddress& other) const = default;
};

// Any thread; immutable but for leave().
class ListeningSocket final : public Watched {
 public:
  // Listens at once. Never shares a port with another server. Throws CannotListen.
  explicit ListeningSocket(const ListenAddress& address);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const ListenAddress& where() const { return where_; }
  // The local address of all its connections; "" where each has its own.
  [[nodiscard]] const std::string& localAddress() const { return local_address_; }

  // No connection that came here is kept open for a next request.
  void leave() { left_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool left() const { return left_.load(std::memory_order_relaxed); }
  // Nobody accepts here any more.
  void close() { fd_ = FileDescriptor(); }

 private:
  const ListenAddress where_;
  FileDescriptor fd_;
  std::uint16_t port_ = 0;
  std::string local_address_;
  std::atomic<bool> left_{false};
};

}  // namespace pulsewatch
