#include "base/text.h"

#include <cppunit/extensions/HelperMacros.h>

#include <random>
#include <utility>

namespace pulsewatch {

namespace {

const std::string kRepaired = "\xEF\xBF\xBD";  // U+FFFD

std::string timesRepaired(int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += kRepaired;
  return text;
}

std::string encoded(unsigned point) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xC0 | point >> 6U), byte(0x80 | (point & 63U))};
  if (point < 0x10000) return {byte(0xE0 | point >> 12U), byte(0x80 | (point >> 6U & 63U)), byte(0x80 | (point & 63U))};
  return {byte(0xF0 | point >> 18U), byte(0x80 | (point >> 12U & 63U)), byte(0x80 | (point >> 6U & 63U)), byte(0x80 | (point & 63U))};
}

class TextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TextTest);
  CPPUNIT_TEST(validTextStays);
  CPPUNIT_TEST(everyCharacterStays);
  CPPUNIT_TEST(invalidBytesAreReplaced);
  CPPUNIT_TEST(repairIsStable);
  CPPUNIT_TEST(shortTextIsNotCut);
  CPPUNIT_TEST(cuts);
  CPPUNIT_TEST(everyCutOfValidTextIsAPrefixOfIt);
  CPPUNIT_TEST(cutsOfGarbageAreValidAndBounded);
  CPPUNIT_TEST(visible);
  CPPUNIT_TEST(everyControlIsVisible);
  CPPUNIT_TEST(visibleTextIsOneLine);
  CPPUNIT_TEST(unseenCharactersShow);
  CPPUNIT_TEST_SUITE_END();

 public:
  void unseenCharactersShow() {
    const std::pair<std::string, std::string> rows[] = {
        {"plain grün € 😀 \\x1b", "plain grün € 😀 \\x1b"},
        {"a\n\t\x1b[2J\x7f", "a\\x0a\\x09\\x1b[2J\\x7f"},
        {std::string("a\0b", 3), "a\\x00b"},
        {"\xC2\x85|\xC2\xA0|\xC2\xAD|\xC2\xA1", "\\xc2\\x85|\\xc2\\xa0|\\xc2\\xad|\xC2\xA1"},  // next line, no-break space, soft hyphen
        {"\xE2\x80\x8B|\xE2\x80\xA8|\xE2\x80\xAE|\xE2\x80\x93", "\\xe2\\x80\\x8b|\\xe2\\x80\\xa8|\\xe2\\x80\\xae|\xE2\x80\x93"},
        {"\xE2\x81\xA0|\xEF\xBB\xBF", "\\xe2\\x81\\xa0|\\xef\\xbb\\xbf"}};
    for (const auto& [text, shown] : rows) CPPUNIT_ASSERT_EQUAL(shown, visibleText(text));
    std::mt19937 random(11);
    for (int i = 0; i < 2000; ++i) {
      std::string text(random() % 40, ' ');
      for (char& c : text) c = static_cast<char>(random() % 256);
      const std::string once = visibleText(repairedUtf8(text));
      CPPUNIT_ASSERT_EQUAL(once, visibleText(once));
      CPPUNIT_ASSERT_EQUAL(once, repairedUtf8(once));
    }
  }

  void validTextStays() {
    for (const std::string text : {"", "plain", "grün", "€", "😀", "a\nb\t\x01\x7f", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"})
      CPPUNIT_ASSERT_EQUAL(text, repairedUtf8(text));
    const std::string with_nul("a\0b", 3);
    CPPUNIT_ASSERT_EQUAL(with_nul, repairedUtf8(with_nul));
  }

  void everyCharacterStays() {
    for (unsigned point = 0; point <= 0x10FFFF; ++point) {
      const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
      const std::string text = encoded(point);
      if (repairedUtf8(text) != (surrogate ? timesRepaired(3) : text)) CPPUNIT_FAIL("U+" + std::to_string(point));
    }
  }

  void invalidBytesAreReplaced() {
    const std::pair<std::string, std::string> rows[] = {
        {"\x80", timesRepaired(1)},         // a continuation alone
        {"\xff\xfe", timesRepaired(2)},     // never in UTF-8
        {"\xC3", timesRepaired(1)},         // ends too early
        {"\xC3(", timesRepaired(1) + "("},  // not continued
        {"\xE2\x82", timesRepaired(2)},     //
        {"\xE2\x28\xA1", timesRepaired(1) + "(" + timesRepaired(1)},
        {"\xF0\x9F\x98", timesRepaired(3)},
        {"\xC0\x80", timesRepaired(2)},                    // overlong NUL
        {"\xC1\xBF", timesRepaired(2)},                    // overlong in two
        {"\xE0\x80\xAF", timesRepaired(3)},                // overlong in three
        {"\xE0\x9F\xBF", timesRepaired(3)},                //
        {"\xF0\x8F\xBF\xBF", timesRepaired(4)},            // overlong in four
        {"\xED\xA0\x80", timesRepaired(3)},                // surrogates
        {"\xED\xBF\xBF", timesRepaired(3)},                //
        {"\xF4\x90\x80\x80", timesRepaired(4)},            // above U+10FFFF
        {"\xF5\x80\x80\x80", timesRepaired(4)},            //
        {"\xF8\x88\x80\x80\x80", timesRepaired(5)},        // five bytes
        {"a\xC3\xA9\xffz", "a\xC3\xA9" + kRepaired + "z"}  // the neighbours stay
    };
    for (const auto& [text, repaired] : rows) CPPUNIT_ASSERT_EQUAL(repaired, repairedUtf8(text));
  }

  void repairIsStable() {
    std::mt19937 random(7);
    for (int i = 0; i < 2000; ++i) {
      std::string text(random() % 40, ' ');
      for (char& c : text) c = static_cast<char>(random() % 256);
      const std::string once = repairedUtf8(text);
      CPPUNIT_ASSERT_EQUAL(once, repairedUtf8(once));
    }
  }

  void visibleTextIsOneLine() {
    const std::pair<std::string, std::string> rows[] = {
        {"", ""},
        {"plain \"text\" \\ é", "plain \"text\" \\ é"},
        {"a\nb\r\tc\x7f", "a\\x0ab\\x0d\\x09c\\x7f"},
        {std::string("a\0b", 3), "a\\x00b"},
        {"\x1b[31m", "\\x1b[31m"},
        {"\xc2\x85 \xe2\x80\xa8 \xe2\x80\xa9", "\\xc2\\x85 \\xe2\\x80\\xa8 \\xe2\\x80\\xa9"},
        {"a\xff", "a" + kRepaired},
    };
    for (const auto& [text, shown] : rows) CPPUNIT_ASSERT_EQUAL(shown, visibleText(text));
  }

  void shortTextIsNotCut() {
    CPPUNIT_ASSERT_EQUAL(std::string("hello"), cleanText("hello", 5));
    CPPUNIT_ASSERT_EQUAL(std::string("é"), cleanText("é", 2));
    CPPUNIT_ASSERT_EQUAL(std::string(), cleanText("", 0));
    CPPUNIT_ASSERT_EQUAL("a" + kRepaired, cleanText("a\xff", 10));
  }

  void cuts() {
    const std::pair<std::pair<std::string, std::size_t>, std::string> rows[] = {
        {{"hello", 4}, "hell…"}, {{"hello", 0}, "…"}, {{"aé", 2}, "a…"},   {{"aéé", 3}, "aé…"}, {{"a€b", 1}, "a…"},
        {{"a€b", 2}, "a…"},      {{"a€b", 3}, "a…"},  {{"a€b", 4}, "a€…"}, {{"😀", 1}, "…"},     {{"😀", 2}, "…"},
        {{"😀", 3}, "…"},         {{"ab😀", 5}, "ab…"}, {{"😀😀", 7}, "😀…"},   {{"éa", 1}, "…"}};
    for (const auto& [input, text] : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(input.first + ", " + std::to_string(input.second), text, cleanText(input.first, input.second));
    // Repair makes it longer than it was.
    CPPUNIT_ASSERT_EQUAL(kRepaired + "…", cleanText("\xff\xff", 3));
    CPPUNIT_ASSERT_EQUAL(std::string("a…"), cleanText("a\xff", 2));
  }

  // No character of a valid text is ever shown as damaged, wherever it is cut.
  void everyCutOfValidTextIsAPrefixOfIt() {
    const std::string text = "aé€😀bñ漢🎉cüß™🚀";
    for (std::size_t most = 0; most < text.size(); ++most) {
      const std::string cut = cleanText(text, most);
      const std::string name = "cut at " + std::to_string(most) + ": " + cut;
      const std::string dots = "…";
      CPPUNIT_ASSERT_MESSAGE(name, cut.size() >= dots.size() && cut.substr(cut.size() - dots.size()) == dots);
      const std::string kept = cut.substr(0, cut.size() - dots.size());
      CPPUNIT_ASSERT_MESSAGE(name, kept.size() <= most && most - kept.size() < 4);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, text.substr(0, kept.size()), kept);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, kept, repairedUtf8(kept));
    }
    CPPUNIT_ASSERT_EQUAL(text, cleanText(text, text.size()));
  }

  void cutsOfGarbageAreValidAndBounded() {
    std::mt19937 random(11);
    for (int i = 0; i < 5000; ++i) {
      std::string text(random() % 60, ' ');
      for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? 'a' : 0x80 + random() % 0x80);
      const std::size_t most = random() % 50;
      const std::string cut = cleanText(text, most);
      CPPUNIT_ASSERT_EQUAL(repairedUtf8(cut), cut);
      CPPUNIT_ASSERT(cut.size() <= most + 3);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{503}, cleanText(std::string(10'000'000, 'x'), 500).size());
  }

  void visible() {
    const std::pair<std::string, std::string> rows[] = {
        {"", ""},
        {"plain, grün, 😀 \\ \"", "plain, grün, 😀 \\ \""},
        {"a\nb\r\t", R"(a\x0ab\x0d\x09)"},
        {"\x1b[31mred\x1b[0m", R"(\x1b[31mred\x1b[0m)"},
        {"\x7f", R"(\x7f)"},
        {"\xC2\x9B"
         "2J",
         R"(\xc2\x9b2J)"},                                            // CSI as a C1 control
        {"\xE2\x80\xA8\xE2\x80\xA9", R"(\xe2\x80\xa8\xe2\x80\xa9)"},  // line and paragraph separator
        {"\xE2\x80\xAE\xE2\x81\xA6", R"(\xe2\x80\xae\xe2\x81\xa6)"},  // right-to-left override and isolate
        {"\xff\x9b", timesRepaired(2)},
        {"\xE2\x80\xA6\xE2\x80\xAF\xE2\x82\xAC", "\xE2\x80\xA6\xE2\x80\xAF\xE2\x82\xAC"},
    };
    for (const auto& [text, shown] : rows) CPPUNIT_ASSERT_EQUAL(shown, visibleText(text));
    CPPUNIT_ASSERT_EQUAL(std::string(R"(a\x00b)"), visibleText(std::string("a\0b", 3)));
  }

  void everyControlIsVisible() {
    for (unsigned point = 0; point <= 0x3000; ++point) {
      const bool control =
          point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
      const bool shown = visibleText(encoded(point)) != encoded(point);
      if (control && !shown) CPPUNIT_FAIL("U+" + std::to_string(point));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TextTest);

}  // namespace

}  // namespace pulsewatch
