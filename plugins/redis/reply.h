// One reply of Redis, in RESP2, out of bytes that arrive in pieces. Pure; any thread.
//
// Not Poco's RedisInputStream: it takes a truncated reply for a whole one, fills a short string with spaces, allocates whatever length
// the server names, and follows nested arrays until the stack is gone. None of the commands sent here is answered with an array, so an
// array is refused, and lengths are bounded before anything is allocated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pulsewatch::redis {

struct Reply {
  enum class Type { simple, error, integer, bulk, nil };

  Type type = Type::nil;
  std::string text;  // an integer's digits too
};

// Takes the first whole reply off the front of `bytes`; none while it isn't complete. Throws a Failure of Kind::protocol for anything
// that is no such reply, or a longer one than 1 MiB.
std::optional<Reply> takeReply(std::string& bytes);

}  // namespace pulsewatch::redis
