#include "readiness/mute_file.h"

#include "base/file_descriptor.h"
#include "base/text.h"
#include "config/text_parts.h"
#include <pulsewatch/setting_value.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr std::string_view kFirstLine = "pulsewatch mutes 1";
constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
constexpr std::int64_t kLastMs = 9'000'000'000'000;  // a wall clock of nanoseconds ends soon after
constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_-";

std::string because(int error) { return std::generic_category().message(error); }

// Gives a sentence's end.
std::string readAll(const std::string& path, std::string& text) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) return errno == ENOENT ? std::string() : "cannot be read: " + because(errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return "cannot be read: " + because(errno);
  if (!S_ISREG(status.st_mode)) return "is no regular file";
  if ((status.st_uid != 0 && status.st_uid != ::geteuid()) || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return "could have been written by others than root and the daemon's user";
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return "cannot be read: " + because(errno);
    if (count == 0) return {};
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kMostBytes) return "is larger than any list of mutes";
  }
}

bool takeLine(std::string_view line, MuteList& mutes) {
  const std::size_t name_end = line.find(' ');
  if (name_end == 0 || name_end == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, name_end);
  const std::string_view rest = line.substr(name_end + 1);
  const std::size_t until_end = rest.find(' ');
  const auto until = parseInteger(rest.substr(0, until_end));
  if (until_end == std::string_view::npos || !until || *until < 0 || *until >= kLastMs) return false;
  if (name.size() > 63 || name.find_first_not_of(kNameCharacters) != std::string_view::npos) return false;
  const std::string reason(rest.substr(until_end + 1));
  if (visibleText(reason) != reason) return false;
  return mutes.emplace(name, Mute{WallTime(Milliseconds(*until)), reason}).second;
}

// A name's and a file's state are on the disk when it returns 0.
int writeAll(const std::string& path, std::string_view text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid() || ::fchmod(file.get(), 0600) != 0) return errno;
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

void syncDirectory(const std::filesystem::path& directory) {
  const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.valid()) ::fsync(folder.get());
}

}  // namespace

std::string shownReason(const std::string& reason) { return visibleText(trimmed(cleanText(reason, kMostMuteReason))); }

std::string readMuteFile(const std::string& path, MuteList& mutes) {
  std::string text;
  if (std::string fault = readAll(path, text); !fault.empty()) return fault;
  std::string_view rest = text;
  MuteList found;
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (end == std::string_view::npos || (first ? line != kFirstLine : !takeLine(line, found))) return "is no list of mutes";
    rest.remove_prefix(end + 1);
  }
  mutes = std::move(found);
  return {};
}

std::string writeMuteFile(const std::string& path, const MuteList& mutes) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  const auto fault = [](int error) { return "cannot be written: " + because(error); };
  if (mutes.empty()) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) return "cannot be removed: " + because(errno);
    syncDirectory(directory);
    return {};
  }
  std::string text(kFirstLine);
  text += '\n';
  for (const auto& [check, mute] : mutes) {
    const auto until = std::chrono::duration_cast<Milliseconds>(mute.until.time_since_epoch());
    text.append(check).append(" ").append(std::to_string(until.count())).append(" ").append(mute.reason).append("\n");
  }
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const std::string newer = path + ".new";
  int failed = error ? error.value() : writeAll(newer, text);
  if (failed == 0 && ::rename(newer.c_str(), path.c_str()) != 0) failed = errno;
  if (failed != 0) {
    ::unlink(newer.c_str());
    return fault(failed);
  }
  syncDirectory(directory);
  return {};
}

}  // namespace pulsewatch
