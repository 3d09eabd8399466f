#include "reload_report.h"

#include "unit/config/config_files.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch {

namespace {

using testing::ConfigFiles;
using Keys = std::vector<std::string>;

class ReloadReportTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReloadReportTest);
  CPPUNIT_TEST(changes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void changes() {
    const Properties first = loaded("http.port = 1\nlog.level = INFO\ncheck.a.plugin = x\ncheck.a.words = ${http.port} $$\n");
    CPPUNIT_ASSERT(changedKeys(first, first).empty());
    CPPUNIT_ASSERT(
        changedKeys(first, loaded("check.a.words = ${http.port} $$\ncheck.a.plugin = x\n\nlog.level = INFO\nhttp.port = 1")).empty());
    // What is made of another key is another, too; and a default is a value.
    const Properties second = loaded("http.port = 2\ncheck.a.plugin = x\ncheck.a.words = ${http.port} $$\nlog.access = all\n");
    CPPUNIT_ASSERT((changedKeys(first, second) == Keys{"check.a.words", "http.port", "log.access"}));
    CPPUNIT_ASSERT((changedKeys(second, first) == Keys{"check.a.words", "http.port", "log.access"}));
    // The same value by another way is none.
    CPPUNIT_ASSERT(changedKeys(first, loaded("http.port = 1\ncheck.a.plugin = x\ncheck.a.words = 1 $$\nlog.level = INFO")).empty());
  }

 private:
  static Properties loaded(const std::string& text) {
    const ConfigFiles files;
    Mistakes mistakes;
    return testing::loadRow({{{"pulsewatch.properties", text}}, {}, {}}, files, mistakes);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReloadReportTest);

}  // namespace
}  // namespace pulsewatch
