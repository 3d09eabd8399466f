#include "base/file_identity.h"

#include <sys/stat.h>

namespace pulsewatch {

std::optional<FileIdentity> identityOf(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  constexpr std::int64_t kSecond = 1'000'000'000;
  return FileIdentity{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec,
                      status.st_ctim.tv_sec * kSecond + status.st_ctim.tv_nsec};
}

}  // namespace pulsewatch
