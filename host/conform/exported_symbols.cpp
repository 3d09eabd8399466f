#include "conform/exported_symbols.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>
#include <link.h>
#include <memory>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace pulsewatch::conform {

namespace {

class Image {
 public:
  explicit Image(const FileDescriptor& file) {
    struct stat status {};
    if (::fstat(file.get(), &status) == 0) bytes_.resize(static_cast<std::size_t>(status.st_size));
    for (std::size_t read = 0; read < bytes_.size();) {
      const ssize_t count = ::pread(file.get(), bytes_.data() + read, bytes_.size() - read, static_cast<off_t>(read));
      if (count <= 0) throw std::runtime_error("its file cannot be read");
      read += static_cast<std::size_t>(count);
    }
  }

  template <class T>
  [[nodiscard]] T at(std::uint64_t offset) const {
    T value{};
    if (offset > bytes_.size() || sizeof(T) > bytes_.size() - offset)
      throw std::runtime_error("its table of symbols leads out of the file");
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }

  [[nodiscard]] std::string text(std::uint64_t offset) const {
    if (offset >= bytes_.size()) throw std::runtime_error("its table of symbols leads out of the file");
    const char* const begin = bytes_.data() + offset;
    return {begin, strnlen(begin, bytes_.size() - offset)};
  }

 private:
  std::vector<char> bytes_;
};

}  // namespace

std::vector<ExportedSymbol> exportedSymbols(const FileDescriptor& copy) {
  const Image image(copy);
  const auto header = image.at<ElfW(Ehdr)>(0);
  const auto section = [&](unsigned i) { return image.at<ElfW(Shdr)>(header.e_shoff + std::uint64_t{i} * sizeof(ElfW(Shdr))); };
  std::vector<ExportedSymbol> symbols;
  bool found = false;
  for (unsigned i = 0; i < header.e_shnum && header.e_shoff != 0; ++i) {
    const ElfW(Shdr) table = section(i);
    if (table.sh_type != SHT_DYNSYM) continue;
    found = true;
    const ElfW(Shdr) names = section(table.sh_link);
    for (std::uint64_t at = 0; at + sizeof(ElfW(Sym)) <= table.sh_size; at += sizeof(ElfW(Sym))) {
      const auto symbol = image.at<ElfW(Sym)>(table.sh_offset + at);
      const unsigned binding = ELF64_ST_BIND(symbol.st_info);
      const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
      if (symbol.st_shndx == SHN_UNDEF || binding == STB_LOCAL || visibility == STV_HIDDEN || visibility == STV_INTERNAL) continue;
      symbols.push_back({image.text(names.sh_offset + symbol.st_name), binding});
    }
  }
  if (!found) throw std::runtime_error("its section headers are stripped, its table of symbols is not to be found");
  return symbols;
}

bool refusesUnloading(const FileDescriptor& copy) {
  const Image image(copy);
  const auto header = image.at<ElfW(Ehdr)>(0);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = image.at<ElfW(Phdr)>(header.e_phoff + std::uint64_t{i} * sizeof(ElfW(Phdr)));
    if (segment.p_type != PT_DYNAMIC) continue;
    for (std::uint64_t at = 0; at + sizeof(ElfW(Dyn)) <= segment.p_filesz; at += sizeof(ElfW(Dyn))) {
      const auto entry = image.at<ElfW(Dyn)>(segment.p_offset + at);
      if (entry.d_tag == DT_FLAGS_1) return (entry.d_un.d_val & DF_1_NODELETE) != 0;
    }
  }
  return false;
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && name ? name.get() : symbol;
}

}  // namespace pulsewatch::conform
