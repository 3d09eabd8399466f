// Whose a file is and who could change it. A file is trusted when nobody but the allowed owners could have written it: not itself, not its
// directory, and not by putting another directory in the place of one on the way, up to the root. Any thread.
#pragma once

#include "base/file_descriptor.h"
#include "base/file_identity.h"
#include "config/mistakes.h"
#include "config/properties.h"

#include <filesystem>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pulsewatch {

// The users of `plugins.owners`, by name or number; empty means root and the daemon's own. An unknown user is a mistake in `source`, the
// value that they are from.
std::set<uid_t> resolveOwners(const std::vector<std::string>& owners, const PropertyValue& source, Mistakes& mistakes);

// Of a directory what decides who may change it.
struct FolderState {
  dev_t device = 0;
  ino_t inode = 0;
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;
  bool operator==(const FolderState&) const = default;
};
// Of the directory that a path leads to and those above it, as far as they can be looked at.
std::vector<FolderState> statesUpTo(const std::filesystem::path& directory);

// The directory; neither it nor one above it may be others' to change (above, root and sticky directories as /tmp are fine). Throws
// Refusal.
FileDescriptor openTrustedFolder(const std::filesystem::path& directory, const std::set<uid_t>& owners);

// The file `path`, which is in `folder`, open for reading: a regular one, or a link to one that stays in the folder. Its sentences call it
// `name`, or "it" when that is "". Throws Refusal.
FileDescriptor openTrustedFile(const FileDescriptor& folder, const std::filesystem::path& path, const std::set<uid_t>& owners,
                               const std::string& name = {});

}  // namespace pulsewatch
