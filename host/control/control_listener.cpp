#include "control/control_listener.h"

#include "control/unix_address.h"
#include "serve/listening_socket.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr int kBacklog = 128;
constexpr std::chrono::seconds kLockPatience{2};

class Place {
 public:
  explicit Place(const ControlSocketConfig& config) : config_(config) {}

  [[noreturn]] void fail(const std::string& why, const std::string& advice) const {
    throw CannotListen(config_.where + ": " + config_.shown + " cannot be listened on: " + why + "; " + advice);
  }
  [[noreturn]] void fail(int error) const {
    fail(std::generic_category().message(error), "see to its directory, choose another path, or none to have no control socket");
  }

  // Of two daemons that find a stale file the second would remove the first one's new one: one at a time, by a lock on the directory.
  [[nodiscard]] FileDescriptor locked() const {
    const std::string directory = std::filesystem::path(config_.path).parent_path().string();
    FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) fail(errno);
    const auto until = std::chrono::steady_clock::now() + kLockPatience;
    while (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) fail(errno);
      if (std::chrono::steady_clock::now() > until) fail("its directory is locked by another process", "end that, or choose another path");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return folder;
  }

  // Takes away what a daemon left that was killed.
  void clear() const {
    struct stat status {};
    if (::lstat(config_.path.c_str(), &status) != 0) {
      if (errno == ENOENT) return;
      fail(errno);
    }
    if (!S_ISSOCK(status.st_mode)) fail("something else than a socket is there", "remove it, or choose another path");
    const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe.valid()) fail(errno);
    const UnixAddress address(config_.path);
    const bool answered = ::connect(probe.get(), address.get(), address.size()) == 0 || errno == EAGAIN;
    if (answered) fail("another daemon listens there", "stop that one, or choose another path");
    if (errno != ECONNREFUSED) fail(errno);
    if (::unlink(config_.path.c_str()) != 0 && errno != ENOENT) fail(errno);
  }

 private:
  const ControlSocketConfig& config_;
};

}  // namespace

ControlListener::ControlListener(const ControlSocketConfig& config) : path_(config.path) {
  const Place place(config);
  const FileDescriptor lock = place.locked();
  place.clear();
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The file gets the socket's mode: no umask, which is the whole process's, needs to be changed.
  if (!socket.valid() || ::fchmod(socket.get(), S_IRUSR | S_IWUSR) != 0) place.fail(errno);
  const UnixAddress address(path_);
  if (::bind(socket.get(), address.get(), address.size()) != 0) place.fail(errno);
  struct stat status {};
  if (::listen(socket.get(), kBacklog) != 0 || ::lstat(path_.c_str(), &status) != 0) place.fail(errno);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  socket_ = std::move(socket);
}

ControlListener::~ControlListener() {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace pulsewatch
