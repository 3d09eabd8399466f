#include "plugin/plugin_catalog.h"

#include "unit/plugin/fixture_plugin.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace pulsewatch {

namespace {

namespace fs = std::filesystem;

class PluginCatalogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginCatalogTest);
  CPPUNIT_TEST(everyRefusalHasItsSentence);
  CPPUNIT_TEST(laterDirectoryWins);
  CPPUNIT_TEST(laterFileNameWins);
  CPPUNIT_TEST(refusedFilesTakeNoName);
  CPPUNIT_TEST(disabledByStemIsNotOpened);
  CPPUNIT_TEST(disabledByName);
  CPPUNIT_TEST(otherFilesAreNotLookedAt);
  CPPUNIT_TEST(missingDirectories);
  CPPUNIT_TEST(dropDirectoryIsNotMapped);
  CPPUNIT_TEST(statesForThePlan);
  CPPUNIT_TEST(hostMetrics);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    first_ = std::make_unique<testing::TemporaryDirectory>();
    second_ = std::make_unique<testing::TemporaryDirectory>();
  }

  void everyRefusalHasItsSentence() {
    const std::pair<const char*, const char*> rows[] = {
        {"no_entry", "has no symbol pulsewatch_plugin_v1; it is not a pulsewatch plugin, or was built without PULSEWATCH_PLUGIN"},
        {"other_major", "is built for plugin ABI 2, this host has 1; build it with this host's SDK"},
        {"newer_minor", "needs plugin ABI 1.1, this host has 1.0; upgrade pulsewatch, or build it with this host's SDK"},
        {"missing_run", "lacks the function run"},
        {"null_entry", "its entry gives no plugin (a null pointer)"},
        {"metric_conflict", "declares metric ok_runs_total otherwise than plugin ok does; declare it alike or name it otherwise"},
        {"host_metric", "declares metric pulsewatch_ready, which is the host's own; name it otherwise"},
        {"host_setting", "declares a setting interval, a key of the host's own; name it otherwise"}};
    for (const auto& [fixture, sentence] : rows) testing::copyFixture(fixture, *first_ / (std::string(fixture) + ".so"));
    testing::copyFixture("ok", *first_ / "ok.so");
    testing::copyFixture("chatty", *first_ / "open_to_all.so");
    fs::permissions(*first_ / "open_to_all.so", fs::perms(0666));
    first_->write("text.so", "not a library\n");
    first_->write("empty.so", "");
    first_->write("cut.so", testing::readFile(testing::fixtureFile("ok")).substr(0, 5000));
    fs::create_directory(*first_ / "folder.so");

    const Catalog catalog = load({first_->path()});
    for (const auto& [fixture, sentence] : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(fixture, std::string(sentence), ofFile(catalog, *first_ / (std::string(fixture) + ".so")).refusal);
    CPPUNIT_ASSERT_EQUAL("it is writable by others; chmod o-w " + (*first_ / "open_to_all.so").string(),
                         ofFile(catalog, *first_ / "open_to_all.so").refusal);
    CPPUNIT_ASSERT_EQUAL(std::string("is not an ELF file; a plugin is a shared library"), ofFile(catalog, *first_ / "text.so").refusal);
    CPPUNIT_ASSERT_EQUAL(std::string("is empty; copy it again, completely"), ofFile(catalog, *first_ / "empty.so").refusal);
    const std::string cut = ofFile(catalog, *first_ / "cut.so").refusal;
    CPPUNIT_ASSERT_MESSAGE(cut, cut.rfind("is truncated: ", 0) == 0 && cut.find("copy it again, completely") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("is not a regular file"), ofFile(catalog, *first_ / "folder.so").refusal);

    // The one that is fine goes on; a refused one has no library.
    const CatalogEntry& ok = ofFile(catalog, *first_ / "ok.so");
    CPPUNIT_ASSERT_EQUAL(std::string(), ok.refusal);
    CPPUNIT_ASSERT(ok.library != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("ok 1.0.0"), ok.name + " " + ok.version);
    for (const CatalogEntry& entry : catalog.entries)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(entry.file, entry.refusal.empty(), entry.library != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::size_t{14}, catalog.entries.size());
    CPPUNIT_ASSERT(
        std::is_sorted(catalog.entries.begin(), catalog.entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
    // Refused before it said its name: the file's. After: the plugin's.
    CPPUNIT_ASSERT_EQUAL(std::string("null_entry"), ofFile(catalog, *first_ / "null_entry.so").name);
    CPPUNIT_ASSERT_EQUAL(std::string("host-metric"), ofFile(catalog, *first_ / "host_metric.so").name);
  }

  void laterDirectoryWins() {
    testing::copyFixture("ok", *first_ / "zz.so");
    testing::copyFixture("ok", *second_ / "aa.so");
    const Catalog catalog = load({first_->path(), second_->path()});
    CPPUNIT_ASSERT_EQUAL("the name ok is taken by " + (*second_ / "aa.so").string() + "; remove one of the two",
                         ofFile(catalog, *first_ / "zz.so").refusal);
    CPPUNIT_ASSERT(ofFile(catalog, *second_ / "aa.so").library != nullptr);
    CPPUNIT_ASSERT_EQUAL((*second_ / "aa.so").string(), catalog.entries.at(0).file);  // the one that was taken first
  }

  void laterFileNameWins() {
    for (const char* name : {"b.so", "a.so", "c.so"}) testing::copyFixture("ok", *first_ / name);
    const Catalog catalog = load({first_->path()});
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "c.so").library != nullptr);
    for (const char* name : {"a.so", "b.so"}) CPPUNIT_ASSERT_MESSAGE(name, ofFile(catalog, *first_ / name).library == nullptr);
    CPPUNIT_ASSERT_EQUAL("the name ok is taken by " + (*first_ / "c.so").string() + "; remove one of the two",
                         ofFile(catalog, *first_ / "b.so").refusal);
  }

  // A damaged new version leaves the good old one in its place.
  void refusedFilesTakeNoName() {
    testing::copyFixture("ok", *first_ / "ok.so");
    testing::copyFixture("ok", *second_ / "ok.so");
    fs::permissions(*second_ / "ok.so", fs::perms(0666));
    const Catalog catalog = load({first_->path(), second_->path()});
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "ok.so").library != nullptr);
    CPPUNIT_ASSERT(ofFile(catalog, *second_ / "ok.so").library == nullptr);
  }

  void disabledByStemIsNotOpened() {
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo((*first_ / "off.so").c_str(), 0600));  // opening it would be a refusal
    testing::copyFixture("ok", *first_ / "ok.so");
    std::vector<std::string> asked;
    CatalogOptions options = optionsFor({first_->path()});
    options.enabled = [&](const std::string& plugin) {
      asked.push_back(plugin);
      return plugin != "off";
    };
    const Catalog catalog = loadCatalog(options);
    const CatalogEntry& off = ofFile(catalog, *first_ / "off.so");
    CPPUNIT_ASSERT(off.disabled && off.library == nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string(), off.refusal);
    CPPUNIT_ASSERT_EQUAL(1, static_cast<int>(std::count(asked.begin(), asked.end(), "off")));
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "ok.so").library != nullptr);
  }

  // Its file is named otherwise than the plugin: that is known only when it is open.
  void disabledByName() {
    testing::copyFixture("ok", *first_ / "renamed.so");
    testing::copyFixture("ok", *first_ / "aa.so");
    CatalogOptions options = optionsFor({first_->path()});
    options.enabled = [](const std::string& plugin) { return plugin != "ok"; };
    const Catalog catalog = loadCatalog(options);
    for (const CatalogEntry& entry : catalog.entries) {
      CPPUNIT_ASSERT_MESSAGE(entry.file, entry.disabled && entry.library == nullptr && entry.refusal.empty());
      CPPUNIT_ASSERT_EQUAL(std::string("ok"), entry.name);
    }
  }

  void otherFilesAreNotLookedAt() {
    for (const char* name : {"README", "ok.so.bak", "ok.SO", ".so", "ok.so~", "so"}) first_->write(name, "whatever");
    const Catalog catalog = load({first_->path()});
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, catalog.entries.size());
    CPPUNIT_ASSERT(catalog.notes.empty());
  }

  void missingDirectories() {
    testing::copyFixture("ok", *second_ / "ok.so");
    const Catalog catalog = load({*first_ / "nowhere", second_->path()});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, catalog.notes.size());
    CPPUNIT_ASSERT_EQUAL("plugin directory " + (*first_ / "nowhere").string() + " cannot be read: No such file or directory",
                         catalog.notes[0]);
    CPPUNIT_ASSERT(ofFile(catalog, *second_ / "ok.so").library != nullptr);
  }

  void dropDirectoryIsNotMapped() {
    testing::copyFixture("ok", *first_ / "ok.so");
    const Catalog catalog = load({first_->path()});
    CPPUNIT_ASSERT(catalog.entries.at(0).library != nullptr);
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat((*first_ / "ok.so").c_str(), &status));
    std::istringstream maps(testing::readFile("/proc/self/maps"));
    bool copy_mapped = false;
    for (std::string line; std::getline(maps, line);) {
      CPPUNIT_ASSERT_MESSAGE(line, line.find(first_->path().string()) == std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(
          line, line.find(" " + std::to_string(status.st_ino) + " ") == std::string::npos || line.find("memfd") != std::string::npos);
      copy_mapped = copy_mapped || line.find("memfd:pulsewatch:ok.so") != std::string::npos;
    }
    CPPUNIT_ASSERT(copy_mapped);
    // Copying over the file does nothing to who has it loaded.
    std::ofstream(*first_ / "ok.so", std::ios::binary | std::ios::trunc) << "gone";
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), std::string(catalog.entries[0].library->plugin().name));
  }

  void statesForThePlan() {
    testing::copyFixture("ok", *first_ / "ok.so");
    testing::copyFixture("ok", *first_ / "a.so");
    testing::copyFixture("missing_run", *first_ / "missing_run.so");
    const std::vector<PluginState> states = pluginStates(load({first_->path()}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, states.size());
    CPPUNIT_ASSERT_EQUAL(std::string("missing_run"), states[0].name);
    CPPUNIT_ASSERT_EQUAL(std::string("plugin refused: lacks the function run"), states[0].refusal);
    CPPUNIT_ASSERT(!states[0].loaded && states[1].loaded);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), states[1].name);
    CPPUNIT_ASSERT_EQUAL(std::string(), states[1].refusal);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), states[1].description.name);
  }

  void hostMetrics() {
    for (const char* own : {"pulsewatch_ready", "pulsewatch_x", "process_open_fds", "django_http_requests_total_by_method"})
      CPPUNIT_ASSERT_MESSAGE(own, isHostMetric(own));
    for (const char* other : {"django_db_execute_total", "django_cache_get_total", "ok_runs_total", "my_pulsewatch_x", "pulsewatch", ""})
      CPPUNIT_ASSERT_MESSAGE(other, !isHostMetric(other));
  }

 private:
  static CatalogOptions optionsFor(const std::vector<fs::path>& directories) {
    CatalogOptions options;
    for (const fs::path& directory : directories) options.directories.push_back(directory.string());
    options.owners = testing::fixtureOwners();
    options.enabled = [](const std::string& /*plugin*/) { return true; };
    return options;
  }
  static Catalog load(const std::vector<fs::path>& directories) { return loadCatalog(optionsFor(directories)); }

  static const CatalogEntry& ofFile(const Catalog& catalog, const fs::path& file) {
    const auto found =
        std::find_if(catalog.entries.begin(), catalog.entries.end(), [&](const CatalogEntry& entry) { return entry.file == file; });
    CPPUNIT_ASSERT_MESSAGE(file.string(), found != catalog.entries.end());
    return *found;
  }

  std::unique_ptr<testing::TemporaryDirectory> first_;
  std::unique_ptr<testing::TemporaryDirectory> second_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginCatalogTest);

}  // namespace

}  // namespace pulsewatch
