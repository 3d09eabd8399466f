#include "plugin/plugin_catalog.h"

#include "support/sinful_directory.h"
#include "unit/plugin/fixture_plugin.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <fstream>
#include <iostream>
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
  CPPUNIT_TEST(sameDefaultCheck);
  CPPUNIT_TEST(promisedDefaultCheck);
  CPPUNIT_TEST(directoriesListedTwice);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    first_ = std::make_unique<testing::TemporaryDirectory>();
    second_ = std::make_unique<testing::TemporaryDirectory>();
  }

  void everyRefusalHasItsSentence() {
    const testing::SinfulDirectory directory(FIXTURE_PLUGINS);
    for (const std::string& sin : directory.skipped()) std::cerr << "skipped, for want of root: " << sin << '\n';
    const Catalog catalog = load({directory.path()});
    for (const testing::Sin& sin : directory.sins()) {
      const CatalogEntry& entry = ofFile(catalog, directory.path() / sin.file);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(sin.file, sin.sentence, entry.refusal);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(sin.file, sin.plugin + " " + sin.version, entry.name + " " + entry.version);
    }
    // Those that are fine go on; a refused one has no library.
    for (const char* good : {"ok", "plain_c"}) {
      const CatalogEntry& entry = ofFile(catalog, directory.path() / (std::string(good) + ".so"));
      CPPUNIT_ASSERT_EQUAL(std::string(), entry.refusal);
      CPPUNIT_ASSERT_EQUAL(std::string(good) + " 1.0.0", entry.name + " " + entry.version);
    }
    for (const CatalogEntry& entry : catalog.entries) CPPUNIT_ASSERT_EQUAL_MESSAGE(entry.file, entry.refusal.empty(), entry.taken());
    CPPUNIT_ASSERT_EQUAL(directory.sins().size() + 2, catalog.entries.size());
    CPPUNIT_ASSERT(
        std::is_sorted(catalog.entries.begin(), catalog.entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  }

  void laterDirectoryWins() {
    testing::copyFixture("ok", *first_ / "zz.so");
    testing::copyFixture("ok", *second_ / "aa.so");
    const Catalog catalog = load({first_->path(), second_->path()});
    CPPUNIT_ASSERT_EQUAL("the name ok is taken by " + (*second_ / "aa.so").string() + "; remove one of the two",
                         ofFile(catalog, *first_ / "zz.so").refusal);
    CPPUNIT_ASSERT(ofFile(catalog, *second_ / "aa.so").taken());
    CPPUNIT_ASSERT_EQUAL((*second_ / "aa.so").string(), catalog.entries.at(0).file);  // the one that was taken first
  }

  void laterFileNameWins() {
    for (const char* name : {"b.so", "a.so", "c.so"}) testing::copyFixture("ok", *first_ / name);
    const Catalog catalog = load({first_->path()});
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "c.so").taken());
    for (const char* name : {"a.so", "b.so"}) CPPUNIT_ASSERT_MESSAGE(name, !ofFile(catalog, *first_ / name).taken());
    CPPUNIT_ASSERT_EQUAL("the name ok is taken by " + (*first_ / "c.so").string() + "; remove one of the two",
                         ofFile(catalog, *first_ / "b.so").refusal);
  }

  // A damaged new version leaves the good old one in its place.
  void refusedFilesTakeNoName() {
    testing::copyFixture("ok", *first_ / "ok.so");
    testing::copyFixture("ok", *second_ / "ok.so");
    fs::permissions(*second_ / "ok.so", fs::perms(0666));
    const Catalog catalog = load({first_->path(), second_->path()});
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "ok.so").taken());
    CPPUNIT_ASSERT(!ofFile(catalog, *second_ / "ok.so").taken());
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
    CPPUNIT_ASSERT(off.disabled && !off.taken());
    CPPUNIT_ASSERT_EQUAL(std::string(), off.refusal);
    CPPUNIT_ASSERT_EQUAL(1, static_cast<int>(std::count(asked.begin(), asked.end(), "off")));
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "ok.so").taken());
  }

  // Its file is named otherwise than the plugin: that is known only when it is open.
  void disabledByName() {
    testing::copyFixture("ok", *first_ / "renamed.so");
    testing::copyFixture("ok", *first_ / "aa.so");
    CatalogOptions options = optionsFor({first_->path()});
    options.enabled = [](const std::string& plugin) { return plugin != "ok"; };
    const Catalog catalog = loadCatalog(options);
    for (const CatalogEntry& entry : catalog.entries) {
      CPPUNIT_ASSERT_MESSAGE(entry.file, entry.disabled && !entry.taken() && entry.refusal.empty());
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
    CPPUNIT_ASSERT(ofFile(catalog, *second_ / "ok.so").taken());
  }

  void dropDirectoryIsNotMapped() {
    testing::copyFixture("ok", *first_ / "ok.so");
    const Catalog catalog = load({first_->path()});
    CPPUNIT_ASSERT(catalog.entries.at(0).taken());
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
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), std::string(catalog.entries[0].description.name));
  }

  void statesForThePlan() {
    testing::copyFixture("ok", *first_ / "ok.so");
    testing::copyFixture("ok", *first_ / "a.so");
    testing::copyFixture("missing_run", *first_ / "missing_run.so");
    const std::vector<PluginState> states = pluginStates(load({first_->path()}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, states.size());
    CPPUNIT_ASSERT_EQUAL(std::string("missing-run"), states[0].name);
    CPPUNIT_ASSERT_EQUAL(std::string("plugin refused: lacks the function run; its author must correct it"), states[0].refusal);
    CPPUNIT_ASSERT(!states[0].loaded && states[1].loaded);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), states[1].name);
    CPPUNIT_ASSERT_EQUAL(std::string(), states[1].refusal);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), states[1].description.name);
  }

  // Of a default check name the later one has it too; the other is refused, unless the configuration makes checks of it.
  void sameDefaultCheck() {
    testing::copyFixture("plain_c", *second_ / "a.so");
    testing::copyFixture("same_default", *first_ / "z.so");
    CatalogOptions options = optionsFor({first_->path(), second_->path()});
    Catalog catalog = loadCatalog(options);
    CPPUNIT_ASSERT_EQUAL("its default check name plain is that of plugin plain_c (" + (*second_ / "a.so").string() +
                             "); remove one of the two, or name a check of it yourself: check.NAME.plugin = same-default",
                         ofFile(catalog, *first_ / "z.so").refusal);
    CPPUNIT_ASSERT(ofFile(catalog, *second_ / "a.so").taken());

    options.has_checks = [](const std::string& plugin) { return plugin == "same-default"; };
    catalog = loadCatalog(options);
    for (const CatalogEntry& entry : catalog.entries) CPPUNIT_ASSERT_MESSAGE(entry.file, entry.taken());
    CPPUNIT_ASSERT_EQUAL(std::string("plain_c"), ofFile(catalog, *first_ / "z.so").default_taken_by);
    CPPUNIT_ASSERT_EQUAL(std::string(), ofFile(catalog, *second_ / "a.so").default_taken_by);
    for (const PluginState& state : pluginStates(catalog))
      CPPUNIT_ASSERT_EQUAL(std::string(state.name == "same-default" ? "plain_c" : ""), state.default_taken_by);

    options = optionsFor({second_->path(), first_->path()});
    catalog = loadCatalog(options);
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "z.so").taken());
    CPPUNIT_ASSERT(!ofFile(catalog, *second_ / "a.so").taken());
  }

  // A name that is promised of a plugin stays its own, wherever another one that wants it lies.
  void promisedDefaultCheck() {
    fs::copy_file(PULSEWATCH_PLUGINS "/redis.so", *first_ / "redis.so");
    fs::permissions(*first_ / "redis.so", fs::perms(0644));
    testing::copyFixture("usurper", *second_ / "usurper.so");
    const Catalog catalog = load({first_->path(), second_->path()});
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "redis.so").taken());
    CPPUNIT_ASSERT_EQUAL("its default check name redis is that of plugin redis (" + (*first_ / "redis.so").string() +
                             "); remove one of the two, or name a check of it yourself: check.NAME.plugin = usurper",
                         ofFile(catalog, *second_ / "usurper.so").refusal);
  }

  // A directory that is there twice, under whatever name, doesn't take its own plugins from itself.
  void directoriesListedTwice() {
    testing::copyFixture("ok", *first_ / "ok.so");
    fs::create_directory_symlink(first_->path(), *second_ / "link");
    const Catalog catalog = load({first_->path(), *second_ / "link", first_->path()});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, catalog.entries.size());
    CPPUNIT_ASSERT(ofFile(catalog, *first_ / "ok.so").taken());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, catalog.notes.size());
    CPPUNIT_ASSERT_EQUAL(
        "plugin directory " + (*second_ / "link").string() + " is listed twice in plugins.directories; the later place counts",
        catalog.notes[1]);
  }

 private:
  static inline const testing::LocalInspector kInspector;

  static CatalogOptions optionsFor(const std::vector<fs::path>& directories) {
    CatalogOptions options;
    for (const fs::path& directory : directories) options.directories.push_back(directory.string());
    options.owners = testing::fixtureOwners();
    options.inspector = &kInspector;
    options.enabled = [](const std::string& /*plugin*/) { return true; };
    options.has_checks = [](const std::string& /*plugin*/) { return false; };
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
