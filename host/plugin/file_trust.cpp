#include "plugin/file_trust.h"

#include "config/duration.h"
#include "config/typed_value.h"
#include "plugin/refusal.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <system_error>
#include <unistd.h>

namespace pulsewatch {

namespace {

constexpr std::int64_t kMostUserId = 4294967294;  // (uid_t)-1 means none
constexpr uid_t kUnknownUser = 65534;             // who a user of another namespace is seen as; see user_namespaces(7)

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

enum class Sticky { refused, taken };

// In a sticky directory others may write, but they can't touch what is there already.
void checkWriters(const FileDescriptor& file, const std::string& what, const std::string& path, const std::set<uid_t>& owners,
                  Sticky sticky = Sticky::refused) {
  const struct stat status = statusOf(file, what);
  if (owners.count(status.st_uid) == 0)
    throw Refusal(what + " belongs to user " + userName(status.st_uid) + ", who is not among plugins.owners; chown it, or add the user" +
                  (status.st_uid == kUnknownUser ? " (systemd: with PrivateUsers=yes every other user is this one)" : ""));
  if (sticky == Sticky::taken && (status.st_mode & S_ISVTX) != 0) return;
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

Refusal notFound(const FileDescriptor& directory, const std::string& file_name, const std::string& subject, int error) {
  if (error == EXDEV) return Refusal(subject + "is a link that leads out of its directory; put the file itself there");
  if (error == ELOOP) return Refusal(subject + "is a link that leads in a circle; put the file itself there");
  struct stat status {};
  if (::fstatat(directory.get(), file_name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
    return Refusal(subject + "is a link whose target cannot be reached: " + errnoText(error) +
                   "; put the file itself there, or remove the link");
  return Refusal(subject + "cannot be opened: " + errnoText(error) + "; put it there again");
}

const char* kindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISLNK(mode)) return "a link that this system cannot follow safely";
  return "a device";
}

// Who could change a directory above could put another one in its place. Up to the root by the descriptors themselves, so that what is
// looked at is what is above, whatever links led there.
void checkWayTo(const FileDescriptor& directory, const std::set<uid_t>& owners) {
  std::set<uid_t> allowed = owners;
  allowed.insert(0);
  struct stat below = statusOf(directory, "its directory");
  FileDescriptor above(::openat(directory.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (;;) {
    if (!above.valid())
      throw Refusal("what is above its directory cannot be looked at: " + errnoText(errno) + "; let user " + userName(::geteuid()) +
                    " pass");
    const struct stat status = statusOf(above, "what is above its directory");
    if (status.st_dev == below.st_dev && status.st_ino == below.st_ino) return;  // the root is above itself
    std::error_code error;
    const std::string path = std::filesystem::read_symlink(pathOf(above), error).string();
    checkWriters(above, "directory " + path + " on the way to it", path, allowed, Sticky::taken);
    below = status;
    above = FileDescriptor(::openat(above.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
}

// Of a link that leads on into a folder: nobody else may write to that folder either, nor to those on the way.
void checkFoldersOnTheWay(const FileDescriptor& directory, const FileDescriptor& file, const std::string& subject,
                          const std::set<uid_t>& owners) {
  std::error_code error;
  const auto root = std::filesystem::read_symlink(pathOf(directory), error);
  const auto relative = std::filesystem::read_symlink(pathOf(file), error).lexically_relative(root);
  std::filesystem::path folder;
  for (const auto& part : relative.parent_path()) {
    folder /= part;
    const FileDescriptor found = findBeneath(directory, folder.string());
    if (!found.valid())
      throw Refusal(subject + "is a link whose target cannot be reached: " + errnoText(errno) + "; put the file itself there");
    checkWriters(found, "the folder that " + (subject.empty() ? "it " : subject) + "leads to", (root / folder).string(), owners);
  }
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

std::vector<FolderState> statesUpTo(const std::filesystem::path& directory) {
  std::vector<FolderState> states;
  FileDescriptor folder(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  while (folder.valid() && ::fstat(folder.get(), &status) == 0) {
    const FolderState state{status.st_dev, status.st_ino, status.st_uid, status.st_gid, status.st_mode};
    if (!states.empty() && states.back() == state) break;
    states.push_back(state);
    folder = FileDescriptor(::openat(folder.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  return states;
}

FileDescriptor openTrustedFolder(const std::filesystem::path& directory, const std::set<uid_t>& owners) {
  FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) throw Refusal("its directory cannot be opened: " + errnoText(errno) + "; make it readable");
  checkWriters(folder, "its directory", directory.string(), owners);
  checkWayTo(folder, owners);
  return folder;
}

FileDescriptor openTrustedFile(const FileDescriptor& folder, const std::filesystem::path& path, const std::set<uid_t>& owners,
                               const std::string& name) {
  const std::string file_name = path.filename().string();
  const std::string subject = name.empty() ? "" : name + " ";
  const std::string it = name.empty() ? "it" : name;
  const FileDescriptor found = findBeneath(folder, file_name);
  if (!found.valid()) throw notFound(folder, file_name, subject, errno);
  const struct stat status = statusOf(found, it);
  if (!S_ISREG(status.st_mode))
    throw Refusal(subject + "is " + kindOf(status.st_mode) + ", not a regular file; put the " + (name.empty() ? "library" : "file") +
                  " itself there, or remove it");
  checkWriters(found, it, path.string(), owners);
  checkFoldersOnTheWay(folder, found, subject, owners);
  FileDescriptor file(::open(pathOf(found).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid())
    throw Refusal(subject + "cannot be opened: " + errnoText(errno) + "; make it readable for user " + userName(::geteuid()));
  return file;
}

}  // namespace pulsewatch
