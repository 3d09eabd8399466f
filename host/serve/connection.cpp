#include "serve/connection.h"

#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>

namespace pulsewatch {

namespace {

using Io = Connection::Io;

bool tryAgain(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM; }

Io of(TlsStream::Outcome outcome) {
  switch (outcome) {
    case TlsStream::Outcome::done:
      return Io::some;
    case TlsStream::Outcome::want_read:
    case TlsStream::Outcome::want_write:
      return Io::none;
    case TlsStream::Outcome::ended:
      return Io::ended;
    case TlsStream::Outcome::failed:
      break;
  }
  return Io::failed;
}

void control(int epoll, int operation, Connection& connection) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = static_cast<Watched*>(&connection);
  if (::epoll_ctl(epoll, operation, connection.fd.get(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "a connection cannot be watched");
}

}  // namespace

void Connection::watch(int the_epoll) {
  control(the_epoll, EPOLL_CTL_ADD, *this);
  epoll = the_epoll;
}

void Connection::tellAgain() {
  if (epoll >= 0) control(epoll, EPOLL_CTL_MOD, *this);
}

void Connection::unwatch() noexcept {
  if (epoll >= 0) ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd.get(), nullptr);
  epoll = -1;
}

void Connection::complete(HttpRequest& request) const {
  request.peer_address = peer_address;
  request.local_address = local_address;
  request.secure = tls != nullptr;
  request.door = door.where().door;
}

Io Connection::receive(char* buffer, std::size_t size, std::size_t& received) const {
  received = 0;
  if (tls != nullptr) return of(tls->receive(buffer, size, received));
  for (;;) {
    const ssize_t count = ::recv(fd.get(), buffer, size, 0);
    if (count > 0) {
      received = static_cast<std::size_t>(count);
      return Io::some;
    }
    if (count == 0) return Io::ended;
    if (errno == EINTR) continue;
    return tryAgain(errno) ? Io::none : Io::failed;
  }
}

Io Connection::send(std::string_view text, std::string_view body, std::size_t& sent) const {
  sent = 0;
  if (tls != nullptr) {
    const std::string_view piece = text.empty() ? body : text;
    return of(tls->send(piece.data(), piece.size(), sent));
  }
  std::array<iovec, 2> pieces{};
  std::size_t count = 0;
  for (const std::string_view piece : {text, body}) {
    if (piece.empty()) continue;
    pieces.at(count).iov_base = const_cast<char*>(piece.data());
    pieces.at(count++).iov_len = piece.size();
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  for (;;) {
    const ssize_t done =
        count == 1 ? ::send(fd.get(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL) : ::sendmsg(fd.get(), &message, MSG_NOSIGNAL);
    if (done >= 0) {
      sent = static_cast<std::size_t>(done);
      return Io::some;
    }
    if (errno == EINTR) continue;
    return tryAgain(errno) ? Io::none : Io::failed;
  }
}

void ConnectionList::append(Connection& connection) {
  connection.previous = last_;
  connection.next = nullptr;
  (last_ == nullptr ? first_ : last_->next) = &connection;
  last_ = &connection;
}

void ConnectionList::remove(Connection& connection) {
  (connection.previous == nullptr ? first_ : connection.previous->next) = connection.next;
  (connection.next == nullptr ? last_ : connection.next->previous) = connection.previous;
  connection.previous = connection.next = nullptr;
}

}  // namespace pulsewatch
