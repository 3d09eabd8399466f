#include "plugin/plugin_file.h"

#include "config/duration.h"
#include "config/typed_value.h"
#include "plugin/elf_check.h"
#include "plugin/refusal.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <memory>
#include <optional>
#include <pwd.h>
#include <span>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr std::int64_t kMostUserId = 4294967294;  // (uid_t)-1 means none
constexpr off_t kMostBytes = off_t{256} << 20;

std::string errnoText(int error) { return std::generic_category().message(error); }

std::optional<passwd> lookUp(const std::string& user, std::array<char, 16384>& buffer) {
  passwd entry{};
  passwd* found = nullptr;
  const auto number = parseInteger(user);
  const int error = number && *number >= 0 && *number <= kMostUserId
                        ? getpwuid_r(static_cast<uid_t>(*number), &entry, buffer.data(), buffer.size(), &found)
                        : getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr) return std::nullopt;
  return entry;
}

std::string userName(uid_t uid) {
  std::array<char, 16384> buffer{};
  const auto entry = lookUp(std::to_string(uid), buffer);
  return entry ? entry->pw_name : std::to_string(uid);
}

bool groupIsOwners(const struct stat& status) {
  std::array<char, 16384> buffer{};
  const auto entry = lookUp(std::to_string(status.st_uid), buffer);
  return entry && entry->pw_gid == status.st_gid;
}

void checkWriters(const struct stat& status, const std::string& what, const std::string& path, const std::set<uid_t>& owners) {
  if (owners.count(status.st_uid) == 0)
    throw Refusal(what + " belongs to user " + userName(status.st_uid) + ", who is not among plugins.owners; chown it, or add the user");
  if ((status.st_mode & S_IWOTH) != 0) throw Refusal(what + " is writable by others; chmod o-w " + path);
  if ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0 && !groupIsOwners(status))
    throw Refusal(what + " is writable by group " + std::to_string(status.st_gid) +
                  ", which is neither root's nor its owner's own; chmod g-w " + path);
}

FileDescriptor openBeneath(int directory, const std::string& file_name) {
  // O_NONBLOCK: a FIFO must not block us.
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, directory, file_name.c_str(), &how, sizeof(how));
  if (fd >= 0) return FileDescriptor(static_cast<int>(fd));
  if (errno == ENOSYS || errno == EPERM)  // an old kernel or a strict sandbox: no links at all then
    return FileDescriptor(::openat(directory, file_name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
  return {};
}

FileDescriptor sealedCopy(int source, const std::string& file_name) {
  FileDescriptor copy(memfd_create(("pulsewatch:" + file_name).substr(0, 200).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy.valid()) throw Refusal("cannot be copied: " + errnoText(errno));
  off_t copied = 0;
  std::vector<char> buffer(std::size_t{1} << 16U);
  for (;;) {
    const ssize_t count = ::pread(source, buffer.data(), buffer.size(), copied);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Refusal("cannot be read: " + errnoText(errno));
    if (count == 0) break;
    if (copied + count > kMostBytes) throw Refusal("is larger than 256 MiB; a plugin is not");
    for (ssize_t written = 0; written < count;) {
      const ssize_t now = ::pwrite(copy.get(), buffer.data() + written, static_cast<std::size_t>(count - written), copied + written);
      if (now < 0 && errno == EINTR) continue;
      if (now < 0) throw Refusal("cannot be copied: " + errnoText(errno));
      written += now;
    }
    copied += count;
  }
  if (::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    throw Refusal("cannot be copied: " + errnoText(errno));
  return copy;
}

void checkCopy(const FileDescriptor& copy) {
  struct stat status {};
  if (::fstat(copy.get(), &status) != 0) throw Refusal("cannot be read: " + errnoText(errno));
  if (status.st_size == 0) return checkElf({});
  const auto size = static_cast<std::size_t>(status.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, copy.get(), 0);
  if (mapped == MAP_FAILED) throw Refusal("cannot be mapped: " + errnoText(errno));
  const auto unmap = [size](void* memory) { ::munmap(memory, size); };
  const std::unique_ptr<void, decltype(unmap)> guard(mapped, unmap);
  checkElf({static_cast<const std::byte*>(mapped), size});
}

}  // namespace

std::set<uid_t> resolveOwners(const std::vector<std::string>& owners, const PropertyValue& source, Mistakes& mistakes) {
  if (owners.empty()) return {0, ::geteuid()};
  std::set<uid_t> users;
  for (const std::string& owner : owners) {
    std::array<char, 16384> buffer{};
    const auto entry = lookUp(owner, buffer);
    const auto number = parseInteger(owner);
    if (entry)
      users.insert(entry->pw_uid);
    else if (number && *number >= 0 && *number <= kMostUserId)
      users.insert(static_cast<uid_t>(*number));
    else
      mistakes.add(source.where, shownValue(source, owner) + " is no user of this machine; write a user's name or number");
  }
  return users;
}

FileDescriptor openPluginFile(const std::filesystem::path& directory, const std::string& file_name, const std::set<uid_t>& owners) {
  const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  if (!folder.valid() || ::fstat(folder.get(), &status) != 0) throw Refusal("its directory cannot be opened: " + errnoText(errno));
  checkWriters(status, "its directory", directory.string(), owners);

  const FileDescriptor file = openBeneath(folder.get(), file_name);
  if (!file.valid() && (errno == ELOOP || errno == EXDEV))
    throw Refusal("is a link that leads out of its directory; put the file itself there");
  if (!file.valid()) throw Refusal("cannot be opened: " + errnoText(errno));
  if (::fstat(file.get(), &status) != 0) throw Refusal("cannot be read: " + errnoText(errno));
  if (!S_ISREG(status.st_mode)) throw Refusal("is not a regular file");
  checkWriters(status, "it", (directory / file_name).string(), owners);
  if (status.st_size > kMostBytes) throw Refusal("is larger than 256 MiB; a plugin is not");

  FileDescriptor copy = sealedCopy(file.get(), file_name);
  checkCopy(copy);
  return copy;
}

}  // namespace pulsewatch
