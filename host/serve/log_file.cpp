#include "serve/log_file.h"

#include "serve/log_lines.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::string_view kJsonBegin = R"({"timestamp":)";
constexpr off_t kLongestLine = off_t{4} << 20U;  // as much as the log's buffer holds
constexpr std::string_view kNoFile = "is not a regular file; write the path of one, or take log.file away to log to standard output";

// Where a path leads that is a symbolic link to a file, or to where one can be made.
std::string realPath(std::filesystem::path path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) return path.string();
  std::error_code error;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(path, error); ++links)
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  return path.string();
}

std::string cause(int error) { return std::generic_category().message(error); }

std::string kindFault(mode_t mode) {
  if (S_ISREG(mode)) return {};
  return S_ISDIR(mode) ? "is a directory; write the path of a file in it" : std::string(kNoFile);
}

// As the effective user.
int accessError(const std::string& path, int mode) { return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno; }

}  // namespace

std::string logFileFault(const LogFileConfig& config) {
  const std::string path = realPath(config.path);
  const std::string name = std::filesystem::path(path).filename().string();
  if (name.empty()) return kindFault(S_IFDIR);
  std::string directory = std::filesystem::path(path).parent_path().string();
  if (directory.empty()) directory = ".";
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists) {
    if (std::string fault = kindFault(status.st_mode); !fault.empty()) return fault;
    if (const int error = accessError(path, W_OK); error != 0)
      return "can't be written: " + cause(error) + "; let the daemon's user write it, or choose another path";
  } else if (errno == ENAMETOOLONG) {
    return "can't be written: " + cause(errno) + "; choose a shorter path";
  }
  if (::stat(directory.c_str(), &status) != 0)
    return "can't be made: its directory can't be used: " + cause(errno) + "; make the directory, or choose another path";
  if (!S_ISDIR(status.st_mode)) return "can't be made: what should be its directory is none; choose another path";
  const int error = accessError(directory, W_OK | X_OK);
  if (error == 0 || (exists && config.rotate_count == 0)) return {};
  return (exists ? "can't be rotated" : "can't be made") + (": its directory can't be written: " + cause(error)) +
         "; let the daemon's user write the directory, or choose another path" +
         (exists ? ", or set log.rotate_count = 0 and leave the rotation to others" : "");
}

LogFile::LogFile(LogFileConfig config) : config_(std::move(config)) { config_.path = realPath(config_.path); }

std::string LogFile::open() {
  if (std::string fault = logFileFault(config_); !fault.empty()) return fault;
  struct stat status {};
  if (const int error = reopen(status); error != 0)
    return "can't be opened: " + cause(error) + "; make it writable, or choose another path";
  return isOurs() ? "" : "is another process's log already; give each pulsewatchd a file of its own";
}

LogTaken LogFile::take(std::string_view text, bool) noexcept {
  LogTaken all;
  try {
    while (all.bytes < text.size() && all.error == 0) {
      const LogTaken some = takeSome(text.substr(all.bytes));
      all = {all.bytes + some.bytes, some.error};
    }
  } catch (...) {
    all.error = ENOMEM;
  }
  return all;
}

std::string LogFile::notice() { return std::exchange(notice_, {}); }

// What fits into the file that is there, or into a new one.
LogTaken LogFile::takeSome(std::string_view text) {
  struct stat status {};
  if (!isAtPath(status)) {
    if (const int error = reopen(status); error != 0) return {0, error};
  }
  std::size_t bytes = fitting(text, static_cast<std::uint64_t>(status.st_size));
  if (bytes == 0) {
    if (rotate()) return {};
    bytes = text.size();
  }
  return records_.write(file_.get(), text.substr(0, bytes));
}

// How much goes into a file of this size; 0 when it has to be rotated first.
std::size_t LogFile::fitting(std::string_view text, std::uint64_t size) const {
  if (config_.rotate_count == 0 || size + text.size() <= config_.rotate_size) return text.size();
  const std::uint64_t room = config_.rotate_size - std::min(size, config_.rotate_size);
  const std::size_t bytes = wholeRecords(text, static_cast<std::size_t>(std::min<std::uint64_t>(room, text.size())));
  return bytes == 0 && size == 0 ? firstRecord(text) : bytes;
}

bool LogFile::isAtPath(struct stat& status) const {
  return file_.valid() && ::stat(config_.path.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

// Whether no other process holds the file's lock; where a filesystem has none, nobody does.
bool LogFile::isOurs() const { return ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

// An errno when there can be no file at the path; the one before is kept then, unused.
int LogFile::reopen(struct stat& status) {
  // Not blocking is for a path that has become a FIFO's.
  FileDescriptor file(::open(config_.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640));
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EINVAL;
  file_ = std::move(file);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  records_ = {};
  if (isOurs()) mendEnd(status);
  return 0;
}

// Half a line at the end, of a process that was killed: ours is cut off, a stranger's is ended.
void LogFile::mendEnd(const struct stat& status) {
  if (status.st_size == 0) return;
  const FileDescriptor reader(::open(config_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const auto length = std::min(status.st_size, kLongestLine);
  std::string end(1, '\n');
  if (::pread(reader.get(), end.data(), 1, status.st_size - 1) != 1 || end == "\n") return;
  end.resize(static_cast<std::size_t>(length));
  if (::pread(reader.get(), end.data(), end.size(), status.st_size - length) != length) return;
  const std::string_view torn = std::string_view(end).substr(end.rfind('\n') + 1);
  const bool ours = torn.substr(0, kJsonBegin.size()) == kJsonBegin.substr(0, torn.size());
  if (!ours || ::ftruncate(file_.get(), status.st_size - static_cast<off_t>(torn.size())) != 0) records_.endTorn();
}

bool LogFile::rotate() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < rotate_after_) return false;
  struct stat status {};
  int error = 0;
  if (!moveOldFiles() || ::rename(config_.path.c_str(), oldPath(1).c_str()) != 0) {
    error = errno;
  } else if ((error = reopen(status)) != 0) {
    // The old file goes on, at its place unless somebody else has taken that.
    static_cast<void>(::renameat2(AT_FDCWD, oldPath(1).c_str(), AT_FDCWD, config_.path.c_str(), RENAME_NOREPLACE));
  }
  if (error != 0) {
    rotate_after_ = now + kRotationRetry;
    if (!rotation_fails_) notice_ = "the log file can't be rotated and grows on: " + cause(error) + "; let the daemon's user rename it";
  }
  rotation_fails_ = error != 0;
  return error == 0;
}

// Makes FILE.1 free. Only those without a gap move, so that trying again and again doesn't push the old ones out.
bool LogFile::moveOldFiles() {
  unsigned last = 0;
  struct stat status {};
  while (last + 1 < config_.rotate_count && ::lstat(oldPath(last + 1).c_str(), &status) == 0) ++last;
  for (; last > 0; --last) {
    if (::rename(oldPath(last).c_str(), oldPath(last + 1).c_str()) != 0) return false;
  }
  return true;
}

}  // namespace pulsewatch
