// The socket the server listens on, with connections of our own making behind Poco's interface: closed on exec from their first moment,
// with a limit of time for sending, and safe against a byte that Poco 1.11 takes for the end of the stream.
#pragma once

#include <Poco/Net/ServerSocket.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pulsewatch {

// The address cannot be listened on: what, where, why, what to do.
class CannotListen : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Listens on one IP address, `::` for IPv4 too; port 0 picks a free one. Never shares a port with another server. Throws CannotListen.
Poco::Net::ServerSocket listeningSocket(const std::string& address, std::uint16_t port);

}  // namespace pulsewatch
