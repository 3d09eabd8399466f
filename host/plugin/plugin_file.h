// A file from a plugin directory, checked and copied: what was checked is what is loaded, whatever happens to the file meanwhile. The copy
// is a sealed memory file, so the drop directory's own inode is never mapped (copying over a mapped library crashes its user).
#pragma once

#include "base/file_descriptor.h"
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

// Opens `directory`/`file_name`, refuses what contract section 6 refuses (not a regular file, a foreign owner, writable by others), checks
// the ELF's bounds and gives the copy. Throws Refusal.
FileDescriptor openPluginFile(const std::filesystem::path& directory, const std::string& file_name, const std::set<uid_t>& owners);

}  // namespace pulsewatch
