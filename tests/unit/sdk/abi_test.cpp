// abi.h in every language it is for, by both compilers, with its layout as it was promised (abi_layout.c); the C++ headers in theirs.
#include "support/temporary_directory.h"
#include "unit/sdk/tool_run.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

const std::string kInclude = PULSEWATCH_SOURCE "/sdk/include";

struct Language {
  std::string compiler;
  std::string language;
  std::string standard;
};

const std::vector<Language>& languages() {
  static const std::vector<Language> all = [] {
    std::vector<Language> rows;
    for (const char* compiler : {"gcc", "clang-14"})
      for (const char* standard : {"c99", "c11", "c17"}) rows.push_back({compiler, "c", standard});
    for (const char* compiler : {"g++", "clang++-14"})
      for (const char* standard : {"c++17", "c++20"}) rows.push_back({compiler, "c++", standard});
    return rows;
  }();
  return all;
}

ToolRun compile(const Language& language, const std::string& include, const std::string& file) {
  return runTool({language.compiler, "-x", language.language, "-std=" + language.standard, "-fsyntax-only", "-Wall", "-Wextra",
                  "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-I", include, file});
}

class AbiTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AbiTest);
  CPPUNIT_TEST(layoutInEveryLanguage);
  CPPUNIT_TEST(changesAreNoticed);
  CPPUNIT_TEST(headersAlone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void layoutInEveryLanguage() {
    for (const Language& language : languages()) {
      const ToolRun run = compile(language, kInclude, kLayout);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(language.compiler + " " + language.standard + "\n" + run.errors, 0, run.code);
    }
  }

  // What would break plugins that were built before doesn't compile: the layout is really looked at.
  void changesAreNoticed() {
    const std::pair<std::string, std::string> changes[] = {
        {"  PW_STATUS_UNHEALTHY = 3\n", "  PW_STATUS_UNHEALTHY = 4\n"},
        {"enum { PW_METRIC_COUNTER = 1, PW_METRIC_GAUGE = 2,", "enum { PW_METRIC_COUNTER = 2, PW_METRIC_GAUGE = 1,"},
        {"  const char* key; ", "  const char* added;\n  const char* key; "},
        {"  uint32_t reserved; /* 0 */\n", "  uint32_t reserved; /* 0 */\n  const char* added;\n"},
        {"  void (*set_error)(pw_run* run, const char* error);\n", ""},
        {"  void (*observe)(pw_run* run, int32_t series, double value);", "  void (*observe)(pw_run* run, int64_t series, double value);"},
        {"  int32_t (*cancelled)(const pw_run* run);", "  int32_t (*cancelled)(pw_run* run, int32_t why);"},
        {"  double duration_ms; ", "  int64_t duration_ms; "},
        {"  uint32_t settings_count;\n  uint32_t setting_size;", "  uint32_t setting_size;\n  uint32_t settings_count;"},
        {"#define PW_ABI_MAJOR 1\n", "#define PW_ABI_MAJOR 2\n"},
    };
    const std::string abi = readFile(kInclude + "/pulsewatch/abi.h");
    for (const auto& [was, is] : changes) {
      const std::size_t at = abi.find(was);
      CPPUNIT_ASSERT_MESSAGE("abi.h no longer has " + was, at != std::string::npos);
      const TemporaryDirectory directory;
      directory.write("pulsewatch/abi.h", std::string(abi).replace(at, was.size(), is));
      for (const Language& language : {languages().front(), languages().back()}) {
        const ToolRun run = compile(language, directory.path().string(), kLayout);
        CPPUNIT_ASSERT_MESSAGE(language.standard + " takes " + is, run.code != 0);
      }
    }
  }

  // Each header has what it needs and no warning, in the languages it says.
  void headersAlone() {
    const TemporaryDirectory directory;
    for (const char* header : {"plugin.h", "testing.h", "service_url.h", "setting_value.h", "plugin_rules.h", "utf8.h"}) {
      const std::string file =
          directory.write(std::string(header) + ".cpp", "#include <pulsewatch/" + std::string(header) + ">\n").string();
      for (const Language& language : languages()) {
        const bool is_face = header == std::string("plugin.h") || header == std::string("testing.h");  // the others are in these
        if (language.language == "c" || (!is_face && language.compiler + language.standard != "g++c++17")) continue;
        const ToolRun run = compile(language, kInclude, file);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(language.compiler + " " + language.standard + "\n" + run.errors, 0, run.code);
      }
    }
  }

 private:
  static inline const std::string kLayout = PULSEWATCH_SOURCE "/tests/unit/sdk/abi_layout.c";
};

CPPUNIT_TEST_SUITE_REGISTRATION(AbiTest);

}  // namespace
}  // namespace pulsewatch::testing
