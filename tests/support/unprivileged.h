// Makes the whole process nobody's for as long as this lives, when it is root's: root may write everywhere. One thread, one at a time.
// Throws std::system_error when that can't be.
#pragma once

#include "support/child_process.h"

#include <cerrno>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace pulsewatch::testing {

class Unprivileged {
 public:
  Unprivileged() : user_(unprivilegedUser()) {
    if (user_ && (::setegid(user_->gid) != 0 || ::seteuid(user_->uid) != 0))
      throw std::system_error(errno, std::generic_category(), "becoming nobody");
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() {
    if (!user_) return;
    static_cast<void>(::seteuid(0));
    static_cast<void>(::setegid(0));
  }

 private:
  const std::optional<User> user_;
};

}  // namespace pulsewatch::testing
