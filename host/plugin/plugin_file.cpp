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
#include <sys/xattr.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr std::int64_t kMostUserId = 4294967294;  // (uid_t)-1 means none
constexpr off_t kMostBytes = off_t{256} << 20;
constexpr const char* kTooLarge = "is larger than 256 MiB, which no plugin is; remove it";

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

// Of a descriptor that was opened with O_PATH too.
std::string pathOf(const FileDescriptor& file) { return "/proc/self/fd/" + std::to_string(file.get()); }

struct stat statusOf(const FileDescriptor& file, const std::string& what) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw Refusal(what + " cannot be looked at: " + errnoText(errno));
  return status;
}

void checkWriters(const FileDescriptor& file, const std::string& what, const std::string& path, const std::set<uid_t>& owners) {
  const struct stat status = statusOf(file, what);
  if (owners.count(status.st_uid) == 0)
    throw Refusal(what + " belongs to user " + userName(status.st_uid) + ", who is not among plugins.owners; chown it, or add the user");
  if ((status.st_mode & S_IWOTH) != 0) throw Refusal(what + " is writable by others; chmod o-w " + path);
  if ((status.st_mode & S_IWGRP) == 0) return;
  // With an access list these bits are its mask: who may write stands in the list.
  if (::getxattr(pathOf(file).c_str(), "system.posix_acl_access", nullptr, 0) > 0)
    throw Refusal(what + " has an access list that lets more than its owner write; setfacl -b " + path);
  if (status.st_gid != 0 && !groupIsOwners(status))
    throw Refusal(what + " is writable by group " + std::to_string(status.st_gid) +
                  ", which is neither root's nor its owner's own; chmod g-w " + path);
}

// Finds the file without opening it: to open a device may do something, to open a FIFO would wait.
FileDescriptor findBeneath(const FileDescriptor& directory, const std::string& name) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, directory.get(), name.c_str(), &how, sizeof(how));
  if (fd >= 0) return FileDescriptor(static_cast<int>(fd));
  if (errno == ENOSYS || errno == EPERM)  // an old kernel or a strict sandbox: no links at all then
    return FileDescriptor(::openat(directory.get(), name.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
  return {};
}

Refusal notFound(const FileDescriptor& directory, const std::string& file_name, int error) {
  if (error == EXDEV) return Refusal("is a link that leads out of its directory; put the file itself there");
  if (error == ELOOP) return Refusal("is a link that leads in a circle; put the file itself there");
  struct stat status {};
  if (::fstatat(directory.get(), file_name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
    return Refusal("is a link whose target cannot be reached: " + errnoText(error) + "; put the file itself there, or remove the link");
  return Refusal("cannot be opened: " + errnoText(error) + "; put it there again");
}

const char* kindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISLNK(mode)) return "a link that this system cannot follow safely";
  return "a device";
}

// Of a link that leads on into a folder: nobody else may write to that folder either, nor to those on the way.
void checkFoldersOnTheWay(const FileDescriptor& directory, const FileDescriptor& file, const std::set<uid_t>& owners) {
  std::error_code error;
  const auto root = std::filesystem::read_symlink(pathOf(directory), error);
  const auto relative = std::filesystem::read_symlink(pathOf(file), error).lexically_relative(root);
  std::filesystem::path folder;
  for (const auto& part : relative.parent_path()) {
    folder /= part;
    const FileDescriptor found = findBeneath(directory, folder.string());
    if (!found.valid()) throw Refusal("is a link whose target cannot be reached: " + errnoText(errno) + "; put the file itself there");
    checkWriters(found, "the folder that it leads to", (root / folder).string(), owners);
  }
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
    if (copied + count > kMostBytes) throw Refusal(kTooLarge);
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

std::optional<FileIdentity> identityOf(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  constexpr std::int64_t kSecond = 1'000'000'000;
  return FileIdentity{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec,
                      status.st_ctim.tv_sec * kSecond + status.st_ctim.tv_nsec};
}

FileDescriptor openPluginFile(const std::filesystem::path& directory, const std::string& file_name, const std::set<uid_t>& owners) {
  const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) throw Refusal("its directory cannot be opened: " + errnoText(errno) + "; make it readable");
  checkWriters(folder, "its directory", directory.string(), owners);

  const FileDescriptor found = findBeneath(folder, file_name);
  if (!found.valid()) throw notFound(folder, file_name, errno);
  const struct stat status = statusOf(found, "it");
  if (!S_ISREG(status.st_mode))
    throw Refusal(std::string("is ") + kindOf(status.st_mode) + ", not a regular file; put the library itself there, or remove it");
  checkWriters(found, "it", (directory / file_name).string(), owners);
  checkFoldersOnTheWay(folder, found, owners);
  if (status.st_size > kMostBytes) throw Refusal(kTooLarge);

  const FileDescriptor file(::open(pathOf(found).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) throw Refusal("cannot be opened: " + errnoText(errno) + "; make it readable for user " + userName(::geteuid()));
  FileDescriptor copy = sealedCopy(file.get(), file_name);
  checkCopy(copy);
  return copy;
}

}  // namespace pulsewatch
