// One client's connection as the loop that owns it sees it: its descriptor, what of a request has come, what of an answer hasn't gone yet.
// The loop's thread alone.
#pragma once

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "serve/http_metrics.h"
#include "serve/listening_socket.h"
#include "serve/output_budget.h"
#include "serve/request_parser.h"
#include "serve/tls_context.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pulsewatch {

// The beginning of a head.
struct PartialHead {
  PartialHead(std::string the_bytes, const HeadScan& the_scan) : bytes(std::move(the_bytes)), scan(the_scan) {}
  std::string bytes;
  HeadScan scan;
};

// A request whose body comes.
struct Upload {
  Upload(std::string the_head, const BodyFraming& framing, std::uint64_t limit)
      : head(std::move(the_head)), body(framing, limit, BodyReader::Content::counted) {}  // no route asks for it
  const std::string head;
  BodyReader body;
};

// The rest of an answer.
class Output {
 public:
  static constexpr std::size_t kPiece = 65'536;  // bytes

  // `body`, which may be null, follows `text`; both are in the budget until this goes.
  Output(std::string text, OutputBudget::Body body, std::size_t sent, OutputBudget& budget)
      : text_(std::move(text)), body_(std::move(body)), sent_(sent), budget_(budget) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { budget_.give(body_, text_.size()); }

  [[nodiscard]] std::string_view text() const { return sent_ < text_.size() ? std::string_view(text_).substr(sent_) : std::string_view(); }
  [[nodiscard]] std::string_view body() const {
    if (body_ == nullptr) return {};
    return std::string_view(*body_).substr(sent_ > text_.size() ? sent_ - text_.size() : 0);
  }
  // So much more has gone. True when that ends a piece, for each of which the client has its time.
  bool sent(std::size_t bytes) {
    const std::size_t pieces = sent_ / kPiece;
    sent_ += bytes;
    return sent_ / kPiece > pieces;
  }
  [[nodiscard]] bool empty() const { return text().empty() && body().empty(); }

 private:
  const std::string text_;
  const OutputBudget::Body body_;
  std::size_t sent_;
  OutputBudget& budget_;
};

struct Connection final : Watched {
  enum class State : std::uint8_t {
    head,  // a request is awaited for the first time, TLS' handshake before it, or has begun
    body,
    sending,    // the client has yet to take the answer
    idle,       // between an answer and the next request
    lingering,  // all is said; what still comes is thrown away: closed at once, the kernel would take back what the client hasn't read
    carried,    // another thread makes the answer; the client's part has no deadline, as it has none left
    over,       // closed; kept until nobody can mean it any more
  };
  enum class Io : std::uint8_t { some, none, ended, failed };

  Connection(FileDescriptor the_fd, const ListeningSocket& the_door, std::unique_ptr<TlsStream> the_tls)
      : Watched(false), fd(std::move(the_fd)), door(the_door), tls(std::move(the_tls)), handshaking(tls != nullptr) {}

  [[nodiscard]] bool receivesRequests() const {
    return (state == State::head || state == State::idle || state == State::body) && !close_next && !handshaking;
  }
  [[nodiscard]] bool receives() const { return receivesRequests() || state == State::lingering; }
  [[nodiscard]] bool expectsRequests() const { return state != State::over && state != State::lingering; }

  // Adds what is known without its bytes: whom it comes from, and where to. Views of the connection.
  void complete(HttpRequest& request) const;

  // Never wait. `some`: that many bytes; `none`: another time.
  Io receive(char* buffer, std::size_t size, std::size_t& received) const;
  Io send(std::string_view text, std::string_view body, std::size_t& sent) const;

  // From now on this epoll descriptor tells what happens, edge-triggered; until unwatch(), which must come before the descriptor is closed:
  // a child that has yet to exec has it too, and as long would be told of a connection that is gone. Throws std::system_error.
  void watch(int epoll);
  // Where it is watched: what is so is told once more, after what others are told. Throws std::system_error.
  void tellAgain();
  void unwatch() noexcept;

  FileDescriptor fd;
  const ListeningSocket& door;
  std::unique_ptr<TlsStream> tls;  // may be null
  std::string peer_address;        // neither changes once
  std::string local_address;       // it has come

  State state = State::over;
  bool handshaking;                  // of TLS
  bool readable = true;              // more may have come than was received
  bool hung_up = false;              // the client sends no more
  bool close_next = false;           // after the answer
  bool lingers = false;              // the end is ours: the client may be sending more
  bool refused = false;              // one too many
  bool counted = false;              // for its address
  bool carried = false;              // some thread has its request
  int epoll = -1;                    // what watches it; none
  std::optional<ConnectionEnd> end;  // why it ends, where that was decided before
  std::unique_ptr<PartialHead> partial;
  std::unique_ptr<Upload> upload;
  std::unique_ptr<Output> output;

  // In the list of its state.
  SteadyTime since;
  Connection* previous = nullptr;
  Connection* next = nullptr;
};

// Connections in the order in which they came to a state: the first has been there longest. Owns nothing.
class ConnectionList {
 public:
  void append(Connection& connection);
  void remove(Connection& connection);
  [[nodiscard]] Connection* first() const { return first_; }

 private:
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
};

}  // namespace pulsewatch
