// One connection to a Redis server: connected, authenticated and on its database, with a deadline over everything that waits.
//
// Opened and asked by one thread at a time. Throws a Failure; the connection is closed then, unless the server replied with an error
// after it was open.
#pragma once

#include "common/deadline.h"
#include "common/host_lookup.h"
#include "redis/redis_target.h"
#include "redis/reply.h"
#include "redis/stream.h"

#include <Poco/Redis/Command.h>

#include <memory>
#include <string>
#include <vector>

namespace pulsewatch::redis {

class Connection {
 public:
  explicit Connection(const Target& target);  // the target must outlive it

  [[nodiscard]] bool isOpen() const { return stream_ != nullptr; }
  void open(const net::Deadline& deadline);
  void close();

  // Sends the commands in one piece and gives back their replies, errors too.
  std::vector<Reply> ask(const std::vector<Poco::Redis::Command>& commands, const net::Deadline& deadline);
  // One command; an error reply is thrown as a Failure of Kind::reply.
  Reply ask(const Poco::Redis::Command& command, const net::Deadline& deadline);

  [[nodiscard]] int fd() const { return stream_ ? stream_->fd() : -1; }  // -1: closed

 private:
  const Target& target_;
  net::HostLookup lookup_;
  std::unique_ptr<Stream> stream_;
  std::string received_;  // not yet taken
};

}  // namespace pulsewatch::redis
