// Sizes and numbers, at their ends and one beyond.
#include "requests/request.h"

namespace pulsewatch::testing {
namespace {

constexpr std::size_t most_head = 8192;

std::string fields(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += "X-" + std::to_string(i) + ": 1\r\n";
  return all;
}

// A head of so many bytes, filled up in a field's value.
Request head(std::size_t bytes, int status) {
  Request row = withFields("a head of " + std::to_string(bytes) + " bytes", "X-A: \r\n", status);
  row.bytes.insert(row.bytes.size() - 4, bytes - row.bytes.size(), 'a');
  return row;
}

// A request line of so many bytes with its CRLF, and no more.
Request line(std::size_t bytes, int status) {
  const std::string begin = "GET /healthz?";
  const std::string end = " HTTP/1.1\r\n";
  const std::size_t filled = bytes - begin.size() - end.size();
  return {.name = "a request line of " + std::to_string(bytes) + " bytes",
          .bytes = begin + std::string(filled, 'a') + end + host_field + "\r\n",
          .status = status};
}

std::string chunk(const std::string& size, std::size_t bytes) { return size + "\r\n" + std::string(bytes, 'a') + "\r\n"; }

std::string chunksOfOne(std::size_t count, const std::string& extension) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += chunk("1" + extension, 1);
  return all;
}

}  // namespace

Requests limitRows() {
  const std::string end = "0\r\n\r\n";
  const std::string whole(body_limit, 'a');
  const std::string extension = ";" + std::string(63, 'e');
  return {
      answered(head(most_head, 0), 200),
      head(most_head + 1, 431),
      head(most_head + 100, 431),
      head(65536, 431),
      answered(line(8000, 0), 200),
      answered(line(most_head - host_field.size() - 2, 0), 200),
      line(most_head - host_field.size() - 1, 431),
      line(most_head, 431),
      line(most_head + 1, 414),
      line(20000, 414),
      {.name = "a request line without an end", .bytes = "GET /" + std::string(most_head, 'a'), .status = 414},
      {.name = "a method without an end", .bytes = std::string(most_head, 'G'), .status = 414},
      {.name = "a version without an end", .bytes = "GET /healthz HTTP/1.1" + std::string(most_head, '1'), .status = 414},
      {.name = "a head without an end", .bytes = "GET /healthz HTTP/1.1\r\nX-A: " + std::string(most_head, 'a'), .status = 431},
      {.name = "a field's name without an end", .bytes = "GET /healthz HTTP/1.1\r\n" + std::string(most_head, 'a'), .status = 431},
      answered(withFields("64 of them", fields(63)), 200),
      withFields("65 of them", fields(64), 431),
      withFields("200 of them", fields(200), 431),
      {.name = "the 65th of the fields only begun", .bytes = "GET /healthz HTTP/1.1\r\n" + fields(64) + "X", .status = 431},
      withFields(
          "65 of the same",
          [] {
            std::string all;
            for (int i = 0; i < 64; ++i) all += "Accept: */*\r\n";
            return all;
          }(),
          431),
      answered(withBody("as long as the limit", "Content-Length: 65536\r\n", whole), 405, whole),
      withBody("one byte longer than the limit", "Content-Length: 65537\r\n", whole + "a", 413),
      withBody("longer than the limit, not sent", "Content-Length: 1000000\r\n", "", 413),
      answered(withChunks("as long as the limit, in one", chunk("10000", body_limit) + end), 405, whole),
      answered(withChunks("as long as the limit, in two", chunk("8000", 32768) + chunk("8000", 32768) + end), 405, whole),
      withChunks("one byte longer than the limit, in two", chunk("8000", 32768) + chunk("8001", 32769) + end, 413),
      withChunks("one byte longer than the limit, in three", chunk("8000", 32768) + chunk("8000", 32768) + chunk("1", 1) + end, 413),
      withChunks("a chunk longer than the limit, not sent", "F4240\r\n", 413),
      withChunks("a second chunk longer than the limit, not sent", chunk("8000", 32768) + "8001\r\n", 413),
      answered(withChunks("a size of 16 digits", "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n"), 405, "hello"),
      answered(withChunks("a size line of 256 bytes", "5;" + std::string(254, 'e') + "\r\nhello\r\n" + end), 405, "hello"),
      withChunks("a size line of 257 bytes", "5;" + std::string(255, 'e') + "\r\nhello\r\n" + end),
      answered(withChunks("extensions of 4096 bytes", chunksOfOne(64, extension) + end), 405, std::string(64, 'a')),
      withChunks("extensions of 4160 bytes", chunksOfOne(65, extension) + end),
      answered(withChunks("64 trailer fields", "0\r\n" + fields(64) + "\r\n"), 405),
      answered(withChunks("a trailer section of 8192 bytes", "0\r\nX-A: " + std::string(8185, 'a') + "\r\n\r\n"), 405),
      withChunks("a trailer section without an end", "0\r\nX-A: " + std::string(8192, 'a'), 431),
  };
}

}  // namespace pulsewatch::testing
