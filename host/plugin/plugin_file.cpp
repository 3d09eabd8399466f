#include "plugin/plugin_file.h"

#include "plugin/elf_check.h"
#include "plugin/file_trust.h"
#include "plugin/refusal.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <span>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pulsewatch {

namespace {

constexpr off_t kMostBytes = off_t{256} << 20;
constexpr const char* kTooLarge = "is larger than 256 MiB, which no plugin is; remove it";

std::string errnoText(int error) { return std::generic_category().message(error); }

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

// Gives the bytes of a copy to `look`.
void lookInto(const FileDescriptor& copy, const std::function<void(std::span<const std::byte>)>& look) {
  struct stat status {};
  if (::fstat(copy.get(), &status) != 0) throw Refusal("cannot be read: " + errnoText(errno));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return look({});
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, copy.get(), 0);
  if (mapped == MAP_FAILED) throw Refusal("cannot be mapped: " + errnoText(errno));
  const auto unmap = [size](void* memory) { ::munmap(memory, size); };
  const std::unique_ptr<void, decltype(unmap)> guard(mapped, unmap);
  look({static_cast<const std::byte*>(mapped), size});
}

}  // namespace

FileDescriptor openPluginFile(const std::filesystem::path& directory, const std::string& file_name, const std::set<uid_t>& owners,
                              const ChecksumPolicy& checksums) {
  const FileDescriptor folder = openTrustedFolder(directory, owners);
  const FileDescriptor file = openTrustedFile(folder, directory / file_name, owners);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw Refusal("cannot be looked at: " + errnoText(errno));
  if (status.st_size > kMostBytes) throw Refusal(kTooLarge);
  FileDescriptor copy = sealedCopy(file.get(), file_name);
  lookInto(copy, [&](std::span<const std::byte> bytes) {
    if (checksums.required) checkChecksum(folder, directory / file_name, bytes, owners, checksums);
    checkElf(bytes);
  });
  return copy;
}

FileDescriptor copyPlugin(const FileDescriptor& file, const std::string& file_name) {
  FileDescriptor copy = sealedCopy(file.get(), file_name);
  lookInto(copy, checkElf);
  return copy;
}

bool sameBytes(const FileDescriptor& a, const FileDescriptor& b) {
  bool same = false;
  lookInto(a, [&](std::span<const std::byte> first) {
    lookInto(b, [&](std::span<const std::byte> second) { same = std::equal(first.begin(), first.end(), second.begin(), second.end()); });
  });
  return same;
}

}  // namespace pulsewatch
