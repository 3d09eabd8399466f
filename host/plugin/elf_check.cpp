#include "plugin/elf_check.h"

#include "plugin/refusal.h"

#include <cstring>
#include <elf.h>
#include <link.h>
#include <string>

namespace pulsewatch {

namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
#error "say which ELF machine this is"
#endif

bool inside(std::span<const std::byte> file, std::uint64_t offset, std::uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}

void checkSegment(std::span<const std::byte> file, const ElfW(Phdr) & segment) {
  if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) return;
  if (!inside(file, segment.p_offset, segment.p_filesz))
    throw Refusal("is truncated: a segment lies beyond its " + std::to_string(file.size()) + " bytes; copy it again, completely");
  if (segment.p_type == PT_LOAD && segment.p_filesz > segment.p_memsz)
    throw Refusal("is damaged: a segment is larger in the file than in memory; copy it again, completely");
}

// The loader doesn't read sections, but whoever makes a stack trace readable does; and their table comes last, so a file that was not
// copied to its end lacks it.
void checkSections(std::span<const std::byte> file, const ElfW(Ehdr) & header) {
  if (header.e_shoff == 0) return;
  if (header.e_shentsize != sizeof(ElfW(Shdr)))
    throw Refusal("is damaged: its section headers have another size; copy it again, completely");
  if (!inside(file, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(ElfW(Shdr))))
    throw Refusal("is truncated: its section headers lie beyond its end; copy it again, completely");
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    ElfW(Shdr) section{};
    std::memcpy(&section, file.data() + header.e_shoff + i * sizeof(section), sizeof(section));
    if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL && !inside(file, section.sh_offset, section.sh_size))
      throw Refusal("is truncated: a section lies beyond its " + std::to_string(file.size()) + " bytes; copy it again, completely");
  }
}

}  // namespace

void checkElf(std::span<const std::byte> file) {
  if (file.empty()) throw Refusal("is empty; copy it again, completely");
  if (file.size() < SELFMAG || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
    throw Refusal("is not an ELF file; a plugin is a shared library");
  ElfW(Ehdr) header{};
  if (file.size() < sizeof(header)) throw Refusal("is truncated: it ends inside its ELF header; copy it again, completely");
  std::memcpy(&header, file.data(), sizeof(header));
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != kMachine)
    throw Refusal("is built for another machine; build it for this one");
  if (header.e_type != ET_DYN) throw Refusal("is an ELF file but not a shared library; link it with -shared");
  if (header.e_phentsize != sizeof(ElfW(Phdr)) || header.e_phnum == 0)
    throw Refusal("is damaged: it has no program headers; copy it again, completely");
  if (!inside(file, header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(ElfW(Phdr))))
    throw Refusal("is truncated: its program headers lie beyond its end; copy it again, completely");

  bool loadable = false;
  bool dynamic = false;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    std::memcpy(&segment, file.data() + header.e_phoff + i * sizeof(segment), sizeof(segment));
    checkSegment(file, segment);
    loadable = loadable || segment.p_type == PT_LOAD;
    dynamic = dynamic || segment.p_type == PT_DYNAMIC;
  }
  checkSections(file, header);
  if (!loadable || !dynamic) throw Refusal("is an ELF file but has nothing to load; link it with -shared");
}

}  // namespace pulsewatch
