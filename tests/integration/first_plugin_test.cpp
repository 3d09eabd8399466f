// "Your first plugin" (sdk/README.md) is true: its code and its author's unit test build as the page says, the test tells a good plugin
// from a bad one, and what was built votes.
#include "integration/daemon.h"
#include "integration/page.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>

namespace pulsewatch::testing {
namespace {

const std::string kPage = "sdk/README.md";

class FirstPluginTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FirstPluginTest);
  CPPUNIT_TEST(testWithCMake);
  CPPUNIT_TEST(testWithoutCMake);
  CPPUNIT_TEST(testLinks);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    author_ = std::make_unique<TemporaryDirectory>();
    std::filesystem::create_directory_symlink(PULSEWATCH_SOURCE "/sdk", *author_ / "sdk");
    author_->write("space.cpp", pageBlock(kPage, "cpp", "class SpaceCheck"));
    author_->write("space_test.cpp", pageBlock(kPage, "cpp", "int main()"));
  }

  void testWithCMake() {
    author_->write("CMakeLists.txt", pageBlock(kPage, "cmake", "pulsewatch_add_plugin"));
    const std::string plugins = (*author_ / "plugins").string();
    std::filesystem::create_directory(plugins);
    std::string commands = pageBlock(kPage, "sh", "cmake -B");
    const std::string installed = "/usr/local/lib/pulsewatch/plugins/";
    commands.replace(commands.find(installed), installed.size(), plugins + "/");
    followCommands(commands, author_->path().string());
    pluginVotes(plugins + "/space.so");
    const std::string programs = std::filesystem::path(PULSEWATCH_PLUGIN_TEST_PROGRAM).parent_path().string();
    followCommands("PATH=" + programs + ":$PATH\n" + pageBlock(kPage, "sh", "pulsewatch-plugin-test"), author_->path().string());
  }

  void testWithoutCMake() {
    const std::string commands = pageBlock(kPage, "sh", "-shared");
    followCommands(commands, author_->path().string());
    pluginVotes((*author_ / "space.so").string());

    // The same with a mistake in the plugin.
    std::string wrong = pageBlock(kPage, "cpp", "class SpaceCheck");
    const std::string right = "free * 100 >= least_";
    wrong.replace(wrong.find(right), right.size(), "free * 100 < least_");
    author_->write("space.cpp", wrong);
    followCommands(commands.substr(0, commands.find('\n')) + " 2>/dev/null || exit 3", author_->path().string(), 3);
  }

  // What the pages link to is there.
  void testLinks() {
    for (const std::string& page : {kPage, std::string("README.md")}) {
      const std::string text = readFile(PULSEWATCH_SOURCE "/" + page);
      const std::filesystem::path folder = std::filesystem::path(PULSEWATCH_SOURCE "/" + page).parent_path();
      int links = 0;
      for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
        const std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
        if (target.find("://") != std::string::npos || target.find(' ') != std::string::npos) continue;
        CPPUNIT_ASSERT_MESSAGE(page + " links to " + target, std::filesystem::exists(folder / target));
        ++links;
      }
      CPPUNIT_ASSERT(links > 0);
    }
    CPPUNIT_ASSERT(readFile(PULSEWATCH_SOURCE "/README.md").find("(" + kPage + ")") != std::string::npos);
  }

 private:
  static void pluginVotes(const std::string& library) {
    PulsewatchOptions options = fixtureOptions({},
                                               "check.space.least_percent = 0\ncheck.full.plugin = space\ncheck.full.least_percent = 101\n"
                                               "check.full.critical = no\n");
    options.files["plugins/space.so"] = readFile(library);
    PulsewatchProcess process(options);
    waitForCheck(process, "full", "unhealthy", "too little space");
    const auto answer = waitForCheck(process, "space", "healthy", "enough space");
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), textOf(answer, "status"));
    CPPUNIT_ASSERT(process.waitForMetric("space_free_ratio", {{"path", "/"}}, [](double ratio) { return ratio > 0 && ratio <= 1; }));
    process.stop();
  }

  std::unique_ptr<TemporaryDirectory> author_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(FirstPluginTest);

}  // namespace
}  // namespace pulsewatch::testing
