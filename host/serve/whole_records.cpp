#include "serve/whole_records.h"

#include "serve/log_lines.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace pulsewatch {

namespace {

LogTaken writeAll(int fd, std::string_view text) {
  LogTaken taken;
  while (taken.bytes < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + taken.bytes, text.size() - taken.bytes);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return {taken.bytes, wrote < 0 ? errno : EIO};
    taken.bytes += static_cast<std::size_t>(wrote);
  }
  return taken;
}

// Cuts the last bytes off a file that ends with what we wrote.
bool takeBack(int fd, std::size_t bytes) {
  struct stat status {};
  const off_t end = ::lseek(fd, 0, SEEK_CUR);
  if (::fstat(fd, &status) != 0 || end != status.st_size || end < static_cast<off_t>(bytes)) return false;
  const off_t whole = end - static_cast<off_t>(bytes);
  return ::ftruncate(fd, whole) == 0 && ::lseek(fd, whole, SEEK_SET) == whole;
}

}  // namespace

LogTaken WholeRecords::write(int fd, std::string_view records) noexcept {
  if (torn_) {
    if (const LogTaken end = writeAll(fd, "\n"); end.error != 0) return end;
    torn_ = false;
  }
  const LogTaken taken = writeAll(fd, records);
  if (taken.error == 0) return taken;
  const std::size_t whole = wholeRecords(records, taken.bytes);
  torn_ = taken.bytes > whole && !takeBack(fd, taken.bytes - whole);
  return {whole, taken.error};
}

}  // namespace pulsewatch
