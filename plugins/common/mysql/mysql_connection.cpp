#include "common/mysql/mysql_connection.h"

#include "common/mysql/greeting.h"
#include "common/mysql/tls_guard.h"

#include <Poco/Data/MySQL/SessionHandle.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <errmsg.h>
#include <fcntl.h>
#include <mysql.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pulsewatch::mysql {
namespace {

using Result = std::unique_ptr<MYSQL_RES, decltype(&::mysql_free_result)>;

// Room for what a name service or OpenSSL puts on the stack of libmariadb's coroutine, whose default is 60 KiB.
constexpr std::size_t coroutine_stack = 512UL * 1024;

// Nothing this check asks for is longer; a server that says otherwise is not believed.
constexpr std::size_t longest_packet = 64UL * 1024;

// Logins that don't hand the password itself to whoever answers.
const char* const careful_logins = "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,ed25519,parsec";

void initializeLibrary() {
  static const bool once = ::mysql_library_init(0, nullptr, nullptr) == 0;
  if (!once) throw Failure(Failure::Kind::system, ENOMEM, "the MySQL client library can't be initialized");
}

}  // namespace

bool Failure::connectionLost() const {
  if (kind_ == Kind::system) return number_ == ECONNRESET || number_ == EPIPE;
  if (kind_ != Kind::server) return false;
  // Gone, lost, lost (extended), could not read, could not write; from the server: shutting down, killed, idle for too long. A TLS
  // connection that ends without goodbye is a TLS error.
  constexpr std::array<int, 9> lost = {
      CR_SERVER_GONE_ERROR,   CR_SERVER_LOST, CR_SERVER_LOST_EXTENDED, CR_ERR_NET_READ, CR_ERR_NET_WRITE, 1053, 1927, 4031,
      CR_SSL_CONNECTION_ERROR};
  return std::find(lost.begin(), lost.end(), number_) != lost.end();
}

class Connection::Session {
 public:
  explicit Session(const Target& target) : target_(target), handle_(nullptr) { setOptions(); }

  void open(const std::string& address, const net::Deadline& deadline) {
    greeting_expected_ = target_.usesTls();
    host_.assign(std::max(address.size(), target_.host.size()), '\0');
    address.copy(host_.data(), address.size());
    // libmariadb repeats a failed name lookup, and waits in the TLS handshake, for that long by itself.
    const auto seconds = static_cast<unsigned int>(deadline.remaining().count() / 1000 + 1);
    set(MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    MYSQL* connected = nullptr;
    const char* database = target_.database.empty() ? nullptr : target_.database.c_str();
    const char* socket = target_.unix_socket.empty() ? nullptr : target_.unix_socket.c_str();
    drive(
        [&] {
          return ::mysql_real_connect_start(&connected, handle_, host_.c_str(), target_.user.c_str(), target_.password.c_str(), database,
                                            target_.port, socket, 0);
        },
        [&](int events) { return ::mysql_real_connect_cont(&connected, handle_, events); }, deadline);
    if (guard_ && guard_->fired()) gave_up_ = true;
    guard_.reset();
    if (no_tls_) throw Failure(Failure::Kind::no_tls, 0, "the server offers no TLS");
    check(connected != nullptr);
    // libmariadb goes on without TLS when the greeting, unreadable above, turns out not to offer it.
    if (target_.requiresTls() && !encrypted()) throw Failure(Failure::Kind::no_tls, 0, "the server offers no TLS");
    // libmariadb leaves the socket blocking, which is right for its plain reads and hangs its reads through TLS.
    if (::fcntl(fd(), F_SETFL, ::fcntl(fd(), F_GETFL) | O_NONBLOCK) != 0) throw Failure(Failure::Kind::system, errno, "fcntl");
  }

  bool query(const std::string& query, const std::function<bool(Row)>& take, const net::Deadline& deadline) {
    int failed = 0;
    drive([&] { return ::mysql_real_query_start(&failed, handle_, query.data(), query.size()); },
          [&](int events) { return ::mysql_real_query_cont(&failed, handle_, events); }, deadline);
    check(failed == 0);
    // Row by row, so that a server can't fill the memory with rows nobody asked for.
    const Result result(::mysql_use_result(handle_), ::mysql_free_result);
    if (!result) {
      check(::mysql_field_count(handle_) == 0);
      return true;
    }
    try {
      while (std::optional<Row> next = row(result.get(), deadline)) {
        if (take(std::move(*next))) continue;
        abandonResult();
        return false;
      }
    } catch (...) {
      abandonResult();
      throw;
    }
    return true;
  }

  [[nodiscard]] int fd() const { return static_cast<int>(::mysql_get_socket(handle_)); }
  [[nodiscard]] bool encrypted() const { return ::mysql_get_ssl_cipher(handle_) != nullptr; }

 private:
  void set(mysql_option option, const void* value) {
    if (::mysql_optionsv(handle_, option, value) != 0)
      throw Failure(Failure::Kind::server, static_cast<int>(::mysql_errno(handle_)), ::mysql_error(handle_));
  }

  void setOptions() {
    for (const std::string* file : {&target_.ssl_ca, &target_.ssl_cert, &target_.ssl_key})
      if (!file->empty() && ::access(file->c_str(), R_OK) != 0) throw Failure(Failure::Kind::tls_file, errno, *file);
    const my_bool no = 0;
    const my_bool yes = 1;
    const unsigned int second = 1;
    const unsigned int infile = 0;
    const unsigned int protocol = target_.unix_socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
    set(MYSQL_OPT_NONBLOCK, &coroutine_stack);
    set(MYSQL_OPT_PROTOCOL, &protocol);
    set(MYSQL_OPT_WRITE_TIMEOUT, &second);  // for the goodbye, the one thing that doesn't go through drive()
    set(MYSQL_OPT_LOCAL_INFILE, &infile);   // a server could ask for any file
    set(MYSQL_OPT_MAX_ALLOWED_PACKET, &longest_packet);
    set(MYSQL_SET_CHARSET_NAME, "utf8mb4");
    // To verify is to use TLS, for libmariadb.
    set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, target_.usesTls() && target_.ssl_mode == SslMode::verify_identity ? &yes : &no);
    if (!target_.requiresTls() && target_.unix_socket.empty()) set(MARIADB_OPT_RESTRICTED_AUTH, careful_logins);
    if (!target_.usesTls()) return;
    set(MYSQL_OPT_SSL_ENFORCE, &yes);
    if (!target_.ssl_cert.empty()) set(MYSQL_OPT_SSL_CERT, target_.ssl_cert.c_str());
    if (!target_.ssl_key.empty()) set(MYSQL_OPT_SSL_KEY, target_.ssl_key.c_str());
    if (target_.ssl_mode < SslMode::verify_ca) return;  // an authority given makes libmariadb verify
    if (!target_.ssl_ca.empty())
      set(MYSQL_OPT_SSL_CA, target_.ssl_ca.c_str());
    else
      set(MYSQL_OPT_SSL_CAPATH, "/etc/ssl/certs");
  }

  // Runs one of libmariadb's calls to its end. Past the deadline the connection is shut down under it, and it ends with an error.
  template <class Start, class Continue>
  void drive(Start start, Continue proceed, const net::Deadline& deadline) {
    int waiting = start();
    while (waiting != 0) waiting = proceed(await(waiting, deadline));
  }

  int await(int waiting, const net::Deadline& deadline) {
    const bool reading = (waiting & MYSQL_WAIT_READ) != 0;
    const bool writing = (waiting & MYSQL_WAIT_WRITE) != 0;
    const auto events = static_cast<short>((reading ? POLLIN : 0) | (writing ? POLLOUT : 0));
    const short seen = gave_up_ ? short{0} : deadline.wait(fd(), events);
    // Connected: from here libmariadb may go on into the TLS handshake without coming back.
    if (greeting_expected_ && writing && (seen & (POLLOUT | POLLERR | POLLHUP)) == POLLOUT) lookAtGreeting(deadline);
    if (seen != 0 && !gave_up_)
      return (reading && (seen & ~POLLOUT) != 0 ? MYSQL_WAIT_READ : 0) | (writing && (seen & ~POLLIN) != 0 ? MYSQL_WAIT_WRITE : 0);
    gave_up_ = true;
    ::shutdown(fd(), SHUT_RDWR);
    return MYSQL_WAIT_TIMEOUT;
  }

  void lookAtGreeting(const net::Deadline& deadline) {
    greeting_expected_ = false;
    // libmariadb connects to the host it was given, and after the greeting copies it, to compare the certificate with: time to let it be
    // the name. Should it copy it earlier one day, no certificate will fit.
    std::copy_n(target_.host.c_str(), target_.host.size() + 1, host_.data());
    const std::optional<bool> offered = greetingOffersTls(fd(), deadline);
    if (offered.value_or(true)) {
      guard_ = std::make_unique<TlsGuard>(fd(), deadline.remaining());
    } else if (target_.requiresTls()) {
      endHandshake(fd(), deadline);
      no_tls_ = gave_up_ = true;
    }
  }

  // What is left of a result would be read, however long that takes, before it is freed.
  void abandonResult() const { ::shutdown(fd(), SHUT_RDWR); }

  std::optional<Row> row(MYSQL_RES* result, const net::Deadline& deadline) {
    MYSQL_ROW fields = nullptr;
    drive([&] { return ::mysql_fetch_row_start(&fields, result); },
          [&](int events) { return ::mysql_fetch_row_cont(&fields, result, events); }, deadline);
    check(fields != nullptr || ::mysql_errno(handle_) == 0);
    if (fields == nullptr) return std::nullopt;
    const unsigned long* lengths = ::mysql_fetch_lengths(result);
    Row values(::mysql_num_fields(result));
    for (std::size_t i = 0; i < values.size(); ++i)
      if (fields[i] != nullptr) values[i].emplace(fields[i], lengths[i]);
    return values;
  }

  void check(bool good) {
    if (gave_up_) throw Failure(Failure::Kind::timed_out, 0, "no answer in time");
    if (good) return;
    const int number = static_cast<int>(::mysql_errno(handle_));
    const std::string words = ::mysql_error(handle_);
    // What a server says before TLS has begun is wrapped: "… of the following error cannot be verified: 1040 - Too many connections".
    const std::string wrapping = "cannot be verified: ";
    if (const std::size_t wrapped = words.find(wrapping); wrapped != std::string::npos) {
      const std::string inner = words.substr(wrapped + wrapping.size());
      const std::size_t dash = inner.find(" - ");
      if (dash != std::string::npos) throw Failure(Failure::Kind::server, std::atoi(inner.c_str()), inner.substr(dash + 3));
    }
    // The operating system's error number is in the words alone: "Can't connect to server on 'db' (111)".
    const std::size_t parenthesis = words.rfind('(');
    if ((number == CR_CONNECTION_ERROR || number == CR_CONN_HOST_ERROR) && parenthesis != std::string::npos)
      throw Failure(Failure::Kind::system, std::atoi(words.c_str() + parenthesis + 1), words);
    throw Failure(number == CR_UNKNOWN_HOST ? Failure::Kind::host_not_found : Failure::Kind::server, number, words);
  }

  const Target& target_;
  mutable Poco::Data::MySQL::SessionHandle handle_;  // mutable: its conversion to MYSQL* isn't const
  std::unique_ptr<TlsGuard> guard_;
  std::string host_;  // ends in its first NUL
  bool greeting_expected_ = false;
  bool no_tls_ = false;
  bool gave_up_ = false;
};

Connection::Connection(const Target& target) : target_(target), lookup_(target.host, target.port) { initializeLibrary(); }

Connection::~Connection() = default;

void Connection::open(const net::Deadline& deadline) {
  close();
  if (!target_.unix_socket.empty()) return openTo("localhost", deadline);
  std::vector<net::Address> addresses;
  switch (lookup_.resolve(deadline, addresses)) {
    case net::HostLookup::Outcome::timed_out:
      throw Failure(Failure::Kind::lookup_timed_out, 0, "no answer from the name service in time");
    case net::HostLookup::Outcome::not_found:
      throw Failure(Failure::Kind::host_not_found, 0, "no such host name");
    case net::HostLookup::Outcome::failed:
      throw Failure(Failure::Kind::lookup_failed, 0, "the name service failed");
    case net::HostLookup::Outcome::found:
      break;
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto left = static_cast<std::int64_t>(addresses.size() - i);
    try {
      return openTo(addresses[i].text(), deadline.within(deadline.remaining() / left));
    } catch (const Failure& failure) {
      // Only what the network did to one address leaves hope for the next.
      const bool unreachable = failure.kind() == Failure::Kind::system || failure.kind() == Failure::Kind::timed_out;
      if (left == 1 || !unreachable) throw;
    }
  }
}

void Connection::openTo(const std::string& address, const net::Deadline& deadline) {
  auto session = std::make_unique<Session>(target_);
  session->open(address, deadline);
  session_ = std::move(session);
}

void Connection::close() { session_.reset(); }

bool Connection::query(const std::string& query, const std::function<bool(Row)>& take, const net::Deadline& deadline) {
  try {
    const bool whole = session_->query(query, take, deadline);
    if (!whole) close();
    return whole;
  } catch (const Failure& failure) {
    if (failure.kind() != Failure::Kind::server || failure.number() >= CR_MIN_ERROR || failure.connectionLost()) close();
    throw;
  } catch (...) {
    close();
    throw;
  }
}

std::string Connection::value(const std::string& query, const net::Deadline& deadline) {
  std::optional<Row> only;
  const auto take = [&](Row row) {
    if (only) return false;
    only = std::move(row);
    return true;
  };
  if (!this->query(query, take, deadline) || !only || only->size() != 1) {
    close();
    throw Failure(Failure::Kind::server, CR_UNKNOWN_ERROR, "a result of another shape than one value");
  }
  return only->front().value_or("NULL");
}

int Connection::fd() const { return session_ ? session_->fd() : -1; }

bool Connection::encrypted() const { return session_ && session_->encrypted(); }

}  // namespace pulsewatch::mysql
