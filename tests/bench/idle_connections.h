// Connections that are kept alive: each has had one answer, and asks for nothing more. Closed with the object. One thread. Throws
// Poco::Exception, or std::runtime_error, when one is not answered with 200.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pulsewatch::bench {

class IdleConnections {
 public:
  IdleConnections(std::uint16_t port, const std::string& path, std::size_t number);

  // Whether the server has none of them closed so far.
  [[nodiscard]] bool allOpen() const;

 private:
  std::vector<Poco::Net::StreamSocket> sockets_;
};

}  // namespace pulsewatch::bench
