// Messages over a stream socket between the host and a worker: a length in four bytes, then the message. Nothing blocks: what the other
// side doesn't take at once waits here until flush().
#pragma once

#include "base/file_descriptor.h"
#include "base/mutex.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace pulsewatch {

class Channel {
 public:
  enum class State { open, closed };

  // A message of more than `most_message` bytes from the other side is a BadMessage.
  Channel(FileDescriptor socket, std::size_t most_message);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Any thread. False when something is left for flush(); messages keep their order.
  bool send(std::string_view message) EXCLUDES(mutex_);
  // The same, but left to the flush() that was promised, if one was.
  void sendSoon(std::string_view message) EXCLUDES(mutex_);
  void promiseFlush() EXCLUDES(mutex_);
  bool flush() EXCLUDES(mutex_);                              // keeps the promise
  [[nodiscard]] std::size_t queued() const EXCLUDES(mutex_);  // bytes that wait
  // The descriptor isn't ours any more: somebody in this process has closed it, which its other side sees only when nobody waits for it.
  [[nodiscard]] bool lost() const EXCLUDES(mutex_);
  // With a descriptor; only while nothing waits. Throws std::system_error.
  void sendWith(std::string_view message, int descriptor) EXCLUDES(mutex_);

  // One thread. Hands on the messages that are there, some hundred kilobytes at a time; closed when the other side is gone and everything
  // was handed on. Throws BadMessage, and what `take` throws.
  State receive(const std::function<void(std::string_view)>& take);
  // The descriptor that came with a message, once; worker's side only (`accept_descriptors`).
  void acceptDescriptors() { accept_descriptors_ = true; }
  FileDescriptor takeDescriptor() { return std::move(descriptor_); }

  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  void append(std::string_view message) REQUIRES(mutex_);
  bool write() REQUIRES(mutex_);
  long readSome();
  void handOn(const std::function<void(std::string_view)>& take);

  const FileDescriptor socket_;
  const std::size_t most_message_;

  mutable Mutex mutex_;
  std::string out_ GUARDED_BY(mutex_);
  std::size_t written_ GUARDED_BY(mutex_) = 0;  // of out_
  bool flush_promised_ GUARDED_BY(mutex_) = false;
  bool lost_ GUARDED_BY(mutex_) = false;

  // The receiving thread's.
  std::string in_;
  bool accept_descriptors_ = false;
  FileDescriptor descriptor_;
};

}  // namespace pulsewatch
