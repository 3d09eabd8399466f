#include "support/http_connection.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Timespan.h>

#include <algorithm>
#include <array>

namespace pulsewatch::testing {
namespace {

using Clock = std::chrono::steady_clock;

Poco::Timespan timespan(std::chrono::microseconds time) { return {std::max<Poco::Int64>(time.count(), 1)}; }

}  // namespace

HttpConnection::HttpConnection(std::uint16_t port, const std::string& address, std::chrono::milliseconds deadline) {
  socket_.connect(Poco::Net::SocketAddress(address, port), timespan(deadline));
  socket_.setNoDelay(true);
  socket_.setReceiveTimeout(timespan(deadline));
  socket_.setSendTimeout(timespan(deadline));
}

void HttpConnection::send(const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();)
    sent += static_cast<std::size_t>(socket_.sendBytes(bytes.data() + sent, static_cast<int>(bytes.size() - sent)));
}

HttpResponse HttpConnection::receive(bool to_head) {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos)
    if (!more()) throw HttpError("the connection ends before an answer does: " + received_);
  end += 4;
  const std::string head = received_.substr(0, end);
  const bool interim = head.compare(0, 10, "HTTP/1.1 1") == 0;
  // Its head alone, so that its length is known: HttpClient looks at the whole once more.
  std::size_t body = 0;
  if (!to_head && !interim) {
    const std::optional<std::string> length = HttpClient::parse(head, true).header("Content-Length");
    body = std::stoul(length.value_or("0"));
  }
  while (received_.size() < end + body)
    if (!more()) throw HttpError("the connection ends inside an answer: " + received_);
  const std::string bytes = received_.substr(0, end + body);
  received_.erase(0, end + body);
  if (interim) {
    HttpResponse response;
    response.status = std::stoi(head.substr(9, 3));
    response.bytes = bytes;
    return response;
  }
  return HttpClient::parse(bytes, to_head);
}

HttpResponse HttpConnection::ask(const std::string& bytes, bool to_head) {
  send(bytes);
  return receive(to_head);
}

bool HttpConnection::closes(std::chrono::milliseconds within) {
  const auto end = Clock::now() + within;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now());
    if (left.count() <= 0) return false;
    try {
      if (!socket_.poll(timespan(left), Poco::Net::Socket::SELECT_READ)) return false;
      if (!more()) return true;
    } catch (const Poco::TimeoutException&) {
      return false;
    } catch (const Poco::Exception&) {  // a reset is an end, too
      return true;
    }
    received_.clear();
  }
}

bool HttpConnection::readable(std::chrono::milliseconds within) {
  return !received_.empty() || socket_.poll(timespan(within), Poco::Net::Socket::SELECT_READ);
}

void HttpConnection::reset() {
  socket_.setLinger(true, 0);
  socket_.close();
}

bool HttpConnection::more() {
  std::array<char, 65536> buffer{};
  const int count = socket_.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
  if (count <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

}  // namespace pulsewatch::testing
