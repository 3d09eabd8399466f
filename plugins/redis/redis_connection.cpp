#include "redis/redis_connection.h"

#include <optional>

namespace pulsewatch::redis {

Connection::Connection(const Target& target) : target_(target), lookup_(target.host, target.port) {}

void Connection::open(const net::Deadline& deadline) {
  close();
  stream_ = std::make_unique<Stream>(target_, lookup_, deadline);
  try {
    if (!target_.password.empty()) {
      Poco::Redis::Command auth("AUTH");
      if (!target_.user.empty()) auth << target_.user;
      auth << target_.password;
      ask(auth, deadline);
    }
    if (target_.database != 0) {
      Poco::Redis::Command select("SELECT");
      select << std::to_string(target_.database);
      ask(select, deadline);
    }
  } catch (...) {
    close();
    throw;
  }
}

void Connection::close() {
  stream_.reset();
  received_.clear();
}

std::vector<Reply> Connection::ask(const std::vector<Poco::Redis::Command>& commands, const net::Deadline& deadline) {
  std::string bytes;
  for (const Poco::Redis::Command& command : commands) bytes += Poco::Redis::RedisTypeTraits<Poco::Redis::Array>::toString(command);
  try {
    // Bytes that nobody asked for are the end of a reply given up before, or a server that makes things up.
    if (!received_.empty()) throw Failure(Failure::Kind::protocol, "a reply to no command");
    try {
      stream_->send(bytes, deadline);
    } catch (const Failure& failure) {
      // A server that turns a client away says why, and closes before it is asked anything.
      if (failure.kind() != Failure::Kind::lost) throw;
    }
    std::vector<Reply> replies;
    while (replies.size() < commands.size()) {
      if (std::optional<Reply> reply = takeReply(received_))
        replies.push_back(std::move(*reply));
      else
        received_ += stream_->receive(deadline);
    }
    return replies;
  } catch (...) {
    close();
    throw;
  }
}

Reply Connection::ask(const Poco::Redis::Command& command, const net::Deadline& deadline) {
  Reply reply = ask(std::vector<Poco::Redis::Command>{command}, deadline).front();
  if (reply.type == Reply::Type::error) throw Failure(Failure::Kind::reply, reply.text);
  return reply;
}

}  // namespace pulsewatch::redis
