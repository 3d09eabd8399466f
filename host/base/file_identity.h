// Which file a path leads to and which of its states: another one means that it may have other bytes. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <sys/types.h>

namespace pulsewatch {

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  // moves with every change, whatever is said of the modification
  bool operator==(const FileIdentity&) const = default;
};
// Of what a path leads to; nothing when that can't be reached.
std::optional<FileIdentity> identityOf(const std::filesystem::path& path);

}  // namespace pulsewatch
