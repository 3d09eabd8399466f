// A file from a plugin directory, checked and copied: what was checked is what is loaded, whatever happens to the file meanwhile. The copy
// is a sealed memory file, so the drop directory's own inode is never mapped (copying over a mapped library crashes its user).
#pragma once

#include "base/file_descriptor.h"
#include "config/mistakes.h"
#include "config/properties.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pulsewatch {

// The users of `plugins.owners`, by name or number; empty means root and the daemon's own. An unknown user is a mistake in `source`, the
// value that they are from.
std::set<uid_t> resolveOwners(const std::vector<std::string>& owners, const PropertyValue& source, Mistakes& mistakes);

// Which file it is and which of its states: another one means that it may have other bytes.
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

// Opens `directory`/`file_name`, refuses what contract section 6 refuses (not a regular file, a foreign owner, writable by others), checks
// the ELF's bounds and gives the copy. Throws Refusal.
FileDescriptor openPluginFile(const std::filesystem::path& directory, const std::string& file_name, const std::set<uid_t>& owners);

}  // namespace pulsewatch
