#include "worker/channel.h"

#include "worker/wire.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::size_t kReadAtOnce = std::size_t{64} * 1024;
constexpr int kReadsAtATime = 8;  // then others have their turn

}  // namespace

Channel::Channel(FileDescriptor socket, std::size_t most_message) : socket_(std::move(socket)), most_message_(most_message) {}

bool Channel::send(std::string_view message) {
  const MutexLock lock(mutex_);
  append(message);
  return write();
}

void Channel::sendSoon(std::string_view message) {
  const MutexLock lock(mutex_);
  append(message);
  if (!flush_promised_) write();
}

void Channel::promiseFlush() {
  const MutexLock lock(mutex_);
  flush_promised_ = true;
}

bool Channel::flush() {
  const MutexLock lock(mutex_);
  flush_promised_ = false;
  return write();
}

bool Channel::lost() const {
  const MutexLock lock(mutex_);
  return lost_;
}

std::size_t Channel::queued() const {
  const MutexLock lock(mutex_);
  return out_.size() - written_;
}

void Channel::append(std::string_view message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  out_.append(reinterpret_cast<const char*>(&size), sizeof(size));
  out_ += message;
}

// What the other side will never read again (it is gone) counts as written: receive() tells of its end.
bool Channel::write() {
  while (written_ < out_.size()) {
    const ssize_t sent = ::send(socket_.get(), out_.data() + written_, out_.size() - written_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)) return false;
    if (sent < 0) {
      lost_ = errno == EBADF || errno == ENOTSOCK;
      break;
    }
    written_ += static_cast<std::size_t>(sent);
  }
  out_.clear();
  written_ = 0;
  return true;
}

void Channel::sendWith(std::string_view message, int descriptor) {
  const MutexLock lock(mutex_);
  append(message);
  iovec bytes{out_.data(), out_.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(descriptor));
  const ssize_t sent = ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
  if (sent < 0) throw std::system_error(errno, std::generic_category(), "the library cannot be handed to the worker");
  written_ = static_cast<std::size_t>(sent);
  write();
}

// As read(): bytes, 0 at the end, below 0 with errno. A descriptor that nobody asked for is never received.
long Channel::readSome() {
  std::array<char, kReadAtOnce> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the call
  ssize_t count = 0;
  if (!accept_descriptors_) {
    count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  } else {
    iovec bytes{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    count = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const cmsghdr* const rights = count < 0 ? nullptr : CMSG_FIRSTHDR(&header);
    if (rights != nullptr && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(rights), sizeof(descriptor));
      descriptor_ = FileDescriptor(descriptor);
    }
  }
  if (count > 0) in_.append(buffer.data(), static_cast<std::size_t>(count));
  return count;
}

void Channel::handOn(const std::function<void(std::string_view)>& take) {
  std::size_t at = 0;
  std::uint32_t size = 0;
  while (in_.size() - at >= sizeof(size)) {
    std::memcpy(&size, in_.data() + at, sizeof(size));
    if (size > most_message_) throw BadMessage("is longer than a message may be");
    if (in_.size() - at - sizeof(size) < size) break;
    take(std::string_view(in_).substr(at + sizeof(size), size));
    at += sizeof(size) + size;
  }
  in_.erase(0, at);
}

Channel::State Channel::receive(const std::function<void(std::string_view)>& take) {
  for (int i = 0; i < kReadsAtATime; ++i) {
    const long count = readSome();
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN ? State::open : State::closed;
    if (count == 0) return State::closed;
    handOn(take);
    if (static_cast<std::size_t>(count) < kReadAtOnce) return State::open;
  }
  return State::open;
}

}  // namespace pulsewatch
