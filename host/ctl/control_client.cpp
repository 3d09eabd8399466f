#include "ctl/control_client.h"

#include "base/file_descriptor.h"
#include "config/network_text.h"
#include "control/unix_address.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include <array>
#include <cerrno>
#include <poll.h>
#include <string_view>
#include <system_error>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kMostAnswer = std::size_t{64} << 20U;

[[noreturn]] void fail(const std::string& socket, int error) {
  const std::string other = "; --socket names another, as control.socket in its configuration";
  if (error == ENOENT || error == ENOTDIR) throw CannotReach("there is no pulsewatchd at " + socket + other);
  if (error == ECONNREFUSED) throw CannotReach("no pulsewatchd listens at " + socket + " any more" + other);
  if (error == EACCES || error == EPERM) throw CannotReach(socket + " may be opened by root and the daemon's user alone; be one of them");
  throw CannotReach(socket + " cannot be used: " + std::generic_category().message(error) + other);
}

class Connection {
 public:
  Connection(const std::string& path, Milliseconds patience)
      : path_(path), until_(std::chrono::steady_clock::now() + patience), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (const std::string fault = socketPathFault(path); !fault.empty()) throw CannotReach(path + " " + fault);
    if (!socket_.valid()) fail(path, errno);
    const auto whole = std::chrono::floor<std::chrono::seconds>(patience);
    const timeval limit{whole.count(), std::chrono::microseconds(patience - whole).count()};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));  // of connect() and send()
    const UnixAddress address(path);
    if (::connect(socket_.get(), address.get(), address.size()) == 0) return;
    if (errno == EAGAIN || errno == EINPROGRESS) giveUp();
    fail(path, errno);
  }

  // Who is refused is answered without being heard: what he says then goes nowhere, and is no fault of the answer.
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  std::string line() {
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
      const auto left = std::chrono::ceil<Milliseconds>(until_ - std::chrono::steady_clock::now());
      pollfd ready{socket_.get(), POLLIN, 0};
      if (left <= Milliseconds(0) || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) giveUp();
      const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count <= 0) throw CannotReach("the daemon at " + path_ + " closed the connection without an answer; its log may say why");
      text.append(buffer.data(), static_cast<std::size_t>(count));
      const std::size_t end = text.find('\n', text.size() - static_cast<std::size_t>(count));
      if (end != std::string::npos) return text.substr(0, end);
      if (text.size() > kMostAnswer) throw CannotReach("what listens at " + path_ + " is no pulsewatchd");
    }
  }

 private:
  [[noreturn]] void giveUp() const {
    throw CannotReach("the daemon at " + path_ + " does not answer in time; /healthz and its log may say why");
  }

  const std::string path_;
  const SteadyTime until_;
  const FileDescriptor socket_;
};

}  // namespace

ControlAnswer askDaemon(const std::string& socket, const std::string& request, Milliseconds patience) {
  Connection connection(socket, patience);
  connection.send(request + "\n");
  ControlAnswer answer;
  answer.text = connection.line();
  try {
    answer.object = Poco::JSON::Parser().parse(answer.text).extract<Poco::JSON::Object::Ptr>();
    if (answer.object->has("ok") && (answer.object->getValue<bool>("ok") || answer.object->get("error").isString())) return answer;
  } catch (const Poco::Exception&) {
    // Told below.
  }
  throw CannotReach("what listens at " + socket + " is no pulsewatchd, or of another version");
}

}  // namespace pulsewatch
