#include "migrations/tree.h"

#include "migrations/django.h"
#include "migrations/shown_text.h"
#include "support/temporary_directory.h"
#include "support/unprivileged.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/stat.h>
#include <unistd.h>

namespace pulsewatch::migrations {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::TemporaryDirectory;

// Takes *.txt by their content and *.name by their name.
class TextTool final : public Tool {
 public:
  explicit TextTool(bool recursive = true) : recursive_(recursive) {}
  [[nodiscard]] std::string name() const override { return "Text"; }
  [[nodiscard]] std::string pattern() const override { return "*.txt"; }
  [[nodiscard]] std::string table() const override { return "t"; }
  [[nodiscard]] std::string columns() const override { return "a"; }
  [[nodiscard]] bool recursive() const override { return recursive_; }
  [[nodiscard]] Interest interest(std::string_view path) const override {
    if (path.find(".txt") != std::string_view::npos) return Interest::content;
    return path.find(".name") != std::string_view::npos ? Interest::name : Interest::none;
  }
  [[nodiscard]] Facts facts(std::string_view /*path*/, std::string_view content, bool whole) const override {
    return {{"content", {std::string(content), whole ? "whole" : "cut"}}};
  }
  [[nodiscard]] Comparison compare(const std::vector<File>& /*files*/, const std::vector<Row>& /*rows*/) const override { return {}; }

 private:
  bool recursive_;
};

// "a.txt=content b.name", sorted.
std::string read(Tree& tree) {
  std::string text;
  for (const File& file : tree.read(net::Deadline(60s))) {
    text += (text.empty() ? "" : " ") + file.path;
    if (!file.facts.empty()) text += "=" + file.facts.at("content").at(0);
  }
  return text;
}

std::string complaint(Tree& tree, std::chrono::milliseconds time = 60s) {
  try {
    tree.read(net::Deadline(time));
  } catch (const Unreadable& why) {
    return why.what();
  }
  return "none";
}

// Far enough in the past to be taken as settled.
void age(const fs::path& file) {
  const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  CPPUNIT_ASSERT_EQUAL(0, ::utimensat(AT_FDCWD, file.c_str(), times, 0));
}

class MigrationsTreeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MigrationsTreeTest);
  CPPUNIT_TEST(readsFilesBelow);
  CPPUNIT_TEST(leavesHiddenOnesOut);
  CPPUNIT_TEST(readsOneDirectoryAlone);
  CPPUNIT_TEST(followsLinksAndEndsInCircles);
  CPPUNIT_TEST(takesRegularFilesOnly);
  CPPUNIT_TEST(seesEachChange);
  CPPUNIT_TEST(readsContentsOnce);
  CPPUNIT_TEST(cutsHugeFiles);
  CPPUNIT_TEST(saysWhatIsNotThere);
  CPPUNIT_TEST(saysWhatIsNotReadable);
  CPPUNIT_TEST(givesUpOnTooMany);
  CPPUNIT_TEST(givesUpInTimeAndGoesOn);
  CPPUNIT_TEST(costsLittle);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsFilesBelow() {
    const TemporaryDirectory directory;
    directory.write("b.txt", "B");
    directory.write("a/deep/er.name", "");
    directory.write("a/c.txt", "C");
    directory.write("other", "");
    const TextTool tool;
    Tree tree(directory.path(), tool);
    CPPUNIT_ASSERT_EQUAL(std::string("a/c.txt=C a/deep/er.name b.txt=B"), read(tree));
  }

  void leavesHiddenOnesOut() {
    const TemporaryDirectory directory;
    for (const char* path : {".git/a.txt", "__pycache__/a.txt", "node_modules/a.txt", ".a.txt", "in/.venv/a.txt"})
      directory.write(path, "");
    const TextTool tool;
    Tree tree(directory.path(), tool);
    CPPUNIT_ASSERT_EQUAL(std::string(), read(tree));
  }

  void readsOneDirectoryAlone() {
    const TemporaryDirectory directory;
    directory.write("a.name", "");
    directory.write("sub/b.name", "");
    fs::create_directory(directory / "c.name");
    const TextTool tool(false);
    Tree tree(directory.path(), tool);
    CPPUNIT_ASSERT_EQUAL(std::string("a.name"), read(tree));
  }

  void followsLinksAndEndsInCircles() {
    const TemporaryDirectory directory;
    const TemporaryDirectory elsewhere;
    elsewhere.write("x.txt", "X");
    directory.write("a/a.txt", "A");
    fs::create_directory_symlink(directory.path(), directory / "a/up");
    fs::create_directory_symlink(elsewhere.path(), directory / "link");
    fs::create_symlink(elsewhere / "x.txt", directory / "file.txt");
    fs::create_symlink("self.txt", directory / "self.txt");
    fs::create_symlink("/nowhere/x.txt", directory / "broken.txt");
    const TextTool tool;
    Tree tree(directory.path(), tool);
    CPPUNIT_ASSERT_EQUAL(std::string("a/a.txt=A file.txt=X link/x.txt=X"), read(tree));
    // The path itself may be a link.
    fs::create_directory_symlink(directory.path(), elsewhere / "current");
    Tree linked(elsewhere / "current", tool);
    CPPUNIT_ASSERT_EQUAL(std::string("a/a.txt=A file.txt=X link/x.txt=X"), read(linked));
    // Nor does depth without an end.
    fs::path deep = directory.path();
    for (int i = 0; i < 40; ++i) deep /= "d";
    fs::create_directories(deep);
    std::ofstream(deep / "lost.txt") << "";
    CPPUNIT_ASSERT_EQUAL(std::string("a/a.txt=A file.txt=X link/x.txt=X"), read(tree));
  }

  void takesRegularFilesOnly() {
    const TemporaryDirectory directory;
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo((directory / "pipe.txt").c_str(), 0600));
    fs::create_symlink("/dev/zero", directory / "zero.txt");
    fs::create_directory(directory / "directory.txt");
    directory.write("directory.txt/in.txt", "in");
    const TextTool tool;
    Tree tree(directory.path(), tool);
    CPPUNIT_ASSERT_EQUAL(std::string("directory.txt/in.txt=in"), read(tree));
  }

  void seesEachChange() {
    const TemporaryDirectory directory;
    directory.write("a.txt", "one");
    const TextTool tool;
    Tree tree(directory.path(), tool);
    for (int i = 0; i < 50; ++i) {
      // Of the same length, within the same tick of the clock.
      directory.write("a.txt", std::to_string(100 + i));
      CPPUNIT_ASSERT_EQUAL("a.txt=" + std::to_string(100 + i), read(tree));
    }
    directory.write("b.txt", "new");
    fs::remove(directory / "a.txt");
    CPPUNIT_ASSERT_EQUAL(std::string("b.txt=new"), read(tree));
    directory.write("c.txt", "put");
    fs::rename(directory / "c.txt", directory / "b.txt");
    CPPUNIT_ASSERT_EQUAL(std::string("b.txt=put"), read(tree));
  }

  void readsContentsOnce() {
    const TemporaryDirectory directory;
    directory.write("a.txt", "a");
    directory.write("b.txt", "b");
    const TextTool tool;
    Tree tree(directory.path(), tool);
    // What is young is read again; a file's change time can't be put back, so time has to pass.
    CPPUNIT_ASSERT_EQUAL(std::string("a.txt=a b.txt=b"), read(tree));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, tree.contentsRead());
    for (int i = 0; i < 100 && tree.contentsRead() > 0; ++i) {
      ::usleep(100'000);
      CPPUNIT_ASSERT_EQUAL(std::string("a.txt=a b.txt=b"), read(tree));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, tree.contentsRead());
    directory.write("a.txt", "c");
    age(directory / "a.txt");
    CPPUNIT_ASSERT_EQUAL(std::string("a.txt=c b.txt=b"), read(tree));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, tree.contentsRead());
  }

  void cutsHugeFiles() {
    const TemporaryDirectory directory;
    directory.write("a.txt", "0123456789");
    directory.write("b.txt", "01234567890");
    directory.write("huge.txt", "x");
    fs::resize_file(directory / "huge.txt", 1ULL << 40U);  // a hole
    const TextTool tool;
    Tree tree(directory.path(), tool, {.file_bytes = 10});
    const std::vector<File> files = tree.read(net::Deadline(60s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, files.size());
    CPPUNIT_ASSERT(files[0].facts.at("content") == (std::vector<std::string>{"0123456789", "whole"}));
    CPPUNIT_ASSERT(files[1].facts.at("content") == (std::vector<std::string>{"0123456789", "cut"}));
    CPPUNIT_ASSERT_EQUAL(std::string("cut"), files[2].facts.at("content").at(1));
  }

  void saysWhatIsNotThere() {
    const TemporaryDirectory directory;
    const TextTool tool;
    Tree nowhere(directory / "nowhere", tool);
    CPPUNIT_ASSERT_EQUAL(shown((directory / "nowhere").string()) + " is not there; set path to the directory with the migrations",
                         complaint(nowhere));
    Tree file(directory.write("file", ""), tool);
    CPPUNIT_ASSERT_EQUAL(shown((directory / "file").string()) + " is no directory; set path to the directory with the migrations",
                         complaint(file));
    fs::create_directory(directory / "nowhere");
    CPPUNIT_ASSERT_EQUAL(std::string("none"), complaint(nowhere));
  }

  void saysWhatIsNotReadable() {
    const TemporaryDirectory directory;
    directory.write("closed/a.txt", "");
    directory.write("open/b.txt", "");
    fs::permissions(directory.path(), fs::perms(0755));
    fs::permissions(directory / "closed", fs::perms(0700));
    const TextTool tool;
    const std::string advice = " can't be read (Permission denied); let pulsewatch's user read it, or correct path";
    const auto asNobody = [&](const std::string& path) {
      Tree tree(path, tool);
      const testing::Unprivileged nobody;
      return complaint(tree);
    };
    CPPUNIT_ASSERT_EQUAL(shown((directory / "closed").string()) + advice, asNobody(directory.path()));
    fs::permissions(directory / "open/b.txt", fs::perms(0600));
    CPPUNIT_ASSERT_EQUAL(shown((directory / "open/b.txt").string()) + advice, asNobody(directory / "open"));
  }

  void givesUpOnTooMany() {
    const TemporaryDirectory directory;
    for (int i = 0; i < 11; ++i) directory.write("d" + std::to_string(i % 3) + "/" + std::to_string(i), "");
    const TextTool tool;
    Tree enough(directory.path(), tool, {.entries = 14});
    CPPUNIT_ASSERT_EQUAL(std::string("none"), complaint(enough));
    Tree few(directory.path(), tool, {.entries = 13});
    CPPUNIT_ASSERT_EQUAL("more than 13 files below " + shown(directory.path().string()) + "; set path to a smaller directory",
                         complaint(few));
  }

  void givesUpInTimeAndGoesOn() {
    const TemporaryDirectory directory;
    directory.write("a.txt", "A");
    const TextTool tool;
    Tree tree(directory.path(), tool);
    CPPUNIT_ASSERT_EQUAL(shown(directory.path().string()) + " wasn't read in time; set path to a smaller directory, or a longer timeout",
                         complaint(tree, 0ms));
    CPPUNIT_ASSERT_EQUAL(std::string("a.txt=A"), read(tree));
  }

  // A large Django project, all applied. PULSEWATCH_MIGRATION_FILES sets how large; what a run costs is printed then.
  void costsLittle() {
    const char* const wanted = std::getenv("PULSEWATCH_MIGRATION_FILES");
    const int count = wanted == nullptr ? 200 : std::atoi(wanted);
    const TemporaryDirectory directory;
    std::vector<Row> rows;
    for (int i = 0; i < count; ++i) {
      const std::string app = "app" + std::to_string(i / 20);
      const std::string name = "0001_change_" + std::to_string(i);
      if (i % 20 == 0) directory.write(app + "/migrations/__init__.py", "");
      directory.write(app + "/migrations/" + name + ".py", migration(i % 20));
      rows.push_back({app, name});
    }
    const Django django(ToolOptions{directory.path(), "", ""});
    Tree tree(directory.path(), django);
    const auto timed = [&] {
      const auto start = std::chrono::steady_clock::now();
      const Comparison comparison = django.compare(tree.read(net::Deadline(60s)), rows);
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
      CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(count), comparison.applied);
      return took.count();
    };
    const double cold = timed();
    if (wanted == nullptr) return;
    double warm = timed();
    while (tree.contentsRead() > 0) {
      ::usleep(100'000);
      warm = timed();
    }
    std::cerr << count << " migrations: " << cold << " ms at first, then " << warm << " ms\n";
  }

 private:
  // As Django writes one, with so many fields.
  static std::string migration(int fields) {
    std::string text =
        "# Generated by Django 3.2\n\nfrom django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n\n"
        "    dependencies = [\n        ('shop', '0001_initial'),\n    ]\n\n    operations = [\n";
    for (int i = 0; i < fields; ++i)
      text += "        migrations.AddField(\n            model_name='item',\n            name='field" + std::to_string(i) +
              "',\n            field=models.IntegerField(default=0, help_text='how many'),\n        ),\n";
    return text + "    ]\n";
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MigrationsTreeTest);

}  // namespace

}  // namespace pulsewatch::migrations
