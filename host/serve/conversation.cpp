#include "serve/conversation.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kTogether = 65'536;   // bytes of answers to a client that asks on without waiting
constexpr std::size_t kSmallBody = 16'384;  // copied behind its head
constexpr std::size_t kMostShown = 300;     // of what is no request
// Then the others get their turn, however much there is of this one.
constexpr std::size_t kReadAtOnce = 32'768;                 // bytes
constexpr int kReadsAtOnce = 64;                            // of TLS some may be short
constexpr std::size_t kSentAtOnce = std::size_t{1} << 20U;  // bytes
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

// ---- Reading. ----

void Conversation::happened(Connection& connection, std::uint32_t events) {
  out_.clear();  // had the last call no memory, something may be left of it
  if (connection.state == State::over) return;
  if ((events & EPOLLERR) != 0) {
    table_.close(connection, ConnectionEnd::error);
    return;
  }
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) connection.hung_up = true;
  if (connection.hung_up || (events & EPOLLIN) != 0 || connection.tls != nullptr) connection.readable = true;
  if (connection.handshaking && !handshaken(connection)) return;
  if (connection.state == State::sending) {
    sendMore(connection);
    goOn(connection);
  }
  receive(connection);
}

bool Conversation::handshaken(Connection& connection) {
  switch (connection.tls->handshake()) {
    case TlsStream::Outcome::done:
      connection.handshaking = false;
      return true;
    case TlsStream::Outcome::want_read:
    case TlsStream::Outcome::want_write:
      return false;
    case TlsStream::Outcome::ended:
    case TlsStream::Outcome::failed:
      break;
  }
  table_.close(connection, ConnectionEnd::handshake_failed);
  return false;
}

void Conversation::receive(Connection& connection) {
  std::size_t total = 0;
  for (int reads = 0; connection.readable && connection.receives(); ++reads) {
    if (total >= kReadAtOnce || reads == kReadsAtOnce) {
      connection.tellAgain();
      return;
    }
    std::size_t received = 0;
    switch (connection.receive(buffer_.data(), buffer_.size(), received)) {
      case Connection::Io::some:
        // What fills the buffer in part was all there was, unless the end came with it.
        connection.readable = received == buffer_.size() || connection.hung_up || connection.tls != nullptr;
        total += received;
        take(connection, {buffer_.data(), received});
        break;
      case Connection::Io::none:
        connection.readable = false;
        break;
      case Connection::Io::ended:
        table_.close(connection, ConnectionEnd::client);
        break;
      case Connection::Io::failed:
        table_.close(connection, ConnectionEnd::error);
        break;
    }
  }
}

// What a client sends while its answer is made or sent is kept for then.
void Conversation::take(Connection& connection, std::string_view bytes) {
  if (connection.state == State::lingering) return;
  if (connection.partial == nullptr) {
    HeadScan scan;
    bytes.remove_prefix(takeRequests(connection, bytes, scan));
    if (!bytes.empty() && connection.expectsRequests()) connection.partial = std::make_unique<PartialHead>(std::string(bytes), scan);
    return;
  }
  PartialHead& partial = *connection.partial;
  partial.bytes += bytes;
  const std::size_t used = takeRequests(connection, partial.bytes, partial.scan);
  if (!connection.expectsRequests()) return;
  if (used == partial.bytes.size())
    connection.partial = nullptr;
  else
    partial.bytes.erase(0, used);
}

// How many bytes were whole requests, or of a body.
std::size_t Conversation::takeRequests(Connection& connection, std::string_view bytes, HeadScan& scan) {
  std::size_t used = 0;
  while (used < bytes.size() && connection.receivesRequests()) {
    const std::string_view rest = bytes.substr(used);
    const std::size_t taken = connection.state == State::body ? takeBody(connection, rest) : takeHead(connection, rest, scan);
    if (taken == 0) break;
    used += taken;
    if (out_.size() > kTogether) flush(connection);
  }
  flush(connection);
  // The next request has begun, whatever the answers before it took.
  if (used < bytes.size() && connection.state == State::idle) table_.enter(connection, State::head);
  return used;
}

std::size_t Conversation::takeHead(Connection& connection, std::string_view bytes, HeadScan& scan) {
  const std::size_t end = scan.end(bytes);
  if (scan.fault()) {
    HttpRequest beginning;  // for the log
    beginning.target = bytes.substr(0, std::min(bytes.find_first_of("\r\n"), kMostShown));
    fault(connection, beginning, scan.fault());
    return 0;
  }
  if (end == 0) {
    if (connection.state == State::idle) table_.enter(connection, State::head);
    return 0;
  }
  scan = HeadScan();
  const std::string_view head = bytes.substr(0, end);
  if (const RequestFault wrong = parseHead(head, table_.limits().body_limit, parsed_)) {
    fault(connection, parsed_.request, wrong);
    return end;
  }
  connection.complete(parsed_.request);
  const bool at_once = parsed_.framing.kind == BodyFraming::Kind::none && parts_.service.quick(parsed_.request, &copies_);
  if (!at_once && !out_.empty()) {  // answers to those before it: first they go
    flush(connection);
    if (!connection.receivesRequests()) return 0;
  }
  if (parsed_.framing.kind != BodyFraming::Kind::none) {
    connection.upload = std::make_unique<Upload>(std::string(head), parsed_.framing, table_.limits().body_limit);
    table_.enter(connection, State::body);
    if (parsed_.expects_continue && end == bytes.size()) out_ += kContinue;
    return end;
  }
  request(connection, at_once, head);
  return end;
}

std::size_t Conversation::takeBody(Connection& connection, std::string_view bytes) {
  BodyReader& body = connection.upload->body;
  const std::size_t taken = body.take(bytes);
  if (!body.fault() && !body.complete()) return taken;
  const std::unique_ptr<Upload> upload = std::move(connection.upload);
  parseHead(upload->head, table_.limits().body_limit, parsed_);
  connection.complete(parsed_.request);
  if (body.fault())
    fault(connection, parsed_.request, body.fault());
  else
    request(connection, parts_.service.quick(parsed_.request, &copies_), upload->head);
  return taken;
}

// ---- Answering. ----

void Conversation::request(Connection& connection, bool at_once, std::string_view head) {
  // After a body too, however well it was framed: somebody between us and the client may have counted otherwise.
  connection.lingers = parsed_.keep_alive && parsed_.framing.kind != BodyFraming::Kind::none;
  connection.close_next = !parsed_.keep_alive || connection.lingers;
  if (!at_once) {
    auto carried = std::make_unique<CarriedRequest>(std::string(head), std::string(), connection, home_);
    table_.enter(connection, State::carried);
    connection.carried = true;
    parts_.poco.take(std::move(carried));
    return;
  }
  table_.enter(connection, State::idle);
  write(connection, parsed_.request, parts_.service.serve(parsed_.request, &copies_, &counts_));
}

void Conversation::fault(Connection& connection, HttpRequest request, const RequestFault& fault) {
  connection.complete(request);
  connection.close_next = true;
  connection.lingers = true;
  if (!connection.end) connection.end = ConnectionEnd::malformed;
  write(connection, request, refusal(request, fault.status, fault.why));
}

HttpAnswer Conversation::refusal(const HttpRequest& request, int status, std::string_view why) {
  HttpAnswer answer = parts_.service.refuse(request, status, why, &copies_, &counts_);
  if (status == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

void Conversation::answered(CarriedRequest& carried) {
  out_.clear();
  Connection& connection = carried.connection();
  connection.carried = false;
  if (connection.state == State::over) {
    table_.letGo(connection);
    return;
  }
  table_.enter(connection, State::idle);
  if (!carried.answer)
    carried.answer = refusal(carried.request(), carried.begun ? 500 : 503, carried.begun ? "no answer was made" : "too many requests wait");
  else if (!parts_.budget.hasRoom(carried.answer->body))
    carried.answer = refusal(carried.request(), 503, "too many clients have not taken their answers yet");
  write(connection, carried.request(), *carried.answer);
  flush(connection);
  goOn(connection);
  receive(connection);
}

// ---- Writing. ----

void Conversation::write(Connection& connection, const HttpRequest& request, const HttpAnswer& answer) {
  const bool ends = parts_.closing.load(std::memory_order_relaxed) || connection.door.left() || answer.status == 405;
  if (ends && !connection.close_next) connection.close_next = connection.lingers = true;
  writer_.writeHead(out_, answer, request.version, !connection.close_next);
  if (request.method == "HEAD" || answer.body->empty()) return;
  if (answer.body->size() <= kSmallBody)
    out_ += *answer.body;
  else
    flush(connection, answer.body);
}

void Conversation::flush(Connection& connection, const OutputBudget::Body& body) {
  if (out_.empty()) return;
  std::size_t sent = 0;
  const Connection::Io outcome = connection.send(out_, body == nullptr ? std::string_view() : *body, sent);
  const bool lost = outcome == Connection::Io::failed || outcome == Connection::Io::ended;
  const bool all = sent == out_.size() + (body == nullptr ? 0 : body->size());
  if (!lost && !all) keep(connection, body, sent);
  out_.clear();
  if (all) {
    if (connection.close_next) finish(connection);
  } else if (connection.output == nullptr) {
    table_.close(connection, ConnectionEnd::error);
  } else {
    table_.enter(connection, State::sending);
    sendMore(connection);
  }
}

// What wasn't sent, if there is room for it.
void Conversation::keep(Connection& connection, const OutputBudget::Body& body, std::size_t sent) {
  std::string text = out_;
  if (!parts_.budget.take(body, text.size())) return;
  connection.output = std::make_unique<Output>(std::move(text), body, sent, parts_.budget);
}

void Conversation::sendMore(Connection& connection) {
  Output& output = *connection.output;
  for (std::size_t total = 0; !output.empty();) {
    if (total >= kSentAtOnce) {
      connection.tellAgain();
      return;
    }
    std::size_t sent = 0;
    const Connection::Io outcome = connection.send(output.text(), output.body(), sent);
    if (outcome == Connection::Io::none) return;
    if (outcome != Connection::Io::some) {
      table_.close(connection, ConnectionEnd::error);
      return;
    }
    total += sent;
    if (output.sent(sent)) table_.enter(connection, State::sending);  // time for the next piece
  }
  connection.output = nullptr;
  if (connection.close_next)
    finish(connection);
  else  // what was sent may be 100 Continue
    table_.enter(connection, connection.upload == nullptr ? State::idle : State::body);
}

// With what came while the answer was made or sent. Not from within take(), which has that in its hands.
void Conversation::goOn(Connection& connection) {
  if (connection.partial != nullptr && connection.receivesRequests()) take(connection, {});
}

// The last answer is with the kernel. A connection that is closed while something unread is there is reset, and the answer with it.
void Conversation::finish(Connection& connection) {
  const bool more = connection.readable || connection.lingers || connection.partial != nullptr;
  if (!more) {
    table_.close(connection, ConnectionEnd::answered);
    return;
  }
  if (!connection.end) connection.end = ConnectionEnd::answered;
  if (connection.tls != nullptr) connection.tls->shutdown();
  ::shutdown(connection.fd.get(), SHUT_WR);
  table_.enter(connection, State::lingering);
}

void Conversation::expired(Connection& connection) {
  out_.clear();
  ConnectionEnd why = ConnectionEnd::answered;  // of one that lingers
  switch (connection.state) {
    case State::head:
      why = ConnectionEnd::header_timeout;
      break;
    case State::body:
      why = ConnectionEnd::body_timeout;
      break;
    case State::sending:
      why = ConnectionEnd::send_timeout;
      break;
    case State::idle:
      why = ConnectionEnd::idle_timeout;
      break;
    case State::carried:
    case State::lingering:
    case State::over:
      break;
  }
  const bool begun = connection.state == State::body || (connection.state == State::head && connection.partial != nullptr);
  if (!begun) {
    table_.close(connection, why);
    return;
  }
  connection.end = why;
  const RequestFault late{408, "the request did not come to its end in time"};
  const std::unique_ptr<Upload> upload = std::move(connection.upload);
  if (upload != nullptr) {
    parseHead(upload->head, table_.limits().body_limit, parsed_);
    fault(connection, parsed_.request, late);
  } else {
    fault(connection, HttpRequest(), late);
  }
  flush(connection);
}

void Conversation::refuse(Connection& connection) {
  out_.clear();
  HttpRequest nothing;
  connection.complete(nothing);
  connection.close_next = true;
  write(connection, nothing, refusal(nothing, 503, "there are as many connections as there may be"));
  flush(connection);
}

}  // namespace pulsewatch
