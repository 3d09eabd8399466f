#include "redis/reply.h"

#include "redis/stream.h"

#include <charconv>

namespace pulsewatch::redis {
namespace {

constexpr std::size_t longest_line = 64UL * 1024;
constexpr std::int64_t longest_bulk = 1024L * 1024;

[[noreturn]] void refuse(const char* words) { throw Failure(Failure::Kind::protocol, words); }

std::int64_t number(const std::string& digits) {
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stopped != end) refuse("a number with other characters in it");
  return value;
}

std::optional<Reply> takeBulk(std::string& bytes, const std::string& digits, std::size_t header) {
  const std::int64_t announced = number(digits);
  if (announced == -1) {
    bytes.erase(0, header);
    return Reply{Reply::Type::nil, {}};
  }
  if (announced < 0 || announced > longest_bulk) refuse("a string of a length that is not believed");
  const auto length = static_cast<std::size_t>(announced);
  if (bytes.size() < header + length + 2) return std::nullopt;
  if (bytes.compare(header + length, 2, "\r\n") != 0) refuse("a string that doesn't end where it should");
  Reply reply{Reply::Type::bulk, bytes.substr(header, length)};
  bytes.erase(0, header + length + 2);
  return reply;
}

}  // namespace

std::optional<Reply> takeReply(std::string& bytes) {
  if (bytes.empty()) return std::nullopt;
  static const std::string markers = "+-:$";
  const std::size_t marker = markers.find(bytes.front());
  if (marker == std::string::npos) refuse("what came is no reply of Redis");
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string::npos) {
    if (bytes.size() > longest_line) refuse("a line of a length that is not believed");
    return std::nullopt;
  }
  const std::string line = bytes.substr(1, end - 1);
  if (markers[marker] == '$') return takeBulk(bytes, line, end + 2);
  if (markers[marker] == ':') number(line);
  bytes.erase(0, end + 2);
  constexpr Reply::Type types[] = {Reply::Type::simple, Reply::Type::error, Reply::Type::integer};
  return Reply{types[marker], line};
}

}  // namespace pulsewatch::redis
