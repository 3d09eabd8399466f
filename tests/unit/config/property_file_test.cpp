#include "config/property_file.h"

#include "unit/config/config_files.h"

namespace pulsewatch {

namespace {

using testing::allLines;
using testing::assertMistakes;
using testing::ConfigFiles;

struct Row {
  std::string name;
  std::string text;
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<std::string> mistakes;
};

const std::vector<Row>& rows() {
  using namespace std::string_literals;
  static const std::vector<Row> table{
      {"empty", "", {}, {}},
      {"no end of line", "a = 1", {{"a", "1"}}, {}},
      {"white space", "  a.b\t=\t 1 2  \n", {{"a.b", "1 2"}}, {}},
      {"no white space", "a=1\nb=2", {{"a", "1"}, {"b", "2"}}, {}},
      {"carriage returns", "a = 1\r\nb = 2\r\n", {{"a", "1"}, {"b", "2"}}, {}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a = 1\n",
       {{"a", "1"}},
       {}},
      {"comments and blank lines", "# a = 1\n! b = 2\n\n   \n  # c = 3\nd = 4", {{"d", "4"}}, {}},
      {"a comment's sign in a value", "a = #1 !", {{"a", "#1 !"}}, {}},
      {"first = separates", "a = b=c==", {{"a", "b=c=="}}, {}},
      {"a colon does not", "a:b = 1", {}, {"f:1: the key before the = has characters"}},
      {"a backslash is itself", "a = C:\\x\\\nb = \\n\\", {{"a", "C:\\x\\"}, {"b", "\\n\\"}}, {}},
      {"references stay", "a = ${b} $$ ${env.C}", {{"a", "${b} $$ ${env.C}"}}, {}},
      {"empty value", "a =\nb=", {{"a", ""}, {"b", ""}}, {}},
      {"UTF-8", "a = ü€𝄞", {{"a", "ü€𝄞"}}, {}},
      {"no equals sign", "a = 1\nhunter2\nb = 2", {{"a", "1"}, {"b", "2"}}, {"f:2: the line has no ="}},
      {"colon instead", "a: hunter2", {}, {"f:1: the line has no ="}},
      {"no key", " = hunter2", {}, {"f:1: the line has no key"}},
      {"bad key", "a b = hunter2", {}, {"f:1: the key before the ="}},
      {"a URL where a key goes", "mysql://u:hunter2@h/?a=b", {}, {"f:1: the key before the ="}},
      {"twice", "a = 1\nb = 2\n\na = 3", {{"a", "1"}, {"b", "2"}}, {"f:4: a: given already in line 1"}},
      {"three times", "a = 1\na = 2\na = 3", {{"a", "1"}}, {"f:2: a: given already in line 1", "f:3: a: given already in line 1"}},
      {"NUL", "a = 1\0 2\nb = 2"s, {{"b", "2"}}, {"f:1: the line has a NUL byte"}},
      {"Latin-1", "a = \xfc\nb = 2", {{"b", "2"}}, {"f:1: the line is not valid UTF-8"}},
      {"overlong UTF-8", "a = \xc0\xaf", {}, {"f:1: the line is not valid UTF-8"}},
      {"a surrogate", "a = \xed\xa0\x80", {}, {"f:1: the line is not valid UTF-8"}},
      {"all at once", "x\n=\n\xff", {}, {"f:1: ", "f:2: ", "f:3: "}},
  };
  return table;
}

class PropertyFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PropertyFileTest);
  CPPUNIT_TEST(texts);
  CPPUNIT_TEST(files);
  CPPUNIT_TEST(manyMistakesAreQuick);
  CPPUNIT_TEST_SUITE_END();

 public:
  void texts() {
    for (const Row& row : rows()) {
      Mistakes mistakes;
      std::vector<std::pair<std::string, std::string>> found;
      for (const Property& property : parsePropertyText(row.text, "f", mistakes)) {
        found.emplace_back(property.key, property.value);
        CPPUNIT_ASSERT_MESSAGE(row.name, !property.literal);
      }
      assertMistakes(row.name, mistakes, row.mistakes);
      testing::assertAbsent(row.name, mistakes, {"hunter2"});
      CPPUNIT_ASSERT_MESSAGE(row.name, found == row.properties);
    }
    Mistakes none;
    CPPUNIT_ASSERT_EQUAL(std::string("f:3"), parsePropertyText("\n\na = 1", "f", none).at(0).origin);
  }

  void files() {
    const ConfigFiles files;
    Mistakes mistakes;
    const auto read = [&](const std::filesystem::path& file) {
      return readPropertyFile(file, mistakes).value_or(std::vector<Property>()).size();
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, read(files.write("good", "a = 1")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, read(files.write("largest", "a = " + std::string(1024 * 1024 - 4, 'x'))));
    CPPUNIT_ASSERT_EQUAL(std::string(), allLines(mistakes));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, read(files.write("larger", "a = " + std::string(1024 * 1024 - 3, 'x'))));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, read(files.directory() / "none"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, read(files.directory()));
    const std::string place = files.directory().string();
    assertMistakes("files", mistakes,
                   {place + "/larger: cannot be read: it is larger than 1024 KiB",
                    place + "/none: cannot be read: No such file or directory", place + ": cannot be read: Is a directory"});
  }

  void manyMistakesAreQuick() {
    std::string text;
    while (text.size() < 1'000'000) text += "x\n";
    Mistakes mistakes;
    CPPUNIT_ASSERT(parsePropertyText(text, "f", mistakes).empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{500'000}, mistakes.lines().size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PropertyFileTest);

}  // namespace

}  // namespace pulsewatch
