// The addresses of a host name, within a deadline: getaddrinfo() knows none, so it runs on a thread that can be left behind.
//
// A lookup that outlives its run goes on, and the next run takes it over, unless it has failed by then: a dead name server costs a check
// one thread, never more. The thread may outlive the check as well, which is why a library with this in it must never be unmapped. One
// thread at a time.
#pragma once

#include "common/deadline.h"

#include <cstdint>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace pulsewatch::net {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] std::string text() const;  // numeric
};

class HostLookup {
 public:
  enum class Outcome { found, not_found, failed, timed_out };

  HostLookup(std::string host, std::uint16_t port);
  HostLookup(const HostLookup&) = delete;
  HostLookup& operator=(const HostLookup&) = delete;
  ~HostLookup();

  // Fills `addresses`, in the order in which they should be tried, when it says found.
  Outcome resolve(const Deadline& deadline, std::vector<Address>& addresses);

 private:
  struct Request;

  const std::string host_;
  const std::string port_;
  std::shared_ptr<Request> pending_;
};

}  // namespace pulsewatch::net
