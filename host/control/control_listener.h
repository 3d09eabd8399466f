// The control socket's file: made so that nobody else can open it for a moment, never taken from a daemon that lives, removed at the end.
// One thread.
#pragma once

#include "base/file_descriptor.h"
#include "config/host_config.h"

#include <string>
#include <sys/types.h>

namespace pulsewatch {

class ControlListener {
 public:
  // Listens. Throws CannotListen: what, why, what to do.
  explicit ControlListener(const ControlSocketConfig& config);
  ControlListener(const ControlListener&) = delete;
  ControlListener& operator=(const ControlListener&) = delete;
  ~ControlListener();  // removes the file, unless another has taken its place

  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  const std::string path_;
  FileDescriptor socket_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace pulsewatch
