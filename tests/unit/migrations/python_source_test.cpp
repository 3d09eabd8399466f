#include "migrations/python_source.h"

#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::migrations {

namespace {

// "name: a|b", with ~ in front of what is indented and ? behind what is no literal.
std::string statements(const std::string& source) {
  std::string text;
  for (const PythonStatement& statement : pythonStatements(source, {"replaces", "revision", "Migration"})) {
    text += (text.empty() ? "" : "; ") + std::string(statement.indented ? "~" : "") + statement.name + ":";
    for (std::size_t i = 0; i < statement.strings.size(); ++i) text += (i == 0 ? " " : "|") + statement.strings[i];
    if (!statement.literal) text += "?";
  }
  return text;
}

class PythonSourceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PythonSourceTest);
  CPPUNIT_TEST(readsAssignments);
  CPPUNIT_TEST(readsListsOverLines);
  CPPUNIT_TEST(readsStringsOfEveryForm);
  CPPUNIT_TEST(isNotTakenIn);
  CPPUNIT_TEST(saysWhatIsNoLiteral);
  CPPUNIT_TEST(findsClasses);
  CPPUNIT_TEST(survivesWhatIsNoPython);
  CPPUNIT_TEST_SUITE_END();

  static void check(const std::string& expected, const std::string& source) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(source, expected, statements(source));
  }

 public:
  void readsAssignments() {
    check("revision: abc", "revision = 'abc'\n");
    check("revision: abc", "revision='abc'");
    check("revision: abc", "\xef\xbb\xbfrevision = \"abc\"  # a comment with 'quotes'\r\n");
    check("revision: abc", "revision: str = 'abc'\n");
    check("revision: abc", "revision: Union[str, 'X', None] = 'abc'\n");
    check("revision:", "revision = None\n");
    check("revision: a|b", "revision = ('a', 'b')\n");
    check("revision: a; revision: b", "revision = 'a'; revision = 'b'\n");
    check("~revision: a", "  revision = 'a'\n");
    check("revision: a", "\n\n   \n# x\nrevision = \\\n  'a'\n");
  }

  void readsListsOverLines() {
    check("~replaces: shop|0001_initial|shop|0002_more|users|0001_x",
          "class A:\n"
          "    replaces = [  # what was\n"
          "        ('shop', '0001_initial'),\n"
          "        # ('shop', '0000_never'),\n"
          "\n"
          "        (\"shop\",\n"
          "  \"0002_more\"), ('users', u'0001_x',),\n"
          "    ]\n"
          "    operations = []\n");
    check("~replaces:", "  replaces = []\n");
    check("~replaces:; revision: after", "  replaces = [\n]\nrevision = 'after'\n");
  }

  void readsStringsOfEveryForm() {
    check("revision: ab", "revision = 'a' \"b\"\n");
    check("revision: ab", "revision = ('a'\n  'b')\n");
    check("revision: it's", R"(revision = 'it\'s')");
    check(R"(revision: a\'b)", R"(revision = r'a\'b')");
    check("revision: a\nb", "revision = '''a\nb'''\n");
    check("revision: ", "revision = ''\n");
    check("revision: a#b", "revision = 'a#b'\n");
    check("revision: ab", "revision = 'a\\\nb'\n");
  }

  void isNotTakenIn() {
    check("", "# revision = 'a'\n");
    check("", "'''\nrevision = 'a'\n'''\n");
    check("", "x = \"\"\"it's\nrevision = 'a'\n\"\"\"\n");
    check("", "f(\nrevision = 'a',\n)\n");
    check("", "revisions = 'a'\nx.revision = 'a'\nold_revision = 'a'\n");
    check("", "revision == 'a'\nrevision\nrevision()\nrevision += 'a'\n");
    check("", "x = 1 \\\nrevision = 'a'\n");
  }

  void saysWhatIsNoLiteral() {
    check("replaces: 0001?", "replaces = [(APP, '0001')]\n");
    check("replaces: shop|0001?", "replaces = [('shop', '0001')] + more\n");
    check("replaces:?", "replaces = [(a, b) for a, b in old]\n");
    check("revision: a?", "revision = f'a'\n");
    check("revision: a?", "revision = b'a'\n");
    check("revision: a?", "revision = str('a')\n");
  }

  void findsClasses() {
    check("class Migration:", "class Migration(migrations.Migration):\n    pass\n");
    check("class Migration:", "class Migration (\n  migrations.Migration\n):\n");
    check("~class Migration:", "if x:\n  class Migration(M): pass\n");
    check("", "class Migration:\n    pass\nclass MigrationLoader(X): pass\n");
    check("Migration:?", "Migration = make()\n");
  }

  void survivesWhatIsNoPython() {
    check("", "");
    check("revision: a", "revision = 'a");
    check("revision: a; revision: b", "revision = 'a\nrevision = 'b'\n");
    check("revision: a", "revision = '''a");
    check("revision:", "revision =");
    check("revision: a", "]]})\nrevision = ['a'");
    check("", std::string(100000, '('));
    check("", std::string("\0\xff\xfe\\", 4));
    check("", "revision\\");
    check("revision: a\\", "revision = 'a\\");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PythonSourceTest);

}  // namespace

}  // namespace pulsewatch::migrations
