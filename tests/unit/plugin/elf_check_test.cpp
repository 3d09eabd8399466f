#include "plugin/elf_check.h"

#include "plugin/refusal.h"
#include "unit/plugin/fixture_plugin.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <elf.h>
#include <functional>
#include <link.h>
#include <random>
#include <vector>

namespace pulsewatch {

namespace {

using Bytes = std::vector<std::byte>;
using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

Bytes fixture() {
  const std::string content = testing::readFile(testing::fixtureFile("ok"));
  Bytes bytes(content.size());
  std::memcpy(bytes.data(), content.data(), content.size());
  return bytes;
}

// "" when it is taken, else the refusal.
std::string refusalOf(const Bytes& file) {
  try {
    checkElf(file);
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return {};
}

Header headerOf(const Bytes& file) {
  Header header{};
  std::memcpy(&header, file.data(), sizeof(header));
  return header;
}

Bytes withHeader(Bytes file, const std::function<void(Header&)>& change) {
  Header header = headerOf(file);
  change(header);
  std::memcpy(file.data(), &header, sizeof(header));
  return file;
}

// Changes every segment for which `change` is told.
Bytes withSegments(Bytes file, const std::function<void(Segment&)>& change) {
  const Header header = headerOf(file);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Segment segment{};
    std::byte* const at = file.data() + header.e_phoff + i * sizeof(segment);
    std::memcpy(&segment, at, sizeof(segment));
    change(segment);
    std::memcpy(at, &segment, sizeof(segment));
  }
  return file;
}

std::size_t loadedEnd(const Bytes& file) {
  std::size_t end = 0;
  withSegments(file, [&end](Segment& segment) {
    if (segment.p_type == PT_LOAD || segment.p_type == PT_DYNAMIC) end = std::max<std::size_t>(end, segment.p_offset + segment.p_filesz);
  });
  return end;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class ElfCheckTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElfCheckTest);
  CPPUNIT_TEST(completeFilesAreTaken);
  CPPUNIT_TEST(everyTruncation);
  CPPUNIT_TEST(withoutSections);
  CPPUNIT_TEST(notElf);
  CPPUNIT_TEST(damagedHeaders);
  CPPUNIT_TEST(damagedSegments);
  CPPUNIT_TEST(damagedSections);
  CPPUNIT_TEST(randomDamageNeverCrashes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void completeFilesAreTaken() {
    for (const char* name : {"ok", "hang", "no_entry", "other_major"}) {
      const std::string content = testing::readFile(testing::fixtureFile(name));
      CPPUNIT_ASSERT_MESSAGE(name, !content.empty());
      const auto* bytes = reinterpret_cast<const std::byte*>(content.data());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), refusalOf(Bytes(bytes, bytes + content.size())));
    }
  }

  // The loader dies of a missing segment, a reader of debug information of a missing section: every cut is refused.
  void everyTruncation() {
    const Bytes whole = fixture();
    for (std::size_t length = 0; length < whole.size(); ++length) {
      try {
        checkElf(std::span(whole).first(length));
        CPPUNIT_FAIL(std::to_string(length) + " bytes of " + std::to_string(whole.size()) + " were taken");
      } catch (const Refusal& refusal) {
        if (!has(refusal.what(), "copy it again") && length >= SELFMAG) CPPUNIT_FAIL(std::to_string(length) + " bytes: " + refusal.what());
      }
    }
  }

  // As sstrip leaves it: with what the loader needs alone.
  void withoutSections() {
    Bytes file = withHeader(fixture(), [](Header& header) {
      header.e_shoff = 0;
      header.e_shnum = 0;
      header.e_shstrndx = 0;
    });
    const std::size_t end = loadedEnd(file);
    CPPUNIT_ASSERT(end > sizeof(Header) && end < file.size());
    file.resize(end - 1);
    CPPUNIT_ASSERT(has(refusalOf(file), "a segment lies beyond"));
    file = withHeader(fixture(), [](Header& header) { header.e_shoff = header.e_shnum = header.e_shstrndx = 0; });
    file.resize(end);
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf(file));
    const testing::TemporaryDirectory directory;
    directory.write("ok.so", std::string(reinterpret_cast<const char*>(file.data()), file.size()));
    std::filesystem::permissions(directory / "ok.so", std::filesystem::perms(0644));
    const PluginLibrary library(openPluginFile(directory.path(), "ok.so", testing::fixtureOwners()));
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), library.description().name);
  }

  void notElf() {
    const auto bytes = [](const std::string& text) {
      Bytes made(text.size());
      std::memcpy(made.data(), text.data(), text.size());
      return made;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("is empty; copy it again, completely"), refusalOf({}));
    for (const std::string& text : {std::string("#!/bin/sh\nexit\n"), std::string("x"), std::string("\x7f"),
                                    std::string("\x7f"
                                                "ELG") +
                                        std::string(100, ' '),
                                    std::string(5000, '\0')})
      CPPUNIT_ASSERT_EQUAL(std::string("is not an ELF file; a plugin is a shared library"), refusalOf(bytes(text)));
    CPPUNIT_ASSERT_EQUAL(std::string("is truncated: it ends inside its ELF header; copy it again, completely"), refusalOf(bytes("\x7f"
                                                                                                                                "ELF")));
  }

  void damagedHeaders() {
    struct Row {
      const char* name;
      std::function<void(Header&)> change;
      const char* part;
    };
    const Row rows[] = {
        {"32 bits", [](Header& h) { h.e_ident[EI_CLASS] = ELFCLASS32; }, "another machine"},
        {"big endian", [](Header& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; }, "another machine"},
        {"machine", [](Header& h) { h.e_machine = EM_RISCV; }, "another machine"},
        {"program", [](Header& h) { h.e_type = ET_EXEC; }, "not a shared library"},
        {"object file", [](Header& h) { h.e_type = ET_REL; }, "not a shared library"},
        {"core", [](Header& h) { h.e_type = ET_CORE; }, "not a shared library"},
        {"no segments", [](Header& h) { h.e_phnum = 0; }, "no program headers"},
        {"segment size", [](Header& h) { h.e_phentsize = 8; }, "no program headers"},
        {"too many segments", [](Header& h) { h.e_phnum = 0xFFFF; }, "program headers lie beyond its end"},
        {"segments far away", [](Header& h) { h.e_phoff = std::uint64_t{1} << 40U; }, "program headers lie beyond its end"},
        {"segments at the end of numbers", [](Header& h) { h.e_phoff = ~std::uint64_t{0} - 8; }, "program headers lie beyond its end"},
    };
    const Bytes whole = fixture();
    for (const Row& row : rows) {
      const std::string refusal = refusalOf(withHeader(whole, row.change));
      CPPUNIT_ASSERT_MESSAGE(std::string(row.name) + ": " + refusal, has(refusal, row.part));
    }
  }

  void damagedSegments() {
    struct Row {
      const char* name;
      std::function<void(Segment&)> change;
      const char* part;
    };
    const auto of = [](std::uint32_t type, const std::function<void(Segment&)>& change) {
      return [type, change](Segment& segment) {
        if (segment.p_type == type) change(segment);
      };
    };
    const Row rows[] = {
        {"load offset", of(PT_LOAD, [](Segment& s) { s.p_offset = std::uint64_t{1} << 33U; }), "a segment lies beyond"},
        {"load offset wraps", of(PT_LOAD, [](Segment& s) { s.p_offset = ~std::uint64_t{0}; }), "a segment lies beyond"},
        {"load size", of(PT_LOAD, [](Segment& s) { s.p_filesz = s.p_memsz = std::uint64_t{1} << 33U; }), "a segment lies beyond"},
        {"offset and size wrap", of(PT_LOAD, [](Segment& s) { s.p_filesz = s.p_memsz = ~std::uint64_t{0} - s.p_offset + 1; }),
         "a segment lies beyond"},
        {"more in the file than in memory", of(PT_LOAD, [](Segment& s) { s.p_memsz = s.p_filesz > 0 ? s.p_filesz - 1 : 0; }),
         "larger in the file"},
        {"dynamic offset", of(PT_DYNAMIC, [](Segment& s) { s.p_offset = std::uint64_t{1} << 33U; }), "a segment lies beyond"},
        {"nothing to load", of(PT_LOAD, [](Segment& s) { s.p_type = PT_NULL; }), "nothing to load"},
        {"not dynamic", of(PT_DYNAMIC, [](Segment& s) { s.p_type = PT_NULL; }), "nothing to load"},
    };
    const Bytes whole = fixture();
    for (const Row& row : rows) {
      const std::string refusal = refusalOf(withSegments(whole, row.change));
      CPPUNIT_ASSERT_MESSAGE(std::string(row.name) + ": " + refusal, has(refusal, row.part));
    }
    // Segments that the loader doesn't map may say what they like.
    const Bytes note = withSegments(whole, [](Segment& segment) {
      if (segment.p_type == PT_NOTE || segment.p_type == PT_GNU_STACK) segment.p_offset = ~std::uint64_t{0};
    });
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf(note));
  }

  void damagedSections() {
    const Bytes whole = fixture();
    const std::pair<const char*, std::function<void(Header&)>> rows[] = {
        {"table far away", [](Header& h) { h.e_shoff = std::uint64_t{1} << 40U; }},
        {"table wraps", [](Header& h) { h.e_shoff = ~std::uint64_t{0} - 8; }},
        {"too many", [](Header& h) { h.e_shnum = 0xFF00; }},
        {"entry size", [](Header& h) { h.e_shentsize = 8; }}};
    for (const auto& [name, change] : rows)
      CPPUNIT_ASSERT_MESSAGE(std::string(name) + " was taken", !refusalOf(withHeader(whole, change)).empty());
    const Header header = headerOf(whole);
    bool changed = false;
    for (unsigned i = 0; i < header.e_shnum; ++i) {
      ElfW(Shdr) section{};
      Bytes file = whole;
      std::byte* const at = file.data() + header.e_shoff + i * sizeof(section);
      std::memcpy(&section, at, sizeof(section));
      if (section.sh_type == SHT_NULL || section.sh_type == SHT_NOBITS) continue;
      section.sh_offset = whole.size() + 4096;
      std::memcpy(at, &section, sizeof(section));
      CPPUNIT_ASSERT_MESSAGE("section " + std::to_string(i) + " beyond the end was taken", !refusalOf(file).empty());
      changed = true;
    }
    CPPUNIT_ASSERT(changed);
  }

  void randomDamageNeverCrashes() {
    const Bytes whole = fixture();
    std::mt19937 random(3);
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
      Bytes head(whole.begin(), whole.begin() + 1024);
      for (int bytes = 0; bytes < 4; ++bytes) head[random() % head.size()] = std::byte(random() % 256);
      head.resize(random() % 1024);
      if (!refusalOf(head).empty()) ++refused;
    }
    CPPUNIT_ASSERT_EQUAL(20'000, refused);  // none of them has its segments
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElfCheckTest);

}  // namespace

}  // namespace pulsewatch
