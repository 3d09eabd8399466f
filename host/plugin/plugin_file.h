// A file from a plugin directory, checked and copied: what was checked is what is loaded, whatever happens to the file meanwhile. The copy
// is a sealed memory file, so the drop directory's own inode is never mapped (copying over a mapped library crashes its user).
#pragma once

#include "base/file_descriptor.h"
#include "plugin/file_trust.h"
#include "plugin/plugin_checksums.h"

#include <filesystem>
#include <set>
#include <string>
#include <sys/types.h>

namespace pulsewatch {

// Opens `directory`/`file_name`, refuses what contract section 6 refuses (not a regular file, a foreign owner, writable by others, here or
// on the way), copies it once, and checks of the copy its sum, when that is asked for, and the ELF's bounds. Throws Refusal.
FileDescriptor openPluginFile(const std::filesystem::path& directory, const std::string& file_name, const std::set<uid_t>& owners,
                              const ChecksumPolicy& checksums = {});

// A copy of an open file, whosever it is, with its ELF's bounds checked. Throws Refusal.
FileDescriptor copyPlugin(const FileDescriptor& file, const std::string& file_name);

// Whether two copies are of the same bytes. Throws Refusal when one can't be mapped.
bool sameBytes(const FileDescriptor& a, const FileDescriptor& b);

}  // namespace pulsewatch
