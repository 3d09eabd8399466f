// The SDK as a package: an install tree that was moved is all that an author needs. Plugins out of pulsewatch-new-plugin, in every language
// and by both compilers, are built, tested, pulsewatch-plugin-test among it, and dropped in with the commands of sdk/README.md, and vote.
#include "integration/daemon.h"
#include "integration/page.h"
#include "integration/plugin_place.h"
#include "integration/reloads.h"
#include "support/connect.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace pulsewatch::testing {
namespace {

const std::string kPage = "sdk/README.md";
const std::string kPluginDirectory = "/usr/local/lib/pulsewatch/plugins";
const std::string kSystem = "/usr/bin:/bin";  // Debian's own tools
const std::string kWarnings = "'-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'";

struct Project {
  std::string name;
  std::string language;
  std::string compiler;  // CXX and CC
  std::string source;
  std::string right;  // of the check; made wrong, its unit test fails
};

const std::vector<Project>& projects() {
  static const std::vector<Project> all = {
      {"spool", "c++", "CC=gcc CXX=g++", "spool.cpp", "entries <= most_"},
      {"spool-clang", "c++", "CC=clang-14 CXX=clang++-14", "spool-clang.cpp", "entries <= most_"},
      {"spool_c", "c", "CC=gcc CXX=g++", "spool_c.c", "entries <= self->most"},
      {"spool_rust", "rust", "CC=gcc CXX=g++", "src/lib.rs", "entries <= self.most"},
  };
  return all;
}

class SdkPackageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SdkPackageTest);
  CPPUNIT_TEST(testMoves);
  CPPUNIT_TEST(testProjects);
  CPPUNIT_TEST(testFromTheSourceTree);
  CPPUNIT_TEST(testFindPackage);
  CPPUNIT_TEST(testPkgConfig);
  CPPUNIT_TEST(testRefusals);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Installed with the page's command, and then moved.
  void setUp() override {
    author_ = std::make_unique<TemporaryDirectory>();
    const std::string first = (*author_ / "first").string();
    std::string command = pageBlock(kPage, "sh", "cmake --install");
    command = replaced(replaced(command, "build/release", PULSEWATCH_BUILD), "--prefix /usr/local", "--prefix " + first);
    followCommands(command, author_->path().string());
    std::filesystem::rename(first, prefix());
  }

  // No file in it knows where it was made, or from what.
  void testMoves() {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(prefix())) {
      if (!entry.is_regular_file()) continue;
      const std::string text = readFile(entry.path());
      for (const std::string& place : {author_->path().string(), std::string(PULSEWATCH_BUILD), std::string(PULSEWATCH_SOURCE)})
        CPPUNIT_ASSERT_MESSAGE(entry.path().string() + " has " + place, text.find(place) == std::string::npos);
      ++files;
    }
    CPPUNIT_ASSERT(files > 20);
  }

  void testProjects() {
    const PluginPlace place;
    PulsewatchProcess daemon(place.options());
    waitForReady(daemon, 503);  // no check yet
    for (const Project& project : projects()) {
      build(project, place);
      waitForCheck(daemon, project.name, "healthy", "no more entries than allowed");
      const std::string family = replaced(project.name, "-", "_") + "_entries";
      CPPUNIT_ASSERT(daemon.waitForMetric(family, {{"path", "/"}}, [](double entries) { return entries > 3; }));
    }
    waitForReady(daemon, 200);
    const std::string was = place.options().config;
    Reloads reloads(daemon);
    for (const Project& project : projects()) {
      reloads.take(was + "check." + project.name + ".most = 0\n");
      waitForCheck(daemon, project.name, "unhealthy", "too many entries");
      waitForReady(daemon, 503);
      reloads.take(was);
      waitForReady(daemon, 200);
    }
    daemon.stop();
    for (const Project& project : projects()) testSeesAMistake(project);
  }

  // The script by a link to it, and the SDK where it is developed.
  void testFromTheSourceTree() {
    std::filesystem::create_symlink(PULSEWATCH_SOURCE "/sdk/bin/pulsewatch-new-plugin", *author_ / "new");
    sh("./new jobs work --lang c\ncd work\ncmake -B build -D pulsewatch-sdk_DIR=" PULSEWATCH_SOURCE
       "/sdk/cmake\ncmake --build build\nctest --test-dir build",
       kSystem);
  }

  void testFindPackage() {
    author_->write("CMakeLists.txt",
                   "cmake_minimum_required(VERSION 3.25)\nproject(mine LANGUAGES NONE)\nfind_package(pulsewatch-sdk ${WANTED} REQUIRED)\n"
                   "find_package(pulsewatch-sdk REQUIRED)\n"
                   "if(NOT TARGET pulsewatch::sdk OR NOT COMMAND pulsewatch_add_plugin)\n  message(FATAL_ERROR incomplete)\nendif()\n");
    const std::string version = PULSEWATCH_VERSION;
    const std::string minor = version.substr(0, version.rfind('.'));
    for (const std::string& fits : {version, minor, std::string()}) configure(fits, 0);
    const std::string major = minor.substr(0, minor.find('.'));
    for (const std::string& other : {minor + ".999", major + ".999", "999." + minor}) configure(other, 1);
  }

  // The page's plugin, with the page's command.
  void testPkgConfig() {
    author_->write("space.cpp", pageBlock(kPage, "cpp", "class SpaceCheck"));
    sh("export PKG_CONFIG_PATH=" + prefix() + "/share/pkgconfig\n" + pageBlock(kPage, "sh", "pkg-config --cflags") +
           "pkg-config --exact-version=" PULSEWATCH_VERSION
           " pulsewatch-sdk\n"
           "test \"$(pkg-config --variable=plugindir pulsewatch-sdk)\" = " +
           kPluginDirectory,
       kSystem);
    PulsewatchOptions options;
    options.files["plugins/space.so"] = readFile(*author_ / "space.so");
    options.config = "plugins.directories = @DIR@/plugins\n";
    options.arguments = {"--describe=space"};
    options.logs = false;
    PulsewatchProcess process(options);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(process.child().errors(), 0, process.finish());
    CPPUNIT_ASSERT(process.child().output().find("A disk has space left") != std::string::npos);
  }

  void testRefusals() {
    author_->write("there/mine.txt", "mine");
    struct Row {
      std::vector<std::string> arguments;
      int code;
      std::string sentence;
    };
    const std::vector<Row> rows = {
        {{}, 2, "a name for the plugin is needed; --help says more"},
        {{""}, 2, "a name or directory that is empty is none; --help says what is needed"},
        {{"Disk"}, 2, "'Disk' can't name a plugin: it begins with a-z, and only a-z, 0-9, _ and - follow"},
        {{"1st"}, 2, "'1st' can't name a plugin"},
        {{"a/b"}, 2, "'a/b' can't name a plugin"},
        {{"disk.so"}, 2, "'disk.so' can't name a plugin"},
        {{"ä"}, 2, "'ä' can't name a plugin"},
        {{"a\nb"}, 2, "can't name a plugin"},
        {{std::string(64, 'a')}, 2, "the name has 64 characters; 63 are the most"},
        {{"mysql"}, 2, "'mysql' is the name of a plugin or check that is shipped; take another one"},
        {{"database"}, 2, "'database' is the name of a plugin or check that is shipped"},
        {{"group"}, 2, "'group' can't name a check: /ready/group is for groups of checks; take another name"},
        {{"process"}, 2, "the metrics of 'process' would be named as the host's own are; take another name"},
        {{"django-http"}, 2, "the metrics of 'django-http' would be named as the host's own are"},
        {{"test"}, 2, "CMake keeps the target 'test' for itself; take another name"},
        {{"disk", "--lang=perl"}, 2, "there is no template for 'perl'; the languages are c++, c and rust"},
        {{"disk", "--lang"}, 2, "--lang needs a language: c++, c or rust"},
        {{"disk", "--language=c"}, 2, "there is no option --language=c; --help lists them"},
        {{"disk", "a", "b"}, 2, "b is one argument too many: a name and a directory are all"},
        {{"disk", "there"}, 1, "there is there already; name another directory or remove it"},
        {{"disk", "there/mine.txt"}, 1, "there/mine.txt is there already"},
        {{"disk", "dangling"}, 1, "dangling is there already"},
        {{"disk", "nowhere/disk"}, 1, "there is no directory nowhere to make the project in; make it first"},
        {{"disk", std::string(300, 'd')}, 1, "the project can't be made: mkdir: cannot create directory"},
    };
    std::filesystem::create_symlink("nothing", *author_ / "dangling");
    const std::string before = names(author_->path());
    for (const Row& row : rows) {
      const Ended ended = newPlugin(row.arguments);
      const std::string all = ended.output + ended.errors;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sentence + "\n" + all, row.code, ended.code);
      CPPUNIT_ASSERT_MESSAGE(row.sentence + "\n" + all, ended.errors.find("pulsewatch-new-plugin: ") == 0);
      CPPUNIT_ASSERT_MESSAGE(row.sentence + "\n" + all, ended.errors.find(row.sentence) != std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sentence, before, names(author_->path()));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("mine"), readFile(*author_ / "there/mine.txt"));
    const Ended help = newPlugin({"--help"});
    CPPUNIT_ASSERT_EQUAL(0, help.code);
    CPPUNIT_ASSERT(help.output.find("usage: pulsewatch-new-plugin NAME [DIRECTORY]") == 0 && help.errors.empty());

    // Of a project that can't be written nothing stays.
    sh("(ulimit -f 0; pulsewatch-new-plugin disk 2>&1) | grep -q \"disk/README.md can't be written; nothing was made\"\ntest ! -e disk",
       path());

    // What looks odd and is none of these.
    for (const std::vector<std::string>& fine :
         {std::vector<std::string>{std::string(63, 'a')}, {"--", "odd", "-d"}, {"a-b_c0", "with space"}})
      CPPUNIT_ASSERT_EQUAL(std::string(), newPlugin(fine).errors);
    for (const std::string& made : {std::string(63, 'a'), std::string("-d"), std::string("with space")})
      CPPUNIT_ASSERT(std::filesystem::exists(*author_ / made / "CMakeLists.txt"));
    CPPUNIT_ASSERT(readFile(*author_ / "with space" / "a-b_c0.cpp").find("\"a_b_c0_entries\"") != std::string::npos);
    CPPUNIT_ASSERT(readFile(*author_ / "with space" / "CMakeLists.txt").find('@') == std::string::npos);
  }

 private:
  [[nodiscard]] std::string prefix() const { return (*author_ / "prefix").string(); }
  // The programs of the package, and of the host's the one that its projects look for.
  [[nodiscard]] std::string path() const {
    return prefix() + "/bin:" + std::filesystem::path(PULSEWATCH_PLUGIN_TEST_PROGRAM).parent_path().string() + ":" + kSystem;
  }

  void sh(const std::string& commands, const std::string& path, int code = 0) const {
    followCommands("umask 022\nexport PATH=" + path + "\n" + commands, author_->path().string(), code);
  }

  [[nodiscard]] Ended newPlugin(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), prefix() + "/bin/pulsewatch-new-plugin");
    return runToEnd(arguments, {{"PATH", kSystem}}, {.working_directory = author_->path()});
  }

  static std::string names(const std::filesystem::path& directory) {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) all.push_back(entry.path().filename().string() + "\n");
    std::sort(all.begin(), all.end());
    std::string text;
    for (const std::string& name : all) text += name;
    return text;
  }

  // With the page's commands: made, built, tested and put into the place's plugin directory.
  void build(const Project& project, const PluginPlace& place) const {
    std::string commands = pageBlock(kPage, "sh", "pulsewatch-new-plugin spool\n");
    commands = replaced(commands, kPluginDirectory, place.plugins().string());
    commands = replaced(commands, "pulsewatch-new-plugin spool\ncd spool\n",
                        "pulsewatch-new-plugin " + project.name + " --lang=" + project.language + "\ncd " + project.name + "\n");
    commands = replaced(commands, "build/spool.so", "build/" + project.name + ".so");
    sh("export " + project.compiler + " CFLAGS=" + kWarnings + " CXXFLAGS=" + kWarnings + "\n" + commands +
           "ctest --test-dir build --no-tests=error -R '^" + project.name + "_conformance$'",
       path());
  }

  void testSeesAMistake(const Project& project) const {
    const std::string source = (*author_ / project.name / project.source).string();
    const std::string text = readFile(source);
    CPPUNIT_ASSERT_MESSAGE(source, text.find(project.right) != std::string::npos);
    author_->write(project.name + "/" + project.source, replaced(text, project.right, replaced(project.right, "<=", "<")));
    sh("cd " + project.name + "\ncmake --build build >/dev/null || exit 9\nctest --test-dir build -R '^" + project.name +
           "$' >/dev/null 2>&1",
       path(), 8);
  }

  void configure(const std::string& wanted, int code) const {
    sh("rm -rf build; cmake -B build -D CMAKE_PREFIX_PATH=" + prefix() + " -D WANTED=" + wanted, kSystem, code);
  }

  std::unique_ptr<TemporaryDirectory> author_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SdkPackageTest);

}  // namespace
}  // namespace pulsewatch::testing
