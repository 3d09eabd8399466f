#include "support/http_client.h"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/String.h>
#include <Poco/Timespan.h>

#include <array>
#include <charconv>

namespace pulsewatch::testing {
namespace {

using Clock = std::chrono::steady_clock;

bool has(const HttpHeaders& headers, const std::string& name) {
  for (const auto& header : headers)
    if (Poco::icompare(header.first, name) == 0) return true;
  return false;
}

std::string toBytes(const HttpRequest& request) {
  std::string bytes = request.method + " " + request.target + " " + request.version + "\r\n";
  for (const auto& [name, value] : request.headers) bytes.append(name).append(": ").append(value).append("\r\n");
  if (!has(request.headers, "Host")) bytes += "Host: localhost\r\n";
  if (!has(request.headers, "Connection")) bytes += "Connection: close\r\n";
  if (!request.body.empty() && !has(request.headers, "Content-Length"))
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return bytes + "\r\n" + request.body;
}

// Takes the next line, which must end in CRLF, off the front of `text`.
std::string takeLine(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) throw HttpError("the answer ends inside its head");
  std::string line(text.substr(0, end));
  text.remove_prefix(end + 2);
  return line;
}

}  // namespace

std::optional<std::string> HttpResponse::header(const std::string& name) const {
  std::optional<std::string> found;
  for (const auto& [key, value] : headers) {
    if (Poco::icompare(key, name) != 0) continue;
    if (found) throw HttpError("the answer has the header " + name + " twice");
    found = value;
  }
  return found;
}

HttpResponse HttpClient::get(const std::string& target) const { return send({.target = target}); }

HttpResponse HttpClient::send(const HttpRequest& request) const {
  const auto begin = Clock::now();
  const std::string bytes = exchange(toBytes(request));
  const auto end = Clock::now();
  HttpResponse response = parse(bytes, request.method == "HEAD");
  response.duration = std::chrono::duration_cast<std::chrono::microseconds>(end - begin);
  return response;
}

std::string HttpClient::exchange(const std::string& bytes) const {
  const auto end = Clock::now() + deadline_;
  const auto left = [&end] {
    const auto left_us = std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now()).count();
    if (left_us <= 0) throw Poco::TimeoutException("the answer has no end");
    return Poco::Timespan(left_us);
  };
  Poco::Net::StreamSocket socket;
  socket.connect(Poco::Net::SocketAddress(address_, port_), left());
  socket.setSendTimeout(left());
  for (std::size_t sent = 0; sent < bytes.size();) {
    sent += static_cast<std::size_t>(socket.sendBytes(bytes.data() + sent, static_cast<int>(bytes.size() - sent)));
  }
  std::string answer;
  std::array<char, 65536> buffer{};
  for (;;) {
    socket.setReceiveTimeout(left());
    const int count = socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
    if (count <= 0) return answer;
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

HttpResponse HttpClient::parse(const std::string& bytes, bool to_head) {
  HttpResponse response;
  response.bytes = bytes;
  std::string_view rest = bytes;
  const std::string first = takeLine(rest);
  if (first.size() < 12 || first.compare(0, 7, "HTTP/1.") != 0 || first[8] != ' ') throw HttpError("not a status line: " + first);
  response.version = first.substr(0, 8);
  const auto number = std::from_chars(first.data() + 9, first.data() + 12, response.status);
  if (number.ec != std::errc() || number.ptr != first.data() + 12) throw HttpError("not a status line: " + first);
  for (std::string line = takeLine(rest); !line.empty(); line = takeLine(rest)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) throw HttpError("not a header: " + line);
    response.headers.emplace_back(line.substr(0, colon), Poco::trim(line.substr(colon + 1)));
  }
  response.body = std::string(rest);
  const std::optional<std::string> length = response.header("Content-Length");
  if (!length) throw HttpError("the answer has no Content-Length");
  if (to_head && !response.body.empty()) throw HttpError("the answer to a HEAD has a body");
  if (!to_head && *length != std::to_string(response.body.size()))
    throw HttpError("Content-Length is " + *length + ", the body has " + std::to_string(response.body.size()) + " bytes");
  return response;
}

}  // namespace pulsewatch::testing
