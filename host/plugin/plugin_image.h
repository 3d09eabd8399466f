// A plugin's file as it was checked and copied (plugin_file.h): the bytes that every worker of it loads, for as long as there is one.
// Immutable; any thread.
#pragma once

#include "base/file_descriptor.h"

#include <string>

namespace pulsewatch {

struct PluginImage {
  std::string file;     // directory and file name, for people
  FileDescriptor copy;  // a sealed memory file
};

}  // namespace pulsewatch
