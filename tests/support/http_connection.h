// A connection that is kept: requests go out as the bytes that the test says, answers are taken one after the other, as strictly as
// HttpClient does. One thread; several connections share nothing.
//
// Throws Poco::Exception when there is no connection, or nothing comes within the deadline; HttpError when what comes is not one
// well-formed answer, or its end comes too early.
#pragma once

#include "support/http_client.h"

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace pulsewatch::testing {

class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port, const std::string& address = "127.0.0.1",
                          std::chrono::milliseconds deadline = std::chrono::seconds(10));

  void send(const std::string& bytes);
  // The next answer; an interim one (100 Continue) is one of its own, without a body. `to_head`: it answers a HEAD.
  HttpResponse receive(bool to_head = false);
  HttpResponse ask(const std::string& bytes, bool to_head = false);

  // Reads on until the other side closes, or resets: whether it does within this time. What came is left out.
  bool closes(std::chrono::milliseconds within);
  // Whether bytes, or the end, are there to be read within this time.
  bool readable(std::chrono::milliseconds within);
  // Ends it by a reset.
  void reset();

  [[nodiscard]] std::string localAddress() const { return socket_.address().toString(); }

 private:
  bool more();  // reads what has come; false at the end

  Poco::Net::StreamSocket socket_;
  std::string received_;  // not yet taken
};

}  // namespace pulsewatch::testing
