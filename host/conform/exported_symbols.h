// What a shared library exports, the dynamic symbols that are defined in it, and what it asks of the loader.
#pragma once

#include "base/file_descriptor.h"

#include <string>
#include <vector>

namespace pulsewatch::conform {

struct ExportedSymbol {
  std::string name;
  unsigned binding = 0;  // STB_GLOBAL, STB_WEAK or STB_GNU_UNIQUE
};

// Of a copy whose ELF has been checked (plugin/elf_check.h). Throws std::runtime_error when it has no table of them.
std::vector<ExportedSymbol> exportedSymbols(const FileDescriptor& copy);

// Whether it asks the loader never to unload it (-z nodelete). Of a copy as above.
bool refusesUnloading(const FileDescriptor& copy);

// A symbol's name as its source has it.
std::string demangled(const std::string& symbol);

}  // namespace pulsewatch::conform
