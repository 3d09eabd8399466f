// What is said on connections: requests are read as they come, answered at once where that takes microseconds, carried to Poco's server
// where it takes longer, and the answers written. One loop's, its thread alone.
//
// A request on a connection that is kept open takes two system calls, besides the wait for events that many share.
#pragma once

#include "base/clock.h"
#include "base/published.h"
#include "serve/answer_writer.h"
#include "serve/carried_request.h"
#include "serve/connection.h"
#include "serve/connection_table.h"
#include "serve/http_service.h"
#include "serve/output_budget.h"
#include "serve/poco_server.h"
#include "serve/request_parser.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulsewatch {

// What the loops share.
struct ServerParts {
  HttpService& service;
  PocoServer& poco;
  ConnectionRoom& room;
  OutputBudget& budget;
  const Clock& clock;
  std::atomic<bool> closing{false};  // no connection is kept open for a next request
};

class Conversation {
 public:
  // Carried requests come back to `home`, which hands them to answered().
  Conversation(ServerParts& parts, ConnectionTable& table, CarriedHome& home, HttpMetrics::Shard& counts)
      : parts_(parts), table_(table), home_(home), counts_(counts), writer_(parts.clock) {}

  // Each may close the connection. They throw std::bad_alloc, and then it must be closed.
  void happened(Connection& connection, std::uint32_t events);  // epoll's
  void answered(CarriedRequest& request);
  void expired(Connection& connection);  // which has its state's time behind it
  void refuse(Connection& connection);   // a new one, as there is no room

 private:
  using State = Connection::State;

  bool handshaken(Connection& connection);
  void receive(Connection& connection);
  void take(Connection& connection, std::string_view bytes);
  std::size_t takeRequests(Connection& connection, std::string_view bytes, HeadScan& scan);
  std::size_t takeHead(Connection& connection, std::string_view bytes, HeadScan& scan);
  std::size_t takeBody(Connection& connection, std::string_view bytes);

  void request(Connection& connection, bool at_once, std::string_view head);
  HttpAnswer refusal(const HttpRequest& request, int status, std::string_view why);
  void fault(Connection& connection, HttpRequest request, const RequestFault& fault);

  void write(Connection& connection, const HttpRequest& request, const HttpAnswer& answer);
  void flush(Connection& connection, const OutputBudget::Body& body = nullptr);
  void keep(Connection& connection, const OutputBudget::Body& body, std::size_t sent);
  void sendMore(Connection& connection);
  void goOn(Connection& connection);
  void finish(Connection& connection);

  ServerParts& parts_;
  ConnectionTable& table_;
  CarriedHome& home_;
  HttpMetrics::Shard& counts_;
  OwnCopies copies_;
  AnswerWriter writer_;
  ParsedHead parsed_;
  std::string out_;  // answers that go together; empty between calls
  std::array<char, 16'384> buffer_{};
};

}  // namespace pulsewatch
