// Whether the dynamic loader may be let near a file. dlopen() of a half-copied library raises SIGBUS when a segment lies beyond the file's
// end, so the bounds of the ELF header, its program headers, every segment and every section are checked before. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>

namespace pulsewatch {

// Throws Refusal unless `file` is a complete shared object for this machine.
void checkElf(std::span<const std::byte> file);

}  // namespace pulsewatch
